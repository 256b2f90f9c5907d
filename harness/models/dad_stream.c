// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dad board's converter, section 8
 *
 * It works in steps: a buffer's time, at whose end the buffer is filled or sent, or as
 * long without a buffer. Before the first buffer there is no step, and it waits.
 */

#include <linux/kernel.h>
#include <linux/string.h>

#include "dad.h"

#define STREAM_SAMPLE	4	/* bytes */

static struct board_queue *stream_queue(struct board *board)
{
	return &board->queues[DAD_STREAM];
}

/* The next buffer; those that are not fit to be one are completed as such */
static struct board_request *stream_first(struct board *board)
{
	struct board_queue *queue = stream_queue(board);
	bool out = board->converter.out;
	struct board_request *request;

	while (board_queue_runs(queue)) {
		request = list_first_entry_or_null(&queue->pending,
						   struct board_request, entry);
		if (!request)
			break;
		if (!request->status &&
		    out == !!(request->flags & DAD_DESC_TO_HOST))
			board_request_bad(queue, request,
					  "flags %#x, and the converter works for the line %s",
					  request->flags, out ? "out" : "in");
		if (!request->status)
			return request;
		board_comp_complete(queue, request, request->status, 0);
	}
	return NULL;
}

static void stream_begin(struct board *board)
{
	struct board_converter *converter = &board->converter;

	converter->buffer = stream_first(board);
	if (board->regs.error)
		return;
	if (converter->buffer) {
		converter->last = converter->buffer->len / STREAM_SAMPLE;
	} else if (converter->last) {
		converter->overruns++;
		board_irq_cause(board, DAD_INT_OVERRUN);
	} else {
		return;
	}
	converter->busy = true;
	umlab_work_after(&converter->work,
			 (u64)converter->last * converter->sample_ns);
}

/* Remember what was sent, as far as there is room: the newest */
static void stream_sent(struct board_converter *converter, const u8 *data,
			size_t size)
{
	size_t at = converter->sent % UMLAB_DAD_SENT;
	size_t first = min(size, UMLAB_DAD_SENT - at);

	memcpy(converter->tail + at, data, first);
	memcpy(converter->tail, data + first, size - first);
	converter->sent += size;
}

/* Fill or send at most as much of a buffer as there is scratch memory */
static int stream_move(struct board *board, u64 addr, u32 size)
{
	struct board_converter *converter = &board->converter;
	__le32 *samples = (__le32 *)board->scratch;
	unsigned int i;
	int err;

	if (converter->out) {
		err = umlab_dma_read(board->slot, addr, samples, size);
		if (!err)
			stream_sent(converter, board->scratch, size);
		return err;
	}
	for (i = 0; i < size / STREAM_SAMPLE; i++)
		samples[i] = cpu_to_le32(converter->sample + i);
	return umlab_dma_write(board->slot, addr, samples, size);
}

/* A buffer's time is over */
static void stream_finish(struct board *board)
{
	struct board_converter *converter = &board->converter;
	struct board_request *buffer = converter->buffer;
	u32 end = converter->sample + converter->last;
	u32 done = 0, size;
	int err = 0;

	while (done < buffer->len) {
		size = min_t(u32, buffer->len - done, sizeof(board->scratch));
		err = stream_move(board, buffer->addr + done, size);
		if (err)
			break;
		converter->sample += size / STREAM_SAMPLE;
		done += size;
	}
	converter->sample = end;
	converter->buffer = NULL;
	board_comp_complete(stream_queue(board), buffer,
			    err ? DAD_COMP_BUS : DAD_COMP_OK, done);
}

static void stream_step(struct umlab_slot *slot, struct umlab_work *work)
{
	struct board *board = umlab_priv(slot);
	struct board_converter *converter = &board->converter;

	converter->busy = false;
	/* It stands still until it is reset. */
	if (!board_is_awake(board))
		return;
	if (converter->buffer && board_queue_runs(stream_queue(board)))
		stream_finish(board);
	else
		converter->sample += converter->last;
	if (!board->regs.error)
		stream_begin(board);
}

void board_stream_kick(struct board *board)
{
	struct board_converter *converter = &board->converter;

	if (converter->running && !converter->busy)
		stream_begin(board);
}

void board_stream_halt(struct board *board)
{
	umlab_work_cancel(&board->converter.work);
	board->converter.busy = false;
	board->converter.buffer = NULL;
}

static void stream_start(struct board *board, bool out)
{
	struct board_converter *converter = &board->converter;
	const struct board_queue *queue = stream_queue(board);

	/* In error, the queue was not to be enabled, and the CPU may not know yet. */
	if (board->regs.error)
		return;
	if (!queue->active || queue->stopping) {
		umlab_model_violation(board->slot,
				      "the converter is started, and its queue is not enabled");
		return;
	}
	if (!converter->sample_ns) {
		umlab_model_violation(board->slot,
				      "the converter is started, and DAD_SAMPLE_NS was not set");
		return;
	}
	converter->running = true;
	converter->out = out;
	converter->overruns = 0;
	converter->sample = 0;
	converter->last = 0;
	converter->sent = 0;
	if (!board->regs.error)
		stream_begin(board);
}

void board_stream_control(struct board *board, u32 value)
{
	struct board_converter *converter = &board->converter;
	bool out = value & DAD_STREAM_OUT;

	if (!(value & DAD_STREAM_RUN)) {
		board_stream_halt(board);
		converter->running = false;
		converter->out = out;
	} else if (!converter->running) {
		stream_start(board, out);
	} else if (out != converter->out) {
		umlab_model_violation(board->slot,
				      "the converter is to change its direction while it runs");
	}
}

void board_stream_pace(struct board *board, u32 value)
{
	struct board_converter *converter = &board->converter;

	if (value < DAD_SAMPLE_MIN || value > DAD_SAMPLE_MAX)
		umlab_model_violation(board->slot,
				      "write of %u to DAD_SAMPLE_NS, not %u to %u",
				      value, DAD_SAMPLE_MIN, DAD_SAMPLE_MAX);
	else if (converter->running && value != converter->sample_ns)
		umlab_model_violation(board->slot,
				      "write of %u to DAD_SAMPLE_NS, which was %u, while the converter runs",
				      value, converter->sample_ns);
	else
		converter->sample_ns = value;
}

void board_stream_clear(struct board *board)
{
	struct board_converter *converter = &board->converter;

	board_stream_halt(board);
	converter->running = false;
	converter->out = false;
	converter->sample_ns = 0;
	converter->overruns = 0;
}

void board_stream_init(struct board *board)
{
	umlab_work_init(board->slot, &board->converter.work, stream_step);
}
