// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address bits: those that a driver says its device drives, those that it drives,
 * and those that a bridge passes on
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <umlab/model.h>

#include "lib/dma.h"

/* From wide to narrow: what a wide mask has left in a cache must not come back. */
static const unsigned int mask_bits[] = {
	64, 48, 40, 36, 33, 32, 31, 30, 28, 24,
};

/* dma_direct_supported() as seen from outside; the IOMMU finds a place for all */
static bool mask_is_accepted(const struct lab_dma *dma, unsigned int bits)
{
	return lab_dma_is(dma, UMLAB_DMA_IOMMU) || bits >= 32 ||
	       DMA_BIT_MASK(bits) >= dma_get_required_mask(dma->dev);
}

/* Whether all memory is in reach; of masks that are accepted, or else none is */
static bool mask_is_enough(const struct lab_dma *dma, u64 mask)
{
	return lab_dma_is(dma, UMLAB_DMA_IOMMU) ||
	       mask >= dma_get_required_mask(dma->dev);
}

/* Map a page, which works or fails; each byte is within the mask */
static void mask_map(const struct lab_dma *dma, u8 *page, u64 mask, bool enough)
{
	struct kunit *test = dma->test;
	dma_addr_t bus;
	int err;

	lab_dma_fill(page, PAGE_SIZE, 1);
	bus = dma_map_single(dma->dev, page, PAGE_SIZE, DMA_TO_DEVICE);
	err = dma_mapping_error(dma->dev, bus);
	KUNIT_EXPECT_EQ_MSG(test, err, enough ? 0 : -ENOMEM,
			    "mapping below %#llx", mask);
	if (err)
		return;
	KUNIT_EXPECT_LE(test, bus, mask - (PAGE_SIZE - 1));
	lab_dma_expect_read(dma, bus, PAGE_SIZE, 1);
	dma_unmap_single(dma->dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* The same for an allocation */
static void mask_alloc(const struct lab_dma *dma, u64 mask, bool enough)
{
	struct kunit *test = dma->test;
	dma_addr_t bus;
	u8 *memory = dma_alloc_coherent(dma->dev, PAGE_SIZE, &bus, GFP_KERNEL);

	KUNIT_EXPECT_EQ_MSG(test, !!memory, enough, "allocating below %#llx",
			    mask);
	if (!memory)
		return;
	KUNIT_EXPECT_LE(test, bus, mask - (PAGE_SIZE - 1));
	lab_dma_fill(memory, PAGE_SIZE, 2);
	lab_dma_expect_read(dma, bus, PAGE_SIZE, 2);
	dma_free_coherent(dma->dev, PAGE_SIZE, memory, bus);
}

/* A mask that is refused leaves the one before in force. */
static void mask_each(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	u64 valid = DMA_BIT_MASK(64);
	unsigned int i;

	lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_OFFSET));
	for (i = 0; i < ARRAY_SIZE(mask_bits); i++) {
		u64 mask = DMA_BIT_MASK(mask_bits[i]);
		bool accepted = mask_is_accepted(&dma, mask_bits[i]);
		int err = dma_set_mask_and_coherent(dma.dev, mask);

		KUNIT_EXPECT_EQ_MSG(test, err, accepted ? 0 : -EIO, "%u bits",
				    mask_bits[i]);
		if (accepted)
			valid = mask;
		KUNIT_EXPECT_EQ(test, dma_get_mask(dma.dev), valid);
		KUNIT_EXPECT_EQ(test, dma.dev->coherent_dma_mask, valid);
		mask_map(&dma, page, valid, mask_is_enough(&dma, valid));
		mask_alloc(&dma, valid, mask_is_enough(&dma, valid));
	}
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* What is computed above makes the difference that the other cases are about. */
static void mask_rules(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u64 required = dma_get_required_mask(dma.dev);

	if (lab_dma_is(&dma, UMLAB_DMA_OFFSET))
		KUNIT_EXPECT_GE(test, required, UMLAB_DMA_DISTANCE);
	else
		KUNIT_EXPECT_LE(test, required, DMA_BIT_MASK(32));
	KUNIT_EXPECT_EQ(test, mask_is_enough(&dma, DMA_BIT_MASK(32)),
			!lab_dma_is(&dma, UMLAB_DMA_OFFSET));
	KUNIT_EXPECT_EQ(test, mask_is_accepted(&dma, 24),
			lab_dma_is(&dma, UMLAB_DMA_IOMMU));
}

/**
 * struct mask_bridge - what a bridge in front of a device passes on
 * @enough: the highest address, such that a page can be mapped
 * @less: one such that it cannot
 */
struct mask_bridge {
	u64 enough;
	u64 less;
};

static struct mask_bridge mask_bridge_for(const struct lab_dma *dma, u8 *page)
{
	u64 last = virt_to_phys(page) + PAGE_SIZE - 1;
	struct mask_bridge bridge = { .less = PAGE_SIZE - 1 };

	switch (umlab_topology(dma->slot)->dma) {
	case UMLAB_DMA_OFFSET:
		last += UMLAB_DMA_DISTANCE;
		fallthrough;
	case UMLAB_DMA_DIRECT:
		bridge.enough = last;
		bridge.less = last - 1;
		break;
	case UMLAB_DMA_BOUNCE:
		bridge.enough = dma_get_required_mask(dma->dev);
		break;
	case UMLAB_DMA_IOMMU:
		/* All but the first page, which dma-iommu never gives away */
		bridge.enough = 2 * PAGE_SIZE - 1;
		break;
	}
	return bridge;
}

/* The mask is wide, and the bridge is not. */
static void mask_of_bridge(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	struct mask_bridge bridge = mask_bridge_for(&dma, page);

	dma.dev->bus_dma_limit = bridge.enough;
	mask_map(&dma, page, bridge.enough, true);
	dma.dev->bus_dma_limit = bridge.less;
	lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_DIRECT) | BIT(UMLAB_DMA_OFFSET) |
				  BIT(UMLAB_DMA_BOUNCE));
	mask_map(&dma, page, bridge.less, false);
	dma.dev->bus_dma_limit = 0;
	mask_map(&dma, page, DMA_BIT_MASK(64), true);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* Behind the IOMMU an allocation goes by the bridge as well. */
