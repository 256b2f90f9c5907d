/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asynchronous reads and writes of a dad board, under way for as long as a case wants
 *
 * Each has a number, and by that its own place on the board and in user memory::
 *
 *	struct lab_flight *flight = lab_flight_begin(test);
 *
 *	lab_flight_hold(flight);
 *	lab_flight_submit(flight, flight->file, 3, false);
 *	...
 *	lab_flight_release(flight);
 *	lab_flight_expect(flight, 3, false);
 *
 * When the test ends, also when it fails, the board is let go and what is under way
 * comes to its end before the files are closed.
 */
#ifndef _LAB_DAD_FLIGHT_H
#define _LAB_DAD_FLIGHT_H

#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/types.h>

#include "dad.h"

struct file;
struct kunit;

/* How many requests a board may have at a time; how many there are here */
#define LAB_FLIGHT_SLOTS	16
#define LAB_FLIGHT_REQUESTS	(LAB_FLIGHT_SLOTS + 4)

/* Patterns, see lab_dad_byte(): on the board, and in user memory */
#define LAB_FLIGHT_BOARD	1
#define LAB_FLIGHT_USER		2

/* What poll() says of a board that has a slot to spare */
#define LAB_FLIGHT_READY	(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)

/**
 * struct lab_flight_request - a read or write
 * @flight: the others
 * @aio: the read or write itself
 * @queued: it is under way
 */
struct lab_flight_request {
	struct lab_flight *flight;
	struct lab_dad_aio aio;
	bool queued;
};

/**
 * struct lab_flight - a board, and what is under way there
 * @dad: the board
 * @file: its node, open for reading and writing
 * @addr: user memory, two pages for each request, in the space that was entered
 * @request: the requests
 * @order: the numbers of those that came from lab_flight_start() and are over, in order
 * @over: how many these are
 * @gone: the board was unplugged, by lab_flight_unplug()
 */
struct lab_flight {
	struct lab_dad dad;
	struct file *file;
	unsigned long addr;
	struct lab_flight_request request[LAB_FLIGHT_REQUESTS];
	unsigned int order[LAB_FLIGHT_REQUESTS];
	unsigned int over;
	bool gone;
};

/**
 * lab_flight_len() - how many bytes a request moves
 * @nr: its number
 *
 * Some of them are short enough to be copied, if they were not asynchronous.
 */
static inline size_t lab_flight_len(unsigned int nr)
{
	return 100 + 97 * nr;
}

/**
 * lab_flight_pos() - where on the board a request's bytes are
 * @nr: its number
 */
static inline loff_t lab_flight_pos(unsigned int nr)
{
	return 2049 * nr;
}

/**
 * lab_flight_addr() - where in user memory they are
 * @flight: the requests
 * @nr: its number; every fourth, 3 the first, has its bytes in two pages
 *
 * No two requests share a page.
 */
static inline unsigned long lab_flight_addr(const struct lab_flight *flight,
					    unsigned int nr)
{
	return flight->addr + 2 * nr * PAGE_SIZE +
	       (nr % 4 == 3 ? PAGE_SIZE - 50 : 5 * nr);
}

/**
 * lab_flight_begin() - plug in a board, open it, and have user memory
 * @test: as for lab_dad_plug(); aborted if this fails
 *
 * Return: the requests, none of which is under way.
 */
struct lab_flight *lab_flight_begin(struct kunit *test);

/**
 * lab_flight_fill() - put the pattern LAB_FLIGHT_BOARD to a part of a board
 * @dad: the board
 * @pos: where
 * @len: how many bytes
 */
void lab_flight_fill(const struct lab_dad *dad, u64 pos, size_t len);

/**
 * lab_flight_hold() - have the board finish nothing
 * @flight: the requests
 */
void lab_flight_hold(struct lab_flight *flight);

/**
 * lab_flight_release() - have the board finish all that it has, and the rest at once
 * @flight: the requests
 */
void lab_flight_release(struct lab_flight *flight);

/**
 * lab_flight_try() - begin any read or write of user memory
 * @flight: the requests
 * @file: on what file
 * @nr: the number that it gets
 * @write: write
 * @addr: where
 * @len: how many bytes
 * @pos: where on the board
 *
 * Return: as lab_dad_submit().
 */
ssize_t lab_flight_try(struct lab_flight *flight, struct file *file,
		       unsigned int nr, bool write, unsigned long addr,
		       size_t len, loff_t pos);

/**
 * lab_flight_submit() - begin the read or write with a number
 * @flight: the requests; the test is aborted if it does not get under way
 * @file: on what file
 * @nr: the number
 * @write: write
 *
 * Where its data comes from is filled before.
 */
void lab_flight_submit(struct lab_flight *flight, struct file *file,
		       unsigned int nr, bool write);

/**
 * lab_flight_submit_all() - hold the board, and begin as many reads as it has slots
 * @flight: the requests; the test is aborted if one does not get under way
 * @file: on what file
 */
void lab_flight_submit_all(struct lab_flight *flight, struct file *file);

/**
 * lab_flight_start() - begin a read or write of what is in @aio.iter
 * @flight: the requests
 * @file: on what file, which is held until it is over
 * @nr: its number
 * @pos: where on the board
 * @flags: IOCB_*
 *
 * Return: as lab_dad_submit().
 */
ssize_t lab_flight_start(struct lab_flight *flight, struct file *file,
			 unsigned int nr, loff_t pos, int flags);

/**
 * lab_flight_start_read() - begin the read with a number by lab_flight_start()
 * @flight: the requests
 * @file: on what file
 * @nr: the number
 * @flags: IOCB_*
 *
 * Return: likewise.
 */
ssize_t lab_flight_start_read(struct lab_flight *flight, struct file *file,
			      unsigned int nr, int flags);

/**
 * lab_flight_wait() - wait for one that is under way
 * @flight: the requests
 * @nr: its number
 *
 * Return: as lab_dad_wait().
 */
ssize_t lab_flight_wait(struct lab_flight *flight, unsigned int nr);

/**
 * lab_flight_expect_data() - expect the data of the read or write with a number
 * @flight: the requests
 * @nr: the number
 * @write: it was written
 */
void lab_flight_expect_data(const struct lab_flight *flight, unsigned int nr,
			    bool write);

/**
 * lab_flight_expect_kernel() - expect a part of LAB_FLIGHT_BOARD in kernel memory
 * @test: the test
 * @buffer: where
 * @len: how many bytes
 * @pos: where in the pattern that is
 */
void lab_flight_expect_kernel(struct kunit *test, const u8 *buffer, size_t len,
			      u64 pos);

/**
 * lab_flight_expect() - wait for it, and expect that it moves all of its data
 * @flight: the requests
 * @nr: the number
 * @write: it is a write
 */
void lab_flight_expect(struct lab_flight *flight, unsigned int nr, bool write);

/**
 * lab_flight_expect_all() - the same of those of lab_flight_submit_all(), let go before
 * @flight: the requests
 */
void lab_flight_expect_all(struct lab_flight *flight);

/**
 * lab_flight_unplug() - unplug the board
 * @flight: the requests
 * @surprise: it vanishes before the driver knows
 */
void lab_flight_unplug(struct lab_flight *flight, bool surprise);

#endif /* _LAB_DAD_FLIGHT_H */
