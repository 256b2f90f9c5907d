/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simple: one memory resource, mapped to user space in two ways.
 *
 * Model: a platform device with one memory resource that starts on a page
 * boundary. User space can map the whole pages in it, and nothing else: of a
 * last page that the resource fills only in part nothing is granted, because
 * the rest of that page belongs to somebody else.
 *
 * Life: the device may be unbound at any time. struct simple_dev lives until
 * the last open file is closed, but the memory is not ours any more from the
 * moment remove() returns: by then every page table entry that leads to it is
 * gone, no new one can come, and an access is SIGBUS.
 */
#ifndef _SIMPLE_H
#define _SIMPLE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/rwsem.h>
#include <linux/types.h>

struct file;
struct vm_area_struct;

enum simple_node_kind {
	SIMPLE_REMAP,
	SIMPLE_FAULT,
	SIMPLE_NODES
};

struct simple_dev;

/**
 * struct simple_node - one device node
 * @misc: the node
 * @dev: the device it leads to
 */
struct simple_node {
	struct miscdevice misc;
	struct simple_dev *dev;
};

/**
 * struct simple_dev - one device
 * @ref: one for the bound driver, one for each open file
 * @id: the N of /dev/simpleN-*
 * @phys: physical address of the memory, page aligned
 * @pages: how many whole pages of it there are
 * @vmas: how many mappings there are, in all processes
 * @lock: guards @gone and @files, and the lists of the files; held for reading
 *	  wherever a page table entry is made, so that with it held for writing
 *	  none is being made. Taken inside mmap_lock.
 * @gone: the driver was unbound; the memory must not be touched any more
 * @files: the open files (struct simple_file)
 * @node: the device nodes
 */
struct simple_dev {
	struct kref ref;
	int id;
	phys_addr_t phys;
	unsigned long pages;
	atomic_t vmas;
	struct rw_semaphore lock;
	bool gone;
	struct list_head files;
	struct simple_node node[SIMPLE_NODES];
};

/**
 * struct simple_file - one open file
 * @dev: the device; holds a reference
 * @filp: the file
 * @entry: in simple_dev.files
 * @mms: the address spaces that called mmap on this file (struct simple_mm)
 */
struct simple_file {
	struct simple_dev *dev;
	struct file *filp;
	struct list_head entry;
	struct list_head mms;
};

void simple_file_init(struct simple_file *sf, struct simple_dev *dev,
		      struct file *filp);
void simple_file_free(struct simple_file *sf);

int simple_mmap_remap(struct file *filp, struct vm_area_struct *vma);
int simple_mmap_fault(struct file *filp, struct vm_area_struct *vma);
void simple_revoke(struct simple_dev *dev);

#endif /* _SIMPLE_H */
