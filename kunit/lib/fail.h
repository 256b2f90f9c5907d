/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Have an operation fail at each of the points at which it can
 *
 * The first of its allocations fails, then the second, and so on, until it has been
 * through without one that did; then each with all after it. All of it is done fifteen
 * times, for leaks to show; after each failure the operation has to work again, which is
 * looked at the first and the last time.
 * As tools/testing/selftests/iommu/iommufd_fail_nth.c does it for one of the kernel's.
 *
 *	static const struct lab_fail_op example_open = {
 *		.name = "open", .run = open_run, .undo = open_undo,
 *		.errors = { -ENOMEM },
 *	};
 *
 *	const struct lab_fail fail = { .test = test, .point = LAB_FAIL_MEMORY };
 *
 *	KUNIT_EXPECT_GE(test, lab_fail_each(&fail, &example_open, &data).failed, 1);
 */
#ifndef _LAB_FAIL_H
#define _LAB_FAIL_H

#include <linux/types.h>

struct kunit;
struct umlab_slot;

/**
 * enum lab_fail_point - what fails
 * @LAB_FAIL_MEMORY: an allocation that the test's thread makes, of an object or of pages;
 *	a copy from or to user memory by functions, not by get_user() and put_user(). Each
 *	alone, and then each with all after it, which shows what a second attempt or another
 *	way hides
 * @LAB_FAIL_MEMORY_ALONE: the former only
 * @LAB_FAIL_MEMORY_OUT: the latter only
 * @LAB_FAIL_MAP: a mapping for DMA
 * @LAB_FAIL_ALLOC: an allocation of coherent memory
 * @LAB_FAIL_READ: a read of a register: it gives all-ones
 * @LAB_FAIL_DMA: an access of the device to memory
 */
enum lab_fail_point {
	LAB_FAIL_MEMORY,
	LAB_FAIL_MEMORY_ALONE,
	LAB_FAIL_MEMORY_OUT,
	LAB_FAIL_MAP,
	LAB_FAIL_ALLOC,
	LAB_FAIL_READ,
	LAB_FAIL_DMA,
};

/* As many errors may an operation have, or one less */
#define LAB_FAIL_ERRORS		6

/**
 * struct lab_fail_op - an operation
 * @name: what it is
 * @begin: what has to be done before it, if anything
 * @run: the operation; returns a negative errno if it has failed. It makes no
 *	assertions, as it is not itself then
 * @undo: undoes it, if it has not failed
 * @end: undoes @begin, if anything
 * @errors: what it may return at a failure; ends at 0
 * @moves: it has not always as many allocations, as it takes memory for the next times,
 *	too, or as it depends on which pages it gets: one may be stepped over some of the
 *	times. For what of the kernel's has been made the same each time, see inject.h
 *
 * All are called with the caller's data, and but for @run nothing is made to fail.
 */
struct lab_fail_op {
	const char *name;
	void (*begin)(void *data);
	long (*run)(void *data);
	void (*undo)(void *data);
	void (*end)(void *data);
	int errors[LAB_FAIL_ERRORS];
	bool moves;
};

/**
 * struct lab_fail - how it is made to fail
 * @test: the test
 * @slot: the function, if it is the function's affair
 * @point: what fails
 */
struct lab_fail {
	struct kunit *test;
	struct umlab_slot *slot;
	enum lab_fail_point point;
};

/**
 * struct lab_fail_points - how many points there were
 * @failed: at which the operation has failed
 * @coped: at which it has done without
 * @all: both
 */
struct lab_fail_points {
	unsigned int all;
	unsigned int failed;
	unsigned int coped;
};

/**
 * lab_fail_each() - have an operation fail at each point
 * @fail: how
 * @op: the operation
 * @data: for it
 *
 * The test fails if it fails with another error than it may, if it fails though nothing
 * was made to, if it does not work afterwards, or if objects, pages, pins of user pages,
 * mappings or references to functions are left; and if from the second time on it has more
 * allocations at one time than at another (but not with KASAN or kmemleak, which have some
 * themselves).
 *
 * Context: the test's thread.
 * Return: how many points there were the last time; of LAB_FAIL_MEMORY those of
 * LAB_FAIL_MEMORY_ALONE.
 */
struct lab_fail_points lab_fail_each(const struct lab_fail *fail,
				     const struct lab_fail_op *op, void *data);

#endif /* _LAB_FAIL_H */
