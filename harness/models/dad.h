/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dad board: the state that the files of its model share
 *
 * dad.c	the function: what it is, its memory, resets and fatal errors
 * dad_regs.c	registers and the window; which accesses the datasheet allows
 * dad_irq.c	causes of interrupts, and their vectors
 * dad_queue.c	the queues: enabled, stopped, and the CPU's indexes
 * dad_comp.c	completions: when, in which order, and their interrupts
 * dad_request.c	what a descriptor names: checked, held, moved, released
 * dad_stream.c	the converter
 * dad_lies.c	completions and registers that are wrong on purpose
 * dad_suite.c	what suites may do to a board
 *
 * The slot's lock guards all of it. What is seen beyond a file is called board_, since
 * the driver has names that begin with dad_. Sections are those of the datasheet,
 * drivers/dad/dad-regs.h.
 */
#ifndef _UMLAB_MODELS_DAD_H
#define _UMLAB_MODELS_DAD_H

#include <linux/list.h>
#include <linux/prandom.h>
#include <linux/types.h>
#include <umlab/dad.h>
#include <umlab/model.h>

#include "../../drivers/dad/dad-regs.h"

struct board;

/* Where its capabilities are */
#define BOARD_CAP_PM	0x40
#define BOARD_CAP_MSI	0x48
#define BOARD_CAP_MSIX	0x60
#define BOARD_CAP_EXP	0x70

/* How long it takes to reset, to stop a queue and to abort a request */
#define BOARD_RESET_NS	50000
#define BOARD_STOP_NS	20000
#define BOARD_ABORT_NS	10000

/**
 * struct board_limits - what a revision can do, section 2
 * @revision: which
 * @bits: of address that it drives; 0: it is no bus master
 * @segment: the longest segment, in bytes
 * @boundary: no segment crosses a multiple of this
 * @align: of rings
 */
struct board_limits {
	u8 revision;
	u8 bits;
	u32 segment;
	u64 boundary;
	u32 align;
};

/**
 * struct board_part - a block of a chain, as it was fetched
 * @entry: in the request's list
 * @addr: where it is
 * @held: which of its segments are held, by bits; BOARD_PART_BLOCK: itself is
 * @block: the block, of which only @block.count segments were fetched
 */
struct board_part {
	struct list_head entry;
	u64 addr;
	unsigned long held;
	struct dad_block block;
};

#define BOARD_PART_BLOCK	BIT(DAD_BLOCK_SEGMENTS)

/**
 * struct board_request - a descriptor that was fetched and is not completed
 * @entry: in one of its queue's lists
 * @parts: the blocks of its chain
 * @addr: as in the descriptor, and so are the next ones
 * @offset: likewise
 * @len: likewise
 * @flags: likewise
 * @tag: likewise
 * @status: DAD_COMP_DESC if it is against section 6, else DAD_COMP_OK
 * @held: without a chain: its segment is held
 */
struct board_request {
	struct list_head entry;
	struct list_head parts;
	u64 addr;
	u64 offset;
	u32 len;
	u32 flags;
	u32 tag;
	u32 status;
	bool held;
};

/**
 * struct board_queue - a queue, section 5
 * @board: the board
 * @name: in messages
 * @index: DAD_REQUESTS or DAD_STREAM
 * @reg: its registers; that of DAD_Q_CONTROL is made of the next two
 * @active: it was enabled
 * @stopping: it is to stop, and then not active
 * @lied: a lie was told since it was enabled, so what the driver does here may be
 *	wrong for no fault of its own
 * @held: which of its areas in the host's memory are held, by bits
 * @fetched: descriptors
 * @completed: completions
 * @coalesced: completions that wait for their interrupt
 * @free: requests that are not in use
 * @pending: those that are under way, in order
 * @aborted: those that are under way no longer, but not completed
 * @work: completes what is pending; not of the converter
 * @abort: completes what is aborted
 * @timer: the interrupt is due
 * @stop: it has stopped
 * @requests: all there are
 */
struct board_queue {
	struct board *board;
	const char *name;
	unsigned int index;
	u32 reg[DAD_Q_CONTROL / 4];
	bool active;
	bool stopping;
	bool lied;
	unsigned int held;
	u32 fetched;
	u32 completed;
	unsigned int coalesced;
	struct list_head free;
	struct list_head pending;
	struct list_head aborted;
	struct umlab_work work;
	struct umlab_work abort;
	struct umlab_work timer;
	struct umlab_work stop;
	struct board_request requests[DAD_QUEUE_MAX];
};

/**
 * struct board_converter - the converter, section 8
 * @running: as DAD_STREAM_RUN
 * @out: as DAD_STREAM_OUT
 * @busy: @work is under way: a buffer's time, or as long without one
 * @sample_ns: the register
 * @overruns: the register
 * @sample: the number of the next sample
 * @last: samples of the last buffer; 0: there was none
 * @buffer: the buffer that is under way, still the first pending one; or NULL
 * @sent: bytes sent since it was started
 * @tail: the last of these, each at its number modulo the size
 * @work: the time is over
 */
struct board_converter {
	bool running;
	bool out;
	bool busy;
	u32 sample_ns;
	u32 overruns;
	u32 sample;
	u32 last;
	struct board_request *buffer;
	u64 sent;
	u8 tail[UMLAB_DAD_SENT];
	struct umlab_work work;
};

/**
 * struct board_regs - registers of the board, all of which a reset clears
 * @ready: DAD_STATUS_READY
 * @error: DAD_STATUS_ERROR
 * @int_status: the register
 * @int_enable: the register
 * @vectors: the register
 * @coalesce: the register
 * @window_at: the register
 */
struct board_regs {
	bool ready;
	bool error;
	u32 int_status;
	u32 int_enable;
	u32 vectors;
	u32 coalesce;
	u32 window_at;
};

