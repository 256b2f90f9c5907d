// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a slot, and the way from the bus to the model
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/atomic.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "slot.h"

static atomic_t slot_count = ATOMIC_INIT(0);

unsigned int umlab_functions(void)
{
	return atomic_read(&slot_count);
}

static void slot_release(struct kref *ref)
{
	struct umlab_slot *slot = container_of(ref, struct umlab_slot, ref);

	atomic_dec(&slot_count);
	kfree(slot->irqs.msix);
	kfree_rcu(slot, rcu);
}

void umlab_slot_put(struct umlab_slot *slot)
{
	if (slot)
		kref_put(&slot->ref, slot_release);
}

static_assert(offsetof(struct umlab_slot, priv) == 0);

u32 umlab_config_read(struct umlab_slot *slot, unsigned int where,
		      unsigned int size)
{
	return umlab_config_get(&slot->config, where, size);
}

void umlab_config_update(struct umlab_slot *slot, unsigned int where,
			 u16 mask, u16 value)
{
	umlab_config_set(&slot->config, where, mask & value, true);
	umlab_config_set(&slot->config, where, mask & ~value, false);
	umlab_config_apply(slot);
}

/* Whether a fault that is counted down strikes now */
static bool slot_strikes(unsigned int *countdown)
{
	return *countdown && !--*countdown;
}

/* From now on nothing on the bus reaches the function, or comes from it */
static void slot_gone(struct umlab_slot *slot)
{
	lockdep_assert_held(&slot->lock);
	WRITE_ONCE(slot->present, false);
	umlab_work_cancel_all(slot);
	umlab_dma_reset(slot);
	umlab_config_apply(slot);
	umlab_irq_gone(slot);
}

static void slot_vanish(struct umlab_slot *slot)
{
	umlab_slot_event(slot, UMLAB_VANISH, 0, 0, 0, 0);
	/* Not at an orderly end: by then its addresses may be another's. */
	umlab_bar_gone(slot);
	slot_gone(slot);
}

void umlab_vanish(struct umlab_slot *slot)
{
	guard(spinlock_irqsave)(&slot->lock);
	slot_vanish(slot);
}

bool umlab_slot_read_fails(struct umlab_slot *slot)
{
	if (slot_strikes(&slot->faults.vanish)) {
		slot_vanish(slot);
		return true;
	}
	return slot_strikes(&slot->faults.read_ones);
}

bool umlab_slot_write_fails(struct umlab_slot *slot)
{
	if (slot_strikes(&slot->faults.vanish)) {
		slot_vanish(slot);
		return true;
	}
	return slot_strikes(&slot->faults.write_lost);
}

void umlab_slot_config_written(struct umlab_slot *slot, unsigned int where,
			       unsigned int size)
{
	if (slot->ops.config_written)
		slot->ops.config_written(slot, where, size);
}

void umlab_slot_reset(struct umlab_slot *slot, enum umlab_reset why)
{
	lockdep_assert_held(&slot->lock);
	umlab_slot_event(slot, UMLAB_RESET, 0, why, 0, 0);
	umlab_work_cancel_all(slot);
	umlab_dma_reset(slot);
	slot->spin = (struct umlab_spin) { .left = UMLAB_SPIN_LOT };
	bitmap_zero(slot->irqs.raised, UMLAB_VECTORS_MAX);
	umlab_msix_reset(slot);
	umlab_config_reset(slot);
	umlab_config_apply(slot);
	if (slot->ops.reset)
		slot->ops.reset(slot, why);
}

void umlab_irq_raise(struct umlab_slot *slot, unsigned int vector)
{
	if (!slot->present || vector >= UMLAB_VECTORS_MAX)
		return;
	umlab_slot_event(slot, UMLAB_IRQ_RAISE, 0, vector, 0, 0);
	if (slot_strikes(&slot->faults.irq_lost)) {
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, 0);
		return;
	}
	__set_bit(vector, slot->irqs.raised);
	if (umlab_msi_enabled(slot))
		umlab_msi_raise(slot, vector);
	else
		umlab_irq_sync(slot);
}

