// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated dad board against its datasheet: what its queues do, and how they end
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "lib/dad_rig.h"

/* Requests of four bytes each, side by side on the board and in a buffer */
static struct dad_desc queue_desc(const struct lab_rig_buffer *buffer,
				  unsigned int i)
{
	return lab_rig_desc(buffer->bus + 4 * i, 4, DAD_DESC_TO_HOST, 4 * i, i);
}

/* Expect so many completions, one for each tag, in whatever order */
static void queue_expect_all(struct lab_rig *rig, unsigned int count)
{
	struct kunit *test = rig->dma.test;
	DECLARE_BITMAP(seen, DAD_QUEUE_MAX) = { };
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct lab_rig_comp comp = lab_rig_take(rig, DAD_REQUESTS);

		KUNIT_ASSERT_LT(test, comp.tag, count);
		KUNIT_EXPECT_FALSE_MSG(test, test_bit(comp.tag, seen),
				       "tag %u is completed twice", comp.tag);
		__set_bit(comp.tag, seen);
		KUNIT_EXPECT_EQ(test, comp.len, 4);
		KUNIT_EXPECT_EQ(test, comp.status, DAD_COMP_OK);
	}
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 0);
}

#define QUEUE_MANY	40

/* All indexes go past 2^32, and the rings are gone through several times. */
static void queue_wraps(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_queue *queue = &rig->queue[DAD_REQUESTS];
	unsigned int i;

	lab_dma_fill(rig->memory, 4 * QUEUE_MANY, 1);
	lab_rig_enable(rig, DAD_REQUESTS, 8);
	for (i = 0; i < QUEUE_MANY; i++) {
		lab_rig_post(rig, DAD_REQUESTS, queue_desc(buffer, i));
		lab_rig_expect(rig, DAD_REQUESTS, i, 4, DAD_COMP_OK);
		KUNIT_EXPECT_EQ(test, lab_rig_fetched(rig, DAD_REQUESTS), i + 1);
	}
	KUNIT_EXPECT_EQ(test, le32_to_cpu(queue->index->completed),
			LAB_RIG_START + QUEUE_MANY);
	KUNIT_EXPECT_LT(test, le32_to_cpu(queue->index->completed),
			LAB_RIG_START);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer->cpu, 4 * QUEUE_MANY, 1));
}

/* Rings of the least and the largest size, full: each entry is used. */
static void queue_full(struct kunit *test)
{
	static const u32 sizes[] = { 2, 16, DAD_QUEUE_MAX };
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i, n;

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_DELAYED,
			     LAB_RIG_DELAY);
	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		lab_dma_fill(rig->memory, 4 * sizes[n], n + 1);
		lab_rig_enable(rig, DAD_REQUESTS, sizes[n]);
		for (i = 0; i < sizes[n]; i++)
			lab_rig_put(rig, DAD_REQUESTS, queue_desc(buffer, i));
		lab_rig_ring(rig, DAD_REQUESTS);
		queue_expect_all(rig, sizes[n]);
		KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer->cpu,
						      4 * sizes[n], n + 1));
		lab_rig_stop(rig, DAD_REQUESTS);
	}
}

/* Room that the CPU has made by taking one completion is room for one. */
static void queue_stays_full(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i;

	lab_rig_enable(rig, DAD_REQUESTS, 4);
	for (i = 0; i < 4; i++)
		lab_rig_put(rig, DAD_REQUESTS, queue_desc(buffer, i));
	lab_rig_ring(rig, DAD_REQUESTS);
	for (; i < QUEUE_MANY; i++) {
		KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 4);
		lab_rig_expect(rig, DAD_REQUESTS, i - 4, 4, DAD_COMP_OK);
		lab_rig_post(rig, DAD_REQUESTS, queue_desc(buffer, i));
	}
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 4);
}

