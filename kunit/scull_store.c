// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: a store of a module's own, from its registration to its end
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "../drivers/scull/scull-store.h"
#include "lib/fail.h"
#include "lib/node.h"
#include "lib/scull_dev.h"

/* Quanta that there are */
static long store_quanta;

static void *store_alloc(unsigned int order)
{
	void *quantum = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP,
						 order);

	store_quanta += !!quantum;
	return quantum;
}

static void store_free(void *quantum, unsigned int order)
{
	store_quanta--;
	free_pages((unsigned long)quantum, order);
}

static struct page *store_page(void *quantum, size_t offset)
{
	return virt_to_page(quantum + offset);
}

static const struct scull_store store_ours = {
	.name	= "scullt",
	.owner	= THIS_MODULE,
	.order	= 1,
	.qset	= 10,
	.alloc	= store_alloc,
	.free	= store_free,
	.page	= store_page,
};

static bool store_has_node(const char *name)
{
	struct file *file = lab_try_open(name, O_RDONLY);

	if (IS_ERR(file))
		return false;
	lab_try_close(file);
	return true;
}

KUNIT_DEFINE_ACTION_WRAPPER(store_unregister, scull_unregister, struct scull_group *);

static struct scull_group *store_register(struct kunit *test, unsigned int count)
{
	struct scull_group *group = scull_register(&store_ours, count);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, group);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, store_unregister, group));
	return group;
}

/* As many devices as were asked for, which are gone with the store */
static void store_count(struct kunit *test)
{
	static const unsigned int bad[] = { 0, SCULL_DEVICES_MAX + 1, UINT_MAX };
	struct scull_group *group;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_PTR_EQ(test, scull_register(&store_ours, bad[i]),
				    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_FALSE(test, store_has_node("scullt0"));

	group = store_register(test, SCULL_DEVICES_MAX);
	KUNIT_EXPECT_TRUE(test, store_has_node("scullt0"));
	KUNIT_EXPECT_TRUE(test, store_has_node("scullt255"));
	KUNIT_EXPECT_FALSE(test, store_has_node("scullt256"));
	kunit_release_action(test, store_unregister, group);
	KUNIT_EXPECT_FALSE(test, store_has_node("scullt0"));
	KUNIT_EXPECT_FALSE(test, store_has_node("scullt255"));
}

/* Data are in quanta of the store, and these are given back with the devices. */
static void store_data(struct kunit *test)
{
	struct scull_group *group = store_register(test, 2);
	struct file *file = lab_open(test, "scullt1", O_RDWR);

	/* in the first quantum and the third, which are of the order of the store */
	lab_pwrite(test, file, 100, 10, 1);
	lab_pwrite(test, file, 4 * PAGE_SIZE, PAGE_SIZE, 2);
	KUNIT_EXPECT_EQ(test, store_quanta, 2);
	lab_expect_pattern(test, file, 100, 10, 1);
	lab_expect_pattern(test, file, 2 * PAGE_SIZE, 2 * PAGE_SIZE, 0);
	lab_expect_pattern(test, file, 4 * PAGE_SIZE, PAGE_SIZE, 2);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, store_quanta, 2);
	kunit_release_action(test, store_unregister, group);
	KUNIT_EXPECT_EQ(test, store_quanta, 0);
}

/* Devices of two stores with the same name cannot be told apart. */
static void store_twice(struct kunit *test)
{
	store_register(test, 1);
	KUNIT_EXPECT_PTR_EQ(test, scull_register(&store_ours, 1), ERR_PTR(-EEXIST));
	KUNIT_EXPECT_TRUE(test, store_has_node("scullt0"));
}

static long store_run(void *data)
{
	struct scull_group **group = data;

	*group = scull_register(&store_ours, 2);
	return PTR_ERR_OR_ZERO(*group);
}

static void store_undo(void *data)
{
	struct scull_group **group = data;

	scull_unregister(*group);
}

static const struct lab_fail_op store_op = {
	.name = "scull_register", .run = store_run, .undo = store_undo,
	.errors = { -ENOMEM },
};

/* Each allocation fails: what a probe is elsewhere. */
static void store_failing(struct kunit *test)
{
	const struct lab_fail fail = { .test = test, .point = LAB_FAIL_MEMORY };
	struct scull_group *group;

	/* the group, its numbers; and for each device itself, its name, its number */
	KUNIT_EXPECT_GE(test, lab_fail_each(&fail, &store_op, &group).failed, 8);
	KUNIT_EXPECT_FALSE(test, store_has_node("scullt0"));
}

static struct kunit_case store_cases[] = {
	KUNIT_CASE(store_count),
	KUNIT_CASE(store_data),
	KUNIT_CASE(store_twice),
	KUNIT_CASE(store_failing),
	{}
};

static struct kunit_suite store_suite = {
	.name		= "umlab_scull_store",
	.test_cases	= store_cases,
};

kunit_test_suite(store_suite);
