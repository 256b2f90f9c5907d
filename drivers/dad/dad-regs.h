/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dad data acquisition board: its datasheet
 *
 * 1. What it is
 *
 * A PCI function with memory on the board, from which the CPU reads and to which it
 * writes on request, and a converter, which by itself and at its own pace fills
 * buffers with samples of the line in, or sends buffers to the line out. Both move
 * data by bus mastering. All that is in memory or in registers is little endian.
 *
 * 2. Revisions
 *
 * The revision ID of config space tells what a board can do:
 *
 *	ID	drives	longest segment	not across	ring alignment
 *	P	-	-		-		-
 *	A	24 bits	4 KiB		64 KiB		4 KiB
 *	B	32 bits	64 KiB		64 KiB		256
 *	C	64 bits	1 MiB		4 GiB		64
 *
 * P has no bus mastering, no converter, no interrupts and no BAR 2: all that it has is
 * the window of section 9. The others have it as well. A segment is a run of bus
 * addresses that a descriptor or a block's entry names; it must not be longer, and no
 * multiple of what it is "not across" may lie inside of it. Segments may start at any byte. On
 * A and B the high registers of addresses must be written with 0, or not at all.
 *
 * 3. BARs
 *
 * BAR 0 has the registers, and from DAD_WINDOW on the window. Registers have 32 bits
 * and take aligned accesses of 32 bits only; the window takes any. What is not named
 * here must not be accessed, and bits that are not named must be written as 0. (Those of
 * what P does not have read as 0.) BAR 2 is the memory on the board, prefetchable, all of it;
 * its size, DAD_MEMORY_SIZE, is 64 KiB to 16 MiB, as populated.
 *
 * 4. Reset
 *
 * DAD_CONTROL_RESET, a function-level reset, and leaving D3hot all stop both queues and
 * the converter, forget all requests without completing them, lower all interrupts, and
 * set all registers to 0 but for the read-only ones. The memory keeps what it has. The
 * board is ready when DAD_STATUS_READY reads 1, at most 1 ms later; until then
 * registers but for DAD_STATUS must not be written. It does not access memory of the host
 * between the write that resets it and the next time that a queue is enabled.
 *
 * 5. Queues
 *
 * Queue DAD_REQUESTS is for requests, queue DAD_STREAM for the converter. Each is
 *
 *	- a ring of descriptors, &struct dad_desc, which the CPU writes;
 *	- a ring of as many completions, &struct dad_comp, which the board writes;
 *	- &struct dad_index, which the board writes.
 *
 * All indexes count up and wrap at 2^32; the entry is the index modulo the ring's size, a
 * power of two from 2 to DAD_QUEUE_MAX. The rings have to be aligned as in section 2, the
 * indexes to 8 bytes, and none be at 0. To enable a queue that is not active, write its
 * addresses and size, and in DAD_Q_START where its indexes start, DAD_Q_PRODUCER and
 * DAD_Q_CONSUMER among them; then set DAD_Q_ENABLE in DAD_Q_CONTROL. While a queue is
 * active, only DAD_Q_PRODUCER, DAD_Q_CONSUMER and DAD_Q_CONTROL may be written.
 *
 * The CPU writes descriptors, then how far it has come to DAD_Q_PRODUCER; no more than
 * the ring has room for may be without a completion that the CPU has consumed. The
 * board fetches them in order, and says so in @fetched. For each that is done it writes a
 * completion, then how far it has come to @completed. When the CPU has taken completions
 * out, it writes how far it has come to DAD_Q_CONSUMER. A completion names its
 * descriptor by the tag. Requests are completed in any order; the tags of those that are
 * under way must differ. The converter's are completed in the order of the ring.
 *
 * When 0 is written to DAD_Q_CONTROL, the queue stops and forgets what is not completed,
 * as by reset; when DAD_Q_ACTIVE reads 0, at most 1 ms later, it accesses the host's
 * memory no more.
 *
 * 6. Descriptors
 *
 * A descriptor names @len bytes, at least 1: at @addr, one segment; or with
 * DAD_DESC_CHAIN the segments in a chain of blocks, the first of which is at @addr. A
 * block, &struct dad_block, has to be aligned to DAD_BLOCK_ALIGN and what it uses must not
 * cross a multiple of DAD_BLOCK_BOUNDARY. It must not change until the descriptor is
 * completed. It has 1 to DAD_BLOCK_SEGMENTS segments and the address
 * of the next block, 0 in the last one. The segments have to have @len bytes in all.
 * With DAD_DESC_TO_HOST the board writes to the host's memory, without it reads from it.
 *
 * Of a request, @offset is where the data is in the memory on the board; it must not go
 * beyond its end. Of the converter's, @offset is 0, @len a multiple of 4, and there is no
 * chain; DAD_DESC_TO_HOST is as DAD_STREAM_OUT says.
 *
 * 7. Completions and interrupts
 *
 * A completion has the number of bytes moved, and a status. All but DAD_COMP_OK are
 * errors: DAD_COMP_BUS, an access to the host's memory failed, and part of the data may have
 * been moved, or garbage instead; DAD_COMP_DESC, the descriptor is against section 6, and no
 * data was moved; DAD_COMP_ABORTED, the CPU wrote its tag to DAD_ABORT. To abort what is not
 * under way does nothing.
 *
 * If an access to a ring, the indexes or a block fails, or the CPU breaks section 5,
 * DAD_STATUS_ERROR and DAD_INT_ERROR are set, and the queues do nothing more until the
 * board is reset.
 *
 * DAD_INT_STATUS has a bit for each cause, which writing 1 clears. DAD_INT_ENABLE has
 * those that interrupt. The vector of each is in DAD_VECTORS; with INTx or one message there
 * is but one. A completion sets its queue's bit if DAD_DESC_IRQ was set or it is an error;
 * unless DAD_COALESCE has a count: then the bit is set when so many of these have come, or
 * the given time after the first of them. The time must not be 0 with a count of 2 or more.
 *
 * 8. The converter
 *
 * DAD_STREAM_RUN starts it, in the direction that DAD_STREAM_OUT says, at one sample of 32
 * bits in DAD_SAMPLE_NS, DAD_SAMPLE_MIN to DAD_SAMPLE_MAX. Neither is to be changed while it
 * runs. The queue must have been enabled before. A buffer is completed when the time for
 * as many samples as it has is over. If there is no buffer then, as many samples as in the
 * last one are lost or, on the line out, silent; that is an overrun: DAD_INT_OVERRUN is set
 * and DAD_OVERRUNS counts. (On the line out, it begins to count with the first buffer.)
 * This board is made for tests: each sample of the line in is its own number, counted
 * from 0 when the converter starts. DAD_STREAM_RUN written as 0 stops it, with the
 * buffer that is under way not completed.
 *
 * 9. The window
 *
 * The 4 KiB from DAD_WINDOW on are the memory's from DAD_WINDOW_AT, a multiple of 4 KiB, on.
 */
