// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that a driver can break of the dad board's datasheet by descriptors
 *
 * As dad_datasheet.c: each is one violation; what is just about allowed is none. A
 * descriptor that is against section 6 is completed as such, and nothing was moved.
 */

#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include "lib/dad_rig.h"

#define DESC_TAG	9

/* Where the second block of a chain is; the first is at 0 */
#define DESC_SECOND	sizeof(struct dad_block)

/* Expect a descriptor to be done, or one violation and to be refused */
static void desc_play(struct lab_rig *rig, unsigned int queue,
		      struct dad_desc desc, bool fine)
{
	if (!fine)
		umlab_expect_violation(rig->dma.slot, UMLAB_VIOLATION_MODEL);
	lab_rig_post(rig, queue, desc);
	if (queue == DAD_STREAM)
		lab_rig_write(rig, DAD_STREAM_CONTROL, DAD_STREAM_RUN |
			      lab_rig_read(rig, DAD_STREAM_CONTROL));
	lab_rig_expect(rig, queue, DESC_TAG, fine ? le32_to_cpu(desc.len) : 0,
		       fine ? DAD_COMP_OK : DAD_COMP_DESC);
	lab_dma_expect_violations(&rig->dma, UMLAB_VIOLATION_MODEL, !fine);
	KUNIT_EXPECT_EQ(rig->dma.test, lab_rig_read(rig, DAD_STATUS),
			DAD_STATUS_READY);
}

/* Expect that nothing was moved to a buffer */
static void desc_expect_untouched(const struct lab_rig *rig,
				  const struct lab_rig_buffer *buffer)
{
	KUNIT_EXPECT_NULL(rig->dma.test,
			  memchr_inv(buffer->cpu, 0, buffer->size));
}

/* A board whose memory can be told from that of a buffer */
static struct lab_rig *desc_plug(struct kunit *test, u8 revision, u32 memory)
{
	struct lab_rig *rig = lab_rig_plug_revision(test, revision, memory);

	memset(rig->memory, 0x5a, LAB_RIG_MEMORY);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	return rig;
}

/**
 * struct desc_row - a descriptor of one segment, to the host
 * @name: the case
 * @revision: DAD_REV_*
 * @addr: bus address; 0: as @at says. What is refused need not be there
 * @at: where in a buffer of 128 KiB
 * @len: bytes
 * @flags: further ones
 * @offset: in the memory on the board, of LAB_RIG_MEMORY
 * @zero: what should be 0
 * @large: the board has 2 MiB of memory
 * @fine: nothing is wrong
 */
struct desc_row {
	const char *name;
	u8 revision;
	u64 addr;
	u32 at;
	u32 len;
	u32 flags;
	u64 offset;
	u32 zero;
	bool large;
	bool fine;
};

static const struct desc_row desc_rows[] = {
	{ "no bytes", DAD_REV_C, .len = 0 },
	{ "one byte", DAD_REV_C, .len = 1, .fine = true },
	{ "reserved flag", DAD_REV_C, .len = 4, .flags = BIT(3) },
	{ "reserved flag, the last", DAD_REV_C, .len = 4, .flags = BIT(31) },
	{ "reserved word", DAD_REV_C, .len = 4, .zero = 1 },
	{ "across the end of the memory", DAD_REV_C, .len = 100,
	  .offset = LAB_RIG_MEMORY - 99 },
	{ "up to the end of the memory", DAD_REV_C, .len = 100,
	  .offset = LAB_RIG_MEMORY - 100, .fine = true },
	{ "past the end of the memory", DAD_REV_C, .len = 1,
	  .offset = LAB_RIG_MEMORY },
	{ "past 4 GiB of memory", DAD_REV_C, .len = 4, .offset = SZ_4G },
	{ "an offset that wraps", DAD_REV_C, .len = 100, .offset = -50ULL },
	{ "A, too long", DAD_REV_A, SZ_1M, .len = SZ_4K + 1 },
	{ "A, across a boundary", DAD_REV_A, SZ_1M - 1, .len = 2 },
	{ "A, across 4 KiB", DAD_REV_A, .at = SZ_4K - 1, .len = 2,
	  .fine = true },
	{ "B, too long", DAD_REV_B, SZ_1M, .len = SZ_64K + 1 },
	{ "B, across a boundary", DAD_REV_B, SZ_1M - 1, .len = 2 },
	{ "B, across a boundary, long", DAD_REV_B, SZ_1M + 1, .len = SZ_64K },
	{ "B, across 4 KiB", DAD_REV_B, .at = SZ_4K - 1, .len = 2,
	  .fine = true },
	{ "C, too long", DAD_REV_C, SZ_1M, .len = SZ_1M + 1, .large = true },
	{ "C, much too long", DAD_REV_C, SZ_1M, .len = ~0U },
	{ "C, across a boundary", DAD_REV_C, SZ_4G - 1, .len = 2 },
	{ "C, across another boundary", DAD_REV_C, 3 * SZ_4G - 1, .len = 2 },
	{ "C, across the last address", DAD_REV_C, ~0ULL, .len = 2 },
	{ "C, across 64 KiB", DAD_REV_C, .at = SZ_64K - 1, .len = 2,
	  .fine = true },
};

