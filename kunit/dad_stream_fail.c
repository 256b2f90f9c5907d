// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: streams that end before they are stopped
 *
 * However one ends, the board is at rest before its memory is given back.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/poll.h>
#include <umlab/dad.h>
#include <umlab/machine.h>
#include <umlab/model.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/frames.h"
#include "lib/klog.h"
#include "lib/space.h"

/* How long a stream that is to fail may run, in blocks */
#define FAIL_PATIENCE	64

#define FAIL_STOP	(DAD_Q(DAD_STREAM) + DAD_Q_CONTROL)

/* Let the stream run until it fails; the board is given all that it can be given. */
static struct dad_advance fail_wait(const struct lab_ring *ring)
{
	struct kunit *test = ring->dad->test;
	struct dad_advance seen = lab_ring_look(ring);
	unsigned int i;

	for (i = 0; i < FAIL_PATIENCE && seen.state == DAD_STATE_RUNNING; i++) {
		lab_ring_sleep(ring, 1);
		seen = lab_ring_look(ring);
		/* It may have failed since then. */
		if (seen.state == DAD_STATE_RUNNING)
			lab_ring_try_give(ring, ring->shape.blocks + seen.done -
						seen.given);
	}
	KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_FAILED);
	KUNIT_EXPECT_TRUE(test, lab_dad_poll(ring->file) & POLLERR);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(ring, 1), -EPIPE);
	return seen;
}

/* The stream starts again, and at 0. */
static void fail_expect_restart(const struct lab_ring *ring)
{
	u64 block;

	lab_ring_stop(ring);
	for (block = 0; block < 2; block++)
		lab_ring_fill(ring, block + ring->shape.blocks);
	lab_ring_start(ring);
	KUNIT_EXPECT_FALSE(ring->dad->test,
			   lab_dad_poll(ring->file) & POLLERR);
	lab_ring_wait(ring, 2);
	for (block = 0; block < 2; block++)
		lab_ring_expect(ring, block, 0);
	lab_ring_stop(ring);
}

/* A new file has a stream. */
static void fail_expect_runs(const struct lab_dad *dad)
{
	struct lab_ring ring = lab_ring_short(dad, DAD_RING_IN, 4);

	lab_dad_expect_state(dad, "running");
	fail_expect_restart(&ring);
	lab_ring_close(&ring);
}

/* A block that cannot be written ends the stream, and nothing else. */
static void fail_block(struct kunit *test)
{
	struct umlab_faults faults = {};
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	const __le32 *memory = (const __le32 *)dad.memory;
	struct file *file = lab_dad_open(&dad, O_RDWR);
	struct lab_frame frame;

	/* Bus addresses are physical ones here. */
	KUNIT_ASSERT_TRUE(test, lab_frame_at(ring.addr, &frame));
	faults.dma_fault = PFN_PHYS(frame.pfn) + DAD_BLOCK_MIN;
	umlab_set_faults(dad.slot, &faults);
	lab_ring_start(&ring);
	KUNIT_EXPECT_EQ(test, fail_wait(&ring).done, 1);
	lab_ring_expect(&ring, 0, 0);
	lab_ring_expect_quiet(&ring);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "resets"), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "bad_completions"), 0);
	lab_dad_expect_state(&dad, "running");

	KUNIT_EXPECT_EQ(test, DAD_BLOCK_MIN,
			lab_dad_write(file, lab_ring_at(&ring, 0),
				      DAD_BLOCK_MIN, 0));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(memory[15]), 15);
	faults.dma_fault = 0;
	umlab_set_faults(dad.slot, &faults);
	fail_expect_restart(&ring);
}

/*
 * Each access in turn: a block, its completion, the index; when it is given back its
 * descriptor, the other index; the next block
 */
