// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: mappings of the memory on the board, and of rings of blocks
 *
 * All page table entries are made by mmap(), and taken away when the board goes. Neither kind
 * has a fault method: what is not mapped, or not any more, is SIGBUS.
 */

#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "dad.h"

/**
 * struct dad_mm - an address space that called mmap() on a file
 * @entry: in dad_file.mms
 * @mm: the address space; holds an mmgrab() reference
 */
struct dad_mm {
	struct list_head entry;
	struct mm_struct *mm;
};

static void mmap_forget(struct dad_mm *dmm)
{
	list_del(&dmm->entry);
	mmdrop(dmm->mm);
	kfree(dmm);
}

/* Remember the calling address space, for dad_mmap_revoke(). */
static int mmap_remember(struct dad_file *df, struct mm_struct *mm)
{
	struct dad_mm *dmm, *next;

	guard(mutex)(&df->dad->files_lock);
	list_for_each_entry_safe(dmm, next, &df->mms, entry) {
		if (dmm->mm == mm)
			return 0;
		/* Its processes have exited, so none of them is in mmap(). */
		if (!atomic_read(&dmm->mm->mm_users))
			mmap_forget(dmm);
	}
	dmm = kmalloc(sizeof(*dmm), GFP_KERNEL);
	if (!dmm)
		return -ENOMEM;
	mmgrab(mm);
	dmm->mm = mm;
	list_add(&dmm->entry, &df->mms);
	return 0;
}

/**
 * dad_mms_free() - forget the address spaces of a file
 * @df: the file
 *
 * Context: dad.files_lock held.
 */
void dad_mms_free(struct dad_file *df)
{
	struct dad_mm *dmm, *next;

	lockdep_assert_held(&df->dad->files_lock);
	list_for_each_entry_safe(dmm, next, &df->mms, entry)
		mmap_forget(dmm);
}

/* Whether a mapping, from page @first on, is inside of @pages pages */
static bool mmap_range_ok(struct vm_area_struct *vma, unsigned long first,
			  unsigned long pages)
{
	/* The offset first: only then can the subtraction not underflow. */
	return first < pages && vma_pages(vma) <= pages - first;
}

static int mmap_memory(struct dad *dad, struct vm_area_struct *vma,
		       unsigned long first)
{
	phys_addr_t start = pci_resource_start(dad->pdev, DAD_BAR_MEMORY);

	if (!dad->limits->dma_bits)
		return -ENXIO;
	if (!mmap_range_ok(vma, first, dad->memory_size >> PAGE_SHIFT))
		return -EINVAL;
	/* It is prefetchable: writes may be combined. */
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(start) + first,
				  vma->vm_end - vma->vm_start,
				  vma->vm_page_prot);
}

static int mmap_stream(struct dad_file *df, struct vm_area_struct *vma,
		       unsigned long first)
{
	struct dad_stream *stream = dad_file_stream(df);
	unsigned long pgoff = vma->vm_pgoff;
	int ret;

	if (!stream)
		return -ENXIO;
	if (!mmap_range_ok(vma, first, stream->size >> PAGE_SHIFT))
		return -EINVAL;
	/* The DMA API takes the offset for one in what it has allocated. */
	vma->vm_pgoff = first;
	ret = dma_mmap_coherent(&df->dad->pdev->dev, vma, stream->memory,
				stream->bus, stream->size);
	vma->vm_pgoff = pgoff;
	return ret;
}

static int mmap_map(struct dad_file *df, struct vm_area_struct *vma)
{
	unsigned long ring = PHYS_PFN(DAD_MAP_RING);
	int ret;

	if (READ_ONCE(df->dad->state) == DAD_FAILED)
		return -EIO;
	/* Not VM_SHARED, which a shared mapping of a read-only file does not have */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	/* If it is linked in after the board has gone, dad_mmap_revoke() knows. */
	ret = mmap_remember(df, vma->vm_mm);
	if (ret)
		return ret;
	/* What there is to map has a size, and is nobody's to dump or pin. */
	vm_flags_set(vma, VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
	if (vma->vm_pgoff < ring)
		return mmap_memory(df->dad, vma, vma->vm_pgoff);
	return mmap_stream(df, vma, vma->vm_pgoff - ring);
}

/**
 * dad_mmap() - map the memory on the board, or the ring of a file
 * @filp: the file
 * @vma: the new mapping
 *
 * Context: mmap_lock held for writing.
 * Return: 0, or a negative errno, see dad-ioctl.h.
 */
int dad_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct dad_file *df = filp->private_data;
	int ret, idx;

	if (!dad_enter(df->dad, &idx))
		return -ENODEV;
	ret = mmap_map(df, vma);
	dad_exit(df->dad, idx);
	return ret;
}

/**
 * dad_mmap_revoke() - take all mappings away, and free the rings
 * @dad: the board, after dad_quit()
 *
 * Context: may sleep; takes the mmap_lock of address spaces that mapped the board.
 */
void dad_mmap_revoke(struct dad *dad)
{
	struct dad_mm *dmm, *next;
	struct dad_file *df;
	LIST_HEAD(mms);

	scoped_guard(mutex, &dad->files_lock)
		list_for_each_entry(df, &dad->files, entry)
			list_splice_init(&df->mms, &mms);
	/*
	 * An mmap() that was just served has its entries already, but is not in the file's
	 * i_mmap tree, where unmap_mapping_range() looks, until shortly before it releases
	 * mmap_lock. Wait for it.
	 */
	list_for_each_entry_safe(dmm, next, &mms, entry) {
		mmap_read_lock(dmm->mm);
		mmap_read_unlock(dmm->mm);
		mmap_forget(dmm);
	}

	guard(mutex)(&dad->files_lock);
	list_for_each_entry(df, &dad->files, entry) {
		unmap_mapping_range(df->filp->f_mapping, 0, 0, 1);
		dad_stream_destroy(df);
	}
}
