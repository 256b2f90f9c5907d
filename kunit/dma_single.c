// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma_map_single() and dma_map_page(), in each direction and topology
 *
 * What a topology is there for, shows here: where data is copied, or goes past
 * the cache, one side sees what the other wrote when it is synced, and not
 * before. In the others it does at once.
 */

#include <kunit/test.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dma.h"

/**
 * struct single_shape - a part of some pages
 * @offset: where it begins, in bytes
 * @size: in bytes
 */
struct single_shape {
	size_t offset;
	size_t size;
};

/* The ends of lines, slots and pages, and both sides of them; two large ones */
static const struct single_shape single_shapes[] = {
	{ 0, 1 }, { 1, 1 }, { 7, 3 }, { 63, 2 }, { 0, 64 }, { 1, 64 },
	{ 100, 1000 }, { 2047, 2 }, { 0, 2048 }, { 1, 2048 }, { 4095, 1 },
	{ 4095, 2 }, { 0, 4096 }, { 1, 4096 }, { 4033, 4096 }, { 17, 12345 },
	{ 3, SZ_64K + 5 }, { 0, SZ_256K },
};

#define SINGLE_SMALL	(ARRAY_SIZE(single_shapes) - 2)

/* Room for the largest of all, and of the small ones */
#define SINGLE_PAGES	(SZ_256K + SZ_64K)
#define SINGLE_FEW	SZ_32K
#define SINGLE_FENCE	PAGE_SIZE

/* Patterns, see lab_dma_fill(): what the CPU wrote, what the device wrote */
#define SINGLE_CPU	1
#define SINGLE_DEVICE	101

/* Whether what one side wrote takes a sync until the other sees it */
static bool single_waits(const struct lab_dma *dma)
{
	return umlab_topology(dma->slot)->noncoherent ||
	       lab_dma_is(dma, UMLAB_DMA_BOUNCE);
}

static void single_expect(const struct lab_dma *dma, const u8 *buffer,
			  size_t size, u8 seed)
{
	KUNIT_EXPECT_TRUE_MSG(dma->test, lab_dma_holds(buffer, size, seed),
			      "the CPU does not see pattern %u in %zu bytes",
			      seed, size);
}

/* Have buffers played with that hold SINGLE_CPU; what is round them stays. */
static void single_each(struct kunit *test, unsigned int count,
			enum dma_data_direction dir,
			void (*play)(const struct lab_dma *dma, u8 *buffer,
				     size_t size, enum dma_data_direction dir))
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *pages = lab_dma_pages(test, count > SINGLE_SMALL ? SINGLE_PAGES :
							       SINGLE_FEW);
	unsigned int i;

	for (i = 0; i < count; i++) {
		size_t before = SINGLE_FENCE + single_shapes[i].offset;
		size_t size = single_shapes[i].size;
		u8 *buffer = pages + before;

		memset(pages, 0x5a, before);
		memset(buffer + size, 0xa5, SINGLE_FENCE);
		lab_dma_fill(buffer, size, SINGLE_CPU);
		play(&dma, buffer, size, dir);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(pages, 0x5a, before),
				    NULL);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(buffer + size, 0xa5,
						     SINGLE_FENCE), NULL);
	}
}

/* The device does what the direction says, and the mapping ends. */
static void single_move(const struct lab_dma *dma, dma_addr_t bus,
			const u8 *buffer, size_t size,
			enum dma_data_direction dir)
{
	if (dir != DMA_FROM_DEVICE)
		lab_dma_expect_read(dma, bus, size, SINGLE_CPU);
	if (dir != DMA_TO_DEVICE) {
		lab_dma_put(dma, bus, size, SINGLE_DEVICE);
		single_expect(dma, buffer, size, single_waits(dma) ?
						 SINGLE_CPU : SINGLE_DEVICE);
	}
	dma_unmap_page(dma->dev, bus, size, dir);
	single_expect(dma, buffer, size, dir == DMA_TO_DEVICE ?
					 SINGLE_CPU : SINGLE_DEVICE);
}

static void single_play(const struct lab_dma *dma, u8 *buffer, size_t size,
			enum dma_data_direction dir)
{
	single_move(dma, lab_dma_map(dma, buffer, size, dir), buffer, size,
		    dir);
}

static void single_to_device(struct kunit *test)
{
	single_each(test, ARRAY_SIZE(single_shapes), DMA_TO_DEVICE,
		    single_play);
}

