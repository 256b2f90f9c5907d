/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dad board whose driver is the suite
 *
 * The board is plugged in, its driver is unbound, and what the driver would do the
 * suite does by itself: see drivers/dad/dad-regs.h::
 *
 *	struct lab_rig *rig = lab_rig_plug(test);
 *	struct lab_rig_buffer *buffer = lab_rig_pages(rig, PAGE_SIZE);
 *
 *	lab_rig_map(rig, buffer, DMA_FROM_DEVICE);
 *	lab_rig_enable(rig, DAD_REQUESTS, 16);
 *	lab_rig_post(rig, DAD_REQUESTS,
 *		     lab_rig_desc(buffer->bus, 100, DAD_DESC_TO_HOST, 0, 7));
 *	lab_rig_expect(rig, DAD_REQUESTS, 7, 100, DAD_COMP_OK);
 *	lab_rig_unmap(rig, buffer);
 *
 * When the test ends, the board is reset before anything is unmapped or freed.
 */
#ifndef _LAB_DAD_RIG_H
#define _LAB_DAD_RIG_H

#include <linux/list.h>
#include <linux/types.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "../../drivers/dad/dad-regs.h"
#include "dma.h"

struct kunit;

/* The memory of a board, unless a case wants more */
#define LAB_RIG_MEMORY	SZ_256K

/* Where the indexes of queues start, so that they wrap soon */
#define LAB_RIG_START	0xfffffff8U

/* A delay for UMLAB_COMPLETE_DELAYED that is short against all waits here, in ns */
#define LAB_RIG_DELAY	20000

/* How long a reset, and a queue that is to stop, may take, in us: section 4, 5 */
#define LAB_RIG_PATIENCE	1000

/**
 * struct lab_rig_buffer - memory for the board
 * @entry: in the list of all
 * @cpu: where it is
 * @bus: where the board finds it, while it is mapped
 * @size: in bytes
 * @coherent: from dma_alloc_coherent(), so mapped for as long as it is there
 * @mapped: mapped by lab_rig_map()
 * @dir: then: for what
 */
struct lab_rig_buffer {
	struct list_head entry;
	u8 *cpu;
	dma_addr_t bus;
	size_t size;
	bool coherent;
	bool mapped;
	enum dma_data_direction dir;
};

/**
 * struct lab_rig_queue - a queue, as the CPU has it
 * @rings: the memory of all that follows
 * @desc: the ring of descriptors
 * @comp: the ring of completions; what the board has not written is all-ones
 * @index: the indexes
 * @desc_bus: where the board finds the descriptors
 * @comp_bus: likewise the completions
 * @index_bus: likewise the indexes
 * @size: entries of a ring
 * @start: where the indexes start
 * @producer: how many descriptors were put into the ring, from there
 * @consumer: how many completions were taken, likewise
 */
struct lab_rig_queue {
	struct lab_rig_buffer *rings;
	struct dad_desc *desc;
	struct dad_comp *comp;
	struct dad_index *index;
	dma_addr_t desc_bus;
	dma_addr_t comp_bus;
	dma_addr_t index_bus;
	u32 size;
	u32 start;
	u32 producer;
	u32 consumer;
};

/**
 * struct lab_rig - a board, and what the suite has set up for it
 * @dma: the test, the slot and the device, for helpers of dma.h
 * @pdev: the PCI core's device
 * @revision: DAD_REV_*
 * @regs: BAR 0
 * @memory: the memory on the board, as the board sees it
 * @size: how many bytes that has
 * @queue: the queues
 * @buffers: all there are
 */
struct lab_rig {
	struct lab_dma dma;
	struct pci_dev *pdev;
	u8 revision;
	void __iomem *regs;
	u8 *memory;
	size_t size;
	struct lab_rig_queue queue[DAD_QUEUES];
	struct list_head buffers;
};

/**
 * struct lab_rig_comp - a completion, as the CPU reads it
 * @tag: as in &struct dad_comp
 * @len: likewise
 * @status: likewise
 * @zero: likewise
 */
struct lab_rig_comp {
	u32 tag;
	u32 len;
	u32 status;
	u32 zero;
};

/**
 * lab_rig_plug_as() - plug in a board without a driver
 * @test: the test; aborted if this fails
 * @revision: DAD_REV_*
 * @memory: bytes of memory on it
 * @options: as for umlab_plug()
 *
 * But for revision P it is a bus master with the mask of its revision, and was reset.
 *
 * Return: the rig; all of it is undone when the test ends.
 */
