// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the slots of requests: all taken, waited for, and given back
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/swap.h>
#include <linux/uio.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/dad_flight.h"
#include "lib/dad_ring.h"
#include "lib/dma.h"
#include "lib/frames.h"
#include "lib/refs.h"
#include "lib/touch.h"

/* The first number that there is no slot for */
#define SLOTS_MORE	LAB_FLIGHT_SLOTS

/* All at once, and once more, over the end of all indexes; nothing stays mapped. */
static void slots_full(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct file *file = flight->file;
	unsigned int mappings[2], round;

	for (round = 0; round < 2; round++) {
		KUNIT_EXPECT_EQ(test, lab_dad_poll(file), LAB_FLIGHT_READY);
		lab_flight_submit_all(flight, file);
		KUNIT_EXPECT_EQ(test, lab_dad_poll(file), 0);
		KUNIT_EXPECT_EQ(test, -EAGAIN,
				lab_flight_start_read(flight, file, SLOTS_MORE,
						      IOCB_NOWAIT));
		KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "requests"),
				(round + 1) * LAB_FLIGHT_SLOTS);
		lab_flight_release(flight);
		lab_flight_expect_all(flight);
		mappings[round] = umlab_mappings(flight->dad.slot);
	}
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file), LAB_FLIGHT_READY);
	KUNIT_EXPECT_EQ(test, mappings[1], mappings[0]);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "lost_interrupts"),
			0);
}

/* Nearly full is not full. */
static void slots_last(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned int nr, last = LAB_FLIGHT_SLOTS - 1;

	lab_flight_hold(flight);
	for (nr = 0; nr <= last; nr++) {
		KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file),
				LAB_FLIGHT_READY);
		KUNIT_ASSERT_EQ(test, -EIOCBQUEUED,
				lab_flight_start_read(flight, flight->file, nr,
						      IOCB_NOWAIT));
	}
	KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file), 0);
	lab_flight_release(flight);
	lab_flight_expect_all(flight);
}

/* Who does not want to wait is told so, and has nothing pinned. */
static void slots_no_wait(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct file *file = lab_dad_open(&flight->dad, O_RDWR | O_NONBLOCK);
	unsigned long addr = lab_flight_addr(flight, SLOTS_MORE);
	size_t len = lab_flight_len(SLOTS_MORE);
	loff_t pos = lab_flight_pos(SLOTS_MORE);
	struct lab_frame frame;
	struct lab_refs base;

	lab_flight_submit_all(flight, flight->file);
	KUNIT_ASSERT_EQ(test, lab_touch(addr, true), LAB_OK);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &frame));
	/* Fresh pages are referenced on their way to the LRU lists. */
	lru_add_drain();
	lab_refs_init(&base);
	lab_refs_add(test, &base, pfn_to_page(frame.pfn));
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, len, pos), -EAGAIN);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, len, pos), -EAGAIN);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			lab_flight_try(flight, file, SLOTS_MORE, false, addr,
				       len, pos));
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			lab_flight_start_read(flight, flight->file, SLOTS_MORE,
					      IOCB_NOWAIT));
	KUNIT_EXPECT_EQ(test, flight->request[SLOTS_MORE].aio.iocb.ki_pos, pos);
	lab_expect_refs(test, "four refusals", &base, NULL);

	lab_flight_release(flight);
	lab_flight_expect_all(flight);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, len, pos), len);
	lab_flight_expect_data(flight, SLOTS_MORE, false);
}

#define SLOTS_THREADS	3

/* Who waits for a slot gets one, each of them; the board hears nothing before. */
static void slots_turns(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct lab_dad_thread *thread[SLOTS_THREADS];
	unsigned int i;

	lab_flight_submit_all(flight, flight->file);
	for (i = 0; i < SLOTS_THREADS; i++) {
		unsigned int nr = SLOTS_MORE + i;
		unsigned long addr = lab_flight_addr(flight, nr);
		loff_t pos = lab_flight_pos(nr);
		size_t len = lab_flight_len(nr);
		bool write = i == 1;

		lab_flight_fill(&flight->dad, pos, len);
		if (write)
			lab_dad_put_user(test, addr, len, LAB_FLIGHT_USER, pos);
		thread[i] = lab_dad_thread(test, flight->file, write, addr, len,
					   pos);
	}
	for (i = 0; i < SLOTS_THREADS; i++)
		KUNIT_EXPECT_TRUE(test, lab_dad_thread_waits(thread[i]));
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "requests"),
			LAB_FLIGHT_SLOTS);
	lab_flight_release(flight);
	for (i = 0; i < SLOTS_THREADS; i++) {
		KUNIT_EXPECT_EQ(test, lab_dad_thread_end(thread[i]),
				lab_flight_len(SLOTS_MORE + i));
		lab_flight_expect_data(flight, SLOTS_MORE + i, i == 1);
	}
	lab_flight_expect_all(flight);
}

