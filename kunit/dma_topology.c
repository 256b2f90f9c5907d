// SPDX-License-Identifier: GPL-2.0-only
/*
 * Topologies: which one a function is in, and what keeps functions apart
 */

#include <kunit/test.h>
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "lib/dma.h"
#include "lib/pci_fixture.h"

static const char *const topology_names[UMLAB_TOPOLOGIES] = {
	"direct", "offset", "bounce", "iommu",
	"direct,noncoherent", "offset,noncoherent", "bounce,noncoherent",
	"iommu,noncoherent",
};

/* All kinds are there, each once, under the names that suites show. */
static void topology_table(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		const struct umlab_topology *topology = &umlab_topologies[i];

		KUNIT_EXPECT_STREQ(test, topology->name, topology_names[i]);
		KUNIT_EXPECT_EQ(test, topology->dma, i % 4);
		KUNIT_EXPECT_EQ(test, topology->noncoherent, i >= 4);
	}
}

/* What is plugged in goes by the parameter, unless it says otherwise. */
static void topology_of_parameter(struct kunit *test)
{
	const struct umlab_topology *topology = test->param_value;
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_dma other = lab_dma_in(test, &umlab_topologies[0]);

	KUNIT_EXPECT_STREQ(test, umlab_topology(dma.slot)->name,
			   topology->name);
	KUNIT_EXPECT_EQ(test, dev_is_dma_coherent(dma.dev),
			!topology->noncoherent);
	KUNIT_EXPECT_STREQ(test, umlab_topology(other.slot)->name, "direct");
}

/* Without a parameter, or with another one, it is direct and coherent. */
static void topology_default(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);

	KUNIT_EXPECT_STREQ(test, umlab_topology(dma.slot)->name, "direct");
	KUNIT_EXPECT_TRUE(test, dev_is_dma_coherent(dma.dev));
}

/* What the kernel itself knows of each */
static void topology_seen_by_kernel(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	u64 phys = virt_to_phys(buffer);
	dma_addr_t bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_TO_DEVICE);

	KUNIT_EXPECT_EQ(test, !!iommu_get_domain_for_dev(dma.dev),
			lab_dma_is(&dma, UMLAB_DMA_IOMMU));
	KUNIT_EXPECT_EQ(test, dma_max_mapping_size(dma.dev) != SIZE_MAX,
			lab_dma_is(&dma, UMLAB_DMA_BOUNCE));
	if (lab_dma_is(&dma, UMLAB_DMA_DIRECT))
		KUNIT_EXPECT_EQ(test, bus, phys);
	else if (lab_dma_is(&dma, UMLAB_DMA_OFFSET))
		KUNIT_EXPECT_EQ(test, bus, phys + UMLAB_DMA_DISTANCE);
	else
		KUNIT_EXPECT_NE(test, bus, phys);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* Devices of the same topology have no part in each other's mappings. */
static void topology_apart(struct kunit *test)
{
	struct lab_dma one = lab_dma_plug(test, NULL);
	struct lab_dma two = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = lab_dma_map(&one, buffer, PAGE_SIZE,
				     DMA_BIDIRECTIONAL);
	u8 byte = 1;

	umlab_expect_violation(two.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&two, bus, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, byte, 0xff);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&one, bus, &byte, 1), 0);
	KUNIT_EXPECT_EQ(test, byte, 0);
	dma_unmap_single(one.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
}

