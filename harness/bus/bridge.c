// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host bridge: one bus of 32 devices with 8 functions each
 *
 * It lives beside UML's virt-pci, or without it, on a bus number of its own. A
 * function appears and disappears through the PCI core's own scan and remove.
 *
 * Both memory windows lie over pages of RAM that are taken out of the kernel's
 * hands at boot, so every BAR address is a page frame that UML can map. Pages
 * are used that way from low addresses up, but not where virt-pci claims
 * addresses.
 */

/* So that pr_debug() does something, see umlab_bridge_scan() */
#define DEBUG
#define pr_fmt(fmt) "umlab: " fmt

#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "../compat.h"
#include "../slot.h"

#define BRIDGE_REGISTERS_SIZE	SZ_64M
#define BRIDGE_MEMORY_SIZE	SZ_32M

/* How many places are tried for a window */
#define BRIDGE_TRIES	16

static struct pci_host_bridge *bridge;

/* Changed under bridge_mutex, read under RCU */
static struct umlab_slot __rcu *bridge_slots[256];
static DEFINE_MUTEX(bridge_mutex);

static struct resource bridge_registers = {
	.name = "umlab PCI registers",
	.flags = IORESOURCE_MEM,
};

static struct resource bridge_memory = {
	.name = "umlab PCI memory",
	.flags = IORESOURCE_MEM | IORESOURCE_PREFETCH,
};

static struct resource bridge_busn = {
	.name = "umlab PCI bus",
	.start = UMLAB_BUS,
	.end = UMLAB_BUS,
	.flags = IORESOURCE_BUS,
};

void *umlab_bridge_backing(u64 address, u32 size)
{
	struct resource range = DEFINE_RES_MEM(address, size);

	if (!resource_contains(&bridge_registers, &range) &&
	    !resource_contains(&bridge_memory, &range))
		return NULL;
	return __va(address);
}

struct umlab_slot *umlab_bridge_slot(unsigned int devfn)
{
	struct umlab_slot *slot;

	guard(rcu)();
	slot = rcu_dereference(bridge_slots[devfn]);
	return slot && umlab_slot_get(slot) ? slot : NULL;
}

struct umlab_slot *umlab_bridge_by_pdev(const struct pci_dev *pdev)
{
	if (!bridge || pdev->bus != bridge->bus)
		return NULL;
	return umlab_bridge_slot(pdev->devfn);
}

struct umlab_slot *umlab_bridge_find(bool (*fn)(struct umlab_slot *slot,
						void *data), void *data)
{
	unsigned int devfn;

	guard(rcu)();
	for (devfn = 0; devfn < ARRAY_SIZE(bridge_slots); devfn++) {
		struct umlab_slot *slot = rcu_dereference(bridge_slots[devfn]);

		if (slot && READ_ONCE(slot->present) && fn(slot, data) &&
		    umlab_slot_get(slot))
			return slot;
	}
	return NULL;
}

/* Whether another function of the same device is there */
static bool bridge_multifunction(unsigned int devfn)
{
	unsigned int fn;

	for (fn = 1; fn < 8; fn++) {
		if (rcu_access_pointer(bridge_slots[devfn ^ fn]))
			return true;
	}
	return false;
}

static u32 bridge_read(struct umlab_slot *slot, unsigned int where,
		       unsigned int size)
{
	u32 value;

	/* Extended config space is empty; only PCI Express has it at all. */
	if (where >= PCI_CFG_SPACE_SIZE)
		return slot->config.exp ? 0 : ~0U;
	value = umlab_config_get(&slot->config, where, size);
	if (where <= PCI_HEADER_TYPE && where + size > PCI_HEADER_TYPE &&
	    bridge_multifunction(slot->devfn))
		value |= PCI_HEADER_TYPE_MFD << 8 * (PCI_HEADER_TYPE - where);
	return value;
}

static int bridge_config_read(struct pci_bus *bus, unsigned int devfn,
			      int where, int size, u32 *value)
{
	struct umlab_slot *slot = umlab_bridge_slot(devfn);

	*value = ~0U >> (32 - 8 * size);
	if (!slot)
		return PCIBIOS_SUCCESSFUL;
	scoped_guard(spinlock_irqsave, &slot->lock) {
		if (slot->present)
			*value &= bridge_read(slot, where, size);
		umlab_slot_event(slot, UMLAB_CONFIG_READ, 0, where, size,
				 *value);
	}
	umlab_slot_put(slot);
	return PCIBIOS_SUCCESSFUL;
}

