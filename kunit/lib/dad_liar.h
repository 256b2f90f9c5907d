/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A board that lies, and what is asked of it meanwhile
 *
 * About half of what it says is wrong. The data is then as may be, but each call has to
 * end soon, with an error or with no more bytes than were asked for; no other byte of
 * the caller's memory may change, nothing may be lost or used too early; and when the
 * board is honest again, it works.
 */
#ifndef _LAB_DAD_LIAR_H
#define _LAB_DAD_LIAR_H

#include <linux/ktime.h>
#include <linux/prandom.h>
#include <linux/types.h>
#include <umlab/machine.h>

struct kunit;
struct lab_bed;

/**
 * struct lab_liar_run - how a board is plugged in, and what it does there
 * @name: of a parameter
 * @topology: what is between it and memory, a place in umlab_topologies
 * @revision: DAD_REV_*
 * @irqs: UMLAB_IRQ_*
 * @completion: when it finishes
 * @lies: UMLAB_DAD_LIE_*
 * @seed: for its lies, and for what is asked of it
 * @count: so many lies, at least
 * @counters: for the suite; NULL at the end, if there are not as many
 */
struct lab_liar_run {
	char name[40];
	unsigned int topology;
	u8 revision;
	unsigned int irqs;
	enum umlab_completion completion;
	unsigned int lies;
	u32 seed;
	unsigned int count;
	const char *counters[3];
};

/**
 * struct lab_liar - a board that has lied
 * @run: how
 * @bed: the board
 * @random: for what is asked of it
 * @begin: when it began
 * @want: what is to be in the user memory
 * @seen: for what is
 * @wrong: what was wrong first, or NULL
 * @value: with this result
 */
struct lab_liar {
	const struct lab_liar_run *run;
	struct lab_bed *bed;
	struct rnd_state random;
	ktime_t begin;
	u8 *want;
	u8 *seen;
	const char *wrong;
	long value;
};

/**
 * lab_liar_play() - plug in a board, have it lie, and look at what comes of it
 * @test: the test; it fails if anything does that is said above
 * @run: how; has to be there as long as what is returned is used
 *
 * Return: the board, which is honest again.
 */
struct lab_liar *lab_liar_play(struct kunit *test,
			       const struct lab_liar_run *run);

#endif /* _LAB_DAD_LIAR_H */
