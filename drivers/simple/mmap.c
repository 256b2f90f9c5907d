// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: the mappings
 *
 * Two ways to the same memory. simple_mmap_remap() makes every page table entry
 * at mmap time with io_remap_pfn_range(). simple_mmap_fault() makes none:
 * simple_vm_fault() makes one when its page is first touched.
 *
 * The range is checked in pages, offset first, so nothing can wrap: see
 * vm_iomap_memory() in mm/memory.c, which does the same.
 */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "simple.h"

/**
 * struct simple_mm - an address space that called mmap on a file
 * @entry: in simple_file.mms
 * @mm: the address space; holds an mmgrab() reference
 */
struct simple_mm {
	struct list_head entry;
	struct mm_struct *mm;
};

static void simple_mm_free(struct simple_mm *smm)
{
	mmdrop(smm->mm);
	kfree(smm);
}

static void simple_mms_free(struct list_head *mms)
{
	struct simple_mm *smm, *next;

	list_for_each_entry_safe(smm, next, mms, entry)
		simple_mm_free(smm);
}

/**
 * simple_file_init() - make a file known to its device
 * @sf: the file, zeroed
 * @dev: the device; the caller has taken a reference for the file
 * @filp: the struct file that @sf becomes the private data of
 */
void simple_file_init(struct simple_file *sf, struct simple_dev *dev,
		      struct file *filp)
{
	sf->dev = dev;
	sf->filp = filp;
	INIT_LIST_HEAD(&sf->mms);

	down_write(&dev->lock);
	list_add(&sf->entry, &dev->files);
	up_write(&dev->lock);
}

/**
 * simple_file_free() - undo simple_file_init() and free the file
 * @sf: the file; its last mapping is gone, because each held the struct file
 *
 * The caller still has to put the file's reference to the device.
 */
void simple_file_free(struct simple_file *sf)
{
	down_write(&sf->dev->lock);
	list_del(&sf->entry);
	up_write(&sf->dev->lock);

	simple_mms_free(&sf->mms);
	kfree(sf);
}

/* Remember the calling address space, once for each file. */
static int simple_remember_mm(struct simple_file *sf, struct mm_struct *mm)
{
	struct simple_mm *smm, *next;

	lockdep_assert_held_write(&sf->dev->lock);

	list_for_each_entry_safe(smm, next, &sf->mms, entry) {
		if (smm->mm == mm)
			return 0;
		/* Its processes have exited, so none of them is in mmap(). */
		if (!atomic_read(&smm->mm->mm_users)) {
			list_del(&smm->entry);
			simple_mm_free(smm);
		}
	}

	smm = kmalloc(sizeof(*smm), GFP_KERNEL);
	if (!smm)
		return -ENOMEM;

	mmgrab(mm);
	smm->mm = mm;
	list_add(&smm->entry, &sf->mms);
	return 0;
}

static void simple_vm_open(struct vm_area_struct *vma)
{
	struct simple_file *sf = vma->vm_private_data;

	atomic_inc(&sf->dev->vmas);
}

static void simple_vm_close(struct vm_area_struct *vma)
{
	struct simple_file *sf = vma->vm_private_data;

	atomic_dec(&sf->dev->vmas);
}

/*
 * The entry is made here and not by the caller, from vmf->page, because the
 * caller makes it after the lock is released: simple_revoke() could have gone
 * by in between.
 */
static vm_fault_t simple_insert(struct vm_fault *vmf, unsigned long pfn)
{
	int ret;

	if (!pfn_valid(pfn))
		return vmf_insert_pfn(vmf->vma, vmf->address, pfn);

	ret = vm_insert_page(vmf->vma, vmf->address, pfn_to_page(pfn));
	/* Another thread faulted on the same page and was first. */
	if (ret == -EBUSY)
		ret = 0;
	return ret ? vmf_error(ret) : VM_FAULT_NOPAGE;
}

static vm_fault_t simple_vm_fault(struct vm_fault *vmf)
{
	struct simple_file *sf = vmf->vma->vm_private_data;
	struct simple_dev *dev = sf->dev;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&dev->lock);
	if (!dev->gone && vmf->pgoff < dev->pages)
		ret = simple_insert(vmf, PHYS_PFN(dev->phys) + vmf->pgoff);
	up_read(&dev->lock);
	return ret;
}

/* No fault method: what is not mapped, or not any more, is SIGBUS. */
static const struct vm_operations_struct simple_remap_vm_ops = {
	.open	= simple_vm_open,
	.close	= simple_vm_close,
};