static void single_from_device(struct kunit *test)
{
	single_each(test, ARRAY_SIZE(single_shapes), DMA_FROM_DEVICE,
		    single_play);
}

static void single_bidirectional(struct kunit *test)
{
	single_each(test, ARRAY_SIZE(single_shapes), DMA_BIDIRECTIONAL,
		    single_play);
}

/* Of the page before, at an offset that leads beyond it */
static void single_play_page(const struct lab_dma *dma, u8 *buffer, size_t size,
			     enum dma_data_direction dir)
{
	dma_addr_t bus = dma_map_page(dma->dev,
				      virt_to_page(buffer - PAGE_SIZE),
				      PAGE_SIZE + offset_in_page(buffer), size,
				      dir);

	KUNIT_ASSERT_EQ(dma->test, dma_mapping_error(dma->dev, bus), 0);
	single_move(dma, bus, buffer, size, dir);
}

static void single_page(struct kunit *test)
{
	single_each(test, SINGLE_SMALL, DMA_TO_DEVICE, single_play_page);
	single_each(test, SINGLE_SMALL, DMA_FROM_DEVICE, single_play_page);
	single_each(test, SINGLE_SMALL, DMA_BIDIRECTIONAL, single_play_page);
}

/* What drivers map most: objects of kmalloc() */
static void single_kmalloc(struct kunit *test)
{
	static const size_t sizes[] = { 1, 8, 24, 100, 1000, 5000 };
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *object = kunit_kmalloc(test, sizes[i], GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, object);
		lab_dma_fill(object, sizes[i], SINGLE_CPU);
		single_play(&dma, object, sizes[i], DMA_BIDIRECTIONAL);
	}
}

/* The device writes nothing but the last byte: the others stay as they were. */
static void single_play_last(const struct lab_dma *dma, u8 *buffer, size_t size,
			     enum dma_data_direction dir)
{
	dma_addr_t bus = lab_dma_map(dma, buffer, size, dir);

	lab_dma_put(dma, bus + size - 1, 1, SINGLE_DEVICE);
	dma_unmap_single(dma->dev, bus, size, dir);
	single_expect(dma, buffer, size - 1, SINGLE_CPU);
	single_expect(dma, buffer + size - 1, 1, SINGLE_DEVICE);
}

static void single_writes_less(struct kunit *test)
{
	single_each(test, SINGLE_SMALL, DMA_FROM_DEVICE, single_play_last);
}

/* The CPU rewrites a mapped buffer: the device sees what was synced. */
static void single_play_rewrite(const struct lab_dma *dma, u8 *buffer,
				size_t size, enum dma_data_direction dir)
{
	dma_addr_t bus = lab_dma_map(dma, buffer, size, dir);

	/* A mistake, as it is the device's: */
	lab_dma_fill(buffer, size, 2);
	lab_dma_expect_read(dma, bus, size, single_waits(dma) ? SINGLE_CPU : 2);
	dma_sync_single_for_cpu(dma->dev, bus, size, dir);
	lab_dma_fill(buffer, size, 3);
	dma_sync_single_for_device(dma->dev, bus, size, dir);
	lab_dma_expect_read(dma, bus, size, 3);
	dma_unmap_single(dma->dev, bus, size, dir);
	single_expect(dma, buffer, size, 3);
}

static void single_rewrite(struct kunit *test)
{
	single_each(test, SINGLE_SMALL, DMA_TO_DEVICE, single_play_rewrite);
}

/* The device rewrites one: the CPU sees it from one sync to the next. */
static void single_play_reread(const struct lab_dma *dma, u8 *buffer,
			       size_t size, enum dma_data_direction dir)
{
	dma_addr_t bus = lab_dma_map(dma, buffer, size, dir);
	u8 seed;

	for (seed = SINGLE_CPU + 1; seed < SINGLE_CPU + 4; seed++) {
		lab_dma_put(dma, bus, size, seed);
		single_expect(dma, buffer, size, single_waits(dma) ? seed - 1 :
								     seed);
		dma_sync_single_for_cpu(dma->dev, bus, size, dir);
		single_expect(dma, buffer, size, seed);
		dma_sync_single_for_device(dma->dev, bus, size, dir);
	}
	dma_unmap_single(dma->dev, bus, size, dir);
	single_expect(dma, buffer, size, seed - 1);
}

