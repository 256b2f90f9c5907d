// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dad board's registers and its window, and how they may be accessed
 *
 * What the datasheet does not allow is a violation and has no effect; of a write of
 * reserved bits the others count.
 */

#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/string_choices.h>

#include "dad.h"

/* What may be done to a register */
#define REGS_R		BIT(0)
#define REGS_W		BIT(1)
#define REGS_RW		(REGS_R | REGS_W)
#define REGS_ANY	BIT(2)	/* revision P has it, too */
#define REGS_HIGH	BIT(3)	/* the high half of an address */

/**
 * struct regs_rule - a register
 * @name: its name; NULL: there is none
 * @flags: REGS_*
 * @bits: those that may be written as 1
 */
struct regs_rule {
	const char *name;
	u32 flags;
	u32 bits;
};

/* Each vector is 0 or 1. */
#define REGS_VECTORS	(BIT(DAD_VECTOR_QUEUE(DAD_REQUESTS)) |		\
			 BIT(DAD_VECTOR_QUEUE(DAD_STREAM)) |		\
			 BIT(DAD_VECTOR_ERROR))

static const struct regs_rule regs_board[] = {
	[DAD_ID / 4] = { "DAD_ID", REGS_R | REGS_ANY },
	[DAD_MEMORY_SIZE / 4] = { "DAD_MEMORY_SIZE", REGS_R | REGS_ANY },
	[DAD_CONTROL / 4] = { "DAD_CONTROL", REGS_RW | REGS_ANY,
			      DAD_CONTROL_RESET },
	[DAD_STATUS / 4] = { "DAD_STATUS", REGS_R | REGS_ANY },
	[DAD_INT_STATUS / 4] = { "DAD_INT_STATUS", REGS_RW, DAD_INT_ALL },
	[DAD_INT_ENABLE / 4] = { "DAD_INT_ENABLE", REGS_RW, DAD_INT_ALL },
	[DAD_VECTORS / 4] = { "DAD_VECTORS", REGS_RW, REGS_VECTORS },
	[DAD_COALESCE / 4] = { "DAD_COALESCE", REGS_RW,
			       DAD_COALESCE_COUNT | DAD_COALESCE_US },
	[DAD_ABORT / 4] = { "DAD_ABORT", REGS_W, ~0U },
	[DAD_STREAM_CONTROL / 4] = { "DAD_STREAM_CONTROL", REGS_RW,
				     DAD_STREAM_RUN | DAD_STREAM_OUT },
	[DAD_SAMPLE_NS / 4] = { "DAD_SAMPLE_NS", REGS_RW, ~0U },
	[DAD_OVERRUNS / 4] = { "DAD_OVERRUNS", REGS_R },
	[DAD_WINDOW_AT / 4] = { "DAD_WINDOW_AT", REGS_RW | REGS_ANY,
				~(DAD_WINDOW_SIZE - 1U) },
};

static const struct regs_rule regs_queue[] = {
	[DAD_Q_DESC_LO / 4] = { "DAD_Q_DESC_LO", REGS_RW, ~0U },
	[DAD_Q_DESC_HI / 4] = { "DAD_Q_DESC_HI", REGS_RW | REGS_HIGH, ~0U },
	[DAD_Q_COMP_LO / 4] = { "DAD_Q_COMP_LO", REGS_RW, ~0U },
	[DAD_Q_COMP_HI / 4] = { "DAD_Q_COMP_HI", REGS_RW | REGS_HIGH, ~0U },
	[DAD_Q_INDEX_LO / 4] = { "DAD_Q_INDEX_LO", REGS_RW, ~0U },
	[DAD_Q_INDEX_HI / 4] = { "DAD_Q_INDEX_HI", REGS_RW | REGS_HIGH, ~0U },
	[DAD_Q_SIZE / 4] = { "DAD_Q_SIZE", REGS_RW, ~0U },
	[DAD_Q_START / 4] = { "DAD_Q_START", REGS_RW, ~0U },
	[DAD_Q_PRODUCER / 4] = { "DAD_Q_PRODUCER", REGS_RW, ~0U },
	[DAD_Q_CONSUMER / 4] = { "DAD_Q_CONSUMER", REGS_RW, ~0U },
	/* The second one is read only: to write it is no sin. */
	[DAD_Q_CONTROL / 4] = { "DAD_Q_CONTROL", REGS_RW,
				DAD_Q_ENABLE | DAD_Q_ACTIVE },
};

