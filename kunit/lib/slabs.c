// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks of kernel memory, by counting objects: from /proc/slabinfo
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "node.h"
#include "slabs.h"

#define SLABS_MAX	400
#define SLABS_TEXT	65536

/**
 * struct lab_slabs - the caches
 * @count: how many
 * @cache: each of them
 * @cache.name: its name
 * @cache.objects: how many objects are in use
 */
struct lab_slabs {
	unsigned int count;
	struct {
		char name[32];
		long objects;
	} cache[SLABS_MAX];
};

static void slabs_parse(struct lab_slabs *slabs, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")) && slabs->count < SLABS_MAX) {
		if (sscanf(line, "%31s %ld", slabs->cache[slabs->count].name,
			   &slabs->cache[slabs->count].objects) == 2)
			slabs->count++;
	}
}

/* What is too large for a cache comes in pages of its own, among those of all caches. */
static void slabs_add_pages(struct lab_slabs *slabs)
{
	if (slabs->count == SLABS_MAX)
		return;
	strscpy(slabs->cache[slabs->count].name, "(pages of all)");
	slabs->cache[slabs->count].objects =
		global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B);
	slabs->count++;
}

struct lab_slabs *lab_slabs_count(struct kunit *test)
{
	struct lab_slabs *slabs = kunit_kzalloc(test, sizeof(*slabs),
						GFP_KERNEL);
	char *text = kunit_kzalloc(test, SLABS_TEXT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, slabs);
	KUNIT_ASSERT_NOT_NULL(test, text);
	/* What is being freed behind our back, is freed. */
	rcu_barrier();
	vm_unmap_aliases();
	slabs_add_pages(slabs);
	lab_proc_read(test, "slabinfo", text, SLABS_TEXT);
	slabs_parse(slabs, text);
	kunit_kfree(test, text);
	KUNIT_ASSERT_GT_MSG(test, slabs->count, 20,
			    "/proc/slabinfo is not as expected");
	return slabs;
}

static long slabs_objects(const struct lab_slabs *slabs, const char *name)
{
	unsigned int i;

	for (i = 0; i < slabs->count; i++) {
		if (!strcmp(slabs->cache[i].name, name))
			return slabs->cache[i].objects;
	}
	return 0;
}

void lab_slabs_expect_growth(struct kunit *test, const struct lab_slabs *before,
			     long most)
{
	const struct lab_slabs *after = lab_slabs_count(test);
	unsigned int i;

	for (i = 0; i < after->count; i++) {
		const char *name = after->cache[i].name;
		long growth = after->cache[i].objects -
			      slabs_objects(before, name);

		KUNIT_EXPECT_LE_MSG(test, growth, most,
				    "%s has %ld objects more", name, growth);
	}
}
