/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child processes. What a child expects by EXPECT_*, counts for the subtest; ASSERT_* would
 * have it do the test's teardown.
 *
 * One kind takes turns with its parent: they meet, and what the one did before is there for
 * the other one after; it ends by _exit()::
 *
 *	pid = lab_fork(&peer);
 *	if (!pid) {
 *		EXPECT_TRUE(lab_meet(&peer));
 *		EXPECT_EQ(1, *map);
 *		_exit(0);
 *	}
 *	*map = 1;
 *	EXPECT_TRUE(lab_meet(&peer));
 *	EXPECT_EQ(0, lab_reap(&peer));
 */
#ifndef _CHILD_H
#define _CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct lab_peer - the other process: the child, or the parent
 * @pid: of the child, in both
 * @in: a pipe from the other one
 * @out: a pipe to it
 */
struct lab_peer {
	pid_t pid;
	int in;
	int out;
};

/**
 * lab_fork() - fork
 * @peer: for the other process
 *
 * Return: as fork(), a negative errno if it failed. The child dies with its parent.
 */
pid_t lab_fork(struct lab_peer *peer);

/**
 * lab_meet() - wait until the other one is here, too
 * @peer: it
 *
 * Return: false: it is gone.
 */
bool lab_meet(const struct lab_peer *peer);

/**
 * lab_reap() - wait for the child's end
 * @peer: the child
 *
 * Return: as from wait(): 0 if it ended by _exit(0), the signal that killed it; or a
 * negative errno.
 */
int lab_reap(struct lab_peer *peer);

/**
 * lab_child() - start a process
 * @run: what it does; what that returns is its exit code
 * @arg: for @run
 *
 * Return: the process, or a negative errno.
 */
pid_t lab_child(int (*run)(void *arg), void *arg);

/**
 * lab_child_asleep() - wait until a process sleeps, in a call that a signal can end
 * @pid: the process; it does not sleep anywhere before that call
 *
 * Return: 0, or -ETIMEDOUT if it does not within seconds.
 */
int lab_child_asleep(pid_t pid);

/**
 * lab_child_end() - wait for the end of a process
 * @pid: the process
 *
 * Return: its exit code; if a signal ended it, the signal, negative.
 */
int lab_child_end(pid_t pid);

#endif /* _CHILD_H */
