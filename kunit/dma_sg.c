// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatter/gather lists: what becomes of their entries, and which count goes where
 *
 * Behind the IOMMU, entries that go on at a page are merged, so a list has fewer
 * segments than entries; everywhere else it has as many. What a device is given
 * are segments; what is unmapped and synced are entries.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dma.h"

#define GATHER_ENTRIES	4
#define GATHER_SIZE	SZ_32K
#define GATHER_FENCE	0x5a

/**
 * struct gather_shape - a list
 * @name: in messages
 * @nents: how many entries
 * @merged: how many segments the IOMMU makes of them
 * @entry: the entries
 * @entry.offset: where it is in GATHER_SIZE bytes of pages
 * @entry.size: in bytes
 */
struct gather_shape {
	const char *name;
	unsigned int nents;
	unsigned int merged;
	struct {
		unsigned int offset;
		unsigned int size;
	} entry[GATHER_ENTRIES];
};

static const struct gather_shape gather_contiguous = {
	"contiguous pages", 4, 1,
	{ { 0x0000, 0x1000 }, { 0x1000, 0x1000 },
	  { 0x2000, 0x1000 }, { 0x3000, 0x1000 } },
};

/* The first two are merged. */
static const struct gather_shape gather_mixed = {
	"mixed", 4, 3,
	{ { 0x0064, 0x0f9c }, { 0x2000, 0x1000 },
	  { 0x4321, 0x0234 }, { 0x6000, 0x0555 } },
};

static const struct gather_shape gather_shapes[] = {
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

/**
 * struct gather - a list, and the device that it is mapped for
 * @dma: the device
 * @name: in messages
 * @table: the list
 * @pages: the memory that its entries are parts of
 * @stream: for what is in the entries, one after another
 * @bytes: how much that is
 * @mapped: how many segments the entries have become
 */
struct gather {
	const struct lab_dma *dma;
	const char *name;
	struct sg_table table;
	u8 *pages;
	u8 *stream;
	size_t bytes;
	unsigned int mapped;
};

KUNIT_DEFINE_ACTION_WRAPPER(gather_free, sg_free_table, struct sg_table *);

/* A list without memory in it yet; with no entries, the caller has them */
static struct gather *gather_new(const struct lab_dma *dma, const char *name,
				 unsigned int nents, size_t size)
{
	struct kunit *test = dma->test;
	struct gather *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	list->dma = dma;
	list->name = name;
	list->pages = lab_dma_pages(test, size);
	list->stream = lab_dma_pages(test, size);
	if (!nents)
		return list;
	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(&list->table, nents,
						GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, gather_free,
							   &list->table));
	return list;
}

static void gather_set(struct gather *list, struct scatterlist *sg,
		       size_t offset, unsigned int size)
{
	sg_set_buf(sg, list->pages + offset, size);
	list->bytes += size;
}

static struct gather *gather_of(const struct lab_dma *dma,
				const struct gather_shape *shape)
{
	struct gather *list = gather_new(dma, shape->name, shape->nents,
					 GATHER_SIZE);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&list->table, sg, i)
		gather_set(list, sg, shape->entry[i].offset,
			   shape->entry[i].size);
	return list;
}

/* As many entries of a size, each @stride bytes after the one before */
static struct gather *gather_row(const struct lab_dma *dma, unsigned int nents,
				 unsigned int size, size_t stride)
{
	struct gather *list = gather_new(dma, "row", nents, nents * stride);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&list->table, sg, i)
		gather_set(list, sg, i * stride, size);
	return list;
}

/* The segments are as long as the entries, and respect the device's limits. */
static void gather_map(struct gather *list, enum dma_data_direction dir)
{
	struct device *dev = list->dma->dev;
	struct kunit *test = list->dma->test;
	u64 within = dma_get_seg_boundary(dev);
	struct scatterlist *sg;
	size_t bytes = 0;
	unsigned int i;

	list->mapped = dma_map_sg(dev, list->table.sgl, list->table.orig_nents,
				  dir);
	KUNIT_ASSERT_GE(test, list->mapped, 1);
	KUNIT_ASSERT_LE(test, list->mapped, list->table.orig_nents);
	for_each_sg(list->table.sgl, sg, list->mapped, i) {
		u64 first = sg_dma_address(sg);
		u64 last = first + sg_dma_len(sg) - 1;

		KUNIT_EXPECT_LE(test, sg_dma_len(sg),
				dma_get_max_seg_size(dev));
		KUNIT_EXPECT_EQ(test, first & ~within, last & ~within);
		bytes += sg_dma_len(sg);
	}
	KUNIT_ASSERT_EQ_MSG(test, bytes, list->bytes, "%s", list->name);
}

