// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: reads and writes of all kinds of memory: scattered, of the kernel, pages
 */

#include <kunit/test.h>
#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "lib/dad.h"
#include "lib/dad_flight.h"
#include "lib/dma.h"
#include "lib/refs.h"

/**
 * struct scatter_part - a part of some pages
 * @at: where, in bytes
 * @len: how many bytes
 */
struct scatter_part {
	unsigned int at;
	unsigned int len;
};

/* In a page, in two, and at the end of the last one */
static const struct scatter_part scatter_parts[] = {
	{ 100, 50 },
	{ 2 * PAGE_SIZE - 300, 1000 },
	{ 4 * PAGE_SIZE - 64, 64 },
};

#define SCATTER_PARTS		ARRAY_SIZE(scatter_parts)
#define SCATTER_PARTS_LEN	1114
#define SCATTER_PARTS_PAGES	4

/* Where they come from, and go to, on the board */
#define SCATTER_FROM		3
#define SCATTER_TO		5001

/* Move what is in the iterator of request 0, which is forgotten as soon as it began. */
static void scatter_move_parts(struct lab_flight *flight, loff_t pos)
{
	struct iov_iter *iter = &flight->request[0].aio.iter;
	struct kunit *test = flight->dad.test;

	KUNIT_ASSERT_EQ(test, lab_flight_start(flight, flight->file, 0, pos, 0),
			-EIOCBQUEUED);
	memset(iter, 0xff, sizeof(*iter));
}

static void scatter_expect_parts(struct lab_flight *flight, loff_t pos)
{
	struct kunit *test = flight->dad.test;

	KUNIT_EXPECT_EQ(test, lab_flight_wait(flight, 0), SCATTER_PARTS_LEN);
	KUNIT_EXPECT_EQ(test, flight->request[0].aio.iocb.ki_pos,
			pos + SCATTER_PARTS_LEN);
}

/* The array of segments is the caller's, and may be on his stack. */
static void scatter_move_iovec(struct lab_flight *flight,
			       unsigned int direction, loff_t pos)
{
	struct iovec iov[SCATTER_PARTS];
	unsigned int i;

	for (i = 0; i < SCATTER_PARTS; i++) {
		iov[i].iov_base = (void __user *)(flight->addr +
						  scatter_parts[i].at);
		iov[i].iov_len = scatter_parts[i].len;
	}
	iov_iter_init(&flight->request[0].aio.iter, direction, iov, SCATTER_PARTS,
		      SCATTER_PARTS_LEN);
	scatter_move_parts(flight, pos);
	memset(iov, 0xff, sizeof(iov));
	scatter_expect_parts(flight, pos);
}

static void scatter_iovec(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct lab_dad *dad = &flight->dad;
	u64 pos = SCATTER_FROM;
	unsigned int i;

	lab_flight_fill(dad, SCATTER_FROM, SCATTER_PARTS_LEN);
	for (i = 0; i < SCATTER_PARTS; i++)
		lab_dad_put_user(test, flight->addr + scatter_parts[i].at - 16,
				 scatter_parts[i].len + 16, LAB_FLIGHT_USER, i);
	scatter_move_iovec(flight, ITER_DEST, SCATTER_FROM);
	for (i = 0; i < SCATTER_PARTS; i++) {
		unsigned long addr = flight->addr + scatter_parts[i].at;

		lab_dad_expect_user(dad, addr, scatter_parts[i].len,
				    LAB_FLIGHT_BOARD, pos);
		lab_dad_expect_user(dad, addr - 16, 16, LAB_FLIGHT_USER, i);
		pos += scatter_parts[i].len;
	}
	scatter_move_iovec(flight, ITER_SOURCE, SCATTER_TO);
	lab_dad_expect_board(dad, SCATTER_TO, SCATTER_PARTS_LEN, LAB_FLIGHT_BOARD,
			     SCATTER_FROM);
}

