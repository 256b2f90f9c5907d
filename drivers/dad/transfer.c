// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: read and write
 *
 * A call is one request: what is more than a request can have, or is beyond the memory of
 * the board, makes it short. Whose call is synchronous waits for the request; else it is
 * told by ki_complete().
 */

#include <linux/fs.h>
#include <linux/uio.h>

#include "dad.h"

static bool transfer_nowait(const struct kiocb *iocb)
{
	return iocb->ki_flags & IOCB_NOWAIT ||
	       iocb->ki_filp->f_flags & O_NONBLOCK;
}

/* Take a slot, or wait for one. */
static struct dad_request *transfer_slot(struct dad *dad, bool nowait)
{
	struct dad_request *req = dad_request_get(dad);
	int ret;

	if (req)
		return req;
	if (nowait)
		return ERR_PTR(-EAGAIN);
	ret = wait_event_interruptible(dad->wait,
				       (req = dad_request_get(dad)) ||
				       READ_ONCE(dad->state) == DAD_GONE);
	if (ret)
		return ERR_PTR(ret);
	return req ? req : ERR_PTR(-ENODEV);
}

/*
 * Whether to copy. Only who waits can have what is read copied to him, as his address space
 * is needed for it; and memory of the kernel may be a stack, which is not for DMA.
 */
static bool transfer_copies(bool sync, const struct iov_iter *iter, size_t len)
{
	if (!user_backed_iter(iter) && !iov_iter_is_bvec(iter))
		return true;
	return sync && len <= DAD_COPY_MAX;
}

static int transfer_map(struct dad_request *req, struct iov_iter *iter,
			size_t len, bool sync)
{
	int ret;

	if (transfer_copies(sync, iter, len))
		return dad_buffer_copy(req, iter, len);
	ret = dad_buffer_direct(req, iter, len);
	/* The slot's own buffer is mapped already. */
	if (ret && ret != -EFAULT && sync)
		ret = dad_buffer_copy(req, iter, len);
	return ret;
}

static int transfer_submit(struct dad_request *req, bool nowait)
{
	int ret;

	while ((ret = dad_request_submit(req)) == -EAGAIN && !nowait) {
		ret = dad_wait_running(req->dad);
		if (ret)
			break;
	}
	return ret;
}

/* Wait for a request, and give what was read to the caller. */
static ssize_t transfer_wait(struct dad_request *req, struct iov_iter *iter,
			     bool copied)
{
	ssize_t ret;

	if (wait_for_completion_interruptible(&req->done)) {
		dad_request_abort(req);
		/* The board answers, or it is reset. */
		wait_for_completion(&req->done);
	}
	dad_buffer_unpin(req, req->dir == DMA_FROM_DEVICE);
	ret = req->result;
	if (ret == -EINTR)
		return -ERESTARTSYS;
	if (ret > 0 && copied && req->dir == DMA_FROM_DEVICE)
		ret = dad_buffer_fetch(req, iter, ret);
	return ret;
}

/* It was mapped, and nothing came of it. */
static void transfer_undo(struct dad_request *req, struct iov_iter *iter)
{
	bool taken = req->mapping != DAD_COPY || req->dir == DMA_TO_DEVICE;

	dad_buffer_unmap(req);
	dad_buffer_unpin(req, false);
	/* Who tries again does so with the same iterator. */
	if (taken)
		iov_iter_revert(iter, req->len);
}

static ssize_t transfer_dma(struct dad *dad, struct kiocb *iocb,
			    struct iov_iter *iter,
			    enum dma_data_direction dir, size_t len)
{
	bool sync = is_sync_kiocb(iocb), nowait = transfer_nowait(iocb);
	struct dad_request *req = transfer_slot(dad, nowait);
	bool copied, waits;
	ssize_t ret;

	if (IS_ERR(req))
		return PTR_ERR(req);
	req->dir = dir;
	req->offset = iocb->ki_pos;
	ret = transfer_map(req, iter, len, sync);
	if (ret)
		goto out_put;

	copied = req->mapping == DAD_COPY;
	waits = sync || copied;
	if (!waits)
		req->iocb = iocb;
	ret = -EAGAIN;
	if (sync || !waits || !(iocb->ki_flags & IOCB_NOWAIT))
		ret = transfer_submit(req, nowait);
	if (ret) {
		transfer_undo(req, iter);
		goto out_put;
	}
	/* The slot may be another request's already. */
	if (!waits)
		return -EIOCBQUEUED;
	ret = transfer_wait(req, iter, copied);
	if (ret > 0)
		iocb->ki_pos += ret;
out_put:
	dad_request_put(req);
	return ret;
}

static ssize_t transfer(struct kiocb *iocb, struct iov_iter *iter,
			enum dma_data_direction dir)
{
	struct dad_file *df = iocb->ki_filp->private_data;
	struct dad *dad = df->dad;
	size_t len = iov_iter_count(iter);
	ssize_t ret;
	int idx;

	if (!dad_enter(dad, &idx))
		return -ENODEV;
	if (!len) {
		ret = 0;
	} else if (dad_file_stream(df)) {
		/* poll() speaks of the ring alone. */
		ret = -EBUSY;
	} else if (iocb->ki_pos >= dad->memory_size) {
		ret = dir == DMA_FROM_DEVICE ? 0 : -ENOSPC;
	} else {
		len = min3(len, dad->memory_size - (size_t)iocb->ki_pos,
			   (size_t)DAD_TRANSFER_MAX);
		if (dad->dma_bits) {
			ret = transfer_dma(dad, iocb, iter, dir, len);
		} else {
			ret = dad_pio(dad, iter, dir, iocb->ki_pos, len,
				      transfer_nowait(iocb));
			if (ret > 0)
				iocb->ki_pos += ret;
		}
	}
	dad_exit(dad, idx);
	return ret;
}

/**
 * dad_read_iter() - read the memory on the board
 * @iocb: the file, and where
 * @to: for what is read
 *
 * Return: bytes read, -EIOCBQUEUED, or a negative errno, see dad-ioctl.h.
 */
ssize_t dad_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return transfer(iocb, to, DMA_FROM_DEVICE);
}

/**
 * dad_write_iter() - write the memory on the board
 * @iocb: the file, and where
 * @from: what
 *
 * Return: likewise.
 */
ssize_t dad_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	return transfer(iocb, from, DMA_TO_DEVICE);
}