static void gather_unmap(struct gather *list, enum dma_data_direction dir)
{
	dma_unmap_sg(list->dma->dev, list->table.sgl, list->table.orig_nents,
		     dir);
	KUNIT_EXPECT_EQ(list->dma->test, umlab_mappings(list->dma->slot), 0);
}

static void gather_expect_mapped(const struct gather *list, unsigned int merged)
{
	KUNIT_EXPECT_EQ_MSG(list->dma->test, list->mapped,
			    lab_dma_is(list->dma, UMLAB_DMA_IOMMU) ?
			    merged : list->table.orig_nents, "%s", list->name);
}

static struct scatterlist *gather_last(const struct gather *list)
{
	struct scatterlist *sg = list->table.sgl;
	unsigned int i;

	for (i = 1; i < list->mapped; i++)
		sg = sg_next(sg);
	return sg;
}

/* The CPU fills the entries. */
static void gather_fill(struct gather *list, u8 seed)
{
	lab_dma_fill(list->stream, list->bytes, seed);
	KUNIT_EXPECT_EQ(list->dma->test,
			sg_copy_from_buffer(list->table.sgl,
					    list->table.orig_nents,
					    list->stream, list->bytes),
			list->bytes);
}

/* What the CPU sees in them */
static bool gather_holds(struct gather *list, u8 seed)
{
	return sg_copy_to_buffer(list->table.sgl, list->table.orig_nents,
				 list->stream, list->bytes) == list->bytes &&
	       lab_dma_holds(list->stream, list->bytes, seed);
}

static void gather_expect_holds(struct gather *list, u8 seed)
{
	KUNIT_EXPECT_TRUE_MSG(list->dma->test, gather_holds(list, seed),
			      "%s: the CPU does not see pattern %u",
			      list->name, seed);
}

/* The device goes through the segments, to or from the stream. */
static void gather_access(struct gather *list, bool write)
{
	const struct lab_dma *dma = list->dma;
	u8 *at = list->stream;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(list->table.sgl, sg, list->mapped, i) {
		dma_addr_t bus = sg_dma_address(sg);
		size_t size = sg_dma_len(sg);
		int err = write ? lab_dma_write(dma, bus, at, size) :
				  lab_dma_read(dma, bus, at, size);

		KUNIT_EXPECT_EQ_MSG(dma->test, err, 0, "%s: segment %u",
				    list->name, i);
		at += size;
	}
}

static void gather_device_reads(struct gather *list, u8 seed)
{
	memset(list->stream, 0, list->bytes);
	gather_access(list, false);
	KUNIT_EXPECT_TRUE_MSG(list->dma->test,
			      lab_dma_holds(list->stream, list->bytes, seed),
			      "%s: the device does not see pattern %u",
			      list->name, seed);
}

static void gather_device_writes(struct gather *list, u8 seed)
{
	lab_dma_fill(list->stream, list->bytes, seed);
	gather_access(list, true);
}

/* Each side sees what the other has written. */
static void gather_check(struct gather *list, unsigned int merged, u8 seed)
{
	gather_fill(list, seed);
	gather_map(list, DMA_BIDIRECTIONAL);
	gather_expect_mapped(list, merged);
	gather_device_reads(list, seed);
	gather_device_writes(list, seed + 1);
	gather_unmap(list, DMA_BIDIRECTIONAL);
	gather_expect_holds(list, seed + 1);
}

/* And what is beside an entry stays as it is. */
static void gather_check_shape(const struct lab_dma *dma,
			       const struct gather_shape *shape, u8 seed)
{
	struct gather *list = gather_of(dma, shape);
	struct scatterlist *sg;
	unsigned int i;

	memset(list->pages, GATHER_FENCE, GATHER_SIZE);
	gather_check(list, shape->merged, seed);
	for_each_sgtable_sg(&list->table, sg, i)
		memset(sg_virt(sg), GATHER_FENCE, sg->length);
	KUNIT_EXPECT_PTR_EQ_MSG(dma->test, NULL,
				memchr_inv(list->pages, GATHER_FENCE,
					   GATHER_SIZE),
				"%s: changed beside an entry", shape->name);
}

