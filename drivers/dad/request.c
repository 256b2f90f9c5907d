// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the life of a request
 *
 * A slot is taken (dad_request_get()), its memory is mapped, and it is submitted. From then
 * on the board has it, until exactly one of these takes it back: its completion, or a reset
 * of the board. That is decided under dad.lock; what follows, unmapping and telling the
 * caller, is done without.
 *
 * Slots are as many as the ring has entries, so there is always room for a request.
 */

#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/nospec.h>

#include "dad.h"

/**
 * dad_request_get() - take a slot
 * @dad: the board
 *
 * Return: the slot, with no memory, or NULL if there is none.
 */
struct dad_request *dad_request_get(struct dad *dad)
{
	struct dad_request *req;
	unsigned int tag;

	scoped_guard(spinlock, &dad->lock) {
		tag = find_first_zero_bit(dad->busy, DAD_SLOTS);
		if (tag == DAD_SLOTS)
			return NULL;
		__set_bit(tag, dad->busy);
	}
	req = &dad->requests[tag];
	req->iocb = NULL;
	req->result = 0;
	reinit_completion(&req->done);
	return req;
}

/**
 * dad_request_put() - give a slot back
 * @req: the slot; the board does not have it, and its memory was released
 */
void dad_request_put(struct dad_request *req)
{
	struct dad *dad = req->dad;

	scoped_guard(spinlock, &dad->lock)
		__clear_bit(req->tag, dad->busy);
	/* Not all who wait want a slot, or take signals. */
	wake_up_all(&dad->wait);
}

/**
 * dad_slot_free() - whether a slot could be taken now
 * @dad: the board
 */
bool dad_slot_free(struct dad *dad)
{
	guard(spinlock)(&dad->lock);
	return !bitmap_full(dad->busy, DAD_SLOTS);
}

/**
 * dad_request_submit() - give a request to the board
 * @req: the request; its memory is mapped
 *
 * Return: 0: it will be finished, perhaps it is already; -EAGAIN if the board is stopped,
 * -EIO if it failed, -ENODEV if it is gone: the request is still the caller's.
 */
int dad_request_submit(struct dad_request *req)
{
	struct dad *dad = req->dad;
	struct dad_queue *queue = &dad->queues[DAD_REQUESTS];
	struct dad_desc *desc;

	guard(spinlock)(&dad->lock);
	switch (dad->state) {
	case DAD_RUNNING:
		break;
	case DAD_STOPPED:
		return -EAGAIN;
	case DAD_FAILED:
		return -EIO;
	case DAD_GONE:
		return -ENODEV;
	}

	desc = dad_queue_next(queue);
	*desc = (struct dad_desc) {
		.offset = cpu_to_le64(req->offset),
		.tag = cpu_to_le32(req->tag),
	};
	dad_buffer_describe(req, desc);
	req->queued = true;
	req->aborted = false;
	req->deadline = jiffies + msecs_to_jiffies(dad->timeout_ms);
	dad_count(dad, DAD_COUNT_REQUESTS, 1);
	dad_watch(dad);
	dad_queue_post(queue);
	return 0;
}

/**
 * dad_request_abort() - have the board complete a request as it is
 * @req: the request; submitted by the caller, who waits for it
 *
 * It is finished all the same, soon, or when the board has been reset.
 */
void dad_request_abort(struct dad_request *req)
{
	struct dad *dad = req->dad;

	guard(spinlock)(&dad->lock);
	/* The tag is not another request's, as the slot is ours. */
	if (req->queued && dad->state == DAD_RUNNING) {
		req->aborted = true;
		dad_hw_write(dad, DAD_ABORT, req->tag);
		dad_count(dad, DAD_COUNT_ABORTS, 1);
	}
}

/* Tell who does not wait. It may take long to unpin pages, so not where others do. */
static void request_tell(struct work_struct *work)
{
	struct dad_request *req = container_of(work, struct dad_request, work);
	struct kiocb *iocb = req->iocb;
	ssize_t result = req->result;

	dad_buffer_unpin(req, req->dir == DMA_FROM_DEVICE);
	if (result > 0)
		iocb->ki_pos = req->offset + result;
	dad_request_put(req);
	iocb->ki_complete(iocb, result);
}

/**
 * dad_requests_init() - set up the slots
 * @dad: the board
 */
void dad_requests_init(struct dad *dad)
{
	unsigned int i;

	for (i = 0; i < DAD_SLOTS; i++) {
		struct dad_request *req = &dad->requests[i];

		req->dad = dad;
		req->tag = i;
		init_completion(&req->done);
		INIT_WORK(&req->work, request_tell);
	}
}

