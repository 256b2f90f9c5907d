// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: signals for who waits
 *
 * A reader that gets a signal has his request aborted, and must not return before the
 * board is done with it: his memory is his again then. The test's own thread is that
 * reader; the signal comes from a work item, or out of the middle of a write to a
 * register.
 */

#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/workqueue.h>
#include <umlab/dad.h>
#include <umlab/machine.h>
#include <umlab/model.h>

#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_bed.h"

#define SIGNAL_TIMEOUT	2000	/* the driver's, in ms */
#define SIGNAL_SOON	50	/* when the signal comes, in ms */
#define SIGNAL_PROMPT	100	/* by when an answer to it is there, in ms */

/**
 * struct signal_later - a signal for the test's thread
 * @work: when
 * @task: the thread
 * @bed: the board
 * @signal: which signal
 * @deaf: the write to the board that comes next is lost
 */
struct signal_later {
	struct delayed_work work;
	struct task_struct *task;
	struct lab_bed *bed;
	int signal;
	bool deaf;
};

static void signal_send(struct work_struct *work)
{
	struct signal_later *later = container_of(to_delayed_work(work),
						  struct signal_later, work);

	if (later->deaf)
		lab_bed_faults(later->bed, .write_lost = 1);
	send_sig(later->signal, later->task, 1);
}

static struct signal_later signal_begin(struct lab_bed *bed, int signal)
{
	allow_signal(signal);
	return (struct signal_later) {
		.task = current, .bed = bed, .signal = signal,
	};
}

static void signal_arm(struct signal_later *later, unsigned int ms)
{
	INIT_DELAYED_WORK_ONSTACK(&later->work, signal_send);
	schedule_delayed_work(&later->work, msecs_to_jiffies(ms));
}

/* Whatever became of the signal, it is over. */
static void signal_end(struct signal_later *later)
{
	cancel_delayed_work_sync(&later->work);
	destroy_delayed_work_on_stack(&later->work);
	flush_signals(current);
	lab_bed_faults(later->bed);
}

/* Read with a signal on its way */
static ssize_t signal_move(struct signal_later *later, enum lab_bed_shape shape,
			   bool write, unsigned int ms)
{
	ssize_t ret;

	signal_arm(later, ms);
	ret = lab_bed_move(later->bed, shape, write);
	signal_end(later);
	return ret;
}

static const struct umlab_event signal_abort =
	UMLAB_DID_WRITE_ANY(DAD_BAR_REGS, DAD_ABORT);

static const struct umlab_event signal_unmap = UMLAB_DID_ANY(UMLAB_UNMAP);

/* The board is told, and only then is anything unmapped; after that nothing moves. */
static void signal_aborts(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);
	unsigned int i;

	for (i = 0; i < 2 * LAB_BED_SHAPES; i++) {
		ktime_t start = ktime_get();
		u64 begin = umlab_journal_now();
		u64 told;

		lab_bed_hang(bed, true);
		KUNIT_EXPECT_EQ(test, signal_move(&later, i / 2, i % 2,
						  SIGNAL_SOON), -ERESTARTSYS);
		lab_bed_expect_within(bed, start, SIGNAL_PROMPT);
		told = lab_bed_first(bed, begin, signal_abort);
		KUNIT_EXPECT_LT(test, told, U64_MAX);
		KUNIT_EXPECT_LT(test, told,
				lab_bed_first(bed, begin, signal_unmap));
		lab_bed_count(bed, "aborts", i + 1);
	}
	lab_bed_rest(bed);
	lab_bed_expect_left_alone(bed);
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_count(bed, "resets", 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* One that kills is no different: the memory goes back to its owner first. */
static void signal_kills(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGKILL);
	unsigned int shape;

	lab_bed_hang(bed, true);
	for (shape = 0; shape < LAB_BED_SHAPES; shape++)
		KUNIT_EXPECT_EQ(test, signal_move(&later, shape, false,
						  SIGNAL_SOON), -ERESTARTSYS);
	lab_bed_count(bed, "aborts", LAB_BED_SHAPES);
	lab_bed_rest(bed);
	lab_bed_expect_left_alone(bed);
	lab_bed_works(bed);
}

