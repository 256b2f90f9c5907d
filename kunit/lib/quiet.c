// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keep the log readable where a case does something a thousand times
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/printk.h>

#include "quiet.h"

static void lab_restore_console(void *level)
{
	console_loglevel = (long)level;
}

void lab_quiet_console(struct kunit *test)
{
	void *level = (void *)(long)console_loglevel;

	/* KUnit's lines come without a newline, and out with the next one. */
	kunit_info(test, "printing warnings only\n");
	console_loglevel = LOGLEVEL_NOTICE;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_restore_console,
						  level));
}
