// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register BARs that a driver maps to user space
 *
 * UML cannot have user space access registers: behind the page frames of the
 * register window is memory that holds all-ones and that no model sees. So a
 * mapping of it is a violation. The mmap_lock's tracepoints tell when an address
 * space may have changed, and its page tables are looked through then: when the
 * lock is about to be released after a change, and when it was taken for one,
 * which shows what a fault handler has inserted since. Only special mappings
 * are looked at, so ordinary address spaces cost next to nothing.
 */

#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/xarray.h>
#include <trace/events/mmap_lock.h>

#include "../slot.h"

/**
 * struct usermap_page - a page that is mapped
 * @user: where in user space
 * @address: on the bus
 */
struct usermap_page {
	unsigned long user;
	u64 address;
};

/* Small BARs share a page; whoever maps it maps all of them. */
static bool usermap_blame(struct umlab_slot *slot, void *data)
{
	const struct usermap_page *page = data;
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (slot->model.bars[i].kind != UMLAB_BAR_REGISTERS ||
		    slot->bars[i].user ||
		    !umlab_bar_overlaps(slot, i, page->address, PAGE_SIZE))
			continue;
		slot->bars[i].user = true;
		umlab_slot_violation(slot, UMLAB_VIOLATION_USERMAP,
				     "BAR %u is mapped to user space at %#lx: UML has no registers there, it reads as all-ones",
				     i, page->user);
	}
	return false;
}

static int usermap_look(pte_t *ptep, unsigned long addr, void *data)
{
	struct usermap_page page = { .user = addr };
	pte_t pte = ptep_get(ptep);

	if (pte_present(pte)) {
		page.address = PFN_PHYS(pte_pfn(pte));
		if (umlab_bridge_backing(page.address, PAGE_SIZE))
			umlab_bridge_find(usermap_blame, &page);
	}
	return 0;
}

/* The mmap_lock is held. */
static void usermap_walk(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma) {
		/* A fork that failed has got this far (dup_mmap()). */
		if (xa_is_zero(vma))
			break;
		if (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP))
			apply_to_existing_page_range(mm, vma->vm_start,
						     vma->vm_end -
						     vma->vm_start,
						     usermap_look, NULL);
	}
}

void umlab_usermap_check(struct mm_struct *mm)
{
	mmap_read_lock(mm);
	usermap_walk(mm);
	mmap_read_unlock(mm);
}

/* Nobody uses an address space any more whose mm_users are 0: it is ending. */
static void usermap_acquired(void *data, struct mm_struct *mm,
			     const char *memcg_path, bool write, bool success)
{
	if (success && (write || !atomic_read(&mm->mm_users)))
		usermap_walk(mm);
}

static void usermap_released(void *data, struct mm_struct *mm,
			     const char *memcg_path, bool write)
{
	if (write)
		usermap_walk(mm);
}

int umlab_usermap_init(void)
{
	return register_trace_mmap_lock_acquire_returned(usermap_acquired,
							 NULL) ?:
	       register_trace_mmap_lock_released(usermap_released, NULL);
}
