// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: which ranges may be mapped, and what is mapped then
 *
 * Every case looks at the result of mmap() and at the page tables: exactly the
 * frames that were granted, and no others anywhere in the address space.
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "lib/frames.h"
#include "lib/simple_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define REGION_PAGES	16UL

/* The last offset at which a byte offset does not wrap, for one page */
#define LAST_PGOFF	((ULONG_MAX - PAGE_SIZE) >> PAGE_SHIFT)

/**
 * struct range_case - one mmap() and what it must come to
 * @name: the case
 * @pgoff: offset, in pages
 * @pages: length, in pages
 * @flags: MAP_*
 * @prot: PROT_*
 * @want: 0 or the errno, negative
 */
struct range_case {
	const char *name;
	unsigned long pgoff;
	unsigned long pages;
	unsigned long flags;
	unsigned long prot;
	long want;
};

#define RW	(PROT_READ | PROT_WRITE)

static const struct range_case range_cases[] = {
	{ "whole", 0, REGION_PAGES, MAP_SHARED, RW, 0 },
	{ "first page", 0, 1, MAP_SHARED, RW, 0 },
	{ "last page", REGION_PAGES - 1, 1, MAP_SHARED, RW, 0 },
	{ "inner pages", 3, 5, MAP_SHARED, RW, 0 },
	{ "all but the first page", 1, REGION_PAGES - 1, MAP_SHARED, RW, 0 },
	{ "read-only", 2, 4, MAP_SHARED, PROT_READ, 0 },
	{ "no access", 2, 4, MAP_SHARED, PROT_NONE, 0 },
	{ "private", 2, 4, MAP_PRIVATE, RW, 0 },
	{ "private read-only", 0, REGION_PAGES, MAP_PRIVATE, PROT_READ, 0 },
	{ "length 0", 0, 0, MAP_SHARED, RW, -EINVAL },
	{ "one page too long", 0, REGION_PAGES + 1, MAP_SHARED, RW, -EINVAL },
	{ "last page and one more", REGION_PAGES - 1, 2, MAP_SHARED, RW,
	  -EINVAL },
	{ "offset == size", REGION_PAGES, 1, MAP_SHARED, RW, -EINVAL },
	{ "offset > size", REGION_PAGES + 1, 1, MAP_SHARED, RW, -EINVAL },
	{ "offset > size, whole length", REGION_PAGES + 1, REGION_PAGES,
	  MAP_SHARED, RW, -EINVAL },
	{ "offset far beyond", 1UL << 32, 1, MAP_SHARED, RW, -EINVAL },
	{ "private beyond", REGION_PAGES, 1, MAP_PRIVATE, RW, -EINVAL },
	{ "last offset that is no wrap", LAST_PGOFF, 1, MAP_SHARED, RW,
	  -EINVAL },
	{ "offset + length wraps in bytes", LAST_PGOFF + 1, 1, MAP_SHARED, RW,
	  -EOVERFLOW },
	{ "offset wraps to 0 in bytes", 1UL << (BITS_PER_LONG - PAGE_SHIFT), 1,
	  MAP_SHARED, RW, -EOVERFLOW },
	{ "offset + length wraps in pages", ULONG_MAX, 1, MAP_SHARED, RW,
	  -EOVERFLOW },
};

KUNIT_ARRAY_PARAM_DESC(range, range_cases, name);

struct range_fixture {
	struct lab_simple *simple;
	struct file *file[LAB_SIMPLE_NODES];
};

static int range_init(struct kunit *test)
{
	struct range_fixture *fx;
	int i;

	fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fx);
	test->priv = fx;

	fx->simple = lab_simple_plug(test, REGION_PAGES);
	for (i = 0; i < LAB_SIMPLE_NODES; i++)
		fx->file[i] = lab_simple_open(test, fx->simple, i);
	lab_space_new(test);
	return 0;
}

/* Make a page table entry for every page that the process may touch. */
static void range_touch_all(struct kunit *test, unsigned long addr,
			    const struct range_case *c)
{
	unsigned long page;

	for (page = 0; page < c->pages; page++)
		lab_expect_touch(test, addr + (page << PAGE_SHIFT), false,
				 c->prot == PROT_NONE ? LAB_SIGSEGV : LAB_OK);
}

