// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IOMMU under the kernel's dma-iommu
 *
 * Each function that is plugged in behind it is a group of its own, with a domain of
 * its own: page tables of 4 KiB pages with permissions, which the kernel fills
 * by iommu_ops and the gate walks. Nothing is cached, so what is unmapped is gone at
 * once.
 */

#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/iommu-dma.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "ledger.h"
#include "topology.h"

/* An entry of the page tables: the frame, and what the device may do */
#define IOMMU_ENTRY_READ	BIT(0)
#define IOMMU_ENTRY_WRITE	BIT(1)
#define IOMMU_ENTRY_SHIFT	2

/**
 * struct umlab_domain - page tables
 * @domain: the kernel's view
 * @pages: entries by page of the bus address, guarded by its own lock
 * @slot: whose it is; NULL: nobody's, or guarded by its lock
 */
struct umlab_domain {
	struct iommu_domain domain;
	struct xarray pages;
	struct umlab_slot *slot;
};

static struct iommu_device iommu_device;

static struct umlab_domain *iommu_of(struct iommu_domain *domain)
{
	return container_of(domain, struct umlab_domain, domain);
}

static void iommu_erase(struct umlab_domain *domain, unsigned long page,
			unsigned long count)
{
	unsigned long flags;

	xa_lock_irqsave(&domain->pages, flags);
	while (count--)
		__xa_erase(&domain->pages, page++);
	xa_unlock_irqrestore(&domain->pages, flags);
}

static void *iommu_entry(phys_addr_t phys, int prot)
{
	unsigned long entry = PHYS_PFN(phys) << IOMMU_ENTRY_SHIFT;

	if (prot & IOMMU_READ)
		entry |= IOMMU_ENTRY_READ;
	if (prot & IOMMU_WRITE)
		entry |= IOMMU_ENTRY_WRITE;
	return xa_mk_value(entry);
}

static int iommu_store(struct umlab_domain *domain, unsigned long page,
		       void *entry)
{
	unsigned long flags;
	void *old;

	xa_lock_irqsave(&domain->pages, flags);
	old = __xa_store(&domain->pages, page, entry,
			 GFP_ATOMIC | __GFP_NOWARN);
	xa_unlock_irqrestore(&domain->pages, flags);
	return xa_err(old);
}

/* Whether the test wants this mapping to fail; once */
static bool iommu_starves(struct umlab_slot *slot)
{
	bool starved;

	if (!slot)
		return false;
	guard(spinlock_irqsave)(&slot->lock);
	starved = slot->dma.starved;
	if (starved) {
		if (slot->faults.map == 1)
			slot->faults.map = 0;
		else
			slot->faults.alloc = 0;
		umlab_dma_inject(slot);
	}
	return starved;
}

void umlab_iommu_starve(struct umlab_slot *slot, bool starve)
{
	slot->dma.starved = starve;
}

static int iommu_map_pages(struct iommu_domain *domain, unsigned long bus,
			   phys_addr_t phys, size_t size, size_t count,
			   int prot, gfp_t gfp, size_t *mapped)
{
	struct umlab_domain *ours = iommu_of(domain);
	size_t done;

	if (iommu_starves(ours->slot))
		return -ENOMEM;
	for (done = 0; done < count * size; done += PAGE_SIZE) {
		int err = iommu_store(ours, (bus + done) >> PAGE_SHIFT,
				      iommu_entry(phys + done, prot));

		if (err) {
			iommu_erase(ours, bus >> PAGE_SHIFT,
				    done >> PAGE_SHIFT);
			return err;
		}
	}
	*mapped += done;
	return 0;
}

static size_t iommu_unmap_pages(struct iommu_domain *domain,
				unsigned long bus, size_t size, size_t count,
				struct iommu_iotlb_gather *gather)
{
	struct umlab_domain *ours = iommu_of(domain);

	if (!xa_load(&ours->pages, bus >> PAGE_SHIFT))
		return 0;
	iommu_erase(ours, bus >> PAGE_SHIFT, count * size >> PAGE_SHIFT);
	return count * size;
}

