// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of bugs, laid at the right test's door
 *
 * WARN tells of itself by a tracepoint. The other checks only print, so what is printed
 * is listened to: each has words of its own, which stand in a report once.
 *
 * Nothing can be printed while a line is being printed, so the report itself has to
 * speak: it stands in the test's log.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/debug_locks.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <trace/events/error_report.h>
#include <trace/events/printk.h>
#include <asm/sections.h>
#include <umlab/splat.h>

#include "leaks.h"
#include "splat.h"

/* The first that fits counts. */
static const struct {
	const char *words;
	enum umlab_splat kind;
} splat_words[] = {
	{ "BUG: KASAN: ",				UMLAB_SPLAT_KASAN },
	{ "UBSAN: ",					UMLAB_SPLAT_UBSAN },
	{ "BUG: sleeping function called from ",	UMLAB_SPLAT_ATOMIC },
	{ "BUG: scheduling while atomic",		UMLAB_SPLAT_ATOMIC },
	{ "BUG: Bad ",					UMLAB_SPLAT_PAGE },
	{ "BUG: non-zero pgtables_bytes ",		UMLAB_SPLAT_PAGE },
	{ "BUG: Invalid wait context ",			UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: possible ",				UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: inconsistent lock state",		UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: suspicious RCU usage",		UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: bad unlock balance",		UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: bad contention ",			UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: chain_key collision",		UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: held lock freed!",			UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: lock held when returning ",		UMLAB_SPLAT_LOCKDEP },
	{ "WARNING: Nested lock was not taken",		UMLAB_SPLAT_LOCKDEP },
	{ "-unsafe lock order detected",		UMLAB_SPLAT_LOCKDEP },
	{ "still has locks held!",			UMLAB_SPLAT_LOCKDEP },
	/* A lock that was never initialised: what else would tell of it is silent then. */
	{ "INFO: trying to register non-static key",	UMLAB_SPLAT_LOCKDEP },
	{ "unreferenced object 0x",			UMLAB_SPLAT_LEAK },
	/* A check that has ended, so that it finds nothing any more */
	{ "Kernel memory leak detector disabled",	UMLAB_SPLAT_OTHER },
	{ "ODEBUG: Out of memory. ODEBUG disabled",	UMLAB_SPLAT_OTHER },
	{ "BUG: ",					UMLAB_SPLAT_OTHER },
	{ "Oops: ",					UMLAB_SPLAT_OTHER },
	{ "INFO: task ",				UMLAB_SPLAT_OTHER },
	{ "rcu: INFO: ",				UMLAB_SPLAT_OTHER },
};

static const char *const splat_names[UMLAB_SPLATS] = {
	[UMLAB_SPLAT_WARN] = "WARN",
	[UMLAB_SPLAT_KASAN] = "KASAN",
	[UMLAB_SPLAT_UBSAN] = "UBSAN",
	[UMLAB_SPLAT_LOCKDEP] = "lockdep",
	[UMLAB_SPLAT_ATOMIC] = "sleeping in atomic context",
	[UMLAB_SPLAT_LEAK] = "kmemleak",
	[UMLAB_SPLAT_PAGE] = "bad page",
	[UMLAB_SPLAT_SLAB] = "SLUB",
	[UMLAB_SPLAT_OTHER] = "BUG",
};

static atomic_t splat_counts[UMLAB_SPLATS];
/* How many they were at the last result */
static unsigned int splat_judged;
/* That no test has failed for; leaks that are looked for belong to who looks */
static atomic_t splat_strays = ATOMIC_INIT(0);
/* The test that is under way has failed, and may still be skipped. */
static bool splat_blamed;
static const struct task_struct *splat_not_from;
/* The WARN that is being printed is no splat. */
static bool splat_claimed;
/* SLUB has reported, and may end that by a WARN. */
static bool splat_slub;

/* What one test has declared, and has not come yet */
static struct kunit *splat_expected_by;
static atomic_t splat_expected[UMLAB_SPLATS];

void umlab_splat_claim(void)
{
	WRITE_ONCE(splat_claimed, true);
}

void umlab_splats_not_from(const struct task_struct *task)
{
	WRITE_ONCE(splat_not_from, task);
}

unsigned int umlab_splats(void)
{
	unsigned int kind, count = 0;

	for (kind = 0; kind < UMLAB_SPLATS; kind++)
		count += umlab_splats_of(kind);
	return count;
}

unsigned int umlab_splats_of(enum umlab_splat kind)
{
	return atomic_read(&splat_counts[kind]);
}

/*
 * The test that is under way; NULL: none. A thread of its own runs it, and another one
 * cleans up; each knows its test, and KUnit runs one test at a time.
 */
static struct kunit *splat_test(void)
{
	struct task_struct *task;