/* What the kernel has a reference to meanwhile is not pinned once more. */
static void scatter_move_bvec(struct lab_flight *flight,
			      unsigned int direction, loff_t pos, u8 *pages)
{
	struct kunit *test = flight->dad.test;
	struct bio_vec bvec[SCATTER_PARTS];
	struct lab_refs base;
	unsigned int i;

	lab_refs_init(&base);
	for (i = 0; i < SCATTER_PARTS_PAGES; i++)
		lab_refs_add(test, &base, virt_to_page(pages + i * PAGE_SIZE));
	for (i = 0; i < SCATTER_PARTS; i++)
		bvec_set_virt(&bvec[i], pages + scatter_parts[i].at,
			      scatter_parts[i].len);
	iov_iter_bvec(&flight->request[0].aio.iter, direction, bvec,
		      SCATTER_PARTS, SCATTER_PARTS_LEN);
	lab_flight_hold(flight);
	scatter_move_parts(flight, pos);
	memset(bvec, 0xff, sizeof(bvec));
	lab_expect_refs(test, "under way", &base, NULL);
	lab_flight_release(flight);
	scatter_expect_parts(flight, pos);
	lab_expect_refs(test, "done", &base, NULL);
}

static void scatter_bvec(struct kunit *test)
{
	u8 *pages = lab_dma_pages(test, SCATTER_PARTS_PAGES * PAGE_SIZE);
	struct lab_flight *flight = lab_flight_begin(test);
	u64 pos = SCATTER_FROM;
	unsigned int i;

	lab_flight_fill(&flight->dad, SCATTER_FROM, SCATTER_PARTS_LEN);
	scatter_move_bvec(flight, ITER_DEST, SCATTER_FROM, pages);
	for (i = 0; i < SCATTER_PARTS; i++) {
		const u8 *part = pages + scatter_parts[i].at;

		lab_flight_expect_kernel(test, part, scatter_parts[i].len, pos);
		KUNIT_EXPECT_NULL(test, memchr_inv(part - 16, 0, 16));
		pos += scatter_parts[i].len;
	}
	scatter_move_bvec(flight, ITER_SOURCE, SCATTER_TO, pages);
	lab_dad_expect_board(&flight->dad, SCATTER_TO, SCATTER_PARTS_LEN,
			     LAB_FLIGHT_BOARD, SCATTER_FROM);
}

/* What may be a stack is not for DMA: copied, so at once, and no more than 1 KiB. */
static void scatter_kvec(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	struct lab_dad_aio *aio = &flight->request[0].aio;
	u8 *buffer = kunit_kzalloc(test, 2000, GFP_KERNEL);
	struct kvec kvec = { .iov_base = buffer, .iov_len = 2000 };

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	lab_flight_fill(&flight->dad, SCATTER_FROM, 2000);
	iov_iter_kvec(&aio->iter, ITER_DEST, &kvec, 1, 2000);
	KUNIT_EXPECT_EQ(test, 1024, lab_flight_start(flight, flight->file, 0,
						     SCATTER_FROM, 0));
	KUNIT_EXPECT_FALSE(test, completion_done(&aio->done));
	KUNIT_EXPECT_EQ(test, aio->iocb.ki_pos, SCATTER_FROM + 1024);
	lab_flight_expect_kernel(test, buffer, 1024, SCATTER_FROM);
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer + 1024, 0, 2000 - 1024));

	iov_iter_kvec(&aio->iter, ITER_SOURCE, &kvec, 1, 300);
	KUNIT_EXPECT_EQ(test, 300, lab_flight_start(flight, flight->file, 0,
						    SCATTER_TO, 0));
	KUNIT_EXPECT_FALSE(test, completion_done(&aio->done));
	lab_dad_expect_board(&flight->dad, SCATTER_TO, 300, LAB_FLIGHT_BOARD,
			     SCATTER_FROM);
}

static struct kunit_case scatter_cases[] = {
	KUNIT_CASE_PARAM(scatter_iovec, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(scatter_bvec, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(scatter_kvec, umlab_topology_gen_params),
	{}
};

static struct kunit_suite scatter_suite = {
	.name		= "umlab_dad_scatter",
	.test_cases	= scatter_cases,
};

kunit_test_suite(scatter_suite);