/* Whoever waits in poll() hears of a slot that is free, on whatever file. */
static void slots_poll(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct file *other = lab_dad_open(&flight->dad, O_RDWR);
	struct lab_ring_poll *reader, *writer;

	lab_flight_submit_all(flight, flight->file);
	reader = lab_ring_poll_begin(test, flight->file, POLLIN);
	writer = lab_ring_poll_begin(test, other, POLLOUT);
	KUNIT_EXPECT_FALSE(test, completion_done(&reader->woken));
	KUNIT_EXPECT_FALSE(test, completion_done(&writer->woken));
	lab_flight_release(flight);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(reader), LAB_FLIGHT_READY);
	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(writer), LAB_FLIGHT_READY);
	lab_flight_expect_all(flight);
}

/* Nobody waits for a board that is not there, in whichever way he does. */
static void slots_gone(struct kunit *test, bool surprise)
{
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned long addr = lab_flight_addr(flight, SLOTS_MORE);
	struct lab_dad_thread *thread;
	struct lab_ring_poll *poll;
	unsigned int nr;

	lab_flight_submit_all(flight, flight->file);
	poll = lab_ring_poll_begin(test, flight->file, POLLIN | POLLHUP);
	thread = lab_dad_thread(test, flight->file, false, addr, 100, 0);
	KUNIT_EXPECT_TRUE(test, lab_dad_thread_waits(thread));
	KUNIT_EXPECT_FALSE(test, completion_done(&poll->woken));
	lab_flight_unplug(flight, surprise);

	KUNIT_EXPECT_EQ(test, lab_ring_poll_end(poll) & (POLLERR | POLLHUP),
			POLLERR | POLLHUP);
	KUNIT_EXPECT_EQ(test, lab_dad_thread_end(thread), -ENODEV);
	for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
		KUNIT_EXPECT_EQ_MSG(test, lab_flight_wait(flight, nr), -ENODEV,
				    "request %u", nr);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			lab_flight_try(flight, flight->file, 0, false, addr,
				       100, 0));
}

static void slots_unplug(struct kunit *test)
{
	slots_gone(test, false);
}

static void slots_vanish(struct kunit *test)
{
	slots_gone(test, true);
}

#define SLOTS_FILES	4

/* They are the board's, not a file's: what is under way is of all files alike. */
static void slots_of_all_files(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct file *files[SLOTS_FILES];
	unsigned int i, nr;

	for (i = 0; i < SLOTS_FILES; i++)
		files[i] = lab_dad_open(&flight->dad, O_RDWR);
	lab_flight_hold(flight);
	for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
		lab_flight_submit(flight, files[nr % SLOTS_FILES], nr,
				  nr % 3 == 0);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file), 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			lab_flight_start_read(flight, flight->file, SLOTS_MORE,
					      IOCB_NOWAIT));
	lab_flight_release(flight);
	for (nr = 0; nr < LAB_FLIGHT_SLOTS; nr++)
		lab_flight_expect(flight, nr, nr % 3 == 0);
}

/* An address where nothing is */
#define SLOTS_NOWHERE	0x1000UL

/* What fails gives its slot back. */
static void slots_not_leaked(struct kunit *test)
{
	static const struct umlab_faults bus_error = { .dma_error = 2 };
	struct lab_flight *flight = lab_flight_begin(test);
	struct umlab_slot *slot = flight->dad.slot;
	unsigned int i;

	for (i = 0; i < LAB_FLIGHT_SLOTS + 1; i++) {
		KUNIT_EXPECT_EQ(test, -EFAULT,
				lab_flight_try(flight, flight->file, 0, false,
					       SLOTS_NOWHERE, 100, 0));
		KUNIT_EXPECT_EQ(test, -EFAULT,
				lab_dad_read(flight->file, SLOTS_NOWHERE, 100,
					     0));
		KUNIT_EXPECT_EQ(test, -EFAULT,
				lab_dad_write(flight->file, SLOTS_NOWHERE, 100,
					      0));
	}
	/* The descriptor is fetched and then the index written: a fatal one. */
	umlab_set_faults(slot, &bus_error);
	KUNIT_EXPECT_EQ(test, -EIO, lab_dad_read(flight->file, flight->addr,
						 100, 0));
	lab_flight_submit_all(flight, flight->file);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file), 0);
	lab_flight_release(flight);
	lab_flight_expect_all(flight);
}

