/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings of blocks of dad boards, and what of a board is mapped
 *
 * A block lasts about LAB_RING_BLOCK_US, however many samples it has, and these tell
 * its place in the stream: each is its own number, on the line in as the board counts
 * them, on the line out as lab_ring_fill() does::
 *
 *	struct lab_dad dad;
 *	struct lab_ring ring = lab_ring_plug(test, &dad, DAD_RING_IN, 4);
 *
 *	lab_ring_start(&ring);
 *	lab_ring_wait(&ring, 1);
 *	lab_ring_expect(&ring, 0, 0);
 *	lab_ring_give(&ring, 1);
 *
 * All of it acts on the space that was entered last.
 */
#ifndef _LAB_DAD_RING_H
#define _LAB_DAD_RING_H

#include <linux/completion.h>
#include <linux/poll.h>
#include <linux/wait.h>

#include "dad.h"

struct kunit;
struct lab_space;
struct lab_window;

/* How long a block lasts, in us of virtual time; very long ones last a little longer */
#define LAB_RING_BLOCK_US	1000

/* Where a ring is mapped, in pages */
#define LAB_RING_PGOFF		(DAD_MAP_RING >> PAGE_SHIFT)

/**
 * struct lab_ring - a file with a ring
 * @dad: the board
 * @file: the file
 * @shape: the ring
 * @pages: its length when it is mapped
 * @addr: where it is mapped; 0: it is not
 */
struct lab_ring {
	const struct lab_dad *dad;
	struct file *file;
	struct dad_ring shape;
	unsigned long pages;
	unsigned long addr;
};

/**
 * lab_ring_shape() - what to ask DAD_IOC_RING for
 * @direction: DAD_RING_IN or DAD_RING_OUT
 * @block_size: in bytes
 * @blocks: how many
 */
struct dad_ring lab_ring_shape(u32 direction, u32 block_size, u32 blocks);

/**
 * lab_ring_make() - open a file and make its ring, which is not mapped
 * @dad: the board; the test is aborted if this fails
 * @shape: the ring
 */
struct lab_ring lab_ring_make(const struct lab_dad *dad, struct dad_ring shape);

/**
 * lab_ring_new() - open a file, make its ring and map it
 * @dad: as for lab_ring_make()
 * @shape: likewise
 */
struct lab_ring lab_ring_new(const struct lab_dad *dad, struct dad_ring shape);

/**
 * lab_ring_short() - the same with blocks of DAD_BLOCK_MIN
 * @dad: as for lab_ring_make()
 * @direction: DAD_RING_IN or DAD_RING_OUT
 * @blocks: how many
 */
struct lab_ring lab_ring_short(const struct lab_dad *dad, u32 direction,
			       u32 blocks);

/**
 * lab_ring_plug() - plug in a board, enter a space, and make such a ring
 * @test: the test, as for lab_dad_plug()
 * @dad: for the board
 * @direction: as for lab_ring_short()
 * @blocks: likewise
 */
struct lab_ring lab_ring_plug(struct kunit *test, struct lab_dad *dad,
			      u32 direction, u32 blocks);

/**
 * lab_ring_close() - unmap a ring and close its file
 * @ring: the ring; not to be used afterwards
 */
void lab_ring_close(const struct lab_ring *ring);

/**
 * lab_ring_start() - start the converter
 * @ring: the ring; the test is aborted if this fails
 */
void lab_ring_start(const struct lab_ring *ring);

/**
 * lab_ring_stop() - stop the converter
 * @ring: the ring
 */
void lab_ring_stop(const struct lab_ring *ring);

/**
 * lab_ring_try_give() - give blocks to the board
 * @ring: the ring
 * @count: how many blocks
 *
 * Return: what ioctl() returns.
 */
long lab_ring_try_give(const struct lab_ring *ring, u32 count);

/**
 * lab_ring_give() - give blocks to the board, and expect that it takes them
 * @ring: the ring
 * @count: how many blocks
 *
 * Return: how far it is.
 */
struct dad_advance lab_ring_give(const struct lab_ring *ring, u32 count);

/**
 * lab_ring_look() - see how far a board is
 * @ring: the ring
 */
struct dad_advance lab_ring_look(const struct lab_ring *ring);

/**
 * lab_ring_sleep() - sleep for as long as some blocks last
 * @ring: the ring
 * @blocks: how many
 */
void lab_ring_sleep(const struct lab_ring *ring, u32 blocks);

/**
 * lab_ring_wait() - wait for a board to be done with blocks, and expect that it is
 * @ring: the ring
 * @done: so many since the start
 *
 * Gives up if the stream does not run, or if that takes far too long.
 *
 * Return: how far it is then.
 */
struct dad_advance lab_ring_wait(const struct lab_ring *ring, u64 done);

/**
 * lab_ring_at() - where a block is mapped
 * @ring: the ring
 * @block: its number since the start
 */
unsigned long lab_ring_at(const struct lab_ring *ring, u64 block);

