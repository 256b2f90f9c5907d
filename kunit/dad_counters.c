// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the counters in debugfs count what they say, and nothing else
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/dad_user.h"
#include "lib/space.h"

static const char *const counters_all[] = {
	"requests", "bytes_read", "bytes_written", "copies", "pages", "lists",
	"chains", "pio_bytes", "interrupts", "spurious", "lost_interrupts",
	"timeouts", "aborts", "resets", "bad_completions", "map_retries",
	"overruns",
};

/* Any number but 0 */
#define COUNTERS_SOME	(-1)

/**
 * struct counters_want - what a counter is to have
 * @name: the counter
 * @value: the value, or COUNTERS_SOME
 */
struct counters_want {
	const char *name;
	long value;
};

static long counters_wanted(const struct counters_want *want, const char *name)
{
	for (; want->name; want++) {
		if (!strcmp(want->name, name))
			return want->value;
	}
	return 0;
}

/* Expect these values, and of the other counters that they are 0. */
static void counters_expect(const struct lab_dad *dad,
			    const struct counters_want *want)
{
	struct kunit *test = dad->test;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters_all); i++) {
		const char *name = counters_all[i];
		long value = counters_wanted(want, name);
		long found = lab_dad_counter(dad, name);

		if (value == COUNTERS_SOME)
			KUNIT_EXPECT_GT_MSG(test, found, 0, "%s", name);
		else
			KUNIT_EXPECT_EQ_MSG(test, found, value, "%s", name);
	}
}

#define COUNTERS_EXPECT(dad, ...)					\
	counters_expect(dad, (const struct counters_want[]) {		\
			     __VA_ARGS__, { } })

/**
 * struct counters_fixture - a board, and user memory for it
 * @dad: the board: C, direct, at once
 * @file: its node
 * @addr: two pages, not of frames in a row
 */
struct counters_fixture {
	struct lab_dad dad;
	struct file *file;
	unsigned long addr;
};

static struct counters_fixture counters_begin(struct kunit *test)
{
	struct counters_fixture fx = { .dad = lab_dad_plug(test) };

	fx.file = lab_dad_open(&fx.dad, O_RDWR);
	fx.addr = lab_mmap_anonymous(test, 4);
	lab_dad_scatter(test, fx.addr, 4);
	return fx;
}

static void counters_of_transfers(struct kunit *test)
{
	struct counters_fixture fx = counters_begin(test);

	KUNIT_ASSERT_EQ(test, lab_dad_runs(fx.addr, 2), 2);
	KUNIT_EXPECT_EQ(test, 100, lab_dad_read(fx.file, fx.addr, 100, 0));
	KUNIT_EXPECT_EQ(test, 50, lab_dad_write(fx.file, fx.addr, 50, 0));
	KUNIT_EXPECT_EQ(test, 1024, lab_dad_read(fx.file, fx.addr, 1024, 0));
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 3 }, { "copies", 3 }, { "interrupts", 3 },
			{ "bytes_read", 1124 }, { "bytes_written", 50 });

	KUNIT_EXPECT_EQ(test, 2000, lab_dad_read(fx.file, fx.addr, 2000, 0));
	KUNIT_EXPECT_EQ(test, 1025, lab_dad_write(fx.file, fx.addr, 1025, 0));
	KUNIT_EXPECT_EQ(test, 5000, lab_dad_read(fx.file, fx.addr, 5000, 0));
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 6 }, { "copies", 3 }, { "pages", 2 },
			{ "lists", 1 }, { "chains", 1 }, { "interrupts", 6 },
			{ "bytes_read", 1124 + 2000 + 5000 },
			{ "bytes_written", 50 + 1025 });
}

/* Of pages in a row, the list is one segment, and needs no chain. */
static void counters_of_runs(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_dad_contiguous(test, 2);

	KUNIT_EXPECT_EQ(test, 5000, lab_dad_read(file, addr, 5000, 0));
	COUNTERS_EXPECT(&dad,
			{ "requests", 1 }, { "lists", 1 }, { "interrupts", 1 },
			{ "bytes_read", 5000 });
}

/* What does not get as far as the board is no request. */
static void counters_of_nothing(struct kunit *test)
{
	struct counters_fixture fx = counters_begin(test);

	KUNIT_EXPECT_EQ(test, 0, lab_dad_read(fx.file, fx.addr, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, lab_dad_read(fx.file, fx.addr, 10,
					      fx.dad.size));
	KUNIT_EXPECT_EQ(test, -ENOSPC, lab_dad_write(fx.file, fx.addr, 10,
						     fx.dad.size));
	KUNIT_EXPECT_EQ(test, -EFAULT, lab_dad_read(fx.file, 0x1000, 2000, 0));
	COUNTERS_EXPECT(&fx.dad, { });
}

static void counters_of_programmed_io(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_P, SZ_64K, NULL);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 2);

	KUNIT_EXPECT_EQ(test, 100, lab_dad_read(file, addr, 100, 0));
	KUNIT_EXPECT_EQ(test, 5000, lab_dad_write(file, addr, 5000, 7));
	COUNTERS_EXPECT(&dad,
			{ "pio_bytes", 5100 }, { "bytes_read", 100 },
			{ "bytes_written", 5000 });
}

/* On each vector, without a cause */
static void counters_of_spurious(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned int vector;

	for (vector = 0; vector < DAD_VECTORS_MAX; vector++)
		umlab_inject_spurious(dad.slot, vector);
	COUNTERS_EXPECT(&dad, { "spurious", DAD_VECTORS_MAX });
}

