// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated dad board against its datasheet: the converter
 *
 * Most run at the slowest pace, a sample in a ms: then the time that it takes to read
 * registers does not count.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/string.h>

#include "lib/dad_rig.h"

#define STREAM_IN	(DAD_DESC_TO_HOST | DAD_DESC_IRQ)
#define STREAM_OUT	DAD_DESC_IRQ

/* A buffer, unless a case says otherwise: so many bytes, samples, and ms */
#define STREAM_BYTES	64
#define STREAM_SAMPLES	(STREAM_BYTES / 4)
#define STREAM_MS	STREAM_SAMPLES

static void stream_sleep(unsigned int ms)
{
	usleep_range(1000 * ms, 1000 * ms + 1);
}

static void stream_run(const struct lab_rig *rig, u32 sample_ns, u32 out)
{
	lab_rig_write(rig, DAD_SAMPLE_NS, sample_ns);
	lab_rig_write(rig, DAD_STREAM_CONTROL, DAD_STREAM_RUN | out);
}

static void stream_halt(const struct lab_rig *rig)
{
	lab_rig_write(rig, DAD_STREAM_CONTROL, 0);
}

/* Post buffers of STREAM_BYTES; the n-th has tag n, and so has its place */
static void stream_post(struct lab_rig *rig, const struct lab_rig_buffer *buffer,
			unsigned int first, unsigned int count, u32 flags)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		lab_rig_put(rig, DAD_STREAM,
			    lab_rig_desc(buffer->bus + i * STREAM_BYTES,
					 STREAM_BYTES, flags, 0, i));
	lab_rig_ring(rig, DAD_STREAM);
}

static void stream_expect(struct lab_rig *rig, u32 tag)
{
	lab_rig_expect(rig, DAD_STREAM, tag, STREAM_BYTES, DAD_COMP_OK);
}

/* Expect samples that count up */
static void stream_expect_samples(struct lab_rig *rig,
				  const struct lab_rig_buffer *buffer,
				  unsigned int count, u32 first)
{
	const __le32 *samples = (const __le32 *)buffer->cpu;
	unsigned int i;

	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ_MSG(rig->dma.test, le32_to_cpu(samples[i]),
				    first + i, "sample %u", i);
}

/* A board with the converter's queue enabled, in no topology in particular */
static struct lab_rig *stream_plug(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);

	lab_rig_enable(rig, DAD_STREAM, 16);
	return rig;
}

/* The line in: each sample is its own number, and no buffer has another's. */
static void stream_in(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);
	unsigned int i;

	lab_rig_map(rig, buffer, DMA_FROM_DEVICE);
	lab_rig_enable(rig, DAD_STREAM, 16);
	stream_post(rig, buffer, 0, 4, STREAM_IN);
	stream_run(rig, 1000, 0);
	for (i = 0; i < 4; i++)
		stream_expect(rig, i);
	stream_halt(rig);
	lab_rig_unmap(rig, buffer);
	stream_expect_samples(rig, buffer, 4 * STREAM_SAMPLES, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer->cpu + 4 * STREAM_BYTES, 0,
					   PAGE_SIZE - 4 * STREAM_BYTES));
}

/* The line out: what is in the buffers is sent, once and in their order. */
static void stream_out(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);
	u8 sent[4 * STREAM_BYTES] = { };
	unsigned int i;

	lab_dma_fill(buffer->cpu, PAGE_SIZE, 1);
	lab_rig_map(rig, buffer, DMA_TO_DEVICE);
	lab_rig_enable(rig, DAD_STREAM, 16);
	stream_post(rig, buffer, 0, 4, STREAM_OUT);
	stream_run(rig, 1000, DAD_STREAM_OUT);
	for (i = 0; i < 4; i++)
		stream_expect(rig, i);
	stream_halt(rig);
	lab_rig_unmap(rig, buffer);
	KUNIT_EXPECT_EQ(test, umlab_dad_sent(rig->dma.slot, sent, sizeof(sent)),
			sizeof(sent));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(sent, sizeof(sent), 1));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer->cpu, PAGE_SIZE, 1));
}

