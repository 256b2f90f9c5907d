/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a KUnit suite may use of the emulated machine
 *
 * A function is plugged in for the length of a test, and everything is undone
 * when the test ends, also when it fails::
 *
 *	static void example(struct kunit *test)
 *	{
 *		struct umlab_slot *slot = umlab_plug(test, &counter_model, NULL);
 *		u64 begin = umlab_journal_now();
 *		...
 *		UMLAB_EXPECT_ORDER(test, slot, begin,
 *				   UMLAB_DID_WRITE(0, 0, 4, 1),
 *				   UMLAB_DID_READ_ANY(0, 0));
 *	}
 *
 * A violation fails the test that the function is plugged in for. A test that
 * provokes one declares it with umlab_expect_violation(), and then fails if it
 * does not come.
 */
#ifndef _UMLAB_MACHINE_H
#define _UMLAB_MACHINE_H

#include <linux/bits.h>
#include <linux/pci.h>
#include <linux/types.h>
#include <umlab/journal.h>
#include <umlab/topology.h>

struct kunit;
struct mm_struct;
struct umlab_model;
struct umlab_slot;

/* The bus number of the emulated bus; its domain is 0 */
#define UMLAB_BUS	0x10

/*
 * A place on the bus, for options: device 0 to 31, function 0 to 7. Devices whose
 * numbers differ by 4 share an INTx line.
 */
#define UMLAB_AT(device, function)	(0x100 | PCI_DEVFN(device, function))

/**
 * enum umlab_violation - what a driver did wrong
 * @UMLAB_VIOLATION_WIDTH: a BAR access of a width that the BAR does not take
 * @UMLAB_VIOLATION_ALIGN: a BAR access that is not aligned to its width
 * @UMLAB_VIOLATION_RANGE: past the end of a BAR, or of what was mapped of it
 * @UMLAB_VIOLATION_DECODE: a BAR access while memory decoding is disabled, or
 *	to an address that the BAR has no longer
 * @UMLAB_VIOLATION_POWER: a BAR or DMA access while the function is not in D0
 * @UMLAB_VIOLATION_USERMAP: a register BAR was mapped to user space; told once for
 *	each BAR
 * @UMLAB_VIOLATION_MASTER: a message or a DMA access is due while bus mastering is
 *	disabled; or a driver left it enabled when it was unbound
 * @UMLAB_VIOLATION_MESSAGE: a message goes where no interrupt controller is
 * @UMLAB_VIOLATION_STORM: INTx is delivered again and again, and nobody makes
 *	the device lower it
 * @UMLAB_VIOLATION_SPIN: a register is polled in a loop that nothing ends; the
 *	function answers all-ones and zero by turns until it is reset
 * @UMLAB_VIOLATION_DMA_WIDTH: the device was given an address of more bits than it
 *	drives, see &umlab_model.dma_bits
 * @UMLAB_VIOLATION_DMA_UNMAPPED: the device accesses what is not mapped for it: never
 *	was, is no longer, or ends before; or in one go what are two mappings
 * @UMLAB_VIOLATION_DMA_DIRECTION: it reads what is mapped for writing, or the other
 *	way round
 * @UMLAB_VIOLATION_DMA_OWNER: it accesses what is the CPU's since dma_sync_*_for_cpu()
 * @UMLAB_VIOLATION_DMA_FAULT: what is mapped for it does not translate: the IOMMU's
 *	page tables were changed behind the DMA API, or there is no memory
 * @UMLAB_VIOLATION_DMA_MEMORY: what is mapped is not memory for DMA: kernel text or
 *	read-only data, what vmalloc() gave or a stack, or no memory at all
 * @UMLAB_VIOLATION_DMA_OVERLAP: a mapping the device writes to overlaps another one
 * @UMLAB_VIOLATION_DMA_UNMAP: it was mapped and unmapped, or allocated and freed, with
 *	different arguments
 * @UMLAB_VIOLATION_DMA_SYNC: it was mapped and synced with different arguments
 * @UMLAB_VIOLATION_DMA_UNKNOWN: what is unmapped, freed or synced was never mapped
 * @UMLAB_VIOLATION_DMA_TWICE: it was unmapped or freed before
 * @UMLAB_VIOLATION_DMA_DEVICE: it is another device's
 * @UMLAB_VIOLATION_DMA_BUSY: it was unmapped or freed in flight, see umlab_dma_hold()
 * @UMLAB_VIOLATION_DMA_LEAK: it was not unmapped or freed when the driver was
 *	unbound or the function unplugged; the first eight are told one by one, the
 *	others together
 * @UMLAB_VIOLATION_DMA_POOL: a block of a DMA pool that is free: the device accesses it,
 *	or the kernel complains of how it was freed
 * @UMLAB_VIOLATION_DMA_API: the kernel's DMA API debugging complains, often beside one
 *	of the above; each time it does
 * @UMLAB_VIOLATION_MODEL: the model says so, see umlab_model_violation()
 * @UMLAB_VIOLATIONS: how many there are
 */
