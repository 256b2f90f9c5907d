// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA pools: blocks of all shapes, and none at all
 *
 * That a block is where it has to be, is checked whenever one is taken.
 */

#include <kunit/test.h>
#include <linux/dmapool.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dma.h"
#include "lib/dma_pool.h"

/**
 * struct pool_shape - the blocks of a pool
 * @size: in bytes
 * @align: of their bus addresses
 * @boundary: that they do not cross; 0: none but that of their page
 * @per_page: how many of them a page of the pool has, which is longer than the
 *	kernel's if a block is
 */
struct pool_shape {
	size_t size;
	size_t align;
	size_t boundary;
	unsigned int per_page;
};

/* A block is at least 16 bytes, and rounded up to its alignment. */
static const struct pool_shape pool_shapes[] = {
	{ 1, 1, 0, 256 }, { 16, 16, 0, 256 }, { 24, 8, 0, 170 },
	{ 48, 16, 256, 16 * 5 }, { 64, 64, 0, 64 }, { 68, 32, 4096, 42 },
	{ 100, 4, 256, 16 * 2 }, { 200, 8, 512, 8 * 2 }, { 256, 256, 256, 16 },
	{ 512, 64, 512, 8 }, { 1000, 0, 0, 4 }, { 1000, 8, 1024, 4 },
	{ 1024, 1024, 1024, 4 }, { 4096, 4096, 0, 1 }, { 4096, 4096, 4096, 1 },
	{ 6000, 16, 8192, 1 },
};

#define POOL_PER_PAGE	256	/* the most of them */
#define POOL_SIZE	6000	/* the largest */

/* The blocks of two pages, and one of the next */
#define POOL_BLOCKS(per_page)	(2 * (per_page) + 1)
#define POOL_PAGES		3

/**
 * struct pool_run - a pool and its blocks
 * @dma: the device
 * @pool: the pool
 * @blocks: the blocks
 * @count: how many
 * @buffer: as large as one of them
 */
struct pool_run {
	struct lab_dma dma;
	struct lab_pool *pool;
	struct lab_block *blocks;
	unsigned int count;
	u8 *buffer;
};

static struct pool_run pool_run(struct kunit *test)
{
	struct pool_run run = { .dma = lab_dma_plug(test, NULL) };

	run.blocks = kunit_kcalloc(test, POOL_BLOCKS(POOL_PER_PAGE),
				   sizeof(*run.blocks), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run.blocks);
	run.buffer = kunit_kmalloc(test, POOL_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, run.buffer);
	return run;
}

/* Each page of a pool is a mapping in the ledger, and nothing else is. */
static void pool_expect_pages(const struct pool_run *run, unsigned int pages)
{
	KUNIT_EXPECT_EQ_MSG(run->dma.test, umlab_mappings(run->dma.slot), pages,
			    "blocks of %zu bytes", run->pool->size);
}

/* From 1 to 128, so not what the kernel fills free blocks with */
static u8 pool_stamp(unsigned int index, bool device)
{
	return 1 + index % 64 + (device ? 64 : 0);
}

/* Either side finds in each block what the other one wrote to it. */
static void pool_expect_shared(const struct pool_run *run)
{
	struct kunit *test = run->dma.test;
	size_t size = run->pool->size;
	unsigned int i;

	for (i = 0; i < run->count; i++)
		memset(run->blocks[i].cpu, pool_stamp(i, false), size);
	for (i = 0; i < run->count; i++) {
		dma_addr_t bus = run->blocks[i].bus;

		KUNIT_EXPECT_EQ(test, lab_dma_read(&run->dma, bus, run->buffer,
						   size), 0);
		KUNIT_EXPECT_NULL(test, memchr_inv(run->buffer,
						   pool_stamp(i, false), size));
		memset(run->buffer, pool_stamp(i, true), size);
		KUNIT_EXPECT_EQ(test, lab_dma_write(&run->dma, bus, run->buffer,
						    size), 0);
	}
	for (i = 0; i < run->count; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(run->blocks[i].cpu,
						   pool_stamp(i, true), size));
}

/* Take all blocks, exchange every other one, and give them back from the end */
static void pool_try(struct pool_run *run, const struct pool_shape *shape)
{
	unsigned int i;

	run->count = POOL_BLOCKS(shape->per_page);
	run->pool = lab_pool_create(&run->dma, shape->size, shape->align,
				    shape->boundary);
	for (i = 0; i < run->count; i++)
		run->blocks[i] = lab_pool_alloc(run->pool, GFP_KERNEL);
	pool_expect_pages(run, POOL_PAGES);
	pool_expect_shared(run);
	for (i = 1; i < run->count; i += 2)
		lab_pool_free(run->pool, &run->blocks[i]);
	for (i = 1; i < run->count; i += 2)
		run->blocks[i] = lab_pool_alloc(run->pool, GFP_KERNEL);
	for (i = run->count; i; i--)
		lab_pool_free(run->pool, &run->blocks[i - 1]);
	pool_expect_pages(run, POOL_PAGES);
	lab_pool_destroy(run->pool);
	pool_expect_pages(run, 0);
}

static void pool_all_shapes(struct kunit *test)
{
	struct pool_run run = pool_run(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pool_shapes); i++)
		pool_try(&run, &pool_shapes[i]);
}

