/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slot: one function number of the bus, and what is plugged into it
 *
 * As for pci_get_slot(), a slot is a device and function number. It composes
 * what the bus knows of a function, the model, and what the test wants. The
 * parts of the machine know each other through it alone.
 *
 * slot.c	life: plug, unplug, vanish, reset; what the bus calls
 * check.c	refuses bad models
 * work.c	the model's work
 * spin.c	loops that poll
 * violation.c	who is told of a violation
 * journal.c	the journal
 * machine.c	the suites' side
 */
#ifndef _UMLAB_SLOT_H
#define _UMLAB_SLOT_H

#include <linux/cleanup.h>
#include <linux/kref.h>
#include <linux/spinlock.h>
#include <umlab/machine.h>
#include <umlab/model.h>

#include "bus/bus.h"
#include "bus/irq.h"
#include "dma/dma.h"
#include "journal.h"
#include "spare.h"

/**
 * struct umlab_watch - what violations there were and which are expected
 * @test: the test the function is plugged in for; NULL: none
 * @since: the journal when it was plugged in
 * @expected: declared, by kind
 * @seen: that came, by kind
 * @unprinted: of these, those that only the kernel has printed, and that were not
 *	expected
 */
struct umlab_watch {
	struct kunit *test;
	u64 since;
	unsigned int expected[UMLAB_VIOLATIONS];
	unsigned int seen[UMLAB_VIOLATIONS];
	unsigned int unprinted[UMLAB_VIOLATIONS];
};

/* Reads are counted, and take time, in lots of so many */
#define UMLAB_SPIN_LOT	64

/**
 * struct umlab_spin - whether somebody polls for ever
 * @left: reads until there is a look at all this; one if it is broken
 * @lots: in a row, by a task that did not sleep
 * @task: who it is; only compared
 * @sleeps: how often it had slept by then
 * @broken: it does; the function answers all-ones and zero by turns
 * @turn: the last answer was all-ones
 */
struct umlab_spin {
	unsigned int left;
	unsigned int lots;
	const void *task;
	unsigned long sleeps;
	bool broken;
	bool turn;
};

/**
 * struct umlab_slot - a function
 * @priv: the model's state
 * @lock: guards all below, and the model's state
 * @ref: config accesses and mappings of BARs hold references
 * @rcu: for freeing
 * @devfn: where it is
 * @present: it is there; goes false only, and may be read without the lock
 * @model: what it is, a copy; without caps, which are config space by now
 * @ops: its ops, a copy
 * @config: config space
 * @bars: the BARs
 * @irqs: the interrupts
 * @dma: DMA
 * @faults: what is to go wrong
 * @faulty: a BAR access is to go wrong
 * @spin: whether somebody polls for ever
 * @work: all the model's work
 * @completion: when it completes
 * @delay_ns: likewise
 * @watch: the violations
 * @state: the memory of @priv
 */
struct umlab_slot {
	void *priv;	/* first, for umlab_priv() */
	spinlock_t lock;	/* see above */
	struct kref ref;
	struct rcu_head rcu;
	unsigned int devfn;
	bool present;
	struct umlab_model model;
	struct umlab_model_ops ops;
	struct umlab_config config;
	struct umlab_bar_state bars[PCI_STD_NUM_BARS];
	struct umlab_irqs irqs;
	struct umlab_dma_state dma;
	struct umlab_faults faults;
	bool faulty;
	struct umlab_spin spin;
	struct list_head work;
	enum umlab_completion completion;
	u64 delay_ns;
	struct umlab_watch watch;
	u8 state[] __aligned(8);
};

/**
 * umlab_slot_lock() - take a slot's lock on the way of an access
 * @slot: the slot
 *
 * As spin_lock_irqsave(), and faster: to find interrupts off, or to turn them
 * on again, are two calls each in UML.
 *
 * Return: for umlab_slot_unlock().
 */
static __always_inline bool umlab_slot_lock(struct umlab_slot *slot)
{
	bool on = !irqs_disabled();

	if (likely(on))
		local_irq_disable();
	spin_lock(&slot->lock);
	return on;
}

/**
 * umlab_slot_unlock() - drop it again
 * @slot: the slot
 * @on: from umlab_slot_lock()
 */
static __always_inline void umlab_slot_unlock(struct umlab_slot *slot, bool on)
{
	spin_unlock(&slot->lock);
	if (likely(on))
		local_irq_enable();
}