#ifndef _DAD_REGS_H
#define _DAD_REGS_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#define DAD_VENDOR		0x6c61
#define DAD_DEVICE		0xdad0

#define DAD_REV_P		0x01
#define DAD_REV_A		0x0a
#define DAD_REV_B		0x0b
#define DAD_REV_C		0x0c

#define DAD_BAR_REGS		0
#define DAD_BAR_MEMORY		2
#define DAD_BAR_REGS_SIZE	SZ_16K

/* Registers: of the board */
#define DAD_ID			0x000	/* read only: DAD_MAGIC */
#define DAD_MEMORY_SIZE		0x004	/* read only: in bytes */
#define DAD_CONTROL		0x008
#define DAD_STATUS		0x00c	/* read only */
#define DAD_INT_STATUS		0x010	/* 1 clears */
#define DAD_INT_ENABLE		0x014
#define DAD_VECTORS		0x018	/* a byte each: requests, stream, errors */
#define DAD_COALESCE		0x01c	/* 7:0 count, 31:16 time in us */
#define DAD_ABORT		0x020	/* write only: a tag of DAD_REQUESTS */
#define DAD_STREAM_CONTROL	0x024
#define DAD_SAMPLE_NS		0x028
#define DAD_OVERRUNS		0x02c	/* read only: since the converter started */
#define DAD_WINDOW_AT		0x030

/* Registers: of a queue */
#define DAD_Q(queue)		(0x100 + 0x40 * (queue))
#define DAD_Q_DESC_LO		0x00
#define DAD_Q_DESC_HI		0x04
#define DAD_Q_COMP_LO		0x08
#define DAD_Q_COMP_HI		0x0c
#define DAD_Q_INDEX_LO		0x10
#define DAD_Q_INDEX_HI		0x14
#define DAD_Q_SIZE		0x18	/* entries */
#define DAD_Q_START		0x1c
#define DAD_Q_PRODUCER		0x20
#define DAD_Q_CONSUMER		0x24
#define DAD_Q_CONTROL		0x28