KUNIT_ARRAY_PARAM_DESC(desc_row, desc_rows, name);

static void desc_single(struct kunit *test)
{
	const struct desc_row *row = test->param_value;
	struct lab_rig *rig = desc_plug(test, row->revision, row->large ?
					SZ_2M : LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, SZ_128K);
	struct dad_desc desc = lab_rig_desc(row->addr ?: buffer->bus + row->at,
					    row->len,
					    DAD_DESC_TO_HOST | row->flags,
					    row->offset, DESC_TAG);

	desc.zero = cpu_to_le32(row->zero);
	desc_play(rig, DAD_REQUESTS, desc, row->fine);
	if (!row->fine)
		desc_expect_untouched(rig, buffer);
}

/* One that is refused leaves those round it alone. */
static void desc_among_others(struct kunit *test)
{
	struct lab_rig *rig = desc_plug(test, DAD_REV_C, LAB_RIG_MEMORY);
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;
	struct lab_rig_comp comp;
	unsigned int i;

	for (i = 0; i < 3; i++)
		lab_rig_put(rig, DAD_REQUESTS,
			    lab_rig_desc(bus, i == 1 ? 0 : 4, 0, 0, i));
	umlab_expect_violation(rig->dma.slot, UMLAB_VIOLATION_MODEL);
	lab_rig_ring(rig, DAD_REQUESTS);
	for (i = 0; i < 3; i++) {
		comp = lab_rig_take(rig, DAD_REQUESTS);
		KUNIT_EXPECT_EQ(test, comp.status, comp.tag == 1 ?
				DAD_COMP_DESC : DAD_COMP_OK);
		KUNIT_EXPECT_EQ(test, comp.len, comp.tag == 1 ? 0 : 4);
	}
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_INT_STATUS),
			DAD_INT_QUEUE(DAD_REQUESTS));
}

/**
 * struct desc_chain - a chain of two blocks, and three segments
 * @blocks: two pages; a block is at 0, the other at DESC_SECOND
 * @data: what the segments are in
 * @first: bus address of the first block
 * @len: bytes of all segments
 */
struct desc_chain {
	struct lab_rig_buffer *blocks;
	struct lab_rig_buffer *data;
	u64 first;
	u32 len;
};

/* One block with as many segments as there can be, of four bytes each */
static void desc_full_block(struct desc_chain *chain, size_t at)
{
	unsigned int i;

	lab_rig_block(chain->blocks, at, 0, DAD_BLOCK_SEGMENTS);
	for (i = 0; i < DAD_BLOCK_SEGMENTS; i++)
		lab_rig_segment(chain->blocks, at, i, chain->data->bus + 8 * i,
				4);
	chain->first = chain->blocks->bus + at;
	chain->len = 4 * DAD_BLOCK_SEGMENTS;
}

static struct dad_block *desc_block(struct desc_chain *chain, size_t at)
{
	return (void *)(chain->blocks->cpu + at);
}

static void desc_misaligned(struct desc_chain *chain)
{
	desc_full_block(chain, DAD_BLOCK_ALIGN / 2);
}

static void desc_crosses_page(struct desc_chain *chain)
{
	desc_full_block(chain, DAD_BLOCK_BOUNDARY - DAD_BLOCK_ALIGN);
}

static void desc_up_to_page(struct desc_chain *chain)
{
	desc_full_block(chain, DAD_BLOCK_BOUNDARY - sizeof(struct dad_block));
}

