// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: each allocation fails, in all that the driver is asked for
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/platform_device.h>

#include "lib/fail_node.h"
#include "lib/simple_dev.h"
#include "lib/space.h"

#define FAIL_PAGES	4

/**
 * struct fail_device - what is bound and unbound
 * @simple: the device
 * @driver: its driver
 */
struct fail_device {
	struct lab_simple *simple;
	const struct device_driver *driver;
};

/* If it is bound, it has its nodes. */
static long fail_bind(void *data)
{
	struct fail_device *this = data;
	int err = device_driver_attach(this->driver, &this->simple->pdev->dev);

	if (err)
		return err;
	return lab_simple_has_node(this->simple, LAB_SIMPLE_REMAP) &&
	       lab_simple_has_node(this->simple, LAB_SIMPLE_FAULT) ? 0 : -ENOENT;
}

static void fail_unbind(void *data)
{
	struct fail_device *this = data;

	device_release_driver(&this->simple->pdev->dev);
}

/* A region that there is no memory for, looks like one that is taken. */
static const struct lab_fail_op fail_probe = {
	.name = "probe", .run = fail_bind, .undo = fail_unbind,
	.errors = { -ENOMEM, -EBUSY },
};

static void fail_probing(struct kunit *test)
{
	const struct lab_fail fail = { .test = test, .point = LAB_FAIL_MEMORY };
	struct lab_simple *simple = lab_simple_plug(test, FAIL_PAGES);
	struct fail_device this = {
		.simple = simple,
		.driver = simple->pdev->dev.driver,
	};

	fail_unbind(&this);
	KUNIT_EXPECT_GE(test, lab_fail_each(&fail, &fail_probe, &this).failed, 8);
	KUNIT_EXPECT_FALSE(test, lab_simple_bound(simple));
}

/* Each operation on the node of the parameter */
static void fail_node(struct kunit *test)
{
	const enum lab_simple_node *which = test->param_value;
	const struct lab_fail fail = { .test = test, .point = LAB_FAIL_MEMORY };
	struct lab_simple *simple = lab_simple_plug(test, FAIL_PAGES);
	struct lab_fail_node node = { .pages = FAIL_PAGES };
	struct lab_fail_points points;

	lab_space_new(test);
	node.file = lab_simple_open(test, simple, *which);
	strscpy(node.name, node.file->f_path.dentry->d_name.name);
	points = lab_fail_each(&fail, &lab_fail_open, &node);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	points = lab_fail_each(&fail, &lab_fail_mmap, &node);
	KUNIT_EXPECT_GE(test, points.failed, 1);
	/* What is mapped at once has no faults. */
	points = lab_fail_each(&fail, &lab_fail_fault, &node);
	KUNIT_EXPECT_GE(test, points.failed, *which == LAB_SIMPLE_FAULT);
	KUNIT_EXPECT_EQ(test, 0, lab_simple_vmas(test, simple));
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE(fail_probing),
	KUNIT_CASE_PARAM(fail_node, lab_simple_gen_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail_simple",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