void umlab_irq_lower(struct umlab_slot *slot, unsigned int vector)
{
	if (vector >= UMLAB_VECTORS_MAX ||
	    !__test_and_clear_bit(vector, slot->irqs.raised))
		return;
	umlab_slot_event(slot, UMLAB_IRQ_LOWER, 0, vector, 0, 0);
	if (umlab_msi_enabled(slot))
		umlab_msi_lower(slot, vector);
	else
		umlab_irq_sync(slot);
}

void umlab_inject_spurious(struct umlab_slot *slot, unsigned int vector)
{
	guard(spinlock_irqsave)(&slot->lock);
	if (!slot->present)
		return;
	if (umlab_msi_enabled(slot))
		umlab_msi_raise(slot, vector);
	else if (slot->config.value[PCI_INTERRUPT_PIN])
		umlab_irq_foreign(slot);
	else
		umlab_slot_event(slot, UMLAB_IRQ_LOST, 0, vector, 0, 0);
}

void umlab_inject_foreign(struct umlab_slot *slot)
{
	umlab_irq_foreign(slot);
}

static void slot_set_faults(struct umlab_slot *slot,
			    const struct umlab_faults *faults)
{
	slot->faults = *faults;
	slot->faulty = faults->read_ones || faults->write_lost ||
		       faults->vanish;
}

/* An access to memory, at which the function may vanish */
static int slot_dma(struct umlab_slot *slot, dma_addr_t addr, void *buffer,
		    size_t size, bool write)
{
	if (slot_strikes(&slot->faults.dma_vanish))
		slot_vanish(slot);
	return umlab_dma_access(slot, addr, buffer, size, write);
}

int umlab_dma_read(struct umlab_slot *slot, dma_addr_t addr, void *buffer,
		   size_t size)
{
	return slot_dma(slot, addr, buffer, size, false);
}

int umlab_dma_write(struct umlab_slot *slot, dma_addr_t addr,
		    const void *buffer, size_t size)
{
	return slot_dma(slot, addr, (void *)buffer, size, true);
}

int umlab_dma_hold(struct umlab_slot *slot, dma_addr_t addr)
{
	return umlab_dma_held(slot, addr, true);
}

void umlab_dma_release(struct umlab_slot *slot, dma_addr_t addr)
{
	umlab_dma_held(slot, addr, false);
}

bool umlab_slot_is_master(const struct umlab_slot *slot)
{
	return umlab_config_command(slot, PCI_COMMAND_MASTER);
}

bool umlab_slot_masters(struct umlab_slot *slot, const char *what)
{
	if (!umlab_config_awake(slot))
		umlab_slot_violation(slot, UMLAB_VIOLATION_POWER,
				     "%s while not in D0", what);
	else if (!umlab_slot_is_master(slot))
		umlab_slot_violation(slot, UMLAB_VIOLATION_MASTER,
				     "%s while bus mastering is disabled",
				     what);
	else
		return true;
	return false;
}

struct umlab_slot *umlab_slot_by_device(struct device *dev)
{
	return dev_is_pci(dev) ? umlab_bridge_by_pdev(to_pci_dev(dev)) : NULL;
}

/**
 * struct slot_search - another function is looked for
 * @but: not this one
 * @fn: as for umlab_slot_other()
 * @data: likewise
 */
struct slot_search {
	const struct umlab_slot *but;
	bool (*fn)(struct umlab_slot *slot, const void *data);
	const void *data;
};

static bool slot_is_sought(struct umlab_slot *slot, void *data)
{
	const struct slot_search *search = data;

	return slot != search->but && search->fn(slot, search->data);
}

int umlab_slot_other(struct umlab_slot *slot,
		     bool (*fn)(struct umlab_slot *slot, const void *data),
		     const void *data)
{
	struct slot_search search = { .but = slot, .fn = fn, .data = data };
	struct umlab_slot *other __free(umlab_slot) =
		umlab_bridge_find(slot_is_sought, &search);

	return other ? other->devfn : -ENODEV;
}

void *umlab_bar_memory(struct umlab_slot *slot, unsigned int bar)
{
	return umlab_bar_contents(slot, bar);
}

void umlab_check_user(struct mm_struct *mm)
{
	umlab_usermap_check(mm);
}