static void desc_aligned(struct desc_chain *chain)
{
	desc_full_block(chain, DAD_BLOCK_ALIGN);
}

static void desc_next_misaligned(struct desc_chain *chain)
{
	memmove(desc_block(chain, DESC_SECOND + DAD_BLOCK_ALIGN / 2),
		desc_block(chain, DESC_SECOND), sizeof(struct dad_block));
	lab_rig_block(chain->blocks, 0, chain->blocks->bus + DESC_SECOND +
		      DAD_BLOCK_ALIGN / 2, 2);
}

static void desc_no_segments(struct desc_chain *chain)
{
	lab_rig_block(chain->blocks, 0, 0, 0);
}

static void desc_next_no_segments(struct desc_chain *chain)
{
	lab_rig_block(chain->blocks, DESC_SECOND, 0, 0);
	chain->len = 300;
}

static void desc_many_segments(struct desc_chain *chain)
{
	desc_full_block(chain, 0);
	lab_rig_block(chain->blocks, 0, 0, DAD_BLOCK_SEGMENTS + 1);
}

static void desc_too_few_bytes(struct desc_chain *chain)
{
	chain->len++;
}

static void desc_too_many_bytes(struct desc_chain *chain)
{
	chain->len--;
}

/* All bytes are there with the first block, and it goes on. */
static void desc_goes_on(struct desc_chain *chain)
{
	chain->len = 300;
}

static void desc_loops(struct desc_chain *chain)
{
	lab_rig_block(chain->blocks, DESC_SECOND, chain->blocks->bus, 1);
}

static void desc_empty_segment(struct desc_chain *chain)
{
	lab_rig_segment(chain->blocks, 0, 1, chain->data->bus + 256, 0);
	chain->len = 150;
}

static void desc_long_segment(struct desc_chain *chain)
{
	lab_rig_segment(chain->blocks, DESC_SECOND, 0, chain->data->bus,
			SZ_4K + 1);
	chain->len = 300 + SZ_4K + 1;
}

static void desc_longest_segment(struct desc_chain *chain)
{
	lab_rig_segment(chain->blocks, DESC_SECOND, 0, chain->data->bus, SZ_4K);
	chain->len = 300 + SZ_4K;
}

static void desc_segment_crosses(struct desc_chain *chain)
{
	lab_rig_segment(chain->blocks, DESC_SECOND, 0, SZ_4G - 1, 50);
}

static void desc_block_reserved(struct desc_chain *chain)
{
	desc_block(chain, 0)->zero = cpu_to_le32(1);
}

static void desc_segment_reserved(struct desc_chain *chain)
{
	desc_block(chain, 0)->segments[1].zero = cpu_to_le32(1);
}

/**
 * struct desc_chain_row - what is done to a chain that is right
 * @name: the case
 * @revision: DAD_REV_*
 * @change: does it; NULL: nothing
 * @fine: nothing is wrong
 */
struct desc_chain_row {
	const char *name;
	u8 revision;
	void (*change)(struct desc_chain *chain);
	bool fine;
};

static const struct desc_chain_row desc_chain_rows[] = {
	{ "right", DAD_REV_C, NULL, true },
	{ "A, right", DAD_REV_A, NULL, true },
	{ "block at 16", DAD_REV_C, desc_misaligned },
	{ "block at 32", DAD_REV_C, desc_aligned, true },
	{ "block across 4 KiB", DAD_REV_C, desc_crosses_page },
	{ "block up to 4 KiB", DAD_REV_C, desc_up_to_page, true },
	{ "next block at 16", DAD_REV_C, desc_next_misaligned },
	{ "no segments", DAD_REV_C, desc_no_segments },
	{ "no segments in the next block", DAD_REV_C, desc_next_no_segments },
	{ "32 segments", DAD_REV_C, desc_many_segments },
	{ "a byte too few", DAD_REV_C, desc_too_few_bytes },
	{ "a byte too many", DAD_REV_C, desc_too_many_bytes },
	{ "a block too many", DAD_REV_C, desc_goes_on },
	{ "a chain without end", DAD_REV_C, desc_loops },
	{ "a segment of no bytes", DAD_REV_C, desc_empty_segment },
	{ "A, a segment that is too long", DAD_REV_A, desc_long_segment },
	{ "A, the longest segment", DAD_REV_A, desc_longest_segment, true },
	{ "C, a segment across a boundary", DAD_REV_C, desc_segment_crosses },
	{ "reserved word of a block", DAD_REV_C, desc_block_reserved },
	{ "reserved word of a segment", DAD_REV_C, desc_segment_reserved },
};

