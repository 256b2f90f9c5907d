// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device comes, its drivers come and go, and it goes
 *
 * The bus of drivers tells. When a device comes, it is given what its driver
 * expects of such a machine; when a driver goes, all that it mapped has to be
 * unmapped. A function that is removed by sysfs and found again is a new device.
 */

#include <linux/device.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/pci.h>

#include "gate.h"
#include "ledger.h"
#include "listen.h"
#include "topology.h"

static void life_begin(struct umlab_slot *slot, struct device *dev)
{
	struct umlab_dma_state *dma = &slot->dma;

	dev->dma_coherent = !dma->topology.noncoherent;
	dma->error = topology_begin(slot, dev);
	if (dma->error) {
		dev_err(dev, "umlab: no topology \"%s\" for it: %d\n",
			dma->topology.name ?: "", dma->error);
		return;
	}
	if (dma->topology.noncoherent)
		shadow_begin(dma->topology.line);
	guard(spinlock_irqsave)(&slot->lock);
	dma->dev = get_device(dev);
	umlab_dma_inject(slot);
}

/*
 * What was allocated and not freed stays so, as does the device: its driver may
 * be about to use it, and the kernel's own books still name it.
 */
static void life_end(struct umlab_slot *slot, struct device *dev)
{
	struct umlab_dma_state *dma = &slot->dma;
	bool leaks;

	audit_leaks(slot, "the device is unplugged");
	topology_end(slot);
	if (dma->topology.noncoherent)
		shadow_end(dma->topology.line);
	scoped_guard(spinlock_irqsave, &slot->lock) {
		dma->dev = NULL;
		leaks = !list_empty(&dma->mappings);
		ledger_clear(slot);
	}
	if (leaks)
		kmemleak_not_leak(to_pci_dev(dev));
	else
		put_device(dev);
}

/* Mastering is the driver's to turn on, and to turn off again if it can. */
static void life_check_master(struct umlab_slot *slot)
{
	guard(spinlock_irqsave)(&slot->lock);
	if (slot->present && !slot->dma.mastered && umlab_slot_is_master(slot))
		umlab_slot_violation(slot, UMLAB_VIOLATION_MASTER,
				     "bus mastering is left enabled by a driver that is unbound");
}

static void life_bind(struct umlab_slot *slot)
{
	struct umlab_dma_state *dma = &slot->dma;

	if (dma->unprobed)
		audit_leaks(slot, "the probe before has failed");
	dma->unprobed = false;
	guard(spinlock_irqsave)(&slot->lock);
	dma->mastered = umlab_slot_is_master(slot);
}

/* What the kernel forgets whenever a driver goes */
static void life_restore(struct umlab_slot *slot, struct device *dev)
{
	if (topology_bind(slot, dev))
		umlab_slot_lost(slot, "no memory for its DMA offset");
}

static void life_unbind(struct umlab_slot *slot, struct device *dev)
{
	life_restore(slot, dev);
	audit_leaks(slot, "the driver is unbound");
	life_check_master(slot);
}

/* Whether the driver has left nothing at all */
static bool life_is_clean(struct umlab_slot *slot, struct device *dev)
{
	guard(spinlock_irqsave)(&slot->lock);
	return slot->dma.dev == dev && !slot->dma.incomplete &&
	       list_empty(&slot->dma.mappings);
}

/*
 * CONFIG_DMA_API_DEBUG looks for what an unbound driver has left in all of its 16384
 * lists, which takes longer than many a test. It is not asked, as the next one on the bus
 * of drivers, where the ledger knows that there is nothing to find.
 */
static int life_spare(struct notifier_block *block, unsigned long event,
		      void *data)
{
	struct umlab_slot *slot __free(umlab_slot) = NULL;
	CLASS(umlab_spare, spare)();

	if (event != BUS_NOTIFY_UNBOUND_DRIVER)
		return NOTIFY_DONE;
	slot = umlab_slot_by_device(data);
	if (!slot || !life_is_clean(slot, data))
		return NOTIFY_DONE;
	life_unbind(slot, data);
	return NOTIFY_STOP;
}

/*
 * Of a probe that fails, the kernel tells before what devm_ calls have allocated is
 * freed. So what it leaks, is seen when the next one begins, or the device goes.
 */
static int life_event(struct notifier_block *block, unsigned long event,
		      void *data)
{
	struct device *dev = data;
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);
	CLASS(umlab_spare, spare)();

	if (!slot)
		return NOTIFY_DONE;
	if (event == BUS_NOTIFY_ADD_DEVICE && !slot->dma.dev)
		life_begin(slot, dev);
	if (slot->dma.dev != dev)
		return NOTIFY_DONE;
	switch (event) {
	case BUS_NOTIFY_BIND_DRIVER:
		life_restore(slot, dev);
		life_bind(slot);
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		slot->dma.unprobed = true;
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		life_unbind(slot, dev);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		life_restore(slot, dev);
		life_end(slot, dev);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block life_notifier = {
	.notifier_call = life_event,
};

static struct notifier_block life_spare_notifier = {
	.notifier_call = life_spare,
	.priority = 1,
};

int life_init(void)
{
	return bus_register_notifier(&pci_bus_type, &life_notifier) ?:
	       bus_register_notifier(&pci_bus_type, &life_spare_notifier);
}
