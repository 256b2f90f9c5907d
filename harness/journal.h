/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal's inside: how events get in, and how the tail gets out
 */
#ifndef _UMLAB_JOURNAL_INTERNAL_H
#define _UMLAB_JOURNAL_INTERNAL_H

#include <linux/compiler.h>
#include <linux/dma-direction.h>
#include <umlab/journal.h>

/* Guarded by interrupts being off: UML has one CPU */
extern struct umlab_event umlab_journal[UMLAB_JOURNAL_SIZE];
extern u64 umlab_journal_next;

/**
 * umlab_journal_add() - record an event
 * @devfn: the function, or UMLAB_NO_FUNCTION
 * @kind: what happened
 * @where: the BAR
 * @offset: in it
 * @size: of the access
 * @value: read or written
 *
 * Context: interrupts off.
 * Return: the event, for a value that is not known yet.
 */
static __always_inline struct umlab_event *
umlab_journal_add(u16 devfn, enum umlab_event_kind kind, u8 where, u32 offset,
		  u32 size, u64 value)
{
	u64 seq = umlab_journal_next++;
	struct umlab_event *event = &umlab_journal[seq % UMLAB_JOURNAL_SIZE];

	*event = (struct umlab_event) {
		.value = value,
		.offset = offset,
		.size = size,
		.devfn = devfn,
		.kind = kind,
		.where = where,
	};
	return event;
}

/**
 * umlab_direction_name() - a direction of DMA in words
 * @dir: the direction
 */
static inline const char *umlab_direction_name(enum dma_data_direction dir)
{
	switch (dir) {
	case DMA_TO_DEVICE:
		return "to the device";
	case DMA_FROM_DEVICE:
		return "from the device";
	case DMA_BIDIRECTIONAL:
		return "both ways";
	default:
		return "no way";
	}
}

/**
 * umlab_journal_print() - print the last events but those of config space
 * @test: the test in whose log
 * @since: the first that matters
 * @max: how many at most
 */
void umlab_journal_print(struct kunit *test, u64 since, unsigned int max);

#endif /* _UMLAB_JOURNAL_INTERNAL_H */
