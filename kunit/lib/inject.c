// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations and copies that fail, by the kernel's fault injection
 */

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/kallsyms.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/radix-tree.h>
#include <linux/sched.h>
#include <fs/kernfs/kernfs-internal.h>
#include <fs/sysfs/sysfs.h>
#include <mm/slab.h>
#include <umlab/machine.h>

#include "inject.h"
#include "slabs.h"

/* Whether there may be caches of the kernel's checks */
#define INJECT_SPARES	(IS_ENABLED(CONFIG_DEBUG_KMEMLEAK) || \
			 IS_ENABLED(CONFIG_DEBUG_OBJECTS))

/*
 * As /sys/kernel/slab/.../failslab does; there may be new ones each time. As long as a
 * cache is marked no new one can be merged with it, nor stand beside it in sysfs: so it
 * is not longer than it has to be, and only where there are some to spare, where SLUB's
 * checks have each cache stand for itself anyway.
 */
static void inject_mark_caches(bool mark)
{
	struct kmem_cache *cache;

	if (!INJECT_SPARES)
		return;
	guard(mutex)(&slab_mutex);
	list_for_each_entry(cache, &slab_caches, list) {
		if (mark && !lab_slabs_of_check(cache->name))
			cache->flags |= SLAB_FAILSLAB;
		else
			cache->flags &= ~SLAB_FAILSLAB;
	}
}

/* Whoever wants it has all fail. */
static bool inject_want_in(const char *folder)
{
	atomic_t *times = umlab_debugfs(folder, "times");
	unsigned long *probability = umlab_debugfs(folder, "probability");
	bool *filter = umlab_debugfs(folder, "task-filter");

	if (!probability || !times || !filter)
		return false;
	*filter = true;
	*probability = 100;
	atomic_set(times, -1);
	return true;
}

/*
 * What this function of the kernel's allocates does not fail, and does not count: there is
 * some left from the last time, or there is not. If it counted, those after it would move,
 * and who goes through their numbers would step over one.
 */
static bool inject_leave(const char *folder, const char *function)
{
	unsigned long *start = umlab_debugfs(folder, "reject-start");
	unsigned long *end = umlab_debugfs(folder, "reject-end");
	unsigned long entry = kallsyms_lookup_name(function);
	unsigned long size;

	if (!start || !end || !kallsyms_lookup_size_offset(entry, &size, NULL))
		return false;
	*start = entry;
	*end = entry + size;
	return true;
}

/* DMA API debugging would also end for good without a node of its tree. */
static bool inject_leave_alone(void)
{
	return inject_leave("fail_page_alloc", "___slab_alloc") &&
	       inject_leave("failslab", "add_dma_entry");
}

/* By default the kernel prints a stack for each, which is level 2. */
static bool inject_be_verbose(unsigned long level)
{
	static const char *const folders[] = {
		"failslab", "fail_page_alloc", "fail_usercopy",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		unsigned long *verbose = umlab_debugfs(folders[i], "verbose");

		if (!verbose)
			return false;
		*verbose = level;
	}
	return true;
}

/*
 * By default the kernel lets those alone that may sleep, which are nearly all, and single
 * pages.
 */
static bool inject_want_all(void)
{
	bool *slabs = umlab_debugfs("failslab", "ignore-gfp-wait");
	bool *pages = umlab_debugfs("fail_page_alloc", "ignore-gfp-wait");
	bool *highmem = umlab_debugfs("fail_page_alloc", "ignore-gfp-highmem");
	u32 *order = umlab_debugfs("fail_page_alloc", "min-order");
	bool *filter = umlab_debugfs("failslab", "cache-filter");

	if (!slabs || !pages || !highmem || !order || !filter)
		return false;
	*filter = INJECT_SPARES;
	*slabs = false;
	*pages = false;
	*highmem = false;
	*order = 0;
	return inject_want_in("failslab") && inject_want_in("fail_page_alloc") &&
	       inject_want_in("fail_usercopy");
}

/* Where the numbers of sysfs' nodes start again: at the first of a node of the tree */
static unsigned int inject_number;

static struct idr *inject_numbers(void)
{
	return &kernfs_root(sysfs_root_kn)->ino_idr;
}

bool lab_inject_begin(void)
{
	inject_number = ALIGN(idr_get_cursor(inject_numbers()), RADIX_TREE_MAP_SIZE);
	return inject_want_all() && inject_leave_alone() && inject_be_verbose(0);
}

void lab_inject_rewind(void)
{
	/* A node of the tree that has failed was taken from those put by: have all again. */
	idr_preload(GFP_KERNEL);
	idr_preload_end();
	idr_set_cursor(inject_numbers(), inject_number);
}

bool lab_inject_exact(void)
{
	return !IS_ENABLED(CONFIG_KASAN) && !IS_ENABLED(CONFIG_DEBUG_KMEMLEAK);
}

void lab_inject_arm(unsigned int nth, bool all)
{
	inject_mark_caches(true);
	current->make_it_fail = all;
	/* Until it is 0, and one has failed, no other does. */
	current->fail_nth = nth;
}

bool lab_inject_disarm(void)
{
	bool struck;

	current->make_it_fail = 0;
	struck = !xchg(&current->fail_nth, 0);
	inject_mark_caches(false);
	return struck;
}

void lab_inject_show(bool show)
{
	inject_be_verbose(show ? 2 : 0);
}