static void fail_access(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct umlab_faults faults = {};
	unsigned int n;

	for (n = 1; n <= 6; n++) {
		lab_ring_start(&ring);
		faults.dma_error = n;
		umlab_set_faults(dad.slot, &faults);
		KUNIT_EXPECT_EQ(test, fail_wait(&ring).done, n > 3);
		fail_expect_restart(&ring);
	}
	lab_dad_expect_state(&dad, "running");
}

/* A board that mixes its blocks up cannot be trusted any more, and is reset. */
static void fail_order(struct kunit *test)
{
	static const struct umlab_dad_manners manners = {
		.lies = UMLAB_DAD_LIE_ORDER,
		.seed = 1,
	};
	struct kmsg_dump_iter begin = lab_klog_now();
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 8);
	struct dad_advance seen;
	u64 block;

	umlab_dad_behave(dad.slot, &manners);
	lab_ring_start(&ring);
	seen = fail_wait(&ring);
	umlab_dad_behave(dad.slot, NULL);
	/* What was right before, is so still, if it was not given back. */
	for (block = seen.done > 4 ? seen.done - 4 : 0; block < seen.done;
	     block++)
		lab_ring_expect(&ring, block, 0);
	KUNIT_EXPECT_GT(test, umlab_dad_lies(dad.slot), 0);
	lab_ring_sleep(&ring, 20);
	lab_ring_expect_quiet(&ring);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "bad_completions"), 1);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "resets"), 1);
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "reset: "));
	fail_expect_restart(&ring);
	fail_expect_runs(&dad);
}

/* close() stops it: first the converter, then its queue, and then the ring is freed. */
static void fail_close(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned int mappings = umlab_mappings(dad.slot);
	struct lab_ring ring;
	u64 begin;

	lab_space_new(test);
	ring = lab_ring_short(&dad, DAD_RING_IN, 4);
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	begin = umlab_journal_now();
	lab_ring_close(&ring);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID_WRITE(0, DAD_STREAM_CONTROL, 4, 0),
			   UMLAB_DID_WRITE(0, FAIL_STOP, 4, 0),
			   UMLAB_DID_READ(0, FAIL_STOP, 4, 0),
			   UMLAB_DID_ANY(UMLAB_FREE));
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
	lab_ring_expect_quiet(&ring);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "resets"), 0);
	fail_expect_runs(&dad);
}

/**
 * struct fail_stuck - what does not come to an end
 * @name: the case
 * @stuck: UMLAB_DAD_STUCK_*
 */
struct fail_stuck {
	const char *name;
	unsigned int stuck;
};

static const struct fail_stuck fail_stucks[] = {
	{ "its queue", UMLAB_DAD_STUCK_STOP },
	{ "and a reset by register",
	  UMLAB_DAD_STUCK_STOP | UMLAB_DAD_STUCK_RESET },
};

KUNIT_ARRAY_PARAM_DESC(fail_stuck, fail_stucks, name);

/* A queue that does not stop is reset before the ring is freed. */
static void fail_close_stuck(struct kunit *test)
{
	const struct fail_stuck *stuck = test->param_value;
	const struct umlab_dad_manners manners = { .stuck = stuck->stuck };
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	u64 begin;

	umlab_dad_behave(dad.slot, &manners);
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	begin = umlab_journal_now();
	lab_ring_close(&ring);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID_WRITE(0, DAD_STREAM_CONTROL, 4, 0),
			   UMLAB_DID_WRITE(0, FAIL_STOP, 4, 0),
			   UMLAB_DID_WRITE(0, DAD_CONTROL, 4,
					   DAD_CONTROL_RESET),
			   UMLAB_DID_ANY(UMLAB_FREE));
	if (stuck->stuck & UMLAB_DAD_STUCK_RESET)
		UMLAB_EXPECT_ORDER(test, dad.slot, begin,
				   UMLAB_DID_WRITE(0, DAD_CONTROL, 4,
						   DAD_CONTROL_RESET),
				   UMLAB_DID(UMLAB_RESET, UMLAB_RESET_FLR),
				   UMLAB_DID_ANY(UMLAB_FREE));
	lab_ring_expect_quiet(&ring);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "resets"), 1);
	umlab_dad_behave(dad.slot, NULL);
	fail_expect_runs(&dad);
}

