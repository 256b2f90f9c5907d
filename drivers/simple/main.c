// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: the platform driver, its device nodes and its open files
 */

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "simple.h"

static DEFINE_IDA(simple_ids);

static void simple_dev_release(struct kref *ref)
{
	struct simple_dev *dev = container_of(ref, struct simple_dev, ref);
	int i;

	for (i = 0; i < SIMPLE_NODES; i++)
		kfree(dev->node[i].misc.name);
	ida_free(&simple_ids, dev->id);
	kfree(dev);
}

/*
 * misc_open() looks up the node and calls this under the lock that
 * misc_deregister() takes, so the device is bound here and its reference held.
 */
static int simple_node_open(struct inode *inode, struct file *filp)
{
	struct simple_node *node = container_of(filp->private_data,
						struct simple_node, misc);
	struct simple_file *sf;

	sf = kzalloc(sizeof(*sf), GFP_KERNEL);
	if (!sf)
		return -ENOMEM;

	kref_get(&node->dev->ref);
	simple_file_init(sf, node->dev, filp);
	filp->private_data = sf;
	return nonseekable_open(inode, filp);
}

static int simple_node_release(struct inode *inode, struct file *filp)
{
	struct simple_file *sf = filp->private_data;
	struct simple_dev *dev = sf->dev;

	simple_file_free(sf);
	kref_put(&dev->ref, simple_dev_release);
	return 0;
}

static const struct file_operations simple_fops[SIMPLE_NODES] = {
	[SIMPLE_REMAP] = {
		.owner		= THIS_MODULE,
		.open		= simple_node_open,
		.release	= simple_node_release,
		.mmap		= simple_mmap_remap,
	},
	[SIMPLE_FAULT] = {
		.owner		= THIS_MODULE,
		.open		= simple_node_open,
		.release	= simple_node_release,
		.mmap		= simple_mmap_fault,
	},
};

static const char * const simple_node_names[SIMPLE_NODES] = {
	[SIMPLE_REMAP] = "remap",
	[SIMPLE_FAULT] = "fault",
};

static ssize_t vmas_show(struct device *device, struct device_attribute *attr,
			 char *buf)
{
	struct simple_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%d\n", atomic_read(&dev->vmas));
}
static DEVICE_ATTR_RO(vmas);

static ssize_t pages_show(struct device *device, struct device_attribute *attr,
			  char *buf)
{
	struct simple_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%lu\n", dev->pages);
}
static DEVICE_ATTR_RO(pages);

static struct attribute *simple_attrs[] = {
	&dev_attr_vmas.attr,
	&dev_attr_pages.attr,
	NULL
};
ATTRIBUTE_GROUPS(simple);

static int simple_nodes_register(struct simple_dev *dev, struct device *parent)
{
	int i, ret;

	for (i = 0; i < SIMPLE_NODES; i++) {
		struct simple_node *node = &dev->node[i];

		node->dev = dev;
		node->misc.minor = MISC_DYNAMIC_MINOR;
		node->misc.fops = &simple_fops[i];
		node->misc.parent = parent;
		node->misc.name = kasprintf(GFP_KERNEL, "simple%d-%s", dev->id,
					    simple_node_names[i]);
		ret = node->misc.name ? misc_register(&node->misc) : -ENOMEM;
		if (ret)
			goto err_deregister;
	}
	return 0;

err_deregister:
	while (i--)
		misc_deregister(&dev->node[i].misc);
	return ret;
}

/* Returns the device with nothing registered yet, or an ERR_PTR. */
static struct simple_dev *simple_dev_alloc(phys_addr_t phys,
					   unsigned long pages)
{
	struct simple_dev *dev;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);

	dev->id = ida_alloc(&simple_ids, GFP_KERNEL);
	if (dev->id < 0) {
		int ret = dev->id;

		kfree(dev);
		return ERR_PTR(ret);
	}

	kref_init(&dev->ref);
	dev->phys = phys;
	dev->pages = pages;
	init_rwsem(&dev->lock);
	INIT_LIST_HEAD(&dev->files);
	return dev;
}

static int simple_probe(struct platform_device *pdev)
{
	struct simple_dev *dev;
	struct resource *res;
	unsigned long pages;
	int ret;

	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!res)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "no memory resource\n");

	pages = resource_size(res) >> PAGE_SHIFT;
	if (!PAGE_ALIGNED(res->start) || !pages)
		return dev_err_probe(&pdev->dev, -EINVAL,
				     "%pR: needs a page boundary and at least one whole page\n",
				     res);

	if (!devm_request_mem_region(&pdev->dev, res->start, resource_size(res),
				     dev_name(&pdev->dev)))
		return dev_err_probe(&pdev->dev, -EBUSY, "%pR is taken\n", res);

	dev = simple_dev_alloc(res->start, pages);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	platform_set_drvdata(pdev, dev);

	ret = simple_nodes_register(dev, &pdev->dev);
	if (ret) {
		/* The first node may have been opened and mapped already. */
		simple_revoke(dev);
		kref_put(&dev->ref, simple_dev_release);
		return dev_err_probe(&pdev->dev, ret,
				     "cannot register the device nodes\n");
	}
	return 0;
}

static void simple_remove(struct platform_device *pdev)
{
	struct simple_dev *dev = platform_get_drvdata(pdev);
	int i;

	/* No new file ... */
	for (i = 0; i < SIMPLE_NODES; i++)
		misc_deregister(&dev->node[i].misc);
	/* ... and nothing left of the old ones' mappings. */
	simple_revoke(dev);
	kref_put(&dev->ref, simple_dev_release);
}

static const struct platform_device_id simple_id_table[] = {
	{ "simple" },
	{ }
};
MODULE_DEVICE_TABLE(platform, simple_id_table);

static struct platform_driver simple_driver = {
	.probe		= simple_probe,
	.remove		= simple_remove,
	.id_table	= simple_id_table,
	.driver = {
		.name		= "simple",
		.dev_groups	= simple_groups,
	},
};
module_platform_driver(simple_driver);

MODULE_DESCRIPTION("Maps one memory resource to user space, in two ways");
MODULE_LICENSE("GPL");
