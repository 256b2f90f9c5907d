// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: how streams are started, stopped and waited for, and their interrupts
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/poll.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/node.h"
#include "lib/space.h"

#define RUN_IN	(POLLIN | POLLRDNORM)
#define RUN_OUT	(POLLOUT | POLLWRNORM)
#define RUN_EVENTS	(RUN_IN | RUN_OUT | POLLERR | POLLHUP)

/* What is in the ring stays; nothing comes, and nothing is taken. */
static void run_stop(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct dad_advance seen;
	u64 block;

	lab_ring_start(&ring);
	lab_ring_sleep(&ring, 6);
	KUNIT_EXPECT_GT(test, lab_ring_look(&ring).overruns, 0);
	lab_ring_stop(&ring);
	lab_ring_expect_quiet(&ring);
	seen = lab_ring_look(&ring);
	KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_STOPPED);
	KUNIT_EXPECT_EQ(test, seen.done, 4);
	for (block = 0; block < 4; block++)
		lab_ring_expect(&ring, block, 0);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&ring, 1), -EPIPE);

	/* All begins anew: the old samples are not there to be taken for new ones. */
	for (block = 0; block < 4; block++)
		lab_ring_fill(&ring, block + 4);
	lab_ring_start(&ring);
	seen = lab_ring_look(&ring);
	KUNIT_EXPECT_EQ(test, seen.given, 4);
	KUNIT_EXPECT_EQ(test, seen.done, 0);
	KUNIT_EXPECT_EQ(test, seen.overruns, 0);
	lab_ring_wait(&ring, 2);
	lab_ring_expect(&ring, 0, 0);
	lab_ring_expect(&ring, 1, 0);
}

/* Stopped at any point, also with nothing done yet */
static void run_restart(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring in = lab_ring_plug(test, &dad, DAD_RING_IN, 8);
	struct lab_ring out = lab_ring_short(&dad, DAD_RING_OUT, 8);
	u64 count, block;

	for (count = 0; count < 5; count++) {
		lab_ring_start(&in);
		lab_ring_wait(&in, count);
		for (block = 0; block < count; block++)
			lab_ring_expect(&in, block, 0);
		lab_ring_stop(&in);

		lab_ring_start(&out);
		for (block = 0; block < count; block++)
			lab_ring_fill(&out, block);
		lab_ring_give(&out, count);
		lab_ring_wait(&out, count);
		lab_ring_expect_sent(&out, count);
		lab_ring_stop(&out);
	}
}

static long run_start(const struct lab_ring *ring)
{
	return lab_dad_ioctl(ring->file, DAD_IOC_START, NULL);
}

/* There is one converter: whose it is, ends with STOP and with close(). */
static void run_one_runs(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring a = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct lab_ring b = lab_ring_short(&dad, DAD_RING_OUT, 4);

	KUNIT_EXPECT_EQ(test, run_start(&a), 0);
	KUNIT_EXPECT_EQ(test, run_start(&b), -EBUSY);
	KUNIT_EXPECT_EQ(test, run_start(&a), -EBUSY);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&b, 1), -EPIPE);
	lab_ring_wait(&a, 1);
	lab_ring_stop(&a);
	KUNIT_EXPECT_EQ(test, run_start(&b), 0);
	KUNIT_EXPECT_EQ(test, run_start(&a), -EBUSY);
	lab_ring_close(&b);
	KUNIT_EXPECT_EQ(test, run_start(&a), 0);
	lab_ring_wait(&a, 1);
	lab_ring_expect(&a, 0, 0);
}

