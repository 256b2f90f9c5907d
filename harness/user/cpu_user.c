// SPDX-License-Identifier: GPL-2.0-only
/*
 * One CPU of the host: the host's side
 *
 * Compiled against the host's C library, as arch/um's *_user.c are.
 */

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpu_user.h"

int cpu_keep(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return -errno;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* The function of that name is the kernel's own. */
	return syscall(SYS_sched_setaffinity, 0, sizeof(set), &set) < 0 ? -errno :
									   0;
}
