// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device that is not coherent sees, and what the CPU loses to it
 *
 * Each mistake is made on purpose, and shows as it would on such a machine: as
 * data that is not there. The ledger cannot see these.
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lib/dma.h"

#define SHADOW_OLD	0x11
#define SHADOW_NEW	0x77
#define SHADOW_DEVICE	0xc4

/* The latter half of all topologies */
static const void *shadow_gen_params(const void *prev, char *desc)
{
	return umlab_topology_gen_params(prev ?:
			&umlab_topologies[UMLAB_TOPOLOGIES / 2 - 1], desc);
}

static const struct umlab_topology shadow_coherent = {
	.name = "coherent",
	.dma = UMLAB_DMA_DIRECT,
};

static void shadow_are_noncoherent(struct kunit *test)
{
	const struct umlab_topology *topology = test->param_value;
	struct lab_dma dma = lab_dma_plug(test, NULL);

	KUNIT_EXPECT_TRUE(test, topology->noncoherent);
	KUNIT_EXPECT_TRUE(test, umlab_topology(dma.slot)->noncoherent);
}

/* The CPU looks before it has the buffer back (bug class cpu-early). */
static void shadow_cpu_early(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	memset(buffer, SHADOW_OLD, PAGE_SIZE);
	bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_FROM_DEVICE);
	lab_dma_put(&dma, bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(buffer, SHADOW_OLD, PAGE_SIZE),
			    NULL);
	dma_sync_single_for_cpu(dma.dev, bus, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer, PAGE_SIZE, 1));
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer, PAGE_SIZE, 1));
}

/* It writes to what is the device's: lost (cpu-write). */
static void shadow_cpu_write(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	memset(buffer, SHADOW_OLD, PAGE_SIZE);
	bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_FROM_DEVICE);
	memset(buffer, SHADOW_NEW, PAGE_SIZE);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(buffer, SHADOW_OLD, PAGE_SIZE),
			    NULL);
}

/* It changes a buffer and does not sync: the device sees the old (sync-forgot). */
static void shadow_sync_forgot(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	lab_dma_fill(buffer, PAGE_SIZE, 1);
	bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_fill(buffer, PAGE_SIZE, 2);
	lab_dma_expect_read(&dma, bus, PAGE_SIZE, 1);
	dma_sync_single_for_device(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_expect_read(&dma, bus, PAGE_SIZE, 2);
	/* What the device only reads is never dropped. */
	lab_dma_fill(buffer, PAGE_SIZE, 3);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer, PAGE_SIZE, 3));
}

/* It maps without a sync, and then forgets it: the device sees nothing of it. */
static void shadow_skipped(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	u8 seen[16];
	dma_addr_t bus;

	memset(buffer, SHADOW_NEW, PAGE_SIZE);
	bus = dma_map_single_attrs(dma.dev, buffer, PAGE_SIZE, DMA_TO_DEVICE,
				   DMA_ATTR_SKIP_CPU_SYNC);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dma.dev, bus), 0);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus, seen, sizeof(seen)), 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr(seen, SHADOW_NEW, sizeof(seen)), NULL);
	dma_unmap_single_attrs(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE,
			       DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * struct shadow_part - a buffer in a page, and a cache line
 * @line: in bytes
 * @offset: of the buffer
 * @size: in bytes
 */
struct shadow_part {
	unsigned int line;
	unsigned int offset;
	unsigned int size;
};

static const struct shadow_part shadow_parts[] = {
	{ 4, 256, 64 }, { 4, 257, 2 }, { 16, 250, 1 }, { 16, 256, 16 },
	{ 64, 256, 64 }, { 64, 300, 100 }, { 64, 255, 2 }, { 128, 300, 20 },
	{ 512, 1000, 100 }, { 4096, 8, 8 },
};

static void shadow_describe(const struct shadow_part *part, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "line %u, %u bytes at %u",
		 part->line, part->size, part->offset);
}

KUNIT_ARRAY_PARAM(shadow_part, shadow_parts, shadow_describe);

/* The CPU writes round a buffer: lost is what shares a line with it (line-share). */
static void shadow_line_share(struct kunit *test)
{
	const struct shadow_part *part = test->param_value;
	struct umlab_topology topology = {
		.name = "lines", .noncoherent = true, .line = part->line,
	};
	struct lab_dma dma = lab_dma_in(test, &topology);
	unsigned int end = part->offset + part->size, i;
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus;

	memset(page, SHADOW_OLD, PAGE_SIZE);
	bus = lab_dma_map(&dma, page + part->offset, part->size,
			  DMA_FROM_DEVICE);
	memset(page, SHADOW_NEW, PAGE_SIZE);
	lab_dma_put(&dma, bus, part->size, 1);
	dma_unmap_single(dma.dev, bus, part->size, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(page + part->offset, part->size,
					      1));
	for (i = 0; i < PAGE_SIZE; i++) {
		bool shares = i >= round_down(part->offset, part->line) &&
			      i < round_up(end, part->line);

		if (i < part->offset || i >= end)
			KUNIT_EXPECT_EQ_MSG(test, page[i],
					    shares ? SHADOW_OLD : SHADOW_NEW,
					    "at %u", i);
	}
}

#define SHADOW_OBJECT	24

