// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device for the simple driver, for the length of a test
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "node.h"
#include "simple_dev.h"

const char *lab_simple_node_name(enum lab_simple_node node)
{
	return node == LAB_SIMPLE_REMAP ? "remap" : "fault";
}

void lab_simple_unplug(struct lab_simple *simple)
{
	if (simple->unplugged)
		return;
	simple->unplugged = true;
	platform_device_unregister(simple->pdev);
}

static void lab_simple_release(void *data)
{
	lab_simple_unplug(data);
}

struct lab_simple *lab_simple_plug_bytes(struct kunit *test,
					 unsigned long pages, size_t offset,
					 size_t size)
{
	struct lab_simple *simple;
	struct resource res;

	simple = kunit_kzalloc(test, sizeof(*simple), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, simple);
	lab_region_init(test, &simple->region, pages);

	res = DEFINE_RES_MEM(lab_region_phys(&simple->region, 0) + offset,
			     size);
	simple->pdev = platform_device_register_simple("simple",
						       PLATFORM_DEVID_AUTO,
						       &res, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, simple->pdev);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_simple_release,
						  simple));
	return simple;
}

struct lab_simple *lab_simple_plug(struct kunit *test, unsigned long pages)
{
	struct lab_simple *simple =
		lab_simple_plug_bytes(test, pages, 0, pages << PAGE_SHIFT);

	KUNIT_ASSERT_TRUE(test, lab_simple_bound(simple));
	return simple;
}

bool lab_simple_bound(const struct lab_simple *simple)
{
	return simple->pdev->dev.driver;
}

/* Is @child the node whose name ends in @data? */
static int lab_simple_is_node(struct device *child, void *data)
{
	const char *end = strrchr(dev_name(child), '-');

	return end && !strcmp(end + 1, data);
}

static struct device *lab_simple_find(const struct lab_simple *simple,
				      enum lab_simple_node node)
{
	return device_find_child(&simple->pdev->dev,
				 (void *)lab_simple_node_name(node),
				 lab_simple_is_node);
}

bool lab_simple_has_node(const struct lab_simple *simple,
			 enum lab_simple_node node)
{
	struct device *child = lab_simple_find(simple, node);

	put_device(child);
	return child;
}

struct file *lab_simple_open(struct kunit *test,
			     const struct lab_simple *simple,
			     enum lab_simple_node node)
{
	struct device *child = lab_simple_find(simple, node);
	char name[32];

	KUNIT_ASSERT_NOT_NULL(test, child);
	strscpy(name, dev_name(child));
	put_device(child);
	return lab_open(test, name, O_RDWR);
}

long lab_simple_vmas(struct kunit *test, const struct lab_simple *simple)
{
	char path[64];

	scnprintf(path, sizeof(path), "devices/platform/%s/vmas",
		  dev_name(&simple->pdev->dev));
	return lab_attr_read(test, path);
}

static const enum lab_simple_node lab_simple_nodes[] = {
	LAB_SIMPLE_REMAP,
	LAB_SIMPLE_FAULT,
};

static void lab_simple_describe(const enum lab_simple_node *node, char *desc)
{
	strscpy(desc, lab_simple_node_name(*node), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lab_simple_all, lab_simple_nodes, lab_simple_describe);

const void *lab_simple_gen_params(const void *prev, char *desc)
{
	return lab_simple_all_gen_params(prev, desc);
}
