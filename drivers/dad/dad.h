/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dad: the driver of the dad data acquisition board
 *
 * What the board does, dad-regs.h says; what user space sees of it, dad-ioctl.h.
 *
 * DMA. Each kind is there for a reason:
 *
 *	coherent	the rings of queues, which both sides look at all the time, and the
 *			ring of blocks, which user space maps
 *	pool		the blocks of chains, of which a request may need many, and none
 *			may cross a page
 *	single		the buffer of a request, through which what is short is copied for who
 *			waits; it is mapped once, and synced at each use
 *	page		the caller's memory, if one page has it
 *	list		the caller's memory, if not
 *
 * Where there is no DMA, the CPU moves the data through the board's window.
 *
 * Life. The board may go at any time, with files open, memory mapped and requests under
 * way. struct dad lives until its last file is closed. Whatever uses the board on behalf of
 * a file does so between dad_enter() and dad_exit(). remove() sees to it that nobody waits
 * for the board there, and waits until nobody is there; after that nothing of the board is
 * touched. (Who reads or writes may also wait for a page of his own there.)
 *
 * Trust. The board may write anything to memory, and answer anything. What is read from
 * there is read once, and checked before it is used. If it cannot be, the board is reset.
 *
 * Locks. dad.control (a mutex) is held by who changes what the board is doing: resets,
 * starts and stops, sets up; and moves data through the window. dad.lock (a spinlock) guards
 * the queues, the requests, the state, and is not taken in hard interrupt context.
 * dad.files_lock (a mutex) guards the open files, and what they have mapped. They nest:
 * mmap_lock, files_lock, control, lock. None but the first is held while user memory is
 * touched.
 */
#ifndef _DAD_H
#define _DAD_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "dad-ioctl.h"
#include "dad-regs.h"

struct dad;
struct dma_pool;
struct file;
struct iov_iter;
struct kiocb;
struct pci_dev;
struct vm_area_struct;

#define DAD_SLOTS		16	/* requests under way at a time */
#define DAD_RINGS_MAX		16	/* of all files */
#define DAD_STREAM_SLOTS	DAD_BLOCKS_MAX
#define DAD_COPY_MAX		1024	/* bytes that are copied, not pinned */
#define DAD_COPIES		(DAD_SLOTS * DAD_COPY_MAX)
#define DAD_PAGES_MAX		(DAD_TRANSFER_MAX / PAGE_SIZE + 1)

/* So that indexes wrap soon, and not after years, as INITIAL_JIFFIES */
#define DAD_FIRST_INDEX		0xfffffff8U

/* How long the board may take for what takes it at most 1 ms, in us */
#define DAD_PATIENCE_US		10000

/**
 * struct dad_limits - what a revision can do (dad-regs.h, section 2)
 * @revision: its revision ID
 * @dma_bits: address bits; 0: no bus mastering
 * @segment_max: the longest segment, in bytes
 * @boundary: no segment crosses a multiple of this plus 1
 */
struct dad_limits {
	u8 revision;
	u8 dma_bits;
	u32 segment_max;
	unsigned long boundary;
};

/**
 * struct dad_queue - a queue of the board (section 5); guarded by dad.lock
 * @regs: its registers
 * @entries: of each ring
 * @desc: the ring of descriptors; the board reads it
 * @desc_bus: where that is, to the board
 * @comp: the ring of completions, and behind it the indexes; the board writes them
 * @comp_bus: where that is, to the board
 * @index: the indexes
 * @producer: how many descriptors there were
 * @consumer: how many completions there were
 * @enabled: it is in use
 */
struct dad_queue {
	void __iomem *regs;
	u32 entries;
	struct dad_desc *desc;
	dma_addr_t desc_bus;
	struct dad_comp *comp;
	dma_addr_t comp_bus;
	struct dad_index *index;
	u32 producer;
	u32 consumer;
	bool enabled;
};

/**
 * struct dad_chain_block - a block of a chain
 * @block: what the board reads
 * @bus: where that is, to the board
 */
