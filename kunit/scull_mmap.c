// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: faults, page references, and the life of mappings
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../drivers/scull/scull-ioctl.h"
#include "lib/frames.h"
#include "lib/node.h"
#include "lib/refs.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define DATA_PAGES	6

/**
 * struct map_fixture - a device with data
 * @scull: the devices
 * @space: the space
 * @pfn: the frames of the data's pages
 * @base: their baselines
 *
 * The driver shows nobody its pages, so they are found by mapping them once.
 */
struct map_fixture {
	struct lab_scull *scull;
	struct lab_space *space;
	unsigned long pfn[DATA_PAGES];
	struct lab_refs base;
};

static void map_find_pages(struct kunit *test, struct map_fixture *fx)
{
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, DATA_PAGES,
					     0);
	struct lab_frame frame;
	int i;

	for (i = 0; i < DATA_PAGES; i++) {
		unsigned long page = addr + i * PAGE_SIZE;

		KUNIT_ASSERT_EQ(test, lab_touch(page, false), LAB_OK);
		KUNIT_ASSERT_TRUE(test, lab_frame_at(page, &frame));
		fx->pfn[i] = frame.pfn;
	}
	KUNIT_ASSERT_EQ(test, lab_munmap(addr, DATA_PAGES), 0);

	lab_refs_init(&fx->base);
	for (i = 0; i < DATA_PAGES; i++) {
		struct page *page = pfn_to_page(fx->pfn[i]);

		lab_refs_add(test, &fx->base, page);
		/* The device's own reference, and it is not mapped */
		KUNIT_EXPECT_EQ(test, fx->base.refs[i], 1);
		KUNIT_EXPECT_EQ(test, fx->base.maps[i], 0);
	}
}

static int map_init(struct kunit *test)
{
	struct map_fixture *fx;

	fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fx);
	lab_scull_init(test);
	fx->scull = test->priv;
	test->priv = fx;

	fx->space = lab_space_new(test);
	lab_pwrite(test, fx->scull->file, 0, DATA_PAGES * PAGE_SIZE, 1);
	map_find_pages(test, fx);
	return 0;
}

static void map_expect(struct kunit *test, const char *step,
		       const int entries[DATA_PAGES])
{
	struct map_fixture *fx = test->priv;

	lab_expect_refs(test, step, &fx->base, entries);
}

static void map_touch(struct kunit *test, unsigned long addr, int first,
		      int pages)
{
	int i;

	for (i = first; i < first + pages; i++)
		lab_expect_touch(test, addr + i * PAGE_SIZE, true, LAB_OK);
}

static long map_vmas(struct kunit *test)
{
	struct map_fixture *fx = test->priv;

	return lab_scull_attr(test, fx->scull, "vmas");
}

static void map_fault(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, 4, 1);
	const struct lab_window window = {
		.addr = addr, .pages = 4,
		.list = (unsigned long[]) { fx->pfn[1], LAB_NO_FRAME, fx->pfn[3],
					   LAB_NO_FRAME },
	};

	lab_expect_range(test, "mmap", 0, 0, 0);
	map_expect(test, "mmap", NULL);
	map_touch(test, addr, 0, 1);
	map_touch(test, addr, 2, 1);
	lab_expect_frames(test, "two faults", &window, 1);
	map_expect(test, "two faults", (int[DATA_PAGES]) { [1] = 1, [3] = 1 });
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 4), 0);
	map_expect(test, "munmap", NULL);
}

static void map_second_mapping(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->scull->file, 4, 0);
	unsigned long b = lab_mmap(fx->scull->file, 4, PROT_READ, MAP_SHARED,
				   2);
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(b));
	map_touch(test, a, 0, 4);
	for (i = 0; i < 4; i++)
		lab_expect_touch(test, b + i * PAGE_SIZE, false, LAB_OK);
	map_expect(test, "two mappings",
		   (int[DATA_PAGES]) { 1, 1, 2, 2, 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_munmap(a, 4), 0);
	map_expect(test, "one is left",
		   (int[DATA_PAGES]) { 0, 0, 1, 1, 1, 1 });
}

