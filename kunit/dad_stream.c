// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: streams of samples, in and out
 *
 * On the line in each sample is its own number, so that what is lost, comes twice or is
 * in the wrong place shows in the numbers.
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/space.h"

/* Look at blocks and give them back before the board has none left. */
static void stream_receive(const struct lab_ring *ring, u32 step, u64 total)
{
	struct kunit *test = ring->dad->test;
	struct dad_advance seen;
	u64 at, block;

	/* One failure says it all. */
	for (at = 0; at < total && test->status != KUNIT_FAILURE; at += step) {
		lab_ring_wait(ring, at + step);
		for (block = at; block < at + step; block++)
			lab_ring_expect(ring, block, 0);
		seen = lab_ring_give(ring, step);
		KUNIT_EXPECT_EQ(test, seen.given,
				ring->shape.blocks + at + step);
		KUNIT_EXPECT_EQ(test, seen.overruns, 0);
		KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_RUNNING);
	}
}

/* Fill all blocks, and then each again when it was sent. */
static void stream_send(const struct lab_ring *ring, u32 step, u64 total)
{
	struct kunit *test = ring->dad->test;
	u32 blocks = ring->shape.blocks;
	struct dad_advance seen;
	u64 at, block;

	for (block = 0; block < blocks; block++)
		lab_ring_fill(ring, block);
	lab_ring_give(ring, blocks);
	for (at = 0; at + blocks < total; at += step) {
		lab_ring_wait(ring, at + step);
		for (block = at; block < at + step; block++)
			lab_ring_fill(ring, block + blocks);
		seen = lab_ring_give(ring, step);
		KUNIT_EXPECT_EQ(test, seen.given, at + step + blocks);
		KUNIT_EXPECT_EQ(test, seen.overruns, 0);
	}
	seen = lab_ring_wait(ring, total);
	KUNIT_EXPECT_EQ(test, seen.done, total);
	lab_ring_expect_sent(ring, total);
}

/* Three laps of the ring; the indexes of its queue wrap as well. */
static void stream_input(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);

	lab_ring_start(&ring);
	stream_receive(&ring, 2, 12);
	lab_ring_stop(&ring);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "overruns"), 0);
}

static void stream_output(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_OUT, 4);

	lab_ring_start(&ring);
	stream_send(&ring, 2, 12);
	lab_ring_stop(&ring);
}

/**
 * struct stream_lap - how a ring goes round
 * @name: the case
 * @blocks: of the ring
 * @step: so many are given back at a time
 * @total: so many in all; a multiple of @step, and so is what is more than @blocks
 */
struct stream_lap {
	const char *name;
	u32 blocks;
	u32 step;
	u64 total;
};

/* The queue has 64 entries, so it goes round, too. */
static const struct stream_lap stream_laps[] = {
	{ "two blocks", 2, 1, 10 },
	{ "four blocks", 4, 2, 80 },
	{ "as many as there can be", DAD_BLOCKS_MAX, 32, 160 },
};

KUNIT_ARRAY_PARAM_DESC(stream_lap, stream_laps, name);

static void stream_many_laps(struct kunit *test)
{
	const struct stream_lap *lap = test->param_value;
	struct lab_dad dad;
	struct lab_ring out = lab_ring_plug(test, &dad, DAD_RING_OUT,
					    lap->blocks);
	struct lab_ring in = lab_ring_short(&dad, DAD_RING_IN, lap->blocks);

	lab_ring_start(&out);
	stream_send(&out, lap->step, lap->total);
	lab_ring_stop(&out);
	lab_ring_start(&in);
	stream_receive(&in, lap->step, lap->total);
	lab_ring_stop(&in);
}

static void stream_thousands(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 8);

	lab_ring_start(&ring);
	stream_receive(&ring, 4, 2000);
	lab_ring_stop(&ring);
}

