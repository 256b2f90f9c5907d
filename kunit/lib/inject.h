/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations and copies that fail, by the kernel's fault injection
 *
 * One is chosen by its number, so whatever makes an operation allocate more at one time
 * than at another, and is not its own, is kept from counting, or is the same each time.
 */
#ifndef _LAB_INJECT_H
#define _LAB_INJECT_H

#include <linux/types.h>

/**
 * lab_inject_begin() - have the kernel fail all that it can
 *
 * Objects, pages, and copies from and to user memory by functions, those that may sleep
 * too, as soon as one is armed. What is left alone are a cache's pages, whose objects
 * fail themselves, and the tree in which DMA API debugging has its entries by
 * addresses: they grow now and then. With kmemleak or debug objects, the objects of a
 * cache that is made while one is armed are left alone, too.
 *
 * Return: false if the kernel is not configured for it, or has other functions for those.
 */
bool lab_inject_begin(void);

/**
 * lab_inject_rewind() - have an operation allocate what it has allocated before
 *
 * The nodes of sysfs have numbers that go up, and each 64 take a node of a tree: they
 * start again from where they were at lab_inject_begin(), with as many nodes of the tree
 * put by.
 */
void lab_inject_rewind(void);

/**
 * lab_inject_exact() - whether an operation's number of allocations can be relied on
 *
 * KASAN and kmemleak allocate for themselves: stacks that they have not seen, and shadow
 * of what is mapped.
 *
 * Return: false with one of them.
 */
bool lab_inject_exact(void);

/**
 * lab_inject_arm() - have one of the thread's allocations or copies fail
 * @nth: which, from 1 on
 * @all: and all after it
 */
void lab_inject_arm(unsigned int nth, bool all);

/**
 * lab_inject_disarm() - have none fail any more
 *
 * Return: whether one has failed.
 */
bool lab_inject_disarm(void);

/**
 * lab_inject_show() - whether the kernel prints a stack for each that fails
 * @show: so
 */
void lab_inject_show(bool show);

#endif /* _LAB_INJECT_H */