/* What the bus calls; the lock is held unless said otherwise */

/**
 * umlab_slot_get() - take a reference, if the slot is not on its way out
 * @slot: the slot, found under RCU
 *
 * Context: any.
 * Return: whether there is one now.
 */
static inline bool umlab_slot_get(struct umlab_slot *slot)
{
	return kref_get_unless_zero(&slot->ref);
}

/**
 * umlab_slot_put() - drop a reference
 * @slot: the slot; NULL: there is none
 *
 * Context: any, lock not held.
 */
void umlab_slot_put(struct umlab_slot *slot);

DEFINE_FREE(umlab_slot, struct umlab_slot *, umlab_slot_put(_T))

/**
 * umlab_slot_event() - record an event in the journal
 * @slot: the slot
 * @kind: what happened
 * @where: the BAR
 * @offset: in it
 * @size: of the access
 * @value: read or written
 *
 * Context: interrupts off.
 * Return: as umlab_journal_add().
 */
static __always_inline struct umlab_event *
umlab_slot_event(const struct umlab_slot *slot, enum umlab_event_kind kind,
		 u8 where, u32 offset, u32 size, u64 value)
{
	return umlab_journal_add(slot->devfn, kind, where, offset, size,
				 value);
}

/**
 * umlab_bus_event() - record an event that the bus knows of
 * @devfn: the function, or UMLAB_NO_FUNCTION
 * @kind: what happened
 * @offset: to what
 *
 * Context: interrupts off.
 */
static inline void umlab_bus_event(u16 devfn, enum umlab_event_kind kind,
				   u32 offset)
{
	umlab_journal_add(devfn, kind, 0, offset, 0, 0);
}

/**
 * umlab_slot_violation() - a driver did something wrong
 * @slot: the slot
 * @kind: what
 * @fmt: in words
 *
 * Context: any, the lock may be held or not.
 */
__printf(3, 4)
void umlab_slot_violation(struct umlab_slot *slot, enum umlab_violation kind,
			  const char *fmt, ...);

/**
 * umlab_slot_complaint() - the kernel has printed that a driver did something wrong
 * @devfn: the function; it need not be there
 * @kind: what
 *
 * Context: any, also inside of printk(); the lock may be held or not.
 */
void umlab_slot_complaint(unsigned int devfn, enum umlab_violation kind);

/**
 * umlab_slot_mistrust() - no test that is under way is to be believed
 *
 * They fail.
 *
 * Context: any, also inside of printk(); the lock may be held or not.
 */
void umlab_slot_mistrust(void);

/**
 * umlab_slot_lost() - what is known of a function is not complete
 * @slot: the slot; the test fails
 * @why: in words
 *
 * Context: any, the lock may be held or not.
 */
void umlab_slot_lost(struct umlab_slot *slot, const char *why);

/**
 * umlab_slot_by_device() - the slot of a device
 * @dev: a device of any kind
 *
 * Context: any, lock held or not.
 * Return: the slot, with a reference; NULL if it is none of ours.
 */
struct umlab_slot *umlab_slot_by_device(struct device *dev);

/**
 * umlab_slot_other() - find another function
 * @slot: not this one
 * @fn: told each of the others that is there, without its lock; true: this one
 * @data: for it
 *
 * Context: any, no slot's lock held.
 * Return: its devfn; negative: none.
 */
int umlab_slot_other(struct umlab_slot *slot,
		     bool (*fn)(struct umlab_slot *slot, const void *data),
		     const void *data);

/**
 * umlab_slot_is_master() - whether bus mastering is enabled
 * @slot: the slot
 */
bool umlab_slot_is_master(const struct umlab_slot *slot);

/**
 * umlab_slot_masters() - whether the function may be a bus master now
 * @slot: the slot
 * @what: what it is about to do; if it may not, that is a violation
 */
bool umlab_slot_masters(struct umlab_slot *slot, const char *what);

/**
 * umlab_slot_read_fails() - count down the faults of a register read
 * @slot: the slot
 *
 * Return: whether one strikes.
 */
bool umlab_slot_read_fails(struct umlab_slot *slot);

/**
 * umlab_slot_write_fails() - count down the faults of a register write
 * @slot: the slot
 *
 * Return: whether one strikes.
 */
bool umlab_slot_write_fails(struct umlab_slot *slot);

/**
 * umlab_slot_bar_read() - have the model answer
 * @slot: the slot
 * @bar: the BAR
 * @offset: in it
 * @size: in bytes
 */