/* Found by the watchdog, and all is well */
static void counters_of_lost_interrupt(struct kunit *test)
{
	static const struct umlab_faults faults = { .irq_lost = 1 };
	struct counters_fixture fx = counters_begin(test);

	umlab_set_faults(fx.dad.slot, &faults);
	KUNIT_EXPECT_EQ(test, 100, lab_dad_read(fx.file, fx.addr, 100, 0));
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 1 }, { "copies", 1 },
			{ "bytes_read", 100 }, { "lost_interrupts", 1 });
}

static void counters_of_timeout(struct kunit *test)
{
	struct counters_fixture fx = counters_begin(test);

	umlab_set_completion(fx.dad.slot, UMLAB_COMPLETE_NEVER, 0);
	KUNIT_EXPECT_EQ(test, -EIO, lab_dad_read(fx.file, fx.addr, 100, 0));
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 1 }, { "copies", 1 },
			{ "timeouts", 1 }, { "resets", 1 });
}

/* Whose signal has the board give a request back that it would keep for ever */
static void counters_of_abort(struct kunit *test)
{
	struct counters_fixture fx = counters_begin(test);
	ssize_t ret;

	umlab_set_completion(fx.dad.slot, UMLAB_COMPLETE_NEVER, 0);
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	ret = lab_dad_read(fx.file, fx.addr, 100, 0);
	flush_signals(current);
	disallow_signal(SIGUSR1);
	KUNIT_EXPECT_EQ(test, ret, -ERESTARTSYS);
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 1 }, { "copies", 1 }, { "aborts", 1 },
			{ "interrupts", 1 });
}

/* Half of it can be mapped, and is moved. */
static void counters_of_map_retry(struct kunit *test)
{
	static const struct umlab_faults faults = { .map = 1 };
	struct counters_fixture fx = counters_begin(test);
	ssize_t ret;

	umlab_set_faults(fx.dad.slot, &faults);
	ret = lab_dad_read(fx.file, fx.addr, 2 * PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, ret, PAGE_SIZE);
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 1 }, { "pages", 1 }, { "interrupts", 1 },
			{ "map_retries", 1 }, { "bytes_read", PAGE_SIZE });
}

#define COUNTERS_TRIES	64

/* A status that is none; every second completion lies, so one does before long. */
static void counters_of_bad_completion(struct kunit *test)
{
	static const struct umlab_dad_manners manners = {
		.lies = UMLAB_DAD_LIE_STATUS,
		.seed = 1,
	};
	struct counters_fixture fx = counters_begin(test);
	unsigned int tries;
	ssize_t ret = 100;

	umlab_dad_behave(fx.dad.slot, &manners);
	for (tries = 0; tries < COUNTERS_TRIES && ret == 100; tries++)
		ret = lab_dad_read(fx.file, fx.addr, 100, 0);
	umlab_dad_behave(fx.dad.slot, NULL);
	KUNIT_EXPECT_EQ(test, ret, -EIO);
	KUNIT_EXPECT_EQ(test, umlab_dad_lies(fx.dad.slot), 1);
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", tries }, { "copies", tries },
			{ "interrupts", tries },
			{ "bytes_read", 100 * (tries - 1) },
			{ "bad_completions", 1 }, { "resets", 1 });
	KUNIT_EXPECT_EQ(test, 100, lab_dad_read(fx.file, fx.addr, 100, 0));
}

/* An access of the board to the ring fails: a reset, and no completion was bad. */
static void counters_of_board_error(struct kunit *test)
{
	static const struct umlab_faults faults = { .dma_error = 1 };
	struct counters_fixture fx = counters_begin(test);

	umlab_set_faults(fx.dad.slot, &faults);
	KUNIT_EXPECT_EQ(test, -EIO, lab_dad_read(fx.file, fx.addr, 100, 0));
	COUNTERS_EXPECT(&fx.dad,
			{ "requests", 1 }, { "copies", 1 }, { "interrupts", 1 },
			{ "resets", 1 });
}

/* The blocks of a stream are no requests; whose user is slow, misses some. */
static void counters_of_overruns(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct dad_advance seen;
	struct lab_ring ring;

	lab_space_new(test);
	ring = lab_ring_make(&dad, lab_ring_shape(DAD_RING_IN, 64, 2));
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 2);
	lab_ring_sleep(&ring, 4);
	seen = lab_ring_look(&ring);
	KUNIT_EXPECT_GT(test, seen.overruns, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "overruns"), seen.overruns);
	lab_ring_stop(&ring);
	COUNTERS_EXPECT(&dad,
			{ "overruns", COUNTERS_SOME },
			{ "interrupts", COUNTERS_SOME });
}

static struct kunit_case counters_cases[] = {
	KUNIT_CASE(counters_of_transfers),
	KUNIT_CASE(counters_of_runs),
	KUNIT_CASE(counters_of_nothing),
	KUNIT_CASE(counters_of_programmed_io),
	KUNIT_CASE(counters_of_spurious),
	KUNIT_CASE(counters_of_lost_interrupt),
	KUNIT_CASE(counters_of_timeout),
	KUNIT_CASE(counters_of_abort),
	KUNIT_CASE(counters_of_map_retry),
	KUNIT_CASE(counters_of_bad_completion),
	KUNIT_CASE(counters_of_board_error),
	KUNIT_CASE(counters_of_overruns),
	{}
};

static struct kunit_suite counters_suite = {
	.name		= "umlab_dad_counters",
	.test_cases	= counters_cases,
};

kunit_test_suite(counters_suite);
