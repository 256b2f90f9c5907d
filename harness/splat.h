/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Splats, the harness's side
 */
#ifndef _UMLAB_HARNESS_SPLAT_H
#define _UMLAB_HARNESS_SPLAT_H

struct kunit;

/**
 * umlab_blame() - fail a test, whose thread may be another one
 * @test: the test
 *
 * Should it be skipped after that, which KUnit takes for its result, the run fails.
 *
 * Context: any.
 */
void umlab_blame(struct kunit *test);

/**
 * umlab_splat_claim() - the WARN that is being printed is counted as something else
 *
 * Context: while its message is printed, see trace/events/printk.h.
 */
void umlab_splat_claim(void);

/**
 * umlab_splat_rearm() - have the kernel warn once more of what it warns of once
 *
 * Or a test would pass because an earlier one has failed. It is done by itself when a
 * test ends.
 *
 * Context: any.
 */
void umlab_splat_rearm(void);

#endif /* _UMLAB_HARNESS_SPLAT_H */
