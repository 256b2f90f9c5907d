// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the dad board says that is not so
 *
 * A driver cannot know that it was lied to before it has looked, and must not be found
 * guilty of what it did until then. So a request that the driver may take for done is
 * forgotten, with all that is held of it; after a lie, an index that does not fit is an
 * error of the board, and no violation; and the registers do not say that the board is
 * done with memory or a reset when it is not.
 */

#include <linux/bitops.h>
#include <linux/kernel.h>

#include "dad.h"

/* Of registers; the others are of completions */
#define LIES_READ	(UMLAB_DAD_LIE_REGS | UMLAB_DAD_LIE_ONES)

/* So far is a tag that may well be in the driver's range, without being under way */
#define LIES_NEAR	8

static u32 lies_random(struct board *board, u32 below)
{
	return prandom_u32_state(&board->random) % below;
}

/* The index is behind, further than the ring is long, or anything */
static bool lies_index(struct board_queue *queue, struct board_claim *claim)
{
	struct board *board = queue->board;
	u32 size = board_queue_reg(queue, DAD_Q_SIZE);

	switch (lies_random(board, 3)) {
	case 0:
		claim->ahead = -1 - lies_random(board, size);
		break;
	case 1:
		claim->ahead = size + 1 + lies_random(board, size);
		break;
	default:
		claim->ahead = prandom_u32_state(&board->random) | 1;
		break;
	}
	board_queue_forget(queue);
	return true;
}

/* The tag of another request that is under way, or any */
static bool lies_tag(struct board_queue *queue, struct board_claim *claim)
{
	struct board *board = queue->board;
	struct board_request *other;

	other = list_first_entry_or_null(&queue->pending, struct board_request,
					 entry);
	if (other && lies_random(board, 2))
		claim->tag = other->tag;
	else
		claim->tag += 1 + lies_random(board, lies_random(board, 2) ?
						     LIES_NEAR : ~0U);
	other = board_queue_find(queue, claim->tag);
	if (other)
		board_request_drop(queue, other);
	return true;
}

static bool lies_len(struct board_queue *queue, struct board_claim *claim)
{
	struct board *board = queue->board;

	if (lies_random(board, 2))
		claim->len += 1 + lies_random(board, SZ_4K);
	else
		claim->len += 1 + lies_random(board, ~0U);
	return true;
}

static bool lies_status(struct board_queue *queue, struct board_claim *claim)
{
	struct board *board = queue->board;

	if (lies_random(board, 2))
		claim->status = DAD_COMP_ABORTED;
	else
		claim->status = DAD_COMP_ABORTED + 1 +
				lies_random(board, S32_MAX);
	return true;
}

static bool lies_repeat(struct board_queue *queue, struct board_claim *claim)
{
	claim->times = 2;
	return true;
}

/* The next buffer is said to be done; when it is, so is this one, if at all */
static bool lies_order(struct board_queue *queue, struct board_claim *claim)
{
	struct board_request *next;

	next = list_first_entry_or_null(&queue->pending, struct board_request,
					entry);
	if (queue->index != DAD_STREAM || !next)
		return false;
	swap(claim->tag, next->tag);
	return true;
}

static bool lies_early(struct board_queue *queue, struct board_claim *claim)
{
	claim->ahead = 1;
	board_queue_forget(queue);
	return true;
}

/* By the bit of UMLAB_DAD_LIE_*. Each returns whether it could tell its lie. */
static bool (*const lies_of[])(struct board_queue *queue,
			       struct board_claim *claim) = {
	lies_index, lies_tag, lies_len, lies_status, lies_repeat, lies_order,
	lies_early,
};

static_assert(UMLAB_DAD_LIE_ALL ==
	      (LIES_READ | (BIT(ARRAY_SIZE(lies_of)) - 1)));

void board_lie(struct board_queue *queue, struct board_claim *claim)
{
	struct board *board = queue->board;
	u32 lies = board->manners.lies & UMLAB_DAD_LIE_ALL & ~LIES_READ;
	unsigned int lie;

	if (!lies || lies_random(board, 2))
		return;
	lie = fns(lies, lies_random(board, hweight32(lies)));
	if (!lies_of[lie](queue, claim))
		return;
	queue->lied = true;
	board->lies++;
}

u32 board_lie_read(struct board *board, u32 offset, u32 value)
{
	u32 lies = board->manners.lies & LIES_READ;
	u32 lie;

	if (!lies || lies_random(board, 16))
		return value;
	if (lies == LIES_READ && lies_random(board, 2))
		lies = UMLAB_DAD_LIE_ONES;
	lie = lies & UMLAB_DAD_LIE_REGS ? prandom_u32_state(&board->random) :
					  ~0U;
	if (offset == DAD_STATUS && !(value & DAD_STATUS_READY))
		lie &= ~DAD_STATUS_READY;
	else if (offset == DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL ||
		 offset == DAD_Q(DAD_STREAM) + DAD_Q_CONTROL)
		lie |= value & DAD_Q_ACTIVE;
	board->lies++;
	return lie;
}
