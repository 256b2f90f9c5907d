// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dad board's queues, section 5: how they are enabled and stopped, and how the CPU
 * tells them of its indexes
 *
 * Descriptors are fetched, and what they name is held, inside of the write of the
 * doorbell; it is moved and completed in a piece of work. While a queue is stopping it
 * completes nothing, and still holds all of it: to unmap before DAD_Q_ACTIVE reads 0 is
 * too early.
 */

#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "dad.h"

/**
 * struct queue_area - what a queue has in the host's memory
 * @name: in messages
 * @reg: the register with its address
 * @ring: it is a ring, and aligned as section 2 says
 */
struct queue_area {
	const char *name;
	u8 reg;
	bool ring;
};

static const struct queue_area queue_areas[] = {
	{ "descriptors", DAD_Q_DESC_LO, true },
	{ "completions", DAD_Q_COMP_LO, true },
	{ "indexes", DAD_Q_INDEX_LO, false },
};

bool board_queue_runs(const struct board_queue *queue)
{
	return queue->active && !queue->stopping &&
	       !queue->board->regs.error && board_is_awake(queue->board);
}

bool board_queue_broken(struct board_queue *queue, const char *fmt, ...)
{
	struct va_format text;
	va_list args;

	if (!queue->lied) {
		va_start(args, fmt);
		text.fmt = fmt;
		text.va = &args;
		umlab_model_violation(queue->board->slot, "queue of %s: %pV",
				      queue->name, &text);
		va_end(args);
	}
	board_fatal(queue->board);
	return false;
}

struct board_request *board_queue_find(struct board_queue *queue, u32 tag)
{
	struct board_request *request;

	list_for_each_entry(request, &queue->pending, entry) {
		if (request->tag == tag)
			return request;
	}
	list_for_each_entry(request, &queue->aborted, entry) {
		if (request->tag == tag)
			return request;
	}
	return NULL;
}

void board_queue_forget(struct board_queue *queue)
{
	struct board_request *request, *next;

	/* It is a pending one, which the converter need not finish. */
	if (queue->index == DAD_STREAM)
		queue->board->converter.buffer = NULL;
	list_splice_tail_init(&queue->aborted, &queue->pending);
	list_for_each_entry_safe(request, next, &queue->pending, entry)
		board_request_drop(queue, request);
}

/* Hold what the queue has in the host's memory, or release it */
static void queue_hold(struct board_queue *queue, bool hold)
{
	struct umlab_slot *slot = queue->board->slot;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(queue_areas); i++) {
		u64 addr = board_queue_address(queue, queue_areas[i].reg);

		if (hold && !umlab_dma_hold(slot, addr))
			queue->held |= BIT(i);
		else if (!hold && queue->held & BIT(i))
			umlab_dma_release(slot, addr);
	}
	if (!hold)
		queue->held = 0;
}

static void queue_end(struct board_queue *queue)
{
	board_comp_halt(queue);
	board_queue_forget(queue);
	queue_hold(queue, false);
	queue->active = false;
	queue->stopping = false;
}

void board_queue_clear(struct board_queue *queue)
{
	umlab_work_cancel(&queue->stop);
	queue_end(queue);
	memset(queue->reg, 0, sizeof(queue->reg));
}

static void queue_stopped(struct umlab_slot *slot, struct umlab_work *work)
{
	queue_end(container_of(work, struct board_queue, stop));
}

static void queue_stop(struct board_queue *queue)
{
	queue->stopping = true;
	board_comp_halt(queue);
	if (!(queue->board->manners.stuck & UMLAB_DAD_STUCK_STOP))
		umlab_work_after(&queue->stop, BOARD_STOP_NS);
}

/* Whether a queue can be enabled as its registers are */
static bool queue_is_set_up(struct board_queue *queue)
{
	u32 size = board_queue_reg(queue, DAD_Q_SIZE);
	unsigned int i;

	if (!is_power_of_2(size) || size < 2 || size > DAD_QUEUE_MAX)
		return board_queue_broken(queue,
					  "it is enabled with %u entries, not a power of two from 2 to %u",
					  size, DAD_QUEUE_MAX);
	for (i = 0; i < ARRAY_SIZE(queue_areas); i++) {
		const struct queue_area *area = &queue_areas[i];
		u64 addr = board_queue_address(queue, area->reg);
		u64 align = area->ring ? queue->board->limits->align :
					 sizeof(struct dad_index);

		if (!addr || !IS_ALIGNED(addr, align))
			return board_queue_broken(queue,
						  "it is enabled with its %s at %#llx: that must be a multiple of %#llx, and not 0",
						  area->name, addr, align);
	}
	return true;
}