/* Where the indexes start does not matter. */
static void queue_starts(struct kunit *test)
{
	static const u32 starts[] = { 0, 1, 0x7ffffffe, ~0U };
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_queue *queue = &rig->queue[DAD_REQUESTS];
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(starts); n++) {
		lab_rig_prepare(rig, DAD_REQUESTS, 4);
		queue->start = starts[n];
		queue->producer = starts[n];
		queue->consumer = starts[n];
		queue->index->fetched = cpu_to_le32(starts[n]);
		queue->index->completed = cpu_to_le32(starts[n]);
		lab_rig_program(rig, DAD_REQUESTS);
		lab_rig_write(rig, DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL,
			      DAD_Q_ENABLE);
		for (i = 0; i < 6; i++) {
			lab_rig_post(rig, DAD_REQUESTS, queue_desc(buffer, i));
			lab_rig_expect(rig, DAD_REQUESTS, i, 4, DAD_COMP_OK);
		}
		lab_rig_stop(rig, DAD_REQUESTS);
	}
}

/* Post three requests that the board does not complete; the first has tag 0 */
static void queue_post_held(struct lab_rig *rig)
{
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i;

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	for (i = 0; i < 3; i++)
		lab_rig_put(rig, DAD_REQUESTS, queue_desc(buffer, i));
	lab_rig_ring(rig, DAD_REQUESTS);
}

/* The one that is aborted is completed as such, the others go on. */
static void queue_aborts(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_comp one, other;

	queue_post_held(rig);
	lab_rig_write(rig, DAD_ABORT, 1);
	lab_rig_expect(rig, DAD_REQUESTS, 1, 0, DAD_COMP_ABORTED);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 0);
	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	one = lab_rig_take(rig, DAD_REQUESTS);
	other = lab_rig_take(rig, DAD_REQUESTS);
	KUNIT_EXPECT_EQ(test, min(one.tag, other.tag), 0);
	KUNIT_EXPECT_EQ(test, max(one.tag, other.tag), 2);
	KUNIT_EXPECT_EQ(test, one.status, DAD_COMP_OK);
	KUNIT_EXPECT_EQ(test, other.status, DAD_COMP_OK);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 0);
}

/* What is not under way cannot be aborted: neither done, nor never given. */
static void queue_aborts_nothing(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);

	lab_rig_write(rig, DAD_ABORT, 3);
	lab_rig_expect_works(rig);
	lab_rig_write(rig, DAD_ABORT, 3);
	lab_rig_write(rig, DAD_ABORT, ~0U);
	usleep_range(1000, 1001);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 0);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), DAD_STATUS_READY);
}

/* A queue that is stopped forgets, and then memory is the host's again. */
static void queue_stops(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);

	queue_post_held(rig);
	lab_rig_stop(rig, DAD_REQUESTS);
	lab_rig_free(rig, rig->queue[DAD_REQUESTS].rings);
	lab_rig_expect_quiet(rig);
	lab_rig_expect_works(rig);
}

/* Neither queue minds what becomes of the other. */
static void queue_stops_alone(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);

	lab_rig_enable(rig, DAD_STREAM, 16);
	queue_post_held(rig);
	lab_rig_stop(rig, DAD_STREAM);
	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	queue_expect_all(rig, 3);
}

/* A segment where memory fails: the request's error, and nobody else's */
static void queue_bus_error(struct kunit *test)
{
	static const u32 flags[] = { 0, DAD_DESC_TO_HOST };
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_comp comp;
	unsigned int i;

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		lab_rig_faults(rig, buffer->bus + 100);
		lab_rig_post(rig, DAD_REQUESTS,
			     lab_rig_desc(buffer->bus, 200, flags[i], 0, 1));
		comp = lab_rig_take(rig, DAD_REQUESTS);
		KUNIT_EXPECT_EQ(test, comp.tag, 1);
		KUNIT_EXPECT_EQ(test, comp.status, DAD_COMP_BUS);
		KUNIT_EXPECT_LE(test, comp.len, 100);
		lab_rig_post(rig, DAD_REQUESTS,
			     lab_rig_desc(buffer->bus + 101, 200, flags[i], 0,
					  2));
		lab_rig_expect(rig, DAD_REQUESTS, 2, 200, DAD_COMP_OK);
		KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS),
				DAD_STATUS_READY);
	}
}