/**
 * struct board - the state of a board
 * @slot: the function
 * @limits: of its revision
 * @memory_size: of the memory on it, in bytes
 * @own: that memory, of revision P; NULL: it is behind BAR 2
 * @regs: the registers that are nobody else's
 * @queues: the queues
 * @converter: the converter
 * @reset: a reset by register is over
 * @manners: how it behaves
 * @random: for lies
 * @lies: how many it has told
 * @scratch: for what is used at once
 */
struct board {
	struct umlab_slot *slot;
	const struct board_limits *limits;
	u32 memory_size;
	void *own;
	struct board_regs regs;
	struct board_queue queues[DAD_QUEUES];
	struct board_converter converter;
	struct umlab_work reset;
	struct umlab_dad_manners manners;
	struct rnd_state random;
	unsigned int lies;
	u8 scratch[SZ_4K] __aligned(8);
};

/* dad.c */

/* The memory on the board; NULL until BAR 2 has had an address */
void *board_memory(const struct board *board);

/* Whether the function is in D0 */
bool board_is_awake(const struct board *board);

/* An error that only a reset ends, section 7 */
void board_fatal(struct board *board);

/* An access to a ring, the indexes or a block failed; all is quiet after -ENODEV */
void board_bus_error(struct board *board, int err);

/* DAD_CONTROL_RESET was written */
void board_reset(struct board *board);

/* dad_regs.c: the model's ops */
u64 board_bar_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
		   unsigned int size);
void board_bar_write(struct umlab_slot *slot, unsigned int bar, u32 offset,
		     unsigned int size, u64 value);

/* dad_irq.c: causes come; DAD_INT_STATUS, _ENABLE and DAD_VECTORS were written */
void board_irq_cause(struct board *board, u32 bits);
void board_irq_clear(struct board *board, u32 bits);
void board_irq_enable(struct board *board, u32 bits);
void board_irq_vectors(struct board *board, u32 vectors);

/* dad_queue.c */

/* Probe, remove, and the state after reset */
void board_queue_init(struct board *board, unsigned int index);
void board_queue_free(struct board_queue *queue);
void board_queue_clear(struct board_queue *queue);

/* What a register has; not DAD_Q_CONTROL */
static inline u32 board_queue_reg(const struct board_queue *queue,
				  unsigned int reg)
{
	return queue->reg[reg / 4];
}

/* The address in two of them, of which @reg is the low one */
static inline u64 board_queue_address(const struct board_queue *queue,
				      unsigned int reg)
{
	return board_queue_reg(queue, reg) |
	       (u64)board_queue_reg(queue, reg + 4) << 32;
}

u32 board_queue_read(const struct board_queue *queue, unsigned int reg);
void board_queue_write(struct board_queue *queue, unsigned int reg, u32 value);

/* Whether the queue does anything now */
bool board_queue_runs(const struct board_queue *queue);

/* What is under way with a tag, aborted or not; or NULL */
struct board_request *board_queue_find(struct board_queue *queue, u32 tag);

/* Nothing is under way any more, nor completed */
void board_queue_forget(struct board_queue *queue);

/* The CPU breaks section 5: a violation, unless there was a lie; and fatal. False */
__printf(2, 3)
bool board_queue_broken(struct board_queue *queue, const char *fmt, ...);

/* dad_comp.c */

void board_comp_init(struct board_queue *queue);

/* Nothing more is completed */
void board_comp_halt(struct board_queue *queue);

/* Complete a request with a status, after so many bytes; it is under way no longer */
void board_comp_complete(struct board_queue *queue,
			 struct board_request *request, u32 status, u32 len);

/* DAD_ABORT was written */
void board_comp_abort(struct board_queue *queue, u32 tag);

/* Write a member of &struct dad_index. Whether that is done */
bool board_comp_index(struct board_queue *queue, size_t where, u32 index);

/* dad_request.c */

/* Fetch a descriptor, the last one pending then. Whether the queue goes on */
bool board_request_fetch(struct board_queue *queue, u64 addr);

/* A descriptor is against section 6: a violation. False */
__printf(3, 4)
bool board_request_bad(struct board_queue *queue, struct board_request *request,
		       const char *fmt, ...);

/* Move a request's data, @moved bytes. 0, or a negative errno if an access failed */
int board_request_move(struct board_queue *queue, struct board_request *request,
		       u32 *moved);

/* It is not under way any more, and what it holds is released */
void board_request_drop(struct board_queue *queue,
			struct board_request *request);

/* Free what it has, and release nothing: the function is being removed */
void board_request_free(struct board_request *request);

/* dad_stream.c */

/* Probe, and the state after reset, in which it is remembered what was sent */
void board_stream_init(struct board *board);
void board_stream_clear(struct board *board);

/* It stands still */
void board_stream_halt(struct board *board);

/* DAD_STREAM_CONTROL and DAD_SAMPLE_NS were written; there may be a new buffer */
void board_stream_control(struct board *board, u32 value);
void board_stream_pace(struct board *board, u32 value);
void board_stream_kick(struct board *board);

/* dad_lies.c */

/**
 * struct board_claim - what a board says when it completes a request
 * @tag: of the descriptor
 * @len: bytes moved
 * @status: DAD_COMP_*
 * @times: how often it says so
 * @ahead: by how much the index is ahead of the completions
 */
struct board_claim {
	u32 tag;
	u32 len;
	u32 status;
	unsigned int times;
	u32 ahead;
};

/* Perhaps make a lie of a completion, or of the value of a register that is read */
void board_lie(struct board_queue *queue, struct board_claim *claim);
u32 board_lie_read(struct board *board, u32 offset, u32 value);

#endif /* _UMLAB_MODELS_DAD_H */