/* Where it may not sleep, the kernel has its memory from elsewhere. */
static void pool_atomic(struct kunit *test)
{
	struct pool_run run = pool_run(test);
	unsigned int i;

	run.count = POOL_BLOCKS(4);
	run.pool = lab_pool_create(&run.dma, SZ_1K, SZ_1K, 0);
	for (i = 0; i < run.count; i++)
		run.blocks[i] = lab_pool_alloc(run.pool, GFP_ATOMIC);
	pool_expect_pages(&run, POOL_PAGES);
	pool_expect_shared(&run);
	lab_pool_destroy(run.pool);
	pool_expect_pages(&run, 0);
}

/* A block that was used is handed out as zeroes, for both sides. */
static void pool_zeroes(struct kunit *test)
{
	struct pool_run run = pool_run(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pool_shapes); i++) {
		const struct pool_shape *shape = &pool_shapes[i];
		struct lab_block block;
		struct lab_pool *pool;

		pool = lab_pool_create(&run.dma, shape->size, shape->align,
				       shape->boundary);
		block = lab_pool_alloc(pool, GFP_KERNEL);
		memset(block.cpu, 0xff, shape->size);
		lab_pool_free(pool, &block);
		block.cpu = dma_pool_zalloc(pool->pool, GFP_KERNEL, &block.bus);
		KUNIT_ASSERT_NOT_NULL(test, block.cpu);
		KUNIT_EXPECT_NULL(test, memchr_inv(block.cpu, 0, shape->size));
		KUNIT_EXPECT_EQ(test, lab_dma_read(&run.dma, block.bus,
						   run.buffer, shape->size), 0);
		KUNIT_EXPECT_NULL(test, memchr_inv(run.buffer, 0, shape->size));
		dma_pool_free(pool->pool, block.cpu, block.bus);
		lab_pool_destroy(pool);
	}
}

/* The n-th page fails: there is no block, and nothing is lost. */
static void pool_alloc_fails(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int nth, i;

	for (nth = 1; nth <= 3; nth++) {
		const struct umlab_faults faults = { .alloc = nth };
		struct lab_pool *pool = lab_pool_create(&dma, PAGE_SIZE, 0, 0);
		dma_addr_t bus;

		umlab_set_faults(dma.slot, &faults);
		for (i = 1; i < nth; i++)
			lab_pool_alloc(pool, GFP_KERNEL);
		KUNIT_EXPECT_NULL(test, dma_pool_alloc(pool->pool, GFP_KERNEL,
						       &bus));
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), nth - 1);
		lab_pool_alloc(pool, GFP_KERNEL);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), nth);
		lab_pool_destroy(pool);
	}
}

/* Blocks of a page that is there do not fail; what is to fail is a page. */
static void pool_alloc_fails_later(struct kunit *test)
{
	static const struct umlab_event got = UMLAB_DID_ANY(UMLAB_ALLOC);
	static const struct umlab_event failed =
		UMLAB_DID_ANY(UMLAB_ALLOC_FAILED);
	static const struct umlab_faults faults = { .alloc = 1 };
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct lab_pool *pool = lab_pool_create(&dma, SZ_1K, SZ_1K, 0);
	dma_addr_t bus;
	unsigned int i;

	lab_pool_alloc(pool, GFP_KERNEL);
	umlab_set_faults(dma.slot, &faults);
	for (i = 1; i < 4; i++)
		lab_pool_alloc(pool, GFP_KERNEL);
	KUNIT_EXPECT_NULL(test, dma_pool_alloc(pool->pool, GFP_KERNEL, &bus));
	lab_pool_alloc(pool, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(dma.slot, dma.begin, failed),
			1);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(dma.slot, dma.begin, got), 2);
}

/**
 * struct pool_wrong - arguments that dma_pool_create() does not take
 * @name: what is wrong with them
 * @size: in bytes
 * @align: likewise
 * @boundary: likewise
 */
struct pool_wrong {
	const char *name;
	size_t size;
	size_t align;
	size_t boundary;
};

static const struct pool_wrong pool_wrongs[] = {
	{ "no size", 0, 16, 0 },
	{ "size past INT_MAX", (size_t)INT_MAX + 1, 16, 0 },
	{ "align 3", 64, 3, 0 },
	{ "align 48", 64, 48, 0 },
	{ "boundary below size", 128, 16, 64 },
	{ "boundary below aligned size", 32, 64, 32 },
	{ "boundary below least size", 8, 8, 8 },
	{ "boundary 96", 64, 16, 96 },
};

KUNIT_ARRAY_PARAM_DESC(pool_wrong, pool_wrongs, name);

static void pool_wrong_arguments(struct kunit *test)
{
	const struct pool_wrong *row = test->param_value;
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct dma_pool *pool = dma_pool_create("lab", dma.dev, row->size,
						row->align, row->boundary);

	KUNIT_EXPECT_NULL(test, pool);
	dma_pool_destroy(pool);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(pool_all_shapes, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pool_atomic, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pool_zeroes, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pool_alloc_fails, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pool_alloc_fails_later, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pool_wrong_arguments, pool_wrong_gen_params),
	{}
};

static struct kunit_suite pool_suite = {
	.name		= "umlab_dma_pool",
	.test_cases	= pool_cases,
};

kunit_test_suite(pool_suite);
