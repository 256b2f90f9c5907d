// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: a board that does not answer
 *
 * What is under way when the driver loses patience has to end soon, and with an error.
 * Memory is given back only when the board cannot touch it any more: that is told by
 * the journal, and by what is in the memory long afterwards.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/poll.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "../drivers/dad/dad-ioctl.h"
#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_bed.h"
#include "lib/dad_ring.h"
#include "lib/node.h"

/* The driver's own timeout, and a short one, in ms */
#define RECOVER_TIMEOUT	2000
#define RECOVER_SHORT	100

/* A synchronous transfer that hangs */
static void recover_expect_late(struct lab_bed *bed, enum lab_bed_shape shape,
				bool write, s64 ms)
{
	ktime_t begin = ktime_get();

	lab_bed_hang(bed, true);
	KUNIT_EXPECT_EQ_MSG(bed->test, lab_bed_move(bed, shape, write), -EIO,
			    "%s", lab_bed_parts[shape].name);
	lab_bed_expect_within(bed, begin, ms);
}

/* Each shape, both ways: an error each time, and a reset each time */
static void recover_synchronous(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	unsigned int i;

	for (i = 0; i < 2 * LAB_BED_SHAPES; i++) {
		recover_expect_late(bed, i / 2, i % 2, 2 * RECOVER_TIMEOUT);
		lab_bed_count(bed, "timeouts", i + 1);
		lab_bed_count(bed, "resets", i + 1);
	}
	lab_bed_expect_left_alone(bed);
	lab_bed_works(bed);
	lab_bed_rest(bed);
	lab_bed_count(bed, "timeouts", i);
	lab_bed_count(bed, "bad_completions", 0);
}

static const struct umlab_event recover_reset =
	UMLAB_DID_WRITE(DAD_BAR_REGS, DAD_CONTROL, 4, DAD_CONTROL_RESET);

static const struct umlab_event recover_ready =
	UMLAB_DID_READ(DAD_BAR_REGS, DAD_STATUS, 4, DAD_STATUS_READY);

static const struct umlab_event recover_enable =
	UMLAB_DID_WRITE(DAD_BAR_REGS, DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL, 4,
			DAD_Q_ENABLE);

static const struct umlab_event recover_unmap = UMLAB_DID_ANY(UMLAB_UNMAP);
static const struct umlab_event recover_reads = UMLAB_DID_ANY(UMLAB_DMA_READ);
static const struct umlab_event recover_writes = UMLAB_DID_ANY(UMLAB_DMA_WRITE);

/*
 * Reset, then READY, and only then is anything unmapped. From the reset until a queue
 * is enabled again the board does not access memory.
 */
static void recover_expect_order(const struct lab_bed *bed, u64 begin)
{
	u64 reset = lab_bed_first(bed, begin, recover_reset);
	u64 ready = lab_bed_first(bed, reset, recover_ready);
	u64 enable = lab_bed_first(bed, reset, recover_enable);
	u64 unmap = lab_bed_first(bed, begin, recover_unmap);

	KUNIT_EXPECT_LT(bed->test, reset, ready);
	KUNIT_EXPECT_LT(bed->test, ready, unmap);
	KUNIT_EXPECT_LT(bed->test, unmap, U64_MAX);
	KUNIT_EXPECT_LT(bed->test, ready, enable);
	KUNIT_EXPECT_LT(bed->test, enable, U64_MAX);
	KUNIT_EXPECT_GE(bed->test, lab_bed_first(bed, reset, recover_reads),
			enable);
	KUNIT_EXPECT_GE(bed->test, lab_bed_first(bed, reset, recover_writes),
			enable);
}

/* All that is under way goes down together, in one reset. */
static void recover_in_flight(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	ktime_t start = ktime_get();
	u64 begin;

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	begin = umlab_journal_now();
	lab_bed_wait_all(bed, -EIO);
	lab_bed_expect_within(bed, start, 2 * RECOVER_TIMEOUT);
	recover_expect_order(bed, begin);
	lab_bed_count(bed, "timeouts", 1);
	lab_bed_count(bed, "resets", 1);
	lab_bed_rest(bed);
	lab_bed_expect_left_alone(bed);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* All slots hang. One more, that waited for a slot, hangs in its turn. */
static void recover_all_slots(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	ktime_t begin = ktime_get();

	lab_bed_hang(bed, true);
	lab_bed_fill_slots(bed);
	KUNIT_EXPECT_EQ(test, lab_bed_move(bed, LAB_BED_LIST, false), -EIO);
	lab_bed_empty_slots(bed, -EIO);
	lab_bed_expect_within(bed, begin, 4 * RECOVER_TIMEOUT);
	lab_bed_hang(bed, false);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* One that is late takes along one that is not, in the same reset. */
static void recover_the_young(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);

	lab_bed_hang(bed, true);
	KUNIT_ASSERT_EQ(test, lab_bed_submit(bed, 0, LAB_BED_PAGE, false),
			-EIOCBQUEUED);
	msleep(RECOVER_TIMEOUT * 3 / 4);
	KUNIT_EXPECT_FALSE(test, completion_done(&bed->aio[0].done));
	KUNIT_ASSERT_EQ(test, lab_bed_submit(bed, 1, LAB_BED_LIST, false),
			-EIOCBQUEUED);
	KUNIT_EXPECT_EQ(test, lab_dad_wait(&bed->aio[0]), -EIO);
	KUNIT_EXPECT_EQ(test, lab_dad_wait(&bed->aio[1]), -EIO);
	lab_bed_hang(bed, false);
	lab_bed_works(bed);
	lab_bed_rest(bed);
	lab_bed_count(bed, "resets", 1);
}

/* What cannot be set is refused, and what is set is kept to: not earlier, not later. */
static void recover_timeout_ms(struct kunit *test)
{
	static const char *const bad[] = { "0", "60001", "-1", "soon" };
	struct lab_bed *bed = lab_bed_plug(test);
	const char *attr = lab_dad_attr(&bed->dad, "timeout_ms");
	ktime_t begin;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, lab_attr_read(test, attr), RECOVER_TIMEOUT);
	lab_bed_timeout(bed, RECOVER_SHORT);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_attr_write(test, attr, bad[i]),
				    -EINVAL, "\"%s\"", bad[i]);
	KUNIT_EXPECT_EQ(test, lab_attr_read(test, attr), RECOVER_SHORT);
	begin = ktime_get();
	recover_expect_late(bed, LAB_BED_LIST, false, 2 * RECOVER_SHORT);
	if (umlab_time_is_virtual())
		KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), begin),
				RECOVER_SHORT - MSEC_PER_SEC / HZ);
	lab_bed_hang(bed, false);
	lab_bed_works(bed);
}

