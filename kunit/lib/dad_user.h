/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User memory beside a dad board, and what is to be in both
 *
 * What a transfer should do is done once more, to a copy of each memory; then all of both
 * is compared. So nothing may change but what was to be moved. The references of the pages
 * are compared as well, and what is mapped for the board::
 *
 *	struct lab_dad dad = lab_dad_plug(test);
 *	unsigned long addr = lab_mmap_anonymous(test, 2);
 *	struct lab_dad_user *user = lab_dad_user_new(&dad, addr, 2);
 *
 *	KUNIT_EXPECT_EQ(test, lab_dad_user_move(user, false, 3, 100, 7), 100);
 *	lab_dad_user_expect(user, "a read");
 */
#ifndef _LAB_DAD_USER_H
#define _LAB_DAD_USER_H

#include <linux/types.h>

#include "dad.h"
#include "refs.h"

struct file;
struct kunit;

/**
 * struct lab_dad_user - user memory, and what is to be in it and on the board
 * @dad: the board
 * @file: its node, open for reading and writing
 * @addr: the memory, in the space that is entered
 * @size: in bytes, whole pages
 * @want: what is to be in it
 * @seen: for what is
 * @board: what is to be in the memory on the board
 * @refs: the baselines of its pages, unless there are more than LAB_REFS_MAX
 * @mappings: how many mappings the board is to have
 * @aio: the read or write of lab_dad_user_hold()
 * @held: it is not over yet
 * @write: it is a write
 * @at: where in the user memory
 * @pos: where on the board
 */
struct lab_dad_user {
	struct lab_dad dad;
	struct file *file;
	unsigned long addr;
	size_t size;
	u8 *want;
	u8 *seen;
	u8 *board;
	struct lab_refs refs;
	unsigned int mappings;
	struct lab_dad_aio aio;
	bool held;
	bool write;
	size_t at;
	loff_t pos;
};

/**
 * lab_dad_user_new() - open a board, and fill user memory and that on the board
 * @dad: the board; nothing is under way there
 * @addr: the user memory; the test is aborted if it cannot be written
 * @pages: how many pages
 *
 * Return: the memory; freed when the test ends.
 */
struct lab_dad_user *lab_dad_user_new(const struct lab_dad *dad,
				      unsigned long addr, unsigned long pages);

/**
 * lab_dad_user_moved() - note that data was moved
 * @user: the memory
 * @write: to the board
 * @at: where in the user memory, in bytes
 * @pos: where on the board
 * @ret: what read() or write() returned; an error: nothing was
 */
void lab_dad_user_moved(struct lab_dad_user *user, bool write, size_t at,
			loff_t pos, ssize_t ret);

/**
 * lab_dad_user_move() - pread() or pwrite(), and note what it moves
 * @user: the memory
 * @write: write
 * @at: where in the user memory, in bytes
 * @len: how many bytes
 * @pos: where on the board
 *
 * Return: what pread() or pwrite() returns.
 */
ssize_t lab_dad_user_move(struct lab_dad_user *user, bool write, size_t at,
			  size_t len, loff_t pos);

/**
 * lab_dad_user_move_all() - the same again and again, until all is moved
 * @user: as for lab_dad_user_move()
 * @write: likewise
 * @at: likewise
 * @len: likewise
 * @pos: likewise
 *
 * Return: how many calls it took, or what one returned that moved nothing.
 */
int lab_dad_user_move_all(struct lab_dad_user *user, bool write, size_t at,
			  size_t len, loff_t pos);

/**
 * lab_dad_user_hold() - begin an asynchronous read or write that the board does not finish
 * @user: the memory; the test is aborted if it does not get under way
 * @write: write
 * @at: where in the user memory, in bytes
 * @len: how many bytes
 * @pos: where on the board
 *
 * One at a time. It ends with the test, if not before.
 */
void lab_dad_user_hold(struct lab_dad_user *user, bool write, size_t at,
		       size_t len, loff_t pos);

/**
 * lab_dad_user_wait() - wait for it, and note what it moves
 * @user: the memory
 *
 * Return: as lab_dad_wait().
 */
ssize_t lab_dad_user_wait(struct lab_dad_user *user);

/**
 * lab_dad_user_let_go() - have the board finish it, and all others at once; and wait for it
 * @user: the memory
 *
 * Return: as lab_dad_wait().
 */
ssize_t lab_dad_user_let_go(struct lab_dad_user *user);

/**
 * lab_dad_user_expect_counter() - expect a counter of the driver's
 * @user: the memory, for the board
 * @name: the counter
 * @want: what it is to be
 */
void lab_dad_user_expect_counter(const struct lab_dad_user *user,
				 const char *name, long want);

/**
 * lab_dad_user_expect_board() - expect the memory on the board, and the mappings
 * @user: the memory
 * @step: what the test has just done, for the message
 *
 * All that was mapped has to be unmapped. What was allocated since (a DMA pool grows,
 * and stays so) may be there.
 */
void lab_dad_user_expect_board(struct lab_dad_user *user, const char *step);

/**
 * lab_dad_user_expect_more() - expect references to each page
 * @user: the memory
 * @step: what the test has just done
 * @more: how many more there are to be than at the start
 */
void lab_dad_user_expect_more(const struct lab_dad_user *user,
			      const char *step, int more);

/**
 * lab_dad_user_expect_refs() - expect the references and mappings of each page, none more
 * @user: the memory
 * @step: what the test has just done
 */
void lab_dad_user_expect_refs(const struct lab_dad_user *user,
			      const char *step);

/**
 * lab_dad_user_expect() - expect all of that, and the user memory
 * @user: the memory
 * @step: what the test has just done
 */
void lab_dad_user_expect(struct lab_dad_user *user, const char *step);

/**
 * lab_dad_scatter() - have anonymous memory in pages that are not in a row
 * @test: the test; aborted if there is no memory
 * @addr: the memory, none of which was touched
 * @pages: how many pages
 */
void lab_dad_scatter(struct kunit *test, unsigned long addr,
		     unsigned long pages);

/**
 * lab_dad_runs() - of how many runs of frames user memory is
 * @addr: the memory, all of which was touched
 * @pages: how many pages
 */
unsigned int lab_dad_runs(unsigned long addr, unsigned long pages);

/**
 * lab_dad_contiguous() - user memory of one run of frames, in an address space of its own
 * @test: the test; aborted if there is no memory, and failed if something is written
 *	next to it
 * @pages: how many pages
 *
 * Not anonymous: it is mapped from a file of its own, as a driver's would be.
 *
 * Return: the address.
 */
unsigned long lab_dad_contiguous(struct kunit *test, unsigned long pages);

#endif /* _LAB_DAD_USER_H */
