// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: open files
 */

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dad.h"

/* Called with the node there, so the class device's reference is held by the cdev. */
static int file_open(struct inode *inode, struct file *filp)
{
	struct dad *dad = container_of(inode->i_cdev, struct dad, cdev);
	struct dad_file *df = kzalloc(sizeof(*df), GFP_KERNEL);

	if (!df)
		return -ENOMEM;
	/* An inode that was open before finds a node that is gone. */
	if (READ_ONCE(dad->state) == DAD_GONE) {
		kfree(df);
		return -ENODEV;
	}
	get_device(&dad->dev);
	df->dad = dad;
	df->filp = filp;
	INIT_LIST_HEAD(&df->mms);
	filp->private_data = df;
	/* What is not short is always direct, and who does not want to wait need not. */
	filp->f_mode |= FMODE_NOWAIT | FMODE_CAN_ODIRECT;
	scoped_guard(mutex, &dad->files_lock)
		list_add(&df->entry, &dad->files);
	return 0;
}

static int file_release(struct inode *inode, struct file *filp)
{
	struct dad_file *df = filp->private_data;
	struct dad *dad = df->dad;

	scoped_guard(mutex, &dad->files_lock) {
		list_del(&df->entry);
		/* The board lets go of it; no mapping is left, as each holds the file. */
		dad_stream_stop(df);
		dad_stream_destroy(df);
		dad_mms_free(df);
	}
	kfree(df);
	put_device(&dad->dev);
	return 0;
}

static loff_t file_llseek(struct file *filp, loff_t offset, int whence)
{
	struct dad_file *df = filp->private_data;

	return fixed_size_llseek(filp, offset, whence, df->dad->memory_size);
}

static __poll_t file_events(struct dad_file *df)
{
	struct dad *dad = df->dad;
	enum dad_state state = READ_ONCE(dad->state);

	switch (state) {
	case DAD_GONE:
		return EPOLLERR | EPOLLHUP;
	case DAD_FAILED:
		return EPOLLERR;
	default:
		break;
	}
	if (dad_file_stream(df))
		return dad_stream_poll(df);
	if (state == DAD_STOPPED)
		return 0;
	if (dad->dma_bits && !dad_slot_free(dad))
		return 0;
	return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
}

static __poll_t file_poll(struct file *filp, poll_table *wait)
{
	struct dad_file *df = filp->private_data;
	__poll_t events = EPOLLERR | EPOLLHUP;
	int idx;

	poll_wait(filp, &df->dad->wait, wait);
	if (dad_enter(df->dad, &idx)) {
		events = file_events(df);
		dad_exit(df->dad, idx);
	}
	return events;
}

static int file_info(struct dad *dad, void __user *arg)
{
	struct dad_info info = {
		.abi = DAD_ABI,
		.revision = dad->limits->revision,
		.dma_bits = dad->dma_bits,
		.block_max = dad_stream_block_max(dad),
		.memory = dad->memory_size,
	};

	if (READ_ONCE(dad->state) == DAD_GONE)
		return -ENODEV;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Nothing is copied while the board is in use: the caller's page faults may take long. */
static int file_ring(struct dad_file *df, void __user *arg)
{
	struct dad_ring ring;
	int ret = -ENODEV, idx;

	if (copy_from_user(&ring, arg, sizeof(ring)))
		return -EFAULT;
	if (dad_enter(df->dad, &idx)) {
		ret = dad_stream_create(df, &ring);
		dad_exit(df->dad, idx);
	}
	return ret;
}

static int file_advance(struct dad_file *df, void __user *arg)
{
	struct dad_advance advance;
	int ret = -ENODEV, idx;

	if (copy_from_user(&advance, arg, sizeof(advance)))
		return -EFAULT;
	if (advance.abi != DAD_ABI ||
	    memchr_inv(advance.reserved, 0, sizeof(advance.reserved)))
		return -EINVAL;
	if (dad_enter(df->dad, &idx)) {
		ret = dad_stream_advance(df, &advance);
		dad_exit(df->dad, idx);
	}
	if (!ret && copy_to_user(arg, &advance, sizeof(advance)))
		ret = -EFAULT;
	return ret;
}

static int file_control(struct dad_file *df, int (*control)(struct dad_file *))
{
	int ret = -ENODEV, idx;

	if (dad_enter(df->dad, &idx)) {
		ret = control(df);
		dad_exit(df->dad, idx);
	}
	return ret;
}

static long file_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct dad_file *df = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case DAD_IOC_INFO:
		return file_info(df->dad, user);
	case DAD_IOC_RING:
		return file_ring(df, user);
	case DAD_IOC_START:
		return file_control(df, dad_stream_start);
	case DAD_IOC_STOP:
		return file_control(df, dad_stream_stop);
	case DAD_IOC_ADVANCE:
		return file_advance(df, user);
	default:
		return -ENOTTY;
	}
}

const struct file_operations dad_fops = {
	.owner		= THIS_MODULE,
	.open		= file_open,
	.release	= file_release,
	.llseek		= file_llseek,
	.read_iter	= dad_read_iter,
	.write_iter	= dad_write_iter,
	.poll		= file_poll,
	.mmap		= dad_mmap,
	.unlocked_ioctl	= file_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
