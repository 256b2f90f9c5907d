// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real time: the thread on the host
 *
 * Compiled against the host's C library, as arch/um's *_user.c are.
 */

#include <poll.h>
#include <unistd.h>

#include <os.h>

#include "watch_user.h"

int watch_thread(void *data)
{
	const int *fds = data;
	struct pollfd poll_fd = { .fd = fds[0], .events = POLLIN };
	struct watch_time time = { };

	os_set_pdeathsig();
	os_fix_helper_signals();
	for (;;) {
		int ready = poll(&poll_fd, 1, time.ms ? time.ms : -1);

		if (ready > 0 &&
		    read(fds[0], &time, sizeof(time)) != sizeof(time))
			return 1;
		if (!ready &&
		    write(fds[1], &time, sizeof(time)) != sizeof(time))
			return 1;
	}
}
