// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: the data, and where a position's page is
 *
 * An item of scull_dev.sets is an array of qset pointers to quanta; NULL is a
 * hole.
 */

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "scull.h"

/* Where a position is: which item, which quantum of it, how far into that. */
struct scull_place {
	unsigned long item;
	u32 index;
	size_t offset;
};

static struct scull_place scull_locate(const struct scull_dev *dev, loff_t pos)
{
	unsigned int shift = PAGE_SHIFT + dev->param[SCULL_ORDER];
	struct scull_place place;

	place.item = div_u64_rem((u64)pos >> shift, dev->param[SCULL_QSET],
				 &place.index);
	place.offset = pos & ((1UL << shift) - 1);
	return place;
}

/* The item's array of quanta; NULL: there is none, or none could be made. */
static void **scull_item(struct scull_dev *dev, unsigned long item, bool alloc)
{
	void **quanta = xa_load(&dev->sets, item);

	if (quanta || !alloc)
		return quanta;

	quanta = kvcalloc(dev->param[SCULL_QSET], sizeof(*quanta), GFP_KERNEL);
	if (!quanta)
		return NULL;

	if (xa_err(xa_store(&dev->sets, item, quanta, GFP_KERNEL))) {
		kvfree(quanta);
		return NULL;
	}
	return quanta;
}

/**
 * scull_page() - the page that holds a position
 * @dev: the device
 * @pos: the position, in bytes
 * @alloc: fill a hole with zeroed memory
 *
 * Context: process context, @dev->lock held.
 * Return: the page with a reference that the caller puts, or NULL: a hole, or
 * with @alloc that there is no memory.
 */
struct page *scull_page(struct scull_dev *dev, loff_t pos, bool alloc)
{
	struct scull_place place = scull_locate(dev, pos);
	struct page *page;
	void **quanta;

	lockdep_assert_held(&dev->lock);

	quanta = scull_item(dev, place.item, alloc);
	if (!quanta)
		return NULL;

	if (!quanta[place.index] && alloc)
		quanta[place.index] = dev->store->alloc(dev->param[SCULL_ORDER]);
	if (!quanta[place.index])
		return NULL;

	page = dev->store->page(quanta[place.index], place.offset);
	get_page(page);
	return page;
}

/**
 * scull_size() - how far the data goes
 * @dev: the device
 *
 * Context: process context.
 * Return: bytes from the start to the end of the data.
 */
loff_t scull_size(struct scull_dev *dev)
{
	loff_t size;

	mutex_lock(&dev->lock);
	size = dev->size;
	mutex_unlock(&dev->lock);
	return size;
}

/**
 * scull_drop() - drop all data and take over the new parameters
 * @dev: the device; nobody else can reach its data
 */
void scull_drop(struct scull_dev *dev)
{
	unsigned long item;
	void **quanta;
	int i;

	xa_for_each(&dev->sets, item, quanta) {
		for (i = 0; i < dev->param[SCULL_QSET]; i++)
			if (quanta[i])
				dev->store->free(quanta[i],
						 dev->param[SCULL_ORDER]);
		kvfree(quanta);
		cond_resched();
	}
	xa_destroy(&dev->sets);

	dev->size = 0;
	dev->trims++;
	for (i = 0; i < SCULL_PARAMS; i++)
		dev->param[i] = atomic_read(&dev->next[i]);
}

/**
 * scull_trim() - drop all data, unless it is mapped
 * @dev: the device
 *
 * Context: process context.
 * Return: 0 or -EBUSY.
 */
int scull_trim(struct scull_dev *dev)
{
	int ret = -EBUSY;

	mutex_lock(&dev->lock);
	if (!dev->vmas) {
		scull_drop(dev);
		ret = 0;
	}
	mutex_unlock(&dev->lock);
	return ret;
}
