/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dad: the queues, see queue.c
 */
#ifndef _DAD_QUEUE_H
#define _DAD_QUEUE_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct dad;
struct dad_comp;
struct dad_desc;
struct dad_index;

/* So that indexes wrap soon, and not after years, as INITIAL_JIFFIES */
#define DAD_FIRST_INDEX		0xfffffff8U

/**
 * struct dad_queue - a queue of the board (dad-regs.h, section 5); guarded by dad.lock
 * @regs: its registers
 * @entries: of each ring
 * @desc: the ring of descriptors; the board reads it
 * @desc_bus: where that is, to the board
 * @comp: the ring of completions, and behind it the indexes; the board writes them
 * @comp_bus: where that is, to the board
 * @index: the indexes
 * @producer: how many descriptors there were
 * @consumer: how many completions there were
 * @enabled: it is in use
 */
struct dad_queue {
	void __iomem *regs;
	u32 entries;
	struct dad_desc *desc;
	dma_addr_t desc_bus;
	struct dad_comp *comp;
	dma_addr_t comp_bus;
	struct dad_index *index;
	u32 producer;
	u32 consumer;
	bool enabled;
};

int dad_queue_alloc(struct dad *dad, unsigned int nr, u32 entries);
void dad_queue_free(struct dad *dad, unsigned int nr);
void dad_queue_enable(struct dad *dad, unsigned int nr);
int dad_queue_stop(struct dad *dad, unsigned int nr);
struct dad_desc *dad_queue_next(struct dad_queue *queue);
void dad_queue_post(struct dad_queue *queue);

/**
 * struct dad_done - a completion, copied and in the CPU's byte order
 * @tag: of the descriptor
 * @len: bytes that were moved
 * @status: DAD_COMP_*
 */
struct dad_done {
	u32 tag;
	u32 len;
	u32 status;
};

int dad_queue_reap(struct dad_queue *queue, struct dad_done *done);
void dad_queue_reaped(struct dad_queue *queue);

#endif /* _DAD_QUEUE_H */
