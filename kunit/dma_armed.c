// SPDX-License-Identifier: GPL-2.0-only
/*
 * While the next mapping is to fail, all else works as it did
 *
 * Until then the device has DMA operations of the machine's own (but not behind the
 * IOMMU), which pass on what is not to fail.
 */

#include <kunit/test.h>
#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "lib/dma.h"
#include "lib/dma_list.h"

static const struct umlab_faults armed_faults = { .map = 1 };

/* It fails now, and once; after that the device is as it was. */
static void armed_fails_once(const struct lab_dma *dma)
{
	void *memory = lab_dma_pages(dma->test, PAGE_SIZE);
	dma_addr_t bus;

	bus = dma_map_single(dma->dev, memory, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_NE(dma->test, dma_mapping_error(dma->dev, bus), 0);
	KUNIT_EXPECT_NULL(dma->test, get_dma_ops(dma->dev));
	bus = lab_dma_map(dma, memory, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(dma->dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* It is there from the start. */
static void armed_from_start(struct kunit *test)
{
	const struct umlab_options options = { .faults = { .map = 1 } };
	struct lab_dma dma = lab_dma_plug(test, &options);

	armed_fails_once(&dma);
}

/* Or is taken back */
static void armed_and_not(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	void *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	umlab_set_faults(dma.slot, &armed_faults);
	umlab_set_faults(dma.slot, &(struct umlab_faults) { });
	KUNIT_EXPECT_NULL(test, get_dma_ops(dma.dev));
	bus = lab_dma_map(&dma, memory, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

static void armed_single(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = lab_dma_map(&dma, buffer, PAGE_SIZE,
				     DMA_BIDIRECTIONAL);

	umlab_set_faults(dma.slot, &armed_faults);
	lab_dma_fill(buffer, PAGE_SIZE, 1);
	dma_sync_single_for_device(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_expect_read(&dma, bus, PAGE_SIZE, 1);
	lab_dma_put(&dma, bus, PAGE_SIZE, 2);
	dma_sync_single_for_cpu(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer, PAGE_SIZE, 2));
	dma_sync_single_for_device(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_put(&dma, bus, PAGE_SIZE, 3);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer, PAGE_SIZE, 3));
	armed_fails_once(&dma);
}

static void armed_list(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_list *list = lab_list_of(&dma, &lab_list_mixed);

	lab_list_map(list, DMA_BIDIRECTIONAL);
	umlab_set_faults(dma.slot, &armed_faults);
	lab_list_fill(list, 1);
	dma_sync_sgtable_for_device(dma.dev, &list->table, DMA_BIDIRECTIONAL);
	lab_list_device_reads(list, 1);
	lab_list_device_writes(list, 2);
	dma_sync_sgtable_for_cpu(dma.dev, &list->table, DMA_BIDIRECTIONAL);
	lab_list_expect_holds(list, 2);
	dma_sync_sgtable_for_device(dma.dev, &list->table, DMA_BIDIRECTIONAL);
	lab_list_device_writes(list, 3);
	lab_list_unmap(list, DMA_BIDIRECTIONAL);
	lab_list_expect_holds(list, 3);
	armed_fails_once(&dma);
}

/* Behind the IOMMU what comes first fails, so there it is not looked at. */
static void armed_allocations(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct page *page;
	dma_addr_t bus;
	void *cpu;

	if (lab_dma_is(&dma, UMLAB_DMA_IOMMU))
		return;
	umlab_set_faults(dma.slot, &armed_faults);
	cpu = dma_alloc_coherent(dma.dev, SZ_8K, &bus, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cpu);
	lab_dma_put(&dma, bus, SZ_8K, 1);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(cpu, SZ_8K, 1));
	dma_free_coherent(dma.dev, SZ_8K, cpu, bus);
	page = dma_alloc_pages(dma.dev, SZ_8K, &bus, DMA_TO_DEVICE,
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	dma_free_pages(dma.dev, SZ_8K, page, bus, DMA_TO_DEVICE);
	armed_fails_once(&dma);
}

/* What the kernel says of the device does not change. */
static void armed_limits(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	size_t most = dma_max_mapping_size(dma.dev);
	u64 mask = dma_get_required_mask(dma.dev);
	int small = dma_set_mask(dma.dev, DMA_BIT_MASK(20));

	umlab_set_faults(dma.slot, &armed_faults);
	KUNIT_EXPECT_EQ(test, dma_max_mapping_size(dma.dev), most);
	KUNIT_EXPECT_EQ(test, dma_get_required_mask(dma.dev), mask);
	KUNIT_EXPECT_EQ(test, dma_set_mask(dma.dev, DMA_BIT_MASK(20)), small);
	KUNIT_EXPECT_EQ(test, dma_set_mask(dma.dev, DMA_BIT_MASK(64)), 0);
	armed_fails_once(&dma);
}

static struct kunit_case armed_cases[] = {
	KUNIT_CASE_PARAM(armed_from_start, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(armed_and_not, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(armed_single, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(armed_list, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(armed_allocations, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(armed_limits, umlab_topology_gen_params),
	{}
};

static struct kunit_suite armed_suite = {
	.name		= "umlab_dma_armed",
	.test_cases	= armed_cases,
};

kunit_test_suite(armed_suite);
