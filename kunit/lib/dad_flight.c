// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous reads and writes of a dad board, under way for as long as a case wants
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uio.h>

#include "dad_flight.h"
#include "space.h"

static void flight_end(void *data)
{
	struct lab_flight *flight = data;
	unsigned int nr;

	if (!flight->gone)
		lab_flight_release(flight);
	for (nr = 0; nr < LAB_FLIGHT_REQUESTS; nr++) {
		if (flight->request[nr].queued)
			lab_flight_wait(flight, nr);
	}
}

struct lab_flight *lab_flight_begin(struct kunit *test)
{
	/* First, so that it is freed when the board is no longer there. */
	struct lab_flight *flight = kunit_kzalloc(test, sizeof(*flight),
						  GFP_KERNEL);
	unsigned int nr;

	KUNIT_ASSERT_NOT_NULL(test, flight);
	for (nr = 0; nr < LAB_FLIGHT_REQUESTS; nr++)
		flight->request[nr].flight = flight;
	flight->dad = lab_dad_plug(test);
	flight->file = lab_dad_open(&flight->dad, O_RDWR);
	flight->addr = lab_mmap_anonymous(test, 2 * LAB_FLIGHT_REQUESTS);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, flight_end, flight));
	return flight;
}

void lab_flight_fill(const struct lab_dad *dad, u64 pos, size_t len)
{
	u64 end = pos + len;

	for (; pos < end; pos++)
		dad->memory[pos] = lab_dad_byte(LAB_FLIGHT_BOARD, pos);
}

void lab_flight_hold(struct lab_flight *flight)
{
	umlab_set_completion(flight->dad.slot, UMLAB_COMPLETE_NEVER, 0);
}

void lab_flight_release(struct lab_flight *flight)
{
	umlab_set_completion(flight->dad.slot, UMLAB_COMPLETE_AT_ONCE, 0);
}

ssize_t lab_flight_try(struct lab_flight *flight, struct file *file,
		       unsigned int nr, bool write, unsigned long addr,
		       size_t len, loff_t pos)
{
	struct lab_flight_request *request = &flight->request[nr];
	ssize_t ret;

	ret = lab_dad_submit(file, &request->aio, write, addr, len, pos);
	request->queued = ret == -EIOCBQUEUED;
	return ret;
}

void lab_flight_submit(struct lab_flight *flight, struct file *file,
		       unsigned int nr, bool write)
{
	unsigned long addr = lab_flight_addr(flight, nr);
	struct kunit *test = flight->dad.test;
	loff_t pos = lab_flight_pos(nr);
	size_t len = lab_flight_len(nr);

	if (write)
		lab_dad_put_user(test, addr, len, LAB_FLIGHT_USER, pos);
	else
		lab_flight_fill(&flight->dad, pos, len);
	KUNIT_ASSERT_EQ_MSG(test, lab_flight_try(flight, file, nr, write, addr,
						 len, pos),
			    -EIOCBQUEUED, "request %u", nr);
}

void lab_flight_submit_all(struct lab_flight *flight, struct file *file)
{
	unsigned int nr;

	lab_flight_hold(flight);
	for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
		lab_flight_submit(flight, file, nr, false);
}

/* As fs/aio.c and io_uring do, it gives back the file that was held for it. */
static void flight_complete(struct kiocb *iocb, long ret)
{
	struct lab_dad_aio *aio = container_of(iocb, struct lab_dad_aio, iocb);
	struct lab_flight_request *request =
		container_of(aio, struct lab_flight_request, aio);
	struct lab_flight *flight = request->flight;

	if (flight->over < LAB_FLIGHT_REQUESTS)
		flight->order[flight->over++] = request - flight->request;
	fput(iocb->ki_filp);
	aio->result = ret;
	complete(&aio->done);
}

ssize_t lab_flight_start(struct lab_flight *flight, struct file *file,
			 unsigned int nr, loff_t pos, int flags)
{
	struct lab_flight_request *request = &flight->request[nr];
	struct lab_dad_aio *aio = &request->aio;
	ssize_t ret;

	init_completion(&aio->done);
	init_sync_kiocb(&aio->iocb, get_file(file));
	aio->iocb.ki_pos = pos;
	aio->iocb.ki_flags |= flags;
	aio->iocb.ki_complete = flight_complete;
	if (iov_iter_rw(&aio->iter) == WRITE) {
		aio->iocb.ki_flags |= IOCB_WRITE;
		ret = file->f_op->write_iter(&aio->iocb, &aio->iter);
	} else {
		ret = file->f_op->read_iter(&aio->iocb, &aio->iter);
	}
	request->queued = ret == -EIOCBQUEUED;
	if (!request->queued)
		fput(file);
	return ret;
}

ssize_t lab_flight_start_read(struct lab_flight *flight, struct file *file,
			      unsigned int nr, int flags)
{
	loff_t pos = lab_flight_pos(nr);
	size_t len = lab_flight_len(nr);

	lab_flight_fill(&flight->dad, pos, len);
	iov_iter_ubuf(&flight->request[nr].aio.iter, ITER_DEST,
		      (void __user *)lab_flight_addr(flight, nr), len);
	return lab_flight_start(flight, file, nr, pos, flags);
}

ssize_t lab_flight_wait(struct lab_flight *flight, unsigned int nr)
{
	flight->request[nr].queued = false;
	return lab_dad_wait(&flight->request[nr].aio);
}

void lab_flight_expect_data(const struct lab_flight *flight, unsigned int nr,
			    bool write)
{
	loff_t pos = lab_flight_pos(nr);
	size_t len = lab_flight_len(nr);

	if (write)
		lab_dad_expect_board(&flight->dad, pos, len, LAB_FLIGHT_USER,
				     pos);
	else
		lab_dad_expect_user(&flight->dad, lab_flight_addr(flight, nr),
				    len, LAB_FLIGHT_BOARD, pos);
}

void lab_flight_expect_kernel(struct kunit *test, const u8 *buffer, size_t len,
			      u64 pos)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (buffer[i] != lab_dad_byte(LAB_FLIGHT_BOARD, pos + i))
			break;
	}
	KUNIT_EXPECT_EQ_MSG(test, i, len, "byte %zu is wrong", i);
}

void lab_flight_expect(struct lab_flight *flight, unsigned int nr, bool write)
{
	size_t len = lab_flight_len(nr);
	struct kunit *test = flight->dad.test;

	KUNIT_EXPECT_EQ_MSG(test, lab_flight_wait(flight, nr), len,
			    "request %u", nr);
	KUNIT_EXPECT_EQ_MSG(test, flight->request[nr].aio.iocb.ki_pos,
			    lab_flight_pos(nr) + len, "request %u", nr);
	lab_flight_expect_data(flight, nr, write);
}

void lab_flight_expect_all(struct lab_flight *flight)
{
	unsigned int nr;

	for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
		lab_flight_expect(flight, nr, false);
}

void lab_flight_unplug(struct lab_flight *flight, bool surprise)
{
	if (surprise)
		umlab_vanish(flight->dad.slot);
	flight->gone = true;
	umlab_unplug(flight->dad.test, flight->dad.slot);
}
