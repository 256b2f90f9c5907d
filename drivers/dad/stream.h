/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dad: the converter and the rings of blocks that it works with: see stream.c and ring.c
 */
#ifndef _DAD_STREAM_H
#define _DAD_STREAM_H

#include <linux/poll.h>
#include <linux/types.h>

#include "dad-ioctl.h"

struct dad;
struct dad_file;

#define DAD_RINGS_MAX		16	/* of all files */
#define DAD_STREAM_SLOTS	DAD_BLOCKS_MAX

/**
 * struct dad_stream - a ring of blocks (dad-ioctl.h)
 * @memory: the blocks
 * @bus: where they are, to the board
 * @size: of all of them, in bytes
 * @block_size: of each
 * @blocks: how many
 * @out: they are sent
 * @sample_ns: the time for a sample
 * @given: blocks given to the board since the start; guarded by dad.lock, as the others
 * @finished: blocks that the board is done with
 * @overruns: since the start
 * @deadline: when the next block is late, in jiffies
 * @state: DAD_STATE_*
 */
struct dad_stream {
	void *memory;
	dma_addr_t bus;
	size_t size;
	u32 block_size;
	u32 blocks;
	bool out;
	u32 sample_ns;
	u64 given;
	u64 finished;
	u64 overruns;
	unsigned long deadline;
	u32 state;
};

/* ring.c: the memory of the converter's blocks */
u32 dad_stream_block_max(const struct dad *dad);
int dad_stream_create(struct dad_file *df, const struct dad_ring *ring);
void dad_stream_destroy(struct dad_file *df);

/* stream.c: the converter */
int dad_stream_start(struct dad_file *df);
int dad_stream_stop(struct dad_file *df);
int dad_stream_advance(struct dad_file *df, struct dad_advance *advance);
void dad_stream_failed(struct dad *dad);
unsigned int dad_stream_reap(struct dad *dad);
void dad_stream_overruns(struct dad *dad);
bool dad_stream_late(struct dad *dad);
__poll_t dad_stream_poll(struct dad_file *df);

#endif /* _DAD_STREAM_H */