/* Of two objects of kmalloc(), neither is lost to the other. */
static void shadow_objects(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &(struct umlab_topology) {
		.name = "objects", .noncoherent = true, .line = 64,
	});
	struct kmem_cache *cache = kmem_cache_create("umlab_shadow",
						     SHADOW_OBJECT, 8, 0, NULL);
	u8 *objects[8];
	unsigned int i;
	dma_addr_t bus;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL | __GFP_NOFAIL);
		memset(objects[i], SHADOW_OLD, SHADOW_OBJECT);
	}
	bus = lab_dma_map(&dma, objects[3], 8, DMA_FROM_DEVICE);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		memset(objects[i], SHADOW_NEW, SHADOW_OBJECT);
	dma_unmap_single(dma.dev, bus, 8, DMA_FROM_DEVICE);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		KUNIT_EXPECT_PTR_EQ(test, NULL,
				    memchr_inv(objects[i], i == 3 ? SHADOW_OLD :
							   SHADOW_NEW,
					       SHADOW_OBJECT));
		kmem_cache_free(cache, objects[i]);
	}
	kmem_cache_destroy(cache);
}

/* Whether a byte 64 bytes before a mapped one is lost with it */
static bool shadow_reaches(const struct lab_dma *dma, u8 *page)
{
	dma_addr_t bus;

	page[1984] = SHADOW_OLD;
	bus = lab_dma_map(dma, page + 2047, 1, DMA_FROM_DEVICE);
	page[1984] = SHADOW_NEW;
	dma_unmap_single(dma->dev, bus, 1, DMA_FROM_DEVICE);
	return page[1984] == SHADOW_OLD;
}

/* There is one cache: the longest line of all counts, while it is there. */
static void shadow_longest_line(struct kunit *test)
{
	struct umlab_topology topology = {
		.name = "short", .noncoherent = true, .line = 16,
	};
	struct lab_dma one = lab_dma_in(test, &topology), two;
	u8 *page = lab_dma_pages(test, PAGE_SIZE);

	KUNIT_EXPECT_FALSE(test, shadow_reaches(&one, page));
	topology.line = 256;
	two = lab_dma_in(test, &topology);
	KUNIT_EXPECT_TRUE(test, shadow_reaches(&one, page));
	umlab_unplug(test, two.slot);
	KUNIT_EXPECT_FALSE(test, shadow_reaches(&one, page));
}

/* A coherent device sees what the CPU sees, whatever others do. */
static void shadow_coherent_beside(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_dma coherent = lab_dma_in(test, &shadow_coherent);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus, seen;

	lab_dma_fill(buffer, PAGE_SIZE, 1);
	bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_TO_DEVICE);
	seen = lab_dma_map(&coherent, buffer, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_fill(buffer, PAGE_SIZE, 2);
	lab_dma_expect_read(&dma, bus, PAGE_SIZE, 1);
	lab_dma_expect_read(&coherent, seen, PAGE_SIZE, 2);
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(coherent.dev, seen, PAGE_SIZE, DMA_TO_DEVICE);
}

/* What an earlier device left in the shadow is nobody's later. */
static void shadow_ends(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, PAGE_SIZE);
	u8 seen = 0;
	dma_addr_t bus;

	bus = lab_dma_map(&dma, buffer, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, 0, lab_dma_write(&dma, bus,
					       &(u8) { SHADOW_DEVICE }, 1));
	dma_unmap_single_attrs(dma.dev, bus, PAGE_SIZE, DMA_FROM_DEVICE,
			       DMA_ATTR_SKIP_CPU_SYNC);
	umlab_unplug(test, dma.slot);
	dma = lab_dma_plug(test, NULL);
	bus = dma_map_single_attrs(dma.dev, buffer, PAGE_SIZE, DMA_TO_DEVICE,
				   DMA_ATTR_SKIP_CPU_SYNC);
	KUNIT_ASSERT_EQ(test, dma_mapping_error(dma.dev, bus), 0);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus, &seen, 1), 0);
	KUNIT_EXPECT_NE(test, seen, SHADOW_DEVICE);
	dma_unmap_single_attrs(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE,
			       DMA_ATTR_SKIP_CPU_SYNC);
}

static struct kunit_case shadow_cases[] = {
	KUNIT_CASE_PARAM(shadow_are_noncoherent, shadow_gen_params),
	KUNIT_CASE_PARAM(shadow_cpu_early, shadow_gen_params),
	KUNIT_CASE_PARAM(shadow_cpu_write, shadow_gen_params),
	KUNIT_CASE_PARAM(shadow_sync_forgot, shadow_gen_params),
	KUNIT_CASE_PARAM(shadow_skipped, shadow_gen_params),
	KUNIT_CASE_PARAM(shadow_line_share, shadow_part_gen_params),
	KUNIT_CASE(shadow_objects),
	KUNIT_CASE(shadow_longest_line),
	KUNIT_CASE_PARAM(shadow_coherent_beside, shadow_gen_params),
	KUNIT_CASE_PARAM(shadow_ends, shadow_gen_params),
	{}
};

static struct kunit_suite shadow_suite = {
	.name		= "umlab_dma_shadow",
	.test_cases	= shadow_cases,
};

kunit_test_suite(shadow_suite);
