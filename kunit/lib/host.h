/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of the machine that UML runs on, run inside of UML
 *
 * Through hostfs the program and its libraries are the machine's own, not
 * copies; what they see of devices is UML's.
 */
#ifndef _LAB_HOST_H
#define _LAB_HOST_H

#include <linux/types.h>

struct kunit;

/**
 * struct lab_host_run - what a program left
 * @status: as from wait(); or a negative errno: it could not be started
 * @out: its standard output, which ends with a 0
 * @err: its standard error output, likewise
 */
struct lab_host_run {
	int status;
	char *out;
	char *err;
};

/**
 * lab_host_run() - run a program
 * @test: the test; aborted if it cannot be set up
 * @argv: its absolute path and its arguments, with a NULL at the end
 * @sys: where it runs: a folder, as a path below /sys
 *
 * Its root folder is the machine's, its standard input is empty.
 *
 * Return: what it left; freed when the test ends.
 */
struct lab_host_run *lab_host_run(struct kunit *test,
				  const char *const *argv, const char *sys);

#endif /* _LAB_HOST_H */