static void map_two_spaces(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	struct lab_space *other;
	unsigned long addr;
	u8 byte = 0x5a;

	addr = lab_mmap_shared(test, fx->scull->file, 3, 0);
	map_touch(test, addr, 0, 3);
	other = lab_space_new(test);
	addr = lab_mmap_shared(test, fx->scull->file, 3, 0);
	KUNIT_ASSERT_EQ(test, lab_store(addr + 7, &byte, 1), LAB_OK);
	map_expect(test, "two spaces", (int[DATA_PAGES]) { 2, 1, 1 });
	KUNIT_EXPECT_EQ(test, map_vmas(test), 2);
	lab_space_exit(other);
	map_expect(test, "exit of one", (int[DATA_PAGES]) { 1, 1, 1 });
	lab_space_enter(fx->space);
	byte = 0;
	KUNIT_ASSERT_EQ(test, lab_load(addr + 7, &byte, 1), LAB_OK);
	KUNIT_EXPECT_EQ(test, byte, 0x5a);
	lab_space_exit(fx->space);
	map_expect(test, "exit of both", NULL);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 0);
}

static void map_fork(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, 3, 0);
	struct lab_space *child;

	map_touch(test, addr, 0, 2);
	child = lab_space_fork(test);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 2);
	lab_space_exit(fx->space);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 1);
	KUNIT_EXPECT_EQ(test, lab_scull_trim(fx->scull), -EBUSY);
	lab_space_enter(child);
	map_touch(test, addr, 0, 3);
	map_expect(test, "the child alone", (int[DATA_PAGES]) { 1, 1, 1 });
	lab_space_exit(child);
	map_expect(test, "exit of the child", NULL);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 0);
}

/* Split by mprotect, merged again where the kernel does, and cut by munmap. */
static void map_split_merge(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, DATA_PAGES,
					     0);

	map_touch(test, addr, 0, DATA_PAGES);
	KUNIT_EXPECT_EQ(test, lab_mprotect(addr + 2 * PAGE_SIZE, 2, PROT_READ),
			0);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 3);
	KUNIT_EXPECT_EQ(test, lab_vma_count(), 3);
	map_expect(test, "split", (int[DATA_PAGES]) { 1, 1, 1, 1, 1, 1 });

	KUNIT_EXPECT_EQ(test, lab_mprotect(addr + 2 * PAGE_SIZE, 2,
					   PROT_READ | PROT_WRITE), 0);
	KUNIT_EXPECT_EQ(test, map_vmas(test), lab_vma_count());
	map_expect(test, "merge", (int[DATA_PAGES]) { 1, 1, 1, 1, 1, 1 });

	KUNIT_EXPECT_EQ(test, lab_munmap(addr + PAGE_SIZE, 1), 0);
	KUNIT_EXPECT_EQ(test, map_vmas(test), lab_vma_count());
	map_expect(test, "a hole", (int[DATA_PAGES]) { 1, 0, 1, 1, 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, DATA_PAGES), 0);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 0);
	map_expect(test, "munmap", NULL);
}

/* An mmap() that only extends a neighbour is never seen by the driver. */
static void map_merge_neighbour(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, 4, 0);
	unsigned long next;

	KUNIT_ASSERT_EQ(test, lab_munmap(addr + 2 * PAGE_SIZE, 2), 0);
	next = vm_mmap(fx->scull->file, addr + 2 * PAGE_SIZE, 2 * PAGE_SIZE,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		       2 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, next, addr + 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, lab_vma_count(), 1);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 1);
	map_touch(test, addr, 0, 4);
	map_expect(test, "the extension", (int[DATA_PAGES]) { 1, 1, 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 4), 0);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 0);
}

static void map_mremap(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, 4, 0);

	map_touch(test, addr, 0, 4);
	addr = lab_mremap_to(addr, 4, 4);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, map_vmas(test), 1);
	map_expect(test, "the move", (int[DATA_PAGES]) { 1, 1, 1, 1 });

	KUNIT_EXPECT_EQ(test, lab_mremap(addr, 4, 2), addr);
	KUNIT_EXPECT_EQ(test, map_vmas(test), 1);
	map_expect(test, "the shrinking", (int[DATA_PAGES]) { 1, 1 });

	/* Growth is allowed, and what is beyond the data is SIGBUS. */
	addr = lab_mremap(addr, 2, DATA_PAGES + 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, map_vmas(test), 1);
	map_touch(test, addr, 0, DATA_PAGES);
	lab_expect_touch(test, addr + DATA_PAGES * PAGE_SIZE, true, LAB_SIGBUS);
	map_expect(test, "the growth",
		   (int[DATA_PAGES]) { 1, 1, 1, 1, 1, 1 });
}