static void single_reread(struct kunit *test)
{
	single_each(test, SINGLE_SMALL, DMA_FROM_DEVICE, single_play_reread);
}

/* Both in turn */
static void single_play_reuse(const struct lab_dma *dma, u8 *buffer,
			      size_t size, enum dma_data_direction dir)
{
	dma_addr_t bus = lab_dma_map(dma, buffer, size, dir);
	u8 seed;

	for (seed = SINGLE_CPU; seed < SINGLE_CPU + 6; seed += 2) {
		lab_dma_expect_read(dma, bus, size, seed);
		lab_dma_put(dma, bus, size, seed + 1);
		dma_sync_single_for_cpu(dma->dev, bus, size, dir);
		single_expect(dma, buffer, size, seed + 1);
		lab_dma_fill(buffer, size, seed + 2);
		dma_sync_single_for_device(dma->dev, bus, size, dir);
	}
	dma_unmap_single(dma->dev, bus, size, dir);
	single_expect(dma, buffer, size, seed);
}

static void single_reuse(struct kunit *test)
{
	single_each(test, SINGLE_SMALL, DMA_BIDIRECTIONAL, single_play_reuse);
}

/* Parts of a page that are synced by themselves */
static const struct single_shape single_parts[] = {
	{ 0, 1 }, { 63, 2 }, { 64, 64 }, { 1000, 100 }, { 2047, 2 }, { 4095, 1 },
};

/* Bytes: what is there, what comes later */
#define SINGLE_OLD	0x11
#define SINGLE_NEW	0x77

/* Expect what a sync of a part moves: whole lines, or these very bytes */
static void single_expect_part(const struct lab_dma *dma, const u8 *page,
			       const struct single_shape *part)
{
	size_t start = part->offset, end = start + part->size;

	if (!single_waits(dma)) {
		start = 0;
		end = PAGE_SIZE;
	} else if (!lab_dma_is(dma, UMLAB_DMA_BOUNCE)) {
		start = round_down(start, UMLAB_CACHE_LINE);
		end = round_up(end, UMLAB_CACHE_LINE);
	}
	KUNIT_EXPECT_PTR_EQ(dma->test, memchr_inv(page, SINGLE_OLD, start),
			    NULL);
	KUNIT_EXPECT_PTR_EQ(dma->test, memchr_inv(page + start, SINGLE_NEW,
						  end - start), NULL);
	KUNIT_EXPECT_PTR_EQ(dma->test, memchr_inv(page + end, SINGLE_OLD,
						  PAGE_SIZE - end), NULL);
}

static void single_part_to_device(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	u8 *seen = lab_dma_pages(test, PAGE_SIZE);
	const struct single_shape *part = single_parts;

	for (; part < single_parts + ARRAY_SIZE(single_parts); part++) {
		dma_addr_t bus;

		memset(page, SINGLE_OLD, PAGE_SIZE);
		bus = lab_dma_map(&dma, page, PAGE_SIZE, DMA_TO_DEVICE);
		memset(page, SINGLE_NEW, PAGE_SIZE);
		dma_sync_single_range_for_device(dma.dev, bus, part->offset,
						 part->size, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, 0, lab_dma_read(&dma, bus, seen,
						      PAGE_SIZE));
		single_expect_part(&dma, seen, part);
		dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	}
}

static void single_part_from_device(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	u8 *data = lab_dma_pages(test, PAGE_SIZE);
	const struct single_shape *part = single_parts;

	memset(data, SINGLE_NEW, PAGE_SIZE);
	for (; part < single_parts + ARRAY_SIZE(single_parts); part++) {
		dma_addr_t bus;

		memset(page, SINGLE_OLD, PAGE_SIZE);
		bus = lab_dma_map(&dma, page, PAGE_SIZE, DMA_FROM_DEVICE);
		KUNIT_EXPECT_EQ(test, 0, lab_dma_write(&dma, bus, data,
						       PAGE_SIZE));
		dma_sync_single_range_for_cpu(dma.dev, bus, part->offset,
					      part->size, DMA_FROM_DEVICE);
		single_expect_part(&dma, page, part);
		dma_sync_single_range_for_device(dma.dev, bus, part->offset,
						 part->size, DMA_FROM_DEVICE);
		dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_FROM_DEVICE);
		KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(page, SINGLE_NEW,
							   PAGE_SIZE));
	}
}