struct lab_rig *lab_rig_plug_as(struct kunit *test, u8 revision, u32 memory,
				const struct umlab_options *options);

/**
 * lab_rig_plug_revision() - plug in a board where it can do DMA
 * @test: as for lab_rig_plug_as()
 * @revision: DAD_REV_*; A is behind the IOMMU, the others are direct
 * @memory: bytes of memory on it
 */
struct lab_rig *lab_rig_plug_revision(struct kunit *test, u8 revision,
				      u32 memory);

/**
 * lab_rig_plug() - plug in a board of revision C with LAB_RIG_MEMORY
 * @test: as for lab_rig_plug_as()
 *
 * In the topology that the test's parameter names, see umlab_plug().
 */
struct lab_rig *lab_rig_plug(struct kunit *test);

/**
 * lab_rig_read() - read a register
 * @rig: the board
 * @reg: which
 */
u32 lab_rig_read(const struct lab_rig *rig, u32 reg);

/**
 * lab_rig_write() - write a register
 * @rig: the board
 * @reg: which
 * @value: what
 */
void lab_rig_write(const struct lab_rig *rig, u32 reg, u32 value);

/**
 * lab_rig_reads() - whether a register comes to have a value in LAB_RIG_PATIENCE
 * @rig: the board
 * @reg: which
 * @mask: the bits that count
 * @value: what they are to be
 */
bool lab_rig_reads(const struct lab_rig *rig, u32 reg, u32 mask, u32 value);

/**
 * lab_rig_ready() - whether the board is ready, or gets so in time
 * @rig: the board
 */
bool lab_rig_ready(const struct lab_rig *rig);

/**
 * lab_rig_reset() - reset the board by register, and expect it to be ready in time
 * @rig: the board
 */
void lab_rig_reset(const struct lab_rig *rig);

/**
 * lab_rig_faults() - have accesses of the board to an address be bus errors
 * @rig: the board
 * @bus: the address; 0: none
 */
void lab_rig_faults(const struct lab_rig *rig, dma_addr_t bus);

/**
 * lab_rig_alloc() - dma_alloc_coherent(), which has to succeed
 * @rig: the board; the test is aborted if it fails
 * @size: in bytes
 *
 * Its bus address is aligned to the next power of two. It is zero.
 */
struct lab_rig_buffer *lab_rig_alloc(struct lab_rig *rig, size_t size);

/**
 * lab_rig_free() - free memory before the test ends
 * @rig: the board
 * @buffer: the memory, unmapped if it is mapped
 */
void lab_rig_free(struct lab_rig *rig, struct lab_rig_buffer *buffer);

/**
 * lab_rig_pages() - pages, which are zero and not mapped yet
 * @rig: the board; the test is aborted if there are none
 * @size: in bytes, a multiple of the page size
 */
struct lab_rig_buffer *lab_rig_pages(struct lab_rig *rig, size_t size);

/**
 * lab_rig_map() - map pages, all of them
 * @rig: the board; the test is aborted if this fails
 * @buffer: from lab_rig_pages()
 * @dir: the direction
 */
void lab_rig_map(struct lab_rig *rig, struct lab_rig_buffer *buffer,
		 enum dma_data_direction dir);

/**
 * lab_rig_unmap() - unmap them
 * @rig: the board
 * @buffer: the pages
 */
void lab_rig_unmap(struct lab_rig *rig, struct lab_rig_buffer *buffer);

/**
 * lab_rig_prepare() - allocate what a queue needs, and tell the board nothing
 * @rig: the board; the test is aborted if this fails
 * @queue: DAD_REQUESTS or DAD_STREAM
 * @entries: of the rings
 *
 * Each ring and the indexes are at the begin of a page of their own.
 */
void lab_rig_prepare(struct lab_rig *rig, unsigned int queue, u32 entries);

/**
 * lab_rig_program() - write the registers of a queue but DAD_Q_CONTROL
 * @rig: the board
 * @queue: the queue, prepared
 */
void lab_rig_program(struct lab_rig *rig, unsigned int queue);

/**
 * lab_rig_enable() - do both, enable the queue, and expect it to be active
 * @rig: the board; the test is aborted if this fails
 * @queue: the queue
 * @entries: of the rings
 *
 * Its indexes start at LAB_RIG_START.
 */
