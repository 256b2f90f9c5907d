// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: how the board reaches memory, and the memory that it has as long as the driver is bound
 */

#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/pci.h>

#include "dad.h"

/*
 * Use as many bits of address as the board drives and the machine agrees to; with fewer, the
 * machine puts memory where they suffice. If it cannot, there is no DMA.
 */
static u8 dma_mask(struct dad *dad)
{
	static const u8 widths[] = { 64, 32, 24 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(widths); i++)
		if (widths[i] <= dad->limits->dma_bits &&
		    !dma_set_mask_and_coherent(&dad->pdev->dev,
					       DMA_BIT_MASK(widths[i])))
			return widths[i];
	return 0;
}

static void dma_limits(struct dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	size_t longest = dma_max_mapping_size(dev);

	dma_set_max_seg_size(dev, min_t(size_t, dad->limits->segment_max,
					longest));
	dma_set_seg_boundary(dev, dad->limits->boundary);
}

static int dma_alloc(struct dad *dad)
{
	int ret;

	ret = dad_queue_alloc(dad, DAD_REQUESTS, DAD_SLOTS);
	if (!ret)
		ret = dad_queue_alloc(dad, DAD_STREAM, DAD_STREAM_SLOTS);
	if (ret)
		return ret;
	dad->blocks = dma_pool_create("dad blocks", &dad->pdev->dev,
				      sizeof(struct dad_block), DAD_BLOCK_ALIGN,
				      DAD_BLOCK_BOUNDARY);
	if (!dad->blocks)
		return -ENOMEM;
	return dad_buffer_init(dad);
}

/**
 * dad_dma_init() - set up DMA, if there is any
 * @dad: the board
 *
 * Return: 0, with @dad->dma_bits set, to 0 if there is no DMA to be had; or -ENOMEM.
 */
int dad_dma_init(struct dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	int ret;

	if (!dad->limits->dma_bits)
		return 0;
	/* What is pinned comes in pages, which are not cut. */
	if (dad->limits->segment_max >= PAGE_SIZE)
		dad->dma_bits = dma_mask(dad);
	if (dad->dma_bits) {
		dma_limits(dad);
		ret = dma_alloc(dad);
		if (!ret)
			return 0;
		dad_dma_exit(dad);
		/* Is memory short, or only that which the board reaches? */
		if (!dma_addressing_limited(dev))
			return dev_err_probe(dev, ret, "no memory for DMA\n");
		dad->dma_bits = 0;
	}
	dev_warn(dev, "no DMA with %u bits of address here; programmed I/O\n",
		 dad->limits->dma_bits);
	return 0;
}

/**
 * dad_dma_exit() - undo dad_dma_init()
 * @dad: the board, which does not touch memory any more
 */
void dad_dma_exit(struct dad *dad)
{
	dad_buffer_exit(dad);
	dma_pool_destroy(dad->blocks);
	dad->blocks = NULL;
	dad_queue_free(dad, DAD_STREAM);
	dad_queue_free(dad, DAD_REQUESTS);
}