static void queue_enable(struct board_queue *queue)
{
	u32 start = board_queue_reg(queue, DAD_Q_START);

	if (queue->board->regs.error || !queue_is_set_up(queue))
		return;
	queue->active = true;
	queue->lied = false;
	queue->fetched = start;
	queue->completed = start;
	queue->reg[DAD_Q_PRODUCER / 4] = start;
	queue->reg[DAD_Q_CONSUMER / 4] = start;
	queue_hold(queue, true);
}

static void queue_control(struct board_queue *queue, u32 value)
{
	bool enable = value & DAD_Q_ENABLE;

	if (enable && queue->stopping)
		board_queue_broken(queue,
				   "it is enabled before it has stopped");
	else if (enable && !queue->active)
		queue_enable(queue);
	else if (!enable && queue->active && !queue->stopping)
		queue_stop(queue);
}

/* Fetch the descriptors that the CPU has told of, and say so */
static bool queue_fetch(struct board_queue *queue)
{
	u64 ring = board_queue_address(queue, DAD_Q_DESC_LO);

	for (; queue->fetched != board_queue_reg(queue, DAD_Q_PRODUCER);
	     queue->fetched++) {
		u32 at = queue->fetched % board_queue_reg(queue, DAD_Q_SIZE);

		if (!board_request_fetch(queue, ring +
					 at * sizeof(struct dad_desc)))
			return false;
	}
	return board_comp_index(queue, offsetof(struct dad_index, fetched),
				queue->fetched);
}

static void queue_produce(struct board_queue *queue, u32 value)
{
	u32 producer = board_queue_reg(queue, DAD_Q_PRODUCER);
	u32 under_way = producer - board_queue_reg(queue, DAD_Q_CONSUMER);
	u32 room = board_queue_reg(queue, DAD_Q_SIZE) - under_way;

	if (value - producer > room) {
		board_queue_broken(queue,
				   "the producer goes from %#x to %#x, with room for %u",
				   producer, value, room);
		return;
	}
	queue->reg[DAD_Q_PRODUCER / 4] = value;
	if (!queue_fetch(queue))
		return;
	if (queue->index == DAD_STREAM)
		board_stream_kick(queue->board);
	else if (!list_empty(&queue->pending))
		umlab_work_complete(&queue->work);
}

static void queue_consume(struct board_queue *queue, u32 value)
{
	u32 consumer = board_queue_reg(queue, DAD_Q_CONSUMER);

	if (value - consumer > queue->completed - consumer)
		board_queue_broken(queue,
				   "the consumer goes from %#x to %#x, and %#x are completed",
				   consumer, value, queue->completed);
	else
		queue->reg[DAD_Q_CONSUMER / 4] = value;
}

u32 board_queue_read(const struct board_queue *queue, unsigned int reg)
{
	if (reg != DAD_Q_CONTROL)
		return board_queue_reg(queue, reg);
	if (!queue->active)
		return 0;
	return queue->stopping ? DAD_Q_ACTIVE : DAD_Q_ACTIVE | DAD_Q_ENABLE;
}

void board_queue_write(struct board_queue *queue, unsigned int reg, u32 value)
{
	if (reg == DAD_Q_CONTROL)
		queue_control(queue, value);
	else if (!queue->active)
		queue->reg[reg / 4] = value;
	else if (reg != DAD_Q_PRODUCER && reg != DAD_Q_CONSUMER)
		board_queue_broken(queue,
				   "its register %#x is written while it is active",
				   reg);
	else if (!board_queue_runs(queue))
		return;
	else if (reg == DAD_Q_PRODUCER)
		queue_produce(queue, value);
	else
		queue_consume(queue, value);
}

void board_queue_init(struct board *board, unsigned int index)
{
	struct board_queue *queue = &board->queues[index];
	unsigned int i;

	queue->board = board;
	queue->index = index;
	queue->name = index == DAD_STREAM ? "the converter" : "requests";
	INIT_LIST_HEAD(&queue->free);
	INIT_LIST_HEAD(&queue->pending);
	INIT_LIST_HEAD(&queue->aborted);
	for (i = 0; i < DAD_QUEUE_MAX; i++) {
		INIT_LIST_HEAD(&queue->requests[i].parts);
		list_add_tail(&queue->requests[i].entry, &queue->free);
	}
	umlab_work_init(board->slot, &queue->stop, queue_stopped);
	board_comp_init(queue);
}

void board_queue_free(struct board_queue *queue)
{
	unsigned int i;

	for (i = 0; i < DAD_QUEUE_MAX; i++)
		board_request_free(&queue->requests[i]);
}
