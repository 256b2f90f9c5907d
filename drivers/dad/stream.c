// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the converter, and whose the blocks of its ring are
 *
 * A block is the board's from when it is given until it is finished; all others are the
 * user's. Blocks are given and finished in the order of the ring, so two counts say it all.
 * What the user does to the memory does not matter to the kernel.
 */

#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/poll.h>

#include "dad.h"

static struct dad_queue *stream_queue(struct dad *dad)
{
	return &dad->queues[DAD_STREAM];
}

/* How many blocks are the user's */
static u64 stream_owned(const struct dad_stream *stream)
{
	return stream->blocks - (stream->given - stream->finished);
}

/* The time that the converter has for a block, and then some */
static void stream_set_deadline(struct dad *dad, struct dad_stream *stream)
{
	u64 ns = (u64)stream->block_size / sizeof(u32) * stream->sample_ns;

	stream->deadline = jiffies + nsecs_to_jiffies(ns) +
			   msecs_to_jiffies(dad->timeout_ms);
}

/* The register counts modulo 2^32; a board that is gone reads as all-ones. */
static void stream_overruns(struct dad *dad)
{
	struct dad_stream *stream = dad->stream;
	u32 now, more;

	lockdep_assert_held(&dad->lock);

	if (!stream || dad->state != DAD_RUNNING)
		return;
	now = dad_hw_read(dad, DAD_OVERRUNS);
	if (now == ~0U)
		return;
	more = now - (u32)stream->overruns;
	dad_count(dad, DAD_COUNT_OVERRUNS, more);
	stream->overruns += more;
}

/* Give the next block to the board. */
static void stream_post(struct dad *dad, struct dad_stream *stream, u64 block)
{
	u32 at = block & (stream->blocks - 1);
	u32 flags = DAD_DESC_IRQ;

	if (!stream->out)
		flags |= DAD_DESC_TO_HOST;
	*dad_queue_next(stream_queue(dad)) = (struct dad_desc) {
		.addr = cpu_to_le64(stream->bus +
				    (dma_addr_t)at * stream->block_size),
		.len = cpu_to_le32(stream->block_size),
		.flags = cpu_to_le32(flags),
		.tag = cpu_to_le32(at),
	};
	if (block == stream->finished)
		stream_set_deadline(dad, stream);
	dad_queue_post(stream_queue(dad));
}

/* The converter stops. If it does not, the board is reset. */
static int stream_halt(struct dad *dad)
{
	int ret;

	lockdep_assert_held(&dad->control);

	dad_hw_write(dad, DAD_STREAM_CONTROL, 0);
	ret = dad_queue_stop(dad, DAD_STREAM);
	dad_stream_reap(dad);
	scoped_guard(spinlock, &dad->lock) {
		stream_overruns(dad);
		stream_queue(dad)->enabled = false;
		dad->stream = NULL;
	}
	if (!ret)
		return 0;
	dad_reset(dad, "the queue of the stream does not stop");
	return -EIO;
}

/**
 * dad_stream_start() - start the converter with the ring of a file
 * @df: the file
 *
 * Context: between dad_enter() and dad_exit().
 * Return: 0, or a negative errno, see DAD_IOC_START.
 */
int dad_stream_start(struct dad_file *df)
{
	struct dad *dad = df->dad;
	struct dad_stream *stream;
	u64 block;
	int ret;

	ret = dad_control_begin(dad, df->filp->f_flags & O_NONBLOCK);
	if (ret)
		return ret;
	stream = df->stream;
	if (!stream)
		ret = -ENXIO;
	else if (dad->stream && dad->stream->state != DAD_STATE_FAILED)
		ret = -EBUSY;
	else if (dad->stream)
		ret = stream_halt(dad);
	if (ret)
		goto out;

	dad_hw_write(dad, DAD_SAMPLE_NS, stream->sample_ns);
	scoped_guard(spinlock, &dad->lock) {
		/* It may be in trouble by now, or going. */
		ret = dad->state == DAD_RUNNING ? 0 : -EIO;
		if (ret)
			break;
		dad_queue_enable(dad, DAD_STREAM);
		stream->given = stream->out ? 0 : stream->blocks;
		stream->finished = 0;
		stream->overruns = 0;
		stream->state = DAD_STATE_RUNNING;
		for (block = 0; block < stream->given; block++)
			stream_post(dad, stream, block);
		dad->stream = stream;
		dad_hw_write(dad, DAD_STREAM_CONTROL, DAD_STREAM_RUN |
			     (stream->out ? DAD_STREAM_OUT : 0));
		dad_watch(dad);
	}
out:
	dad_control_end(dad);
	return ret;
}

/**
 * dad_stream_stop() - stop the converter, if it works with the ring of a file
 * @df: the file
 *
 * Context: may sleep.
 * Return: 0, or -ENXIO if the file has no ring.
 */
int dad_stream_stop(struct dad_file *df)
{
	struct dad *dad = df->dad;
	struct dad_stream *stream;

	guard(mutex)(&dad->control);
	stream = df->stream;
	if (!stream)
		return -ENXIO;
	if (dad->stream == stream)
		stream_halt(dad);
	scoped_guard(spinlock, &dad->lock)
		stream->state = DAD_STATE_STOPPED;
	wake_up_interruptible(&dad->wait);
	return 0;
}