static void mask_of_bridge_alloc(struct kunit *test)
{
	static const struct umlab_topology iommu = {
		.name = "iommu", .dma = UMLAB_DMA_IOMMU,
	};
	struct lab_dma dma = lab_dma_in(test, &iommu);

	dma.dev->bus_dma_limit = DMA_BIT_MASK(24);
	mask_alloc(&dma, DMA_BIT_MASK(24), true);
	dma.dev->bus_dma_limit = PAGE_SIZE - 1;
	mask_alloc(&dma, PAGE_SIZE - 1, false);
	dma.dev->bus_dma_limit = 0;
}

/* The driver sets too wide a mask, as it was forgotten (bug class mask). */
static void mask_forgotten(const struct lab_dma *dma, u8 *page,
			   unsigned int bits)
{
	bool offset = lab_dma_is(dma, UMLAB_DMA_OFFSET);
	bool iommu = lab_dma_is(dma, UMLAB_DMA_IOMMU);
	dma_addr_t bus = lab_dma_map(dma, page, PAGE_SIZE, DMA_TO_DEVICE);
	bool wide = bus > DMA_BIT_MASK(bits);
	u8 byte;

	/* Whether memory is below 24 bits, nobody knows. */
	if (bits == 32 || iommu)
		KUNIT_EXPECT_EQ(dma->test, wide, offset || bits == 24);
	if (wide)
		umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_WIDTH);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, &byte, 1),
			wide ? -EIO : 0);
	lab_dma_expect_violations(dma, UMLAB_VIOLATION_DMA_WIDTH, wide);
	dma_unmap_single(dma->dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* A device that drives few bits: the right mask helps, or nothing is mapped. */
static void mask_of_device(struct kunit *test)
{
	static const u8 bits[] = { 24, 32 };
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		struct umlab_model model = lab_dma_model;
		u64 mask = DMA_BIT_MASK(bits[i]);
		struct lab_dma dma;

		model.dma_bits = bits[i];
		dma = lab_dma_plug_model(test, &model, NULL);
		mask_forgotten(&dma, page, bits[i]);
		if (!dma_set_mask_and_coherent(dma.dev, mask)) {
			bool enough = mask_is_enough(&dma, mask);

			if (!enough)
				lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_OFFSET));
			mask_map(&dma, page, mask, enough);
			mask_alloc(&dma, mask, enough);
		}
		umlab_unplug(test, dma.slot);
	}
}

/* The device is given an address, which is that of the mapping or is not. */
static void mask_access(const struct lab_dma *dma, u64 address, dma_addr_t bus)
{
	u8 byte;

	if (address != bus)
		umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, address, &byte, 1),
			address == bus ? 0 : -EIO);
}

/* Bug classes addr-cut and addr-phys: which topologies show them */
static void mask_wrong_address(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = lab_dma_map(&dma, page, PAGE_SIZE, DMA_TO_DEVICE);
	u64 phys = virt_to_phys(page);
	u32 cut = bus;

	KUNIT_EXPECT_EQ(test, cut != bus, lab_dma_is(&dma, UMLAB_DMA_OFFSET));
	mask_access(&dma, cut, bus);
	KUNIT_EXPECT_EQ(test, phys == bus, lab_dma_is(&dma, UMLAB_DMA_DIRECT));
	mask_access(&dma, phys, bus);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

static struct kunit_case mask_cases[] = {
	KUNIT_CASE_PARAM(mask_rules, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(mask_each, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(mask_of_bridge, umlab_topology_gen_params),
	KUNIT_CASE(mask_of_bridge_alloc),
	KUNIT_CASE_PARAM(mask_of_device, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(mask_wrong_address, umlab_topology_gen_params),
	{}
};

static struct kunit_suite mask_suite = {
	.name		= "umlab_dma_mask",
	.test_cases	= mask_cases,
};

kunit_test_suite(mask_suite);
