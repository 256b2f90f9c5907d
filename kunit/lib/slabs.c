// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks of kernel memory, by counting objects, pages and pins
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>
#include <mm/slab.h>

#include "slabs.h"

#define SLABS_MAX	400

#define SLABS_PAGES	"(pages in use)"
#define SLABS_LARGE	"(pages of all)"

/**
 * struct slabs_counts - the caches
 * @count: how many
 * @cache: each of them
 * @cache.name: its name
 * @cache.objects: how many objects are in use
 */
struct slabs_counts {
	unsigned int count;
	struct {
		char name[32];
		long objects;
	} cache[SLABS_MAX];
};

/**
 * struct lab_slabs - the counts before and after something was done
 * @before: before
 * @after: after; part of it, as memory allocated for them by then would be counted
 */
struct lab_slabs {
	struct slabs_counts before;
	struct slabs_counts after;
};

static void slabs_add(struct slabs_counts *slabs, const char *name, long objects)
{
	if (slabs->count == SLABS_MAX)
		return;
	strscpy(slabs->cache[slabs->count].name, name);
	slabs->cache[slabs->count].objects = objects;
	slabs->count++;
}

bool lab_slabs_of_check(const char *name)
{
	static const char *const checks[] = {
		"kmemleak_object", "kmemleak_scan_area", "debug_objects_cache",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		if (!strcmp(name, checks[i]))
			return true;
	}
	return false;
}

/* What the allocator keeps at hand is not in use; nor is what KASAN keeps back. */
static void slabs_add_caches(struct slabs_counts *slabs)
{
	struct kmem_cache *cache;

	guard(mutex)(&slab_mutex);
	list_for_each_entry(cache, &slab_caches, list) {
		struct slabinfo info = { };

		kmem_cache_shrink(cache);
		get_slabinfo(cache, &info);
		if (!lab_slabs_of_check(cache->name))
			slabs_add(slabs, cache->name, info.active_objs);
	}
}

/* The checks take pages for what they know of objects, and KASAN gives none back. */
static void slabs_add_pages(struct slabs_counts *slabs)
{
	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		return;
	/* What is too large for a cache comes in pages of its own, among those of all. */
	slabs_add(slabs, SLABS_LARGE,
		  global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B));
	if (IS_ENABLED(CONFIG_KASAN))
		return;
	drain_all_pages(NULL);
	slabs_add(slabs, SLABS_PAGES, totalram_pages() - nr_free_pages());
}

static void slabs_count(struct kunit *test, struct slabs_counts *slabs)
{
	/* What is being freed behind our back, is freed. */
	rcu_barrier();
	vm_unmap_aliases();
	slabs_add_caches(slabs);
	slabs_add_pages(slabs);
	slabs_add(slabs, "(pins of user pages)",
		  global_node_page_state(NR_FOLL_PIN_ACQUIRED) -
		  global_node_page_state(NR_FOLL_PIN_RELEASED));
	KUNIT_EXPECT_LT_MSG(test, slabs->count, SLABS_MAX,
			    "there is more to count than there is room for");
}

struct lab_slabs *lab_slabs_count(struct kunit *test)
{
	struct lab_slabs *slabs = kunit_kzalloc(test, sizeof(*slabs),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, slabs);
	slabs_count(test, &slabs->before);
	return slabs;
}

void lab_slabs_pass_over_shadow(struct lab_slabs *slabs)
{
	struct slabs_counts *before = &slabs->before;
	unsigned int i;

	for (i = 0; i < before->count; i++) {
		const char *name = before->cache[i].name;

		if (!strcmp(name, SLABS_PAGES) || !strcmp(name, "radix_tree_node"))
			before->cache[i].objects = LONG_MAX;
	}
}

/* kmemleak knows objects only. */
static const char *slabs_hint(const char *name)
{
	return IS_ENABLED(CONFIG_DEBUG_KMEMLEAK) || *name == '(' ? "" :
	       "; CONFIG=debug says who has allocated them";
}

static long slabs_objects(const struct slabs_counts *slabs, const char *name)
{
	unsigned int i;

	for (i = 0; i < slabs->count; i++) {
		if (!strcmp(slabs->cache[i].name, name))
			return slabs->cache[i].objects;
	}
	return 0;
}

void lab_slabs_expect_growth(struct kunit *test, struct lab_slabs *slabs, long most,
			     const char *what)
{
	const struct slabs_counts *after = &slabs->after;
	unsigned int i;

	slabs->after.count = 0;
	slabs_count(test, &slabs->after);
	for (i = 0; i < after->count; i++) {
		const char *name = after->cache[i].name;
		long growth = after->cache[i].objects -
			      slabs_objects(&slabs->before, name);

		KUNIT_EXPECT_LE_MSG(test, growth, most,
				    "%s: %s: %ld more%s", what, name, growth, slabs_hint(name));
	}
}
