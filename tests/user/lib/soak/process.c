// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: children, who are ended by others, and signals
 */

#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define PROCESS_ROUNDS	20	/* of a child that runs beside its parent */

/* Its memory is its own now, so whatever comes there bothers nobody. */
static void process_child_read(struct soak *soak, __u64 random)
{
	enum soak_slot slot = SOAK_DAD + random % 2;

	pread(soak->files[slot].fd, (void *)(SOAK_MEMORY_AT + random % LAB_PAGE),
	      (random >> 16) % 8192, (random >> 32) % SOAK_DAD_MEMORY);
}

/* See what is mapped, let go of some of it or not, and end */
static void process_short(struct soak *soak, const __u64 *r)
{
	soak_touch_all(soak, r[0]);
	if (r[1] % 2)
		munmap((void *)SOAK_MAPS_AT, (r[1] >> 8) % 4 * SOAK_WINDOW);
	if (r[2] % 2)
		process_child_read(soak, r[3]);
	soak_touch_all(soak, r[4]);
	_exit(0);
}

static long process_fork(struct soak *soak, const __u64 *r)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		process_short(soak, r);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	soak_expect(soak, !status, "the child's status is %#x", status);
	return status;
}

static void process_long(struct soak *soak, const __u64 *r)
{
	__u64 random = r[0];
	unsigned int i;

	for (i = 0; i < PROCESS_ROUNDS; i++) {
		process_child_read(soak, soak_random(&random));
		soak_touch_all(soak, soak_random(&random));
		usleep(soak_random(&random) % 100);
	}
	_exit(0);
}

static long process_reap(struct soak *soak, int options)
{
	int status = 0;
	pid_t pid = soak->own->child;

	if (!pid)
		return -ECHILD;
	if (!waitpid(pid, &status, options))
		return -EAGAIN;
	soak->own->child = 0;
	soak_expect(soak, !status || status == SIGKILL,
		    "the child's status is %#x", status);
	return status;
}

void soak_child_end(struct soak *soak)
{
	if (soak->own->child)
		kill(soak->own->child, SIGKILL);
	process_reap(soak, 0);
}

/* Have a child beside this one, or see if the one before has ended */
static long process_beside(struct soak *soak, const __u64 *r)
{
	pid_t pid;

	if (soak->own->child)
		return process_reap(soak, WNOHANG);
	pid = fork();
	if (!pid)
		process_long(soak, r);
	soak_expect(soak, pid > 0, "fork: %d", -errno);
	soak->own->child = pid > 0 ? pid : 0;
	return pid > 0;
}

static long process_kill(struct soak *soak, const __u64 *r)
{
	pid_t pid = soak->shared->workers[r[0] % SOAK_WORKERS].child;
	int ret = pid ? kill(pid, SIGKILL) : 0;

	soak_expect(soak, !ret, "kill: %d", -errno);
	return pid != 0;
}

static long process_sleep(struct soak *soak, const __u64 *r)
{
	return usleep(r[0] % 200);
}

/* A signal that is handled, and one that would end it but is blocked */
static long process_raise(struct soak *soak, const __u64 *r)
{
	int ret = raise(r[0] % 2 ? SIGALRM : SIGURG);

	soak_expect(soak, !ret, "raise: %d", -errno);
	return ret;
}

const struct soak_op soak_process_ops[] = {
	{ "fork", 4, process_fork },
	{ "beside", 2, process_beside },
	{ "kill", 4, process_kill },
	{ "sleep", 40, process_sleep },
	{ "raise", 30, process_raise },
	{ }
};