/* Nobody looks: what is there stays as it is, what comes then is lost, and counted. */
static void stream_overrun(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct dad_advance seen;
	u64 lost, block;
	long counted;

	lab_ring_start(&ring);
	lab_ring_sleep(&ring, 8);
	seen = lab_ring_look(&ring);
	KUNIT_EXPECT_EQ(test, seen.done, 4);
	KUNIT_EXPECT_GE(test, seen.overruns, 2);
	KUNIT_EXPECT_LE(test, seen.overruns, 5);
	KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_RUNNING);
	for (block = 0; block < 4; block++)
		lab_ring_expect(&ring, block, 0);

	/* Each overrun is a block's worth of samples. */
	lost = seen.overruns;
	lab_ring_give(&ring, 4);
	seen = lab_ring_wait(&ring, 6);
	KUNIT_EXPECT_GE(test, seen.overruns, lost);
	KUNIT_EXPECT_LE(test, seen.overruns, lost + 1);
	lost = seen.overruns;
	for (block = 4; block < 6; block++)
		lab_ring_expect(&ring, block, lost);

	/* And then it goes on. */
	lab_ring_give(&ring, 2);
	seen = lab_ring_wait(&ring, 9);
	KUNIT_EXPECT_EQ(test, seen.overruns, lost);
	for (block = 6; block < 9; block++)
		lab_ring_expect(&ring, block, lost);
	lab_ring_stop(&ring);
	counted = lab_dad_counter(&dad, "overruns");
	KUNIT_EXPECT_GT(test, counted, 0);
	KUNIT_EXPECT_LE(test, counted, lost);
}

/* On the line out it is silent then, before the first block without counting. */
static void stream_silence(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_OUT, 4);
	struct dad_advance seen;
	u64 overruns;

	lab_ring_start(&ring);
	lab_ring_sleep(&ring, 5);
	seen = lab_ring_look(&ring);
	KUNIT_EXPECT_EQ(test, seen.given, 0);
	KUNIT_EXPECT_EQ(test, seen.done, 0);
	KUNIT_EXPECT_EQ(test, seen.overruns, 0);
	lab_ring_expect_sent(&ring, 0);

	lab_ring_fill(&ring, 0);
	lab_ring_fill(&ring, 1);
	lab_ring_give(&ring, 2);
	lab_ring_wait(&ring, 2);
	lab_ring_sleep(&ring, 3);
	overruns = lab_ring_look(&ring).overruns;
	KUNIT_EXPECT_GE(test, overruns, 2);
	KUNIT_EXPECT_LE(test, overruns, 4);
	lab_ring_expect_sent(&ring, 2);

	lab_ring_fill(&ring, 2);
	lab_ring_give(&ring, 1);
	seen = lab_ring_wait(&ring, 3);
	KUNIT_EXPECT_GE(test, seen.overruns, overruns);
	KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_RUNNING);
	lab_ring_expect_sent(&ring, 3);
	lab_ring_stop(&ring);
}

/* Requests and the stream do not get in each other's way. */
static void stream_requests(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 4);
	unsigned long back = addr + 2 * PAGE_SIZE;
	struct lab_ring ring = lab_ring_short(&dad, DAD_RING_IN, 16);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned int i;

	lab_ring_start(&ring);
	for (i = 0; i < 4; i++) {
		size_t len = i % 2 ? 5000 : 500;

		lab_dad_put_user(test, addr, len, i, 0);
		KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, len, i), len);
		lab_ring_wait(&ring, 2 * i + 2);
		KUNIT_EXPECT_EQ(test, lab_dad_read(file, back, len, i), len);
		/* The file with the ring is for that alone. */
		KUNIT_EXPECT_EQ(test, lab_dad_read(ring.file, back, len, i),
				-EBUSY);
		KUNIT_EXPECT_EQ(test, lab_dad_write(ring.file, back, len, i),
				-EBUSY);
		lab_dad_expect_user(&dad, back, len, i, 0);
		lab_ring_expect(&ring, 2 * i, 0);
		lab_ring_expect(&ring, 2 * i + 1, 0);
		lab_ring_give(&ring, 2);
	}
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).overruns, 0);
}

/**
 * struct stream_board - how long blocks can be
 * @name: the case
 * @revision: of the board
 * @longest: the longest block, in bytes: the longest segment, and half of a ring
 * @topology: in which there is DMA
 */
struct stream_board {
	const char *name;
	u8 revision;
	u32 longest;
	struct umlab_topology topology;
};