static int bridge_config_write(struct pci_bus *bus, unsigned int devfn,
			       int where, int size, u32 value)
{
	struct umlab_slot *slot = umlab_bridge_slot(devfn);

	if (!slot)
		return PCIBIOS_SUCCESSFUL;
	scoped_guard(spinlock_irqsave, &slot->lock) {
		umlab_slot_event(slot, UMLAB_CONFIG_WRITE, 0, where, size,
				 value);
		if (slot->present && where < PCI_CFG_SPACE_SIZE)
			umlab_config_write(slot, where, size, value);
	}
	umlab_slot_put(slot);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops bridge_ops = {
	.read = bridge_config_read,
	.write = bridge_config_write,
};

/* The first device none of whose functions is there; -ENOSPC: no such */
static int bridge_free_devfn(void)
{
	unsigned int devfn;

	for (devfn = 0; devfn < ARRAY_SIZE(bridge_slots); devfn += 8) {
		if (!rcu_access_pointer(bridge_slots[devfn]) &&
		    !bridge_multifunction(devfn))
			return devfn;
	}
	pr_err("options: at: all 32 devices are there already\n");
	return -ENOSPC;
}

static int bridge_place(unsigned int at)
{
	unsigned int devfn = at & 0xff;

	if (!at)
		return bridge_free_devfn();
	if (at != UMLAB_AT(PCI_SLOT(devfn), PCI_FUNC(devfn))) {
		pr_err("options: at: %#x is not from UMLAB_AT()\n", at);
		return -EINVAL;
	}
	if (rcu_access_pointer(bridge_slots[devfn])) {
		pr_err("options: at: %02x.%x is taken\n", PCI_SLOT(devfn),
		       PCI_FUNC(devfn));
		return -EBUSY;
	}
	if (PCI_FUNC(devfn) &&
	    !rcu_access_pointer(bridge_slots[devfn & ~7U])) {
		pr_err("options: at: %02x.%x needs a function 0 beside it\n",
		       PCI_SLOT(devfn), PCI_FUNC(devfn));
		return -EINVAL;
	}
	return devfn;
}

int umlab_bridge_attach(struct umlab_slot *slot, unsigned int at)
{
	int devfn;

	if (!bridge) {
		pr_err("there is no bridge, see the messages at boot\n");
		return -ENODEV;
	}
	guard(mutex)(&bridge_mutex);
	devfn = bridge_place(at);
	if (devfn < 0)
		return devfn;
	slot->devfn = devfn;
	rcu_assign_pointer(bridge_slots[devfn], slot);
	return 0;
}

void umlab_bridge_detach(struct umlab_slot *slot)
{
	guard(mutex)(&bridge_mutex);
	RCU_INIT_POINTER(bridge_slots[slot->devfn], NULL);
}

struct pci_dev *umlab_bridge_pdev(const struct umlab_slot *slot)
{
	return pci_get_slot(bridge->bus, slot->devfn);
}

/*
 * Have the PCI core find room for each BAR, in the window it belongs to. Not by
 * pci_bus_assign_resources(), which goes through all functions each time.
 */
static int bridge_assign(const struct umlab_slot *slot, struct pci_dev *pdev)
{
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		enum umlab_bar_kind kind = slot->model.bars[i].kind;
		const struct resource *window =
			kind == UMLAB_BAR_MEMORY ? &bridge_memory :
						   &bridge_registers;

		if (kind == UMLAB_BAR_NONE)
			continue;
		if (!pci_assign_resource(pdev, i) &&
		    pdev->resource[i].parent == window)
			continue;
		pci_err(pdev, "umlab: no room for bars[%u], %#x bytes\n", i,
			slot->model.bars[i].size);
		return -ENOSPC;
	}
	return 0;
}

/* Have the PCI core find it. Return: it, NULL, or an ERR_PTR. */
static struct pci_dev *bridge_find(struct umlab_slot *slot)
{
	struct pci_dev *pdev = pci_scan_single_device(bridge->bus, slot->devfn);
	int err;

	if (!pdev)
		return NULL;
	pdev->multifunction = PCI_FUNC(slot->devfn) ||
			      bridge_multifunction(slot->devfn);
	err = bridge_assign(slot, pdev) ?: umlab_slot_found(slot, pdev);
	if (!err)
		return pdev;
	pci_stop_and_remove_bus_device(pdev);
	return ERR_PTR(err);
}