/**
 * struct queue_fault - memory that fails, and is more than a request's
 * @name: what is there
 * @where: finds its bus address
 */
struct queue_fault {
	const char *name;
	dma_addr_t (*where)(const struct lab_rig_queue *queue,
			    const struct lab_rig_buffer *block);
};

static dma_addr_t queue_fault_desc(const struct lab_rig_queue *queue,
				   const struct lab_rig_buffer *block)
{
	return queue->desc_bus +
	       (queue->start & (queue->size - 1)) * sizeof(struct dad_desc);
}

static dma_addr_t queue_fault_comp(const struct lab_rig_queue *queue,
				   const struct lab_rig_buffer *block)
{
	return queue->comp_bus +
	       (queue->start & (queue->size - 1)) * sizeof(struct dad_comp);
}

static dma_addr_t queue_fault_index(const struct lab_rig_queue *queue,
				    const struct lab_rig_buffer *block)
{
	return queue->index_bus + offsetof(struct dad_index, completed);
}

static dma_addr_t queue_fault_block(const struct lab_rig_queue *queue,
				    const struct lab_rig_buffer *block)
{
	return block->bus;
}

static const struct queue_fault queue_faults[] = {
	{ "descriptor", queue_fault_desc },
	{ "completion", queue_fault_comp },
	{ "index", queue_fault_index },
	{ "block", queue_fault_block },
};

KUNIT_ARRAY_PARAM_DESC(queue_fault, queue_faults, name);

/* Section 7: the board says so, and does nothing until it is reset. */
static void queue_fails(struct kunit *test)
{
	const struct queue_fault *fault = test->param_value;
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	struct dad_desc desc = lab_rig_desc(buffer->bus, 8, DAD_DESC_CHAIN, 0, 1);

	lab_rig_block(buffer, 0, 0, 1);
	lab_rig_segment(buffer, 0, 0, buffer->bus + SZ_1K, 8);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_enable(rig, DAD_STREAM, 16);
	lab_rig_faults(rig, fault->where(&rig->queue[DAD_REQUESTS], buffer));
	lab_rig_post(rig, DAD_REQUESTS, desc);
	KUNIT_EXPECT_TRUE(test, lab_rig_reads(rig, DAD_STATUS, DAD_STATUS_ERROR,
					      DAD_STATUS_ERROR));
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_INT_STATUS), DAD_INT_ERROR);
	lab_rig_faults(rig, 0);
	lab_rig_post(rig, DAD_REQUESTS, desc);
	lab_rig_post(rig, DAD_STREAM, queue_desc(buffer, 0));
	lab_rig_expect_quiet(rig);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 0);
	lab_rig_reset(rig);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), DAD_STATUS_READY);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_INT_STATUS), 0);
	lab_rig_expect_works(rig);
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE_PARAM(queue_wraps, umlab_topology_gen_params),
	KUNIT_CASE(queue_full),
	KUNIT_CASE(queue_stays_full),
	KUNIT_CASE(queue_starts),
	KUNIT_CASE_PARAM(queue_aborts, umlab_topology_gen_params),
	KUNIT_CASE(queue_aborts_nothing),
	KUNIT_CASE_PARAM(queue_stops, umlab_topology_gen_params),
	KUNIT_CASE(queue_stops_alone),
	KUNIT_CASE_PARAM(queue_bus_error, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(queue_fails, queue_fault_gen_params),
	{}
};

static struct kunit_suite queue_suite = {
	.name		= "umlab_dad_board_queue",
	.test_cases	= queue_cases,
};

kunit_test_suite(queue_suite);