KUNIT_ARRAY_PARAM_DESC(desc_chain_row, desc_chain_rows, name);

static void desc_chained(struct kunit *test)
{
	const struct desc_chain_row *row = test->param_value;
	struct lab_rig *rig = desc_plug(test, row->revision, LAB_RIG_MEMORY);
	struct desc_chain chain = {
		.blocks = lab_rig_alloc(rig, 2 * PAGE_SIZE),
		.data = lab_rig_alloc(rig, 2 * PAGE_SIZE),
		.len = 350,
	};

	chain.first = chain.blocks->bus;
	lab_rig_block(chain.blocks, 0, chain.first + DESC_SECOND, 2);
	lab_rig_segment(chain.blocks, 0, 0, chain.data->bus, 100);
	lab_rig_segment(chain.blocks, 0, 1, chain.data->bus + 256, 200);
	lab_rig_block(chain.blocks, DESC_SECOND, 0, 1);
	lab_rig_segment(chain.blocks, DESC_SECOND, 0, chain.data->bus + 512, 50);
	if (row->change)
		row->change(&chain);
	desc_play(rig, DAD_REQUESTS,
		  lab_rig_desc(chain.first, chain.len,
			       DAD_DESC_TO_HOST | DAD_DESC_CHAIN, 0, DESC_TAG),
		  row->fine);
	if (!row->fine)
		desc_expect_untouched(rig, chain.data);
}

/**
 * struct desc_stream_row - a descriptor of the converter's
 * @name: the case
 * @len: bytes
 * @flags: DAD_DESC_*
 * @out: DAD_STREAM_OUT, or 0
 * @offset: on the board, where the converter has nothing
 * @fine: nothing is wrong
 */
struct desc_stream_row {
	const char *name;
	u32 len;
	u32 flags;
	u32 out;
	u64 offset;
	bool fine;
};

static const struct desc_stream_row desc_stream_rows[] = {
	{ "in", 4, DAD_DESC_TO_HOST, .fine = true },
	{ "out", 4, 0, DAD_STREAM_OUT, .fine = true },
	{ "no bytes", 0, DAD_DESC_TO_HOST },
	{ "half a sample", 6, DAD_DESC_TO_HOST },
	{ "a byte too many", 65, 0, DAD_STREAM_OUT },
	{ "an offset", 4, DAD_DESC_TO_HOST, .offset = 4 },
	{ "a chain", 4, DAD_DESC_TO_HOST | DAD_DESC_CHAIN },
	{ "from the host for the line in", 4, 0 },
	{ "to the host for the line out", 4, DAD_DESC_TO_HOST, DAD_STREAM_OUT },
};

KUNIT_ARRAY_PARAM_DESC(desc_stream_row, desc_stream_rows, name);

static void desc_stream(struct kunit *test)
{
	const struct desc_stream_row *row = test->param_value;
	struct lab_rig *rig = desc_plug(test, DAD_REV_C, LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);

	/* So that it would be a right one for a request */
	lab_rig_block(buffer, 0, 0, 1);
	lab_rig_segment(buffer, 0, 0, buffer->bus + SZ_2K, 4);
	lab_rig_enable(rig, DAD_STREAM, 16);
	lab_rig_write(rig, DAD_SAMPLE_NS, DAD_SAMPLE_MAX);
	lab_rig_write(rig, DAD_STREAM_CONTROL, row->out);
	desc_play(rig, DAD_STREAM,
		  lab_rig_desc(buffer->bus, row->len, row->flags, row->offset,
			       DESC_TAG), row->fine);
	lab_rig_write(rig, DAD_STREAM_CONTROL, 0);
}

static struct kunit_case desc_cases[] = {
	KUNIT_CASE_PARAM(desc_single, desc_row_gen_params),
	KUNIT_CASE(desc_among_others),
	KUNIT_CASE_PARAM(desc_chained, desc_chain_row_gen_params),
	KUNIT_CASE_PARAM(desc_stream, desc_stream_row_gen_params),
	{}
};

static struct kunit_suite desc_suite = {
	.name		= "umlab_dad_datasheet_desc",
	.test_cases	= desc_cases,
};

kunit_test_suite(desc_suite);