/* Nothing of it works any more but to unmap and to close. */
static void fail_expect_gone(const struct lab_ring *ring)
{
	struct dad_ring shape = ring->shape;
	struct kunit *test = ring->dad->test;
	const unsigned int gone = POLLERR | POLLHUP;

	KUNIT_EXPECT_EQ(test, lab_dad_poll(ring->file) & gone, gone);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			lab_dad_ioctl(ring->file, DAD_IOC_START, NULL));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			lab_dad_ioctl(ring->file, DAD_IOC_STOP, NULL));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			lab_dad_ioctl(ring->file, DAD_IOC_RING, &shape));
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(ring, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(ring, 1), -ENODEV);
	lab_ring_close(ring);
}

/* The driver is unbound: whoever waits is woken, and nothing of the ring is left. */
static void fail_unbind(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct lab_ring_poll *poll;

	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	poll = lab_ring_poll_begin(test, ring.file, POLLHUP);
	device_release_driver(&dad.pdev->dev);
	KUNIT_EXPECT_TRUE(test, lab_ring_poll_end(poll) & POLLHUP);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), 0);
	lab_ring_expect_quiet(&ring);
	fail_expect_gone(&ring);
}

/**
 * struct fail_way - how a board goes
 * @name: the case
 * @vanish: by surprise
 * @direction: of the stream, DAD_RING_*
 */
struct fail_way {
	const char *name;
	bool vanish;
	u32 direction;
};

static const struct fail_way fail_ways[] = {
	{ "unplugged, in", false, DAD_RING_IN },
	{ "unplugged, out", false, DAD_RING_OUT },
	{ "vanished, in", true, DAD_RING_IN },
	{ "vanished, out", true, DAD_RING_OUT },
};

KUNIT_ARRAY_PARAM_DESC(fail_way, fail_ways, name);

static void fail_gone(struct kunit *test)
{
	const struct fail_way *way = test->param_value;
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, way->direction, 8);
	struct lab_ring_poll *poll;

	lab_ring_start(&ring);
	if (way->direction == DAD_RING_OUT)
		lab_ring_give(&ring, 4);
	lab_ring_wait(&ring, 1);
	poll = lab_ring_poll_begin(test, ring.file, POLLHUP);
	if (way->vanish) {
		umlab_vanish(dad.slot);
		lab_ring_sleep(&ring, 4);
	}
	umlab_unplug(test, dad.slot);
	KUNIT_EXPECT_TRUE(test, lab_ring_poll_end(poll) & POLLHUP);
	fail_expect_gone(&ring);
}

/* The board never hears of a block, and so is never done with it. */
static void fail_late(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_OUT, 4);

	lab_ring_start(&ring);
	lab_ring_give(&ring, 2);
	lab_ring_wait(&ring, 2);
	umlab_set_faults(dad.slot, &(struct umlab_faults) { .write_lost = 1 });
	KUNIT_ASSERT_EQ(test, lab_ring_give(&ring, 1).given, 3);
	msleep(LAB_DAD_LONG);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).state, DAD_STATE_FAILED);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).done, 2);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "timeouts"), 1);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "resets"), 1);
	/* It need not be stopped first. */
	lab_ring_start(&ring);
	lab_ring_give(&ring, 1);
	lab_ring_wait(&ring, 1);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE(fail_block),
	KUNIT_CASE(fail_access),
	KUNIT_CASE(fail_order),
	KUNIT_CASE(fail_late),
	KUNIT_CASE_PARAM(fail_close, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(fail_close_stuck, fail_stuck_gen_params),
	KUNIT_CASE_PARAM(fail_unbind, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(fail_gone, fail_way_gen_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_dad_stream_fail",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
