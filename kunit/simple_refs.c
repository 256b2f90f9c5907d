// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: page references and page tables through a mapping's life
 *
 * The fault node's entries own a reference each, the remap node's own none,
 * because remap_pfn_range() maps frames and not pages. Both are held to that
 * after every step that changes page tables.
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "lib/frames.h"
#include "lib/refs.h"
#include "lib/simple_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define REGION_PAGES	8

struct refs_fixture {
	enum lab_simple_node node;
	struct lab_simple *simple;
	struct file *file;
	struct lab_space *space;
	struct lab_refs base;
};

static int refs_init(struct kunit *test)
{
	struct refs_fixture *fx;
	int i;

	fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fx);
	test->priv = fx;

	fx->node = *(enum lab_simple_node *)test->param_value;
	fx->simple = lab_simple_plug(test, REGION_PAGES);
	fx->file = lab_simple_open(test, fx->simple, fx->node);
	fx->space = lab_space_new(test);
	lab_refs_init(&fx->base);
	for (i = -1; i <= REGION_PAGES; i++)
		lab_refs_add(test, &fx->base,
			     lab_region_page(&fx->simple->region, i));
	return 0;
}

/*
 * Expect page table entries to the pages of the region, @entries of them to
 * each. The baselines have the guards as well, which must never be mapped.
 */
static void refs_expect(struct kunit *test, const char *step,
			const int entries[REGION_PAGES])
{
	struct refs_fixture *fx = test->priv;
	int all[REGION_PAGES + 2] = {};

	if (fx->node == LAB_SIMPLE_FAULT)
		memcpy(all + 1, entries, sizeof(*entries) * REGION_PAGES);
	lab_expect_refs(test, step, &fx->base, all);
}

static void refs_touch(struct kunit *test, unsigned long addr, int first,
		       int pages, bool write)
{
	int page;

	for (page = first; page < first + pages; page++)
		lab_expect_touch(test, addr + page * PAGE_SIZE, write, LAB_OK);
}

static unsigned long refs_pfn(struct kunit *test, int page)
{
	struct refs_fixture *fx = test->priv;

	return lab_region_pfn(&fx->simple->region, page);
}

static void refs_first_fault(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long addr = lab_mmap_shared(test, fx->file, REGION_PAGES, 0);

	refs_expect(test, "mmap", (int[REGION_PAGES]) {});
	lab_expect_touch(test, addr + 2 * PAGE_SIZE, false, LAB_OK);
	refs_expect(test, "read of page 2", (int[REGION_PAGES]) { [2] = 1 });
	lab_expect_touch(test, addr + 5 * PAGE_SIZE, true, LAB_OK);
	refs_expect(test, "write of page 5",
		    (int[REGION_PAGES]) { [2] = 1, [5] = 1 });
	lab_expect_touch(test, addr + 2 * PAGE_SIZE, true, LAB_OK);
	refs_expect(test, "write of page 2, which was read before",
		    (int[REGION_PAGES]) { [2] = 1, [5] = 1 });
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, REGION_PAGES), 0);
	refs_expect(test, "munmap", (int[REGION_PAGES]) {});
}

static void refs_second_mapping(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, 4, 0);
	unsigned long b = lab_mmap_shared(test, fx->file, 4, 2);
	const struct lab_window windows[] = {
		{ .addr = a, .pages = 4, .pfn = refs_pfn(test, 0) },
		{ .addr = b, .pages = 4, .pfn = refs_pfn(test, 2) },
	};

	refs_touch(test, a, 0, 4, true);
	refs_touch(test, b, 0, 4, false);
	lab_expect_frames(test, "two mappings", windows, 2);
	refs_expect(test, "two mappings",
		    (int[REGION_PAGES]) { 1, 1, 2, 2, 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_munmap(a, 4), 0);
	lab_expect_frames(test, "one is left", &windows[1], 1);
	refs_expect(test, "one is left",
		    (int[REGION_PAGES]) { 0, 0, 1, 1, 1, 1 });
}

static void refs_two_spaces(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	struct lab_space *other;
	unsigned long a, b;

	a = lab_mmap_shared(test, fx->file, 3, 0);
	refs_touch(test, a, 0, 3, true);
	other = lab_space_new(test);
	b = lab_mmap_shared(test, fx->file, 3, 1);
	refs_touch(test, b, 0, 3, true);
	lab_expect_range(test, "the second space", b, 3, refs_pfn(test, 1));
	refs_expect(test, "two spaces", (int[REGION_PAGES]) { 1, 2, 2, 1 });
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 2);

	lab_space_exit(other);
	refs_expect(test, "exit of the second", (int[REGION_PAGES]) { 1, 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
	lab_space_enter(fx->space);
	lab_expect_range(test, "the first space", a, 3, refs_pfn(test, 0));
}

static void refs_fork(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, 3, 0);
	struct lab_space *child;

	refs_touch(test, a, 0, 3, true);
	child = lab_space_fork(test);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 2);
	lab_expect_range(test, "the parent", a, 3, refs_pfn(test, 0));
	lab_space_exit(fx->space);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);

	lab_space_enter(child);
	refs_touch(test, a, 0, 3, true);
	lab_expect_range(test, "the child", a, 3, refs_pfn(test, 0));
	refs_expect(test, "the child alone", (int[REGION_PAGES]) { 1, 1, 1 });
	lab_space_exit(child);
	refs_expect(test, "exit of the child", (int[REGION_PAGES]) {});
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 0);
}

