/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Leaks of kernel memory, by counting objects, pages and pins
 *
 * Every slab cache's objects are counted before and after something was done
 * many times; and the pages of all caches, as what is too large for a cache has
 * pages of its own; pages in use; and pins of user pages. A leak of one a time stands
 * out.
 */
#ifndef _LAB_SLABS_H
#define _LAB_SLABS_H

#include <linux/types.h>

struct kunit;
struct lab_slabs;

/**
 * lab_slabs_count() - count the objects of each cache
 * @test: the test; aborted if there is no memory for them
 *
 * Return: the counts, and room for those to come; freed when the test ends.
 */
struct lab_slabs *lab_slabs_count(struct kunit *test);

/**
 * lab_slabs_of_check() - whether a cache is of one of the kernel's checks, which count by
 * themselves and would check no more without it
 * @name: the cache's
 */
bool lab_slabs_of_check(const char *name);

/**
 * lab_slabs_pass_over_shadow() - do not expect of some counts that they do not grow
 * @slabs: the counts
 *
 * What the machine takes for a device in a topology that is not coherent: it keeps what
 * the device sees of each page that it has seen.
 */
void lab_slabs_pass_over_shadow(struct lab_slabs *slabs);

/**
 * lab_slabs_expect_growth() - count again, and expect that no cache has grown much
 * @test: the test
 * @slabs: the counts to compare with
 * @most: by how many objects at most
 * @what: what was done, for the message
 */
void lab_slabs_expect_growth(struct kunit *test, struct lab_slabs *slabs, long most,
			     const char *what);

#endif /* _LAB_SLABS_H */
