// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatter/gather lists: what becomes of their entries
 *
 * Behind the IOMMU, entries that go on at a page are merged, so a list has
 * fewer segments than entries; everywhere else it has as many.
 */

#include <kunit/test.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dma.h"
#include "lib/dma_list.h"

#define GATHER_FENCE	0x5a

static const struct lab_list_shape gather_shapes[] = {
	{ "scattered pages", 4, 1,
	  { { 0x0000, 0x1000 }, { 0x2000, 0x1000 },
	    { 0x4000, 0x1000 }, { 0x6000, 0x1000 } } },
	{ "pages in reverse", 4, 1,
	  { { 0x3000, 0x1000 }, { 0x2000, 0x1000 },
	    { 0x1000, 0x1000 }, { 0x0000, 0x1000 } } },
	{ "unequal pages", 3, 1,
	  { { 0x0000, 0x2000 }, { 0x3000, 0x1000 }, { 0x5000, 0x3000 } } },
	{ "head, page and tail", 3, 1,
	  { { 0x0064, 0x0f9c }, { 0x2000, 0x1000 }, { 0x4000, 0x0032 } } },
	{ "last byte and first byte", 2, 1,
	  { { 0x0fff, 0x0001 }, { 0x2000, 0x0001 } } },
	{ "page that ends early", 3, 2,
	  { { 0x0000, 0x1000 }, { 0x2000, 0x0064 }, { 0x4000, 0x1000 } } },
	{ "page that begins late", 3, 2,
	  { { 0x0000, 0x1000 }, { 0x2040, 0x0fc0 }, { 0x4000, 0x1000 } } },
	{ "parts of pages", 3, 3,
	  { { 0x0010, 0x0064 }, { 0x2100, 0x0065 }, { 0x4333, 0x0066 } } },
	{ "halves of a page", 2, 2,
	  { { 0x0000, 0x0800 }, { 0x0800, 0x0800 } } },
	{ "part of three pages", 2, 2,
	  { { 0x0123, 0x2000 }, { 0x4000, 0x1000 } } },
};

/* As many entries of a size, each @stride bytes after the one before */
static struct lab_list *gather_row(const struct lab_dma *dma,
				   unsigned int nents, unsigned int size,
				   size_t stride)
{
	struct lab_list *list = lab_list_new(dma, "row", nents, nents * stride);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&list->table, sg, i)
		lab_list_set(list, sg, i * stride, size);
	return list;
}

/* Each side sees the other's writes; what is beside an entry stays as it is. */
static void gather_check_shape(const struct lab_dma *dma,
			       const struct lab_list_shape *shape, u8 seed)
{
	struct lab_list *list = lab_list_of(dma, shape);
	struct scatterlist *sg;
	unsigned int i;

	memset(list->pages, GATHER_FENCE, LAB_LIST_SIZE);
	lab_list_check(list, shape->merged, seed);
	for_each_sgtable_sg(&list->table, sg, i)
		memset(sg_virt(sg), GATHER_FENCE, sg->length);
	KUNIT_EXPECT_PTR_EQ_MSG(dma->test, NULL,
				memchr_inv(list->pages, GATHER_FENCE,
					   LAB_LIST_SIZE),
				"%s: changed beside an entry", shape->name);
}

static void gather_merges(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	gather_check_shape(&dma, &lab_list_contiguous, 1);
	gather_check_shape(&dma, &lab_list_mixed, 3);
	for (i = 0; i < ARRAY_SIZE(gather_shapes); i++)
		gather_check_shape(&dma, &gather_shapes[i], 5 + 2 * i);
}