/* A signal that is not for us, ignored as kernel threads ignore them */
static void signal_ignored(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);

	disallow_signal(SIGUSR1);
	lab_bed_hang(bed, true);
	KUNIT_EXPECT_EQ(test, signal_move(&later, LAB_BED_PAGE, false,
					  SIGNAL_SOON), -EIO);
	lab_bed_count(bed, "aborts", 0);
	lab_bed_count(bed, "timeouts", 1);
}

/* The others that are under way are not aborted with it. */
static void signal_others_go_on(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);
	unsigned int i;

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	KUNIT_EXPECT_EQ(test, -ERESTARTSYS,
			signal_move(&later, LAB_BED_PAGE, true, SIGNAL_SOON));
	for (i = 0; i < LAB_BED_SHAPES; i++)
		KUNIT_EXPECT_FALSE(test, completion_done(&bed->aio[i].done));
	lab_bed_hang(bed, false);
	lab_bed_wait_all(bed, 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* Who only waits for a slot has nothing to abort, and goes at once. */
static void signal_for_a_slot(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);
	ktime_t begin = ktime_get();

	lab_bed_hang(bed, true);
	lab_bed_fill_slots(bed);
	KUNIT_EXPECT_EQ(test, -ERESTARTSYS,
			signal_move(&later, LAB_BED_LIST, false, SIGNAL_SOON));
	lab_bed_expect_within(bed, begin, SIGNAL_PROMPT);
	lab_bed_count(bed, "aborts", 0);
	lab_bed_hang(bed, false);
	lab_bed_empty_slots(bed, 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* A board that does not hear of it ends it all the same: the watchdog does. */
static void signal_not_heard(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);
	unsigned int shape;

	later.deaf = true;
	lab_bed_hang(bed, true);
	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		ktime_t start = ktime_get();
		u64 begin = umlab_journal_now();
		ssize_t ret = signal_move(&later, shape, shape & 1, SIGNAL_SOON);

		KUNIT_EXPECT_TRUE_MSG(test, ret == -EIO || ret == -ERESTARTSYS,
				      "%zd", ret);
		lab_bed_expect_within(bed, start, 2 * SIGNAL_TIMEOUT);
		KUNIT_EXPECT_LT(test, lab_bed_first(bed, begin, signal_abort),
				U64_MAX);
		lab_bed_count(bed, "timeouts", shape + 1);
		lab_bed_count(bed, "resets", shape + 1);
	}
	lab_bed_expect_left_alone(bed);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* Around the time at which the watchdog loses patience and resets the board */
static void signal_in_recovery(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);
	unsigned int ms;

	lab_bed_timeout(bed, SIGNAL_PROMPT);
	for (ms = SIGNAL_PROMPT - 10; ms <= SIGNAL_PROMPT + 60; ms += 10) {
		ktime_t begin = ktime_get();
		ssize_t ret;

		lab_bed_hang(bed, true);
		ret = signal_move(&later, LAB_BED_LIST, false, ms);
		KUNIT_EXPECT_TRUE_MSG(test, ret == -EIO || ret == -ERESTARTSYS,
				      "after %u ms: %zd", ms, ret);
		lab_bed_expect_within(bed, begin, 2 * SIGNAL_PROMPT);
		lab_bed_rest(bed);
		lab_bed_hang(bed, false);
		lab_bed_expect_read(bed, LAB_BED_PAGE);
	}
	lab_bed_works(bed);
}