	if (current->kunit_test)
		return current->kunit_test;
	guard(rcu)();
	for_each_process(task) {
		struct kunit *test = READ_ONCE(task->kunit_test);

		if (test && !(READ_ONCE(task->flags) & PF_EXITING))
			return test;
	}
	return NULL;
}

void umlab_blame(struct kunit *test)
{
	kunit_set_failure(test);
	WRITE_ONCE(splat_blamed, true);
}

static void splat_came(enum umlab_splat kind)
{
	struct kunit *test = splat_test();

	atomic_inc(&splat_counts[kind]);
	if (atomic_dec_if_positive(&splat_expected[kind]) >= 0)
		return;
	if (test)
		umlab_blame(test);
	else if (kind != UMLAB_SPLAT_LEAK || !umlab_leaks_wanted())
		atomic_inc(&splat_strays);
}

static void splat_reported(void *unused, enum error_detector detector,
			   unsigned long id)
{
	if (detector == ERROR_DETECTOR_WARN && !xchg(&splat_claimed, false))
		splat_came(UMLAB_SPLAT_WARN);
}

/*
 * Lockdep turns itself off when it has reported, and has missed since who took or gave up
 * what. The test is over, so nobody but the one who runs the tests has locks.
 */
static void splat_rearm_lockdep(void)
{
	struct task_struct *process, *task;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		if (task != current)
			lockdep_init_task(task);
	}
	rcu_read_unlock();
	debug_locks = 1;
}

void umlab_splat_rearm(void)
{
	/* As debugfs' clear_warn_once does it */
	generic_bug_clear_once();
	memset(__start_once, 0, __end_once - __start_once);
}

/* "    ok 1 name", "not ok 2 name": the end of a test, or of a part of one */
static bool splat_is_result(const char *line)
{
	line += strspn(line, " ");
	return str_has_prefix(line, "ok ") || str_has_prefix(line, "not ok ");
}

/* From here on reports are another test's. One that was @skipped cannot fail any more. */
static void splat_next(bool skipped)
{
	unsigned int splats = umlab_splats();
	bool off = IS_ENABLED(CONFIG_PROVE_LOCKING) && !debug_locks;

	if (xchg(&splat_blamed, false) && skipped)
		atomic_inc(&splat_strays);
	/* It turns itself off when it reports, be it in words that are not known here. */
	if (off && splats == splat_judged)
		atomic_inc(&splat_strays);
	splat_judged = splats;
	splat_slub = false;
	umlab_splat_rearm();
	if (off)
		splat_rearm_lockdep();
}

static void splat_heard(void *unused, const char *line, size_t len)
{
	unsigned int i;

	if (current == READ_ONCE(splat_not_from) && in_task())
		return;
	if (splat_is_result(line))
		splat_next(strnstr(line, " # SKIP", len));
	if (strnstr(line, "[ cut here ]", len))
		WRITE_ONCE(splat_claimed, false);
	/* "BUG kmalloc-64 (Not tainted): Poison overwritten" */
	if (str_has_prefix(line, "BUG ")) {
		splat_came(UMLAB_SPLAT_SLAB);
		splat_slub = true;
	} else if (splat_slub && strnstr(line, " at mm/slub.c:", len)) {
		umlab_splat_claim();
		splat_slub = false;
	}
	for (i = 0; i < ARRAY_SIZE(splat_words); i++) {
		if (strnstr(line, splat_words[i].words, len)) {
			splat_came(splat_words[i].kind);
			return;
		}
	}
}

/* The end of a test that has declared reports */
static void splat_check(void *data)
{
	struct kunit *test = data;
	unsigned int kind;

	for (kind = 0; kind < UMLAB_SPLATS; kind++) {
		int left = atomic_xchg(&splat_expected[kind], 0);

		if (left)
			KUNIT_FAIL(test,
				   "%d more reports (%s) were expected than came",
				   left, splat_names[kind]);
	}
	splat_expected_by = NULL;
}

void umlab_expect_splat(struct kunit *test, enum umlab_splat kind)
{
	int err;

	if (splat_expected_by != test) {
		err = kunit_add_action_or_reset(test, splat_check, test);
		KUNIT_ASSERT_EQ(test, 0, err);
		splat_expected_by = test;
	}
	atomic_inc(&splat_expected[kind]);
}

/* Looked for by who judges the log */
static int splat_say(struct notifier_block *block, unsigned long action,
		     void *unused)
{
	int strays = atomic_read(&splat_strays);

	if (strays)
		pr_err("%d reports of bugs have failed no test\n", strays);
	return NOTIFY_DONE;
}

static struct notifier_block splat_block = {
	.notifier_call = splat_say,
};

static int __init splat_init(void)
{
	int err = register_reboot_notifier(&splat_block);

	err = err ?: register_trace_error_report_end(splat_reported, NULL);
	return err ?: register_trace_console(splat_heard, NULL);
}
subsys_initcall(splat_init);
