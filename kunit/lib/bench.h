/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of "make bench"
 *
 * Each row of the result is one line of the log, which "make bench" collects:
 *
 *	umlab-bench: <name> <unit> <median> <min> <max> <runs>
 */
#ifndef _LAB_BENCH_H
#define _LAB_BENCH_H

#include <kunit/test.h>
#include <linux/types.h>

/* How often a thing is measured, if nothing speaks against it */
#define LAB_BENCH_RUNS	101

/* A case that only "make bench" runs */
#define LAB_BENCH_CASE(name)						\
	KUNIT_CASE_ATTR(name, ((struct kunit_attributes) {		\
		.speed = KUNIT_SPEED_VERY_SLOW }))

/**
 * lab_bench_init() - a suite's init: skips where time is virtual
 * @test: the test
 */
int lab_bench_init(struct kunit *test);

/**
 * lab_bench_samples() - room for samples
 * @test: the test; aborted if there is none
 * @count: how many
 */
u64 *lab_bench_samples(struct kunit *test, unsigned int count);

/**
 * lab_bench_median() - the sample in the middle
 * @samples: the samples, which are sorted
 * @count: how many
 */
u64 lab_bench_median(u64 *samples, unsigned int count);

/**
 * lab_bench_row() - print a row
 * @name: of the row
 * @unit: of what was measured
 * @samples: in thousandths of @unit; sorted
 * @count: how many
 */
void lab_bench_row(const char *name, const char *unit, u64 *samples,
		   unsigned int count);

#endif /* _LAB_BENCH_H */