/* What is not the user's cannot be given, and then none of it is. */
static void run_too_many(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring in = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct lab_ring out = lab_ring_short(&dad, DAD_RING_OUT, 4);
	u64 done;

	lab_ring_start(&in);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&in, 1), -EINVAL);
	lab_ring_wait(&in, 2);
	/* It may be done with more by now, and with none while we look. */
	done = lab_ring_look(&in).done;
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&in, done + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&in, U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&in).given, 4);
	KUNIT_EXPECT_EQ(test, lab_ring_give(&in, done).given, 4 + done);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&in, 1), -EINVAL);
	lab_ring_stop(&in);

	lab_ring_start(&out);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&out, 5), -EINVAL);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&out).given, 0);
	KUNIT_EXPECT_EQ(test, lab_ring_give(&out, 4).given, 4);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&out, 1), -EINVAL);
}

static unsigned int run_poll(const struct lab_ring *ring)
{
	return lab_dad_poll(ring->file) & RUN_EVENTS;
}

/* Before the start, before a block is done, after it, and when it is given back */
static void run_poll_input(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct dad_advance seen;

	KUNIT_EXPECT_EQ(test, run_poll(&ring), 0);
	lab_ring_start(&ring);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), 0);
	seen = lab_ring_wait(&ring, 1);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), RUN_IN);
	lab_ring_give(&ring, seen.done);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), 0);
	lab_ring_wait(&ring, seen.done + 1);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), RUN_IN);
}

static void run_poll_output(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_OUT, 4);

	lab_ring_start(&ring);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), RUN_OUT);
	lab_ring_give(&ring, 3);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), RUN_OUT);
	lab_ring_give(&ring, 1);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), 0);
	lab_ring_wait(&ring, 1);
	KUNIT_EXPECT_EQ(test, run_poll(&ring), RUN_OUT);
}

/* Who waits is woken by the first block, in both directions. */
static void run_woken(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring in = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct lab_ring out = lab_ring_short(&dad, DAD_RING_OUT, 4);
	struct lab_ring_poll *poll;

	poll = lab_ring_poll_begin(test, in.file, RUN_IN);
	lab_ring_start(&in);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll) & RUN_EVENTS,
			RUN_IN);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&in).done, 1);
	lab_ring_stop(&in);

	lab_ring_start(&out);
	lab_ring_give(&out, 4);
	poll = lab_ring_poll_begin(test, out.file, RUN_OUT);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll) & RUN_EVENTS,
			RUN_OUT);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&out).done, 1);
}

/**
 * struct run_irq - a kind of interrupt
 * @name: the case
 * @kind: UMLAB_IRQ_*
 * @message: it is one
 */
struct run_irq {
	const char *name;
	unsigned int kind;
	bool message;
};

static const struct run_irq run_irqs[] = {
	{ "INTx", UMLAB_IRQ_INTX, false },
	{ "MSI", UMLAB_IRQ_MSI, true },
	{ "MSI-X", UMLAB_IRQ_MSIX, true },
};

KUNIT_ARRAY_PARAM_DESC(run_irq, run_irqs, name);

static unsigned int run_count(const struct lab_dad *dad, u64 since,
			      enum umlab_event_kind kind, unsigned int vector)
{
	struct umlab_event pattern = UMLAB_DID(kind, vector);

	return umlab_journal_count(dad->slot, since, pattern);
}

/* An interrupt for each block, on the vector that is the stream's if it has one */
static void run_interrupts(struct kunit *test)
{
	const struct run_irq *irq = test->param_value;
	struct umlab_options options = { .irqs = irq->kind };
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, LAB_DAD_MEMORY,
					     &options);
	unsigned int vector = irq->message ? 1 : 0;
	struct lab_ring ring;
	u64 begin;

	lab_space_new(test);
	ring = lab_ring_short(&dad, DAD_RING_IN, 8);
	begin = umlab_journal_now();
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 5);
	lab_ring_stop(&ring);
	KUNIT_EXPECT_EQ(test, run_count(&dad, begin, UMLAB_IRQ_RAISE, vector),
			5);
	KUNIT_EXPECT_EQ(test, run_count(&dad, begin, UMLAB_IRQ_RAISE, !vector),
			0);
	KUNIT_EXPECT_EQ(test, run_count(&dad, begin, UMLAB_IRQ_SEND, vector),
			irq->message ? 5 : 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "interrupts"), 5);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "spurious"), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "lost_interrupts"), 0);
}

