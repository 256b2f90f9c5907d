// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dad board's completions: what is pending or aborted is done, written to the ring,
 * counted in the index, and told by an interrupt, at once or later
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/time64.h>

#include "dad.h"

/* Write to the host's memory; whether that is done */
static bool comp_put(struct board_queue *queue, u64 addr, const void *data,
		     size_t size)
{
	struct board *board = queue->board;
	int err = umlab_dma_write(board->slot, addr, data, size);

	if (err)
		board_bus_error(board, err);
	return !err;
}

bool board_comp_index(struct board_queue *queue, size_t where, u32 index)
{
	__le32 value = cpu_to_le32(index);

	return comp_put(queue, board_queue_address(queue, DAD_Q_INDEX_LO) +
			where, &value, sizeof(value));
}

static bool comp_put_entry(struct board_queue *queue,
			   const struct board_claim *claim)
{
	const struct dad_comp comp = {
		.tag = cpu_to_le32(claim->tag),
		.len = cpu_to_le32(claim->len),
		.status = cpu_to_le32(claim->status),
	};
	u32 at = queue->completed++ % board_queue_reg(queue, DAD_Q_SIZE);

	return comp_put(queue, board_queue_address(queue, DAD_Q_COMP_LO) +
			at * sizeof(comp), &comp, sizeof(comp));
}

static void comp_interrupt(struct board_queue *queue)
{
	umlab_work_cancel(&queue->timer);
	queue->coalesced = 0;
	board_irq_cause(queue->board, DAD_INT_QUEUE(queue->index));
}

static void comp_timed(struct umlab_slot *slot, struct umlab_work *work)
{
	comp_interrupt(container_of(work, struct board_queue, timer));
}

/* A completion that wants an interrupt: there may be more to come */
static void comp_notify(struct board_queue *queue)
{
	u32 coalesce = queue->board->regs.coalesce;

	if (++queue->coalesced >= FIELD_GET(DAD_COALESCE_COUNT, coalesce))
		comp_interrupt(queue);
	else if (queue->coalesced == 1)
		umlab_work_after(&queue->timer, NSEC_PER_USEC *
				 FIELD_GET(DAD_COALESCE_US, coalesce));
}

void board_comp_complete(struct board_queue *queue,
			 struct board_request *request, u32 status, u32 len)
{
	bool wanted = request->flags & DAD_DESC_IRQ || status != DAD_COMP_OK;
	struct board_claim claim = {
		.tag = request->tag, .len = len, .status = status, .times = 1,
	};

	board_request_drop(queue, request);
	board_lie(queue, &claim);
	for (; claim.times; claim.times--) {
		if (!comp_put_entry(queue, &claim))
			return;
	}
	if (board_comp_index(queue, offsetof(struct dad_index, completed),
			     queue->completed + claim.ahead) && wanted)
		comp_notify(queue);
}

/* What is pending is done, all at the same time */
static void comp_work(struct umlab_slot *slot, struct umlab_work *work)
{
	struct board_queue *queue = container_of(work, struct board_queue,
						 work);
	bool backwards = queue->board->manners.backwards;
	struct board_request *request;
	u32 status, moved;

	while (board_queue_runs(queue) && !list_empty(&queue->pending)) {
		request = backwards ?
			list_last_entry(&queue->pending, typeof(*request),
					entry) :
			list_first_entry(&queue->pending, typeof(*request),
					 entry);
		moved = 0;
		status = request->status;
		if (!status && board_request_move(queue, request, &moved))
			status = DAD_COMP_BUS;
		/* A block that cannot be read is more than this request's end. */
		if (board_queue_runs(queue))
			board_comp_complete(queue, request, status, moved);
	}
}

static void comp_aborted(struct umlab_slot *slot, struct umlab_work *work)
{
	struct board_queue *queue = container_of(work, struct board_queue,
						 abort);

	while (board_queue_runs(queue) && !list_empty(&queue->aborted))
		board_comp_complete(queue,
				    list_first_entry(&queue->aborted,
						     struct board_request,
						     entry),
				    DAD_COMP_ABORTED, 0);
}

void board_comp_abort(struct board_queue *queue, u32 tag)
{
	struct board_request *request;

	if (!board_queue_runs(queue))
		return;
	list_for_each_entry(request, &queue->pending, entry) {
		if (request->tag != tag)
			continue;
		if (list_empty(&queue->aborted))
			umlab_work_after(&queue->abort, BOARD_ABORT_NS);
		list_move_tail(&request->entry, &queue->aborted);
		return;
	}
}

void board_comp_halt(struct board_queue *queue)
{
	umlab_work_cancel(&queue->work);
	umlab_work_cancel(&queue->abort);
	umlab_work_cancel(&queue->timer);
	queue->coalesced = 0;
}

void board_comp_init(struct board_queue *queue)
{
	struct umlab_slot *slot = queue->board->slot;

	umlab_work_init(slot, &queue->work, comp_work);
	umlab_work_init(slot, &queue->abort, comp_aborted);
	umlab_work_init(slot, &queue->timer, comp_timed);
}