/**
 * struct slots_chain - reads, each of which is begun when the one before is over
 * @flight: the board, and its file
 * @aio: the read; over when all are
 * @bvec: to this
 * @left: how many are to come
 */
struct slots_chain {
	struct lab_flight *flight;
	struct lab_dad_aio aio;
	struct bio_vec bvec;
	unsigned int left;
};

static ssize_t slots_chain_begin(struct slots_chain *chain);

/* Where the last one is over, the next one begins. */
static void slots_chain_next(struct kiocb *iocb, long ret)
{
	struct slots_chain *chain = container_of(iocb, struct slots_chain,
						 aio.iocb);

	if (ret > 0 && chain->left) {
		chain->left--;
		ret = slots_chain_begin(chain);
	}
	if (ret == -EIOCBQUEUED)
		return;
	chain->aio.result = ret;
	complete_all(&chain->aio.done);
}

static ssize_t slots_chain_begin(struct slots_chain *chain)
{
	struct kiocb *iocb = &chain->aio.iocb;
	struct file *file = chain->flight->file;

	init_sync_kiocb(iocb, file);
	iocb->ki_flags |= IOCB_NOWAIT;
	iocb->ki_complete = slots_chain_next;
	iov_iter_bvec(&chain->aio.iter, ITER_DEST, &chain->bvec, 1,
		      chain->bvec.bv_len);
	return file->f_op->read_iter(iocb, &chain->aio.iter);
}

static void slots_chain_end(void *data)
{
	struct slots_chain *chain = data;

	chain->left = 0;
	lab_flight_release(chain->flight);
	lab_dad_wait(&chain->aio);
}

/* There is a slot, and room in the ring, as soon as ki_complete() is called. */
static void slots_reused_at_once(struct kunit *test)
{
	struct slots_chain *chain = kunit_kzalloc(test, sizeof(*chain),
						  GFP_KERNEL);
	void *page = lab_dma_pages(test, PAGE_SIZE);
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned int nr;

	KUNIT_ASSERT_NOT_NULL(test, chain);
	chain->flight = flight;
	chain->left = 2 * LAB_FLIGHT_SLOTS;
	bvec_set_virt(&chain->bvec, page, 200);
	init_completion(&chain->aio.done);
	lab_flight_fill(&flight->dad, 0, 200);

	lab_flight_hold(flight);
	KUNIT_ASSERT_EQ(test, slots_chain_begin(chain), -EIOCBQUEUED);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, slots_chain_end,
							   chain));
	for (nr = 1; nr < LAB_FLIGHT_SLOTS; nr++)
		lab_flight_submit(flight, flight->file, nr, false);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(flight->file), 0);
	lab_flight_release(flight);
	KUNIT_EXPECT_EQ(test, lab_dad_wait(&chain->aio), 200);
	KUNIT_EXPECT_EQ(test, chain->left, 0);
	lab_flight_expect_kernel(test, page, 200, 0);
	for (nr = 1; nr < LAB_FLIGHT_SLOTS; nr++)
		lab_flight_expect(flight, nr, false);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "resets"), 0);
}

static struct kunit_case slots_cases[] = {
	KUNIT_CASE_PARAM(slots_full, lab_dad_gen_few_dma_params),
	KUNIT_CASE(slots_last),
	KUNIT_CASE(slots_no_wait),
	KUNIT_CASE(slots_turns),
	KUNIT_CASE(slots_poll),
	KUNIT_CASE(slots_unplug),
	KUNIT_CASE(slots_vanish),
	KUNIT_CASE(slots_of_all_files),
	KUNIT_CASE(slots_not_leaked),
	KUNIT_CASE(slots_reused_at_once),
	{}
};

static struct kunit_suite slots_suite = {
	.name		= "umlab_dad_slots",
	.test_cases	= slots_cases,
};

kunit_test_suite(slots_suite);
