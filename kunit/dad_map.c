// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: what of a board and of a ring user space gets to map
 *
 * Cases look at the page tables: exactly the frames that are meant, and no others.
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/frames.h"
#include "lib/space.h"
#include "lib/touch.h"

#define RW	(PROT_READ | PROT_WRITE)

#define MEMORY_PAGES	(LAB_DAD_MEMORY >> PAGE_SHIFT)

/* Where rings begin, and where that of lab_areas_plug() ends, in pages */
#define RING_PGOFF	LAB_RING_PGOFF
#define RING_END	(RING_PGOFF + LAB_AREA_PAGES)

/* The last offset at which a byte offset does not wrap, for one page */
#define LAST_PGOFF	((ULONG_MAX - PAGE_SIZE) >> PAGE_SHIFT)

static unsigned long map_page(unsigned long addr, unsigned long page)
{
	return addr + (page << PAGE_SHIFT);
}

static void map_expect_word(struct kunit *test, unsigned long addr, u32 want)
{
	u32 word = ~want;

	KUNIT_EXPECT_EQ(test, lab_load(addr, &word, sizeof(word)), LAB_OK);
	KUNIT_EXPECT_EQ(test, word, want);
}

static void map_put_word(struct kunit *test, unsigned long addr, u32 word)
{
	KUNIT_EXPECT_EQ(test, lab_store(addr, &word, sizeof(word)), LAB_OK);
}

/* All of the memory, which user space and the board see alike */
static void map_memory(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	unsigned long addr = lab_area_map(areas, LAB_AREA_MEMORY, 0, MEMORY_PAGES);
	unsigned long page;

	lab_expect_range(test, "mmap", addr, MEMORY_PAGES,
			 areas->pfn[LAB_AREA_MEMORY][0]);
	for (page = 0; page < MEMORY_PAGES; page += 9) {
		u32 *board = (u32 *)(areas->dad.memory + page * PAGE_SIZE);

		board[0] = page + 1;
		map_expect_word(test, map_page(addr, page), page + 1);
		map_put_word(test, map_page(addr, page + 1) - 4, ~page);
		KUNIT_EXPECT_EQ(test, board[PAGE_SIZE / 4 - 1], (u32)~page);
	}
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, MEMORY_PAGES), 0);
	lab_expect_range(test, "munmap", 0, 0, 0);
}

/* All of a ring, and a part of it: user space sees what comes in. */
static void map_ring_input(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	struct lab_ring ring = areas->ring;
	unsigned long part = lab_area_map(areas, LAB_AREA_RING, 2, 2);
	struct lab_window windows[2];
	unsigned long i;

	ring.addr = lab_area_map(areas, LAB_AREA_RING, 0, LAB_AREA_PAGES);
	windows[0] = lab_area_window(areas, LAB_AREA_RING, ring.addr, 0,
				     LAB_AREA_PAGES);
	windows[1] = lab_area_window(areas, LAB_AREA_RING, part, 2, 2);
	lab_expect_frames(test, "two mappings", windows, ARRAY_SIZE(windows));

	/* A block is a page here. */
	lab_ring_start(&ring);
	lab_ring_wait(&ring, LAB_AREA_PAGES);
	lab_ring_stop(&ring);
	for (i = 0; i < LAB_AREA_PAGES; i++)
		lab_ring_expect(&ring, i, 0);
	for (i = 2; i < LAB_AREA_PAGES; i++)
		map_expect_word(test, map_page(part, i - 2),
				i * PAGE_SIZE / sizeof(u32));
}

/* The board sees what user space writes, by whichever mapping. */
static void map_ring_output(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct dad_ring shape = lab_ring_shape(DAD_RING_OUT, SZ_1K, 8);
	unsigned int block;
	struct lab_ring ring;

	lab_space_new(test);
	ring = lab_ring_new(&dad, shape);
	for (block = 0; block < 4; block++)
		lab_ring_fill(&ring, block);
	/* The second page, where it would be in a mapping of both */
	ring.addr = lab_mmap_shared(test, ring.file, 1, LAB_RING_PGOFF + 1) -
		    PAGE_SIZE;
	for (block = 4; block < 8; block++)
		lab_ring_fill(&ring, block);
	lab_ring_start(&ring);
	lab_ring_give(&ring, 4);
	lab_ring_wait(&ring, 4);
	lab_ring_expect_sent(&ring, 4);
	lab_ring_give(&ring, 4);
	lab_ring_wait(&ring, 8);
	lab_ring_expect_sent(&ring, 8);
}

/* A ring that is shorter than a page can be mapped as one, with nothing else in it. */
static void map_short_ring(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 2);
	u8 *rest = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	size_t used = 2 * DAD_BLOCK_MIN;

	KUNIT_ASSERT_NOT_NULL(test, rest);
	KUNIT_EXPECT_EQ(test, ring.pages, 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)lab_mmap(ring.file, 2, RW,
						      MAP_SHARED, RING_PGOFF));
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)lab_mmap(ring.file, 1, RW,
						      MAP_SHARED,
						      RING_PGOFF + 1));
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 2);
	lab_ring_expect(&ring, 0, 0);
	lab_ring_expect(&ring, 1, 0);
	KUNIT_EXPECT_EQ(test, LAB_OK, lab_load(ring.addr + used, rest,
					       PAGE_SIZE - used));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(rest, 0, PAGE_SIZE - used), NULL);
}