/* No entry fills a page, so that there is nothing to merge. */
static void gather_lengths(struct kunit *test)
{
	static const unsigned int lengths[] = {
		1, 2, 17, SG_MAX_SINGLE_ALLOC, SG_MAX_SINGLE_ALLOC + 1, 1024,
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		lab_list_check(gather_row(&dma, lengths[i], 100, 128),
			       lengths[i], i);
}

/* What is merged goes on from one part of a chained list to the next. */
static void gather_chained(struct kunit *test)
{
	const unsigned int pages = SG_MAX_SINGLE_ALLOC;
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = gather_row(&dma, pages + 1, PAGE_SIZE,
					   PAGE_SIZE);
	struct scatterlist *last;

	KUNIT_ASSERT_TRUE(test, sg_is_chain(&list->table.sgl[pages - 1]));
	lab_list_map(list, DMA_FROM_DEVICE);
	lab_list_expect_mapped(list, pages * PAGE_SIZE / SZ_64K + 1);
	last = lab_list_last(list);
	KUNIT_ASSERT_EQ(test, sg_dma_len(last), PAGE_SIZE);
	lab_dma_put(&dma, sg_dma_address(last), PAGE_SIZE, 1);
	lab_list_unmap(list, DMA_FROM_DEVICE);
	KUNIT_EXPECT_PTR_EQ(test, NULL,
			    memchr_inv(list->pages, 0, pages * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(list->pages + pages * PAGE_SIZE,
					      PAGE_SIZE, 1));
}

/* The same of a chain that the driver has made itself */
static void gather_chain(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_new(&dma, "chain", 0, LAB_LIST_SIZE);
	struct scatterlist first[3], second[2], *sg;
	unsigned int i;

	sg_init_table(first, ARRAY_SIZE(first));
	sg_init_table(second, ARRAY_SIZE(second));
	sg_chain(first, ARRAY_SIZE(first), second);
	list->table.sgl = first;
	list->table.orig_nents = ARRAY_SIZE(first) - 1 + ARRAY_SIZE(second);
	for_each_sgtable_sg(&list->table, sg, i)
		lab_list_set(list, sg, 2 * i * PAGE_SIZE, PAGE_SIZE);
	lab_list_check(list, 1, 1);
}

/* In one direction only, in each of the segments */
static void gather_one_way(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_mixed);
	u8 byte = 0;

	lab_list_fill(list, 1);
	lab_list_map(list, DMA_TO_DEVICE);
	lab_list_device_reads(list, 1);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_DIRECTION);
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dma_write(&dma, sg_dma_address(lab_list_last(list)),
				      &byte, 1));
	lab_list_unmap(list, DMA_TO_DEVICE);
	lab_list_expect_holds(list, 1);
	lab_list_map(list, DMA_FROM_DEVICE);
	lab_list_device_writes(list, 2);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_DIRECTION);
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dma_read(&dma, sg_dma_address(lab_list_last(list)),
				     &byte, 1));
	lab_list_unmap(list, DMA_FROM_DEVICE);
	lab_list_expect_holds(list, 2);
}

/**
 * struct gather_limit - what a device can do with a segment
 * @size: the longest, in bytes
 * @boundary: a mask; the bits beyond it are the same all through a segment
 * @merged: how many segments the IOMMU makes of eight pages then
 */
struct gather_limit {
	unsigned int size;
	unsigned long boundary;
	unsigned int merged;
};

static const struct gather_limit gather_limits[] = {
	{ SZ_64K, SZ_4G - 1, 1 }, { UINT_MAX, SZ_4G - 1, 1 },
	{ SZ_4K, SZ_4G - 1, 8 }, { SZ_8K, SZ_4G - 1, 4 },
	{ 10000, SZ_4G - 1, 4 }, { 3 * SZ_4K, SZ_4G - 1, 3 },
	{ SZ_64K, SZ_4K - 1, 8 }, { SZ_64K, SZ_8K - 1, 4 },
	{ SZ_64K, SZ_16K - 1, 2 }, { SZ_64K, SZ_32K - 1, 1 },
	{ 3 * SZ_4K, SZ_16K - 1, 4 },
};

static void gather_respects_limits(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = gather_row(&dma, 8, PAGE_SIZE, PAGE_SIZE);
	unsigned int i;

	lab_list_fill(list, 1);
	for (i = 0; i < ARRAY_SIZE(gather_limits); i++) {
		dma_set_max_seg_size(dma.dev, gather_limits[i].size);
		dma_set_seg_boundary(dma.dev, gather_limits[i].boundary);
		lab_list_map(list, DMA_TO_DEVICE);
		lab_list_expect_mapped(list, gather_limits[i].merged);
		lab_list_device_reads(list, 1);
		lab_list_unmap(list, DMA_TO_DEVICE);
	}
}

/* What fills up to a boundary is in the page tables, and still not mapped. */
static void gather_padding(struct kunit *test)
{
	static const struct lab_list_shape shape = {
		"padded", 2, 2, { { 0x0000, 0x1000 }, { 0x2000, 0x2000 } },
	};
	static const struct umlab_event fault =
		UMLAB_DID_ANY(UMLAB_IOMMU_FAULT);
	static const struct umlab_topology iommu = {
		.name = "iommu", .dma = UMLAB_DMA_IOMMU,
	};
	struct lab_dma dma = lab_dma_in(test, &iommu);
	struct lab_list *list = lab_list_of(&dma, &shape);
	dma_addr_t bus;
	u8 byte;

	dma_set_seg_boundary(dma.dev, SZ_8K - 1);
	lab_list_fill(list, 1);
	lab_list_map(list, DMA_TO_DEVICE);
	lab_list_expect_mapped(list, shape.merged);
	lab_list_device_reads(list, 1);
	bus = sg_dma_address(list->table.sgl);
	KUNIT_EXPECT_EQ(test, sg_dma_address(lab_list_last(list)), bus + SZ_8K);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus + SZ_4K, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(dma.slot, dma.begin, fault),
			0);
	lab_list_unmap(list, DMA_TO_DEVICE);
}

