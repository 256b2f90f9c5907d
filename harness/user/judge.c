// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of a program: its exit code, its subtests, and what others say of it
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <umlab/machine.h>
#include <umlab/splat.h>
#include <umlab/user.h>

#include "user.h"

void judge_begin(struct judge_before *before)
{
	session_start_anew();
	before->splats = umlab_splats();
	before->functions = umlab_functions();
}

static const char *judge_signal(int signal)
{
	switch (signal) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	case SIGABRT:
		return "SIGABRT";
	case SIGKILL:
		return "SIGKILL";
	case SIGALRM:
		return "SIGALRM";
	default:
		return "a signal";
	}
}

/* Why a program that has ended has failed; true: it has */
static bool judge_itself(struct umlab_end *end, bool ktap)
{
	int status = end->status;

	if (status == -ENOENT)
		strscpy(end->why,
			"there are no programs: start the kernel with initrd=");
	else if (status < 0)
		scnprintf(end->why, sizeof(end->why),
			  "it could not be started: %pe", ERR_PTR(status));
	else if (status & 0x7f)
		scnprintf(end->why, sizeof(end->why), "%s ended it (%d)",
			  judge_signal(status & 0x7f), status & 0x7f);
	else if (end->failed)
		scnprintf(end->why, sizeof(end->why), "%u subtests failed",
			  end->failed);
	else if (ktap && end->plans != 1)
		scnprintf(end->why, sizeof(end->why),
			  "it announced subtests %u times", end->plans);
	else if (end->disorder)
		strscpy(end->why, "its subtests are not numbered in order");
	else if (end->planned != end->passed)
		scnprintf(end->why, sizeof(end->why),
			  "%u subtests were announced, %u came", end->planned,
			  end->passed);
	else if (status >> 8 && status >> 8 != UMLAB_EXIT_SKIP)
		scnprintf(end->why, sizeof(end->why), "its exit code was %d",
			  status >> 8);
	return end->why[0];
}

/* Why it has failed, whatever it says; true: it has */
static bool judge_others(struct umlab_end *end,
			 const struct judge_before *before)
{
	int verdict = session_verdict();

	if (verdict == -EIO)
		strscpy(end->why,
			"a device complained: look for \"violation\" in the whole log");
	else if (umlab_splats() != before->splats)
		strscpy(end->why, "the kernel reported a bug, see above");
	else if (umlab_functions() != before->functions)
		strscpy(end->why, "something refers to a device that it had");
	else if (verdict && !end->why[0])
		strscpy(end->why, "an earlier one is stuck with its devices");
	return end->why[0];
}

void judge_end(struct umlab_end *end, const struct judge_before *before,
	       const char *timeout, bool ktap)
{
	end->outcome = UMLAB_FAILED;
	if (timeout)
		strscpy(end->why, timeout);
	if (judge_others(end, before) || timeout || judge_itself(end, ktap))
		return;
	end->outcome = end->status >> 8 == UMLAB_EXIT_SKIP ? UMLAB_SKIPPED :
							     UMLAB_PASSED;
}