struct dad_chain_block {
	struct dad_block *block;
	dma_addr_t bus;
};

#define DAD_CHAIN_MAX	DIV_ROUND_UP(DAD_PAGES_MAX, DAD_BLOCK_SEGMENTS)

/**
 * enum dad_mapping - how a request's memory is mapped
 * @DAD_UNMAPPED: not at all
 * @DAD_COPY: it is the slot's own buffer
 * @DAD_PAGE: it is a page
 * @DAD_LIST: it is a list
 */
enum dad_mapping {
	DAD_UNMAPPED,
	DAD_COPY,
	DAD_PAGE,
	DAD_LIST,
};

/**
 * struct dad_request - a transfer between memory and the board, and its slot
 * @dad: the board
 * @tag: of its descriptor; its place in dad.requests
 * @dir: where to
 * @offset: where on the board
 * @len: how many bytes
 * @mapping: how its memory is mapped
 * @pages: the caller's pages
 * @page_count: how many
 * @pinned: they have to be unpinned
 * @sgt: the list of them
 * @bus: of the page, or of the first block of the chain
 * @chain: the blocks, if there is a chain
 * @chain_len: how many
 * @iocb: whom to tell, or NULL: who waits for @done
 * @work: tells @iocb
 * @done: the board has no part in it any more
 * @result: then: bytes moved, or a negative errno
 * @queued: the board has it; guarded by dad.lock, as the next ones
 * @aborted: it was told to abort it
 * @deadline: when it is late, in jiffies
 */
struct dad_request {
	struct dad *dad;
	u32 tag;
	enum dma_data_direction dir;
	u64 offset;
	u32 len;
	enum dad_mapping mapping;
	struct page **pages;
	unsigned int page_count;
	bool pinned;
	struct sg_table sgt;
	dma_addr_t bus;
	struct dad_chain_block chain[DAD_CHAIN_MAX];
	unsigned int chain_len;
	struct kiocb *iocb;
	struct work_struct work;
	struct completion done;
	ssize_t result;
	bool queued;
	bool aborted;
	unsigned long deadline;
};

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

/**
 * struct dad_file - an open file
 * @dad: the board; holds a reference
 * @filp: the file
 * @entry: in dad.files
 * @mms: the address spaces that called mmap() on it (struct dad_mm); guarded by
 *	dad.files_lock
 * @stream: its ring, or NULL; set once, under dad.control, and freed under dad.files_lock,
 *	when nobody is between dad_enter() and dad_exit() with the file
 */
struct dad_file {
	struct dad *dad;
	struct file *filp;
	struct list_head entry;
	struct list_head mms;
	struct dad_stream *stream;
};

/* The ring of a file, for who does not hold dad.control */
static inline struct dad_stream *dad_file_stream(struct dad_file *df)
{
	/* Pairs with dad_stream_create(): what is in it is there. */
	return smp_load_acquire(&df->stream);
}

/**
 * struct dad_vector - an interrupt
 * @dad: the board
 * @causes: DAD_INT_* that it stands for
 * @pending: those that the handler saw and its thread did not
 */
struct dad_vector {
	struct dad *dad;
	u32 causes;
	atomic_t pending;
};

/**
 * enum dad_state - whether requests are taken
 * @DAD_RUNNING: yes
 * @DAD_STOPPED: they wait: it is being reset, or suspended
 * @DAD_FAILED: no, and no reset helps
 * @DAD_GONE: no: it is not ours any more
 */
enum dad_state {
	DAD_RUNNING,
	DAD_STOPPED,
	DAD_FAILED,
	DAD_GONE,
};

