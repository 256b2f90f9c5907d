// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: mappings, made page by page
 *
 * Only devices of order 0 can be mapped, as in the book. What cannot be backed
 * by data is SIGBUS: a hole, and all pages after the end.
 */

#include <linux/fs.h>
#include <linux/math.h>
#include <linux/mm.h>

#include "scull.h"

static void scull_vm_open(struct vm_area_struct *vma)
{
	struct scull_dev *dev = vma->vm_private_data;

	mutex_lock(&dev->lock);
	dev->vmas++;
	mutex_unlock(&dev->lock);
}

static void scull_vm_close(struct vm_area_struct *vma)
{
	struct scull_dev *dev = vma->vm_private_data;

	mutex_lock(&dev->lock);
	dev->vmas--;
	mutex_unlock(&dev->lock);
}

static vm_fault_t scull_vm_fault(struct vm_fault *vmf)
{
	struct scull_dev *dev = vmf->vma->vm_private_data;
	struct page *page = NULL;

	mutex_lock(&dev->lock);
	if (vmf->pgoff < DIV_ROUND_UP_ULL(dev->size, PAGE_SIZE))
		page = scull_page(dev, (loff_t)vmf->pgoff << PAGE_SHIFT, false);
	mutex_unlock(&dev->lock);

	if (!page)
		return VM_FAULT_SIGBUS;

	/* The page table entry takes over the reference. */
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct scull_vm_ops = {
	.open	= scull_vm_open,
	.close	= scull_vm_close,
	.fault	= scull_vm_fault,
};

/**
 * scull_mmap() - the mmap method
 * @filp: an open device
 * @vma: the new mapping; any range, because the data may still grow
 *
 * Context: process context, mmap_lock held for writing.
 * Return: 0, or -ENODEV if the order is not 0.
 */
int scull_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct scull_dev *dev = filp->private_data;
	int ret = -ENODEV;

	mutex_lock(&dev->lock);
	if (!dev->param[SCULL_ORDER]) {
		/* From here on nothing is trimmed, so the order stays. */
		dev->vmas++;
		vma->vm_ops = &scull_vm_ops;
		vma->vm_private_data = dev;
		ret = 0;
	}
	mutex_unlock(&dev->lock);
	return ret;
}
