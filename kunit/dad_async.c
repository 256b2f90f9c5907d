// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: asynchronous reads and writes
 */

#include <kunit/test.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "lib/dad.h"
#include "lib/dad_flight.h"
#include "lib/frames.h"
#include "lib/node.h"
#include "lib/space.h"
#include "lib/touch.h"

/* Short and long ones, in one page and in two */
static const unsigned int async_some[] = { 0, 3, 10, 15 };

static void async_move(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(async_some); i++)
		lab_flight_submit(flight, flight->file, async_some[i], true);
	for (i = 0; i < ARRAY_SIZE(async_some); i++)
		lab_flight_expect(flight, async_some[i], true);
	for (i = 0; i < ARRAY_SIZE(async_some); i++)
		lab_flight_submit(flight, flight->file, async_some[i], false);
	for (i = 0; i < ARRAY_SIZE(async_some); i++)
		lab_flight_expect(flight, async_some[i], false);
}

static struct page *async_page(struct kunit *test, unsigned long addr)
{
	struct lab_frame frame;

	KUNIT_ASSERT_EQ(test, lab_touch(addr, true), LAB_OK);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &frame));
	return pfn_to_page(frame.pfn);
}

/* Pinned from the begin to the end, even if its process unmaps it meanwhile */
static void async_unmapped(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned long addr = lab_flight_addr(flight, 10);
	struct page *page = async_page(test, addr);
	bool pinned;

	lab_flight_hold(flight);
	lab_flight_submit(flight, flight->file, 10, false);
	get_page(page);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr & PAGE_MASK, 2), 0);
	pinned = folio_maybe_dma_pinned(page_folio(page));
	lab_flight_release(flight);
	KUNIT_EXPECT_TRUE(test, pinned);
	KUNIT_EXPECT_EQ(test, lab_flight_wait(flight, 10), lab_flight_len(10));
	lab_flight_expect_kernel(test, page_address(page) + offset_in_page(addr),
				 lab_flight_len(10), lab_flight_pos(10));
	lru_add_drain();
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

/* A board that moves less says how much, and the rest is as it was. */
static void async_partial(struct kunit *test)
{
	static const struct umlab_dad_manners manners = { .partial = 77 };
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned int i;

	umlab_dad_behave(flight->dad.slot, &manners);
	for (i = 0; i < ARRAY_SIZE(async_some); i++) {
		unsigned int nr = async_some[i];
		unsigned long addr = lab_flight_addr(flight, nr);
		loff_t pos = lab_flight_pos(nr);

		lab_dad_put_user(test, addr, lab_flight_len(nr),
				 LAB_FLIGHT_USER, 0);
		lab_flight_submit(flight, flight->file, nr, false);
		KUNIT_EXPECT_EQ(test, lab_flight_wait(flight, nr), 77);
		KUNIT_EXPECT_EQ(test, flight->request[nr].aio.iocb.ki_pos,
				pos + 77);
		lab_dad_expect_user(&flight->dad, addr, 77, LAB_FLIGHT_BOARD,
				    pos);
		lab_dad_expect_user(&flight->dad, addr + 77,
				    lab_flight_len(nr) - 77, LAB_FLIGHT_USER,
				    77);
	}
}

/* An address where nothing is */
#define ASYNC_NOWHERE	0x1000UL

/**
 * struct async_edge - what does not get as far as the board
 * @name: in messages
 * @write: it is a write
 * @addr: where in user memory; 0: where there is some
 * @len: how many bytes
 * @pos: where on the board
 * @result: what comes of it
 */
struct async_edge {
	const char *name;
	bool write;
	unsigned long addr;
	size_t len;
	loff_t pos;
	int result;
};