static inline u64 umlab_slot_bar_read(struct umlab_slot *slot, unsigned int bar,
				      u32 offset, unsigned int size)
{
	if (unlikely(slot->faulty) && umlab_slot_read_fails(slot))
		return ~0ULL;
	return slot->ops.bar_read(slot, bar, offset, size);
}

/**
 * umlab_slot_bar_write() - tell the model
 * @slot: the slot
 * @bar: the BAR
 * @offset: in it
 * @size: in bytes
 * @value: what
 */
static inline void umlab_slot_bar_write(struct umlab_slot *slot,
					unsigned int bar, u32 offset,
					unsigned int size, u64 value)
{
	if (likely(!slot->faulty) || !umlab_slot_write_fails(slot))
		slot->ops.bar_write(slot, bar, offset, size, value);
}

/**
 * umlab_slot_read_lot() - a lot of reads is full
 * @slot: the slot
 * @bar: the BAR that was read last
 * @offset: in it
 * @value: what it read
 *
 * Context: any, lock not held.
 * Return: the value that the CPU gets.
 */
u64 umlab_slot_read_lot(struct umlab_slot *slot, unsigned int bar, u32 offset,
			u64 value);

/**
 * umlab_slot_was_read() - a read is over
 * @slot: the slot
 * @bar: the BAR
 * @offset: in it
 * @value: what it read
 *
 * Context: any, lock not held.
 * Return: the value that the CPU gets.
 */
static __always_inline u64 umlab_slot_was_read(struct umlab_slot *slot,
					       unsigned int bar, u32 offset,
					       u64 value)
{
	if (likely(--slot->spin.left))
		return value;
	return umlab_slot_read_lot(slot, bar, offset, value);
}

/**
 * umlab_slot_config_written() - tell the model that config space changed
 * @slot: the slot
 * @where: where
 * @size: in bytes
 */
void umlab_slot_config_written(struct umlab_slot *slot, unsigned int where,
			       unsigned int size);

/**
 * umlab_slot_reset() - reset config space, interrupts, work and model
 * @slot: the slot
 * @why: the reason
 */
void umlab_slot_reset(struct umlab_slot *slot, enum umlab_reset why);

/**
 * umlab_slot_found() - the PCI core has found a function
 * @slot: the slot
 * @pdev: its device, before a driver is bound
 *
 * Context: may sleep, lock not held.
 * Return: 0 or a negative errno.
 */
int umlab_slot_found(struct umlab_slot *slot, struct pci_dev *pdev);

/* For machine.c: plugging without a test; the lock is not held */

/**
 * umlab_slot_plug() - plug in a function
 * @model: as for umlab_plug()
 * @options: likewise, but complete
 * @test: whom violations fail; NULL: none
 *
 * Return: the function or an ERR_PTR, see umlab_try_plug().
 */
struct umlab_slot *umlab_slot_plug(const struct umlab_model *model,
				   const struct umlab_options *options,
				   struct kunit *test);

/**
 * umlab_slot_unplug() - unplug it
 * @slot: the function; the caller's reference stays
 */
void umlab_slot_unplug(struct umlab_slot *slot);

/* violation.c */

/**
 * umlab_watch_missing() - which violations were declared and did not come
 * @slot: the slot, unplugged
 * @test: told of each; also of those that came by umlab_slot_complaint() and were
 *	not declared
 */
void umlab_watch_missing(struct umlab_slot *slot, struct kunit *test);

/* check.c */

/**
 * umlab_check_options() - refuse bad options
 * @model: the model, which is good
 * @options: the options
 *
 * Return: 0, or -EINVAL and the log names the field.
 */
int umlab_check_options(const struct umlab_model *model,
			const struct umlab_options *options);

/**
 * umlab_check_model() - refuse a bad model
 * @model: the model
 *
 * Return: 0, or -EINVAL and the log names the field.
 */
int umlab_check_model(const struct umlab_model *model);

/* work.c */

/**
 * umlab_work_cancel_all() - cancel all work of a function
 * @slot: the slot
 */
void umlab_work_cancel_all(struct umlab_slot *slot);

/**
 * umlab_work_flush() - wait for timers that have been cancelled
 * @slot: the slot, on its way out
 *
 * Context: may sleep, lock not held.
 */
void umlab_work_flush(struct umlab_slot *slot);

#endif /* _UMLAB_SLOT_H */
