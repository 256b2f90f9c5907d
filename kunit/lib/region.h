/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for a device to have
 *
 * A run of physically contiguous pages that plays a device's memory, with one
 * guard page before and one after that plays the neighbours'. Each page starts
 * with a stamp that says which it is, and the guards are full of theirs.
 */
#ifndef _LAB_REGION_H
#define _LAB_REGION_H

#include <linux/types.h>

struct kunit;
struct page;

/**
 * struct lab_region - memory for a device
 * @mem: kernel address of the first page, the guard before it not counted
 * @pages: how many pages, guards not counted
 */
struct lab_region {
	void *mem;
	unsigned long pages;
};

/**
 * lab_region_init() - allocate and stamp a region
 * @test: the test; aborted if there is no memory
 * @region: the region; freed when the test ends, which fails the test if a
 *	    guard was written to
 * @pages: how many pages
 */
void lab_region_init(struct kunit *test, struct lab_region *region,
		     unsigned long pages);

/**
 * lab_region_guards_ok() - whether the guards are as they were
 * @region: the region
 */
bool lab_region_guards_ok(const struct lab_region *region);

/**
 * lab_region_phys() - the physical address of a page
 * @region: the region
 * @page: the page, from 0; -1 and region->pages are the guards
 */
phys_addr_t lab_region_phys(const struct lab_region *region, long page);

/**
 * lab_region_pfn() - the frame of a page
 * @region: the region
 * @page: as for lab_region_phys()
 */
unsigned long lab_region_pfn(const struct lab_region *region, long page);

/**
 * lab_region_page() - the struct page of a page
 * @region: the region
 * @page: as for lab_region_phys()
 */
struct page *lab_region_page(const struct lab_region *region, long page);

/**
 * lab_region_stamp() - what a page starts with
 * @page: as for lab_region_phys()
 */
u64 lab_region_stamp(long page);

#endif /* _LAB_REGION_H */