static const struct async_edge async_edges[] = {
	{ "read at the end", false, 0, 10, LAB_DAD_MEMORY, 0 },
	{ "read beyond it", false, 0, 10, LAB_DAD_MEMORY + 1, 0 },
	{ "read far beyond it", false, 0, 10, 1LL << 40, 0 },
	{ "write at the end", true, 0, 10, LAB_DAD_MEMORY, -ENOSPC },
	{ "write beyond it", true, 0, 10, LAB_DAD_MEMORY + 1, -ENOSPC },
	{ "read of nothing", false, 0, 0, 0, 0 },
	{ "write of nothing", true, 0, 0, 0, 0 },
	{ "read to nowhere", false, ASYNC_NOWHERE, 10, 0, -EFAULT },
	{ "write from nowhere", true, ASYNC_NOWHERE, 10, 0, -EFAULT },
};

static void async_refused(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	const struct async_edge *edge = async_edges;

	for (; edge < async_edges + ARRAY_SIZE(async_edges); edge++) {
		unsigned long addr = edge->addr ?: flight->addr;

		KUNIT_EXPECT_EQ_MSG(test, edge->result,
				    lab_flight_try(flight, flight->file, 0,
						   edge->write, addr, edge->len,
						   edge->pos),
				    "%s", edge->name);
	}
	/* The board writes on behalf of him who reads. */
	KUNIT_ASSERT_EQ(test, lab_mprotect(flight->addr, 1, PROT_READ), 0);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			lab_flight_try(flight, flight->file, 0, false,
				       flight->addr, 10, 0));
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "requests"), 0);
}

/* At the end of the memory on the board, and of the caller's */
static void async_cut(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct file *file = flight->file;
	struct lab_dad *dad = &flight->dad;
	unsigned long end = flight->addr + PAGE_SIZE;

	lab_flight_fill(dad, 0, 300);
	lab_flight_fill(dad, dad->size - 10, 10);
	KUNIT_ASSERT_EQ(test, -EIOCBQUEUED,
			lab_flight_try(flight, file, 0, false, flight->addr,
				       100, dad->size - 10));
	KUNIT_EXPECT_EQ(test, lab_flight_wait(flight, 0), 10);
	lab_dad_expect_user(dad, flight->addr, 10, LAB_FLIGHT_BOARD,
			    dad->size - 10);

	KUNIT_ASSERT_EQ(test, lab_munmap(end, 1), 0);
	KUNIT_ASSERT_EQ(test, -EIOCBQUEUED,
			lab_flight_try(flight, file, 0, false, end - 300, 3000,
				       0));
	KUNIT_EXPECT_EQ(test, lab_flight_wait(flight, 0), 300);
	lab_dad_expect_user(dad, end - 300, 300, LAB_FLIGHT_BOARD, 0);
}

#define ASYNC_BUSY	6

/* Of some that are under way, one is of memory that faults. */
static void async_one_fails(struct lab_flight *flight, unsigned int bad)
{
	unsigned long last = lab_flight_addr(flight, bad) +
			     lab_flight_len(bad) - 1;
	struct kunit *test = flight->dad.test;
	const struct umlab_faults none = { };
	struct umlab_faults faults = { };
	unsigned int nr;

	lab_flight_hold(flight);
	for (nr = 0; nr < ASYNC_BUSY; nr++)
		lab_flight_submit(flight, flight->file, nr, false);
	faults.dma_fault = page_to_phys(async_page(test, last)) +
			   offset_in_page(last);
	umlab_set_faults(flight->dad.slot, &faults);
	lab_flight_release(flight);
	for (nr = 0; nr < ASYNC_BUSY; nr++) {
		if (nr == bad)
			KUNIT_EXPECT_EQ(test, lab_flight_wait(flight, nr),
					-EIO);
		else
			lab_flight_expect(flight, nr, false);
	}
	umlab_set_faults(flight->dad.slot, &none);
}

static void async_bus_error(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);

	async_one_fails(flight, 2);
	/* Of its two pages, the second one */
	async_one_fails(flight, 3);
	async_one_fails(flight, 0);
	lab_dad_expect_state(&flight->dad, "running");
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "resets"), 0);
}

