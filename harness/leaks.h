/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leaks: the suites that the linker has collected, and who looks
 */
#ifndef _UMLAB_LEAKS_H
#define _UMLAB_LEAKS_H

#include <linux/types.h>

struct kunit_suite;

/* As lib/kunit/executor.c has them */
extern struct kunit_suite * const __kunit_suites_start[];
extern struct kunit_suite * const __kunit_suites_end[];

/**
 * umlab_leaks_wanted() - whether somebody has asked for leaks, and sees to them
 */
#ifdef CONFIG_DEBUG_KMEMLEAK
bool umlab_leaks_wanted(void);
#else
static inline bool umlab_leaks_wanted(void)
{
	return false;
}
#endif

#endif /* _UMLAB_LEAKS_H */
