// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the life of mappings, of the memory on a board and of a ring, while it is there
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/frames.h"
#include "lib/node.h"
#include "lib/refs.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

static unsigned long life_page(unsigned long addr, unsigned long page)
{
	return addr + (page << PAGE_SHIFT);
}

static void life_put(struct kunit *test, unsigned long addr, u32 word)
{
	KUNIT_EXPECT_EQ(test, lab_store(addr, &word, sizeof(word)), LAB_OK);
}

static void life_expect(struct kunit *test, unsigned long addr, u32 want)
{
	u32 word = ~want;

	KUNIT_EXPECT_EQ(test, lab_load(addr, &word, sizeof(word)), LAB_OK);
	KUNIT_EXPECT_EQ(test, word, want);
}

static unsigned long life_pgoff(unsigned long addr)
{
	struct vm_area_struct *vma;
	unsigned long pgoff;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	pgoff = vma ? vma->vm_pgoff : ULONG_MAX;
	mmap_read_unlock(current->mm);
	return pgoff;
}

/* Not to be grown, dumped or pinned; the offset stays what user space asked for. */
static void life_flags(struct kunit *test)
{
	const vm_flags_t all = VM_IO | VM_DONTEXPAND | VM_DONTDUMP;
	struct lab_areas *areas = lab_areas_plug(test);
	enum lab_area area;

	for (area = 0; area < LAB_AREAS; area++) {
		unsigned long addr = lab_area_map(areas, area, 1, 2);

		KUNIT_EXPECT_EQ(test, lab_vm_flags(addr) & all, all);
		KUNIT_EXPECT_NE(test, lab_vm_flags(addr) & (VM_PFNMAP |
							    VM_MIXEDMAP), 0);
		KUNIT_EXPECT_EQ(test, life_pgoff(addr), areas->pgoff[area] + 1);
	}
}

static void life_grow(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	enum lab_area area;

	for (area = 0; area < LAB_AREAS; area++) {
		unsigned long addr = lab_area_map(areas, area, 0, 2);

		KUNIT_EXPECT_EQ(test, (long)lab_mremap(addr, 2, 3), -EFAULT);
		KUNIT_EXPECT_EQ(test, (long)lab_mremap_to(addr, 2, 3), -EFAULT);
		lab_area_expect(areas, area, "growth", addr, 0, 2);
		KUNIT_EXPECT_EQ(test, lab_munmap(addr, 2), 0);
	}
}

/* Moved, and shrunk */
static void life_move(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	enum lab_area area;

	for (area = 0; area < LAB_AREAS; area++) {
		unsigned long addr = lab_area_map(areas, area, 0, 4);

		addr = lab_mremap_to(addr, 4, 4);
		KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
		lab_area_expect(areas, area, "the move", addr, 0, 4);
		KUNIT_EXPECT_EQ(test, lab_mremap(addr, 4, 2), addr);
		lab_area_expect(areas, area, "the shrinking", addr, 0, 2);
		KUNIT_EXPECT_EQ(test, lab_munmap(addr, 2), 0);
		lab_expect_range(test, "munmap", 0, 0, 0);
	}
}

/* A hole in the middle */
static void life_hole(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	struct lab_window windows[2];
	enum lab_area area;

	for (area = 0; area < LAB_AREAS; area++) {
		unsigned long addr = lab_area_map(areas, area, 0, 4);
		unsigned long last = life_page(addr, 3);

		KUNIT_EXPECT_EQ(test, lab_munmap(life_page(addr, 1), 2), 0);
		windows[0] = lab_area_window(areas, area, addr, 0, 1);
		windows[1] = lab_area_window(areas, area, last, 3, 1);
		lab_expect_frames(test, "a hole", windows, 2);
		lab_expect_touch(test, life_page(addr, 1), false, LAB_SIGSEGV);
		lab_expect_touch(test, last, true, LAB_OK);
		KUNIT_EXPECT_EQ(test, lab_munmap(addr, 4), 0);
		lab_expect_range(test, "munmap", 0, 0, 0);
	}
}

/* Both, by a process and by its child */
static void life_fork(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	struct lab_window windows[LAB_AREAS];
	unsigned long addr[LAB_AREAS];
	struct lab_space *child;
	enum lab_area area;

	for (area = 0; area < LAB_AREAS; area++) {
		addr[area] = lab_area_map(areas, area, 0, 2);
		windows[area] = lab_area_window(areas, area, addr[area], 0, 2);
		life_put(test, addr[area], 1 + area);
	}
	child = lab_space_fork(test);
	lab_space_enter(child);
	lab_expect_frames(test, "the child", windows, LAB_AREAS);
	for (area = 0; area < LAB_AREAS; area++) {
		life_expect(test, addr[area], 1 + area);
		life_put(test, addr[area], 10 + area);
	}
	lab_space_exit(child);
	lab_space_enter(areas->space);
	lab_expect_frames(test, "the parent", windows, LAB_AREAS);
	for (area = 0; area < LAB_AREAS; area++)
		life_expect(test, addr[area], 10 + area);
}