#define REGS_Q_STEP	(DAD_Q(1) - DAD_Q(0))

static bool regs_is_queue(u32 offset)
{
	return offset >= DAD_Q(0) && offset < DAD_Q(DAD_QUEUES);
}

static struct board_queue *regs_queue_of(struct board *board, u32 offset)
{
	return &board->queues[(offset - DAD_Q(0)) / REGS_Q_STEP];
}

/* A register's rule; NULL: there is no register */
static const struct regs_rule *regs_rule(u32 offset)
{
	const struct regs_rule *rules = regs_board;
	unsigned int count = ARRAY_SIZE(regs_board);

	if (regs_is_queue(offset)) {
		rules = regs_queue;
		count = ARRAY_SIZE(regs_queue);
		offset = (offset - DAD_Q(0)) % REGS_Q_STEP;
	}
	offset /= 4;
	return offset < count && rules[offset].name ? &rules[offset] : NULL;
}

/* The rule of a register that is accessed, if that is allowed at all; else NULL */
static const struct regs_rule *regs_access(struct board *board, u32 offset,
					   unsigned int size, u32 how)
{
	const char *verb = str_read_write(how == REGS_R);
	const struct regs_rule *rule = regs_rule(offset);

	if (size != 4)
		umlab_model_violation(board->slot,
				      "%u-byte %s at %#x: registers have 32 bits",
				      size, verb, offset);
	else if (!rule)
		umlab_model_violation(board->slot,
				      "%s at %#x, where no register is", verb,
				      offset);
	else if (!(rule->flags & how))
		umlab_model_violation(board->slot,
				      "%s of %s (%#x), which is %s only", verb,
				      rule->name, offset,
				      str_write_read(how == REGS_R));
	else
		return rule;
	return NULL;
}

/* Whether a register can be written now; takes reserved bits out of the value */
static bool regs_takes(struct board *board, const struct regs_rule *rule,
		       u32 offset, u32 *value)
{
	u32 bits = rule->bits;

	if (!board->limits->bits && !(rule->flags & REGS_ANY)) {
		umlab_model_violation(board->slot,
				      "write of %s (%#x), which revision P has not",
				      rule->name, offset);
		return false;
	}
	if (!board->regs.ready) {
		umlab_model_violation(board->slot,
				      "write of %s (%#x) after a reset, before the board is ready",
				      rule->name, offset);
		return false;
	}
	if (rule->flags & REGS_HIGH && board->limits->bits <= 32)
		bits = 0;
	if (*value & ~bits)
		umlab_model_violation(board->slot,
				      "write of %#x to %s (%#x), where only the bits %#x may be set",
				      *value, rule->name, offset, bits);
	*value &= bits;
	return true;
}

static u32 regs_status(const struct board *board)
{
	return (board->regs.ready ? DAD_STATUS_READY : 0) |
	       (board->regs.error ? DAD_STATUS_ERROR : 0);
}

static u32 regs_stream_control(const struct board *board)
{
	return (board->converter.running ? DAD_STREAM_RUN : 0) |
	       (board->converter.out ? DAD_STREAM_OUT : 0);
}