static void map_private(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap(fx->scull->file, 2,
				      PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	u8 byte = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	lab_expect_touch(test, addr, false, LAB_OK);
	map_expect(test, "a read", (int[DATA_PAGES]) { 1 });
	KUNIT_ASSERT_EQ(test, lab_store(addr, &byte, 1), LAB_OK);
	KUNIT_ASSERT_EQ(test, lab_store(addr + PAGE_SIZE, &byte, 1), LAB_OK);
	map_expect(test, "two writes", NULL);
	lab_expect_pattern(test, fx->scull->file, 0, 2 * PAGE_SIZE, 1);
}

static void map_populate(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap(fx->scull->file, DATA_PAGES,
				      PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_POPULATE, 0);
	const struct lab_window window = {
		.addr = addr, .pages = DATA_PAGES, .list = fx->pfn,
	};

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	lab_expect_frames(test, "MAP_POPULATE", &window, 1);
	map_expect(test, "MAP_POPULATE",
		   (int[DATA_PAGES]) { 1, 1, 1, 1, 1, 1 });
}

/* Holes, and what lies beyond the end, at every distance. */
static void map_sigbus(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	struct file *file = fx->scull->file;
	unsigned long addr, far;
	int page;

	lab_pwrite(test, file, (DATA_PAGES + 2) * PAGE_SIZE, 1, 1);
	addr = lab_mmap_shared(test, file, DATA_PAGES + 5, 0);
	for (page = 0; page < DATA_PAGES + 5; page++) {
		bool data = page < DATA_PAGES || page == DATA_PAGES + 2;

		lab_expect_touch(test, addr + page * PAGE_SIZE, page & 1,
				 data ? LAB_OK : LAB_SIGBUS);
	}
	/* The whole last page can be touched, also beyond its one byte. */
	lab_expect_touch(test, addr + (DATA_PAGES + 3) * PAGE_SIZE - 1, true,
			 LAB_OK);

	far = lab_mmap_shared(test, file, 1, 1UL << 40);
	lab_expect_touch(test, far, false, LAB_SIGBUS);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, fx->scull, "size"),
			(DATA_PAGES + 2) * PAGE_SIZE + 1);
}

static void map_trim_busy(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, 1, 0);

	/* Mapped is enough, it need not be touched. */
	KUNIT_EXPECT_EQ(test, lab_scull_trim(fx->scull), -EBUSY);
	lab_expect_pattern(test, fx->scull->file, 0, DATA_PAGES * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, lab_scull_trim(fx->scull), 0);
	KUNIT_EXPECT_EQ(test, lab_scull_attr(test, fx->scull, "size"), 0);
}

/* A trimmed page lives on while somebody holds it, and dies with the last. */
static void map_trim_referenced(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	struct page *page = pfn_to_page(fx->pfn[0]);

	get_page(page);
	KUNIT_EXPECT_EQ(test, lab_scull_trim(fx->scull), 0);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

static void map_order(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	struct file *file = fx->scull->file;
	unsigned long addr;
	int order;

	for (order = 1; order <= SCULL_ORDER_MAX; order++) {
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, SCULL_IOCTORDER, order),
				0);
		KUNIT_ASSERT_EQ(test, lab_scull_trim(fx->scull), 0);
		lab_pwrite(test, file, 0, PAGE_SIZE, 1);
		addr = lab_mmap(file, 1, PROT_READ, MAP_SHARED, 0);
		KUNIT_EXPECT_EQ(test, (long)addr, -ENODEV);
		KUNIT_EXPECT_EQ(test, map_vmas(test), 0);
	}
}

static void map_flags(struct kunit *test)
{
	struct map_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->scull->file, 1, 0);

	/* Ordinary pages: nothing special about the mapping. */
	KUNIT_EXPECT_EQ(test, lab_vm_flags(addr) &
			(VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_DONTEXPAND |
			 VM_DONTDUMP), 0);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE_PARAM(map_fault, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_second_mapping, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_two_spaces, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_fork, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_split_merge, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_merge_neighbour, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_mremap, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_private, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_populate, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_sigbus, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_trim_busy, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_trim_referenced, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_order, lab_scull_gen_params),
	KUNIT_CASE_PARAM(map_flags, lab_scull_gen_params),
	{}
};

static struct kunit_suite map_suite = {
	.name		= "umlab_scull_mmap",
	.init		= map_init,
	.test_cases	= map_cases,
};

kunit_test_suite(map_suite);