/* What is done by then is given, and what is not is not: from one to the other */
static void signal_races(struct kunit *test)
{
	static const unsigned int delays[] = { 1, 10, 15, 20, 25, 30, 35, 90 };
	struct lab_bed *bed = lab_bed_plug(test);
	struct signal_later later = signal_begin(bed, SIGUSR1);
	ssize_t len = lab_bed_parts[LAB_BED_LIST].len;
	ssize_t ret = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		umlab_set_completion(bed->dad.slot, UMLAB_COMPLETE_DELAYED,
				     delays[i] * (u64)NSEC_PER_MSEC);
		lab_bed_mark_board(bed, LAB_BED_LIST);
		ret = signal_move(&later, LAB_BED_LIST, false, 20);
		KUNIT_EXPECT_TRUE_MSG(test, ret == len || ret == -ERESTARTSYS,
				      "done after %u ms: %zd", delays[i], ret);
		if (ret == len)
			lab_bed_expect_mark(bed, LAB_BED_LIST);
		if (!i)
			KUNIT_EXPECT_EQ(test, ret, len);
		lab_bed_rest(bed);
	}
	KUNIT_EXPECT_EQ(test, ret, -ERESTARTSYS);
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_expect_left_alone(bed);
	lab_bed_works(bed);
}

/**
 * struct signal_bell - a board, at whose doorbell a signal comes
 * @ops: of the model, changed
 * @inner: those of the board
 * @task: for whom; NULL: for nobody
 * @before: before the board hears the doorbell; else after
 */
static struct signal_bell {
	struct umlab_model_ops ops;
	const struct umlab_model_ops *inner;
	struct task_struct *task;
	bool before;
} signal_bell;

static void signal_write(struct umlab_slot *slot, unsigned int bar, u32 offset,
			 unsigned int size, u64 value)
{
	bool rings = offset == DAD_Q(DAD_REQUESTS) + DAD_Q_PRODUCER;

	if (rings && signal_bell.task && signal_bell.before)
		send_sig(SIGUSR1, signal_bell.task, 1);
	signal_bell.inner->bar_write(slot, bar, offset, size, value);
	if (rings && signal_bell.task && !signal_bell.before)
		send_sig(SIGUSR1, signal_bell.task, 1);
}

static struct lab_bed *signal_plug_bell(struct kunit *test)
{
	signal_bell.task = NULL;
	signal_bell.inner = umlab_dad_model(DAD_REV_C, LAB_DAD_MEMORY).ops;
	signal_bell.ops = *signal_bell.inner;
	signal_bell.ops.bar_write = signal_write;
	return lab_bed_plug_ops(test, &signal_bell.ops, NULL);
}

/* The board has done all of it when the reader learns of the signal: so he has all. */
static void signal_when_done(struct kunit *test)
{
	struct lab_bed *bed = signal_plug_bell(test);
	unsigned int i;

	allow_signal(SIGUSR1);
	for (i = 0; i < 2 * LAB_BED_SHAPES; i++) {
		enum lab_bed_shape shape = i / 2;
		ssize_t ret;

		lab_bed_mark_board(bed, shape);
		signal_bell.before = i % 2;
		signal_bell.task = current;
		ret = lab_bed_move(bed, shape, false);
		signal_bell.task = NULL;
		KUNIT_EXPECT_TRUE(test, signal_pending(current));
		flush_signals(current);
		KUNIT_EXPECT_EQ(test, ret, lab_bed_parts[shape].len);
		lab_bed_expect_mark(bed, shape);
	}
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

static struct kunit_case signal_cases[] = {
	KUNIT_CASE_PARAM(signal_aborts, umlab_topology_gen_params),
	KUNIT_CASE(signal_kills),
	KUNIT_CASE(signal_ignored),
	KUNIT_CASE(signal_others_go_on),
	KUNIT_CASE(signal_for_a_slot),
	KUNIT_CASE(signal_not_heard),
	KUNIT_CASE(signal_in_recovery),
	KUNIT_CASE(signal_races),
	KUNIT_CASE(signal_when_done),
	{}
};

static struct kunit_suite signal_suite = {
	.name		= "umlab_dad_signal",
	.test_cases	= signal_cases,
};

kunit_test_suite(signal_suite);
