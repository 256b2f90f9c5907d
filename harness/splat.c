// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of bugs, counted
 *
 * Some of the kernel's checks tell of a report by a tracepoint. The others only print
 * it, so what is printed is listened to.
 */

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <trace/events/error_report.h>
#include <trace/events/printk.h>
#include <umlab/user.h>

/* What is in a report that no tracepoint tells of: of mm, SLUB, UBSAN, lockdep, ... */
static const char *const splat_words[] = {
	"BUG: ", "UBSAN: ", "Oops: ", "Bad page ", "refcount_t: ",
	"list_add corruption", "list_del corruption",
	"WARNING: possible ", "WARNING: inconsistent ", "WARNING: suspicious ",
	"WARNING: bad ", "WARNING: held lock ", "WARNING: lock held ",
	"WARNING: Nested lock ", "-safe -> ", "still has locks held!",
	"INFO: possible ", "INFO: suspicious ", "INFO: task ",
	"unreferenced object ", "new suspected memory leaks",
};

static atomic_t splat_count = ATOMIC_INIT(0);
static const struct task_struct *splat_not_from;

void umlab_splats_not_from(const struct task_struct *task)
{
	WRITE_ONCE(splat_not_from, task);
}

unsigned int umlab_splats(void)
{
	return atomic_read(&splat_count);
}

static void splat_reported(void *unused, enum error_detector detector,
			   unsigned long id)
{
	atomic_inc(&splat_count);
}

static void splat_heard(void *unused, const char *line, size_t len)
{
	unsigned int i;

	if (current == READ_ONCE(splat_not_from) && in_task())
		return;
	if (len > strlen("BUG ") && str_has_prefix(line, "BUG "))
		atomic_inc(&splat_count);
	for (i = 0; i < ARRAY_SIZE(splat_words); i++) {
		if (strnstr(line, splat_words[i], len)) {
			atomic_inc(&splat_count);
			return;
		}
	}
}

static int __init splat_init(void)
{
	int err = register_trace_error_report_end(splat_reported, NULL);

	return err ?: register_trace_console(splat_heard, NULL);
}
subsys_initcall(splat_init);