static void gather_merges(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	gather_check_shape(&dma, &gather_contiguous, 1);
	gather_check_shape(&dma, &gather_mixed, 3);
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
		gather_check(gather_row(&dma, lengths[i], 100, 128),
			     lengths[i], i);
}

/* What is merged goes on from one part of a chained list to the next. */
static void gather_chained(struct kunit *test)
{
	const unsigned int pages = SG_MAX_SINGLE_ALLOC;
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_row(&dma, pages + 1, PAGE_SIZE, PAGE_SIZE);
	struct scatterlist *last;

	KUNIT_ASSERT_TRUE(test, sg_is_chain(&list->table.sgl[pages - 1]));
	gather_map(list, DMA_FROM_DEVICE);
	gather_expect_mapped(list, pages * PAGE_SIZE / SZ_64K + 1);
	last = gather_last(list);
	KUNIT_ASSERT_EQ(test, sg_dma_len(last), PAGE_SIZE);
	lab_dma_put(&dma, sg_dma_address(last), PAGE_SIZE, 1);
	gather_unmap(list, DMA_FROM_DEVICE);
	KUNIT_EXPECT_PTR_EQ(test, NULL,
			    memchr_inv(list->pages, 0, pages * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(list->pages + pages * PAGE_SIZE,
					      PAGE_SIZE, 1));
}

/* The same of a chain that the driver has made itself */
static void gather_chain(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_new(&dma, "chain", 0, GATHER_SIZE);
	struct scatterlist first[3], second[2], *sg;
	unsigned int i;

	sg_init_table(first, ARRAY_SIZE(first));
	sg_init_table(second, ARRAY_SIZE(second));
	sg_chain(first, ARRAY_SIZE(first), second);
	list->table.sgl = first;
	list->table.orig_nents = ARRAY_SIZE(first) - 1 + ARRAY_SIZE(second);
	for_each_sgtable_sg(&list->table, sg, i)
		gather_set(list, sg, 2 * i * PAGE_SIZE, PAGE_SIZE);
	gather_check(list, 1, 1);
}

/* In one direction only, in each of the segments */
static void gather_one_way(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &gather_mixed);
	u8 byte = 0;

	gather_fill(list, 1);
	gather_map(list, DMA_TO_DEVICE);
	gather_device_reads(list, 1);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_DIRECTION);
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dma_write(&dma, sg_dma_address(gather_last(list)),
				      &byte, 1));
	gather_unmap(list, DMA_TO_DEVICE);
	gather_expect_holds(list, 1);
	gather_map(list, DMA_FROM_DEVICE);
	gather_device_writes(list, 2);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_DIRECTION);
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dma_read(&dma, sg_dma_address(gather_last(list)),
				     &byte, 1));
	gather_unmap(list, DMA_FROM_DEVICE);
	gather_expect_holds(list, 2);
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
	struct gather *list = gather_row(&dma, 8, PAGE_SIZE, PAGE_SIZE);
	unsigned int i;

	gather_fill(list, 1);
	for (i = 0; i < ARRAY_SIZE(gather_limits); i++) {
		dma_set_max_seg_size(dma.dev, gather_limits[i].size);
		dma_set_seg_boundary(dma.dev, gather_limits[i].boundary);
		gather_map(list, DMA_TO_DEVICE);
		gather_expect_mapped(list, gather_limits[i].merged);
		gather_device_reads(list, 1);
		gather_unmap(list, DMA_TO_DEVICE);
	}
}

