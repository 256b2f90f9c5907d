/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leaks: the suites that the linker has collected
 */
#ifndef _UMLAB_LEAKS_H
#define _UMLAB_LEAKS_H

struct kunit_suite;

/* As lib/kunit/executor.c has them */
extern struct kunit_suite * const __kunit_suites_start[];
extern struct kunit_suite * const __kunit_suites_end[];

#endif /* _UMLAB_LEAKS_H */