/* No entry allows more than the mapping does. */
static void range_check_writable(struct kunit *test, unsigned long addr,
				 const struct range_case *c)
{
	bool may = c->flags & MAP_SHARED && c->prot & PROT_WRITE;
	struct lab_frame frame;
	unsigned long page;

	for (page = 0; page < c->pages; page++)
		if (lab_frame_at(addr + (page << PAGE_SHIFT), &frame) && !may)
			KUNIT_EXPECT_FALSE(test, frame.write);
}

static void range_check(struct kunit *test, enum lab_simple_node node)
{
	const struct range_case *c = test->param_value;
	struct range_fixture *fx = test->priv;
	unsigned long addr, mapped;

	addr = lab_mmap(fx->file[node], c->pages, c->prot, c->flags, c->pgoff);
	if (c->want) {
		KUNIT_EXPECT_EQ(test, (long)addr, c->want);
		lab_expect_range(test, "after the refusal", 0, 0, 0);
		KUNIT_EXPECT_EQ(test, lab_vma_count(), 0);
		KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 0);
		return;
	}

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr), "mmap: %ld",
			       (long)addr);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
	mapped = node == LAB_SIMPLE_REMAP ? c->pages : 0;
	lab_expect_range(test, "after mmap", addr, mapped,
			 lab_region_pfn(&fx->simple->region, c->pgoff));

	range_check_writable(test, addr, c);
	range_touch_all(test, addr, c);
	range_check_writable(test, addr, c);
	if (c->prot != PROT_NONE)
		mapped = c->pages;
	lab_expect_range(test, "after touching every page", addr, mapped,
			 lab_region_pfn(&fx->simple->region, c->pgoff));
}

static void range_remap(struct kunit *test)
{
	range_check(test, LAB_SIMPLE_REMAP);
}

static void range_fault(struct kunit *test)
{
	range_check(test, LAB_SIMPLE_FAULT);
}

/* One mmap() of the sweep: against the oracle, and in the page tables. */
static bool sweep_one(struct kunit *test, struct file *file, bool at_once,
		      unsigned long pgoff, unsigned long pages)
{
	struct range_fixture *fx = test->priv;
	struct lab_window window = {
		.pfn = lab_region_pfn(&fx->simple->region, pgoff),
	};
	/* The oracle: all of its pages are pages of the device. */
	bool grant = pages && pgoff + pages <= REGION_PAGES;
	char text[128] = "as expected";
	unsigned long page;
	bool ok;

	window.addr = lab_mmap(file, pages, RW, MAP_SHARED, pgoff);
	if (grant != !IS_ERR_VALUE(window.addr)) {
		KUNIT_FAIL(test, "mmap of %lu pages at page %lu: %ld", pages,
			   pgoff, (long)window.addr);
		return false;
	}
	if (!grant) {
		ok = (long)window.addr == -EINVAL &&
		     !lab_frames_differ(NULL, 0, text, sizeof(text));
		goto out;
	}

	window.pages = at_once ? pages : 0;
	ok = !lab_frames_differ(&window, 1, text, sizeof(text));
	for (page = 0; ok && page < pages; page++)
		ok = lab_touch(window.addr + (page << PAGE_SHIFT), true) ==
		     LAB_OK;
	window.pages = pages;
	ok = ok && !lab_frames_differ(&window, 1, text, sizeof(text));
	ok = ok && !lab_munmap(window.addr, pages) &&
	     !lab_frames_differ(NULL, 0, text, sizeof(text));
out:
	if (!ok)
		KUNIT_FAIL(test, "%lu pages at page %lu: %ld, %s", pages, pgoff,
			   (long)window.addr, text);
	return ok;
}

/* Every (offset, length) pair around the region, to two pages beyond its end. */
static void range_sweep(struct kunit *test)
{
	enum lab_simple_node node = *(enum lab_simple_node *)test->param_value;
	struct range_fixture *fx = test->priv;
	unsigned long pgoff, pages;

	for (pgoff = 0; pgoff <= REGION_PAGES + 2; pgoff++)
		for (pages = 0; pages <= REGION_PAGES + 2; pages++)
			if (!sweep_one(test, fx->file[node],
				       node == LAB_SIMPLE_REMAP, pgoff, pages))
				return;
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 0);
}

static struct kunit_case range_cases_all[] = {
	KUNIT_CASE_PARAM(range_remap, range_gen_params),
	KUNIT_CASE_PARAM(range_fault, range_gen_params),
	KUNIT_CASE_PARAM(range_sweep, lab_simple_gen_params),
	{}
};

static struct kunit_suite range_suite = {
	.name		= "umlab_simple_range",
	.init		= range_init,
	.test_cases	= range_cases_all,
};

kunit_test_suite(range_suite);
