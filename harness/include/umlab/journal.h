/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal: what happened on the bus, in order
 *
 * A ring of the last UMLAB_JOURNAL_SIZE events of all functions, each with its
 * number. It is always on: an event costs a store of less than a cache line.
 */
#ifndef _UMLAB_JOURNAL_H
#define _UMLAB_JOURNAL_H

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/stringify.h>
#include <linux/types.h>

struct kunit;
struct umlab_slot;

#define UMLAB_JOURNAL_SIZE	4096

/**
 * enum umlab_event_kind - what happened
 * @UMLAB_CONFIG_READ: the CPU read config space
 * @UMLAB_CONFIG_WRITE: the CPU wrote config space
 * @UMLAB_READ: the CPU read a BAR; @where is which
 * @UMLAB_WRITE: the CPU wrote a BAR; @where is which
 * @UMLAB_IRQ_RAISE: the model raised an interrupt; @offset is the vector
 * @UMLAB_IRQ_LOWER: the model lowered it; likewise
 * @UMLAB_IRQ_PEND: a vector is masked, its pending bit was set; likewise
 * @UMLAB_IRQ_SEND: a message was sent; likewise, and @value is its data
 * @UMLAB_IRQ_LOST: the interrupt went nowhere, also by &umlab_faults.irq_lost;
 *	likewise
 * @UMLAB_IRQ_DELIVER: the CPU took the interrupt. For a message, @offset is its
 *	data; for INTx it is the line, and the event is of no function
 * @UMLAB_DMA_READ: the device reads memory; @value is the bus address, and @where 1 if
 *	that failed
 * @UMLAB_DMA_WRITE: it writes memory; likewise
 * @UMLAB_IOMMU_FAULT: the IOMMU refused an access; likewise
 * @UMLAB_MAP: the driver mapped @size bytes; @value is the bus address, the first one
 *	of a scatter/gather list, and @offset &enum dma_data_direction
 * @UMLAB_MAP_FAILED: a mapping failed, but of a list the kernel does not tell;
 *	likewise but for the address
 * @UMLAB_UNMAP: it unmapped them
 * @UMLAB_ALLOC: it allocated memory for DMA; likewise
 * @UMLAB_ALLOC_FAILED: that failed
 * @UMLAB_FREE: it freed memory for DMA
 * @UMLAB_SYNC_CPU: it took bytes back from the device
 * @UMLAB_SYNC_DEVICE: it gave them to the device
 * @UMLAB_RESET: the function was reset; @offset is &enum umlab_reset
 * @UMLAB_WORK: a piece of the model's work ran; @offset is 0, as of all below that
 *	say nothing of it
 * @UMLAB_PLUG: the function was plugged in
 * @UMLAB_FOUND: the PCI core has found it, its driver is next
 * @UMLAB_VANISH: it disappeared by surprise
 * @UMLAB_UNPLUG: it was unplugged, its driver is gone
 * @UMLAB_VIOLATED: a violation; @offset is &enum umlab_violation
 */
enum umlab_event_kind {
	UMLAB_CONFIG_READ,
	UMLAB_CONFIG_WRITE,
	UMLAB_READ,
	UMLAB_WRITE,
	UMLAB_IRQ_RAISE,
	UMLAB_IRQ_LOWER,
	UMLAB_IRQ_PEND,
	UMLAB_IRQ_SEND,
	UMLAB_IRQ_LOST,
	UMLAB_IRQ_DELIVER,
	UMLAB_DMA_READ,
	UMLAB_DMA_WRITE,
	UMLAB_IOMMU_FAULT,
	UMLAB_MAP,
	UMLAB_MAP_FAILED,
	UMLAB_UNMAP,
	UMLAB_ALLOC,
	UMLAB_ALLOC_FAILED,
	UMLAB_FREE,
	UMLAB_SYNC_CPU,
	UMLAB_SYNC_DEVICE,
	UMLAB_RESET,
	UMLAB_WORK,
	UMLAB_PLUG,
	UMLAB_FOUND,
	UMLAB_VANISH,
	UMLAB_UNPLUG,
	UMLAB_VIOLATED,
};

/* Of no function: the event concerns the bus */
#define UMLAB_NO_FUNCTION	0xffff

