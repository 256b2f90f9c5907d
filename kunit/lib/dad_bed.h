/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test bed for what goes wrong: a board, and user memory for its data
 *
 * What has to be as before when all is over is remembered: what is mapped for the
 * board, and the references to the pages. A case does harm, and looks whether that is
 * so::
 *
 *	struct lab_bed *bed = lab_bed_plug(test);
 *
 *	lab_bed_hang(bed, true);
 *	KUNIT_EXPECT_EQ(test, lab_bed_move(bed, LAB_BED_LIST, false), -EIO);
 *	lab_bed_hang(bed, false);
 *	lab_bed_works(bed);
 *	lab_bed_rest(bed);
 */
#ifndef _LAB_DAD_BED_H
#define _LAB_DAD_BED_H

#include <linux/ktime.h>

#include "dad.h"
#include "refs.h"

struct kunit;

/* The user memory, in pages */
#define LAB_BED_PAGES	4

/* Asynchronous transfers: as many as the driver has slots */
#define LAB_BED_AIOS	16

/**
 * enum lab_bed_shape - a part of the user memory, by how the driver maps it
 * @LAB_BED_COPIED: short: copied, if synchronous
 * @LAB_BED_PAGE: within a page
 * @LAB_BED_LIST: in two pages
 * @LAB_BED_SHAPES: how many there are
 */
enum lab_bed_shape {
	LAB_BED_COPIED,
	LAB_BED_PAGE,
	LAB_BED_LIST,
	LAB_BED_SHAPES
};

/**
 * struct lab_bed_part - where such a part is
 * @name: in messages
 * @at: where in the user memory, and where on the board
 * @len: how many bytes
 */
struct lab_bed_part {
	const char *name;
	u32 at;
	u32 len;
};

extern const struct lab_bed_part lab_bed_parts[LAB_BED_SHAPES];

/**
 * struct lab_bed - a board and user memory
 * @test: the test
 * @dad: the board
 * @file: its node, open for both
 * @addr: the user memory
 * @seed: of the last pattern
 * @mappings: what was mapped for the board when nothing was under way
 * @refs: the references to the pages then
 * @aio: asynchronous transfers; they outlive the board
 */
struct lab_bed {
	struct kunit *test;
	struct lab_dad dad;
	struct file *file;
	unsigned long addr;
	u32 seed;
	unsigned int mappings;
	struct lab_refs refs;
	struct lab_dad_aio aio[LAB_BED_AIOS];
};

/**
 * lab_bed_plug() - plug in a board as by lab_dad_plug(), and see that it works
 * @test: the test; aborted if this fails
 */
struct lab_bed *lab_bed_plug(struct kunit *test);

/**
 * lab_bed_plug_as() - the same with a board of one's choice
 * @test: likewise
 * @revision: DAD_REV_*; it has to be able to do DMA there
 * @options: as for umlab_plug()
 */
struct lab_bed *lab_bed_plug_as(struct kunit *test, u8 revision,
				const struct umlab_options *options);

/**
 * lab_bed_plug_ops() - the same with a board of revision C that has other ops
 * @test: likewise
 * @ops: made from those of umlab_dad_model(); not needed afterwards
 * @options: likewise
 */
struct lab_bed *lab_bed_plug_ops(struct kunit *test,
				 const struct umlab_model_ops *ops,
				 const struct umlab_options *options);

/**
 * struct lab_bed_irqs - a kind of interrupt
 * @name: in the names of parameters
 * @irqs: UMLAB_IRQ_*
 */
struct lab_bed_irqs {
	const char *name;
	unsigned int irqs;
};

/**
 * lab_bed_irq_gen_params() - run a case with INTx, MSI and MSI-X
 * @prev: see KUNIT_CASE_PARAM(); test->param_value is a &struct lab_bed_irqs
 * @desc: likewise
 */
const void *lab_bed_irq_gen_params(const void *prev, char *desc);

/**
 * lab_bed_irqs_of() - the options that such a parameter means
 * @test: the test
 */
struct umlab_options lab_bed_irqs_of(const struct kunit *test);

/**
 * lab_bed_plug_irqs() - plug in a board as such a parameter says
 * @test: the test; aborted if this fails
 */
struct lab_bed *lab_bed_plug_irqs(struct kunit *test);

/**
 * lab_bed_unbind() - close the file and unbind the driver
 * @bed: the board
 */
void lab_bed_unbind(struct lab_bed *bed);

/**
 * lab_bed_rebind() - bind the driver again, and open its node
 * @bed: the board, after lab_bed_unbind()
 */
void lab_bed_rebind(struct lab_bed *bed);

/**
 * lab_bed_hang() - have the board complete nothing, or all at once
 * @bed: the board
 * @hang: nothing
 */
