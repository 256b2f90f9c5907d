// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's log says
 */

#include <linux/printk.h>
#include <linux/string.h>

#include "klog.h"

#define KLOG_LINE	512

struct kmsg_dump_iter lab_klog_now(void)
{
	struct kmsg_dump_iter iter;
	char line[KLOG_LINE];
	size_t len;

	/* KUnit's lines come without a newline; this ends the last one. */
	pr_info("\n");
	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line), &len))
		;
	return iter;
}

bool lab_klog_has(struct kmsg_dump_iter since, const char *text)
{
	char line[KLOG_LINE];
	size_t len;

	pr_info("\n");
	while (kmsg_dump_get_line(&since, false, line, sizeof(line), &len)) {
		if (strnstr(line, text, len))
			return true;
	}
	return false;
}