static const struct stream_board stream_boards[] = {
	{ "A", DAD_REV_A, SZ_4K, { "iommu", UMLAB_DMA_IOMMU } },
	{ "A,noncoherent", DAD_REV_A, SZ_4K, { "iommu", UMLAB_DMA_IOMMU, true } },
	{ "B", DAD_REV_B, SZ_64K, { "direct", UMLAB_DMA_DIRECT } },
	{ "B,bounce", DAD_REV_B, SZ_64K, { "bounce", UMLAB_DMA_BOUNCE } },
	{ "B,iommu", DAD_REV_B, SZ_64K, { "iommu", UMLAB_DMA_IOMMU } },
	{ "C", DAD_REV_C, SZ_512K, { "direct", UMLAB_DMA_DIRECT } },
	{ "C,iommu", DAD_REV_C, SZ_512K, { "iommu", UMLAB_DMA_IOMMU } },
	{ "C,noncoherent", DAD_REV_C, SZ_512K,
	  { "offset", UMLAB_DMA_OFFSET, true } },
};

KUNIT_ARRAY_PARAM_DESC(stream_board, stream_boards, name);

static long stream_try_ring(const struct lab_dad *dad, u32 block_size)
{
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, block_size, 2);

	return lab_dad_ioctl(lab_dad_open(dad, O_RDWR), DAD_IOC_RING, &shape);
}

static void stream_block_size(const struct lab_dad *dad, u32 block_size)
{
	struct lab_ring ring = lab_ring_new(dad, lab_ring_shape(DAD_RING_IN,
								block_size, 2));

	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	lab_ring_expect(&ring, 0, 0);
	lab_ring_give(&ring, 1);
	lab_ring_wait(&ring, 2);
	lab_ring_expect(&ring, 1, 0);
	lab_ring_close(&ring);
}

static void stream_block_sizes(struct kunit *test)
{
	const struct stream_board *board = test->param_value;
	struct umlab_options options = { .topology = &board->topology };
	struct lab_dad dad = lab_dad_plug_as(test, board->revision,
					     LAB_DAD_MEMORY, &options);
	struct dad_info info = {};

	lab_space_new(test);
	KUNIT_ASSERT_EQ(test, 0, lab_dad_ioctl(lab_dad_open(&dad, O_RDWR),
					       DAD_IOC_INFO, &info));
	KUNIT_ASSERT_EQ(test, info.block_max, board->longest);
	stream_block_size(&dad, DAD_BLOCK_MIN);
	stream_block_size(&dad, SZ_2K);
	stream_block_size(&dad, board->longest);
	KUNIT_EXPECT_EQ(test, stream_try_ring(&dad, 2 * board->longest),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, stream_try_ring(&dad, DAD_BLOCK_MIN / 2),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, stream_try_ring(&dad, 3 * DAD_BLOCK_MIN),
			-EINVAL);
}

/* A ring is coherent memory: it is mapped once, and nothing is synced, ever. */
static void stream_no_sync(struct kunit *test)
{
	static const enum umlab_event_kind kinds[] = {
		UMLAB_MAP, UMLAB_UNMAP, UMLAB_SYNC_CPU, UMLAB_SYNC_DEVICE,
	};
	struct lab_dad dad;
	struct lab_ring in = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct lab_ring out = lab_ring_short(&dad, DAD_RING_OUT, 4);
	u64 begin = umlab_journal_now();
	unsigned int i;

	lab_ring_start(&in);
	stream_receive(&in, 2, 4);
	lab_ring_stop(&in);
	lab_ring_start(&out);
	stream_send(&out, 2, 6);
	lab_ring_stop(&out);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct umlab_event pattern = UMLAB_DID_ANY(kinds[i]);

		KUNIT_EXPECT_EQ(test, 0, umlab_journal_count(dad.slot, begin,
							     pattern));
	}
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE_PARAM(stream_input, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(stream_output, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(stream_many_laps, stream_lap_gen_params),
	KUNIT_CASE_PARAM_ATTR(stream_thousands, lab_dad_gen_dma_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(stream_overrun, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(stream_silence, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(stream_requests, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(stream_block_sizes, stream_board_gen_params),
	KUNIT_CASE_PARAM(stream_no_sync, umlab_topology_gen_params),
	{}
};

static struct kunit_suite stream_suite = {
	.name		= "umlab_dad_stream",
	.test_cases	= stream_cases,
};

kunit_test_suite(stream_suite);