static const struct vm_operations_struct simple_fault_vm_ops = {
	.open	= simple_vm_open,
	.close	= simple_vm_close,
	.fault	= simple_vm_fault,
};

static bool simple_range_ok(const struct simple_dev *dev,
			    struct vm_area_struct *vma)
{
	/* The offset first: only then can the subtraction not underflow. */
	return vma->vm_pgoff < dev->pages &&
	       vma_pages(vma) <= dev->pages - vma->vm_pgoff;
}

static void simple_vma_init(struct vm_area_struct *vma, struct simple_file *sf,
			    const struct vm_operations_struct *ops)
{
	vma->vm_ops = ops;
	vma->vm_private_data = sf;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
}

/**
 * simple_mmap_remap() - map the whole range at once
 * @filp: a file of the remap node
 * @vma: the new mapping
 *
 * Context: process context, mmap_lock held for writing.
 * Return: 0, -EINVAL for a range that is not wholly inside the memory, -ENODEV
 * after unbind, -ENOMEM.
 */
int simple_mmap_remap(struct file *filp, struct vm_area_struct *vma)
{
	struct simple_file *sf = filp->private_data;
	struct simple_dev *dev = sf->dev;
	int ret = -ENODEV;

	down_write(&dev->lock);
	if (dev->gone)
		goto out;

	ret = -EINVAL;
	if (!simple_range_ok(dev, vma))
		goto out;

	ret = simple_remember_mm(sf, vma->vm_mm);
	if (ret)
		goto out;

	simple_vma_init(vma, sf, &simple_remap_vm_ops);
	/* Sets VM_IO, VM_PFNMAP, VM_DONTEXPAND and VM_DONTDUMP as well. */
	ret = io_remap_pfn_range(vma, vma->vm_start,
				 PHYS_PFN(dev->phys) + vma->vm_pgoff,
				 vma->vm_end - vma->vm_start,
				 vma->vm_page_prot);
	if (!ret)
		simple_vm_open(vma);
out:
	up_write(&dev->lock);
	return ret;
}

/**
 * simple_mmap_fault() - map a range, a page when it is touched
 * @filp: a file of the fault node
 * @vma: the new mapping
 *
 * The mapping may be grown with mremap(); what lies beyond the memory then is
 * SIGBUS. VM_MIXEDMAP lets simple_insert() make an entry with or without a
 * struct page behind it.
 *
 * Context: process context, mmap_lock held for writing.
 * Return: 0, -EINVAL for a range that is not wholly inside the memory, -ENODEV
 * after unbind.
 */
int simple_mmap_fault(struct file *filp, struct vm_area_struct *vma)
{
	struct simple_file *sf = filp->private_data;
	struct simple_dev *dev = sf->dev;
	int ret = -ENODEV;

	down_read(&dev->lock);
	if (dev->gone)
		goto out;

	ret = -EINVAL;
	if (!simple_range_ok(dev, vma))
		goto out;

	simple_vma_init(vma, sf, &simple_fault_vm_ops);
	vm_flags_set(vma, VM_IO | VM_MIXEDMAP | VM_DONTDUMP);
	simple_vm_open(vma);
	ret = 0;
out:
	up_read(&dev->lock);
	return ret;
}

/**
 * simple_revoke() - take the memory away from user space
 * @dev: the device; its nodes are deregistered, so no new file can come
 *
 * When this returns no page table entry leads to the memory and none will:
 * every access to a mapping is SIGBUS, every mmap() -ENODEV.
 *
 * Context: process context; takes mmap_lock of address spaces that mapped the
 * device.
 */
void simple_revoke(struct simple_dev *dev)
{
	struct simple_file *sf;
	struct simple_mm *smm;
	LIST_HEAD(mms);

	down_write(&dev->lock);
	dev->gone = true;
	list_for_each_entry(sf, &dev->files, entry)
		list_splice_init(&sf->mms, &mms);
	up_write(&dev->lock);

	/*
	 * An mmap() that simple_mmap_remap() has just served has its entries
	 * already, but is not in the file's i_mmap tree, where
	 * unmap_mapping_range() looks, until shortly before it releases
	 * mmap_lock. Wait for it.
	 */
	list_for_each_entry(smm, &mms, entry) {
		mmap_read_lock(smm->mm);
		mmap_read_unlock(smm->mm);
	}
	simple_mms_free(&mms);

	down_read(&dev->lock);
	list_for_each_entry(sf, &dev->files, entry)
		unmap_mapping_range(sf->filp->f_mapping, 0, 0, 1);
	up_read(&dev->lock);
}