void lab_bed_hang(const struct lab_bed *bed, bool hang);

/**
 * lab_bed_faults() - have something go wrong, as by umlab_set_faults()
 * @bed: the board
 * @...: members of &struct umlab_faults; none: nothing any more
 */
#define lab_bed_faults(bed, ...)					\
	umlab_set_faults((bed)->dad.slot,				\
			 &(const struct umlab_faults) { __VA_ARGS__ })

/**
 * lab_bed_move() - a synchronous transfer
 * @bed: the board
 * @shape: of what
 * @write: to the board
 *
 * Return: what pread() or pwrite() returns.
 */
ssize_t lab_bed_move(const struct lab_bed *bed, enum lab_bed_shape shape,
		     bool write);

/**
 * lab_bed_submit() - an asynchronous one
 * @bed: the board
 * @nr: which of @bed->aio is for it
 * @shape: of what
 * @write: to the board
 *
 * Return: as lab_dad_submit().
 */
ssize_t lab_bed_submit(struct lab_bed *bed, unsigned int nr,
		       enum lab_bed_shape shape, bool write);

/**
 * lab_bed_submit_all() - begin a transfer of each shape, that of a page a write
 * @bed: the board
 */
void lab_bed_submit_all(struct lab_bed *bed);

/**
 * lab_bed_wait_all() - wait for these, and expect the same of each
 * @bed: the board
 * @error: a negative errno; 0: all of it was moved
 */
void lab_bed_wait_all(struct lab_bed *bed, int error);

/**
 * lab_bed_fill_slots() - have a request that hangs in each of the driver's slots
 * @bed: the board; it hangs
 */
void lab_bed_fill_slots(struct lab_bed *bed);

/**
 * lab_bed_empty_slots() - wait for these, and expect the same of each
 * @bed: the board
 * @error: as for lab_bed_wait_all()
 */
void lab_bed_empty_slots(struct lab_bed *bed, int error);

/**
 * lab_bed_mark() - fill a part of the user memory with a new pattern
 * @bed: the board
 * @shape: which part
 */
void lab_bed_mark(struct lab_bed *bed, enum lab_bed_shape shape);

/**
 * lab_bed_mark_board() - fill a part of the memory on the board with a new pattern
 * @bed: the board
 * @shape: where this is read from
 */
void lab_bed_mark_board(struct lab_bed *bed, enum lab_bed_shape shape);

/**
 * lab_bed_expect_mark() - expect the newest pattern in a part of the user memory
 * @bed: the board
 * @shape: which part: it is there since lab_bed_mark(), or was read
 */
void lab_bed_expect_mark(const struct lab_bed *bed, enum lab_bed_shape shape);

/**
 * lab_bed_expect_read() - read, and expect all of it, and that it is right
 * @bed: the board
 * @shape: what
 */
void lab_bed_expect_read(struct lab_bed *bed, enum lab_bed_shape shape);

/**
 * lab_bed_expect_write() - write, and expect the same
 * @bed: the board
 * @shape: what
 */
void lab_bed_expect_write(struct lab_bed *bed, enum lab_bed_shape shape);

/**
 * lab_bed_works() - expect that the board runs, and moves all shapes both ways
 * @bed: the board
 */
void lab_bed_works(struct lab_bed *bed);

/**
 * lab_bed_expect_left_alone() - expect that the board writes to the memory no more
 * @bed: the board; nothing is under way. It does not hang afterwards
 */
void lab_bed_expect_left_alone(struct lab_bed *bed);

/**
 * lab_bed_rest() - expect that all that has to be is as before
 * @bed: the board; nothing is under way, and there is no ring
 */
void lab_bed_rest(const struct lab_bed *bed);

/**
 * lab_bed_count() - expect a counter's value
 * @bed: the board
 * @counter: see lab_dad_counter()
 * @want: the value
 */
void lab_bed_count(const struct lab_bed *bed, const char *counter, long want);

/**
 * lab_bed_timeout() - set how long requests may take
 * @bed: the board
 * @ms: in milliseconds
 */
void lab_bed_timeout(const struct lab_bed *bed, unsigned int ms);

/**
 * lab_bed_expect_within() - expect that no more time has passed
 * @bed: the board
 * @begin: since then
 * @ms: in milliseconds; only where time is virtual is it looked at
 */
void lab_bed_expect_within(const struct lab_bed *bed, ktime_t begin, s64 ms);

/**
 * lab_bed_first() - the first event of the board that is like a pattern
 * @bed: the board
 * @since: from umlab_journal_now()
 * @pattern: as for umlab_journal_count()
 *
 * Return: its number; U64_MAX: there is none.
 */
u64 lab_bed_first(const struct lab_bed *bed, u64 since,
		  struct umlab_event pattern);

#endif /* _LAB_DAD_BED_H */