enum umlab_violation {
	UMLAB_VIOLATION_WIDTH,
	UMLAB_VIOLATION_ALIGN,
	UMLAB_VIOLATION_RANGE,
	UMLAB_VIOLATION_DECODE,
	UMLAB_VIOLATION_POWER,
	UMLAB_VIOLATION_USERMAP,
	UMLAB_VIOLATION_MASTER,
	UMLAB_VIOLATION_MESSAGE,
	UMLAB_VIOLATION_STORM,
	UMLAB_VIOLATION_SPIN,
	UMLAB_VIOLATION_DMA_WIDTH,
	UMLAB_VIOLATION_DMA_UNMAPPED,
	UMLAB_VIOLATION_DMA_DIRECTION,
	UMLAB_VIOLATION_DMA_OWNER,
	UMLAB_VIOLATION_DMA_FAULT,
	UMLAB_VIOLATION_DMA_MEMORY,
	UMLAB_VIOLATION_DMA_OVERLAP,
	UMLAB_VIOLATION_DMA_UNMAP,
	UMLAB_VIOLATION_DMA_SYNC,
	UMLAB_VIOLATION_DMA_UNKNOWN,
	UMLAB_VIOLATION_DMA_TWICE,
	UMLAB_VIOLATION_DMA_DEVICE,
	UMLAB_VIOLATION_DMA_BUSY,
	UMLAB_VIOLATION_DMA_LEAK,
	UMLAB_VIOLATION_DMA_POOL,
	UMLAB_VIOLATION_DMA_API,
	UMLAB_VIOLATION_MODEL,
	UMLAB_VIOLATIONS
};

/* The kinds of interrupts a function has, to be or'ed */
#define UMLAB_IRQ_INTX	BIT(0)
#define UMLAB_IRQ_MSI	BIT(1)
#define UMLAB_IRQ_MSIX	BIT(2)
#define UMLAB_IRQ_NONE	BIT(3)

/**
 * enum umlab_completion - when a device finishes what it was told to do
 * @UMLAB_COMPLETE_AT_ONCE: inside the access that told it
 * @UMLAB_COMPLETE_DEFERRED: after that access, as soon as time moves: at the
 *	driver's next sleep, delay or look at the clock, or after some reads of
 *	registers
 * @UMLAB_COMPLETE_DELAYED: after a delay
 * @UMLAB_COMPLETE_NEVER: not until the policy changes
 */
enum umlab_completion {
	UMLAB_COMPLETE_AT_ONCE,
	UMLAB_COMPLETE_DEFERRED,
	UMLAB_COMPLETE_DELAYED,
	UMLAB_COMPLETE_NEVER,
};