void lab_rig_enable(struct lab_rig *rig, unsigned int queue, u32 entries);

/**
 * lab_rig_stop() - stop a queue, and expect it to do so in time
 * @rig: the board
 * @queue: the queue
 */
void lab_rig_stop(struct lab_rig *rig, unsigned int queue);

/**
 * lab_rig_desc() - a descriptor
 * @addr: bus address
 * @len: bytes
 * @flags: DAD_DESC_*
 * @offset: in the memory on the board
 * @tag: for the completion
 */
static inline struct dad_desc lab_rig_desc(u64 addr, u32 len, u32 flags,
					   u64 offset, u32 tag)
{
	return (struct dad_desc) {
		.addr = cpu_to_le64(addr),
		.len = cpu_to_le32(len),
		.flags = cpu_to_le32(flags),
		.offset = cpu_to_le64(offset),
		.tag = cpu_to_le32(tag),
	};
}

/**
 * lab_rig_put() - put a descriptor into the ring, and tell the board nothing
 * @rig: the board
 * @queue: the queue
 * @desc: the descriptor
 */
void lab_rig_put(struct lab_rig *rig, unsigned int queue, struct dad_desc desc);

/**
 * lab_rig_ring() - tell the board how far the ring is filled
 * @rig: the board
 * @queue: the queue
 */
void lab_rig_ring(struct lab_rig *rig, unsigned int queue);

/**
 * lab_rig_post() - do both
 * @rig: the board
 * @queue: the queue
 * @desc: the descriptor
 */
void lab_rig_post(struct lab_rig *rig, unsigned int queue, struct dad_desc desc);

/**
 * lab_rig_fetched() - how many descriptors the board has fetched
 * @rig: the board
 * @queue: the queue
 *
 * Return: since the queue was enabled.
 */
u32 lab_rig_fetched(const struct lab_rig *rig, unsigned int queue);

/**
 * lab_rig_completed() - how many completions were not taken yet
 * @rig: the board
 * @queue: the queue
 */
u32 lab_rig_completed(const struct lab_rig *rig, unsigned int queue);

/**
 * lab_rig_wait() - wait until there are completions, 10 ms at most
 * @rig: the board
 * @queue: the queue
 * @count: so many, that were not taken yet
 *
 * Return: whether they came.
 */
bool lab_rig_wait(const struct lab_rig *rig, unsigned int queue, u32 count);

/**
 * lab_rig_take() - take the next completion, and tell the board so
 * @rig: the board; the test is aborted if none comes, see lab_rig_wait()
 * @queue: the queue
 */
struct lab_rig_comp lab_rig_take(struct lab_rig *rig, unsigned int queue);

/**
 * lab_rig_expect() - expect the next completion to be this one
 * @rig: the board
 * @queue: the queue
 * @tag: its tag
 * @len: how many bytes were moved
 * @status: DAD_COMP_*
 */
void lab_rig_expect(struct lab_rig *rig, unsigned int queue, u32 tag, u32 len,
		    u32 status);

/**
 * lab_rig_expect_works() - expect that the board moves four bytes to the host
 * @rig: the board; the test is aborted if it does not
 *
 * Enables DAD_REQUESTS, which must not be active, and leaves it so.
 */
void lab_rig_expect_works(struct lab_rig *rig);

/**
 * lab_rig_expect_quiet() - expect that the board accesses no memory for a while
 * @rig: the board; what it holds back it may do now, see UMLAB_COMPLETE_AT_ONCE
 */
void lab_rig_expect_quiet(const struct lab_rig *rig);

/**
 * lab_rig_block() - write the head of a block of a chain
 * @buffer: it is in this coherent memory
 * @at: at this offset
 * @next: bus address of the next one, or 0
 * @count: how many segments it has
 */
void lab_rig_block(const struct lab_rig_buffer *buffer, size_t at,
		   dma_addr_t next, u32 count);

/**
 * lab_rig_segment() - write a segment of a block
 * @buffer: as for lab_rig_block()
 * @at: likewise
 * @index: which segment
 * @addr: its bus address
 * @len: its length
 */
void lab_rig_segment(const struct lab_rig_buffer *buffer, size_t at,
		     unsigned int index, dma_addr_t addr, u32 len);

#endif /* _LAB_DAD_RIG_H */
