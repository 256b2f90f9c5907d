// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: all of tests/user, each a case
 *
 * "umlab.args=..." on the kernel's command line gives them arguments, such as "-t,NAME"
 * for one subtest, or "-h" to see what they know.
 */

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>
#include <umlab/user.h>

#define USER_WORDS	16

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"umlab."

static char *user_args = "";
module_param_named(args, user_args, charp, 0444);
MODULE_PARM_DESC(args, "arguments for the programs of umlab_user, separated by blanks or commas");

static void user_program(struct kunit *test)
{
	char *words = kunit_kstrdup(test, user_args, GFP_KERNEL);
	const char *argv[USER_WORDS + 2] = { };
	char path[64], *word;
	unsigned int count = 0;

	KUNIT_ASSERT_NOT_NULL(test, words);
	scnprintf(path, sizeof(path), "/tests/user/%s", test->name);
	argv[count++] = path;
	while ((word = strsep(&words, " ,")) && count <= USER_WORDS)
		if (*word)
			argv[count++] = word;
	umlab_user_run(test, argv);
}

#define USER_PROGRAM(program) { .run_case = user_program, .name = #program },

static struct kunit_case user_cases[] = {
#include "user_programs.h"
	{}
};

static struct kunit_suite user_suite = {
	.name		= "umlab_user",
	.test_cases	= user_cases,
};

kunit_test_suite(user_suite);
