// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: programmed I/O, where there is no DMA
 *
 * The CPU moves the data through the window, by way of a buffer: user memory may fault, and
 * faulting takes longer than anybody should have the board to himself.
 */

#include <linux/io.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "dad.h"

/* Move what does not cross the end of a window. */
static int pio_move(struct dad *dad, void *buffer,
		    enum dma_data_direction dir, u64 offset, size_t len,
		    bool nowait)
{
	void __iomem *window = dad->regs + DAD_WINDOW +
			       offset % DAD_WINDOW_SIZE;
	int ret = dad_control_begin(dad, nowait);

	if (ret)
		return ret;
	dad_hw_write(dad, DAD_WINDOW_AT, round_down(offset, DAD_WINDOW_SIZE));
	if (dir == DMA_FROM_DEVICE)
		memcpy_fromio(buffer, window, len);
	else
		memcpy_toio(window, buffer, len);
	/* All-ones may be data; is it? */
	if (dad_hw_read(dad, DAD_ID) != DAD_MAGIC)
		ret = -EIO;
	dad_control_end(dad);
	if (!ret)
		dad_count(dad, DAD_COUNT_PIO_BYTES, len);
	return ret;
}

static ssize_t pio_part(struct dad *dad, void *buffer, struct iov_iter *iter,
			enum dma_data_direction dir, u64 offset, size_t len,
			bool nowait)
{
	int ret;

	if (dir == DMA_TO_DEVICE) {
		len = copy_from_iter(buffer, len, iter);
		if (!len)
			return -EFAULT;
	}
	ret = pio_move(dad, buffer, dir, offset, len, nowait);
	if (ret && dir == DMA_TO_DEVICE)
		iov_iter_revert(iter, len);
	if (ret)
		return ret;
	if (dir == DMA_FROM_DEVICE) {
		len = copy_to_iter(buffer, len, iter);
		if (!len)
			return -EFAULT;
	}
	return len;
}

/**
 * dad_pio() - move data by the CPU
 * @dad: the board
 * @iter: from or to here
 * @dir: DMA_FROM_DEVICE: to @iter
 * @offset: where on the board
 * @len: how many bytes; they are there
 * @nowait: do not wait for the board to run
 *
 * Context: between dad_enter() and dad_exit().
 * Return: bytes moved, or a negative errno if there are none.
 */
ssize_t dad_pio(struct dad *dad, struct iov_iter *iter,
		enum dma_data_direction dir, u64 offset, size_t len,
		bool nowait)
{
	void *buffer __free(kfree) = kmalloc(DAD_WINDOW_SIZE, GFP_KERNEL);
	ssize_t ret = 0;
	size_t moved = 0;

	if (!buffer)
		return -ENOMEM;
	while (moved < len) {
		size_t part = min_t(size_t, len - moved, DAD_WINDOW_SIZE -
				    (offset + moved) % DAD_WINDOW_SIZE);

		if (moved && signal_pending(current))
			break;
		ret = pio_part(dad, buffer, iter, dir, offset + moved, part,
			       nowait);
		if (ret < 0)
			break;
		moved += ret;
		if (ret < part)
			break;
		cond_resched();
	}
	dad_count(dad, dir == DMA_FROM_DEVICE ? DAD_COUNT_BYTES_READ :
						DAD_COUNT_BYTES_WRITTEN, moved);
	return moved ? moved : ret;
}
