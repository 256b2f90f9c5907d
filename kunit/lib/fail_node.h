/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every device node has that can fail: open(), mmap(), a fault, read(), write()
 */
#ifndef _LAB_FAIL_NODE_H
#define _LAB_FAIL_NODE_H

#include "fail.h"

struct file;

/**
 * struct lab_fail_node - a node
 * @name: its name below /dev
 * @file: it, open; for all but &lab_fail_open
 * @pgoff: for mapping: the offset, in pages
 * @pages: likewise: how many
 * @pos: for reading and writing: where
 * @len: likewise: how many bytes
 * @addr: the mapping, or user memory of so many bytes; of the operations
 * @opened: of &lab_fail_open
 */
struct lab_fail_node {
	char name[32];
	struct file *file;
	unsigned long pgoff;
	unsigned long pages;
	loff_t pos;
	size_t len;
	unsigned long addr;
	struct file *opened;
};

/*
 * Operations on a &struct lab_fail_node, in the current space. User memory is new each
 * time, so what is copied from or to it needs pages.
 */
extern const struct lab_fail_op lab_fail_open;
extern const struct lab_fail_op lab_fail_mmap;
extern const struct lab_fail_op lab_fail_fault;
extern const struct lab_fail_op lab_fail_read;
extern const struct lab_fail_op lab_fail_write;

/**
 * lab_fail_memory_begin() - new user memory, of whole pages
 * @node: @addr becomes its address
 * @len: how many bytes
 */
void lab_fail_memory_begin(struct lab_fail_node *node, size_t len);

/**
 * lab_fail_memory_end() - the end of user memory
 * @node: as it was given to lab_fail_memory_begin()
 * @len: likewise
 */
void lab_fail_memory_end(const struct lab_fail_node *node, size_t len);

#endif /* _LAB_FAIL_NODE_H */
