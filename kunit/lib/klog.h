/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's log says
 */
#ifndef _LAB_KLOG_H
#define _LAB_KLOG_H

#include <linux/kmsg_dump.h>
#include <linux/types.h>

/**
 * lab_klog_now() - the end of the log
 */
struct kmsg_dump_iter lab_klog_now(void);

/**
 * lab_klog_has() - whether a text is in the log
 * @since: from lab_klog_now(); goes on to the end of the log
 * @text: in one line
 */
bool lab_klog_has(struct kmsg_dump_iter since, const char *text);

#endif /* _LAB_KLOG_H */