static phys_addr_t iommu_to_phys(struct iommu_domain *domain, dma_addr_t bus)
{
	void *entry = xa_load(&iommu_of(domain)->pages, bus >> PAGE_SHIFT);

	return entry ? PFN_PHYS(xa_to_value(entry) >> IOMMU_ENTRY_SHIFT) +
		       offset_in_page(bus) : 0;
}

static void iommu_set_domain(struct umlab_slot *slot,
			     struct umlab_domain *domain)
{
	guard(spinlock_irqsave)(&slot->lock);
	if (slot->dma.domain)
		slot->dma.domain->slot = NULL;
	slot->dma.domain = domain;
	if (domain)
		domain->slot = slot;
}

static int iommu_attach(struct iommu_domain *domain, struct device *dev)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (!slot)
		return -ENODEV;
	iommu_set_domain(slot, iommu_of(domain));
	return 0;
}

static void iommu_free(struct iommu_domain *domain)
{
	struct umlab_domain *ours = iommu_of(domain);

	if (ours->slot)
		iommu_set_domain(ours->slot, NULL);
	xa_destroy(&ours->pages);
	kfree(ours);
}

static const struct iommu_domain_ops iommu_domain_ops = {
	.attach_dev = iommu_attach,
	.map_pages = iommu_map_pages,
	.unmap_pages = iommu_unmap_pages,
	.iova_to_phys = iommu_to_phys,
	.free = iommu_free,
};

static struct iommu_domain *iommu_alloc(struct device *dev)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);
	struct umlab_domain *ours;

	if (!slot)
		return NULL;
	ours = kzalloc(sizeof(*ours), GFP_KERNEL);
	if (!ours)
		return NULL;
	xa_init_flags(&ours->pages, XA_FLAGS_LOCK_IRQ);
	ours->domain.geometry = (struct iommu_domain_geometry) {
		.aperture_start = slot->dma.topology.aperture_start,
		.aperture_end = slot->dma.topology.aperture_end,
		.force_aperture = true,
	};
	return &ours->domain;
}

static bool iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static struct iommu_device *iommu_probe(struct device *dev)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (!slot || slot->dma.topology.dma != UMLAB_DMA_IOMMU)
		return ERR_PTR(-ENODEV);
	return &iommu_device;
}

static void iommu_release(struct device *dev)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (slot)
		iommu_set_domain(slot, NULL);
}

static const struct iommu_ops iommu_ops = {
	.capable = iommu_capable,
	.domain_alloc_paging = iommu_alloc,
	.probe_device = iommu_probe,
	.release_device = iommu_release,
	.device_group = generic_device_group,
	.pgsize_bitmap = PAGE_SIZE,
	.default_domain_ops = &iommu_domain_ops,
};

static int iommu_begin(struct umlab_slot *slot, struct device *dev)
{
	return slot->dma.domain && use_dma_iommu(dev) ? 0 : -ENODEV;
}

static bool iommu_translate(struct umlab_slot *slot, u64 bus, bool write,
			    u64 *phys, u64 *run)
{
	unsigned long need = write ? IOMMU_ENTRY_WRITE : IOMMU_ENTRY_READ;
	void *entry;

	if (!slot->dma.domain)
		return false;
	entry = xa_load(&slot->dma.domain->pages, bus >> PAGE_SHIFT);
	if (!entry || !(xa_to_value(entry) & need))
		return false;
	*phys = PFN_PHYS(xa_to_value(entry) >> IOMMU_ENTRY_SHIFT) +
		offset_in_page(bus);
	*run = PAGE_SIZE - offset_in_page(bus);
	return *phys < topology_memory();
}

const struct topology_ops iommu_topology = {
	.begin = iommu_begin,
	.translate = iommu_translate,
};

int umlab_iommu_init(void)
{
	int err = iommu_device_sysfs_add(&iommu_device, NULL, NULL,
					 "umlab-iommu");

	if (err)
		return err;
	err = iommu_device_register(&iommu_device, &iommu_ops, NULL);
	if (err)
		iommu_device_sysfs_remove(&iommu_device);
	return err;
}