static void gather_syncs(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_mixed);
	struct scatterlist *sgl = list->table.sgl;
	unsigned int nents = list->table.orig_nents;
	dma_addr_t last;
	u8 byte, round;

	lab_list_fill(list, 0);
	lab_list_map(list, DMA_BIDIRECTIONAL);
	last = sg_dma_address(lab_list_last(list));
	for (round = 0; round < 6; round += 2) {
		lab_list_device_reads(list, round);
		lab_list_device_writes(list, round + 1);
		dma_sync_sg_for_cpu(dma.dev, sgl, nents, DMA_BIDIRECTIONAL);
		lab_list_expect_holds(list, round + 1);
		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_OWNER);
		KUNIT_EXPECT_EQ(test, -EIO, lab_dma_read(&dma, last, &byte, 1));
		lab_list_fill(list, round + 2);
		dma_sync_sg_for_device(dma.dev, sgl, nents, DMA_BIDIRECTIONAL);
	}
	lab_list_device_reads(list, round);
	lab_list_device_writes(list, round + 1);
	lab_list_unmap(list, DMA_BIDIRECTIONAL);
	lab_list_expect_holds(list, round + 1);
}

static void gather_sgtable(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_mixed);
	struct sg_table *table = &list->table;

	lab_list_fill(list, 1);
	KUNIT_ASSERT_EQ(test, 0, dma_map_sgtable(dma.dev, table,
						 DMA_BIDIRECTIONAL, 0));
	KUNIT_EXPECT_EQ(test, table->orig_nents, lab_list_mixed.nents);
	list->mapped = table->nents;
	lab_list_expect_mapped(list, lab_list_mixed.merged);
	lab_list_device_reads(list, 1);
	lab_list_device_writes(list, 2);
	dma_sync_sgtable_for_cpu(dma.dev, table, DMA_BIDIRECTIONAL);
	lab_list_expect_holds(list, 2);
	lab_list_fill(list, 3);
	dma_sync_sgtable_for_device(dma.dev, table, DMA_BIDIRECTIONAL);
	lab_list_device_reads(list, 3);
	dma_unmap_sgtable(dma.dev, table, DMA_BIDIRECTIONAL, 0);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* The segments of one list are one mapping: an access may go from one to the next. */
static void gather_in_one(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, 2 * PAGE_SIZE);
	struct scatterlist list[2];
	int mapped;

	lab_dma_fill(memory, 2 * PAGE_SIZE, 1);
	sg_init_table(list, 2);
	sg_set_buf(&list[0], memory, PAGE_SIZE);
	sg_set_buf(&list[1], memory + PAGE_SIZE, PAGE_SIZE);
	mapped = dma_map_sg(dma.dev, list, 2, DMA_TO_DEVICE);
	KUNIT_ASSERT_EQ(test, mapped, lab_dma_is(&dma, UMLAB_DMA_IOMMU) ? 1 : 2);
	/* Bounce buffers need not be in a row. */
	if (!lab_dma_is(&dma, UMLAB_DMA_BOUNCE))
		lab_dma_expect_read(&dma, sg_dma_address(list), 2 * PAGE_SIZE,
				    1);
	dma_unmap_sg(dma.dev, list, 2, DMA_TO_DEVICE);
}

/* A list is one event, of as many bytes as it has. */
static void gather_journal(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_mixed);
	size_t size = list->bytes;
	dma_addr_t bus;

	lab_list_map(list, DMA_BIDIRECTIONAL);
	bus = sg_dma_address(list->table.sgl);
	dma_sync_sgtable_for_cpu(dma.dev, &list->table, DMA_BIDIRECTIONAL);
	dma_sync_sgtable_for_device(dma.dev, &list->table, DMA_BIDIRECTIONAL);
	lab_list_unmap(list, DMA_BIDIRECTIONAL);
	UMLAB_EXPECT_ORDER(test, dma.slot, dma.begin,
			   UMLAB_DID_DMA(UMLAB_MAP, bus, size),
			   UMLAB_DID_DMA(UMLAB_SYNC_CPU, bus, size),
			   UMLAB_DID_DMA(UMLAB_SYNC_DEVICE, bus, size),
			   UMLAB_DID_DMA(UMLAB_UNMAP, bus, size));
}

static struct kunit_case gather_cases[] = {
	KUNIT_CASE_PARAM(gather_merges, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_lengths, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_chained, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_chain, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_one_way, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_respects_limits, umlab_topology_gen_params),
	KUNIT_CASE(gather_padding),
	KUNIT_CASE_PARAM(gather_syncs, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_sgtable, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_in_one, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_journal, umlab_topology_gen_params),
	{}
};

static struct kunit_suite gather_suite = {
	.name		= "umlab_dma_sg",
	.test_cases	= gather_cases,
};

kunit_test_suite(gather_suite);
