/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device model may use
 *
 * A model describes a PCI function as data (struct umlab_model) and implements
 * what it does in ops. It is entered through its ops alone, and leaves through
 * the functions declared here alone.
 *
 * All ops but probe and remove, and all work, are called with the slot's lock
 * held and interrupts off: one at a time, so a model needs no lock of its own,
 * and must not sleep. What is declared here may be called from them, for their
 * own slot; from probe and remove only umlab_priv(), umlab_config_read() and
 * umlab_work_init(). A suite gets there by umlab_run().
 *
 * What a device does when it is told to, it does in a piece of work, by
 * umlab_work_complete(): then the test can have it done at once, later, or never.
 * What is done in bar_write itself is always done at once. A device that has taken a
 * buffer says so by umlab_dma_hold(), before the work.
 *
 * The driver's handler never runs inside of an op, but in hard interrupt context
 * when the op is over and interrupts are on. If the op was that of a writel()
 * with interrupts on, that is before writel() returns.
 *
 * A complete model, a counter that interrupts when it wraps (it is compiled in
 * kunit/machine_example.c, with the headers it needs)::
 *
 *	struct counter { u32 value; };
 *
 *	static u64 counter_read(struct umlab_slot *slot, unsigned int bar,
 *				u32 offset, unsigned int size)
 *	{
 *		struct counter *counter = umlab_priv(slot);
 *
 *		umlab_irq_lower(slot, 0);
 *		return counter->value;
 *	}
 *
 *	static void counter_write(struct umlab_slot *slot, unsigned int bar,
 *				  u32 offset, unsigned int size, u64 value)
 *	{
 *		struct counter *counter = umlab_priv(slot);
 *
 *		counter->value += value;
 *		if (counter->value < value)
 *			umlab_irq_raise(slot, 0);
 *	}
 *
 *	static const struct umlab_model_ops counter_ops = {
 *		.bar_read = counter_read,
 *		.bar_write = counter_write,
 *	};
 *
 *	static const struct umlab_cap counter_caps[] = {
 *		{ .id = PCI_CAP_ID_MSI, .msi = { .vectors = 1 } },
 *	};
 *
 *	static const struct umlab_model counter_model = {
 *		.name = "counter",
 *		.vendor = 0x1234,
 *		.device = 0x0001,
 *		.class = PCI_CLASS_OTHERS << 16,
 *		.intx = true,
 *		.bars[0] = {
 *			.kind = UMLAB_BAR_REGISTERS,
 *			.size = SZ_4K,
 *			.widths = UMLAB_WIDTH_4,
 *		},
 *		.caps = counter_caps,
 *		.num_caps = ARRAY_SIZE(counter_caps),
 *		.priv_size = sizeof(struct counter),
 *		.ops = &counter_ops,
 *	};
 */
#ifndef _UMLAB_MODEL_H
#define _UMLAB_MODEL_H

#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/pci_regs.h>
#include <linux/types.h>
#include <umlab/dma.h>

struct umlab_slot;

/* The widths of accesses that a register BAR takes, in bytes, to be or'ed */
#define UMLAB_WIDTH_1	BIT(0)
#define UMLAB_WIDTH_2	BIT(1)
#define UMLAB_WIDTH_4	BIT(2)
#define UMLAB_WIDTH_8	BIT(3)

/* The largest BAR, in bytes: what logic_iomem has room for (lib/logic_iomem.c) */
#define UMLAB_BAR_MAX	0x1000000

/*
 * The most interrupt vectors of a function (PCI 3.0, 6.8.2: MSI-X table size). The
 * kernel has about 60 for all functions together.
 */
#define UMLAB_VECTORS_MAX	2048

/**
 * enum umlab_bar_kind - what is behind a BAR
 * @UMLAB_BAR_NONE: nothing, the register reads as 0
 * @UMLAB_BAR_REGISTERS: the model's bar_read and bar_write; not prefetchable,
 *	for reading a register may have effects
 * @UMLAB_BAR_MEMORY: memory on the device; prefetchable
 */
enum umlab_bar_kind {
	UMLAB_BAR_NONE,
	UMLAB_BAR_REGISTERS,
	UMLAB_BAR_MEMORY,
};

/**
 * struct umlab_bar - a base address register (PCI 3.0, 6.2.5)
 * @kind: what is behind it
 * @size: in bytes; a power of two, from 16 to UMLAB_BAR_MAX. Memory BARs are
 *	at least a page
 * @is_64: takes a 64-bit address, and the next register with it
 * @widths: the accesses a register BAR takes, UMLAB_WIDTH_*; 0: all of them
 */
struct umlab_bar {
	enum umlab_bar_kind kind;
	u32 size;
	bool is_64;
	u8 widths;
};