/* What is under way holds the file: it is released only then, and its ring with it. */
static void async_close(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct file *file = lab_dad_open(&flight->dad, O_RDWR);
	struct umlab_slot *slot = flight->dad.slot;
	unsigned int before = umlab_mappings(slot);

	lab_flight_hold(flight);
	KUNIT_ASSERT_EQ(test, lab_flight_start_read(flight, file, 0, 0),
			-EIOCBQUEUED);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), before + 1);
	lab_flight_release(flight);
	lab_flight_expect(flight, 0, false);
	/* A kernel thread's fput() is left to a work item. */
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), before);
	lab_flight_submit(flight, flight->file, 1, false);
	lab_flight_expect(flight, 1, false);
}

static const struct umlab_dad_manners async_manners[] = {
	{ .backwards = false },
	{ .backwards = true },
};

static void async_describe(const struct umlab_dad_manners *manners, char *desc)
{
	strscpy(desc, manners->backwards ? "backwards" : "forwards",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(async_manners, async_manners, async_describe);

/* Callers are told in the order in which the board completes. */
static void async_order(struct kunit *test)
{
	const struct umlab_dad_manners *manners = test->param_value;
	struct lab_flight *flight = lab_flight_begin(test);
	unsigned int last = LAB_FLIGHT_SLOTS - 1, nr;

	umlab_dad_behave(flight->dad.slot, manners);
	lab_flight_hold(flight);
	for (nr = 0; nr <= last; nr++)
		KUNIT_ASSERT_EQ(test, -EIOCBQUEUED,
				lab_flight_start_read(flight, flight->file, nr,
						      0));
	lab_flight_release(flight);
	lab_flight_expect_all(flight);
	KUNIT_ASSERT_EQ(test, flight->over, LAB_FLIGHT_SLOTS);
	for (nr = 0; nr <= last; nr++)
		KUNIT_EXPECT_EQ(test, flight->order[nr],
				manners->backwards ? last - nr : nr);
}

static void async_programmed(struct kunit *test, u8 revision)
{
	struct lab_dad_aio *aio = kunit_kzalloc(test, sizeof(*aio), GFP_KERNEL);
	struct lab_dad dad = lab_dad_plug_as(test, revision, SZ_64K, NULL);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 2);

	KUNIT_ASSERT_NOT_NULL(test, aio);
	KUNIT_ASSERT_FALSE(test, dad.dma);
	lab_flight_fill(&dad, 7, 5000);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file), LAB_FLIGHT_READY);
	KUNIT_EXPECT_EQ(test, lab_dad_submit(file, aio, false, addr, 5000, 7),
			5000);
	KUNIT_EXPECT_FALSE(test, completion_done(&aio->done));
	KUNIT_EXPECT_EQ(test, aio->iocb.ki_pos, 5007);
	lab_dad_expect_user(&dad, addr, 5000, LAB_FLIGHT_BOARD, 7);
	KUNIT_EXPECT_EQ(test, lab_dad_submit(file, aio, true, addr, 3000, 9000),
			3000);
	KUNIT_EXPECT_FALSE(test, completion_done(&aio->done));
	lab_dad_expect_board(&dad, 9000, 3000, LAB_FLIGHT_BOARD, 7);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file), LAB_FLIGHT_READY);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "requests"), 0);
}

/* By a board without DMA, and by one that memory is out of reach for: done at once */
static void async_programmed_io(struct kunit *test)
{
	async_programmed(test, DAD_REV_P);
	async_programmed(test, DAD_REV_A);
}

static struct kunit_case async_cases[] = {
	KUNIT_CASE_PARAM(async_move, lab_dad_gen_dma_params),
	KUNIT_CASE(async_unmapped),
	KUNIT_CASE(async_partial),
	KUNIT_CASE(async_refused),
	KUNIT_CASE(async_cut),
	KUNIT_CASE(async_bus_error),
	KUNIT_CASE(async_close),
	KUNIT_CASE_PARAM(async_order, async_manners_gen_params),
	KUNIT_CASE(async_programmed_io),
	{}
};

static struct kunit_suite async_suite = {
	.name		= "umlab_dad_async",
	.test_cases	= async_cases,
};

kunit_test_suite(async_suite);
