/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Baselines of page references
 *
 * A page table entry that a driver makes from a struct page owns one reference
 * to it and counts as one mapping. So at any step of a test a page's count and
 * mapcount are their baselines plus the number of entries that lead to it; one
 * more is a leak, one less a page that will be freed while it is in use.
 */
#ifndef _LAB_REFS_H
#define _LAB_REFS_H

#include <linux/types.h>

struct kunit;
struct page;

/* Pages a baseline can have */
#define LAB_REFS_MAX	32

/**
 * struct lab_refs - the baselines of some pages
 * @count: how many pages
 * @page: the pages
 * @refs: their counts
 * @maps: their mapcounts
 */
struct lab_refs {
	unsigned int count;
	struct page *page[LAB_REFS_MAX];
	int refs[LAB_REFS_MAX];
	int maps[LAB_REFS_MAX];
};

/**
 * lab_refs_init() - start with no page
 * @base: the baselines
 */
void lab_refs_init(struct lab_refs *base);

/**
 * lab_refs_add() - take a page's baseline
 * @test: the test; aborted if there are LAB_REFS_MAX pages already
 * @base: the baselines
 * @page: the page; the caller sees to it that it stays allocated
 */
void lab_refs_add(struct kunit *test, struct lab_refs *base,
		  struct page *page);

/**
 * lab_refs_differ() - compare the pages with their baselines
 * @base: the baselines
 * @entries: for each page how many page table entries lead to it now; NULL:
 *	     none does to any
 * @text: where to describe the first difference
 * @size: of @text
 *
 * Return: true if they differ.
 */
bool lab_refs_differ(const struct lab_refs *base, const int *entries,
		     char *text, size_t size);

/**
 * lab_expect_refs() - expect so many references to each page
 * @test: the test
 * @step: what the test has just done, for the message
 * @base: the baselines
 * @entries: as for lab_refs_differ()
 */
void lab_expect_refs(struct kunit *test, const char *step,
		     const struct lab_refs *base, const int *entries);

#endif /* _LAB_REFS_H */