/* More than the board remembers goes out, and the newest is what it has. */
static void stream_out_long(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, SZ_8K);
	u8 *sent = kunit_kzalloc(test, UMLAB_DAD_SENT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sent);
	lab_dma_fill(buffer->cpu + SZ_8K - UMLAB_DAD_SENT, UMLAB_DAD_SENT, 1);
	lab_rig_post(rig, DAD_STREAM,
		     lab_rig_desc(buffer->bus, SZ_8K, STREAM_OUT, 0, 0));
	stream_run(rig, DAD_SAMPLE_MIN, DAD_STREAM_OUT);
	lab_rig_expect(rig, DAD_STREAM, 0, SZ_8K, DAD_COMP_OK);
	stream_halt(rig);
	KUNIT_EXPECT_EQ(test, SZ_8K, umlab_dad_sent(rig->dma.slot, sent,
						    UMLAB_DAD_SENT));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(sent, UMLAB_DAD_SENT, 1));
}

/* A buffer is completed when its time is over, not before and not much later. */
static void stream_pace(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i;

	stream_post(rig, buffer, 0, 3, STREAM_IN);
	stream_run(rig, DAD_SAMPLE_MAX, 0);
	stream_sleep(STREAM_MS / 2);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_STREAM), i);
		stream_sleep(STREAM_MS);
	}
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_STREAM), 3);
	stream_halt(rig);
}

/* Buffers may have any number of samples, and of bytes before them. */
static void stream_sizes(struct kunit *test)
{
	static const u32 sizes[] = { 4, 8, 20, 4, 1000 };
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	u32 at = 1, sample = 0, i;
	__le32 got;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		lab_rig_put(rig, DAD_STREAM,
			    lab_rig_desc(buffer->bus + at, sizes[i], STREAM_IN,
					 0, i));
		at += sizes[i] + 1;
	}
	lab_rig_ring(rig, DAD_STREAM);
	stream_run(rig, 100, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		lab_rig_expect(rig, DAD_STREAM, i, sizes[i], DAD_COMP_OK);
	stream_halt(rig);
	for (i = 0, at = 1; i < ARRAY_SIZE(sizes); i++) {
		memcpy(&got, buffer->cpu + at, sizeof(got));
		KUNIT_EXPECT_EQ(test, le32_to_cpu(got), sample);
		sample += sizes[i] / 4;
		memcpy(&got, buffer->cpu + at + sizes[i] - 4, sizeof(got));
		KUNIT_EXPECT_EQ(test, le32_to_cpu(got), sample - 1);
		KUNIT_EXPECT_EQ(test, buffer->cpu[at - 1], 0);
		at += sizes[i] + 1;
	}
}

/* No buffer: as many samples as the last one had are lost, again and again. */
static void stream_overrun(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	u32 before, first;

	stream_post(rig, buffer, 0, 2, STREAM_IN);
	stream_run(rig, DAD_SAMPLE_MAX, 0);
	stream_sleep(STREAM_MS * 3 / 2);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_OVERRUNS), 0);
	KUNIT_EXPECT_FALSE(test, lab_rig_read(rig, DAD_INT_STATUS) &
			   DAD_INT_OVERRUN);
	stream_sleep(STREAM_MS * 5);
	stream_expect(rig, 0);
	stream_expect(rig, 1);
	KUNIT_EXPECT_TRUE(test, lab_rig_read(rig, DAD_INT_STATUS) &
			  DAD_INT_OVERRUN);
	before = lab_rig_read(rig, DAD_OVERRUNS);
	KUNIT_EXPECT_GE(test, before, 4);
	KUNIT_EXPECT_LE(test, before, 5);
	stream_post(rig, buffer, 2, 1, STREAM_IN);
	stream_sleep(STREAM_MS * 2);
	stream_expect(rig, 2);
	stream_halt(rig);
	first = le32_to_cpu(*(__le32 *)(buffer->cpu + 2 * STREAM_BYTES));
	KUNIT_EXPECT_EQ(test, first % STREAM_SAMPLES, 0);
	/* The one that was under way may be counted at its begin or its end. */
	KUNIT_EXPECT_GE(test, first / STREAM_SAMPLES, 2 + before);
	KUNIT_EXPECT_LE(test, first / STREAM_SAMPLES, 2 + before + 1);
}

