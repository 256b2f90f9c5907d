// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: the two parameters, and the ioctls that read and set them
 */

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "scull.h"
#include "scull-ioctl.h"

/**
 * struct scull_op - what an ioctl does
 * @cmd: the ioctl
 * @param: the parameter it is about
 * @set: it sets the parameter
 * @get: it returns the parameter, as it was before
 * @by_pointer: values go through a pointer, and not by argument and result
 */
struct scull_op {
	unsigned int cmd;
	enum scull_param param;
	bool set;
	bool get;
	bool by_pointer;
};

static const struct scull_op scull_ops[] = {
	{ SCULL_IOCSORDER, SCULL_ORDER, .set = true, .by_pointer = true },
	{ SCULL_IOCTORDER, SCULL_ORDER, .set = true },
	{ SCULL_IOCGORDER, SCULL_ORDER, .get = true, .by_pointer = true },
	{ SCULL_IOCQORDER, SCULL_ORDER, .get = true },
	{ SCULL_IOCXORDER, SCULL_ORDER, .set = true, .get = true,
	  .by_pointer = true },
	{ SCULL_IOCHORDER, SCULL_ORDER, .set = true, .get = true },
	{ SCULL_IOCSQSET, SCULL_QSET, .set = true, .by_pointer = true },
	{ SCULL_IOCTQSET, SCULL_QSET, .set = true },
	{ SCULL_IOCGQSET, SCULL_QSET, .get = true, .by_pointer = true },
	{ SCULL_IOCQQSET, SCULL_QSET, .get = true },
	{ SCULL_IOCXQSET, SCULL_QSET, .set = true, .get = true,
	  .by_pointer = true },
	{ SCULL_IOCHQSET, SCULL_QSET, .set = true, .get = true },
};

static const struct {
	int min, max;
} scull_limits[SCULL_PARAMS] = {
	[SCULL_ORDER]	= { 0, SCULL_ORDER_MAX },
	[SCULL_QSET]	= { 1, SCULL_QSET_MAX },
};

/**
 * scull_params_reset() - set the parameters to the store's
 * @dev: the device
 *
 * As with any change of them, from the next trim on.
 */
void scull_params_reset(struct scull_dev *dev)
{
	atomic_set(&dev->next[SCULL_ORDER], dev->store->order);
	atomic_set(&dev->next[SCULL_QSET], dev->store->qset);
}

/* The value @op is to set. */
static int scull_new_value(const struct scull_op *op, unsigned long arg,
			   int *value)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	if (!op->by_pointer) {
		if (arg > INT_MAX)
			return -EINVAL;
		*value = arg;
	} else if (get_user(*value, (int __user *)arg)) {
		return -EFAULT;
	}

	if (*value < scull_limits[op->param].min ||
	    *value > scull_limits[op->param].max)
		return -EINVAL;
	return 0;
}

static long scull_do_op(struct scull_dev *dev, const struct scull_op *op,
			unsigned long arg)
{
	atomic_t *next = &dev->next[op->param];
	int old, value = 0, ret;

	if (op->set) {
		ret = scull_new_value(op, arg, &value);
		if (ret)
			return ret;
	}

	/*
	 * The old value is delivered before the new one is set, so that a bad
	 * pointer changes nothing, and again if it was not the old one after
	 * all.
	 */
	old = atomic_read(next);
	do {
		if (op->get && op->by_pointer && put_user(old, (int __user *)arg))
			return -EFAULT;
	} while (op->set && !atomic_try_cmpxchg(next, &old, value));

	return op->get && !op->by_pointer ? old : 0;
}

/**
 * scull_ioctl() - the unlocked_ioctl method
 * @filp: an open device
 * @cmd: SCULL_IOC*
 * @arg: value or pointer, see scull-ioctl.h
 *
 * Context: process context.
 * Return: 0 or the value asked for, -ENOTTY for an unknown @cmd, or see
 * scull-ioctl.h.
 */
long scull_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct scull_dev *dev = filp->private_data;
	int i;

	if (cmd == SCULL_IOCRESET) {
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		scull_params_reset(dev);
		return 0;
	}

	for (i = 0; i < ARRAY_SIZE(scull_ops); i++)
		if (scull_ops[i].cmd == cmd)
			return scull_do_op(dev, &scull_ops[i], arg);
	return -ENOTTY;
}