/* What is done while an interrupt is lost, is seen when the watchdog looks. */
static void run_irq_lost(struct kunit *test)
{
	static const struct umlab_faults faults = { .irq_lost = 1 };
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
	struct lab_ring_poll *poll;

	poll = lab_ring_poll_begin(test, ring.file, RUN_IN);
	umlab_set_faults(dad.slot, &faults);
	lab_ring_start(&ring);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll) & RUN_EVENTS, RUN_IN);
	KUNIT_EXPECT_GE(test, lab_ring_look(&ring).done, 2);
	lab_ring_expect(&ring, 0, 0);
	lab_ring_expect(&ring, 1, 0);
}

/* Start with 32 blocks, and sleep until 16 of them are done, and half of another. */
static u64 run_coalesced(const struct lab_ring *ring, const char *count,
			 const char *us)
{
	const struct lab_dad *dad = ring->dad;
	u64 begin = umlab_journal_now();

	KUNIT_ASSERT_EQ(dad->test, 0,
			lab_attr_write(dad->test,
				       lab_dad_attr(dad, "coalesce_count"),
				       count));
	KUNIT_ASSERT_EQ(dad->test, 0,
			lab_attr_write(dad->test,
				       lab_dad_attr(dad, "coalesce_us"), us));
	lab_ring_start(ring);
	lab_ring_sleep(ring, 16);
	usleep_range(LAB_RING_BLOCK_US / 2, LAB_RING_BLOCK_US / 2);
	return begin;
}

/* An interrupt for some blocks, all of which are there then */
static void run_coalesced_count(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 32);
	u64 begin = run_coalesced(&ring, "4", "60000"), block;

	KUNIT_EXPECT_EQ(test, run_count(&dad, begin, UMLAB_IRQ_SEND, 1), 4);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).done, 16);
	for (block = 0; block < 16; block++)
		lab_ring_expect(&ring, block, 0);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).overruns, 0);
	/* What no interrupt has told of, is there at the end. */
	lab_ring_sleep(&ring, 2);
	lab_ring_stop(&ring);
	KUNIT_EXPECT_EQ(test, run_count(&dad, begin, UMLAB_IRQ_SEND, 1), 4);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).done, 18);
}

/* If not so many come, some time after the first one */
static void run_coalesced_time(struct kunit *test)
{
	struct lab_dad dad;
	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 32);
	u64 begin = run_coalesced(&ring, "200", "2500");
	struct lab_ring_poll *poll;
	u64 done;

	/* After 1 ms and 2.5, after 4 and 2.5, and so on */
	KUNIT_EXPECT_EQ(test, run_count(&dad, begin, UMLAB_IRQ_SEND, 1), 5);
	done = lab_ring_look(&ring).done;
	KUNIT_EXPECT_GE(test, done, 13);
	lab_ring_give(&ring, done);
	poll = lab_ring_poll_begin(test, ring.file, RUN_IN);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll) & RUN_EVENTS, RUN_IN);
	KUNIT_EXPECT_GT(test, lab_ring_look(&ring).done, done);
}

static struct kunit_case run_cases[] = {
	KUNIT_CASE_PARAM(run_stop, umlab_topology_gen_params),
	KUNIT_CASE(run_restart),
	KUNIT_CASE(run_one_runs),
	KUNIT_CASE(run_too_many),
	KUNIT_CASE(run_poll_input),
	KUNIT_CASE(run_poll_output),
	KUNIT_CASE_PARAM(run_woken, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(run_interrupts, run_irq_gen_params),
	KUNIT_CASE(run_irq_lost),
	KUNIT_CASE(run_coalesced_count),
	KUNIT_CASE(run_coalesced_time),
	{}
};

static struct kunit_suite run_suite = {
	.name		= "umlab_dad_stream_run",
	.test_cases	= run_cases,
};

kunit_test_suite(run_suite);