static void refs_partial_unmap(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, 6, 0);
	const struct lab_window windows[] = {
		{ .addr = a, .pages = 2, .pfn = refs_pfn(test, 0) },
		{ .addr = a + 4 * PAGE_SIZE, .pages = 2,
		  .pfn = refs_pfn(test, 4) },
	};

	refs_touch(test, a, 0, 6, true);
	KUNIT_EXPECT_EQ(test, lab_munmap(a + 2 * PAGE_SIZE, 2), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 2);
	lab_expect_frames(test, "a hole in the middle", windows, 2);
	refs_expect(test, "a hole in the middle",
		    (int[REGION_PAGES]) { 1, 1, 0, 0, 1, 1 });
	lab_expect_touch(test, a + 2 * PAGE_SIZE, false, LAB_SIGSEGV);
}

static void refs_split(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, 6, 1);

	refs_touch(test, a, 0, 6, true);
	KUNIT_EXPECT_EQ(test, lab_mprotect(a + 2 * PAGE_SIZE, 2, PROT_READ), 0);
	KUNIT_EXPECT_EQ(test, lab_vma_count(), 3);
	lab_expect_range(test, "split by mprotect", a, 6, refs_pfn(test, 1));
	refs_expect(test, "split by mprotect",
		    (int[REGION_PAGES]) { 0, 1, 1, 1, 1, 1, 1 });
	lab_expect_touch(test, a + 2 * PAGE_SIZE, true, LAB_SIGSEGV);
	lab_expect_touch(test, a + 2 * PAGE_SIZE, false, LAB_OK);
	lab_expect_touch(test, a + 4 * PAGE_SIZE, true, LAB_OK);
}

static void refs_mremap_move(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, 4, 2);
	unsigned long to;

	refs_touch(test, a, 0, 4, true);
	to = lab_mremap_to(a, 4, 4);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(to), "mremap: %ld", (long)to);
	lab_expect_range(test, "the move", to, 4, refs_pfn(test, 2));
	refs_touch(test, to, 0, 4, true);
	lab_expect_touch(test, a, false, LAB_SIGSEGV);
	refs_expect(test, "the move",
		    (int[REGION_PAGES]) { 0, 0, 1, 1, 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
}

static void refs_mremap_shrink(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, 6, 0);

	refs_touch(test, a, 0, 6, true);
	KUNIT_EXPECT_EQ(test, lab_mremap(a, 6, 2), a);
	lab_expect_range(test, "the shrinking", a, 2, refs_pfn(test, 0));
	refs_expect(test, "the shrinking", (int[REGION_PAGES]) { 1, 1 });
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
}

/* A write to a private page gets a copy; the device keeps its own. */
static void refs_private(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	struct lab_frame frame;
	unsigned long a;
	u64 word = 0;

	a = lab_mmap(fx->file, 3, PROT_READ | PROT_WRITE, MAP_PRIVATE, 1);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(a), "mmap: %ld", (long)a);
	refs_touch(test, a, 0, 3, false);
	refs_expect(test, "reads", (int[REGION_PAGES]) { 0, 1, 1, 1 });

	KUNIT_ASSERT_EQ(test, lab_store(a + PAGE_SIZE, &word, sizeof(word)),
			LAB_OK);
	refs_expect(test, "a write to page 2",
		    (int[REGION_PAGES]) { 0, 1, 0, 1 });
	KUNIT_ASSERT_TRUE(test, lab_frame_at(a + PAGE_SIZE, &frame));
	KUNIT_EXPECT_NE(test, frame.pfn, refs_pfn(test, 2));
	KUNIT_EXPECT_EQ(test,
			*(u64 *)(fx->simple->region.mem + 2 * PAGE_SIZE),
			lab_region_stamp(2));
}

static void refs_populate(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a;

	a = lab_mmap(fx->file, 4, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, 0);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(a), "mmap: %ld", (long)a);
	/* VM_IO keeps get_user_pages(), and with it MAP_POPULATE, away. */
	lab_expect_range(test, "MAP_POPULATE", a,
			 fx->node == LAB_SIMPLE_REMAP ? 4 : 0,
			 refs_pfn(test, 0));
	refs_expect(test, "MAP_POPULATE", (int[REGION_PAGES]) {});
}

/* What user space writes is in the device, and the other way round. */
static void refs_data(struct kunit *test)
{
	struct refs_fixture *fx = test->priv;
	unsigned long a = lab_mmap_shared(test, fx->file, REGION_PAGES, 0);
	u64 word, *mem = fx->simple->region.mem;
	int page;

	for (page = 0; page < REGION_PAGES; page++) {
		KUNIT_ASSERT_EQ(test, lab_load(a + page * PAGE_SIZE, &word,
					       sizeof(word)), LAB_OK);
		KUNIT_EXPECT_EQ(test, word, lab_region_stamp(page));
		word = ~word;
		KUNIT_ASSERT_EQ(test, lab_store(a + (page + 1) * PAGE_SIZE -
						sizeof(word), &word,
						sizeof(word)), LAB_OK);
		KUNIT_EXPECT_EQ(test,
				mem[(page + 1) * PAGE_SIZE / sizeof(*mem) - 1],
				~lab_region_stamp(page));
	}
}

static struct kunit_case refs_cases[] = {
	KUNIT_CASE_PARAM(refs_first_fault, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_second_mapping, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_two_spaces, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_fork, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_partial_unmap, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_split, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_mremap_move, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_mremap_shrink, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_private, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_populate, lab_simple_gen_params),
	KUNIT_CASE_PARAM(refs_data, lab_simple_gen_params),
	{}
};

static struct kunit_suite refs_suite = {
	.name		= "umlab_simple_refs",
	.init		= refs_init,
	.test_cases	= refs_cases,
};

kunit_test_suite(refs_suite);
