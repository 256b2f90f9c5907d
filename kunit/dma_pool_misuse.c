// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA pools: what a driver does wrong with blocks and pools
 *
 * An access of the device to a free block is for the machine to find out. All
 * else the kernel finds, and what it says is a violation.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/dmapool.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/sizes.h>

#include "lib/dma.h"
#include "lib/dma_pool.h"
#include "lib/quiet.h"

/* Without it the kernel does not look. */
static void misuse_need_debugging(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_SLUB_DEBUG_ON))
		kunit_skip(test, "the kernel does not check DMA pools");
}

/* The device does not get to a free block, wherever it tries. */
static void misuse_expect_guarded(const struct lab_dma *dma, dma_addr_t bus,
				  size_t size)
{
	const size_t offsets[] = { 0, size / 2, size - 1 };
	unsigned int before, i;

	before = umlab_violations(dma->slot, UMLAB_VIOLATION_DMA_POOL);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		dma_addr_t at = bus + offsets[i];
		u8 byte = 1;

		umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_POOL);
		umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_POOL);
		KUNIT_EXPECT_EQ(dma->test, lab_dma_write(dma, at, &byte, 1),
				-EIO);
		KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, at, &byte, 1),
				-EIO);
		KUNIT_EXPECT_EQ(dma->test, byte, 0xff);
	}
	lab_dma_expect_violations(dma, UMLAB_VIOLATION_DMA_POOL, before + 6);
}

/* All of a block in use is the device's. */
static void misuse_expect_open(const struct lab_dma *dma,
			       const struct lab_block *block, size_t size)
{
	lab_dma_put(dma, block->bus, size, 1);
	KUNIT_EXPECT_TRUE(dma->test, lab_dma_holds(block->cpu, size, 1));
	lab_dma_expect_read(dma, block->bus, size, 1);
}

/* A block in use whose neighbours are free, in the end on both sides */
static void misuse_guard(const struct lab_dma *dma, size_t size)
{
	struct lab_pool *pool = lab_pool_create(dma, size, size, 0);
	struct lab_block block[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		block[i] = lab_pool_alloc(pool, GFP_KERNEL);
	lab_pool_free(pool, &block[2]);
	misuse_expect_guarded(dma, block[2].bus, size);
	/* Blocks of one page are in order, and none but three were ever used. */
	if (size < PAGE_SIZE) {
		KUNIT_ASSERT_EQ(dma->test, block[2].bus,
				block[0].bus + 2 * size);
		misuse_expect_guarded(dma, block[2].bus + size, size);
	}
	misuse_expect_open(dma, &block[0], size);
	misuse_expect_open(dma, &block[1], size);
	lab_pool_free(pool, &block[0]);
	misuse_expect_guarded(dma, block[0].bus, size);
	misuse_expect_open(dma, &block[1], size);
	/* What was refused has changed nothing, or the kernel would say so now. */
	lab_pool_alloc(pool, GFP_KERNEL);
	lab_pool_alloc(pool, GFP_KERNEL);
	lab_pool_destroy(pool);
}

static void misuse_free_blocks(struct kunit *test)
{
	static const size_t sizes[] = { 16, 64, 256, PAGE_SIZE };
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	lab_quiet_console(test);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		misuse_guard(&dma, sizes[i]);
}

/* A block in use is not free, though it looks as if it were. */
static void misuse_looks_free(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 64, 64, 0);
	struct lab_block free = lab_pool_alloc(pool, GFP_KERNEL);
	struct lab_block used = lab_pool_alloc(pool, GFP_KERNEL);
	u8 bytes[64], seen[64];

	lab_pool_free(pool, &free);
	memset(bytes, POOL_POISON_FREED, sizeof(bytes));
	memcpy(bytes + sizeof(void *), &used.bus, sizeof(used.bus));
	memcpy(used.cpu, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, used.bus, seen, 64), 0);
	KUNIT_EXPECT_MEMEQ(test, seen, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, lab_dma_write(&dma, used.bus, bytes, 64), 0);
}

/* An access that begins and ends in blocks in use, and has a free one between */
static void misuse_across(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 64, 64, 256);
	struct lab_block block[3];
	u8 buffer[130];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = lab_pool_alloc(pool, GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, block[2].bus, block[0].bus + 128);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, block[0].bus + 63, buffer,
					   sizeof(buffer) / 2 + 1), 0);
	lab_pool_free(pool, &block[1]);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, block[0].bus + 63, buffer,
					   sizeof(buffer) / 2 + 1), -EIO);
}

/* What is left over before a boundary is no block, and never free. */
static void misuse_slack(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 100, 4, 256);
	struct lab_block block[3];
	unsigned int i;
	u8 buffer[56];

	for (i = 0; i < ARRAY_SIZE(block); i++)
		block[i] = lab_pool_alloc(pool, GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, block[2].bus, block[0].bus + 256);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, block[1].bus + 100, buffer,
					   sizeof(buffer)), 0);
	lab_pool_free(pool, &block[2]);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, block[2].bus - 1, buffer, 2),
			-EIO);
}