/* What is counted, in debugfs */
enum dad_counter {
	DAD_COUNT_REQUESTS,
	DAD_COUNT_BYTES_READ,
	DAD_COUNT_BYTES_WRITTEN,
	DAD_COUNT_COPIES,
	DAD_COUNT_PAGES,
	DAD_COUNT_LISTS,
	DAD_COUNT_CHAINS,
	DAD_COUNT_PIO_BYTES,
	DAD_COUNT_INTERRUPTS,
	DAD_COUNT_SPURIOUS,
	DAD_COUNT_LOST_INTERRUPTS,
	DAD_COUNT_TIMEOUTS,
	DAD_COUNT_ABORTS,
	DAD_COUNT_RESETS,
	DAD_COUNT_BAD_COMPLETIONS,
	DAD_COUNT_MAP_RETRIES,
	DAD_COUNT_OVERRUNS,
	DAD_COUNTERS
};

/**
 * struct dad - a board
 * @dev: its class device; its release frees this
 * @cdev: its node
 * @id: the N of /dev/dadN
 * @pdev: the PCI device; not to be touched once @state is DAD_GONE
 * @limits: what its revision can do
 * @regs: its registers
 * @memory_size: bytes of memory on it
 * @dma_bits: bits of address in use; 0: no DMA
 * @srcu: read by dad_enter()
 * @control: see above
 * @parked: suspended, or the PCI core resets it; guarded by @control
 * @lock: see above
 * @state: written with @lock held, and but for trouble and DAD_GONE with @control
 * @wait: for slots, blocks and changes of @state
 * @awake: registers can be read by the interrupt handler
 * @queues: the queues
 * @blocks: of chains
 * @copies: the slots' own buffers, of DAD_COPY_MAX bytes each
 * @copies_bus: where they are, to the board
 * @requests: the slots
 * @busy: the slots in use; guarded by @lock
 * @stream: the ring that the converter works with; written with both locks held
 * @vectors: the interrupts
 * @vector_count: how many
 * @watchdog: looks after requests that are late and interrupts that were lost
 * @recovery: resets the board
 * @trouble: why; guarded by @lock
 * @timeout_ms: how long a request may take; written under @lock
 * @coalesce_count: completions for an interrupt; 0: one. Guarded by @control
 * @coalesce_us: or so long after the first of them; likewise
 * @files_lock: see above
 * @files: the open files (struct dad_file)
 * @rings: how many rings there are
 * @counters: what is counted
 * @debugfs: the folder there
 */
struct dad {
	struct device dev;
	struct cdev cdev;
	int id;
	struct pci_dev *pdev;
	const struct dad_limits *limits;
	void __iomem *regs;
	size_t memory_size;
	u8 dma_bits;
	struct srcu_struct srcu;
	struct mutex control;	/* see above */
	bool parked;
	spinlock_t lock;	/* see above */
	enum dad_state state;
	wait_queue_head_t wait;
	bool awake;
	struct dad_queue queues[DAD_QUEUES];
	struct dma_pool *blocks;
	void *copies;
	dma_addr_t copies_bus;
	struct dad_request requests[DAD_SLOTS];
	DECLARE_BITMAP(busy, DAD_SLOTS);
	struct dad_stream *stream;
	struct dad_vector vectors[DAD_VECTORS_MAX];
	int vector_count;
	struct delayed_work watchdog;
	struct work_struct recovery;
	const char *trouble;
	unsigned int timeout_ms;
	unsigned int coalesce_count;
	unsigned int coalesce_us;
	struct mutex files_lock;	/* see above */
	struct list_head files;
	atomic_t rings;
	atomic64_t counters[DAD_COUNTERS];
	struct dentry *debugfs;
};

/* main.c: who uses the board */
bool dad_enter(struct dad *dad, int *idx);
void dad_exit(struct dad *dad, int idx);

static inline void dad_count(struct dad *dad, enum dad_counter counter, u64 by)
{
	atomic64_add(by, &dad->counters[counter]);
}

/* hw.c: the registers */
u32 dad_hw_read(struct dad *dad, unsigned int reg);
void dad_hw_write(struct dad *dad, unsigned int reg, u32 value);
int dad_hw_identify(struct dad *dad);
int dad_hw_reset(struct dad *dad);
void dad_hw_quiet(struct dad *dad);
void dad_hw_start(struct dad *dad);
void dad_hw_loud(struct dad *dad);
void dad_hw_coalesce(struct dad *dad);

