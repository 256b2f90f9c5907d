/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dad data acquisition board, for suites to plug in
 *
 * What it is, its datasheet says: drivers/dad/dad-regs.h. Here is what a test can have it
 * do that no datasheet promises::
 *
 *	struct umlab_model model = umlab_dad_model(DAD_REV_C, SZ_256K);
 *	struct umlab_slot *slot = umlab_plug(test, &model, NULL);
 *
 *	umlab_dad_behave(slot, &(struct umlab_dad_manners) {
 *		.stuck = UMLAB_DAD_STUCK_RESET,
 *	});
 */
#ifndef _UMLAB_DAD_H
#define _UMLAB_DAD_H

#include <linux/bits.h>
#include <linux/types.h>
#include <umlab/model.h>

/* What does not come to an end, to be or'ed */
#define UMLAB_DAD_STUCK_STOP	BIT(0)	/* a queue that is to stop */
#define UMLAB_DAD_STUCK_RESET	BIT(1)	/* a reset by register */
#define UMLAB_DAD_STUCK_FLR	BIT(2)	/* a function-level reset, or leaving D3hot */

/* Lies that a board tells, to be or'ed */
#define UMLAB_DAD_LIE_INDEX	BIT(0)	/* wild indexes */
#define UMLAB_DAD_LIE_TAG	BIT(1)	/* tags that no request has, or another one */
#define UMLAB_DAD_LIE_LEN	BIT(2)	/* more bytes than there are, or any number */
#define UMLAB_DAD_LIE_STATUS	BIT(3)	/* a status that is none, or an abort of nobody's */
#define UMLAB_DAD_LIE_REPEAT	BIT(4)	/* a completion twice */
#define UMLAB_DAD_LIE_ORDER	BIT(5)	/* the stream's out of order */
#define UMLAB_DAD_LIE_EARLY	BIT(6)	/* an index that counts what is not written yet */
#define UMLAB_DAD_LIE_REGS	BIT(7)	/* registers that read as anything */
#define UMLAB_DAD_LIE_ONES	BIT(8)	/* registers that read as all-ones */
#define UMLAB_DAD_LIE_ALL	GENMASK(8, 0)

/**
 * struct umlab_dad_manners - how a board behaves
 * @stuck: UMLAB_DAD_STUCK_*
 * @lies: UMLAB_DAD_LIE_*: every second completion, at random, has one of these wrong,
 *	chosen at random; and every 16th read of a register
 * @seed: for what is at random
 * @backwards: requests that are done at the same time are completed in the reverse order
 * @partial: requests move at most so many bytes, and say so; 0: all of them
 *
 * All zero is what a board does from the beginning.
 */
struct umlab_dad_manners {
	unsigned int stuck;
	unsigned int lies;
	u32 seed;
	bool backwards;
	u32 partial;
};

/**
 * umlab_dad_model() - a board
 * @revision: DAD_REV_*
 * @memory: bytes of memory on it: a power of two, DAD_MEMORY_MIN to DAD_MEMORY_MAX
 *
 * The subsystem device ID has the size of the memory, in units of DAD_MEMORY_MIN.
 *
 * Return: the model, for umlab_plug().
 */
struct umlab_model umlab_dad_model(u8 revision, u32 memory);

/**
 * umlab_dad_behave() - change how a board behaves
 * @slot: the board
 * @manners: how, from now on; copied. NULL: as the datasheet says
 */
void umlab_dad_behave(struct umlab_slot *slot,
		      const struct umlab_dad_manners *manners);

/**
 * umlab_dad_lies() - how many lies a board has told
 * @slot: the board
 */
unsigned int umlab_dad_lies(struct umlab_slot *slot);

/**
 * umlab_dad_memory() - the memory on a board
 * @slot: the board
 *
 * Also of revision P, which has no BAR for it. As the board sees it, so without an event
 * in the journal.
 */
void *umlab_dad_memory(struct umlab_slot *slot);

/**
 * umlab_dad_sent() - what a board has sent on its line out
 * @slot: the board
 * @last: for the last bytes that were sent; NULL: not wanted
 * @size: how many of them, at most UMLAB_DAD_SENT
 *
 * Return: how many bytes were sent since the converter started, silence not counted.
 */
u64 umlab_dad_sent(struct umlab_slot *slot, void *last, size_t size);

/* How much of what was sent a board remembers, in bytes */
#define UMLAB_DAD_SENT	4096

#endif /* _UMLAB_DAD_H */
