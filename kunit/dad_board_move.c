// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated dad board against its datasheet: the data that its requests move
 *
 * Each is played on a board that completes at once and on one that takes its time,
 * in all topologies, and by each revision where it can do DMA.
 */

#include <kunit/test.h>
#include <linux/string.h>

#include "lib/dad.h"
#include "lib/dad_rig.h"

/* As the parameter of lab_dad_gen_dma_params() says */
static struct lab_rig *move_plug_way(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	const struct umlab_options options = {
		.topology = way->topology,
		.irqs = way->irqs,
		.completion = way->completion,
		.delay_ns = LAB_RIG_DELAY,
	};

	return lab_rig_plug_as(test, way->revision, LAB_RIG_MEMORY, &options);
}

/* Play on a board of revision C that is quick, and on the same, slow */
static void move_twice(struct kunit *test, void (*play)(struct lab_rig *rig))
{
	struct lab_rig *rig = lab_rig_plug(test);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	play(rig);
	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_DELAYED,
			     LAB_RIG_DELAY);
	play(rig);
}

/* What is moved: neither of its ends is at a multiple of anything. */
#define MOVE_OFFSET	77
#define MOVE_AT		3
#define MOVE_LEN	3001

/* From the host to the board, with what is around it left alone */
static void move_play_down(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);
	u8 *there = rig->memory + MOVE_OFFSET;
	struct kunit *test = rig->dma.test;

	memset(rig->memory, 0, SZ_4K);
	lab_dma_fill(buffer->cpu, PAGE_SIZE, 99);
	lab_dma_fill(buffer->cpu + MOVE_AT, MOVE_LEN, 1);
	lab_rig_map(rig, buffer, DMA_TO_DEVICE);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(buffer->bus + MOVE_AT, MOVE_LEN, 0,
				  MOVE_OFFSET, 5));
	lab_rig_expect(rig, DAD_REQUESTS, 5, MOVE_LEN, DAD_COMP_OK);
	lab_rig_unmap(rig, buffer);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(there, MOVE_LEN, 1));
	KUNIT_EXPECT_NULL(test, memchr_inv(rig->memory, 0, MOVE_OFFSET));
	KUNIT_EXPECT_NULL(test, memchr_inv(there + MOVE_LEN, 0,
					   SZ_4K - MOVE_OFFSET - MOVE_LEN));
}

/* The same the other way */
static void move_play_up(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);
	u8 *there = buffer->cpu + MOVE_AT;
	struct kunit *test = rig->dma.test;

	lab_dma_fill(rig->memory, SZ_4K, 98);
	lab_dma_fill(rig->memory + MOVE_OFFSET, MOVE_LEN, 2);
	lab_rig_map(rig, buffer, DMA_FROM_DEVICE);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(buffer->bus + MOVE_AT, MOVE_LEN,
				  DAD_DESC_TO_HOST, MOVE_OFFSET, 6));
	lab_rig_expect(rig, DAD_REQUESTS, 6, MOVE_LEN, DAD_COMP_OK);
	lab_rig_unmap(rig, buffer);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(there, MOVE_LEN, 2));
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer->cpu, 0, MOVE_AT));
	KUNIT_EXPECT_NULL(test, memchr_inv(there + MOVE_LEN, 0,
					   PAGE_SIZE - MOVE_AT - MOVE_LEN));
}

static void move_to_board(struct kunit *test)
{
	move_twice(test, move_play_down);
}

static void move_to_host(struct kunit *test)
{
	move_twice(test, move_play_up);
}

/* Segments of a chain of two blocks: so many, each in a part of its own */
#define MOVE_SEGMENTS	40
#define MOVE_PART	256
#define MOVE_DATA	(MOVE_SEGMENTS * MOVE_PART)

/**
 * struct move_chain - a chain, and what its segments have
 * @data: the memory that the segments are in
 * @blocks: the blocks
 * @image: as @data has to be, once it has the stream
 * @stream: what the segments have, one after another
 * @len: so many bytes
 */
struct move_chain {
	struct lab_rig_buffer *data;
	struct lab_rig_buffer *blocks;
	u8 *image;
	u8 *stream;
	u32 len;
};

static size_t move_segment_at(unsigned int i)
{
	return i * MOVE_PART + i % 7;
}

static u32 move_segment_len(unsigned int i)
{
	return 100 + i;
}

