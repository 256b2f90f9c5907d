// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma_map_resource(): a BAR that is mapped for another device
 *
 * The machine does not emulate what such a device then does, but the ledger has
 * the mapping, as it has any.
 */

#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "lib/dma.h"
#include "lib/pci_fixture.h"

/**
 * struct resource_fixture - a device, and the BAR of another one
 * @dma: the device
 * @bar: the BAR's physical address
 */
struct resource_fixture {
	struct lab_dma dma;
	phys_addr_t bar;
};

static struct resource_fixture resource_plug(struct kunit *test)
{
	struct lab_pci pci = lab_pci_plug(test, &lab_card_model, NULL);

	return (struct resource_fixture) {
		.dma = lab_dma_plug(test, NULL),
		.bar = pci_resource_start(pci.pdev, LAB_CARD_MEMORY),
	};
}

static dma_addr_t resource_map(const struct resource_fixture *fx)
{
	return dma_map_resource(fx->dma.dev, fx->bar, SZ_8K,
				DMA_BIDIRECTIONAL, 0);
}

static void resource_maps(struct kunit *test)
{
	struct resource_fixture fx = resource_plug(test);
	struct lab_dma *dma = &fx.dma;
	dma_addr_t bus = resource_map(&fx);

	KUNIT_ASSERT_EQ(test, dma_mapping_error(dma->dev, bus), 0);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma->slot), 1);
	lab_dma_refuse(dma, bus + SZ_8K, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
	dma_unmap_resource(dma->dev, bus, SZ_8K, DMA_BIDIRECTIONAL, 0);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma->slot), 0);
	UMLAB_EXPECT_ORDER(test, dma->slot, dma->begin,
			   UMLAB_DID_DMA(UMLAB_MAP, bus, SZ_8K),
			   UMLAB_DID_DMA(UMLAB_UNMAP, bus, SZ_8K));
}

static void resource_leaks(struct kunit *test)
{
	struct resource_fixture fx = resource_plug(test);

	umlab_expect_violation(fx.dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	KUNIT_EXPECT_EQ(test, dma_mapping_error(fx.dma.dev, resource_map(&fx)),
			0);
	umlab_unplug(test, fx.dma.slot);
}

/* It is not a mapping that the test can have fail, nor does it count as one. */
static void resource_does_not_fail(struct kunit *test)
{
	struct resource_fixture fx = resource_plug(test);
	struct lab_dma *dma = &fx.dma;
	dma_addr_t bus;

	if (lab_dma_is(dma, UMLAB_DMA_IOMMU))
		return;
	umlab_set_faults(dma->slot, &(struct umlab_faults) { .map = 1 });
	bus = resource_map(&fx);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dma->dev, bus), 0);
	dma_unmap_resource(dma->dev, bus, SZ_8K, DMA_BIDIRECTIONAL, 0);
	umlab_set_faults(dma->slot, &(struct umlab_faults) { .map = 2 });
	bus = resource_map(&fx);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dma->dev, bus), 0);
	dma_unmap_resource(dma->dev, bus, SZ_8K, DMA_BIDIRECTIONAL, 0);
	bus = lab_dma_map(dma, lab_dma_pages(test, PAGE_SIZE), PAGE_SIZE,
			  DMA_TO_DEVICE);
	dma_unmap_single(dma->dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

static struct kunit_case resource_cases[] = {
	KUNIT_CASE_PARAM(resource_maps, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(resource_leaks, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(resource_does_not_fail, umlab_topology_gen_params),
	{}
};

static struct kunit_suite resource_suite = {
	.name		= "umlab_dma_resource",
	.test_cases	= resource_cases,
};

kunit_test_suite(resource_suite);
