/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that memory consists of: who has them, and whether they are pinned
 *
 * A pin on a page does not show in any file. But the kernel counts all that are taken and
 * given back; and a page that is pinned is copied by fork, and not shared.
 */
#ifndef _PAGES_H
#define _PAGES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * lab_pins() - how many pins there are at the moment, in all of the kernel
 *
 * Return: the number, or a negative errno.
 */
long lab_pins(void);

/**
 * lab_frame() - the number of the frame that is mapped at an address
 * @addr: the address, in this process
 *
 * Return: the number; 0: none is there.
 */
unsigned long lab_frame(const void *addr);

/**
 * lab_page_dirty() - whether the kernel takes a page for changed
 * @addr: where it is
 *
 * Return: 1 or 0, or a negative errno.
 */
int lab_page_dirty(const void *addr);

/**
 * lab_copied_by_fork() - how many pages a fork copies at once, because they are pinned
 * @addr: the memory, private and anonymous
 * @size: of it, in bytes
 *
 * Return: how many pages, or a negative errno.
 */
long lab_copied_by_fork(const void *addr, size_t size);

#endif /* _PAGES_H */