/* Past the end of a block in use the next one begins, which is free. */
static void misuse_overrun(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 64, 64, 0);
	struct lab_block block;
	u8 buffer[65];

	block = lab_pool_alloc(pool, GFP_KERNEL);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, block.bus, buffer, 64), 0);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, block.bus, buffer, 65), -EIO);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_POOL, 1);
}

/* With the pool its memory is gone. */
static void misuse_after_destroy(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 64, 64, 0);
	struct lab_block block = lab_pool_alloc(pool, GFP_KERNEL);
	u8 byte = 1;

	lab_pool_destroy(pool);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&dma, block.bus, &byte, 1), -EIO);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_UNMAPPED, 1);
}

/* The kernel says so and leaves it free once: nobody gets it twice. */
static void misuse_freed_twice(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 64, 64, 0);
	struct lab_block block;

	misuse_need_debugging(test);
	block = lab_pool_alloc(pool, GFP_KERNEL);
	lab_pool_free(pool, &block);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
	dma_pool_free(pool->pool, block.cpu, block.bus);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_POOL, 1);
	lab_pool_alloc(pool, GFP_KERNEL);
	lab_pool_alloc(pool, GFP_KERNEL);
}

/* It stays in use where it is from, and the other pool does not get it. */
static void misuse_freed_elsewhere(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *own = lab_pool_create(&dma, 64, 64, 0);
	struct lab_pool *other = lab_pool_create(&dma, 64, 64, 0);
	struct lab_block block, another;

	misuse_need_debugging(test);
	block = lab_pool_alloc(own, GFP_KERNEL);
	lab_pool_alloc(other, GFP_KERNEL);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
	dma_pool_free(other->pool, block.cpu, block.bus);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_POOL, 1);
	misuse_expect_open(&dma, &block, 64);
	another = lab_pool_alloc(other, GFP_KERNEL);
	KUNIT_EXPECT_NE(test, another.bus, block.bus);
	lab_pool_free(own, &block);
}

/* What the CPU writes to a free block shows when the block is taken again. */
static void misuse_written_when_free(struct kunit *test)
{
	/* The first byte that is poison, and the last one */
	static const size_t offsets[] = { 16, 31 };
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, 32, 32, 0);
	unsigned int i;

	misuse_need_debugging(test);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct lab_block block = lab_pool_alloc(pool, GFP_KERNEL);
		dma_addr_t bus = block.bus;

		lab_pool_free(pool, &block);
		((u8 *)block.cpu)[offsets[i]] = 1;
		umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
		block = lab_pool_alloc(pool, GFP_KERNEL);
		KUNIT_EXPECT_EQ(test, block.bus, bus);
		lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_POOL,
					  i + 1);
		lab_pool_free(pool, &block);
	}
}

#define MISUSE_BLOCKS	5	/* blocks of 1 KiB, which are on two pages */

/* A pool that nothing destroys when the test ends */
static struct dma_pool *misuse_pool(const struct lab_dma *dma,
				    struct lab_block *blocks)
{
	struct dma_pool *pool = dma_pool_create("lab", dma->dev, SZ_1K, SZ_1K,
						0);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(dma->test, pool);
	for (i = 0; i < MISUSE_BLOCKS; i++) {
		blocks[i].cpu = dma_pool_alloc(pool, GFP_KERNEL,
					       &blocks[i].bus);
		KUNIT_ASSERT_NOT_NULL(dma->test, blocks[i].cpu);
	}
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 2);
	return pool;
}

/* One block is in use: the kernel says so, and loses all pages of the pool. */
static void misuse_destroyed_busy(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_block blocks[MISUSE_BLOCKS];
	struct dma_pool *pool = misuse_pool(&dma, blocks);
	unsigned int i;

	for (i = 0; i < MISUSE_BLOCKS - 1; i++)
		dma_pool_free(pool, blocks[i].cpu, blocks[i].bus);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_POOL);
	dma_pool_destroy(pool);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_POOL, 1);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 2);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	umlab_unplug(test, dma.slot);
}

/*
 * The pool outlives the device, and its pages are taken back as leaks. What is
 * left of it is freed for tidiness only: the kernel does not touch the pages, as
 * blocks are in use, nor sysfs, as the list of pools has another entry.
 */
static void misuse_forgotten(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_block blocks[MISUSE_BLOCKS];
	struct dma_pool *pool = misuse_pool(&dma, blocks);
	struct device *dev = get_device(dma.dev);
	struct list_head other;

	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_LEAK);
	umlab_unplug(test, dma.slot);
	list_add(&other, &dev->dma_pools);
	dma_pool_destroy(pool);
	list_del(&other);
	put_device(dev);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE_PARAM(misuse_free_blocks, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_looks_free, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_across, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_slack, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_overrun, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_after_destroy, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_freed_twice, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_freed_elsewhere, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_written_when_free, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_destroyed_busy, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(misuse_forgotten, umlab_topology_gen_params),
	{}
};

static struct kunit_suite misuse_suite = {
	.name		= "umlab_dma_pool_misuse",
	.test_cases	= misuse_cases,
};

kunit_test_suite(misuse_suite);
