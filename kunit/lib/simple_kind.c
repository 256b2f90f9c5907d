// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the simple driver for programs to ask for
 *
 *	plug simple [pages=N]
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/platform_device.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <umlab/user.h>

#include "simple_dev.h"

/* The region is one run of pages, and has two more. */
#define KIND_PAGES_MAX	1022

static int kind_is_node(struct device *child, void *unused)
{
	return !!strrchr(dev_name(child), '-');
}

/* "simple0", of whose nodes one is "simple0-remap" */
static void kind_name(struct kunit *test, const struct lab_simple *simple,
		      struct umlab_device *device)
{
	struct device *node = device_find_child(&simple->pdev->dev, NULL,
						kind_is_node);

	KUNIT_ASSERT_NOT_NULL(test, node);
	strscpy(device->name, dev_name(node));
	*strrchr(device->name, '-') = '\0';
	put_device(node);
}

static int kind_plug(struct kunit *test, struct umlab_args *args,
		     struct umlab_device *device)
{
	u64 pages = 4;
	int err = umlab_arg_number(args, "pages", &pages);

	if (!err && (!pages || pages > KIND_PAGES_MAX)) {
		pr_err("pages=%llu: give a number from 1 to %u\n", pages,
		       KIND_PAGES_MAX);
		err = -EINVAL;
	}
	if (!err)
		err = umlab_args_end(args);
	if (err)
		return err;
	device->priv = lab_simple_plug(test, pages);
	kind_name(test, device->priv, device);
	return 0;
}

static void kind_unplug(struct kunit *test, struct umlab_device *device)
{
	lab_simple_unplug(device->priv);
}

static struct umlab_kind kind_simple = {
	.name = "simple",
	.plug = kind_plug,
	.unplug = kind_unplug,
};

static int __init kind_init(void)
{
	umlab_kind_register(&kind_simple);
	return 0;
}
device_initcall(kind_init);
