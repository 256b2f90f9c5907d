// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA pools whose every block is checked
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/dmapool.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/string.h>

#include "dma_pool.h"

/* A free block begins with the next one's address and its own bus address. */
#define POOL_HEADER	(sizeof(void *) + sizeof(dma_addr_t))

/* What either side writes; the kernel fills blocks with neither. */
#define POOL_BY_CPU	0x3c
#define POOL_BY_DEVICE	0x5d

static void pool_check(const struct lab_pool *pool,
		       const struct lab_block *block, bool good,
		       const char *what)
{
	if (!good)
		KUNIT_FAIL(pool->dma.test, "the block of %zu bytes at %pad %s",
			   pool->size, &block->bus, what);
}

/* Note a block as in use */
static void pool_enter(struct lab_pool *pool, const struct lab_block *block)
{
	dma_addr_t last = block->bus + pool->size - 1;
	int err;

	pool_check(pool, block, IS_ALIGNED(block->bus, pool->align),
		   "is not aligned");
	pool_check(pool, block, round_down(block->bus, pool->boundary) ==
				round_down(last, pool->boundary),
		   "crosses the boundary");
	err = mtree_insert_range(&pool->live, block->bus, last, block->cpu,
				 GFP_KERNEL);
	pool_check(pool, block, !err, err == -EEXIST ? "overlaps another one" :
						       "cannot be noted");
}

/* Whether either side sees what the other one writes; undone afterwards */
static bool pool_shares(const struct lab_pool *pool,
			const struct lab_block *block, size_t offset)
{
	u8 device = POOL_BY_DEVICE, seen = 0;
	u8 *cpu = block->cpu + offset;
	u8 before = READ_ONCE(*cpu);
	bool good;

	good = !lab_dma_write(&pool->dma, block->bus + offset, &device, 1) &&
	       READ_ONCE(*cpu) == POOL_BY_DEVICE;
	WRITE_ONCE(*cpu, POOL_BY_CPU);
	good = !lab_dma_read(&pool->dma, block->bus + offset, &seen, 1) &&
	       seen == POOL_BY_CPU && good;
	WRITE_ONCE(*cpu, before);
	return good;
}

struct lab_block lab_pool_alloc(struct lab_pool *pool, gfp_t gfp)
{
	struct lab_block block;

	block.cpu = dma_pool_alloc(pool->pool, gfp, &block.bus);
	KUNIT_ASSERT_NOT_NULL(pool->dma.test, block.cpu);
	pool_enter(pool, &block);
	pool_check(pool, &block, pool_shares(pool, &block, 0),
		   "begins with memory that the device does not share");
	pool_check(pool, &block, pool_shares(pool, &block, pool->size - 1),
		   "ends with memory that the device does not share");
	return block;
}

static bool pool_is_poisoned(const struct lab_pool *pool,
			     const struct lab_block *block)
{
	if (!IS_ENABLED(CONFIG_SLUB_DEBUG_ON) || pool->size <= POOL_HEADER)
		return true;
	return !memchr_inv(block->cpu + POOL_HEADER, POOL_POISON_FREED,
			   pool->size - POOL_HEADER);
}

void lab_pool_free(struct lab_pool *pool, const struct lab_block *block)
{
	void *cpu = mtree_erase(&pool->live, block->bus);

	pool_check(pool, block, cpu == block->cpu, "is not in use");
	dma_pool_free(pool->pool, block->cpu, block->bus);
	pool_check(pool, block, pool_is_poisoned(pool, block),
		   "is free, and not poisoned");
}

static void pool_free_live(struct lab_pool *pool)
{
	MA_STATE(mas, &pool->live, 0, 0);
	void *cpu;

	mas_lock(&mas);
	mas_for_each(&mas, cpu, ULONG_MAX)
		dma_pool_free(pool->pool, cpu, mas.index);
	mas_unlock(&mas);
	mtree_destroy(&pool->live);
}

static void pool_undo(void *data)
{
	struct lab_pool *pool = data;

	pool_free_live(pool);
	dma_pool_destroy(pool->pool);
}

struct lab_pool *lab_pool_create(const struct lab_dma *dma, size_t size,
				 size_t align, size_t boundary)
{
	struct kunit *test = dma->test;
	struct lab_pool *pool = kunit_kzalloc(test, sizeof(*pool), GFP_KERNEL);
	size_t block = ALIGN(max(size, POOL_HEADER), align ?: 1);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	pool->dma = *dma;
	pool->size = size;
	pool->align = align ?: 1;
	/* Without a boundary a block stays in one allocation of the pool's. */
	pool->boundary = boundary ?: roundup_pow_of_two(max(block, PAGE_SIZE));
	mt_init(&pool->live);
	pool->pool = dma_pool_create("lab", dma->dev, size, align, boundary);
	KUNIT_ASSERT_NOT_NULL(test, pool->pool);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, pool_undo,
							   pool));
	return pool;
}

void lab_pool_destroy(struct lab_pool *pool)
{
	kunit_release_action(pool->dma.test, pool_undo, pool);
}
