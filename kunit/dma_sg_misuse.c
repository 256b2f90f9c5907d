// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatter/gather lists: wrong counts, and addresses that are not a segment's
 *
 * What a device is given are segments; what is unmapped and synced are entries.
 * Only where the IOMMU has merged some does it show that a driver takes one for
 * the other.
 */

#include <kunit/test.h>
#include <linux/scatterlist.h>

#include "lib/dma.h"
#include "lib/dma_list.h"

/* The last segment's end is the mapping's, also where the page goes on. */
static void miscount_end(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_mixed);
	struct scatterlist *last;
	dma_addr_t start, end;
	u8 bytes[2] = { 0xee, 0xee };

	lab_list_fill(list, 1);
	lab_list_map(list, DMA_BIDIRECTIONAL);
	start = sg_dma_address(list->table.sgl);
	last = lab_list_last(list);
	end = sg_dma_address(last) + sg_dma_len(last);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&dma, start - 1, bytes, 2), -EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&dma, end - 1, bytes, 2), -EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, end, bytes, 1), -EIO);
	lab_list_device_reads(list, 1);
	lab_list_unmap(list, DMA_BIDIRECTIONAL);
	lab_list_expect_holds(list, 1);
}

/*
 * Read twice, a page is fine. Written twice in one list, it is an overlap. The
 * kernel sees that only where these are two segments.
 */
static void miscount_same_page(struct kunit *test)
{
	static const struct lab_list_shape twice = {
		"twice", 2, 1, { { 0x0000, 0x1000 }, { 0x0000, 0x1000 } },
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &twice);
	u8 *second = list->stream + PAGE_SIZE;

	lab_dma_fill(list->pages, PAGE_SIZE, 1);
	lab_list_map(list, DMA_TO_DEVICE);
	lab_list_expect_mapped(list, twice.merged);
	lab_list_access(list, false);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(list->stream, PAGE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(second, PAGE_SIZE, 1));
	lab_list_unmap(list, DMA_TO_DEVICE);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_OVERLAP);
	if (!lab_dma_is(&dma, UMLAB_DMA_IOMMU))
		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_API);
	lab_list_map(list, DMA_FROM_DEVICE);
	lab_dma_fill(list->stream, PAGE_SIZE, 2);
	lab_dma_fill(second, PAGE_SIZE, 3);
	lab_list_access(list, true);
	lab_list_unmap(list, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(list->pages, PAGE_SIZE, 3));
}

/*
 * A driver is about to give the mapped count where the entries' belongs (bug
 * class sg-nents). The ledger tells of it, and the kernel of each segment.
 */
static void miscount_declare(const struct lab_list *list,
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
static void miscount_expect_loss(struct lab_list *list, u8 seed)
{
	bool lost = umlab_topology(list->dma->slot)->noncoherent &&
		    list->mapped < list->table.orig_nents;

	KUNIT_EXPECT_EQ_MSG(list->dma->test, lab_list_holds(list, seed), !lost,
			    "%s", list->name);
}

static void miscount_unmap(struct lab_list *list)
{
	const struct lab_dma *dma = list->dma;
	dma_addr_t bus;
	u8 byte;

	lab_list_map(list, DMA_FROM_DEVICE);
	lab_list_device_writes(list, 1);
	bus = sg_dma_address(list->table.sgl);
	miscount_declare(list, UMLAB_VIOLATION_DMA_UNMAP);
	dma_unmap_sg(dma->dev, list->table.sgl, list->mapped, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);
	miscount_expect_loss(list, 1);
	umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, &byte, 1), -EIO);
}

/* It is a mistake, and no more: all is unmapped, and can be mapped again. */
static void miscount_unmap_mapped(struct kunit *test)
{
	static const struct lab_list_shape *const shapes[] = {
		&lab_list_contiguous, &lab_list_mixed,
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct lab_list *list = lab_list_of(&dma, shapes[i]);

		miscount_unmap(list);
		lab_list_check(list, shapes[i]->merged, 2);
	}
}

static void miscount_sync_mapped(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_contiguous);

	lab_list_map(list, DMA_FROM_DEVICE);
	lab_list_device_writes(list, 1);
	miscount_declare(list, UMLAB_VIOLATION_DMA_SYNC);
	dma_sync_sg_for_cpu(dma.dev, list->table.sgl, list->mapped,
			    DMA_FROM_DEVICE);
	miscount_expect_loss(list, 1);
	lab_list_unmap(list, DMA_FROM_DEVICE);
	lab_list_expect_holds(list, 1);
}

/* The driver gives the device entries, not segments (bug class sg-program). */
static void miscount_program(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_contiguous);
	bool direct = lab_dma_is(&dma, UMLAB_DMA_DIRECT);
	struct scatterlist *sg;
	unsigned int i;

	lab_list_map(list, DMA_TO_DEVICE);
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
	lab_list_unmap(list, DMA_TO_DEVICE);
}

static struct kunit_case miscount_cases[] = {
	KUNIT_CASE_PARAM(miscount_end, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(miscount_same_page, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(miscount_unmap_mapped, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(miscount_sync_mapped, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(miscount_program, umlab_topology_gen_params),
	{}
};

static struct kunit_suite miscount_suite = {
	.name		= "umlab_dma_sg_misuse",
	.test_cases	= miscount_cases,
};

kunit_test_suite(miscount_suite);
