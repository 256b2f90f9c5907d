// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: devices and their life
 */

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "scull.h"

static ssize_t size_show(struct device *device, struct device_attribute *attr,
			 char *buf)
{
	struct scull_dev *dev = container_of(device, struct scull_dev, device);

	return sysfs_emit(buf, "%lld\n", scull_size(dev));
}
static DEVICE_ATTR_RO(size);

static ssize_t vmas_show(struct device *device, struct device_attribute *attr,
			 char *buf)
{
	struct scull_dev *dev = container_of(device, struct scull_dev, device);
	unsigned long vmas;

	mutex_lock(&dev->lock);
	vmas = dev->vmas;
	mutex_unlock(&dev->lock);
	return sysfs_emit(buf, "%lu\n", vmas);
}
static DEVICE_ATTR_RO(vmas);

static struct attribute *scull_attrs[] = {
	&dev_attr_size.attr,
	&dev_attr_vmas.attr,
	NULL
};
ATTRIBUTE_GROUPS(scull);

static const struct class scull_class = {
	.name		= "scull",
	.dev_groups	= scull_groups,
};

static void scull_dev_release(struct device *device)
{
	struct scull_dev *dev = container_of(device, struct scull_dev, device);

	scull_drop(dev);
	kfree(dev);
}

static struct scull_dev *scull_dev_create(const struct scull_store *store,
					  dev_t devt, unsigned int index)
{
	struct scull_dev *dev;
	int ret;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);

	dev->store = store;
	mutex_init(&dev->write_lock);
	mutex_init(&dev->lock);
	xa_init(&dev->sets);
	scull_params_reset(dev);
	scull_drop(dev);

	device_initialize(&dev->device);
	dev->device.class = &scull_class;
	dev->device.devt = devt;
	dev->device.release = scull_dev_release;
	ret = dev_set_name(&dev->device, "%s%u", store->name, index);
	if (ret)
		goto err_put;

	cdev_init(&dev->cdev, &scull_fops);
	/* An open file pins the store as well as this module. */
	dev->cdev.owner = store->owner;
	ret = cdev_device_add(&dev->cdev, &dev->device);
	if (ret)
		goto err_put;
	return dev;

err_put:
	put_device(&dev->device);
	return ERR_PTR(ret);
}

/**
 * scull_register() - make the devices of a store
 * @store: the store; must outlive the devices
 * @count: how many, 1 to SCULL_DEVICES_MAX
 *
 * Context: process context.
 * Return: the devices, to be given to scull_unregister(), or an ERR_PTR.
 */
struct scull_group *scull_register(const struct scull_store *store,
				   unsigned int count)
{
	struct scull_group *group;
	unsigned int i;
	int ret;

	if (!count || count > SCULL_DEVICES_MAX)
		return ERR_PTR(-EINVAL);

	group = kzalloc(struct_size(group, dev, count), GFP_KERNEL);
	if (!group)
		return ERR_PTR(-ENOMEM);
	group->count = count;

	ret = alloc_chrdev_region(&group->first, 0, count, store->name);
	if (ret) {
		kfree(group);
		return ERR_PTR(ret);
	}

	for (i = 0; i < count; i++) {
		struct scull_dev *dev = scull_dev_create(store,
							 group->first + i, i);

		if (IS_ERR(dev)) {
			scull_unregister(group);
			return ERR_CAST(dev);
		}
		group->dev[i] = dev;
	}
	return group;
}
EXPORT_SYMBOL_GPL(scull_register);

/**
 * scull_unregister() - undo scull_register()
 * @group: what it returned; freed here
 *
 * Context: process context, no file open: an open file pins the store's module.
 */
void scull_unregister(struct scull_group *group)
{
	unsigned int i;

	for (i = 0; i < group->count && group->dev[i]; i++) {
		cdev_device_del(&group->dev[i]->cdev, &group->dev[i]->device);
		put_device(&group->dev[i]->device);
	}
	unregister_chrdev_region(group->first, group->count);
	kfree(group);
}
EXPORT_SYMBOL_GPL(scull_unregister);

static int __init scull_init(void)
{
	return class_register(&scull_class);
}

/* Before the stores, which are ordinary modules when built in. */
subsys_initcall(scull_init);

static void __exit scull_exit(void)
{
	class_unregister(&scull_class);
}
module_exit(scull_exit);

MODULE_DESCRIPTION("Memory that behaves like a file: the core");
MODULE_LICENSE("GPL");
