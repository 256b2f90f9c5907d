/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dad boards that vanish, at each access in turn
 *
 * A thing is done again and again, each time with another board, which vanishes one
 * access later than the one before it: until it is done before the board vanishes.
 * Accesses are those of the CPU to registers, or those of the board to memory::
 *
 *	static void example_read(struct lab_vanish *walk)
 *	{
 *		ssize_t got;
 *
 *		lab_vanish_arm(walk);
 *		got = lab_dad_read(walk->file, walk->user, 100, 5);
 *		lab_vanish_expect(walk, "a read", 100, got);
 *	}
 *	...
 *	lab_vanish_each(lab_vanish_begin(test, way), false, example_read);
 */
#ifndef _LAB_DAD_VANISH_H
#define _LAB_DAD_VANISH_H

#include <linux/types.h>

#include "dad.h"
#include "dad_ring.h"

struct file;
struct kunit;

/* What is on the boards of a walk, in the first page */
#define LAB_VANISH_SEED	1

/* No thing that is walked has so many accesses. */
#define LAB_VANISH_MAX	400U

/**
 * struct lab_vanish - a thing that is done while a board vanishes
 * @test: the test
 * @way: how boards are plugged in
 * @user: four pages of user memory, the last one for @other
 * @other: another board, on the same line if it is INTx; it must not notice
 * @other_file: its node
 * @nth: at which access the board vanishes
 * @dma: of the board to memory
 * @dad: the board
 * @file: its node; does not wait for the board to run
 * @ring: a ring of it that is mapped, or with no file
 * @memory: where its memory is mapped as well
 * @aio: for a read of it
 */
struct lab_vanish {
	struct kunit *test;
	const struct lab_dad_way *way;
	unsigned long user;
	struct lab_dad other;
	struct file *other_file;
	unsigned int nth;
	bool dma;
	struct lab_dad dad;
	struct file *file;
	struct lab_ring ring;
	unsigned long memory;
	struct lab_dad_aio aio;
};

/**
 * lab_vanish_begin() - plug in the other board
 * @test: as for lab_dad_plug_as(); the console is quiet from now on
 * @way: how boards are plugged in
 */
struct lab_vanish *lab_vanish_begin(struct kunit *test,
				    const struct lab_dad_way *way);

/* Where the board is plugged in, on the line of the other one */
#define LAB_VANISH_AT	UMLAB_AT(1, 0)

/**
 * lab_vanish_map() - map a ring, and the memory on the board
 * @walk: the walk
 *
 * When the board is gone, lab_vanish_step() expects both to be.
 */
void lab_vanish_map(struct lab_vanish *walk);

/**
 * lab_vanish_arm() - from now on accesses are counted
 * @walk: the walk
 */
void lab_vanish_arm(struct lab_vanish *walk);

/**
 * lab_vanish_gone() - whether the board has vanished
 * @walk: the walk
 */
bool lab_vanish_gone(const struct lab_vanish *walk);

/**
 * lab_vanish_expect() - expect that all was done, or that the board has vanished
 * @walk: the walk
 * @what: what
 * @all: what it gives if all was done
 * @got: what it gave, EIO and ENODEV only if the board has vanished
 */
void lab_vanish_expect(const struct lab_vanish *walk, const char *what, long all,
		       long got);

/**
 * lab_vanish_expect_other() - expect that the other board works
 * @walk: the walk
 */
void lab_vanish_expect_other(const struct lab_vanish *walk);

/**
 * lab_vanish_step() - do it once, with a board that vanishes at access @nth
 * @walk: the walk
 * @thing: what is done
 *
 * It has to end in LAB_DAD_LONG. Then the board is unplugged, with files open and
 * perhaps mapped.
 *
 * Return: whether the board has vanished.
 */
bool lab_vanish_step(struct lab_vanish *walk,
		     void (*thing)(struct lab_vanish *walk));

/**
 * lab_vanish_each() - do it with boards that vanish at each access
 * @walk: the walk
 * @dma: of the board to memory, not of the CPU to registers
 * @thing: what is done; calls lab_vanish_arm()
 */
void lab_vanish_each(struct lab_vanish *walk, bool dma,
		     void (*thing)(struct lab_vanish *walk));

#endif /* _LAB_DAD_VANISH_H */
