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

struct kunit;
struct lab_slabs;

/**
 * lab_slabs_count() - count the objects of each cache
 * @test: the test; aborted if there is no memory for them
 *
 * Return: the counts; freed when the test ends.
 */
struct lab_slabs *lab_slabs_count(struct kunit *test);

/**
 * lab_slabs_expect_growth() - expect that no cache has grown much
 * @test: the test
 * @before: the counts to compare with
 * @most: by how many objects at most
 * @what: what was done, for the message
 */
void lab_slabs_expect_growth(struct kunit *test, const struct lab_slabs *before,
			     long most, const char *what);

#endif /* _LAB_SLABS_H */