/**
 * struct umlab_event - something that happened
 * @value: what was read or written
 * @offset: where, in bytes; or see &enum umlab_event_kind
 * @size: of the access, in bytes
 * @devfn: the function it happened to, or UMLAB_NO_FUNCTION
 * @kind: what
 * @where: which BAR
 * @any: in a pattern: what need not be equal, UMLAB_ANY_*
 */
struct umlab_event {
	u64 value;
	u32 offset;
	u32 size;
	u16 devfn;
	u8 kind;
	u8 where;
	u8 any;
};

#define UMLAB_ANY_VALUE		BIT(0)
#define UMLAB_ANY_SIZE		BIT(1)
#define UMLAB_ANY_OFFSET	BIT(2)

/**
 * umlab_journal_now() - a point in time
 *
 * Return: the number that the next event will have.
 */
u64 umlab_journal_now(void);

/**
 * umlab_journal_count() - count events
 * @slot: the function; NULL: events of the bus
 * @since: from umlab_journal_now()
 * @pattern: what they are like; @pattern.devfn does not matter
 *
 * Return: how many there were that are still in the ring.
 */
unsigned int umlab_journal_count(const struct umlab_slot *slot, u64 since,
				 struct umlab_event pattern);

/**
 * umlab_expect_order() - expect events of one function in this order
 * @test: the test; it fails if one is missing or came too early, or if the ring
 *	  has lost some of them
 * @slot: the function
 * @since: from umlab_journal_now()
 * @patterns: what they are like; other events may be in between
 * @count: how many
 * @where: what the failure names as its place
 */
void umlab_expect_order(struct kunit *test, const struct umlab_slot *slot,
			u64 since, const struct umlab_event *patterns,
			unsigned int count, const char *where);

/**
 * UMLAB_EXPECT_ORDER() - expect events of one function in this order
 * @test: as for umlab_expect_order()
 * @slot: likewise
 * @since: likewise
 * @...: the patterns, such as UMLAB_DID_WRITE(0, REG_START, 4, 1)
 */
#define UMLAB_EXPECT_ORDER(test, slot, since, ...)			\
do {									\
	const struct umlab_event __patterns[] = { __VA_ARGS__ };	\
									\
	umlab_expect_order(test, slot, since, __patterns,		\
			   ARRAY_SIZE(__patterns),			\
			   __FILE__ ":" __stringify(__LINE__));	\
} while (0)

/* Patterns: an access to a BAR with this value, or with any */
#define UMLAB_DID_READ(bar, at, bytes, val)				\
	{ .kind = UMLAB_READ, .where = (bar), .offset = (at),		\
	  .size = (bytes), .value = (val) }
#define UMLAB_DID_WRITE(bar, at, bytes, val)				\
	{ .kind = UMLAB_WRITE, .where = (bar), .offset = (at),		\
	  .size = (bytes), .value = (val) }
#define UMLAB_DID_READ_ANY(bar, at)					\
	{ .kind = UMLAB_READ, .where = (bar), .offset = (at),		\
	  .any = UMLAB_ANY_SIZE | UMLAB_ANY_VALUE }
#define UMLAB_DID_WRITE_ANY(bar, at)					\
	{ .kind = UMLAB_WRITE, .where = (bar), .offset = (at),		\
	  .any = UMLAB_ANY_SIZE | UMLAB_ANY_VALUE }

/* Pattern: an event that has a kind and an offset and nothing else */
#define UMLAB_DID(event, at)						\
	{ .kind = (event), .offset = (at),				\
	  .any = UMLAB_ANY_SIZE | UMLAB_ANY_VALUE }

/* Pattern: a mapping, sync or access of this many bytes at this bus address */
#define UMLAB_DID_DMA(event, address, bytes)				\
	{ .kind = (event), .size = (bytes), .value = (address),		\
	  .any = UMLAB_ANY_OFFSET }

/* Pattern: an event of this kind, whatever it is */
#define UMLAB_DID_ANY(event)						\
	{ .kind = (event),						\
	  .any = UMLAB_ANY_SIZE | UMLAB_ANY_VALUE | UMLAB_ANY_OFFSET }

#endif /* _UMLAB_JOURNAL_H */
