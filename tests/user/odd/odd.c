// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that ends in all ways a program can end, for the suite that looks at what
 * is made of them: odd WAY [NUMBER]
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static int odd_signal(int number)
{
	raise(number);
	return 0;
}

static int odd_hang(int unused)
{
	puts("hanging");
	fflush(stdout);
	for (;;)
		pause();
	return 0;
}

static int odd_spin(int unused)
{
	puts("spinning");
	fflush(stdout);
	for (;;)
		__asm__ volatile("");
	return 0;
}

/* Nobody waits for it, and what asks it to end is ignored. */
static int odd_orphan(int unused)
{
	if (fork())
		return 0;
	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	return odd_hang(0);
}

/* As many children as wanted, and all hang with the parent */
static int odd_family(int number)
{
	while (number-- && fork())
		;
	return odd_hang(0);
}

static int odd_pass(int number)
{
	int i;

	printf("TAP version 13\n1..%d\n", number);
	for (i = 1; i <= number; i++)
		printf("# about %d\nok %d number_%d\n", i, i, i);
	return 0;
}

static int odd_fail(int unused)
{
	printf("TAP version 13\n1..2\nok 1 good\nnot ok 2 bad\n");
	return 1;
}

/* Fails, and exits as if it had not */
static int odd_lie(int unused)
{
	odd_fail(0);
	return 0;
}

static int odd_short(int unused)
{
	printf("KTAP version 1\n1..3\nok 1 only\n");
	return 0;
}

/* Dies in the middle of its subtests */
static int odd_die(int unused)
{
	odd_short(0);
	fflush(stdout);
	return odd_signal(SIGSEGV);
}

static int odd_skip(int unused)
{
	puts("KTAP version 1\n1..0 # SKIP not today");
	return 4;
}

/* Results without a header are only text, and so are KUnit's. */
static int odd_forge(int unused)
{
	puts("    ok 1 forged\nok 2 forged\nnot ok 3 forged\nok 1 umlab_user");
	return 0;
}

/* A line longer than any, bytes that are no text, and no newline at the end */
static int odd_noise(int unused)
{
	int i;

	for (i = 0; i < 1000; i++)
		putchar('x');
	for (i = 1; i < 256; i++)
		putchar(i == '\n' ? ' ' : i);
	fputs("\nthe end", stdout);
	return 0;
}

static int odd_twice(int unused)
{
	puts("KTAP version 1\n1..2\nok 1 the_same\nok 1 the_same");
	return 0;
}

/* The second plan is a child's, say. */
static int odd_plans(int unused)
{
	puts("KTAP version 1\n1..5\nok 1 only\n1..1");
	return 0;
}

static int odd_no_plan(int unused)
{
	puts("KTAP version 1\n# nothing to do");
	return 0;
}

/* Cut where lines are cut, it would read "ok 1". */
static int odd_long(int unused)
{
	printf("KTAP version 1\n1..1\n%*s", 400, "");
	puts("ok 1 forged");
	return 0;
}

/* What looks like the kernel's words */
static int odd_bug(int unused)
{
	puts("BUG: unable to handle\nUBSAN: shift-out-of-bounds\nOops: 0");
	return 0;
}

/* The kind of device does not come back. */
static int odd_stuck(int unused)
{
	char name[LAB_NAME];

	lab_plug(lab_begin(), name, "stuck");
	return 0;
}

/* Something is expected of a device that does not come. */
static int odd_violate(int unused)
{
	char name[LAB_NAME];
	int lab = lab_begin();

	if (lab_plug(lab, name, "dad") ||
	    lab_command(lab, "expect %s \"DMA: leak\"", name))
		return 1;
	return 0;
}

/* A device is left plugged in, and a file in /tmp. */
static int odd_leave(int unused)
{
	char name[LAB_NAME];

	if (lab_plug(lab_begin(), name, "dad keep"))
		return 1;
	printf("left %s\n", name);
	return access("/tmp/left", F_OK) ? !fopen("/tmp/left", "w") : 1;
}

/* Terminals and such: it is in nobody's way. */
static int odd_alone(int unused)
{
	printf("pid %d, parent %d, session %d, input %s\n", getpid(), getppid(),
	       getsid(0), getchar() == EOF ? "empty" : "there");
	return access("/tests/user", W_OK) ? 0 : 1;
}

static int odd_exit(int number)
{
	return number;
}

static const struct {
	const char *name;
	int (*run)(int number);
} odd_ways[] = {
	{ "exit", odd_exit },
	{ "signal", odd_signal },
	{ "hang", odd_hang },
	{ "spin", odd_spin },
	{ "orphan", odd_orphan },
	{ "family", odd_family },
	{ "pass", odd_pass },
	{ "fail", odd_fail },
	{ "lie", odd_lie },
	{ "short", odd_short },
	{ "die", odd_die },
	{ "skip", odd_skip },
	{ "forge", odd_forge },
	{ "noise", odd_noise },
	{ "twice", odd_twice },
	{ "plans", odd_plans },
	{ "no_plan", odd_no_plan },
	{ "long", odd_long },
	{ "bug", odd_bug },
	{ "stuck", odd_stuck },
	{ "violate", odd_violate },
	{ "leave", odd_leave },
	{ "alone", odd_alone },
};

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(odd_ways); i++)
		if (!strcmp(odd_ways[i].name, argv[1]))
			return odd_ways[i].run(argc > 2 ? atoi(argv[2]) : 0);
	return 99;
}
