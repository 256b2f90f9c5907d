// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: sysfs attributes of /sys/class/dad/dadN
 */

#include <linux/sysfs.h>

#include "dad.h"

#define DAD_TIMEOUT_MAX_MS	60000

static struct dad *attrs_dad(struct device *dev)
{
	return container_of(dev, struct dad, dev);
}

static ssize_t revision_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", attrs_dad(dev)->limits->revision);
}
static DEVICE_ATTR_RO(revision);

static ssize_t dma_bits_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", attrs_dad(dev)->dma_bits);
}
static DEVICE_ATTR_RO(dma_bits);

static ssize_t memory_size_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%zu\n", attrs_dad(dev)->memory_size);
}
static DEVICE_ATTR_RO(memory_size);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	static const char * const names[] = {
		[DAD_RUNNING] = "running",
		[DAD_STOPPED] = "stopped",
		[DAD_FAILED] = "failed",
		[DAD_GONE] = "gone",
	};

	return sysfs_emit(buf, "%s\n", names[READ_ONCE(attrs_dad(dev)->state)]);
}
static DEVICE_ATTR_RO(state);

static ssize_t timeout_ms_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(attrs_dad(dev)->timeout_ms));
}

static ssize_t timeout_ms_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	unsigned int ms;
	int ret = kstrtouint(buf, 0, &ms);

	if (ret)
		return ret;
	if (!ms || ms > DAD_TIMEOUT_MAX_MS)
		return -EINVAL;
	dad_set_timeout(attrs_dad(dev), ms);
	return count;
}
static DEVICE_ATTR_RW(timeout_ms);

static ssize_t coalesce_count_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(attrs_dad(dev)->coalesce_count));
}

/* Set one of the two, and tell the board; if it is stopped, it is told later. */
static ssize_t attrs_coalesce(struct dad *dad, unsigned int *what,
			      const char *buf, unsigned int min,
			      unsigned int max, size_t count)
{
	unsigned int value;
	int ret = kstrtouint(buf, 0, &value);

	if (ret)
		return ret;
	if (value < min || value > max)
		return -EINVAL;
	ret = mutex_lock_interruptible(&dad->control);
	if (ret)
		return ret;
	WRITE_ONCE(*what, value);
	if (dad->dma_bits && READ_ONCE(dad->awake))
		dad_hw_coalesce(dad);
	mutex_unlock(&dad->control);
	return count;
}

static ssize_t coalesce_count_store(struct device *dev,
				    struct device_attribute *attr,
				    const char *buf, size_t count)
{
	struct dad *dad = attrs_dad(dev);

	return attrs_coalesce(dad, &dad->coalesce_count, buf, 0,
			      DAD_COALESCE_COUNT, count);
}
static DEVICE_ATTR_RW(coalesce_count);

static ssize_t coalesce_us_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(attrs_dad(dev)->coalesce_us));
}

static ssize_t coalesce_us_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	struct dad *dad = attrs_dad(dev);

	return attrs_coalesce(dad, &dad->coalesce_us, buf, 1, U16_MAX, count);
}
static DEVICE_ATTR_RW(coalesce_us);

static struct attribute *dad_attrs[] = {
	&dev_attr_revision.attr,
	&dev_attr_dma_bits.attr,
	&dev_attr_memory_size.attr,
	&dev_attr_state.attr,
	&dev_attr_timeout_ms.attr,
	&dev_attr_coalesce_count.attr,
	&dev_attr_coalesce_us.attr,
	NULL
};

static const struct attribute_group dad_group = {
	.attrs = dad_attrs,
};

const struct attribute_group *dad_groups[] = {
	&dad_group,
	NULL
};
