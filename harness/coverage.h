/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coverage: what the linker has collected
 */
#ifndef _UMLAB_COVERAGE_H
#define _UMLAB_COVERAGE_H

struct gcov_info;

/* A pointer for each object that was compiled for it */
extern struct gcov_info *const __start_gcov_info[];
extern struct gcov_info *const __stop_gcov_info[];

#endif /* _UMLAB_COVERAGE_H */
