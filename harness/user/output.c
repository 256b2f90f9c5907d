// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program prints
 *
 * KTAP is passed on, further in, as the subtests of the running case, and its results
 * are counted: after a header and one plan, from 1 on. Anything else becomes a comment
 * there, so that nothing that a program prints is taken for a result of KUnit's own.
 */

#include <kunit/test.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <umlab/splat.h>
#include <umlab/user.h>

#include "user.h"

/* Below a case of a suite, see kunit/test.h */
#define OUTPUT_INDENT	KUNIT_SUBSUBTEST_INDENT

static bool output_is_header(const char *line)
{
	return str_has_prefix(line, "TAP version 1") ||
	       str_has_prefix(line, "KTAP version ");
}

static void output_header(struct user_output *output)
{
	output->ktap = true;
	if (output->subtests)
		pr_info(OUTPUT_INDENT "KTAP version 1\n"
			OUTPUT_INDENT "# Subtest: %s\n", output->name);
}

/* Results come in order, each once: a child that prints its parent's again is found. */
static void output_count(struct user_output *output, const char *line)
{
	struct umlab_end *end = output->end;
	unsigned int number;

	if (sscanf(line, "1..%u", &number) == 1) {
		end->planned = number;
		end->plans++;
	} else if (sscanf(line, "ok %u", &number) == 1) {
		end->passed++;
		end->disorder |= number != end->passed + end->failed;
	} else if (sscanf(line, "not ok %u", &number) == 1) {
		end->failed++;
		end->disorder |= number != end->passed + end->failed;
	}
}

/* KTAP as it is, with what is deeper in; the rest as comments */
static bool output_is_ktap(const char *line)
{
	line = skip_spaces(line);
	return *line == '#' || output_is_header(line) ||
	       str_has_prefix(line, "1..") || str_has_prefix(line, "ok ") ||
	       str_has_prefix(line, "not ok ");
}

/* A line of KTAP, but not what is only the rest of a long one */
static bool output_ktap_line(struct user_output *output, const char *line)
{
	if (!output->ktap || output->continued)
		return false;
	output_count(output, line);
	return output_is_ktap(line);
}

static void output_line(struct user_output *output, bool more)
{
	const char *line = output->line;
	bool ktap;

	output->line[output->used] = '\0';
	output->used = 0;
	if (!output->ktap && !output->continued && output_is_header(line)) {
		output_header(output);
		return;
	}
	ktap = output_ktap_line(output, line);
	output->continued = more;
	if (output->quiet || (output->ktap && !output->subtests))
		return;
	umlab_splats_not_from(current);
	if (ktap)
		pr_info(OUTPUT_INDENT "%s\n", line);
	else
		pr_info(OUTPUT_INDENT "# %s: %s\n", output->name, line);
	umlab_splats_not_from(NULL);
}

static void output_keep(struct user_output *output, const char *text,
			size_t size)
{
	size_t part = min_t(size_t, size, UMLAB_USER_OUTPUT - output->kept);

	memcpy(output->end->output + output->kept, text, part);
	output->kept += part;
}

void output_add(struct user_output *output, const char *text, size_t size)
{
	size_t i;

	output_keep(output, text, size);
	for (i = 0; i < size; i++) {
		if (text[i] == '\n') {
			output_line(output, false);
			continue;
		}
		if (output->used == OUTPUT_LINE)
			output_line(output, true);
		/* Others would upset who reads the log as text. */
		output->line[output->used++] =
			isascii(text[i]) && (isprint(text[i]) || text[i] == '\t') ?
			text[i] : '?';
	}
}

void output_end(struct user_output *output)
{
	if (output->used)
		output_line(output, false);
}