/* Two files' rings have nothing in common; without one there is nothing to map. */
static void map_two_rings(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring a = lab_ring_plug(test, &dad, DAD_RING_IN, 64);
	struct lab_ring b = lab_ring_short(&dad, DAD_RING_IN, 64);
	struct file *none = lab_dad_open(&dad, O_RDWR);
	struct lab_frame frame_a, frame_b;

	KUNIT_ASSERT_TRUE(test, lab_frame_at(a.addr, &frame_a));
	KUNIT_ASSERT_TRUE(test, lab_frame_at(b.addr, &frame_b));
	KUNIT_EXPECT_NE(test, frame_a.pfn, frame_b.pfn);
	map_put_word(test, lab_ring_at(&a, 1), 0x1234);
	map_expect_word(test, lab_ring_at(&b, 1), 0);
	lab_ring_start(&b);
	lab_ring_wait(&b, 2);
	lab_ring_expect(&b, 1, 0);
	map_expect_word(test, lab_ring_at(&a, 1), 0x1234);

	KUNIT_EXPECT_EQ(test, -ENXIO, (long)lab_mmap(none, 1, RW,
						     MAP_SHARED, RING_PGOFF));
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)lab_mmap(none, 1, RW,
						      MAP_SHARED,
						      RING_PGOFF - 1));
}

/**
 * struct map_edge - one mmap() and what it must come to
 * @name: the case
 * @pgoff: offset, in pages
 * @pages: length, in pages
 * @prot: PROT_*
 * @flags: MAP_*
 * @want: 0 or the errno, negative
 */
struct map_edge {
	const char *name;
	unsigned long pgoff;
	unsigned long pages;
	unsigned long prot;
	unsigned long flags;
	long want;
};

static const struct map_edge map_edges[] = {
	{ "memory", 0, MEMORY_PAGES, RW, MAP_SHARED, 0 },
	{ "memory, first page", 0, 1, RW, MAP_SHARED, 0 },
	{ "memory, last page", MEMORY_PAGES - 1, 1, RW, MAP_SHARED, 0 },
	{ "memory, inner pages", 3, 5, RW, MAP_SHARED_VALIDATE, 0 },
	{ "memory, to read", 2, 4, PROT_READ, MAP_SHARED, 0 },
	{ "memory, no access", 2, 4, PROT_NONE, MAP_SHARED, 0 },
	{ "memory, private", 0, 1, RW, MAP_PRIVATE, -EINVAL },
	{ "memory, private to read", 0, 1, PROT_READ, MAP_PRIVATE, -EINVAL },
	{ "memory, nothing", 0, 0, RW, MAP_SHARED, -EINVAL },
	{ "memory, a page too long", 0, MEMORY_PAGES + 1, RW, MAP_SHARED,
	  -EINVAL },
	{ "memory, last page and one more", MEMORY_PAGES - 1, 2, RW,
	  MAP_SHARED, -EINVAL },
	{ "behind memory", MEMORY_PAGES, 1, RW, MAP_SHARED, -EINVAL },
	{ "far behind memory", MEMORY_PAGES + 7, MEMORY_PAGES, RW, MAP_SHARED,
	  -EINVAL },
	{ "before the ring", RING_PGOFF - 1, 1, RW, MAP_SHARED, -EINVAL },
	{ "into the ring", RING_PGOFF - 1, 2, RW, MAP_SHARED, -EINVAL },
	{ "ring", RING_PGOFF, LAB_AREA_PAGES, RW, MAP_SHARED, 0 },
	{ "ring, first page", RING_PGOFF, 1, RW, MAP_SHARED, 0 },
	{ "ring, last page", RING_END - 1, 1, RW, MAP_SHARED, 0 },
	{ "ring, inner pages", RING_PGOFF + 1, 2, PROT_READ, MAP_SHARED, 0 },
	{ "ring, private", RING_PGOFF, 1, RW, MAP_PRIVATE, -EINVAL },
	{ "ring, private to read", RING_PGOFF, 1, PROT_READ, MAP_PRIVATE,
	  -EINVAL },
	{ "ring, a page too long", RING_PGOFF, LAB_AREA_PAGES + 1, RW,
	  MAP_SHARED, -EINVAL },
	{ "ring, last page and one more", RING_END - 1, 2, RW, MAP_SHARED,
	  -EINVAL },
	{ "behind the ring", RING_END, 1, RW, MAP_SHARED, -EINVAL },
	{ "at 2^32 pages", 1UL << 32, 1, RW, MAP_SHARED, -EINVAL },
	{ "ring, and 2^32 pages", RING_PGOFF + (1UL << 32), 1, RW, MAP_SHARED,
	  -EINVAL },
	{ "last offset that does not wrap", LAST_PGOFF, 1, RW, MAP_SHARED,
	  -EINVAL },
	{ "offset and length wrap in bytes", LAST_PGOFF + 1, 1, RW,
	  MAP_SHARED, -EOVERFLOW },
	{ "offset wraps to 0 in bytes", 1UL << (BITS_PER_LONG - PAGE_SHIFT), 1,
	  RW, MAP_SHARED, -EOVERFLOW },
	{ "offset and length wrap in pages", ULONG_MAX, 1, RW, MAP_SHARED,
	  -EOVERFLOW },
};

