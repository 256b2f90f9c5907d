// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that nobody points to, looked for at the end of each suite
 *
 * kmemleak has a thread that scans every ten minutes, which is nothing in virtual time.
 * It tells of each object it finds (kmemleak.verbose=1): who allocated it, and when. An
 * object has to be found twice in the same state, so two scans are needed.
 *
 * A suite with a suite_exit of its own is passed over; it may call umlab_scan_leaks(). What
 * it has leaked is found with the next one otherwise.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/test.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kconfig.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <umlab/machine.h>
#include <umlab/splat.h>

#include "leaks.h"

/* Of kmemleak.c: SECS_SCAN_WAIT, and a bit for the scan itself */
#define LEAKS_SCAN	(601 * HZ)

static bool leaks_wanted;

bool umlab_leaks_wanted(void)
{
	return READ_ONCE(leaks_wanted);
}

unsigned int umlab_scan_leaks(void)
{
	unsigned int before = umlab_splats_of(UMLAB_SPLAT_LEAK);

	/* In real time it would take as long as it says. */
	if (!umlab_time_is_virtual())
		return 0;
	WRITE_ONCE(leaks_wanted, true);
	schedule_timeout_uninterruptible(2 * LEAKS_SCAN);
	WRITE_ONCE(leaks_wanted, false);
	return umlab_splats_of(UMLAB_SPLAT_LEAK) - before;
}

static void leaks_suite_exit(struct kunit_suite *suite)
{
	unsigned int leaks = umlab_scan_leaks();

	if (!leaks)
		return;
	pr_err("%s: %u leaks, see above\n", suite->name, leaks);
	/* Its tests are over and told, so the suite fails. */
	suite->suite_init_err = -ENOMEM;
}

static int __init leaks_init(void)
{
	struct kunit_suite *const *suite;

	for (suite = __kunit_suites_start; suite < __kunit_suites_end; suite++) {
		if (!(*suite)->suite_exit)
			(*suite)->suite_exit = leaks_suite_exit;
	}
	return 0;
}
late_initcall(leaks_init);
