// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the rings of blocks, and their memory
 */

#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dad.h"

/**
 * dad_stream_block_max() - bytes of the longest block of a ring
 * @dad: the board
 *
 * Return: the bytes; 0 if there are no rings.
 */
u32 dad_stream_block_max(const struct dad *dad)
{
	if (!dad->dma_bits)
		return 0;
	return min_t(u32, dad->limits->segment_max, DAD_RING_MAX / 2);
}

static int ring_check(const struct dad *dad, const struct dad_ring *ring)
{
	if (ring->abi != DAD_ABI ||
	    memchr_inv(ring->reserved, 0, sizeof(ring->reserved)))
		return -EINVAL;
	if (!dad->dma_bits)
		return -EOPNOTSUPP;
	if (ring->direction != DAD_RING_IN && ring->direction != DAD_RING_OUT)
		return -EINVAL;
	if (!is_power_of_2(ring->block_size) ||
	    ring->block_size < DAD_BLOCK_MIN ||
	    ring->block_size > dad_stream_block_max(dad))
		return -EINVAL;
	if (!is_power_of_2(ring->blocks) || ring->blocks < 2 ||
	    ring->blocks > DAD_BLOCKS_MAX ||
	    ring->blocks > DAD_RING_MAX / ring->block_size)
		return -EINVAL;
	if (ring->sample_ns < DAD_SAMPLE_MIN || ring->sample_ns > DAD_SAMPLE_MAX)
		return -EINVAL;
	return 0;
}

static struct dad_stream *ring_alloc(struct dad *dad,
				     const struct dad_ring *ring)
{
	struct dad_stream *stream = kzalloc(sizeof(*stream), GFP_KERNEL);

	if (!stream)
		return NULL;
	/*
	 * Whole pages, as they are mapped. A power of two of them is aligned to its size, so
	 * no block crosses a boundary that is not smaller than a block.
	 */
	stream->size = PAGE_ALIGN((size_t)ring->block_size * ring->blocks);
	stream->memory = dma_alloc_coherent(&dad->pdev->dev, stream->size,
					    &stream->bus, GFP_KERNEL);
	if (!stream->memory) {
		kfree(stream);
		return NULL;
	}
	stream->block_size = ring->block_size;
	stream->blocks = ring->blocks;
	stream->out = ring->direction == DAD_RING_OUT;
	stream->sample_ns = ring->sample_ns;
	/* Before the start, nothing of a ring for input is there to be read. */
	stream->given = stream->out ? 0 : stream->blocks;
	return stream;
}

/**
 * dad_stream_create() - make the ring of a file
 * @df: the file
 * @ring: what user space asks for
 *
 * Context: between dad_enter() and dad_exit().
 * Return: 0, or a negative errno, see DAD_IOC_RING.
 */
int dad_stream_create(struct dad_file *df, const struct dad_ring *ring)
{
	struct dad *dad = df->dad;
	struct dad_stream *stream;
	int ret;

	ret = ring_check(dad, ring);
	if (ret)
		return ret;
	if (!(df->filp->f_mode & (ring->direction == DAD_RING_OUT ?
				  FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	ret = dad_control_begin(dad, df->filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	if (df->stream) {
		ret = -EBUSY;
	} else if (atomic_read(&dad->rings) == DAD_RINGS_MAX) {
		ret = -ENOSPC;
	} else {
		stream = ring_alloc(dad, ring);
		if (stream)
			atomic_inc(&dad->rings);
		else
			ret = -ENOMEM;
		/* mmap() looks without the lock. */
		smp_store_release(&df->stream, stream);
	}
	dad_control_end(dad);
	return ret;
}

/**
 * dad_stream_destroy() - free the ring of a file, if it has one
 * @df: the file; its ring is not running and not mapped
 *
 * Context: dad.files_lock held, and the driver bound.
 */
void dad_stream_destroy(struct dad_file *df)
{
	struct dad_stream *stream = df->stream;

	lockdep_assert_held(&df->dad->files_lock);

	if (!stream)
		return;
	dma_free_coherent(&df->dad->pdev->dev, stream->size, stream->memory,
			  stream->bus);
	kfree(stream);
	df->stream = NULL;
	atomic_dec(&df->dad->rings);
}
