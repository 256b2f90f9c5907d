// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad boards for programs to ask for
 *
 *	plug dad [revision=P|A|B|C] [memory=BYTES] and what all PCI functions know
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/device.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <umlab/dad.h>
#include <umlab/machine.h>
#include <umlab/user.h>

#include "../../drivers/dad/dad-regs.h"

static const struct {
	const char *name;
	u8 id;
} kind_revisions[] = {
	{ "P", DAD_REV_P },
	{ "A", DAD_REV_A },
	{ "B", DAD_REV_B },
	{ "C", DAD_REV_C },
};

static int kind_revision(struct umlab_args *args, u8 *revision)
{
	const char *name = umlab_arg(args, "revision") ?: "C";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kind_revisions); i++) {
		if (strcmp(kind_revisions[i].name, name))
			continue;
		*revision = kind_revisions[i].id;
		return 0;
	}
	pr_err("revision=%s: there are only P, A, B, C\n", name);
	return -EINVAL;
}

/* A driver gives its device a class device, by whose name user space knows it. */
static int kind_is_node(struct device *dev, void *unused)
{
	return dev->class && dev->devt;
}

static void kind_name(struct umlab_device *device)
{
	struct pci_dev *pdev = umlab_pdev(device->slot);
	struct device *node = device_find_child(&pdev->dev, NULL, kind_is_node);

	strscpy(device->name, node ? dev_name(node) : pci_name(pdev));
	put_device(node);
}

static int kind_plug(struct kunit *test, struct umlab_args *args,
		     struct umlab_device *device)
{
	struct umlab_options options;
	struct umlab_model model;
	u64 memory = SZ_256K;
	u8 revision;
	int err = kind_revision(args, &revision);

	if (!err)
		err = umlab_arg_number(args, "memory", &memory);
	if (!err && (!is_power_of_2(memory) || memory < DAD_MEMORY_MIN ||
		     memory > DAD_MEMORY_MAX)) {
		pr_err("memory=%llu: give a power of two from %u to %u\n",
		       memory, DAD_MEMORY_MIN, DAD_MEMORY_MAX);
		err = -EINVAL;
	}
	if (!err)
		err = umlab_args_options(args, &options);
	if (!err)
		err = umlab_args_end(args);
	if (err)
		return err;
	model = umlab_dad_model(revision, memory);
	device->slot = umlab_try_plug(test, &model, &options);
	if (IS_ERR(device->slot))
		return PTR_ERR(device->slot);
	kind_name(device);
	return 0;
}

static void kind_unplug(struct kunit *test, struct umlab_device *device)
{
	umlab_unplug(test, device->slot);
}

static struct umlab_kind kind_dad = {
	.name = "dad",
	.plug = kind_plug,
	.unplug = kind_unplug,
};

static int __init kind_init(void)
{
	umlab_kind_register(&kind_dad);
	return 0;
}
device_initcall(kind_init);