/**
 * struct umlab_cap - an entry of the capability list (PCI 3.0, 6.7)
 * @id: PCI_CAP_ID_PM, _MSI, _MSIX, _EXP or _VNDR; each of the first four once
 * @at: where it is in config space, from 0x40, a multiple of 4; 0: after the one
 *	before it
 * @pm: for PCI_CAP_ID_PM
 * @pm.no_soft_reset: leaving D3hot does not reset the function
 * @pm.d1: has D1
 * @pm.d2: has D2
 * @msi: for PCI_CAP_ID_MSI
 * @msi.vectors: 1, 2, 4, 8, 16 or 32
 * @msi.is_64: takes a 64-bit message address
 * @msi.maskable: has mask and pending bits for each vector
 * @msix: for PCI_CAP_ID_MSIX
 * @msix.vectors: 1 to UMLAB_VECTORS_MAX
 * @msix.table_bar: the register BAR the table is in
 * @msix.table: its offset there, in bytes; a multiple of 8
 * @msix.pba_bar: the register BAR the pending bits are in
 * @msix.pba: their offset there, in bytes; a multiple of 8
 * @exp: for PCI_CAP_ID_EXP, an endpoint integrated into the root complex
 * @exp.flr: can do a function-level reset
 * @vendor: for PCI_CAP_ID_VNDR
 * @vendor.size: in bytes, its three of header included; all after them can be
 *	read and written, see &umlab_model_ops.config_written
 */
struct umlab_cap {
	u8 id;
	u8 at;
	union {
		struct {
			bool no_soft_reset;
			bool d1;
			bool d2;
		} pm;
		struct {
			u8 vectors;
			bool is_64;
			bool maskable;
		} msi;
		struct {
			u16 vectors;
			u8 table_bar;
			u32 table;
			u8 pba_bar;
			u32 pba;
		} msix;
		struct {
			bool flr;
		} exp;
		struct {
			u8 size;
		} vendor;
	};
};

/**
 * enum umlab_reset - why a function is reset
 * @UMLAB_RESET_POWER: it was plugged in
 * @UMLAB_RESET_FLR: function-level reset (PCIe 4.0, 6.6.2)
 * @UMLAB_RESET_D3: it left D3hot, and has no No_Soft_Reset
 */
enum umlab_reset {
	UMLAB_RESET_POWER,
	UMLAB_RESET_FLR,
	UMLAB_RESET_D3,
};

/**
 * struct umlab_model_ops - what a model does
 * @probe: the function is being plugged in: set up what priv needs beyond
 *	zeroes; it is not on the bus yet. May sleep. Return 0, or a negative
 *	errno to refuse. Optional
 * @remove: undo probe; no op is called afterwards. May sleep. Optional
 * @reset: go to the state after reset; called after config space did. All work
 *	has been cancelled and all interrupts lowered; priv and the memory of
 *	memory BARs are as they were. Called after probe as well. Optional
 * @bar_read: the value of a register. @offset is a multiple of @size and
 *	inside the BAR; @size is 1, 2, 4 or 8 as the BAR's widths allow. Needed
 *	with a register BAR
 * @bar_write: likewise; @value has no bits beyond @size. Needed with a register
 *	BAR
 * @config_written: the CPU has written the @size bytes at @where of config
 *	space, see umlab_config_read(). Optional
 *
 * Accesses to the MSI-X table and pending bits are not seen by the model, unless
 * the function was plugged in without MSI-X. Work goes on in every power state: a
 * model that should stand still in D3hot looks into its PMCSR.
 */
struct umlab_model_ops {
	int (*probe)(struct umlab_slot *slot);
	void (*remove)(struct umlab_slot *slot);
	void (*reset)(struct umlab_slot *slot, enum umlab_reset why);
	u64 (*bar_read)(struct umlab_slot *slot, unsigned int bar, u32 offset,
			unsigned int size);
	void (*bar_write)(struct umlab_slot *slot, unsigned int bar, u32 offset,
			  unsigned int size, u64 value);
	void (*config_written)(struct umlab_slot *slot, unsigned int where,
			       unsigned int size);
};

/**
 * struct umlab_model - a kind of PCI function
 * @name: in messages
 * @vendor: its IDs, as in config space
 * @device: likewise
 * @subsystem_vendor: likewise
 * @subsystem_device: likewise
 * @class: class, subclass and programming interface, 24 bits (pci_ids.h)
 * @revision: revision ID
 * @intx: has an interrupt pin, INTA
 * @dma_bits: the address bits that it drives as a bus master, 1 to 64; 0: all 64
 * @bars: its BARs; a 64-bit one takes two places
 * @caps: its capability list, in order
 * @num_caps: how many
 * @priv_size: of its state, in bytes; see umlab_priv()
 * @ops: what it does
 *
 * All of it is checked when a function is plugged in, and what is wrong is
 * named in the log.
 */
