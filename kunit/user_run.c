// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is made of programs: of one that ends in all ways there are
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <umlab/machine.h>
#include <umlab/splat.h>
#include <umlab/user.h>

#define RUN_ODD	"/tests/user/odd/odd"

/* Run it, and not as the case's subtests */
static struct umlab_end *run_odd_for(struct kunit *test, const char *way,
				     const char *number, unsigned int real_ms)
{
	const char *const argv[] = { RUN_ODD, way, number, NULL };

	return umlab_user_try(test, &(struct umlab_program) {
		.argv = argv,
		.ms = 500,
		.real_ms = real_ms,
	});
}

static struct umlab_end *run_odd(struct kunit *test, const char *way,
				 const char *number)
{
	return run_odd_for(test, way, number, 0);
}

/* No program is left, whatever it was */
static void run_expect_nobody(struct kunit *test)
{
	struct task_struct *task;
	unsigned int count = 0;

	rcu_read_lock();
	for_each_process(task)
		count += !(task->flags & PF_KTHREAD) && !is_global_init(task);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, 0, count);
}

/**
 * struct run_way - a way to end
 * @name: its name, as the program knows it
 * @number: for it
 * @outcome: what becomes of it
 * @status: how it ended, as from wait()
 * @why: in words
 * @planned: subtests that it announced
 * @passed: that passed
 * @failed: that did not
 */
struct run_way {
	const char *name;
	const char *number;
	enum umlab_outcome outcome;
	int status;
	const char *why;
	unsigned int planned;
	unsigned int passed;
	unsigned int failed;
};

#define RUN_EXIT(code)	((code) << 8)

static const struct run_way run_ways[] = {
	{ "exit", "0", UMLAB_PASSED, RUN_EXIT(0), "" },
	{ "exit", "1", UMLAB_FAILED, RUN_EXIT(1), "its exit code was 1" },
	{ "exit", "4", UMLAB_SKIPPED, RUN_EXIT(4), "" },
	{ "exit", "125", UMLAB_FAILED, RUN_EXIT(125), "its exit code was 125" },
	{ "signal", "11", UMLAB_FAILED, SIGSEGV, "SIGSEGV ended it (11)" },
	{ "signal", "6", UMLAB_FAILED, SIGABRT, "SIGABRT ended it (6)" },
	{ "signal", "10", UMLAB_FAILED, SIGUSR1, "a signal ended it (10)" },
	{ "pass", "3", UMLAB_PASSED, RUN_EXIT(0), "", 3, 3 },
	{ "fail", NULL, UMLAB_FAILED, RUN_EXIT(1), "1 subtests failed", 2, 1, 1 },
	{ "lie", NULL, UMLAB_FAILED, RUN_EXIT(0), "1 subtests failed", 2, 1, 1 },
	{ "short", NULL, UMLAB_FAILED, RUN_EXIT(0),
	  "3 subtests were announced, 1 came", 3, 1 },
	{ "die", NULL, UMLAB_FAILED, SIGSEGV, "SIGSEGV ended it (11)", 3, 1 },
	{ "skip", NULL, UMLAB_SKIPPED, RUN_EXIT(4), "" },
	{ "forge", NULL, UMLAB_PASSED, RUN_EXIT(0), "" },
	{ "twice", NULL, UMLAB_FAILED, RUN_EXIT(0),
	  "its subtests are not numbered in order", 2, 2 },
	{ "plans", NULL, UMLAB_FAILED, RUN_EXIT(0),
	  "it announced subtests 2 times", 1, 1 },
	{ "no_plan", NULL, UMLAB_FAILED, RUN_EXIT(0),
	  "it announced subtests 0 times" },
	{ "long", NULL, UMLAB_FAILED, RUN_EXIT(0),
	  "1 subtests were announced, 0 came", 1 },
	{ "bug", NULL, UMLAB_PASSED, RUN_EXIT(0), "" },
	{ "orphan", NULL, UMLAB_PASSED, RUN_EXIT(0), "" },
	{ "hang", NULL, UMLAB_FAILED, SIGKILL, "it did not end in time" },
	{ "family", "9", UMLAB_FAILED, SIGKILL, "it did not end in time" },
	{ "violate", NULL, UMLAB_FAILED, RUN_EXIT(0),
	  "a device complained: look for \"violation\" in the whole log" },
};

