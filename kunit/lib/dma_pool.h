/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA pools whose every block is checked
 *
 * When it is handed out: it is aligned, does not cross the boundary, overlaps
 * none that is in use, and at both its ends the device and the CPU see the same
 * memory. When it is given back: the kernel poisons it. A check that fails names
 * the block.
 */
#ifndef _LAB_DMA_POOL_H
#define _LAB_DMA_POOL_H

#include <linux/maple_tree.h>
#include <linux/types.h>

#include "dma.h"

struct dma_pool;

/**
 * struct lab_block - a block of a pool
 * @cpu: where it is, as the CPU sees it
 * @bus: likewise, as the device does
 */
struct lab_block {
	void *cpu;
	dma_addr_t bus;
};

/**
 * struct lab_pool - a pool
 * @dma: the device
 * @pool: the kernel's, for what a driver may do wrong with it
 * @size: of a block, in bytes, as it was asked for
 * @align: of its bus address
 * @boundary: no block crosses a multiple of this bus address
 * @live: the blocks in use, by bus address
 */
struct lab_pool {
	struct lab_dma dma;
	struct dma_pool *pool;
	size_t size;
	size_t align;
	size_t boundary;
	struct maple_tree live;
};

/**
 * lab_pool_create() - dma_pool_create(), which has to succeed
 * @dma: the device; the test is aborted if it fails
 * @size: of a block, in bytes
 * @align: as for dma_pool_create()
 * @boundary: likewise
 *
 * Return: the pool; destroyed when the test ends, or by lab_pool_destroy().
 */
struct lab_pool *lab_pool_create(const struct lab_dma *dma, size_t size,
				 size_t align, size_t boundary);

/**
 * lab_pool_alloc() - take a block, and check it
 * @pool: the pool; the test is aborted if it has none
 * @gfp: as for dma_pool_alloc()
 *
 * Return: the block, with the contents that it came with.
 */
struct lab_block lab_pool_alloc(struct lab_pool *pool, gfp_t gfp);

/**
 * lab_pool_free() - give a block back
 * @pool: the pool
 * @block: from lab_pool_alloc()
 */
void lab_pool_free(struct lab_pool *pool, const struct lab_block *block);

/**
 * lab_pool_destroy() - give back what is in use, and destroy a pool
 * @pool: the pool
 */
void lab_pool_destroy(struct lab_pool *pool);

#endif /* _LAB_DMA_POOL_H */
