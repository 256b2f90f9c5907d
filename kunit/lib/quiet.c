// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keep the log readable where a case does something a thousand times
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/printk.h>

#include "quiet.h"

/* One test runs at a time. */
static int lab_console_level;

static void lab_restore_console(void *unused)
{
	console_loglevel = lab_console_level;
}

static void lab_set_console(struct kunit *test, int level)
{
	lab_console_level = console_loglevel;
	console_loglevel = level;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_restore_console,
						  NULL));
}

void lab_quiet_console(struct kunit *test)
{
	/* KUnit's lines come without a newline, and out with the next one. */
	kunit_info(test, "printing warnings only\n");
	lab_set_console(test, LOGLEVEL_NOTICE);
}

void lab_silent_console(struct kunit *test)
{
	lab_set_console(test, LOGLEVEL_ERR);
}

void lab_loud_console(struct kunit *test)
{
	kunit_release_action(test, lab_restore_console, NULL);
}
