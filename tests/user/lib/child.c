// SPDX-License-Identifier: GPL-2.0-only
/*
 * Child processes
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

/* Looks, 1 ms apart, before it is given up */
#define CHILD_LOOKS	5000

pid_t lab_fork(struct lab_peer *peer)
{
	int down[2], up[2];

	if (pipe(down))
		return -errno;
	if (pipe(up)) {
		close(down[0]);
		close(down[1]);
		return -errno;
	}
	peer->pid = fork();
	peer->in = peer->pid ? up[0] : down[0];
	peer->out = peer->pid ? down[1] : up[1];
	/* Who waits for one that has ended, is to see the end of the pipe. */
	close(peer->pid ? down[0] : up[0]);
	close(peer->pid ? up[1] : down[1]);
	if (!peer->pid) {
		peer->pid = getpid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return 0;
	}
	return peer->pid < 0 ? -errno : peer->pid;
}

bool lab_meet(const struct lab_peer *peer)
{
	char byte = 0;

	return write(peer->out, &byte, 1) == 1 && read(peer->in, &byte, 1) == 1;
}

int lab_reap(struct lab_peer *peer)
{
	int status = 0;

	close(peer->in);
	close(peer->out);
	return waitpid(peer->pid, &status, 0) < 0 ? -errno : status;
}

pid_t lab_child(int (*run)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(run(arg));
	return pid;
}

/* The state of a process, as a letter; 0 if there is none */
static char child_state(pid_t pid)
{
	char path[32], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state;
}

int lab_child_asleep(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int i;

	for (i = 0; i < CHILD_LOOKS; i++) {
		nanosleep(&pause, NULL);
		if (child_state(pid) == 'S')
			return 0;
	}
	return -ETIMEDOUT;
}

int lab_child_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
