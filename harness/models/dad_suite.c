// SPDX-License-Identifier: GPL-2.0-only
/*
 * What suites may do to a dad board
 */

#include <linux/kernel.h>
#include <umlab/machine.h>

#include "dad.h"

/* How many numbers it takes until similar seeds show no more */
#define SUITE_WARM_UP	10

static void suite_behave(struct umlab_slot *slot, void *data)
{
	const struct umlab_dad_manners *manners = data;
	struct board *board = umlab_priv(slot);
	unsigned int i;

	board->manners = *manners;
	prandom_seed_state(&board->random, manners->seed);
	for (i = 0; i < SUITE_WARM_UP; i++)
		prandom_u32_state(&board->random);
}

void umlab_dad_behave(struct umlab_slot *slot,
		      const struct umlab_dad_manners *manners)
{
	struct umlab_dad_manners given = { };

	if (manners)
		given = *manners;
	umlab_run(slot, suite_behave, &given);
}

static void suite_lies(struct umlab_slot *slot, void *data)
{
	const struct board *board = umlab_priv(slot);
	unsigned int *lies = data;

	*lies = board->lies;
}

unsigned int umlab_dad_lies(struct umlab_slot *slot)
{
	unsigned int lies = 0;

	umlab_run(slot, suite_lies, &lies);
	return lies;
}

static void suite_memory(struct umlab_slot *slot, void *data)
{
	void **memory = data;

	*memory = board_memory(umlab_priv(slot));
}

void *umlab_dad_memory(struct umlab_slot *slot)
{
	void *memory = NULL;

	umlab_run(slot, suite_memory, &memory);
	return memory;
}

/**
 * struct suite_sent - what is asked of the line out
 * @last: for the last bytes, or NULL
 * @size: how many
 * @sent: set to how many there were
 */
struct suite_sent {
	u8 *last;
	size_t size;
	u64 sent;
};

static void suite_sent(struct umlab_slot *slot, void *data)
{
	const struct board *board = umlab_priv(slot);
	const struct board_converter *converter = &board->converter;
	struct suite_sent *sent = data;
	u64 size, i;

	sent->sent = converter->sent;
	if (!sent->last)
		return;
	size = min3((u64)sent->size, sent->sent, (u64)UMLAB_DAD_SENT);
	for (i = 0; i < size; i++)
		sent->last[i] = converter->tail[(sent->sent - size + i) %
						UMLAB_DAD_SENT];
}

u64 umlab_dad_sent(struct umlab_slot *slot, void *last, size_t size)
{
	struct suite_sent sent = { .last = last, .size = size };

	umlab_run(slot, suite_sent, &sent);
	return sent.sent;
}