static struct move_chain move_chain_new(struct lab_rig *rig, u8 seed)
{
	struct kunit *test = rig->dma.test;
	struct move_chain chain = {
		.data = lab_rig_pages(rig, PAGE_ALIGN(MOVE_DATA)),
		.blocks = lab_rig_alloc(rig, PAGE_SIZE),
		.image = kunit_kzalloc(test, MOVE_DATA, GFP_KERNEL),
		.stream = kunit_kzalloc(test, MOVE_DATA, GFP_KERNEL),
	};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, chain.image);
	KUNIT_ASSERT_NOT_NULL(test, chain.stream);
	lab_dma_fill(chain.stream, MOVE_DATA, seed);
	for (i = 0; i < MOVE_SEGMENTS; i++) {
		memcpy(chain.image + move_segment_at(i),
		       chain.stream + chain.len, move_segment_len(i));
		chain.len += move_segment_len(i);
	}
	return chain;
}

/* Map the data, and write the blocks: a full one, and one with the rest */
static void move_chain_map(struct lab_rig *rig, const struct move_chain *chain,
			   enum dma_data_direction dir)
{
	size_t second = sizeof(struct dad_block);
	unsigned int i;

	lab_rig_map(rig, chain->data, dir);
	lab_rig_block(chain->blocks, 0, chain->blocks->bus + second,
		      DAD_BLOCK_SEGMENTS);
	lab_rig_block(chain->blocks, second, 0,
		      MOVE_SEGMENTS - DAD_BLOCK_SEGMENTS);
	for (i = 0; i < MOVE_SEGMENTS; i++)
		lab_rig_segment(chain->blocks,
				i < DAD_BLOCK_SEGMENTS ? 0 : second,
				i % DAD_BLOCK_SEGMENTS,
				chain->data->bus + move_segment_at(i),
				move_segment_len(i));
}

static void move_play_chain_down(struct lab_rig *rig)
{
	struct move_chain chain = move_chain_new(rig, 3);
	u8 *there = rig->memory + MOVE_OFFSET;
	struct kunit *test = rig->dma.test;

	memset(rig->memory, 0, MOVE_DATA);
	memcpy(chain.data->cpu, chain.image, MOVE_DATA);
	move_chain_map(rig, &chain, DMA_TO_DEVICE);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(chain.blocks->bus, chain.len, DAD_DESC_CHAIN,
				  MOVE_OFFSET, 7));
	lab_rig_expect(rig, DAD_REQUESTS, 7, chain.len, DAD_COMP_OK);
	lab_rig_unmap(rig, chain.data);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(there, chain.len, 3));
	KUNIT_EXPECT_NULL(test, memchr_inv(rig->memory, 0, MOVE_OFFSET));
	KUNIT_EXPECT_NULL(test, memchr_inv(there + chain.len, 0,
					   MOVE_DATA - MOVE_OFFSET - chain.len));
}

static void move_play_chain_up(struct lab_rig *rig)
{
	struct move_chain chain = move_chain_new(rig, 4);
	struct kunit *test = rig->dma.test;

	memcpy(rig->memory + MOVE_OFFSET, chain.stream, MOVE_DATA);
	move_chain_map(rig, &chain, DMA_FROM_DEVICE);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(chain.blocks->bus, chain.len,
				  DAD_DESC_CHAIN | DAD_DESC_TO_HOST,
				  MOVE_OFFSET, 8));
	lab_rig_expect(rig, DAD_REQUESTS, 8, chain.len, DAD_COMP_OK);
	lab_rig_unmap(rig, chain.data);
	KUNIT_EXPECT_MEMEQ(test, chain.data->cpu, chain.image, MOVE_DATA);
}

static void move_chain_to_board(struct kunit *test)
{
	move_twice(test, move_play_chain_down);
}

static void move_chain_to_host(struct kunit *test)
{
	move_twice(test, move_play_chain_up);
}

/* All of these by each revision */
static void move_by_revision(struct kunit *test)
{
	struct lab_rig *rig = move_plug_way(test);

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	move_play_down(rig);
	move_play_up(rig);
	move_play_chain_down(rig);
	move_play_chain_up(rig);
}

/**
 * struct move_edge - a segment that is just within a revision's limits
 * @name: of the case
 * @revision: the revision
 * @size: of the buffer, in bytes; aligned as much
 * @at: where in the buffer the segment begins
 * @len: of the segment
 */
struct move_edge {
	const char *name;
	u8 revision;
	u32 size;
	u32 at;
	u32 len;
};