KUNIT_ARRAY_PARAM_DESC(map_edge, map_edges, name);

/* Direct: a ring's pages are in a row. */
static void map_range(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	const struct map_edge *edge = test->param_value;
	unsigned long addr = lab_mmap(areas->file, edge->pages, edge->prot,
				      edge->flags, edge->pgoff);
	enum lab_area area = edge->pgoff < RING_PGOFF ? LAB_AREA_MEMORY :
						      LAB_AREA_RING;
	struct lab_frame frame;
	unsigned long page;

	if (edge->want) {
		KUNIT_EXPECT_EQ(test, (long)addr, edge->want);
		lab_expect_range(test, "the refusal", 0, 0, 0);
		KUNIT_EXPECT_EQ(test, lab_vma_count(), 0);
		return;
	}
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr), "mmap: %ld",
			       (long)addr);
	lab_expect_range(test, "mmap", addr, edge->pages, areas->pfn[area][0] +
			 edge->pgoff - areas->pgoff[area]);
	for (page = 0; page < edge->pages; page++) {
		unsigned long at = map_page(addr, page);

		lab_expect_touch(test, at, true, edge->prot & PROT_WRITE ?
				 LAB_OK : LAB_SIGSEGV);
		KUNIT_EXPECT_TRUE(test, lab_frame_at(at, &frame));
		if (!(edge->prot & PROT_WRITE))
			KUNIT_EXPECT_FALSE(test, frame.write);
	}
}

/* A file that cannot be written cannot be mapped to write, not later either. */
static void map_read_only(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	struct file *file = lab_dad_open(&areas->dad, O_RDONLY);
	struct file *write_only = lab_dad_open(&areas->dad, O_WRONLY);
	struct lab_frame frame;
	unsigned long addr;

	KUNIT_EXPECT_EQ(test, -EACCES, (long)lab_mmap(file, 1, RW,
						      MAP_SHARED, 0));
	KUNIT_EXPECT_EQ(test, -EACCES, (long)lab_mmap(write_only, 1, PROT_WRITE,
						      MAP_SHARED, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, (long)lab_mmap(file, 1, PROT_READ,
						      MAP_PRIVATE, 0));
	addr = lab_mmap(file, LAB_AREA_PAGES, PROT_READ, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr), "mmap: %ld",
			       (long)addr);
	lab_area_expect(areas, LAB_AREA_MEMORY, "mmap", addr, 0,
			LAB_AREA_PAGES);
	areas->dad.memory[0] = 0x5a;
	map_expect_word(test, addr, 0x5a);
	KUNIT_EXPECT_EQ(test, lab_mprotect(addr, 1, RW), -EACCES);
	lab_expect_touch(test, addr, true, LAB_SIGSEGV);
	KUNIT_EXPECT_TRUE(test, lab_frame_at(addr, &frame));
	KUNIT_EXPECT_FALSE(test, frame.write);
}

/* Without bus mastering the memory cannot be mapped, and there is no ring. */
static void map_no_master(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_P, LAB_DAD_MEMORY,
					     NULL);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 4);

	lab_space_new(test);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &shape),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, -ENXIO, (long)lab_mmap(file, 1, RW,
						     MAP_SHARED, 0));
	KUNIT_EXPECT_EQ(test, -ENXIO, (long)lab_mmap(file, 1, RW,
						     MAP_SHARED, RING_PGOFF));
	lab_expect_range(test, "the refusals", 0, 0, 0);
}

/* Bus mastering that the machine has no use for: the memory is there all the same. */
static void map_no_dma(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_A, LAB_DAD_MEMORY,
					     NULL);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 4);

	lab_space_new(test);
	KUNIT_ASSERT_FALSE(test, dad.dma);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &shape),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, -ENXIO, (long)lab_mmap(file, 1, RW,
						     MAP_SHARED, RING_PGOFF));
	map_put_word(test, lab_mmap_shared(test, file, 1, 1), 0x1234);
	KUNIT_EXPECT_EQ(test, *(u32 *)(dad.memory + PAGE_SIZE), 0x1234);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE_PARAM(map_memory, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(map_ring_input, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(map_ring_output, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(map_short_ring, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(map_two_rings, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(map_range, map_edge_gen_params),
	KUNIT_CASE(map_read_only),
	KUNIT_CASE(map_no_master),
	KUNIT_CASE(map_no_dma),
	{}
};

static struct kunit_suite map_suite = {
	.name		= "umlab_dad_map",
	.test_cases	= map_cases,
};

kunit_test_suite(map_suite);