/**
 * struct umlab_faults - what goes wrong in the hardware
 * @read_ones: the n-th read of a register from now answers all-ones, and the
 *	model does not see it
 * @write_lost: the n-th write of a register from now is lost
 * @irq_lost: the n-th interrupt raised from now is lost
 * @vanish: at the n-th access to a register from now the function vanishes, as
 *	by umlab_vanish(); the model does not see it
 * @map: the n-th mapping from now fails: the driver gets DMA_MAPPING_ERROR, or 0
 *	from dma_map_sg(); dma_map_resource() does not count
 * @alloc: the n-th allocation of coherent memory or DMA pages from now fails
 * @dma_error: the n-th access of the device to memory from now is a bus error
 * @dma_vanish: at the n-th access of the device to memory from now the function
 *	vanishes, in the middle of what it does; the access fails
 * @dma_fault: as @dma_error, but each access that touches the byte at this
 *	address; 0: none
 *
 * 1 is the next one; 0: none. Behind the IOMMU a mapping or allocation fails as the
 * IOMMU is out of page tables, so what comes first there, fails; one that is not
 * failed by then stands in line.
 */
struct umlab_faults {
	unsigned int read_ones;
	unsigned int write_lost;
	unsigned int irq_lost;
	unsigned int vanish;
	unsigned int map;
	unsigned int alloc;
	unsigned int dma_error;
	unsigned int dma_vanish;
	u64 dma_fault;
};

/**
 * struct umlab_options - how a function is plugged in
 * @at: where, UMLAB_AT(); 0: function 0 of a free device. Function 0 of a
 *	device has to be there before its others
 * @irqs: UMLAB_IRQ_*: only these of the model's kinds, or UMLAB_IRQ_NONE; 0: all
 *	of them
 * @completion: when it finishes
 * @delay_ns: for UMLAB_COMPLETE_DELAYED
 * @faults: what goes wrong
 * @topology: what is between it and memory, copied; NULL: what the test's parameter
 *	says, see umlab_topology_gen_params(), or else direct and coherent
 *
 * All zero is what NULL means.
 */
struct umlab_options {
	unsigned int at;
	unsigned int irqs;
	enum umlab_completion completion;
	u64 delay_ns;
	struct umlab_faults faults;
	const struct umlab_topology *topology;
};

/**
 * umlab_plug() - plug in a function for the length of a test
 * @test: the test; aborted if this fails
 * @model: what it is; copied with its ops and caps, but not its name
 * @options: how, copied; NULL: anywhere, as the model has it, completing at once
 *
 * A registered driver that wants it has probed it when this returns; whether it
 * was content, umlab_pdev()->dev.driver tells.
 *
 * Return: the function; unplugged when the test ends.
 */
struct umlab_slot *umlab_plug(struct kunit *test,
			      const struct umlab_model *model,
			      const struct umlab_options *options);

/**
 * umlab_try_plug() - plug in a function that may be refused
 * @test: the test
 * @model: as for umlab_plug()
 * @options: likewise
 *
 * Return: the function, as from umlab_plug(), or an ERR_PTR: -EINVAL if the
 * model or the options are bad (the log names the field), -EBUSY if the place
 * is taken, -ENOSPC if all are, or if there is no room for a BAR; what the
 * model's probe returned.
 */
struct umlab_slot *umlab_try_plug(struct kunit *test,
				  const struct umlab_model *model,
				  const struct umlab_options *options);

/**
 * umlab_unplug() - unplug a function before the test ends
 * @test: the test
 * @slot: the function; not to be used afterwards. To look into the journal after
 *	the driver's remove, unbind it first, by device_release_driver()
 *
 * The driver is unbound first, as by an orderly hot-unplug.
 */
void umlab_unplug(struct kunit *test, struct umlab_slot *slot);

/**
 * umlab_vanish() - take a function away by surprise
 * @slot: the function
 *
 * From now on config space and BARs read as all-ones, writes vanish and no
 * interrupt comes. The driver has not been told: umlab_unplug() does that, or
 * the end of the test. To have it happen inside an access, see struct
 * umlab_faults.
 *
 * Context: any, but not from a model's ops.
 */
void umlab_vanish(struct umlab_slot *slot);

/**
 * umlab_pdev() - the PCI core's device for a function
 * @slot: the function
 *
 * Return: the device; valid until the function is unplugged.
 */
struct pci_dev *umlab_pdev(const struct umlab_slot *slot);

/**
 * umlab_topology() - what is between a function and memory
 * @slot: the function
 */
const struct umlab_topology *umlab_topology(const struct umlab_slot *slot);

