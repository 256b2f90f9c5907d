// SPDX-License-Identifier: GPL-2.0-only
/*
 * One CPU of the host
 *
 * The kernel and the processes in it are processes of the host, of which only one runs
 * at a time. Left to itself, the host has them on several CPUs, and each system call and
 * page fault wakes another one up, which takes twice as long.
 */

#include <linux/init.h>
#include <linux/printk.h>

#include "cpu_user.h"

static int __init cpu_init(void)
{
	int err = cpu_keep();

	if (err)
		pr_notice("umlab: cannot stay on one CPU of the host: %d\n",
			  err);
	return 0;
}
arch_initcall(cpu_init);