static void run_describe(const struct run_way *way, char *desc)
{
	scnprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s%s", way->name,
		  way->number ? "_" : "", way->number ?: "");
}

KUNIT_ARRAY_PARAM(run_way, run_ways, run_describe);

static void run_ends(struct kunit *test)
{
	const struct run_way *way = test->param_value;
	unsigned int functions = umlab_functions();
	struct umlab_end *end = run_odd(test, way->name, way->number);

	KUNIT_EXPECT_EQ(test, way->outcome, end->outcome);
	KUNIT_EXPECT_EQ(test, way->status, end->status);
	KUNIT_EXPECT_STREQ(test, way->why, end->why);
	KUNIT_EXPECT_EQ(test, way->planned, end->planned);
	KUNIT_EXPECT_EQ(test, way->passed, end->passed);
	KUNIT_EXPECT_EQ(test, way->failed, end->failed);
	KUNIT_EXPECT_EQ(test, functions, umlab_functions());
	run_expect_nobody(test);
}

/* Virtual time stands, so no timer of the kernel can end it. */
static void run_spins(struct kunit *test)
{
	const struct umlab_end *end;
	unsigned int ms = 100;

	/* On a slow machine it takes longer until it spins. */
	do {
		ms *= 2;
		end = run_odd_for(test, "spin", NULL, ms);
	} while (!end->output[0] && ms < UMLAB_USER_REAL_MS);
	KUNIT_EXPECT_EQ(test, UMLAB_FAILED, end->outcome);
	KUNIT_EXPECT_EQ(test, SIGKILL, end->status);
	KUNIT_EXPECT_STREQ(test, end->output, "spinning\n");
	KUNIT_EXPECT_STREQ(test, end->why,
			   "it did not end in its real time");
	run_expect_nobody(test);
}

static void run_does_not_start(struct kunit *test)
{
	static const char *const argv[] = { "/tests/user/none", NULL };
	const struct umlab_program program = { .argv = argv };
	const struct umlab_end *end = umlab_user_try(test, &program);

	KUNIT_EXPECT_EQ(test, UMLAB_FAILED, end->outcome);
	KUNIT_EXPECT_STREQ(test, end->why, "its exit code was 125");
	KUNIT_EXPECT_STREQ(test, end->output,
			   "umlab: /tests/user/none: No such file or directory\n");
}

static void run_prints_anything(struct kunit *test)
{
	const struct umlab_end *end = run_odd(test, "noise", NULL);
	size_t len = strlen(end->output);

	KUNIT_EXPECT_EQ(test, UMLAB_PASSED, end->outcome);
	KUNIT_EXPECT_EQ(test, len, 1000 + 255 + strlen("\nthe end"));
	KUNIT_EXPECT_STREQ(test, end->output + len - 7, "the end");
}

/* More than is kept, and more than a pipe holds, as subtests that only count */
static void run_prints_a_lot(struct kunit *test)
{
	const struct umlab_end *end = run_odd(test, "pass", "3000");

	KUNIT_EXPECT_EQ(test, UMLAB_PASSED, end->outcome);
	KUNIT_EXPECT_EQ(test, 3000, end->passed);
	KUNIT_EXPECT_EQ(test, strlen(end->output), UMLAB_USER_OUTPUT);
}

