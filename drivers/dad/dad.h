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
#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "dad-regs.h"
#include "queue.h"
#include "request.h"
#include "stream.h"

struct dad;
struct dma_pool;
struct file;
struct iov_iter;
struct kiocb;
struct pci_dev;
struct vm_area_struct;

/* The causes of interrupts that we act on: nobody has to do anything about an overrun. */
#define DAD_CAUSES	(DAD_INT_ALL & ~DAD_INT_OVERRUN)

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
 * @causes: those of DAD_CAUSES that it stands for
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

/* transfer.c: read_iter and write_iter */
ssize_t dad_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t dad_write_iter(struct kiocb *iocb, struct iov_iter *from);

/* pio.c: without DMA */
ssize_t dad_pio(struct dad *dad, struct iov_iter *iter,
		enum dma_data_direction dir, u64 offset, size_t len,
		bool nowait);

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
