/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scull: memory that behaves like a file; one core, several stores
 *
 * Model: a device is a sparse array of quanta, PAGE_SIZE << order bytes each. An
 * xarray leads to arrays of qset pointers to them. A quantum that was never
 * written is a hole: it reads as zeros and cannot be mapped. Where quanta come
 * from is the store's business: scullp takes pages, scullv takes vmalloc memory.
 *
 * Read, write and fault all go through scull_page(): find the page under the
 * device's lock, take a reference, and copy or map it without that lock. No
 * lock that a fault takes is ever held over an access to user memory, so a
 * device's own mapping may be the buffer it is read into, and a page that is
 * trimmed away in the meantime lives until its last user is done.
 *
 * The data and its layout are fixed while the device is mapped: trimming is
 * refused then.
 */
#ifndef _SCULL_H
#define _SCULL_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "scull-store.h"

struct file;
struct page;
struct vm_area_struct;

enum scull_param {
	SCULL_ORDER,
	SCULL_QSET,
	SCULL_PARAMS
};

/**
 * struct scull_dev - one device
 * @device: its struct device; owns the memory of this
 * @cdev: its character device
 * @store: where its quanta come from
 * @next: the parameters for the next life, see scull-ioctl.h
 * @write_lock: held over a whole write, so that writes do not mix and two that
 *		append do not overwrite each other; taken outside mmap_lock
 * @lock: guards all below it; taken inside mmap_lock, and never held over an
 *	  access to user memory
 * @param: the parameters of the data there is
 * @sets: arrays of qset pointers to quanta, by number; NULL is a hole
 * @size: bytes from the start to the end of the data
 * @trims: how often the data was dropped
 * @vmas: how many mappings there are, in all processes
 */
struct scull_dev {
	struct device device;
	struct cdev cdev;
	const struct scull_store *store;
	atomic_t next[SCULL_PARAMS];

	struct mutex write_lock;	/* one write after the other */
	struct mutex lock;	/* guards all below */
	int param[SCULL_PARAMS];
	struct xarray sets;
	loff_t size;
	unsigned long trims;
	unsigned long vmas;
};

/**
 * struct scull_group - all devices of one store
 * @first: their first device number
 * @count: how many there are
 * @dev: the devices
 */
struct scull_group {
	dev_t first;
	unsigned int count;
	struct scull_dev *dev[] __counted_by(count);
};

struct page *scull_page(struct scull_dev *dev, loff_t pos, bool alloc);
loff_t scull_size(struct scull_dev *dev);
int scull_trim(struct scull_dev *dev);
void scull_drop(struct scull_dev *dev);
void scull_params_reset(struct scull_dev *dev);

int scull_mmap(struct file *filp, struct vm_area_struct *vma);
long scull_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);

extern const struct file_operations scull_fops;

#endif /* _SCULL_H */
