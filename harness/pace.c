// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which tests take the longest, in the host's time
 *
 * The kernel's own time is virtual. What KUnit prints says when a test has ended, and what
 * it was: results of suites are not indented, those of cases once, those of parameters
 * and of programs' subtests twice. At the end of the run the slowest are told.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <trace/events/printk.h>
#include <os.h>

#define PACE_TOLD	20
#define PACE_INDENT	4
#define PACE_SUBTEST	"# Subtest: "

/**
 * struct pace_test - a test that took its time
 * @ns: how long, since the one before it had ended
 * @name: suite, case and parameter, with dots between
 */
struct pace_test {
	long long ns;
	char name[96];
};

/* All of this belongs to whoever prints KUnit's lines, of whom there is one. */
static struct pace_test pace_slowest[PACE_TOLD];
static char pace_suite[48];
static char pace_case[48];
static long long pace_last;

static void pace_ended(const char *name, int len)
{
	struct pace_test *least = pace_slowest, *test;
	long long now = os_nsecs(), ns = now - pace_last;

	pace_last = now;
	for (test = pace_slowest; test < pace_slowest + PACE_TOLD; test++) {
		if (test->ns < least->ns)
			least = test;
	}
	if (ns <= least->ns)
		return;
	least->ns = ns;
	scnprintf(least->name, sizeof(least->name), "%s%s%s.%.*s", pace_suite,
		  pace_case[0] ? "." : "", pace_case, len, name);
}

/* A part of a test begins, which has parts of its own */
static void pace_begins(unsigned int depth, const char *name, int len)
{
	char *place = depth == 1 ? pace_suite : pace_case;

	scnprintf(place, sizeof(pace_case), "%.*s", len, name);
	if (depth != 1)
		return;
	pace_case[0] = '\0';
	pace_last = os_nsecs();
}

/* "1 name # SKIP why" */
static void pace_result(unsigned int depth, const char *line, int len)
{
	const char *name = strnchr(line, len, ' ');
	const char *why;

	if (!name)
		return;
	name++;
	len -= name - line;
	why = strnstr(name, " # ", len);
	if (why)
		len = why - name;
	if (depth == 2)
		pace_ended(name, len);
	else if (depth == 1 && !pace_case[0])
		pace_ended(name, len);
	else if (depth == 1)
		pace_last = os_nsecs();
	if (depth == 1)
		pace_case[0] = '\0';
}

static void pace_heard(void *unused, const char *line, size_t len)
{
	size_t indent = strspn(line, " ");
	unsigned int depth = indent / PACE_INDENT;

	if (indent >= len || depth > 2)
		return;
	line += indent;
	len -= indent;
	if (str_has_prefix(line, PACE_SUBTEST))
		pace_begins(depth, line + strlen(PACE_SUBTEST),
			    len - strlen(PACE_SUBTEST));
	else if (str_has_prefix(line, "ok "))
		pace_result(depth, line + 3, len - 3);
	else if (str_has_prefix(line, "not ok "))
		pace_result(depth, line + 7, len - 7);
}

static int pace_compare(const void *a, const void *b)
{
	const struct pace_test *one = a, *two = b;

	return one->ns < two->ns ? 1 : one->ns > two->ns ? -1 : 0;
}

/* "umlab: slow: 123.456 ms umlab_suite.case.parameter", which make report reads */
static int pace_tell(struct notifier_block *block, unsigned long action,
		     void *unused)
{
	struct pace_test *test;

	sort(pace_slowest, PACE_TOLD, sizeof(*test), pace_compare, NULL);
	for (test = pace_slowest; test < pace_slowest + PACE_TOLD; test++) {
		u32 us = min_t(u64, div_u64(test->ns, NSEC_PER_USEC), U32_MAX);

		if (test->ns)
			pr_info("slow: %u.%03u ms %s\n", us / 1000, us % 1000,
				test->name);
	}
	return NOTIFY_DONE;
}

static struct notifier_block pace_block = {
	.notifier_call = pace_tell,
};

static int __init pace_init(void)
{
	int err = register_reboot_notifier(&pace_block);

	return err ?: register_trace_console(pace_heard, NULL);
}
subsys_initcall(pace_init);
