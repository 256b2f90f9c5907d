// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for a device to have
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "region.h"

#define LAB_STAMP	0x6c61622d70616765ULL

struct lab_region_free {
	struct kunit *test;
	struct lab_region region;
};

u64 lab_region_stamp(long page)
{
	return LAB_STAMP + page;
}

static u64 *lab_region_at(const struct lab_region *region, long page)
{
	return region->mem + page * (long)PAGE_SIZE;
}

phys_addr_t lab_region_phys(const struct lab_region *region, long page)
{
	return virt_to_phys(lab_region_at(region, page));
}

unsigned long lab_region_pfn(const struct lab_region *region, long page)
{
	return PHYS_PFN(lab_region_phys(region, page));
}

struct page *lab_region_page(const struct lab_region *region, long page)
{
	return virt_to_page(lab_region_at(region, page));
}

bool lab_region_guards_ok(const struct lab_region *region)
{
	const long guards[] = { -1, region->pages };
	int i, word;

	for (i = 0; i < ARRAY_SIZE(guards); i++)
		for (word = 0; word < PAGE_SIZE / sizeof(u64); word++)
			if (lab_region_at(region, guards[i])[word] !=
			    lab_region_stamp(guards[i]))
				return false;
	return true;
}

static void lab_region_release(void *data)
{
	struct lab_region_free *free = data;
	const struct lab_region *region = &free->region;

	if (!lab_region_guards_ok(region))
		KUNIT_FAIL(free->test,
			   "a page next to the device's memory was overwritten");
	free_pages_exact(lab_region_at(region, -1),
			 (region->pages + 2) << PAGE_SHIFT);
	kfree(free);
}

void lab_region_init(struct kunit *test, struct lab_region *region,
		     unsigned long pages)
{
	struct lab_region_free *free;
	long page;
	void *mem;

	free = kzalloc(sizeof(*free), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, free);
	/* Each page with a count of its own, as a driver may take references */
	mem = alloc_pages_exact((pages + 2) << PAGE_SHIFT,
				GFP_KERNEL | __GFP_ZERO);
	if (!mem)
		kfree(free);
	KUNIT_ASSERT_NOT_NULL(test, mem);

	region->mem = mem + PAGE_SIZE;
	region->pages = pages;
	memset64(lab_region_at(region, -1), lab_region_stamp(-1),
		 PAGE_SIZE / sizeof(u64));
	memset64(lab_region_at(region, pages), lab_region_stamp(pages),
		 PAGE_SIZE / sizeof(u64));
	for (page = 0; page < pages; page++)
		*lab_region_at(region, page) = lab_region_stamp(page);

	free->test = test;
	free->region = *region;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_region_release,
						  free));
}