static const struct move_edge move_edges[] = {
	{ "A, longest, up to a boundary", DAD_REV_A, SZ_64K, SZ_64K - SZ_4K,
	  SZ_4K },
	{ "A, longest, from a boundary on", DAD_REV_A, SZ_64K, 0, SZ_4K },
	{ "A, longest, across 4 KiB", DAD_REV_A, SZ_64K, 1, SZ_4K },
	{ "A, last byte", DAD_REV_A, SZ_64K, SZ_64K - 1, 1 },
	{ "B, longest", DAD_REV_B, SZ_128K, SZ_64K, SZ_64K },
	{ "B, up to a boundary", DAD_REV_B, SZ_128K, 1, SZ_64K - 1 },
	{ "B, last byte", DAD_REV_B, SZ_128K, SZ_64K - 1, 1 },
	{ "C, longest", DAD_REV_C, SZ_1M, 0, SZ_1M },
	{ "C, across 64 KiB", DAD_REV_C, SZ_128K, SZ_64K - 1, 2 },
};

KUNIT_ARRAY_PARAM_DESC(move_edge, move_edges, name);

/* Section 2. They end where the memory on the board does, too. */
static void move_to_the_edge(struct kunit *test)
{
	const struct move_edge *edge = test->param_value;
	struct lab_rig *rig = lab_rig_plug_revision(test, edge->revision, SZ_1M);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, edge->size);
	u8 *there = buffer->cpu + edge->at;
	u64 offset = SZ_1M - edge->len;

	lab_dma_fill(rig->memory + offset, edge->len, 1);
	lab_rig_enable(rig, DAD_REQUESTS, 2);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(buffer->bus + edge->at, edge->len,
				  DAD_DESC_TO_HOST, offset, 0));
	lab_rig_expect(rig, DAD_REQUESTS, 0, edge->len, DAD_COMP_OK);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(there, edge->len, 1));
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer->cpu, 0, edge->at));
}

/* Revision C: a segment that ends where the address gets a 33rd bit */
static void move_to_4g(struct kunit *test)
{
	static const struct umlab_topology topology = {
		.name = "below 4 GiB",
		.dma = UMLAB_DMA_IOMMU,
		.aperture_start = SZ_4G - SZ_256K,
		.aperture_end = SZ_4G - 1,
	};
	const struct umlab_options options = { .topology = &topology };
	struct lab_rig *rig = lab_rig_plug_as(test, DAD_REV_C, LAB_RIG_MEMORY,
					      &options);
	struct lab_rig_buffer *buffer;

	lab_rig_enable(rig, DAD_REQUESTS, 2);
	/* In whatever order they come: the last page is one of them. */
	do {
		buffer = lab_rig_alloc(rig, PAGE_SIZE);
	} while (buffer->bus + PAGE_SIZE != SZ_4G);
	lab_dma_fill(rig->memory, PAGE_SIZE, 1);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(buffer->bus, PAGE_SIZE, DAD_DESC_TO_HOST, 0,
				  0));
	lab_rig_expect(rig, DAD_REQUESTS, 0, PAGE_SIZE, DAD_COMP_OK);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer->cpu, PAGE_SIZE, 1));
}

/* The tag is the CPU's, whatever it is, and so are flags that mean nothing here. */
static void move_tags(struct kunit *test)
{
	static const u32 tags[] = { 0, 1, 0x80000000, ~0U };
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i;

	lab_rig_enable(rig, DAD_REQUESTS, 2);
	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		lab_rig_post(rig, DAD_REQUESTS,
			     lab_rig_desc(buffer->bus, 1, DAD_DESC_IRQ, 0,
					  tags[i]));
		lab_rig_expect(rig, DAD_REQUESTS, tags[i], 1, DAD_COMP_OK);
	}
}

static struct kunit_case move_cases[] = {
	KUNIT_CASE_PARAM(move_to_board, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(move_to_host, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(move_chain_to_board, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(move_chain_to_host, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(move_by_revision, lab_dad_gen_dma_params),
	KUNIT_CASE_PARAM(move_to_the_edge, move_edge_gen_params),
	KUNIT_CASE(move_to_4g),
	KUNIT_CASE(move_tags),
	{}
};

static struct kunit_suite move_suite = {
	.name		= "umlab_dad_board_move",
	.test_cases	= move_cases,
};

kunit_test_suite(move_suite);
