// SPDX-License-Identifier: GPL-2.0-only
/*
 * Touch user memory as a process would, and live to tell
 *
 * UML's copy_from_user() follows page table entries by itself and retries a
 * fault until there is one, so what would hang or crash is found out first,
 * with the same handle_mm_fault() that a process's fault ends in.
 */

#include <linux/array_size.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "frames.h"
#include "space.h"
#include "touch.h"

/* A private page may take two faults: one to map it, one to copy it. */
#define LAB_FAULTS_MAX 4

const char *lab_access_name(enum lab_access access)
{
	static const char * const names[] = {
		[LAB_OK]	= "ok",
		[LAB_SIGBUS]	= "SIGBUS",
		[LAB_SIGSEGV]	= "SIGSEGV",
		[LAB_OOM]	= "out of memory",
		[LAB_LOOP]	= "an endless fault",
		[LAB_WILD]	= "a page table entry that leads nowhere",
	};

	return access < ARRAY_SIZE(names) ? names[access] : "?";
}

/* LAB_LOOP: there is no page table entry for the access yet. */
static enum lab_access lab_mapped(unsigned long addr, bool write)
{
	struct lab_frame frame;

	if (!lab_frame_at(addr, &frame) || (write && !frame.write))
		return LAB_LOOP;
	return pfn_valid(frame.pfn) ? LAB_OK : LAB_WILD;
}

static bool lab_permitted(unsigned long addr, bool write)
{
	return lab_vm_flags(addr) & (write ? VM_WRITE : VM_READ);
}

static enum lab_access lab_fault(unsigned long addr, bool write)
{
	unsigned int flags = FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
	vm_fault_t fault;

	mmap_read_lock(current->mm);
	fault = handle_mm_fault(vma_lookup(current->mm, addr), addr, flags,
				NULL);
	mmap_read_unlock(current->mm);

	if (fault & VM_FAULT_OOM)
		return LAB_OOM;
	if (fault & VM_FAULT_SIGSEGV)
		return LAB_SIGSEGV;
	if (fault & VM_FAULT_ERROR)
		return LAB_SIGBUS;
	return LAB_OK;
}

enum lab_access lab_touch(unsigned long addr, bool write)
{
	enum lab_access access;
	int i;

	if (!lab_permitted(addr, write))
		return LAB_SIGSEGV;

	access = lab_mapped(addr, write);
	for (i = 0; access == LAB_LOOP && i < LAB_FAULTS_MAX; i++) {
		enum lab_access fault = lab_fault(addr, write);

		if (fault != LAB_OK)
			return fault;
		access = lab_mapped(addr, write);
	}
	return access;
}

enum lab_access lab_load(unsigned long addr, void *buf, size_t len)
{
	while (len) {
		size_t n = min(len, PAGE_SIZE - offset_in_page(addr));
		enum lab_access access = lab_touch(addr, false);

		if (access != LAB_OK)
			return access;
		if (copy_from_user(buf, (void __user *)addr, n))
			return LAB_SIGSEGV;
		addr += n;
		buf += n;
		len -= n;
	}
	return LAB_OK;
}

enum lab_access lab_store(unsigned long addr, const void *buf, size_t len)
{
	while (len) {
		size_t n = min(len, PAGE_SIZE - offset_in_page(addr));
		enum lab_access access = lab_touch(addr, true);

		if (access != LAB_OK)
			return access;
		if (copy_to_user((void __user *)addr, buf, n))
			return LAB_SIGSEGV;
		addr += n;
		buf += n;
		len -= n;
	}
	return LAB_OK;
}
