/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One CPU of the host: what kernel and host call each other by
 */
#ifndef _UMLAB_USER_CPU_USER_H
#define _UMLAB_USER_CPU_USER_H

/**
 * cpu_keep() - stay on the CPU of the host that this is on
 *
 * What is started from now on stays there, too.
 *
 * Return: 0, or a negative errno of the host.
 */
int cpu_keep(void);

#endif /* _UMLAB_USER_CPU_USER_H */