#define SINGLE_MANY	256
#define SINGLE_STRIDE	512	/* whole lines, so that none is shared */

/* Each of many mappings has its own bytes, whatever order they end in. */
static void single_many(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *pages = lab_dma_pages(test, SINGLE_MANY * SINGLE_STRIDE);
	dma_addr_t *buses = kunit_kcalloc(test, SINGLE_MANY, sizeof(*buses),
					  GFP_KERNEL);
	unsigned int i, n;

	KUNIT_ASSERT_NOT_NULL(test, buses);
	for (i = 0; i < SINGLE_MANY; i++) {
		lab_dma_fill(pages + i * SINGLE_STRIDE, i + 1, i);
		buses[i] = lab_dma_map(&dma, pages + i * SINGLE_STRIDE, i + 1,
				       DMA_BIDIRECTIONAL);
	}
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), SINGLE_MANY);
	for (i = 0; i < SINGLE_MANY; i++)
		lab_dma_expect_read(&dma, buses[i], i + 1, i);
	for (i = 0; i < SINGLE_MANY; i++)
		lab_dma_put(&dma, buses[i], i + 1, i + 1);
	for (i = 0; i < SINGLE_MANY; i++) {
		n = i * 97 % SINGLE_MANY;
		dma_unmap_single(dma.dev, buses[n], n + 1, DMA_BIDIRECTIONAL);
	}
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
	for (i = 0; i < SINGLE_MANY; i++)
		single_expect(&dma, pages + i * SINGLE_STRIDE, i + 1, i + 1);
}

#define SINGLE_HALF	(PAGE_SIZE / 2)

/* What the device only reads may be mapped several times; each ends by itself. */
static void single_twice(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE), seen = 0;
	dma_addr_t one, two, half;

	lab_dma_fill(page, SINGLE_HALF, 1);
	lab_dma_fill(page + SINGLE_HALF, SINGLE_HALF, 2);
	one = lab_dma_map(&dma, page, PAGE_SIZE, DMA_TO_DEVICE);
	two = lab_dma_map(&dma, page, PAGE_SIZE, DMA_TO_DEVICE);
	half = lab_dma_map(&dma, page + SINGLE_HALF, SINGLE_HALF,
			   DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 3);
	lab_dma_expect_read(&dma, one, SINGLE_HALF, 1);
	lab_dma_expect_read(&dma, two, SINGLE_HALF, 1);
	lab_dma_expect_read(&dma, half, SINGLE_HALF, 2);
	dma_unmap_single(dma.dev, one, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_expect_read(&dma, two, SINGLE_HALF, 1);
	lab_dma_expect_read(&dma, half, SINGLE_HALF, 2);
	dma_unmap_single(dma.dev, two, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_expect_read(&dma, half, SINGLE_HALF, 2);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, two, &seen, 1), -EIO);
	dma_unmap_single(dma.dev, half, SINGLE_HALF, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* Who maps and unmaps without a sync, and syncs himself, loses nothing. */
static void single_skip_sync(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	lab_dma_fill(page, PAGE_SIZE, 1);
	bus = dma_map_single_attrs(dma.dev, page, PAGE_SIZE, DMA_BIDIRECTIONAL,
				   DMA_ATTR_SKIP_CPU_SYNC);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dma.dev, bus), 0);
	dma_sync_single_for_device(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_expect_read(&dma, bus, PAGE_SIZE, 1);
	lab_dma_put(&dma, bus, PAGE_SIZE, 2);
	dma_sync_single_for_cpu(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_unmap_single_attrs(dma.dev, bus, PAGE_SIZE, DMA_BIDIRECTIONAL,
			       DMA_ATTR_SKIP_CPU_SYNC);
	single_expect(&dma, page, PAGE_SIZE, 2);
}

static struct kunit_case single_cases[] = {
	KUNIT_CASE_PARAM(single_to_device, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_from_device, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_bidirectional, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_page, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_kmalloc, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_writes_less, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_rewrite, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_reread, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_reuse, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_part_to_device, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_part_from_device, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_many, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_twice, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(single_skip_sync, umlab_topology_gen_params),
	{}
};

static struct kunit_suite single_suite = {
	.name		= "umlab_dma_single",
	.test_cases	= single_cases,
};

kunit_test_suite(single_suite);
