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
#include <trace/events/mmap_lock.h>

#include "../slot.h"

static int usermap_look(pte_t *ptep, unsigned long addr, void *data)
{
	pte_t pte = ptep_get(ptep);
	struct umlab_slot *slot;
	unsigned int index;

	if (!pte_present(pte))
		return 0;
	slot = umlab_bar_find(PFN_PHYS(pte_pfn(pte)), &index);
	if (!slot)
		return 0;
	if (slot->model.bars[index].kind == UMLAB_BAR_REGISTERS &&
	    !slot->bars[index].user) {
		slot->bars[index].user = true;
		umlab_slot_violation(slot, UMLAB_VIOLATION_USERMAP,
				     "BAR %u is mapped to user space at %#lx: UML has no registers there, it reads as all-ones",
				     index, addr);
	}
	umlab_slot_put(slot);
	return 0;
}

/* The mmap_lock is held. */
static void usermap_walk(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, mm, 0);
	for_each_vma(vmi, vma) {
		if (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP))
			apply_to_existing_page_range(mm, vma->vm_start,
						     vma->vm_end -
						     vma->vm_start,
						     usermap_look, NULL);
	}
}

void umlab_check_user(struct mm_struct *mm)
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
