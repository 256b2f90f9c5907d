// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the queues
 *
 * The CPU writes descriptors and says how far it has come in a register; the board
 * writes completions and says how far it has come in memory. What an index counts has to
 * be there before it is seen: writel() waits for what was written before it (so no barrier
 * is needed; writel_relaxed() would want a dma_wmb()), and dma_rmb() has what an index in
 * memory counts be read after it.
 */

#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/io.h>
#include <linux/pci.h>

#include "dad.h"

static size_t queue_desc_size(u32 entries)
{
	return entries * sizeof(struct dad_desc);
}

/* The indexes are behind the completions. */
static size_t queue_comp_size(u32 entries)
{
	return entries * sizeof(struct dad_comp) + sizeof(struct dad_index);
}

/**
 * dad_queue_alloc() - allocate the rings of a queue
 * @dad: the board
 * @nr: which queue
 * @entries: of each ring
 *
 * What dma_alloc_coherent() returns is aligned to a page, as the board wants it at most.
 *
 * Return: 0 or -ENOMEM.
 */
int dad_queue_alloc(struct dad *dad, unsigned int nr, u32 entries)
{
	struct dad_queue *queue = &dad->queues[nr];
	struct device *dev = &dad->pdev->dev;

	queue->regs = dad->regs + DAD_Q(nr);
	queue->entries = entries;
	queue->desc = dma_alloc_coherent(dev, queue_desc_size(entries),
					 &queue->desc_bus, GFP_KERNEL);
	if (!queue->desc)
		return -ENOMEM;
	queue->comp = dma_alloc_coherent(dev, queue_comp_size(entries),
					 &queue->comp_bus, GFP_KERNEL);
	if (!queue->comp) {
		dad_queue_free(dad, nr);
		return -ENOMEM;
	}
	queue->index = (struct dad_index *)(queue->comp + entries);
	return 0;
}

/**
 * dad_queue_free() - free the rings of a queue
 * @dad: the board, which does not use the queue
 * @nr: which queue; allocated, in part, or not at all
 */
void dad_queue_free(struct dad *dad, unsigned int nr)
{
	struct dad_queue *queue = &dad->queues[nr];
	struct device *dev = &dad->pdev->dev;

	if (queue->comp)
		dma_free_coherent(dev, queue_comp_size(queue->entries),
				  queue->comp, queue->comp_bus);
	if (queue->desc)
		dma_free_coherent(dev, queue_desc_size(queue->entries),
				  queue->desc, queue->desc_bus);
	queue->comp = NULL;
	queue->desc = NULL;
}

static void queue_write_addr(const struct dad *dad,
			     const struct dad_queue *queue, unsigned int reg,
			     dma_addr_t addr)
{
	writel(lower_32_bits(addr), queue->regs + reg);
	if (dad->limits->dma_bits > 32)
		writel(upper_32_bits(addr), queue->regs + reg + 4);
}

/**
 * dad_queue_enable() - have the board use a queue
 * @dad: the board
 * @nr: which queue; not active
 *
 * Context: dad.lock held.
 */
void dad_queue_enable(struct dad *dad, unsigned int nr)
{
	struct dad_queue *queue = &dad->queues[nr];
	u32 entries = queue->entries;

	lockdep_assert_held(&dad->lock);

	queue->producer = DAD_FIRST_INDEX;
	queue->consumer = DAD_FIRST_INDEX;
	queue->index->fetched = cpu_to_le32(DAD_FIRST_INDEX);
	queue->index->completed = cpu_to_le32(DAD_FIRST_INDEX);

	queue_write_addr(dad, queue, DAD_Q_DESC_LO, queue->desc_bus);
	queue_write_addr(dad, queue, DAD_Q_COMP_LO, queue->comp_bus);
	queue_write_addr(dad, queue, DAD_Q_INDEX_LO, queue->comp_bus +
			 entries * sizeof(*queue->comp));
	writel(entries, queue->regs + DAD_Q_SIZE);
	writel(DAD_FIRST_INDEX, queue->regs + DAD_Q_START);
	writel(DAD_Q_ENABLE, queue->regs + DAD_Q_CONTROL);
	queue->enabled = true;
}

/**
 * dad_queue_stop() - have the board stop using a queue
 * @dad: the board
 * @nr: which queue
 *
 * Context: may sleep.
 * Return: 0 if the board does not touch memory on its behalf any
 * more, else -ETIMEDOUT.
 */
int dad_queue_stop(struct dad *dad, unsigned int nr)
{
	struct dad_queue *queue = &dad->queues[nr];
	u32 control;

	writel(0, queue->regs + DAD_Q_CONTROL);
	return readl_poll_timeout(queue->regs + DAD_Q_CONTROL, control,
				  !control, 20, DAD_PATIENCE_US);
}

/**
 * dad_queue_next() - the descriptor that is to be filled in next
 * @queue: the queue; the caller knows that it has room
 *
 * Context: dad.lock held.
 * Return: the descriptor, for dad_queue_post().
 */
struct dad_desc *dad_queue_next(struct dad_queue *queue)
{
	return &queue->desc[queue->producer & (queue->entries - 1)];
}

/**
 * dad_queue_post() - give the next descriptor to the board
 * @queue: the queue
 *
 * Context: dad.lock held.
 */
void dad_queue_post(struct dad_queue *queue)
{
	queue->producer++;
	/* The board reads the descriptor when it sees this; it is there by then. */
	writel(queue->producer, queue->regs + DAD_Q_PRODUCER);
}

/**
 * dad_queue_reap() - take a completion out of a queue
 * @queue: the queue
 * @done: for a copy of it, of which nothing but its being one is certain
 *
 * Context: dad.lock held.
 * Return: 1 if there was one, 0 if there is none, -EPROTO if
 * the board's index cannot be.
 */
int dad_queue_reap(struct dad_queue *queue, struct dad_done *done)
{
	const struct dad_comp *comp;
	u32 completed;

	if (!queue->enabled)
		return 0;
	completed = le32_to_cpu(READ_ONCE(queue->index->completed));
	if (completed - queue->consumer > queue->producer - queue->consumer)
		return -EPROTO;
	if (completed == queue->consumer)
		return 0;
	/* The completion is read after the index that counts it. */
	dma_rmb();

	comp = &queue->comp[queue->consumer & (queue->entries - 1)];
	done->tag = le32_to_cpu(READ_ONCE(comp->tag));
	done->len = le32_to_cpu(READ_ONCE(comp->len));
	done->status = le32_to_cpu(READ_ONCE(comp->status));
	queue->consumer++;
	return 1;
}

/**
 * dad_queue_reaped() - tell the board which completions were taken out
 * @queue: the queue
 *
 * Context: dad.lock held.
 */
void dad_queue_reaped(struct dad_queue *queue)
{
	if (queue->enabled)
		writel(queue->consumer, queue->regs + DAD_Q_CONSUMER);
}