/**
 * lab_ring_expect() - expect a block's samples in it
 * @ring: the ring
 * @block: its number since the start
 * @lost: how many blocks' worth of samples were lost before it
 *
 * Of more than 4 KiB, parts are looked at, the first and the last samples among them.
 */
void lab_ring_expect(const struct lab_ring *ring, u64 block, u64 lost);

/**
 * lab_ring_fill() - fill a block with its samples
 * @ring: the ring
 * @block: its number since the start
 */
void lab_ring_fill(const struct lab_ring *ring, u64 block);

/**
 * lab_ring_expect_sent() - expect that these blocks, and nothing else, were sent
 * @ring: the ring
 * @blocks: so many from the start, filled by lab_ring_fill()
 */
void lab_ring_expect_sent(const struct lab_ring *ring, u64 blocks);

/**
 * lab_ring_expect_quiet() - expect that a board does not access memory of the host
 * @ring: the ring; time for several blocks passes
 */
void lab_ring_expect_quiet(const struct lab_ring *ring);

/* The most wait queues that a driver's poll method may wait on here */
#define LAB_RING_POLL_QUEUES	4

/**
 * struct lab_ring_poll - a process that waits in poll()
 * @test: the test
 * @file: what for
 * @events: and which events, POLL*
 * @table: what the driver's poll method gets
 * @entries: where it has put us
 * @queues: the wait queues
 * @count: how many
 * @woken: completed each time that we are woken
 */
struct lab_ring_poll {
	struct kunit *test;
	struct file *file;
	unsigned int events;
	poll_table table;
	wait_queue_entry_t entries[LAB_RING_POLL_QUEUES];
	wait_queue_head_t *queues[LAB_RING_POLL_QUEUES];
	unsigned int count;
	struct completion woken;
};

/**
 * lab_ring_poll_begin() - begin to wait in poll(); none of the events may be there yet
 * @test: the test
 * @file: what for
 * @events: which events, POLL*
 *
 * Return: the process; ends when the test does, or by lab_ring_poll_end(), and has to
 * before the file is closed.
 */
struct lab_ring_poll *lab_ring_poll_begin(struct kunit *test, struct file *file,
					  unsigned int events);

/**
 * lab_ring_poll_end() - wait until poll() returns
 * @poll: the process; not to be used afterwards
 *
 * It fails if nobody wakes it in LAB_DAD_LONG, be the events there or not.
 *
 * Return: POLL*, as poll() found them at last; 0: nobody woke it.
 */
unsigned int lab_ring_poll_end(struct lab_ring_poll *poll);

/**
 * enum lab_area - what of a board can be mapped
 * @LAB_AREA_MEMORY: the memory on it
 * @LAB_AREA_RING: a ring
 * @LAB_AREAS: how many kinds there are
 */
enum lab_area {
	LAB_AREA_MEMORY,
	LAB_AREA_RING,
	LAB_AREAS
};

/* How much of each is looked at: of a ring it is all */
#define LAB_AREA_PAGES	4UL

/**
 * struct lab_areas - a board, and a file by which to map both
 * @dad: the board
 * @ring: the file; for input, of LAB_AREA_PAGES blocks of a page; not mapped
 * @file: the same file
 * @pgoff: where each is mapped, in pages
 * @pfn: the frames of each
 * @space: an empty space, which was entered
 */
struct lab_areas {
	struct lab_dad dad;
	struct lab_ring ring;
	struct file *file;
	unsigned long pgoff[LAB_AREAS];
	unsigned long pfn[LAB_AREAS][LAB_AREA_PAGES];
	struct lab_space *space;
};

/**
 * lab_areas_plug() - plug in a board to map what it has
 * @test: the test, as for lab_dad_plug(); aborted if this fails
 *
 * The frames of the memory are where its BAR is; those of the ring were found by
 * mapping it once, so a case has to see for itself that they are the right ones.
 */
struct lab_areas *lab_areas_plug(struct kunit *test);

/**
 * lab_area_map() - map a part of one, for reading and writing
 * @areas: the board; the test is aborted if this fails
 * @area: what
 * @first: from which page on
 * @pages: how many pages
 *
 * Return: the address.
 */
unsigned long lab_area_map(const struct lab_areas *areas, enum lab_area area,
			   unsigned long first, unsigned long pages);

/**
 * lab_area_window() - the frames of a part of one
 * @areas: the board
 * @area: what
 * @addr: where it is mapped
 * @first: from which page on
 * @pages: how many pages
 *
 * Return: for lab_expect_frames().
 */
struct lab_window lab_area_window(const struct lab_areas *areas,
				  enum lab_area area, unsigned long addr,
				  unsigned long first, unsigned long pages);

/**
 * lab_area_expect() - expect a part of one in the space, and nothing else
 * @areas: the board
 * @area: what
 * @step: what the test has just done, for the message
 * @addr: where it is mapped
 * @first: from which page on
 * @pages: how many pages
 */
void lab_area_expect(const struct lab_areas *areas, enum lab_area area,
		     const char *step, unsigned long addr, unsigned long first,
		     unsigned long pages);

#endif /* _LAB_DAD_RING_H */
