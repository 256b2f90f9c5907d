// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which block of a DMA pool is free
 *
 * Nobody tells when a driver takes a block from a pool or gives it back, and what a
 * pool is made of only mm/dmapool.c knows. So that is written down here once more, as
 * it is in Linux 6.12. A pool is taken for one only if it is where the device has
 * its pools and names that device; on a kernel that has it otherwise, no block is
 * said to be free, and a suite fails.
 */

#include <linux/device.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "gate.h"
#include "ledger.h"

/**
 * struct pool_block - struct dma_block: a free block begins with this
 * @next: the next free one
 * @bus: its own bus address
 */
struct pool_block {
	struct pool_block *next;
	dma_addr_t bus;
};

/**
 * struct pool - struct dma_pool
 * @pages: its pages
 * @lock: guards it
 * @free: its free blocks
 * @counts: of blocks, of those in use, of pages
 * @dev: whose it is
 * @size: of a block, in bytes
 * @allocation: of a page, in bytes
 * @boundary: which no block crosses
 * @name: its name
 * @entry: in the device's list
 */
struct pool {
	struct list_head pages;
	spinlock_t lock;	/* see above */
	struct pool_block *free;
	size_t counts[3];
	struct device *dev;
	unsigned int size;
	unsigned int allocation;
	unsigned int boundary;
	char name[32];
	struct list_head entry;
};

/**
 * struct pool_page - struct dma_page
 * @entry: in the pool's list
 * @cpu: where it is
 * @bus: its bus address
 */
struct pool_page {
	struct list_head entry;
	void *cpu;
	dma_addr_t bus;
};

static bool pool_has_page(const struct pool *pool,
			  const struct ledger_segment *seg)
{
	struct pool_page *page;

	list_for_each_entry(page, &pool->pages, entry) {
		if (page->bus == seg->bus && page->cpu == seg->mapping->cpu)
			return true;
	}
	return false;
}

/* Interrupts are off, so what is in the lists stays there. */
static const struct pool *pool_find(struct device *dev,
				    const struct ledger_segment *seg)
{
	struct pool *pool;

	list_for_each_entry(pool, &dev->dma_pools, entry) {
		if (pool->dev != dev)
			return NULL;
		if (pool->allocation == seg->size && pool->size &&
		    pool->boundary >= pool->size && pool_has_page(pool, seg))
			return pool;
	}
	return NULL;
}

/* Whether what begins at an offset of a page is a free block */
static bool pool_block_is_free(const struct pool *pool,
			       const struct ledger_segment *seg, u64 offset)
{
	const struct pool_block *block = seg->mapping->cpu + offset;
	struct pool_block *free = pool->free;
	size_t left = pool->counts[0];

	/* Few blocks that are in use look so, and then the list is gone through. */
	if (block->bus != seg->bus + offset)
		return false;
	/* A driver that writes to a free block makes it lead anywhere. */
	while (free && free != block && left--) {
		if (get_kernel_nofault(free, &free->next))
			return false;
	}
	return free == block;
}

bool pool_is_free(struct device *dev, const struct ledger_segment *seg, u64 bus,
		  u64 size)
{
	const struct pool *pool = pool_find(dev, seg);
	u64 offset = bus - seg->bus, end = offset + size;

	if (!pool)
		return false;
	/* As pool_initialise_page() lays them out */
	while (offset < end) {
		u64 into = offset % pool->boundary;
		u64 start = offset - into % pool->size;

		if (start % pool->boundary + pool->size <= pool->boundary &&
		    start + pool->size <= pool->allocation &&
		    pool_block_is_free(pool, seg, start))
			return true;
		offset = min(start + pool->size,
			     offset - into + pool->boundary);
	}
	return false;
}
