// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma_map_single() and dma_map_page(), in each direction and topology
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "lib/dma.h"

/**
 * struct single_shape - a part of some pages that is mapped
 * @offset: where it begins, in bytes
 * @size: in bytes
 */
struct single_shape {
	size_t offset;
	size_t size;
};

/* The ends of lines, slots and pages, and both sides of them */
static const struct single_shape single_shapes[] = {
	{ 0, 1 }, { 1, 1 }, { 7, 3 }, { 63, 2 }, { 0, 64 }, { 1, 64 },
	{ 100, 1000 }, { 2047, 2 }, { 0, 2048 }, { 1, 2048 }, { 4095, 1 },
	{ 4095, 2 }, { 0, 4096 }, { 1, 4096 }, { 4033, 4096 }, { 17, 12345 },
	{ 0, SZ_64K }, { 3, SZ_64K + 5 }, { 0, SZ_256K },
};

#define SINGLE_PAGES	(SZ_256K + SZ_64K)
#define SINGLE_FENCE	256

/* What is around a buffer and not mapped */
static void single_fence(u8 *pages, const struct single_shape *shape)
{
	memset(pages, 0x5a, SINGLE_FENCE + shape->offset);
	memset(pages + SINGLE_FENCE + shape->offset + shape->size, 0xa5,
	       SINGLE_FENCE);
}

static void single_expect_fence(struct kunit *test, const u8 *pages,
				const struct single_shape *shape)
{
	const u8 *end = pages + SINGLE_FENCE + shape->offset + shape->size;

	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(pages, 0x5a, SINGLE_FENCE +
					     shape->offset), NULL);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(end, 0xa5, SINGLE_FENCE), NULL);
}

static void single_to_device(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *pages = lab_dma_pages(test, SINGLE_PAGES);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(single_shapes); i++) {
		const struct single_shape *shape = &single_shapes[i];
		u8 *buffer = pages + SINGLE_FENCE + shape->offset;
		dma_addr_t bus;

		single_fence(pages, shape);
		lab_dma_fill(buffer, shape->size, i);
		bus = lab_dma_map(&dma, buffer, shape->size, DMA_TO_DEVICE);
		lab_dma_expect_read(&dma, bus, shape->size, i);
		dma_unmap_single(dma.dev, bus, shape->size, DMA_TO_DEVICE);
		KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer, shape->size, i));
		single_expect_fence(test, pages, shape);
	}
}

static struct kunit_case single_cases[] = {
	KUNIT_CASE_PARAM(single_to_device, umlab_topology_gen_params),
	{}
};

static struct kunit_suite single_suite = {
	.name		= "umlab_dma_single",
	.test_cases	= single_cases,
};

kunit_test_suite(single_suite);