/* On the line out it is silent meanwhile, and until the first buffer no overrun. */
static void stream_silence(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	u8 sent[2 * STREAM_BYTES] = { };

	lab_dma_fill(buffer->cpu, PAGE_SIZE, 1);
	stream_run(rig, DAD_SAMPLE_MAX, DAD_STREAM_OUT);
	stream_sleep(5 * STREAM_MS);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_OVERRUNS), 0);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_INT_STATUS), 0);
	stream_post(rig, buffer, 0, 1, STREAM_OUT);
	stream_sleep(5 * STREAM_MS);
	stream_expect(rig, 0);
	KUNIT_EXPECT_GE(test, lab_rig_read(rig, DAD_OVERRUNS), 2);
	stream_post(rig, buffer, 1, 1, STREAM_OUT);
	stream_sleep(3 * STREAM_MS);
	stream_expect(rig, 1);
	stream_halt(rig);
	KUNIT_EXPECT_EQ(test, umlab_dad_sent(rig->dma.slot, sent, sizeof(sent)),
			sizeof(sent));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(sent, sizeof(sent), 1));
}

/* Stopped, the converter leaves the buffer under way as it is; then all is anew. */
static void stream_stops(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);

	stream_post(rig, buffer, 0, 2, STREAM_IN);
	stream_run(rig, DAD_SAMPLE_MAX, 0);
	stream_sleep(STREAM_MS * 3 / 2);
	stream_halt(rig);
	stream_expect(rig, 0);
	lab_rig_expect_quiet(rig);
	stream_sleep(STREAM_MS * 5);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_STREAM), 0);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STREAM_CONTROL), 0);
	lab_rig_stop(rig, DAD_STREAM);
	lab_rig_enable(rig, DAD_STREAM, 16);
	memset(buffer->cpu, 0xff, PAGE_SIZE);
	stream_post(rig, buffer, 0, 1, STREAM_IN);
	stream_run(rig, 1000, 0);
	stream_expect(rig, 0);
	stream_halt(rig);
	stream_expect_samples(rig, buffer, STREAM_SAMPLES, 0);
}

/* Overruns are counted from zero when it is started again. */
static void stream_counts_anew(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);

	stream_post(rig, buffer, 0, 1, STREAM_IN);
	stream_run(rig, DAD_SAMPLE_MAX, 0);
	stream_sleep(STREAM_MS * 4);
	stream_halt(rig);
	KUNIT_EXPECT_GE(test, lab_rig_read(rig, DAD_OVERRUNS), 2);
	stream_expect(rig, 0);
	stream_post(rig, buffer, 1, 2, STREAM_IN);
	stream_run(rig, DAD_SAMPLE_MAX, 0);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_OVERRUNS), 0);
	stream_halt(rig);
}

/* Buffers that come while it runs, several times round the ring, in order */
static void stream_keeps_up(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i;

	lab_rig_enable(rig, DAD_STREAM, 4);
	stream_post(rig, buffer, 0, 4, STREAM_IN);
	stream_run(rig, DAD_SAMPLE_MAX, 0);
	for (i = 0; i < 16; i++) {
		stream_sleep(STREAM_MS);
		stream_expect(rig, i);
		if (i < 12)
			stream_post(rig, buffer, i + 4, 1, STREAM_IN);
	}
	stream_halt(rig);
	stream_expect_samples(rig, buffer, 16 * STREAM_SAMPLES, 0);
}

/* A buffer where memory fails is completed as such, and the converter goes on. */
static void stream_bus_error(struct kunit *test)
{
	struct lab_rig *rig = stream_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_comp comp;

	lab_rig_faults(rig, buffer->bus + 4);
	stream_post(rig, buffer, 0, 2, STREAM_IN);
	stream_run(rig, 1000, 0);
	comp = lab_rig_take(rig, DAD_STREAM);
	KUNIT_EXPECT_EQ(test, comp.tag, 0);
	KUNIT_EXPECT_EQ(test, comp.status, DAD_COMP_BUS);
	KUNIT_EXPECT_LE(test, comp.len, 4);
	stream_expect(rig, 1);
	stream_halt(rig);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), DAD_STATUS_READY);
}

static struct kunit_case stream_cases[] = {
	KUNIT_CASE_PARAM(stream_in, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(stream_out, umlab_topology_gen_params),
	KUNIT_CASE(stream_out_long),
	KUNIT_CASE(stream_pace),
	KUNIT_CASE(stream_sizes),
	KUNIT_CASE(stream_overrun),
	KUNIT_CASE(stream_silence),
	KUNIT_CASE(stream_stops),
	KUNIT_CASE(stream_counts_anew),
	KUNIT_CASE_PARAM(stream_keeps_up, umlab_topology_gen_params),
	KUNIT_CASE(stream_bus_error),
	{}
};

static struct kunit_suite stream_suite = {
	.name		= "umlab_dad_board_stream",
	.test_cases	= stream_cases,
};

kunit_test_suite(stream_suite);
