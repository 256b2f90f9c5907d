// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatter/gather lists, mapped for a device that goes through their segments
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/string.h>

#include "dma_list.h"

const struct lab_list_shape lab_list_contiguous = {
	"contiguous pages", 4, 1,
	{ { 0x0000, 0x1000 }, { 0x1000, 0x1000 },
	  { 0x2000, 0x1000 }, { 0x3000, 0x1000 } },
};

const struct lab_list_shape lab_list_mixed = {
	"mixed", 4, 3,
	{ { 0x0064, 0x0f9c }, { 0x2000, 0x1000 },
	  { 0x4321, 0x0234 }, { 0x6000, 0x0555 } },
};

KUNIT_DEFINE_ACTION_WRAPPER(list_free_table, sg_free_table, struct sg_table *);

struct lab_list *lab_list_new(const struct lab_dma *dma, const char *name,
			      unsigned int nents, size_t size)
{
	struct kunit *test = dma->test;
	struct lab_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	list->dma = dma;
	list->name = name;
	list->pages = lab_dma_pages(test, size);
	list->stream = lab_dma_pages(test, size);
	if (!nents)
		return list;
	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(&list->table, nents,
						GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   list_free_table,
							   &list->table));
	return list;
}

void lab_list_set(struct lab_list *list, struct scatterlist *sg, size_t offset,
		  unsigned int size)
{
	sg_set_buf(sg, list->pages + offset, size);
	list->bytes += size;
}

struct lab_list *lab_list_of(const struct lab_dma *dma,
			     const struct lab_list_shape *shape)
{
	struct lab_list *list = lab_list_new(dma, shape->name, shape->nents,
					     LAB_LIST_SIZE);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&list->table, sg, i)
		lab_list_set(list, sg, shape->entry[i].offset,
			     shape->entry[i].size);
	return list;
}

void lab_list_map(struct lab_list *list, enum dma_data_direction dir)
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

void lab_list_unmap(struct lab_list *list, enum dma_data_direction dir)
{
	dma_unmap_sg(list->dma->dev, list->table.sgl, list->table.orig_nents,
		     dir);
	KUNIT_EXPECT_EQ(list->dma->test, umlab_mappings(list->dma->slot), 0);
}

void lab_list_expect_mapped(const struct lab_list *list, unsigned int merged)
{
	KUNIT_EXPECT_EQ_MSG(list->dma->test, list->mapped,
			    lab_dma_is(list->dma, UMLAB_DMA_IOMMU) ?
			    merged : list->table.orig_nents, "%s", list->name);
}

struct scatterlist *lab_list_last(const struct lab_list *list)
{
	struct scatterlist *sg = list->table.sgl;
	unsigned int i;

	for (i = 1; i < list->mapped; i++)
		sg = sg_next(sg);
	return sg;
}

void lab_list_fill(struct lab_list *list, u8 seed)
{
	lab_dma_fill(list->stream, list->bytes, seed);
	KUNIT_EXPECT_EQ(list->dma->test,
			sg_copy_from_buffer(list->table.sgl,
					    list->table.orig_nents,
					    list->stream, list->bytes),
			list->bytes);
}

bool lab_list_holds(struct lab_list *list, u8 seed)
{
	return sg_copy_to_buffer(list->table.sgl, list->table.orig_nents,
				 list->stream, list->bytes) == list->bytes &&
	       lab_dma_holds(list->stream, list->bytes, seed);
}

void lab_list_expect_holds(struct lab_list *list, u8 seed)
{
	KUNIT_EXPECT_TRUE_MSG(list->dma->test, lab_list_holds(list, seed),
			      "%s: the CPU does not see pattern %u",
			      list->name, seed);
}

void lab_list_access(struct lab_list *list, bool write)
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

void lab_list_device_reads(struct lab_list *list, u8 seed)
{
	memset(list->stream, 0, list->bytes);
	lab_list_access(list, false);
	KUNIT_EXPECT_TRUE_MSG(list->dma->test,
			      lab_dma_holds(list->stream, list->bytes, seed),
			      "%s: the device does not see pattern %u",
			      list->name, seed);
}

void lab_list_device_writes(struct lab_list *list, u8 seed)
{
	lab_dma_fill(list->stream, list->bytes, seed);
	lab_list_access(list, true);
}

void lab_list_check(struct lab_list *list, unsigned int merged, u8 seed)
{
	lab_list_fill(list, seed);
	lab_list_map(list, DMA_BIDIRECTIONAL);
	lab_list_expect_mapped(list, merged);
	lab_list_device_reads(list, seed);
	lab_list_device_writes(list, seed + 1);
	lab_list_unmap(list, DMA_BIDIRECTIONAL);
	lab_list_expect_holds(list, seed + 1);
}
