// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: interrupts
 *
 * The handler clears the causes before its thread looks at completions, so that one that
 * comes in between interrupts again. What it takes to finish requests is done in the thread,
 * so that dad.lock need not keep interrupts off.
 */

#include <linux/interrupt.h>
#include <linux/pci.h>

#include "dad.h"

static irqreturn_t irq_handler(int irq, void *data)
{
	struct dad_vector *vector = data;
	struct dad *dad = vector->dad;
	u32 causes;

	/* The line may be another device's, and ours without power. */
	if (!READ_ONCE(dad->awake))
		return IRQ_NONE;
	causes = dad_hw_read(dad, DAD_INT_STATUS);
	/* All-ones: it is gone. */
	if (causes == ~0U || !(causes & vector->causes)) {
		dad_count(dad, DAD_COUNT_SPURIOUS, 1);
		return IRQ_NONE;
	}
	causes &= vector->causes;
	dad_hw_write(dad, DAD_INT_STATUS, causes);
	atomic_or(causes, &vector->pending);
	dad_count(dad, DAD_COUNT_INTERRUPTS, 1);
	return IRQ_WAKE_THREAD;
}

/* The causes that are not completions */
static void irq_events(struct dad *dad, u32 causes)
{
	if (causes & DAD_INT_ERROR) {
		guard(spinlock)(&dad->lock);
		dad_trouble(dad, "the board reports an error");
	}
}

static irqreturn_t irq_thread(int irq, void *data)
{
	struct dad_vector *vector = data;
	struct dad *dad = vector->dad;
	u32 causes = atomic_xchg(&vector->pending, 0);

	irq_events(dad, causes);
	if (causes & DAD_INT_QUEUE(DAD_STREAM))
		dad_stream_reap(dad);
	if (causes & DAD_INT_QUEUE(DAD_REQUESTS))
		dad_requests_reap(dad);
	return IRQ_HANDLED;
}

static void irq_free(struct dad *dad, int count)
{
	while (count--)
		free_irq(pci_irq_vector(dad->pdev, count),
			 &dad->vectors[count]);
	pci_free_irq_vectors(dad->pdev);
}

/**
 * dad_irq_init() - set up interrupts
 * @dad: the board; it does not interrupt yet
 *
 * Return: 0 or a negative errno.
 */
int dad_irq_init(struct dad *dad)
{
	int i, ret;

	ret = pci_alloc_irq_vectors(dad->pdev, 1, DAD_VECTORS_MAX,
				    PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return dev_err_probe(&dad->pdev->dev, ret, "no interrupt\n");

	dad->vector_count = ret;
	dad->vectors[0].causes = DAD_CAUSES;
	if (dad->vector_count > 1) {
		dad->vectors[1].causes = DAD_INT_QUEUE(DAD_STREAM);
		dad->vectors[0].causes &= ~dad->vectors[1].causes;
	}
	for (i = 0; i < dad->vector_count; i++) {
		dad->vectors[i].dad = dad;
		ret = request_threaded_irq(pci_irq_vector(dad->pdev, i),
					   irq_handler, irq_thread,
					   IRQF_SHARED, "dad",
					   &dad->vectors[i]);
		if (ret) {
			irq_free(dad, i);
			return dev_err_probe(&dad->pdev->dev, ret,
					     "interrupt %d\n", i);
		}
	}
	return 0;
}

/**
 * dad_irq_exit() - undo dad_irq_init()
 * @dad: the board, which does not interrupt any more
 */
void dad_irq_exit(struct dad *dad)
{
	irq_free(dad, dad->vector_count);
}

/**
 * dad_irq_recheck() - see to causes of interrupts that may have been lost
 * @dad: the board
 *
 * Completions are left to the caller.
 *
 * Context: dad.control held, so that it stays awake.
 */
void dad_irq_recheck(struct dad *dad)
{
	u32 causes = dad_hw_read(dad, DAD_INT_STATUS);

	if (causes == ~0U) {
		guard(spinlock)(&dad->lock);
		if (!pci_device_is_present(dad->pdev))
			dad_trouble(dad, "it is gone");
		return;
	}
	if (dad_hw_read(dad, DAD_STATUS) & DAD_STATUS_ERROR)
		causes |= DAD_INT_ERROR;
	causes &= DAD_CAUSES;
	if (causes)
		dad_hw_write(dad, DAD_INT_STATUS, causes);
	irq_events(dad, causes);
}

/**
 * dad_irq_sleep() - have handlers not look at the board, until @dad->awake is set
 * @dad: the board
 *
 * When this returns, no handler and no thread is running.
 */
void dad_irq_sleep(struct dad *dad)
{
	int i;

	WRITE_ONCE(dad->awake, false);
	for (i = 0; i < dad->vector_count; i++)
		synchronize_irq(pci_irq_vector(dad->pdev, i));
}