#define DAD_REQUESTS		0
#define DAD_STREAM		1
#define DAD_QUEUES		2
#define DAD_QUEUE_MAX		256

#define DAD_WINDOW		0x1000
#define DAD_WINDOW_SIZE		SZ_4K
#define DAD_MSIX_TABLE		0x2000
#define DAD_MSIX_PBA		0x3000
#define DAD_VECTORS_MAX		2	/* MSI-X and MSI */

/* DAD_ID */
#define DAD_MAGIC		0xdad0cafe

/* DAD_MEMORY_SIZE */
#define DAD_MEMORY_MIN		SZ_64K
#define DAD_MEMORY_MAX		SZ_16M

/* DAD_CONTROL */
#define DAD_CONTROL_RESET	BIT(0)	/* reads 0 */

/* DAD_STATUS */
#define DAD_STATUS_READY	BIT(0)
#define DAD_STATUS_ERROR	BIT(1)

/* DAD_INT_STATUS, DAD_INT_ENABLE */
#define DAD_INT_QUEUE(queue)	BIT(queue)
#define DAD_INT_OVERRUN		BIT(2)	/* on the stream's vector */
#define DAD_INT_ERROR		BIT(3)
#define DAD_INT_ALL		GENMASK(3, 0)

/* DAD_VECTORS */
#define DAD_VECTOR_QUEUE(queue)	(8 * (queue))	/* shift */
#define DAD_VECTOR_ERROR	16		/* shift */

/* DAD_COALESCE */
#define DAD_COALESCE_COUNT	GENMASK(7, 0)
#define DAD_COALESCE_US		GENMASK(31, 16)

/* DAD_STREAM_CONTROL */
#define DAD_STREAM_RUN		BIT(0)
#define DAD_STREAM_OUT		BIT(1)

/* DAD_SAMPLE_NS */
#define DAD_SAMPLE_MIN		10
#define DAD_SAMPLE_MAX		1000000

/* DAD_Q_CONTROL */
#define DAD_Q_ENABLE		BIT(0)
#define DAD_Q_ACTIVE		BIT(1)	/* read only */

/**
 * struct dad_desc - a descriptor
 * @addr: bus address of the segment, or of the first block
 * @len: bytes
 * @flags: DAD_DESC_*
 * @offset: in the memory on the board
 * @tag: for the completion
 * @zero: 0
 */
struct dad_desc {
	__le64 addr;
	__le32 len;
	__le32 flags;
	__le64 offset;
	__le32 tag;
	__le32 zero;
};

#define DAD_DESC_TO_HOST	BIT(0)
#define DAD_DESC_CHAIN		BIT(1)
#define DAD_DESC_IRQ		BIT(2)

/**
 * struct dad_segment - a segment in a block
 * @addr: bus address
 * @len: bytes, at least 1
 * @zero: 0
 */
struct dad_segment {
	__le64 addr;
	__le32 len;
	__le32 zero;
};

#define DAD_BLOCK_SEGMENTS	31
#define DAD_BLOCK_ALIGN		32
#define DAD_BLOCK_BOUNDARY	SZ_4K

/**
 * struct dad_block - segments
 * @next: bus address of the next block, or 0
 * @count: how many segments this one has
 * @zero: 0
 * @segments: the segments
 *
 * 512 bytes; the board fetches only as many segments as there are.
 */
struct dad_block {
	__le64 next;
	__le32 count;
	__le32 zero;
	struct dad_segment segments[DAD_BLOCK_SEGMENTS];
};

/**
 * struct dad_comp - a completion
 * @tag: of the descriptor
 * @len: how many bytes were moved
 * @status: DAD_COMP_*
 * @zero: 0
 */
struct dad_comp {
	__le32 tag;
	__le32 len;
	__le32 status;
	__le32 zero;
};

#define DAD_COMP_OK		0
#define DAD_COMP_BUS		1
#define DAD_COMP_DESC		2
#define DAD_COMP_ABORTED	3

/**
 * struct dad_index - how far the board has come in a queue
 * @fetched: descriptors
 * @completed: completions
 */
struct dad_index {
	__le32 fetched;
	__le32 completed;
};

#endif /* _DAD_REGS_H */