/* What is mapped by pages owns a reference to each, what is mapped by frames none. */
static void life_refs(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	bool pages = umlab_topology(areas->dad.slot)->dma == UMLAB_DMA_IOMMU;
	const int once[LAB_AREA_PAGES] = { 1, 1, 1, 1 };
	const int twice[LAB_AREA_PAGES] = { 2, 2, 2, 2 };
	struct lab_space *child;
	unsigned long addr, i;
	struct lab_refs base;

	lab_refs_init(&base);
	for (i = 0; i < LAB_AREA_PAGES; i++)
		lab_refs_add(test, &base,
			     pfn_to_page(areas->pfn[LAB_AREA_RING][i]));
	addr = lab_area_map(areas, LAB_AREA_RING, 0, LAB_AREA_PAGES);
	lab_expect_refs(test, "mmap", &base, pages ? once : NULL);
	child = lab_space_fork(test);
	lab_expect_refs(test, "fork", &base, pages ? twice : NULL);
	lab_space_exit(child);
	lab_expect_refs(test, "exit", &base, pages ? once : NULL);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, LAB_AREA_PAGES), 0);
	lab_expect_refs(test, "munmap", &base, NULL);
}

/* A buffer for others, if the CPU copies; but VM_IO is not to be pinned for DMA. */
static void life_buffer_of(const struct lab_areas *areas, struct file *scull,
			   unsigned long addr)
{
	struct file *file = lab_dad_open(&areas->dad, O_RDWR);
	struct kunit *test = areas->dad.test;
	char __user *user = (char __user *)addr + 100;
	loff_t pos = 0;

	lab_dad_put_user(test, addr, 2 * PAGE_SIZE, 1, 0);
	KUNIT_EXPECT_EQ(test, vfs_write(scull, user, 5000, &pos), 5000);
	lab_dad_put_user(test, addr, 2 * PAGE_SIZE, 2, 0);
	pos = 0;
	KUNIT_EXPECT_EQ(test, vfs_read(scull, user, 5000, &pos), 5000);
	lab_dad_expect_user(&areas->dad, addr, 100, 2, 0);
	lab_dad_expect_user(&areas->dad, addr + 100, 5000, 1, 100);
	lab_dad_expect_user(&areas->dad, addr + 5100, 1000, 2, 5100);

	KUNIT_EXPECT_EQ(test, -EFAULT,
			lab_dad_write(file, addr, PAGE_SIZE, SZ_128K));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			lab_dad_read(file, addr, PAGE_SIZE, SZ_128K));
	KUNIT_EXPECT_EQ(test, 100, lab_dad_write(file, addr, 100, SZ_128K));
	lab_dad_expect_board(&areas->dad, SZ_128K, 100, 2, 0);
}

static void life_buffer(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	struct lab_scull scull = { .test = test, .store = "scullp" };
	enum lab_area area;

	scull.file = lab_scull_open(test, scull.store, 0, O_RDWR);
	KUNIT_ASSERT_EQ(test, lab_scull_trim(&scull), 0);
	for (area = 0; area < LAB_AREAS; area++)
		life_buffer_of(areas, scull.file,
			       lab_area_map(areas, area, 0, 4));
	KUNIT_EXPECT_EQ(test, lab_scull_trim(&scull), 0);
}

/* A ring lives until its file is closed and its last page unmapped. */
static void life_close(struct kunit *test)
{
	static const struct umlab_event freed = UMLAB_DID_ANY(UMLAB_FREE);
	struct lab_areas *areas = lab_areas_plug(test);
	struct umlab_slot *slot = areas->dad.slot;
	unsigned long addr = lab_area_map(areas, LAB_AREA_RING, 0, 2);
	unsigned int mappings = umlab_mappings(slot);
	u64 begin = umlab_journal_now();

	life_put(test, addr, 0x1234);
	lab_close(test, areas->file);
	life_expect(test, addr, 0x1234);
	lab_area_expect(areas, LAB_AREA_RING, "close", addr, 0, 2);
	KUNIT_EXPECT_EQ(test, lab_munmap(life_page(addr, 1), 1), 0);
	life_expect(test, addr, 0x1234);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(slot, begin, freed), 0);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), mappings);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(slot, begin, freed), 1);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), mappings - 1);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE_PARAM(life_flags, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_grow, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_move, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_hole, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_fork, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_refs, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_buffer, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(life_close, umlab_topology_gen_params),
	{}
};

static struct kunit_suite life_suite = {
	.name		= "umlab_dad_map_life",
	.test_cases	= life_cases,
};

kunit_test_suite(life_suite);