/* The next one finds neither device nor file. */
static void run_leaves_nothing(struct kunit *test)
{
	const struct umlab_end *first = run_odd(test, "leave", NULL);
	const struct umlab_end *second = run_odd(test, "leave", NULL);

	KUNIT_EXPECT_EQ(test, UMLAB_PASSED, first->outcome);
	KUNIT_EXPECT_EQ(test, UMLAB_PASSED, second->outcome);
	KUNIT_EXPECT_STREQ(test, first->output, second->output);
	KUNIT_EXPECT_EQ(test, 0, umlab_functions());
}

static void run_is_alone(struct kunit *test)
{
	const struct umlab_end *end = run_odd(test, "alone", NULL);

	KUNIT_EXPECT_EQ(test, UMLAB_PASSED, end->outcome);
	KUNIT_EXPECT_STREQ(test, end->output,
			   "pid 2, parent 1, session 2, input empty\n");
}

static void run_warn(struct work_struct *work)
{
	WARN(1, "umlab_user_run: on purpose\n");
}

/* A WARN from anywhere, while the program runs */
static void run_splat(struct kunit *test)
{
	struct delayed_work *work = kunit_kzalloc(test, sizeof(*work),
						  GFP_KERNEL);
	unsigned int before = umlab_splats();
	const struct umlab_end *end;

	KUNIT_ASSERT_NOT_NULL(test, work);
	umlab_expect_splat(test, UMLAB_SPLAT_WARN);
	INIT_DELAYED_WORK(work, run_warn);
	schedule_delayed_work(work, HZ / 10);
	end = run_odd(test, "hang", NULL);
	cancel_delayed_work_sync(work);
	KUNIT_EXPECT_EQ(test, before + 1, umlab_splats());
	KUNIT_EXPECT_STREQ(test, end->why,
			   "the kernel reported a bug, see above");
}

/* It waits for the end of the test, as a driver's probe may for its hardware. */
static DECLARE_COMPLETION(run_stuck_end);

static int run_stuck_plug(struct kunit *test, struct umlab_args *args,
			  struct umlab_device *device)
{
	wait_for_completion(&run_stuck_end);
	return -EIO;
}

static struct umlab_kind run_stuck_kind = {
	.name = "stuck",
	.plug = run_stuck_plug,
};

static void run_stuck_release(void *unused)
{
	complete_all(&run_stuck_end);
	/* What was stuck comes to its end. */
	schedule_timeout_uninterruptible(HZ);
}

/* Nothing ends it, but it does not end the run either. */
static void run_is_stuck(struct kunit *test)
{
	static bool registered;
	const struct umlab_end *end;

	if (!registered)
		umlab_kind_register(&run_stuck_kind);
	registered = true;
	reinit_completion(&run_stuck_end);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   run_stuck_release,
							   NULL));
	end = run_odd(test, "stuck", NULL);
	KUNIT_EXPECT_EQ(test, UMLAB_FAILED, end->outcome);
	KUNIT_EXPECT_EQ(test, -ETIME, end->status);
	KUNIT_EXPECT_STREQ(test, end->why, "it is stuck in the kernel");
	kunit_release_action(test, run_stuck_release, NULL);
	run_expect_nobody(test);
	end = run_odd(test, "pass", "1");
	KUNIT_EXPECT_EQ(test, UMLAB_PASSED, end->outcome);
}

static struct kunit_case run_cases[] = {
	KUNIT_CASE_PARAM(run_ends, run_way_gen_params),
	KUNIT_CASE(run_spins),
	KUNIT_CASE(run_does_not_start),
	KUNIT_CASE(run_prints_anything),
	KUNIT_CASE(run_prints_a_lot),
	KUNIT_CASE(run_leaves_nothing),
	KUNIT_CASE(run_is_alone),
	KUNIT_CASE(run_splat),
	KUNIT_CASE_SLOW(run_is_stuck),
	{}
};

static struct kunit_suite run_suite = {
	.name		= "umlab_user_run",
	.test_cases	= run_cases,
};

kunit_test_suite(run_suite);