/*
 * As a hotplug driver's, but for one function: pci_scan_slot() would not look
 * for more functions of a device that was alone when it was scanned.
 *
 * What the PCI core says of each function is kept from the console, though not from
 * the log: that of a test that failed would begin with five lines of it, or many more.
 */
int umlab_bridge_scan(struct umlab_slot *slot)
{
	struct pci_dev *pdev;
	int level, err;

	pci_lock_rescan_remove();
	/* A line that is not complete yet, as KUnit's, comes out with the next one. */
	pr_debug("looking for a function\n");
	level = console_loglevel;
	console_loglevel = min(level, LOGLEVEL_INFO);
	pdev = bridge_find(slot);
	console_loglevel = level;
	err = pdev ? PTR_ERR_OR_ZERO(pdev) : -ENODEV;
	if (!err)
		pci_bus_add_device(pdev);
	pci_unlock_rescan_remove();
	return err;
}

void umlab_bridge_remove(struct umlab_slot *slot)
{
	struct pci_dev *pdev = umlab_bridge_pdev(slot);

	if (!pdev)
		return;
	/* As pciehp does before it removes what is no longer there */
	if (!slot->present)
		pdev->error_state = pci_channel_io_perm_failure;
	pci_stop_and_remove_bus_device_locked(pdev);
	pci_dev_put(pdev);
}

#if !UMLAB_HAS_ROOT_BUS_FWNODE
void *pci_root_bus_fwnode(struct pci_bus *bus)
{
	return NULL;	/* the bridge has its MSI domain set */
}
#endif

static void bridge_free_pages(struct page *pages, resource_size_t size)
{
	free_contig_range(page_to_pfn(pages), size >> PAGE_SHIFT);
}

/* Lay a window over pages that nobody else claims the addresses of */
static int bridge_lay_window(unsigned int index, struct resource *window,
			     resource_size_t size)
{
	struct page *taken[BRIDGE_TRIES];
	int tries, err = -ENOMEM;

	for (tries = 0; err && tries < BRIDGE_TRIES; tries++) {
		struct page *pages = alloc_contig_pages(size >> PAGE_SHIFT,
							GFP_KERNEL |
							__GFP_NOWARN,
							numa_node_id(), NULL);
		unsigned long i;

		if (!pages)
			break;
		window->start = page_to_phys(pages);
		window->end = window->start + size - 1;
		err = umlab_bar_add_window(index, window);
		if (err)
			taken[tries] = pages;
		for (i = 0; !err && i < size >> PAGE_SHIFT; i++)
			SetPageReserved(pages + i);
	}
	/* A success took a try as well, but no place in taken[]. */
	tries -= !err;
	while (tries--)
		bridge_free_pages(taken[tries], size);
	if (err)
		pr_err("no %llu MiB of memory for %s: boot with mem=256M or more\n",
		       (u64)size >> 20, window->name);
	return err;
}

static int __init bridge_make(void)
{
	struct pci_host_bridge *new;
	struct irq_domain *msi;
	int err;

	err = bridge_lay_window(0, &bridge_registers, BRIDGE_REGISTERS_SIZE) ?:
	      bridge_lay_window(1, &bridge_memory, BRIDGE_MEMORY_SIZE) ?:
	      umlab_usermap_init() ?:
	      umlab_irq_init();
	if (err)
		return err;
	msi = umlab_msi_init();
	if (IS_ERR(msi))
		return PTR_ERR(msi);
	new = pci_alloc_host_bridge(0);
	if (!new)
		return -ENOMEM;
	pci_add_resource(&new->windows, &bridge_registers);
	pci_add_resource(&new->windows, &bridge_memory);
	pci_add_resource(&new->windows, &bridge_busn);
	new->ops = &bridge_ops;
	new->map_irq = umlab_irq_intx;
	dev_set_msi_domain(&new->dev, msi);
	err = pci_host_probe(new);
	if (err) {
		pci_free_host_bridge(new);
		return err;
	}
	bridge = new;
	return 0;
}

static int __init bridge_init(void)
{
	int err = bridge_make();

	if (err)
		pr_err("no bridge: %d\n", err);
	return err;
}
device_initcall(bridge_init);