/* What is slow, but not too slow, is waited for: alone, and one after the other. */
static void recover_is_patient(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	unsigned int i;

	umlab_set_completion(bed->dad.slot, UMLAB_COMPLETE_DELAYED,
			     (RECOVER_TIMEOUT - 100) * (u64)NSEC_PER_MSEC);
	for (i = 0; i < LAB_BED_SHAPES; i++)
		lab_bed_expect_read(bed, i);
	umlab_set_completion(bed->dad.slot, UMLAB_COMPLETE_DELAYED,
			     RECOVER_TIMEOUT / 3 * (u64)NSEC_PER_MSEC);
	for (i = 0; i < 5; i++)
		lab_bed_expect_write(bed, LAB_BED_PAGE);
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_count(bed, "resets", 0);
	lab_bed_count(bed, "lost_interrupts", 0);
}

/* However often: nothing is lost by it, and indexes start anew each time. */
static void recover_often(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	unsigned int i;

	lab_bed_timeout(bed, 10);
	for (i = 0; i < 30; i++) {
		recover_expect_late(bed, i % LAB_BED_SHAPES, i % 2,
				    RECOVER_SHORT);
		lab_bed_hang(bed, false);
		lab_bed_expect_read(bed, LAB_BED_LIST);
		lab_bed_rest(bed);
	}
	lab_bed_count(bed, "resets", i);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

static void recover_expect_stream(const struct lab_ring *ring, u32 state)
{
	struct kunit *test = ring->dad->test;
	unsigned int failed = state == DAD_STATE_FAILED ? POLLERR : 0;

	KUNIT_EXPECT_EQ(test, lab_ring_look(ring).state, state);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(ring->file) & POLLERR, failed);
}

static struct lab_ring recover_start(struct lab_bed *bed)
{
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 4);
	struct lab_ring ring = lab_ring_make(&bed->dad, shape);

	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	return ring;
}

/* A stream that runs meanwhile has failed; stopped and started, it runs again. */
static void recover_stream(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct lab_ring ring;

	lab_bed_timeout(bed, 10);
	ring = recover_start(bed);
	recover_expect_late(bed, LAB_BED_PAGE, false, RECOVER_SHORT);
	lab_bed_hang(bed, false);
	recover_expect_stream(&ring, DAD_STATE_FAILED);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&ring, 1), -EPIPE);
	lab_ring_expect_quiet(&ring);
	lab_ring_stop(&ring);
	recover_expect_stream(&ring, DAD_STATE_STOPPED);
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 3);
	recover_expect_stream(&ring, DAD_STATE_RUNNING);
	lab_ring_stop(&ring);
	lab_ring_close(&ring);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* A queue that does not stop is reset; its ring is freed only then. By close(), too */
static void recover_stream_stuck(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct lab_ring ring = recover_start(bed);

	umlab_dad_behave(bed->dad.slot, &(struct umlab_dad_manners) {
		.stuck = UMLAB_DAD_STUCK_STOP,
	});
	lab_ring_stop(&ring);
	lab_bed_count(bed, "resets", 1);
	recover_expect_stream(&ring, DAD_STATE_STOPPED);
	lab_bed_works(bed);
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 2);
	lab_ring_close(&ring);
	lab_bed_count(bed, "resets", 2);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* What is under way when a stream does not stop ends with an error, and ends. */
static void recover_stream_stuck_in_flight(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct lab_ring ring = recover_start(bed);

	umlab_dad_behave(bed->dad.slot, &(struct umlab_dad_manners) {
		.stuck = UMLAB_DAD_STUCK_STOP,
	});
	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	lab_ring_stop(&ring);
	lab_bed_wait_all(bed, -EIO);
	lab_bed_count(bed, "timeouts", 0);
	lab_ring_close(&ring);
	lab_bed_expect_left_alone(bed);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

static struct kunit_case recover_cases[] = {
	KUNIT_CASE_PARAM(recover_synchronous, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(recover_in_flight, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(recover_all_slots, umlab_topology_gen_params),
	KUNIT_CASE(recover_the_young),
	KUNIT_CASE(recover_timeout_ms),
	KUNIT_CASE(recover_is_patient),
	KUNIT_CASE(recover_often),
	KUNIT_CASE_PARAM(recover_stream, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(recover_stream_stuck, umlab_topology_gen_params),
	KUNIT_CASE(recover_stream_stuck_in_flight),
	{}
};

static struct kunit_suite recover_suite = {
	.name		= "umlab_dad_recover",
	.test_cases	= recover_cases,
};

kunit_test_suite(recover_suite);