struct pci_dev *umlab_pdev(const struct umlab_slot *slot)
{
	struct pci_dev *pdev = umlab_bridge_pdev(slot);

	/* The bus keeps it for as long as the function is plugged in. */
	pci_dev_put(pdev);
	return pdev;
}

void umlab_set_faults(struct umlab_slot *slot,
		      const struct umlab_faults *faults)
{
	guard(spinlock_irqsave)(&slot->lock);
	slot_set_faults(slot, faults);
	umlab_dma_inject(slot);
}

struct umlab_faults umlab_faults_left(struct umlab_slot *slot)
{
	guard(spinlock_irqsave)(&slot->lock);
	return slot->faults;
}

void umlab_run(struct umlab_slot *slot,
	       void (*fn)(struct umlab_slot *slot, void *data), void *data)
{
	guard(spinlock_irqsave)(&slot->lock);
	if (slot->present)
		fn(slot, data);
}

int umlab_slot_found(struct umlab_slot *slot, struct pci_dev *pdev)
{
	guard(spinlock_irqsave)(&slot->lock);
	umlab_slot_event(slot, UMLAB_FOUND, 0, 0, 0, 0);
	return slot->dma.error;
}

static struct umlab_slot *slot_new(const struct umlab_model *model,
				   const struct umlab_options *options,
				   struct kunit *test)
{
	struct umlab_slot *slot;
	int err;

	slot = kzalloc(struct_size(slot, state, model->priv_size), GFP_KERNEL);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&slot_count);
	spin_lock_init(&slot->lock);
	kref_init(&slot->ref);
	INIT_LIST_HEAD(&slot->work);
	slot->priv = slot->state;
	slot->model = *model;
	slot_set_faults(slot, &options->faults);
	slot->completion = options->completion;
	slot->delay_ns = options->delay_ns;
	slot->watch.test = test;
	slot->watch.since = umlab_journal_now();
	umlab_bar_init(slot);
	umlab_dma_init(slot, options->topology);
	err = umlab_config_init(slot, options->irqs ?: ~0U);
	slot->ops = *model->ops;
	slot->model.ops = &slot->ops;
	slot->model.caps = NULL;
	slot->model.num_caps = 0;
	if (!err && model->ops->probe)
		err = model->ops->probe(slot);
	if (err) {
		umlab_slot_put(slot);
		return ERR_PTR(err);
	}
	return slot;
}

/* Take it off the bus, whether or not the PCI core has found it */
static void slot_end(struct umlab_slot *slot)
{
	scoped_guard(spinlock_irqsave, &slot->lock)
		slot_gone(slot);
	umlab_bridge_detach(slot);
	umlab_work_flush(slot);
	if (slot->ops.remove)
		slot->ops.remove(slot);
}

struct umlab_slot *umlab_slot_plug(const struct umlab_model *model,
				   const struct umlab_options *options,
				   struct kunit *test)
{
	struct umlab_slot *slot;
	int err;

	err = umlab_check_model(model) ?: umlab_check_options(model, options);
	if (err)
		return ERR_PTR(err);
	slot = slot_new(model, options, test);
	if (IS_ERR(slot))
		return slot;
	err = umlab_bridge_attach(slot, options->at);
	if (err) {
		if (model->ops->remove)
			model->ops->remove(slot);
		umlab_slot_put(slot);
		return ERR_PTR(err);
	}
	scoped_guard(spinlock_irqsave, &slot->lock) {
		umlab_slot_event(slot, UMLAB_PLUG, 0, 0, 0, 0);
		WRITE_ONCE(slot->present, true);
		umlab_slot_reset(slot, UMLAB_RESET_POWER);
	}
	err = umlab_bridge_scan(slot);
	if (err) {
		slot_end(slot);
		umlab_slot_put(slot);
		return ERR_PTR(err);
	}
	return slot;
}

void umlab_slot_unplug(struct umlab_slot *slot)
{
	umlab_bridge_remove(slot);
	scoped_guard(spinlock_irqsave, &slot->lock)
		umlab_slot_event(slot, UMLAB_UNPLUG, 0, 0, 0, 0);
	slot_end(slot);
}