/* What fills up to a boundary is in the page tables, and still not mapped. */
static void gather_padding(struct kunit *test)
{
	static const struct gather_shape shape = {
		"padded", 2, 2, { { 0x0000, 0x1000 }, { 0x2000, 0x2000 } },
	};
	static const struct umlab_event fault =
		UMLAB_DID_ANY(UMLAB_IOMMU_FAULT);
	static const struct umlab_topology iommu = {
		.name = "iommu", .dma = UMLAB_DMA_IOMMU,
	};
	struct lab_dma dma = lab_dma_in(test, &iommu);
	struct gather *list = gather_of(&dma, &shape);
	dma_addr_t bus;
	u8 byte;

	dma_set_seg_boundary(dma.dev, SZ_8K - 1);
	gather_fill(list, 1);
	gather_map(list, DMA_TO_DEVICE);
	gather_expect_mapped(list, shape.merged);
	gather_device_reads(list, 1);
	bus = sg_dma_address(list->table.sgl);
	KUNIT_EXPECT_EQ(test, sg_dma_address(gather_last(list)), bus + SZ_8K);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus + SZ_4K, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(dma.slot, dma.begin, fault),
			0);
	gather_unmap(list, DMA_TO_DEVICE);
}

static void gather_syncs(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &gather_mixed);
	struct scatterlist *sgl = list->table.sgl;
	unsigned int nents = list->table.orig_nents;
	u8 byte, round;

	gather_fill(list, 0);
	gather_map(list, DMA_BIDIRECTIONAL);
	for (round = 0; round < 6; round += 2) {
		gather_device_reads(list, round);
		gather_device_writes(list, round + 1);
		dma_sync_sg_for_cpu(dma.dev, sgl, nents, DMA_BIDIRECTIONAL);
		gather_expect_holds(list, round + 1);
		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_OWNER);
		KUNIT_EXPECT_EQ(test, -EIO,
				lab_dma_read(&dma,
					     sg_dma_address(gather_last(list)),
					     &byte, 1));
		gather_fill(list, round + 2);
		dma_sync_sg_for_device(dma.dev, sgl, nents, DMA_BIDIRECTIONAL);
	}
	gather_device_reads(list, round);
	gather_device_writes(list, round + 1);
	gather_unmap(list, DMA_BIDIRECTIONAL);
	gather_expect_holds(list, round + 1);
}

static void gather_sgtable(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &gather_mixed);
	struct sg_table *table = &list->table;

	gather_fill(list, 1);
	KUNIT_ASSERT_EQ(test, 0, dma_map_sgtable(dma.dev, table,
						 DMA_BIDIRECTIONAL, 0));
	KUNIT_EXPECT_EQ(test, table->orig_nents, gather_mixed.nents);
	list->mapped = table->nents;
	gather_expect_mapped(list, gather_mixed.merged);
	gather_device_reads(list, 1);
	gather_device_writes(list, 2);
	dma_sync_sgtable_for_cpu(dma.dev, table, DMA_BIDIRECTIONAL);
	gather_expect_holds(list, 2);
	gather_fill(list, 3);
	dma_sync_sgtable_for_device(dma.dev, table, DMA_BIDIRECTIONAL);
	gather_device_reads(list, 3);
	dma_unmap_sgtable(dma.dev, table, DMA_BIDIRECTIONAL, 0);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* The last segment's end is the mapping's, also where the page goes on. */
static void gather_end(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &gather_mixed);
	dma_addr_t start, end;
	u8 bytes[2] = { 0xee, 0xee };

	gather_fill(list, 1);
	gather_map(list, DMA_BIDIRECTIONAL);
	start = sg_dma_address(list->table.sgl);
	end = sg_dma_address(gather_last(list)) + sg_dma_len(gather_last(list));
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&dma, start - 1, bytes, 2), -EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&dma, end - 1, bytes, 2), -EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, end, bytes, 1), -EIO);
	gather_device_reads(list, 1);
	gather_unmap(list, DMA_BIDIRECTIONAL);
	gather_expect_holds(list, 1);
}

/*
 * Read twice, a page is fine. Written twice in one list, it is an overlap. The
 * kernel sees that only where these are two segments.
 */
static void gather_same_page(struct kunit *test)
{
	static const struct gather_shape twice = {
		"twice", 2, 1, { { 0x0000, 0x1000 }, { 0x0000, 0x1000 } },
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &twice);
	u8 *second = list->stream + PAGE_SIZE;

	lab_dma_fill(list->pages, PAGE_SIZE, 1);
	gather_map(list, DMA_TO_DEVICE);
	gather_expect_mapped(list, twice.merged);
	gather_access(list, false);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(list->stream, PAGE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(second, PAGE_SIZE, 1));
	gather_unmap(list, DMA_TO_DEVICE);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_OVERLAP);
	if (!lab_dma_is(&dma, UMLAB_DMA_IOMMU))
		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_API);
	gather_map(list, DMA_FROM_DEVICE);
	lab_dma_fill(list->stream, PAGE_SIZE, 2);
	lab_dma_fill(second, PAGE_SIZE, 3);
	gather_access(list, true);
	gather_unmap(list, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(list->pages, PAGE_SIZE, 3));
}