struct umlab_model {
	const char *name;
	u16 vendor;
	u16 device;
	u16 subsystem_vendor;
	u16 subsystem_device;
	u32 class;
	u8 revision;
	bool intx;
	u8 dma_bits;
	struct umlab_bar bars[PCI_STD_NUM_BARS];
	const struct umlab_cap *caps;
	unsigned int num_caps;
	size_t priv_size;
	const struct umlab_model_ops *ops;
};

/**
 * umlab_priv() - the state of one function
 * @slot: the function
 *
 * Return: priv_size bytes, zero when the function is plugged in.
 */
static inline void *umlab_priv(const struct umlab_slot *slot)
{
	/* All that is known here of a slot is its first member. */
	return *(void *const *)slot;
}

/**
 * umlab_bar_memory() - the memory behind a memory BAR
 * @slot: the function
 * @bar: which one
 *
 * Return: the memory, as many bytes as the BAR has, zero when the function is
 * plugged in; or NULL until the PCI core has given the BAR an address.
 */
void *umlab_bar_memory(struct umlab_slot *slot, unsigned int bar);

/**
 * umlab_config_read() - look into the function's own config space
 * @slot: the function
 * @where: the offset; a multiple of @size
 * @size: in bytes, 1, 2 or 4
 *
 * Return: what the CPU would read.
 */
u32 umlab_config_read(struct umlab_slot *slot, unsigned int where,
		      unsigned int size);

/**
 * umlab_config_update() - change the function's own config space
 * @slot: the function
 * @where: a register of 16 bits; a multiple of 2
 * @mask: the bits that change
 * @value: to what
 *
 * As the hardware does it: read-only bits change, too. For the errors of the
 * status register, or for a vendor-specific bit that clears itself.
 */
void umlab_config_update(struct umlab_slot *slot, unsigned int where,
			 u16 mask, u16 value);

/**
 * umlab_irq_raise() - raise an interrupt
 * @slot: the function
 * @vector: which one, from 0
 *
 * With MSI or MSI-X enabled one message is sent, or becomes pending if the
 * vector is masked. Without, INTA is asserted until umlab_irq_lower() was
 * called for each vector raised. A function granted fewer MSI vectors than it
 * has uses the low bits of @vector (PCI 3.0, 6.8.1.3).
 *
 * Context: any.
 */
void umlab_irq_raise(struct umlab_slot *slot, unsigned int vector);

/**
 * umlab_irq_lower() - the cause of an interrupt is gone
 * @slot: the function
 * @vector: which one
 *
 * A message that is pending is so no longer (PCI 3.0, 6.8.3.5); one that was
 * sent stays so.
 */
void umlab_irq_lower(struct umlab_slot *slot, unsigned int vector);

/**
 * struct umlab_work - something that a device does later
 * @slot: the function
 * @fn: what it does, called as an op is
 * @timer: when
 * @entry: in the slot's list of all work
 * @state: under way or not; guarded by the slot's lock, as the others
 * @running: it runs now
 * @again: when it has run, it is to run once more
 *
 * A part of the model's state, for umlab_work_init() and the others.
 */
struct umlab_work {
	struct umlab_slot *slot;
	void (*fn)(struct umlab_slot *slot, struct umlab_work *work);
	struct hrtimer timer;
	struct list_head entry;
	enum {
		UMLAB_WORK_IDLE,
		UMLAB_WORK_TIMED,
		UMLAB_WORK_HELD,
	} state;
	bool running;
	bool again;
};

/**
 * umlab_work_init() - set up a piece of work
 * @slot: the function
 * @work: the work, in the model's state; once, in probe. Work under way is
 *	cancelled when the function is reset or removed
 * @fn: what it does
 */
void umlab_work_init(struct umlab_slot *slot, struct umlab_work *work,
		     void (*fn)(struct umlab_slot *slot,
				struct umlab_work *work));

/**
 * umlab_work_complete() - finish what the CPU asked for
 * @work: the work; if it is under way already, this is what counts, and it runs
 *	once
 *
 * When it runs is up to the test, see enum umlab_completion: at once (before
 * this returns; if it is what is running, as soon as it has run), or later, or
 * never.
 */
void umlab_work_complete(struct umlab_work *work);

/**
 * umlab_work_after() - do something at a later time, whatever the test wants
 * @work: the work; if it is under way, the new time counts
 * @delay_ns: from now, in nanoseconds of (virtual) time
 */
void umlab_work_after(struct umlab_work *work, u64 delay_ns);

/**
 * umlab_work_cancel() - do not do it
 * @work: the work, under way or not
 */
void umlab_work_cancel(struct umlab_work *work);

/**
 * umlab_model_violation() - the driver did what the device forbids
 * @slot: the function
 * @fmt: what it did, as for printk()
 *
 * Fails the test the function is plugged in for, unless that declared it (as
 * UMLAB_VIOLATION_MODEL). Not from probe.
 */
__printf(2, 3)
void umlab_model_violation(struct umlab_slot *slot, const char *fmt, ...);

#endif /* _UMLAB_MODEL_H */
