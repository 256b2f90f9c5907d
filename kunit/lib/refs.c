// SPDX-License-Identifier: GPL-2.0-only
/*
 * Baselines of page references
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "refs.h"

void lab_refs_init(struct lab_refs *base)
{
	base->count = 0;
}

void lab_refs_add(struct kunit *test, struct lab_refs *base, struct page *page)
{
	unsigned int i = base->count;

	KUNIT_ASSERT_LT(test, i, LAB_REFS_MAX);
	base->page[i] = page;
	base->refs[i] = page_count(page);
	base->maps[i] = folio_mapcount(page_folio(page));
	base->count++;
}

bool lab_refs_differ(const struct lab_refs *base, const int *entries,
		     char *text, size_t size)
{
	unsigned int i;

	for (i = 0; i < base->count; i++) {
		int n = entries ? entries[i] : 0;
		int refs = page_count(base->page[i]) - base->refs[i];
		int maps = folio_mapcount(page_folio(base->page[i])) -
			   base->maps[i];

		if (refs == n && maps == n)
			continue;
		scnprintf(text, size,
			  "page %u: %d references and %d mappings more than at the start, expected %d of each: %s",
			  i, refs, maps, n,
			  maps != n ? "it is not mapped as expected" :
			  refs > n ? "a reference is leaked" :
			  "a reference is missing");
		return true;
	}
	return false;
}

void lab_expect_refs(struct kunit *test, const char *step,
		     const struct lab_refs *base, const int *entries)
{
	char text[160];

	if (lab_refs_differ(base, entries, text, sizeof(text)))
		KUNIT_FAIL(test, "%s: %s", step, text);
}