/**
 * umlab_mappings() - how many mappings a function has
 * @slot: the function
 *
 * Return: how many are live, allocations included.
 */
unsigned int umlab_mappings(const struct umlab_slot *slot);

/**
 * umlab_pool_pages() - how many of a function's mappings are pages of DMA pools
 * @slot: the function
 *
 * A pool keeps its pages for later, whatever blocks of it are in use: what has grown by
 * these alone, has not leaked.
 */
unsigned int umlab_pool_pages(const struct umlab_slot *slot);

/**
 * umlab_set_completion() - change when a function finishes
 * @slot: the function
 * @completion: when, from now on; what was held back goes by this, too
 * @delay_ns: for UMLAB_COMPLETE_DELAYED
 */
void umlab_set_completion(struct umlab_slot *slot,
			  enum umlab_completion completion, u64 delay_ns);

/**
 * umlab_set_faults() - have something go wrong
 * @slot: the function
 * @faults: what, counted from now
 */
void umlab_set_faults(struct umlab_slot *slot,
		      const struct umlab_faults *faults);

/**
 * umlab_faults_left() - what is still to go wrong
 * @slot: the function
 *
 * Return: the faults, counted down to now; what has gone wrong is 0.
 */
struct umlab_faults umlab_faults_left(struct umlab_slot *slot);

/**
 * umlab_inject_spurious() - an interrupt that the model did not raise
 * @slot: the function
 * @vector: as for umlab_irq_raise()
 *
 * A message is sent, or INTx asserted until the CPU has taken it once.
 */
void umlab_inject_spurious(struct umlab_slot *slot, unsigned int vector);

/**
 * umlab_inject_foreign() - an interrupt of another device on the shared line
 * @slot: the function whose INTx line it is
 *
 * The line is asserted until the CPU has taken it once, and no function has
 * raised it.
 */
void umlab_inject_foreign(struct umlab_slot *slot);

/**
 * umlab_expect_violation() - declare that the test provokes a violation
 * @slot: the function
 * @kind: of which kind
 *
 * Call it before the violation comes, once for each that will. Much of what is wrong
 * with the DMA API the kernel's own checks see as well: that is a violation more, of
 * kind UMLAB_VIOLATION_DMA_API.
 */
void umlab_expect_violation(struct umlab_slot *slot, enum umlab_violation kind);

/**
 * umlab_violations() - how many violations there were
 * @slot: the function
 * @kind: of which kind
 */
unsigned int umlab_violations(const struct umlab_slot *slot,
			      enum umlab_violation kind);

/**
 * umlab_violation_name() - a kind of violation in words
 * @kind: which
 */
const char *umlab_violation_name(enum umlab_violation kind);

/**
 * umlab_run() - have something happen inside of a device
 * @slot: the function
 * @fn: what; called with the slot's lock held and interrupts off, as a model's ops
 *	are. Not called if the function has vanished
 * @data: for it
 *
 * A packet arrives, a sensor fails: @fn may use all of model.h, and must not sleep
 * or assert.
 */
void umlab_run(struct umlab_slot *slot,
	       void (*fn)(struct umlab_slot *slot, void *data), void *data);

/**
 * umlab_check_user() - look for register BARs mapped to user space
 * @mm: the address space
 *
 * This is also done by itself whenever memory is mapped or unmapped; what a
 * fault handler maps in between is seen here, or when it is unmapped.
 */
void umlab_check_user(struct mm_struct *mm);

/**
 * umlab_functions() - how many functions there are, unplugged ones included
 * that something still refers to
 */
unsigned int umlab_functions(void);

/**
 * umlab_debugfs() - the variable that a file of debugfs shows
 * @folder: a folder of debugfs
 * @file: a file in it
 *
 * Settings of the kernel's debugging that have no other name. Of the file's type: a bool,
 * a u32, an unsigned long.
 *
 * Return: the variable, or NULL: there is no such file.
 */
void *umlab_debugfs(const char *folder, const char *file);

/**
 * umlab_time_is_virtual() - whether the kernel runs in time-travel mode
 */
bool umlab_time_is_virtual(void);

#endif /* _UMLAB_MACHINE_H */