/* dma.c: masks, and the memory that is there as long as the driver */
int dad_dma_init(struct dad *dad);
void dad_dma_exit(struct dad *dad);

/* queue.c: the rings */
int dad_queue_alloc(struct dad *dad, unsigned int nr, u32 entries);
void dad_queue_free(struct dad *dad, unsigned int nr);
void dad_queue_enable(struct dad *dad, unsigned int nr);
int dad_queue_stop(struct dad *dad, unsigned int nr);
struct dad_desc *dad_queue_next(struct dad_queue *queue);
void dad_queue_post(struct dad_queue *queue);

/**
 * struct dad_done - a completion, copied and in the CPU's byte order
 * @tag: of the descriptor
 * @len: bytes that were moved
 * @status: DAD_COMP_*
 */
struct dad_done {
	u32 tag;
	u32 len;
	u32 status;
};

int dad_queue_reap(struct dad_queue *queue, struct dad_done *done);
void dad_queue_reaped(struct dad_queue *queue);

/* buffer.c: the memory of a request */
int dad_buffer_init(struct dad *dad);
void dad_buffer_exit(struct dad *dad);
int dad_buffer_copy(struct dad_request *req, struct iov_iter *iter, size_t len);
ssize_t dad_buffer_fetch(const struct dad_request *req, struct iov_iter *iter,
			 size_t len);
int dad_buffer_direct(struct dad_request *req, struct iov_iter *iter,
		      size_t len);
void dad_buffer_describe(const struct dad_request *req, struct dad_desc *desc);
void dad_buffer_unmap(struct dad_request *req);
void dad_buffer_unpin(struct dad_request *req, bool dirty);

/* request.c: the life of a request */
void dad_requests_init(struct dad *dad);
void dad_requests_flush(struct dad *dad);
struct dad_request *dad_request_get(struct dad *dad);
void dad_request_put(struct dad_request *req);
int dad_request_submit(struct dad_request *req);
void dad_request_abort(struct dad_request *req);
unsigned int dad_requests_reap(struct dad *dad);
void dad_requests_fail(struct dad *dad, int error);
bool dad_requests_late(struct dad *dad);
bool dad_requests_any(struct dad *dad);
bool dad_slot_free(struct dad *dad);

/* transfer.c: read_iter and write_iter */
ssize_t dad_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t dad_write_iter(struct kiocb *iocb, struct iov_iter *from);

/* pio.c: without DMA */
ssize_t dad_pio(struct dad *dad, struct iov_iter *iter,
		enum dma_data_direction dir, u64 offset, size_t len,
		bool nowait);

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

/* file.c, mmap.c: the node */
extern const struct file_operations dad_fops;
int dad_mmap(struct file *filp, struct vm_area_struct *vma);
void dad_mms_free(struct dad_file *df);
void dad_mmap_revoke(struct dad *dad);

/* recover.c: a board that is stuck, asleep or gone */
int dad_control_begin(struct dad *dad, bool nowait);
void dad_control_end(struct dad *dad);
int dad_wait_running(struct dad *dad);
void dad_trouble(struct dad *dad, const char *why);
void dad_reset(struct dad *dad, const char *why);
void dad_watch(struct dad *dad);
void dad_set_timeout(struct dad *dad, unsigned int ms);
void dad_park(struct dad *dad, bool drain);
int dad_unpark(struct dad *dad);
void dad_recover_init(struct dad *dad);
void dad_quit(struct dad *dad);

/* irq.c */
int dad_irq_init(struct dad *dad);
void dad_irq_exit(struct dad *dad);
void dad_irq_sleep(struct dad *dad);
void dad_irq_recheck(struct dad *dad);

/* attrs.c, debug.c: sysfs and debugfs */
extern const struct attribute_group *dad_groups[];
void dad_debug_init(struct dad *dad);
void dad_debug_exit(struct dad *dad);
void dad_debug_root_init(void);
void dad_debug_root_exit(void);

#endif /* _DAD_H */
