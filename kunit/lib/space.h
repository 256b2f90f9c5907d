/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces for suites
 *
 * A KUnit case runs in a kernel thread, which has no user memory. These give it
 * address spaces to enter and leave like clothes, to map files in with the
 * system calls' own code, and to see torn down at a chosen moment, which
 * kunit_vm_mmap() cannot do.
 *
 * All functions that take no space act on the one that was entered last.
 */
#ifndef _LAB_SPACE_H
#define _LAB_SPACE_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct file;
struct kunit;
struct lab_space;

/**
 * lab_space_new() - make an empty address space and enter it
 * @test: the test; it ends, also when it fails, with the space torn down
 *
 * A space that was entered before is left, not torn down.
 *
 * Context: the test's own thread.
 * Return: the space; the test is aborted if there is none to be had.
 */
struct lab_space *lab_space_new(struct kunit *test);

/**
 * lab_space_fork() - copy the address space as fork() does
 * @test: the test
 *
 * The copy is made by kernel_clone() and so by the kernel's dup_mmap(), which
 * calls vm_ops->open() for each mapping. It is not entered.
 *
 * Context: the test's own thread, in a space.
 * Return: the copy; the test is aborted if there is none to be had.
 */
struct lab_space *lab_space_fork(struct kunit *test);

/**
 * lab_space_enter() - go from the space entered last to another one
 * @space: where to go; must not have been torn down
 */
void lab_space_enter(struct lab_space *space);

/**
 * lab_space_exit() - tear a space down, as the exit of its process would
 * @space: the space; left first if it is the current one
 *
 * When this returns its mappings are unmapped and their files put. The space
 * must not be entered again. Happens by itself when the test ends.
 */
void lab_space_exit(struct lab_space *space);

/**
 * lab_mmap() - mmap()
 * @file: what to map
 * @pages: length in pages
 * @prot: PROT_*
 * @flags: MAP_*
 * @pgoff: offset in pages; need not make sense in bytes
 *
 * Return: the address, or a negative errno: check with IS_ERR_VALUE().
 */
unsigned long lab_mmap(struct file *file, unsigned long pages,
		       unsigned long prot, unsigned long flags,
		       unsigned long pgoff);

/**
 * lab_mmap_shared() - mmap() shared, for reading and writing
 * @test: the test; aborted if this fails
 * @file: what to map
 * @pages: length in pages
 * @pgoff: offset in pages
 *
 * Return: the address.
 */
unsigned long lab_mmap_shared(struct kunit *test, struct file *file,
			      unsigned long pages, unsigned long pgoff);

/**
 * lab_mmap_anonymous() - user memory, in an address space of its own
 * @test: the test; aborted if this fails
 * @pages: length in pages
 *
 * Return: the address.
 */
unsigned long lab_mmap_anonymous(struct kunit *test, unsigned long pages);

/**
 * lab_munmap() - munmap()
 * @addr: start
 * @pages: length in pages
 *
 * Return: 0 or a negative errno. The files of what was unmapped are put when
 * this returns.
 */
int lab_munmap(unsigned long addr, unsigned long pages);

/**
 * lab_mremap() - mremap(), with MREMAP_MAYMOVE
 *
 * Linux 6.12 cannot grow a special mapping (VM_SPECIAL) in place and answers
 * -ENOMEM where there is room behind it; lab_mremap_to() grows it.
 *
 * @addr: start
 * @from: old length in pages
 * @to: new length in pages
 *
 * Return: the new address, or a negative errno.
 */
unsigned long lab_mremap(unsigned long addr, unsigned long from,
			 unsigned long to);

/**
 * lab_mremap_to() - mremap() to another place
 * @addr: start
 * @from: old length in pages
 * @to: new length in pages
 *
 * Finds a free range and moves the mapping there with MREMAP_FIXED.
 *
 * Return: the new address, never @addr, or a negative errno.
 */
unsigned long lab_mremap_to(unsigned long addr, unsigned long from,
			    unsigned long to);

/**
 * lab_mprotect() - mprotect()
 * @addr: start
 * @pages: length in pages
 * @prot: PROT_*
 *
 * Return: 0 or a negative errno.
 */
int lab_mprotect(unsigned long addr, unsigned long pages, unsigned long prot);

/**
 * lab_vm_flags() - the flags of the mapping at an address
 * @addr: the address
 *
 * Return: its vm_flags; 0 if there is none, which no mapping has.
 */
vm_flags_t lab_vm_flags(unsigned long addr);

/**
 * lab_vma_count() - how many mappings the space has
 */
int lab_vma_count(void);

#endif /* _LAB_SPACE_H */