/**
 * dad_stream_advance() - give blocks to the board
 * @df: the file
 * @advance: how many; and what became of the others
 *
 * Context: between dad_enter() and dad_exit().
 * Return: 0, or a negative errno, see DAD_IOC_ADVANCE.
 */
int dad_stream_advance(struct dad_file *df, struct dad_advance *advance)
{
	struct dad *dad = df->dad;
	struct dad_stream *stream = dad_file_stream(df);
	u32 left;

	if (!stream)
		return -ENXIO;

	guard(spinlock)(&dad->lock);
	if (advance->count && (stream->state != DAD_STATE_RUNNING ||
			       dad->state != DAD_RUNNING))
		return -EPIPE;
	if (advance->count > stream_owned(stream))
		return -EINVAL;
	for (left = advance->count; left; left--)
		stream_post(dad, stream, stream->given++);
	if (dad->stream == stream)
		stream_overruns(dad);
	advance->given = stream->given;
	advance->done = stream->finished;
	advance->overruns = stream->overruns;
	advance->state = stream->state;
	return 0;
}

/* The converter is not to go on. */
static void stream_fail(struct dad *dad, struct dad_stream *stream)
{
	lockdep_assert_held(&dad->lock);

	stream->state = DAD_STATE_FAILED;
	wake_up_interruptible(&dad->wait);
}

/**
 * dad_stream_failed() - the board has forgotten the stream
 * @dad: the board, which was reset
 *
 * Context: dad.control held.
 */
void dad_stream_failed(struct dad *dad)
{
	lockdep_assert_held(&dad->control);

	guard(spinlock)(&dad->lock);
	if (dad->stream)
		stream_fail(dad, dad->stream);
	dad->stream = NULL;
}

/* Blocks come in the order in which they were given, and whole. */
static void stream_completed(struct dad *dad, struct dad_stream *stream,
			     const struct dad_done *done)
{
	if (done->tag != (stream->finished & (stream->blocks - 1)) ||
	    done->status > DAD_COMP_ABORTED ||
	    done->len > stream->block_size) {
		stream_queue(dad)->enabled = false;
		dad_count(dad, DAD_COUNT_BAD_COMPLETIONS, 1);
		dad_trouble(dad, "a block that cannot be");
		return;
	}
	if (stream->state != DAD_STATE_RUNNING)
		return;
	if (done->status == DAD_COMP_OK && done->len == stream->block_size) {
		stream->finished++;
		stream_set_deadline(dad, stream);
		return;
	}
	dev_err(&dad->pdev->dev, "block %u of the stream: status %u, %u bytes\n",
		done->tag, done->status, done->len);
	dad_hw_write(dad, DAD_STREAM_CONTROL, 0);
	stream_fail(dad, stream);
}

/**
 * dad_stream_reap() - finish the blocks that the board has completed
 * @dad: the board
 *
 * Return: how many there were.
 */
unsigned int dad_stream_reap(struct dad *dad)
{
	struct dad_queue *queue = stream_queue(dad);
	unsigned int count = 0;
	struct dad_done done;
	int ret;

	guard(spinlock)(&dad->lock);
	if (!dad->stream)
		return 0;
	while ((ret = dad_queue_reap(queue, &done)) > 0) {
		stream_completed(dad, dad->stream, &done);
		count++;
	}
	if (ret) {
		queue->enabled = false;
		dad_count(dad, DAD_COUNT_BAD_COMPLETIONS, 1);
		dad_trouble(dad, "an index of the stream that cannot be");
	}
	dad_queue_reaped(queue);
	if (count)
		wake_up_interruptible(&dad->wait);
	return count;
}

/**
 * dad_stream_overruns() - see how often the converter had no block
 * @dad: the board
 */
void dad_stream_overruns(struct dad *dad)
{
	guard(spinlock)(&dad->lock);
	stream_overruns(dad);
}

/**
 * dad_stream_late() - whether a block should have been finished by now
 * @dad: the board
 */
bool dad_stream_late(struct dad *dad)
{
	const struct dad_stream *stream;

	guard(spinlock)(&dad->lock);
	stream = dad->stream;
	return stream && stream->state == DAD_STATE_RUNNING &&
	       stream->given != stream->finished &&
	       time_after_eq(jiffies, stream->deadline);
}

/**
 * dad_stream_poll() - what poll() says of a file with a ring
 * @df: the file
 *
 * Return: EPOLL*.
 */
__poll_t dad_stream_poll(struct dad_file *df)
{
	struct dad_stream *stream = dad_file_stream(df);
	__poll_t events = 0;

	guard(spinlock)(&df->dad->lock);
	if (stream->state == DAD_STATE_FAILED)
		events |= EPOLLERR;
	if (stream_owned(stream))
		events |= stream->out ? EPOLLOUT | EPOLLWRNORM :
					EPOLLIN | EPOLLRDNORM;
	return events;
}