/*
 * A driver is about to give the mapped count where the entries' belongs (bug class
 * sg-nents). The ledger tells of it, and the kernel of each segment.
 */
static void gather_expect_miscount(const struct gather *list,
				   enum umlab_violation kind)
{
	unsigned int i;

	if (list->mapped == list->table.orig_nents)
		return;
	umlab_expect_violation(list->dma->slot, kind);
	for (i = 0; i < list->mapped; i++)
		umlab_expect_violation(list->dma->slot,
				       UMLAB_VIOLATION_DMA_API);
}

/* Whether the CPU sees it all, after a sync of as many entries as segments */
static void gather_expect_miscounted(struct gather *list, u8 seed)
{
	bool lost = umlab_topology(list->dma->slot)->noncoherent &&
		    list->mapped < list->table.orig_nents;

	KUNIT_EXPECT_EQ_MSG(list->dma->test, gather_holds(list, seed), !lost,
			    "%s", list->name);
}

static void gather_unmap_miscounted(struct gather *list)
{
	const struct lab_dma *dma = list->dma;
	dma_addr_t bus;
	u8 byte;

	gather_map(list, DMA_FROM_DEVICE);
	gather_device_writes(list, 1);
	bus = sg_dma_address(list->table.sgl);
	gather_expect_miscount(list, UMLAB_VIOLATION_DMA_UNMAP);
	dma_unmap_sg(dma->dev, list->table.sgl, list->mapped, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);
	gather_expect_miscounted(list, 1);
	umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, &byte, 1), -EIO);
}

/* It is a mistake, and no more: all of it is unmapped, and can be mapped again. */
static void gather_unmap_mapped(struct kunit *test)
{
	static const struct gather_shape *const shapes[] = {
		&gather_contiguous, &gather_mixed,
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct gather *list = gather_of(&dma, shapes[i]);

		gather_unmap_miscounted(list);
		gather_check(list, shapes[i]->merged, 2);
	}
}

static void gather_sync_mapped(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &gather_contiguous);

	gather_map(list, DMA_FROM_DEVICE);
	gather_device_writes(list, 1);
	gather_expect_miscount(list, UMLAB_VIOLATION_DMA_SYNC);
	dma_sync_sg_for_cpu(dma.dev, list->table.sgl, list->mapped,
			    DMA_FROM_DEVICE);
	gather_expect_miscounted(list, 1);
	gather_unmap(list, DMA_FROM_DEVICE);
	gather_expect_holds(list, 1);
}

/* The driver gives the device entries, not segments (bug class sg-program). */
static void gather_program(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct gather *list = gather_of(&dma, &gather_contiguous);
	bool direct = lab_dma_is(&dma, UMLAB_DMA_DIRECT);
	struct scatterlist *sg;
	unsigned int i;

	gather_map(list, DMA_TO_DEVICE);
	for_each_sgtable_sg(&list->table, sg, i) {
		bool segment = i < list->mapped;

		if (!segment)
			umlab_expect_violation(dma.slot,
					       UMLAB_VIOLATION_DMA_UNMAPPED);
		KUNIT_EXPECT_EQ(test, segment ? 0 : -EIO,
				lab_dma_read(&dma, sg_dma_address(sg),
					     list->stream, sg->length));
		if (!direct)
			umlab_expect_violation(dma.slot,
					       UMLAB_VIOLATION_DMA_UNMAPPED);
		KUNIT_EXPECT_EQ(test, direct ? 0 : -EIO,
				lab_dma_read(&dma, sg_phys(sg), list->stream,
					     sg->length));
	}
	gather_unmap(list, DMA_TO_DEVICE);
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
	KUNIT_CASE_PARAM(gather_end, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_same_page, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_unmap_mapped, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_sync_mapped, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gather_program, umlab_topology_gen_params),
	{}
};

static struct kunit_suite gather_suite = {
	.name		= "umlab_dma_sg",
	.test_cases	= gather_cases,
};

kunit_test_suite(gather_suite);