/* A driver comes and goes, and each finds what the one before found. */
static void topology_rebind(struct kunit *test)
{
	static const struct lab_drv_setup setup;
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	struct lab_pci pci;
	unsigned int i;

	lab_drv_register(test, &setup);
	pci = lab_pci_plug(test, &lab_card_model, NULL);
	for (i = 0; i < 3; i++) {
		struct lab_dma dma = {
			.test = test, .slot = pci.slot, .dev = &pci.pdev->dev,
		};
		dma_addr_t bus;

		KUNIT_EXPECT_EQ(test, dma_set_mask(dma.dev, DMA_BIT_MASK(64)),
				0);
		lab_dma_fill(buffer, PAGE_SIZE, i);
		bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_TO_DEVICE);
		if (lab_dma_is(&dma, UMLAB_DMA_OFFSET))
			KUNIT_EXPECT_GE(test, bus, UMLAB_DMA_DISTANCE);
		lab_dma_expect_read(&dma, bus, PAGE_SIZE, i);
		dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
		device_release_driver(dma.dev);
		KUNIT_EXPECT_EQ(test, umlab_mappings(pci.slot), 0);
		KUNIT_ASSERT_EQ(test, device_attach(dma.dev), 1);
	}
}

/* Interrupts come, whatever is between the device and memory. */
static void topology_interrupts(struct kunit *test)
{
	static const struct lab_drv_setup setup = { .irqs = PCI_IRQ_MSIX };
	struct lab_pci pci;

	lab_drv_register(test, &setup);
	pci = lab_pci_plug(test, &lab_card_model, NULL);
	lab_pci_cause(&pci, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&pci, 0), 1);
}

/* What a driver forgets in the IOMMU or the pool is not the next one's burden. */
static void topology_reclaims(struct kunit *test)
{
	struct umlab_topology topology =
		*(const struct umlab_topology *)test->param_value;
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i;

	topology.slots = 4;
	topology.aperture_start = SZ_1M;
	topology.aperture_end = SZ_1M + 4 * PAGE_SIZE - 1;
	for (i = 0; i < 3; i++) {
		struct lab_dma dma = lab_dma_in(test, &topology);

		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
		lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 1);
		umlab_unplug(test, dma.slot);
	}
}

/* Functions one after another, and two pools at a time */
static void topology_pools(struct kunit *test)
{
	const struct umlab_topology few = {
		.name = "few", .dma = UMLAB_DMA_BOUNCE, .slots = 1,
	};
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		struct lab_dma one = lab_dma_in(test, &few);
		struct lab_dma two = lab_dma_in(test, &few);
		dma_addr_t a = lab_dma_map(&one, buffer, 1, DMA_TO_DEVICE);
		dma_addr_t b = lab_dma_map(&two, buffer, 1, DMA_TO_DEVICE);

		KUNIT_EXPECT_NE(test, a, b);
		dma_unmap_single(one.dev, a, 1, DMA_TO_DEVICE);
		dma_unmap_single(two.dev, b, 1, DMA_TO_DEVICE);
		umlab_unplug(test, one.slot);
		umlab_unplug(test, two.slot);
	}
}

/* A buffer that a driver has lost for good is not missing later. */
static void topology_lost_buffer(struct kunit *test)
{
	const struct umlab_topology one = {
		.name = "one", .dma = UMLAB_DMA_BOUNCE, .slots = 1,
	};
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct lab_dma dma = lab_dma_in(test, &one);
		dma_addr_t bus = lab_dma_map(&dma, buffer, 1, DMA_TO_DEVICE);

		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAP);
		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_API);
		dma_unmap_resource(dma.dev, bus, 1, DMA_TO_DEVICE, 0);
		umlab_unplug(test, dma.slot);
	}
}

static struct kunit_case topology_cases[] = {
	KUNIT_CASE(topology_table),
	KUNIT_CASE_PARAM(topology_of_parameter, umlab_topology_gen_params),
	KUNIT_CASE(topology_default),
	KUNIT_CASE_PARAM(topology_seen_by_kernel, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(topology_apart, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(topology_rebind, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(topology_interrupts, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(topology_reclaims, umlab_topology_gen_params),
	KUNIT_CASE(topology_pools),
	KUNIT_CASE(topology_lost_buffer),
	{}
};

static struct kunit_suite topology_suite = {
	.name		= "umlab_dma_topology",
	.test_cases	= topology_cases,
};

kunit_test_suite(topology_suite);