static u32 regs_read(struct board *board, u32 offset)
{
	if (regs_is_queue(offset))
		return board_queue_read(regs_queue_of(board, offset),
					offset % REGS_Q_STEP);
	switch (offset) {
	case DAD_ID:
		return DAD_MAGIC;
	case DAD_MEMORY_SIZE:
		return board->memory_size;
	case DAD_STATUS:
		return regs_status(board);
	case DAD_INT_STATUS:
		return board->regs.int_status;
	case DAD_INT_ENABLE:
		return board->regs.int_enable;
	case DAD_VECTORS:
		return board->regs.vectors;
	case DAD_COALESCE:
		return board->regs.coalesce;
	case DAD_STREAM_CONTROL:
		return regs_stream_control(board);
	case DAD_SAMPLE_NS:
		return board->converter.sample_ns;
	case DAD_OVERRUNS:
		return board->converter.overruns;
	case DAD_WINDOW_AT:
		return board->regs.window_at;
	default:
		return 0;
	}
}

static void regs_coalesce(struct board *board, u32 value)
{
	u32 count = FIELD_GET(DAD_COALESCE_COUNT, value);

	if (count >= 2 && !FIELD_GET(DAD_COALESCE_US, value))
		umlab_model_violation(board->slot,
				      "write of %#x to DAD_COALESCE: the time is 0 for a count of %u",
				      value, count);
	else
		board->regs.coalesce = value;
}

static void regs_window_at(struct board *board, u32 value)
{
	if (value >= board->memory_size)
		umlab_model_violation(board->slot,
				      "write of %#x to DAD_WINDOW_AT: the memory has %#x bytes",
				      value, board->memory_size);
	else
		board->regs.window_at = value;
}

static void regs_write(struct board *board, u32 offset, u32 value)
{
	if (regs_is_queue(offset)) {
		board_queue_write(regs_queue_of(board, offset),
				  offset % REGS_Q_STEP, value);
		return;
	}
	switch (offset) {
	case DAD_CONTROL:
		if (value & DAD_CONTROL_RESET)
			board_reset(board);
		break;
	case DAD_INT_STATUS:
		board_irq_clear(board, value);
		break;
	case DAD_INT_ENABLE:
		board_irq_enable(board, value);
		break;
	case DAD_VECTORS:
		board_irq_vectors(board, value);
		break;
	case DAD_COALESCE:
		regs_coalesce(board, value);
		break;
	case DAD_ABORT:
		board_comp_abort(&board->queues[DAD_REQUESTS], value);
		break;
	case DAD_STREAM_CONTROL:
		board_stream_control(board, value);
		break;
	case DAD_SAMPLE_NS:
		board_stream_pace(board, value);
		break;
	case DAD_WINDOW_AT:
		regs_window_at(board, value);
		break;
	}
}

/* The memory in the window; NULL: none, a register is meant, or BAR 2 is nowhere */
static void *regs_window(const struct board *board, u32 offset)
{
	void *memory;

	if (offset < DAD_WINDOW || offset >= DAD_WINDOW + DAD_WINDOW_SIZE)
		return NULL;
	memory = board_memory(board);
	return memory ? memory + board->regs.window_at + offset - DAD_WINDOW :
			NULL;
}

u64 board_bar_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
		   unsigned int size)
{
	struct board *board = umlab_priv(slot);
	void *window = regs_window(board, offset);
	u64 value = 0;

	if (window) {
		memcpy(&value, window, size);
		return value;
	}
	if (!regs_access(board, offset, size, REGS_R))
		return ~0ULL;
	return board_lie_read(board, offset, regs_read(board, offset));
}

void board_bar_write(struct umlab_slot *slot, unsigned int bar, u32 offset,
		     unsigned int size, u64 value)
{
	struct board *board = umlab_priv(slot);
	void *window = regs_window(board, offset);
	const struct regs_rule *rule;
	u32 taken = value;

	if (window) {
		memcpy(window, &value, size);
		return;
	}
	rule = regs_access(board, offset, size, REGS_W);
	if (rule && regs_takes(board, rule, offset, &taken))
		regs_write(board, offset, taken);
}
