/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs share
 *
 * A program is a kernel selftest: kselftest_harness.h runs its tests, each in a process
 * of its own, and prints their results. What it needs of devices, it plugs in itself::
 *
 *	FIXTURE(dad) { int lab; char node[LAB_NAME]; };
 *
 *	FIXTURE_SETUP(dad)
 *	{
 *		self->lab = lab_begin();
 *		ASSERT_EQ(0, lab_plug(self->lab, self->node, "dad revision=C"));
 *	}
 *
 *	FIXTURE_TEARDOWN(dad) { EXPECT_TRUE(lab_end(self->lab)); }
 *
 * Errors are negative errnos.
 */
#ifndef _LAB_H
#define _LAB_H

#include <stdbool.h>
#include <stddef.h>

/* ARRAY_SIZE() and the like */
#include <kselftest.h>

/* The longest name of a device, with the 0 at its end */
#define LAB_NAME	32

/**
 * lab_begin() - open the machine
 *
 * Return: /dev/umlab; what is plugged in through it, stays until it is closed.
 */
int lab_begin(void);

/**
 * lab_command() - tell the machine
 * @lab: the machine
 * @format: a command, see harness/include/umlab/user.h
 *
 * Return: 0, or the error.
 */
__printf(2, 3)
int lab_command(int lab, const char *format, ...);

/**
 * lab_plug() - plug in a device
 * @lab: the machine
 * @name: for its name: that of its node, or what its nodes' names begin with
 * @format: its kind and options
 *
 * Return: 0, or the error.
 */
__printf(3, 4)
int lab_plug(int lab, char name[LAB_NAME], const char *format, ...);

/**
 * lab_end() - unplug all
 * @lab: the machine; closed
 *
 * Return: whether nothing complained, not even of what was left at the end.
 */
bool lab_end(int lab);

/**
 * lab_open() - open a device node
 * @flags: as for open()
 * @format: its name below /dev
 *
 * Return: the file, or the error.
 */
__printf(2, 3)
int lab_open(int flags, const char *format, ...);

#endif /* _LAB_H */
