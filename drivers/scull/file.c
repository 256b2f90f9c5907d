// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: open, read, write and llseek
 */

#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "scull.h"

static int scull_open(struct inode *inode, struct file *filp)
{
	struct scull_dev *dev = container_of(inode->i_cdev, struct scull_dev,
					     cdev);

	filp->private_data = dev;
	/* As a regular file: two users of one struct file take turns. */
	filp->f_mode |= FMODE_ATOMIC_POS;
	/* Open for writing only starts afresh, as in the book. */
	if ((filp->f_flags & O_ACCMODE) == O_WRONLY)
		return scull_trim(dev);
	return 0;
}

static loff_t scull_llseek(struct file *filp, loff_t offset, int whence)
{
	return generic_file_llseek_size(filp, offset, whence, MAX_LFS_FILESIZE,
					scull_size(filp->private_data));
}

/*
 * A transfer goes page by page. A step returns how many bytes it moved, 0 at
 * the end of the data, or an error if it moved none.
 */
typedef ssize_t (*scull_step_fn)(struct scull_dev *dev, loff_t pos,
				 struct iov_iter *iter);

static ssize_t scull_transfer(struct kiocb *iocb, struct iov_iter *iter,
			      scull_step_fn step)
{
	struct scull_dev *dev = iocb->ki_filp->private_data;
	ssize_t done = 0, total = 0;

	while (iov_iter_count(iter)) {
		if (fatal_signal_pending(current)) {
			done = -EINTR;
			break;
		}
		done = step(dev, iocb->ki_pos, iter);
		if (done <= 0)
			break;
		iocb->ki_pos += done;
		total += done;
		cond_resched();
	}
	return total ?: done;
}

static ssize_t scull_read_step(struct scull_dev *dev, loff_t pos,
			       struct iov_iter *to)
{
	size_t offset = offset_in_page(pos);
	struct page *page = NULL;
	size_t want = 0, done;

	mutex_lock(&dev->lock);
	if (pos < dev->size) {
		want = min_t(loff_t, PAGE_SIZE - offset, dev->size - pos);
		want = min(want, iov_iter_count(to));
		page = scull_page(dev, pos, false);
	}
	mutex_unlock(&dev->lock);

	if (!want)
		return 0;

	if (page) {
		done = copy_page_to_iter(page, offset, want, to);
		put_page(page);
	} else {
		done = iov_iter_zero(want, to);
	}
	return done ?: -EFAULT;
}

static ssize_t scull_write_step(struct scull_dev *dev, loff_t pos,
				struct iov_iter *from)
{
	size_t offset = offset_in_page(pos);
	size_t want = min(PAGE_SIZE - offset, iov_iter_count(from));
	unsigned long trims;
	struct page *page;
	size_t done;

	/* Before memory is spent on a hole: a bad pointer changes nothing. */
	if (fault_in_iov_iter_readable(from, want) == want)
		return -EFAULT;

	mutex_lock(&dev->lock);
	page = scull_page(dev, pos, true);
	trims = dev->trims;
	mutex_unlock(&dev->lock);
	if (!page)
		return -ENOMEM;

	done = copy_page_from_iter(page, offset, want, from);
	put_page(page);

	mutex_lock(&dev->lock);
	/* If the data was dropped in the meantime, so was this. */
	if (done && dev->trims == trims)
		dev->size = max_t(loff_t, dev->size, pos + done);
	mutex_unlock(&dev->lock);
	return done ?: -EFAULT;
}

static ssize_t scull_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return scull_transfer(iocb, to, scull_read_step);
}

static ssize_t scull_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct scull_dev *dev = iocb->ki_filp->private_data;
	ssize_t ret = -EFBIG;

	if (mutex_lock_interruptible(&dev->write_lock))
		return -ERESTARTSYS;

	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = scull_size(dev);
	if (iocb->ki_pos < MAX_LFS_FILESIZE) {
		iov_iter_truncate(from, MAX_LFS_FILESIZE - iocb->ki_pos);
		ret = scull_transfer(iocb, from, scull_write_step);
	}
	mutex_unlock(&dev->write_lock);
	return ret;
}

const struct file_operations scull_fops = {
	.owner		= THIS_MODULE,
	.open		= scull_open,
	.llseek		= scull_llseek,
	.read_iter	= scull_read_iter,
	.write_iter	= scull_write_iter,
	.unlocked_ioctl	= scull_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= scull_mmap,
};