/**
 * dad_requests_flush() - wait until all who do not wait have been told
 * @dad: the board, which has no requests and gets none
 */
void dad_requests_flush(struct dad *dad)
{
	unsigned int i;

	for (i = 0; i < DAD_SLOTS; i++)
		flush_work(&dad->requests[i].work);
}

/* The board does not have it any more, and it is ours alone. */
static void request_finish(struct dad_request *req, ssize_t result)
{
	struct dad *dad = req->dad;

	dad_buffer_unmap(req);
	if (result > 0)
		dad_count(dad, req->dir == DMA_FROM_DEVICE ?
			  DAD_COUNT_BYTES_READ : DAD_COUNT_BYTES_WRITTEN,
			  result);
	req->result = result;
	if (req->iocb)
		queue_work(system_unbound_wq, &req->work);
	else
		complete(&req->done);
}

/* Whose completion it is, or NULL if it cannot be */
static struct dad_request *request_of(struct dad *dad,
				      const struct dad_done *done)
{
	struct dad_request *req;

	if (done->tag >= DAD_SLOTS || done->status > DAD_COMP_ABORTED)
		return NULL;
	req = &dad->requests[array_index_nospec(done->tag, DAD_SLOTS)];
	if (!req->queued || done->len > req->len)
		return NULL;
	return done->status != DAD_COMP_ABORTED || req->aborted ? req : NULL;
}

static ssize_t request_result(const struct dad_done *done)
{
	ssize_t moved = done->len;

	switch (done->status) {
	case DAD_COMP_OK:
		return moved;
	case DAD_COMP_ABORTED:
		return moved ? moved : -EINTR;
	default:
		return -EIO;
	}
}

/* Take a request back that the board has completed, or is NULL; and its result. */
static struct dad_request *request_reap(struct dad *dad, ssize_t *result)
{
	struct dad_queue *queue = &dad->queues[DAD_REQUESTS];
	struct dad_request *req = NULL;
	struct dad_done done;
	int ret;

	guard(spinlock)(&dad->lock);
	ret = dad_queue_reap(queue, &done);
	if (ret > 0)
		req = request_of(dad, &done);
	if (req) {
		req->queued = false;
		*result = request_result(&done);
		/* Before the slot is free: whoever takes it needs room in the ring. */
		dad_queue_reaped(queue);
	} else if (ret) {
		/* Nothing that the board writes there can be believed now. */
		queue->enabled = false;
		dad_count(dad, DAD_COUNT_BAD_COMPLETIONS, 1);
		dad_trouble(dad, "a completion that cannot be");
	}
	return req;
}

/**
 * dad_requests_reap() - finish what the board has completed
 * @dad: the board
 *
 * Context: a thread.
 * Return: how many requests that were.
 */
unsigned int dad_requests_reap(struct dad *dad)
{
	struct dad_request *req;
	unsigned int count = 0;
	ssize_t result;

	while ((req = request_reap(dad, &result))) {
		request_finish(req, result);
		count++;
	}
	return count;
}

/**
 * dad_requests_fail() - finish all requests that the board has
 * @dad: the board; it has forgotten them, or is no bus master any more
 * @error: what comes of them
 *
 * Context: a thread.
 */
void dad_requests_fail(struct dad *dad, int error)
{
	unsigned int i;

	for (i = 0; i < DAD_SLOTS; i++) {
		struct dad_request *req = &dad->requests[i];
		bool queued;

		scoped_guard(spinlock, &dad->lock) {
			queued = req->queued;
			req->queued = false;
		}
		if (queued)
			request_finish(req, error);
	}
}

/**
 * dad_requests_late() - whether a request should have been completed by now
 * @dad: the board
 */
bool dad_requests_late(struct dad *dad)
{
	unsigned int i;

	guard(spinlock)(&dad->lock);
	for (i = 0; i < DAD_SLOTS; i++) {
		const struct dad_request *req = &dad->requests[i];

		if (req->queued && time_after_eq(jiffies, req->deadline))
			return true;
	}
	return false;
}

/**
 * dad_requests_any() - whether the board has any requests
 * @dad: the board
 */
bool dad_requests_any(struct dad *dad)
{
	unsigned int i;

	guard(spinlock)(&dad->lock);
	for (i = 0; i < DAD_SLOTS; i++)
		if (dad->requests[i].queued)
			return true;
	return false;
}
