// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel tells what drivers do
 *
 * Its tracepoints tell of each call of the DMA API by which memory is mapped,
 * unmapped or synced, and the bus of drivers that are bound and unbound. A
 * driver is watched without knowing it.
 */

#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>
#include <trace/events/dma.h>

#include "ledger.h"
#include "topology.h"

static void feed_memory(struct ledger_segment *seg, u64 phys, u64 size)
{
	seg->memory = size;
	seg->phys = phys;
	seg->phys_last = phys + size - 1;
}

/* One bus address; more segments than one are more memory behind it */
static struct ledger_mapping *feed_new(enum ledger_kind kind, u64 bus, u64 size,
				       enum dma_data_direction dir,
				       unsigned int nents)
{
	struct ledger_mapping *map = ledger_new(kind, dir, nents);

	if (map) {
		map->size = size;
		map->segs->bus = bus;
		map->segs->size = size;
	}
	return map;
}

static void feed_failure(struct device *dev, enum ledger_kind kind, u64 size,
			 enum dma_data_direction dir)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (slot)
		rules_failed(slot, kind, size, dir);
}

static void feed_map(struct device *dev, enum ledger_kind kind,
		     phys_addr_t phys, dma_addr_t bus, size_t size,
		     enum dma_data_direction dir)
{
	struct umlab_slot *slot __free(umlab_slot) = NULL;
	struct ledger_mapping *map;

	if (bus == DMA_MAPPING_ERROR) {
		feed_failure(dev, kind, size, dir);
		return;
	}
	slot = umlab_slot_by_device(dev);
	if (!slot)
		return;
	map = feed_new(kind, bus, size, dir, 1);
	if (map && kind == LEDGER_PAGE)
		feed_memory(map->segs, phys, size);
	rules_mapped(slot, map);
}

static void feed_map_page(void *unused, struct device *dev, phys_addr_t phys,
			  dma_addr_t bus, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	feed_map(dev, LEDGER_PAGE, phys, bus, size, dir);
}

static void feed_map_resource(void *unused, struct device *dev,
			      phys_addr_t phys, dma_addr_t bus, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	feed_map(dev, LEDGER_RESOURCE, phys, bus, size, dir);
}

static void feed_list(struct device *dev, enum ledger_kind kind,
		      struct scatterlist *sgl, unsigned int nents,
		      unsigned int ents, enum dma_data_direction dir,
		      struct sg_table *table, u64 size)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);
	struct ledger_mapping *map;
	struct scatterlist *sg;
	unsigned int i;

	if (!slot)
		return;
	map = ledger_new(kind, dir, nents);
	if (!map) {
		rules_mapped(slot, NULL);
		return;
	}
	map->cpu = table;
	for_each_sg(sgl, sg, nents, i) {
		feed_memory(&map->segs[i], sg_phys(sg), sg->length);
		if (i >= ents)
			continue;
		map->segs[i].bus = sg_dma_address(sg);
		map->segs[i].size = sg_dma_len(sg);
		map->size += sg_dma_len(sg);
	}
	if (table)
		map->size = size;
	rules_mapped(slot, map);
}

static void feed_map_sg(void *unused, struct device *dev,
			struct scatterlist *sgl, int nents, int ents,
			enum dma_data_direction dir, unsigned long attrs)
{
	feed_list(dev, LEDGER_SG, sgl, nents, ents, dir, NULL, 0);
}

static void feed_alloc_sgt(void *unused, struct device *dev,
			   struct sg_table *sgt, size_t size,
			   enum dma_data_direction dir, gfp_t gfp,
			   unsigned long attrs)
{
	feed_list(dev, LEDGER_SGT, sgt->sgl, sgt->orig_nents, sgt->nents, dir,
		  sgt, size);
}

static void feed_alloc_sgt_err(void *unused, struct device *dev, void *cpu,
			       dma_addr_t bus, size_t size,
			       enum dma_data_direction dir, gfp_t gfp,
			       unsigned long attrs)
{
	feed_failure(dev, LEDGER_SGT, size, dir);
}

/* Memory that is remapped is at one bus address, but in pages anywhere. */
static void feed_pages(struct ledger_mapping *map, void *cpu)
{
	unsigned int i;

	for (i = 0; i < map->nents; i++)
		feed_memory(&map->segs[i],
			    PFN_PHYS(vmalloc_to_pfn(cpu + i * PAGE_SIZE)),
			    min(map->size - i * PAGE_SIZE, PAGE_SIZE));
}

static void feed_allocated(struct device *dev, enum ledger_kind kind,
			   void *cpu, dma_addr_t bus, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);
	bool remapped = is_vmalloc_addr(cpu);
	struct ledger_mapping *map;

	if (!slot)
		return;
	if (!cpu) {
		rules_failed(slot, kind, size, dir);
		return;
	}
	map = feed_new(kind, bus, size, dir, remapped ? PFN_UP(size) : 1);
	if (map) {
		map->cpu = cpu;
		map->pool = kind == LEDGER_COHERENT &&
			    site_in(map->stack, "dma_pool_alloc");
		/* Without a mapping @cpu is a token. */
		if (remapped)
			feed_pages(map, cpu);
		else if (!(attrs & DMA_ATTR_NO_KERNEL_MAPPING))
			feed_memory(map->segs, virt_to_phys(cpu), size);
	}
	rules_mapped(slot, map);
}

static void feed_alloc(void *unused, struct device *dev, void *cpu,
		       dma_addr_t bus, size_t size,
		       enum dma_data_direction dir, gfp_t gfp,
		       unsigned long attrs)
{
	feed_allocated(dev, LEDGER_COHERENT, cpu, bus, size, dir, attrs);
}

static void feed_alloc_pages(void *unused, struct device *dev, void *cpu,
			     dma_addr_t bus, size_t size,
			     enum dma_data_direction dir, gfp_t gfp,
			     unsigned long attrs)
{
	feed_allocated(dev, LEDGER_PAGES, cpu, bus, size, dir, attrs);
}

static void feed_end(struct device *dev, const struct ledger_call *call)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (slot)
		rules_unmapped(slot, call);
}

static void feed_unmap_page(void *unused, struct device *dev, dma_addr_t bus,
			    size_t size, enum dma_data_direction dir,
			    unsigned long attrs)
{
	feed_end(dev, &(struct ledger_call) {
		.kind = LEDGER_PAGE, .bus = bus, .size = size, .dir = dir,
	});
}

static void feed_unmap_resource(void *unused, struct device *dev,
				dma_addr_t bus, size_t size,
				enum dma_data_direction dir,
				unsigned long attrs)
{
	feed_end(dev, &(struct ledger_call) {
		.kind = LEDGER_RESOURCE, .bus = bus, .size = size, .dir = dir,
	});
}

static void feed_unmap_sg(void *unused, struct device *dev,
			  struct scatterlist *sgl, int nents,
			  enum dma_data_direction dir, unsigned long attrs)
{
	feed_end(dev, &(struct ledger_call) {
		.kind = LEDGER_SG, .bus = sg_dma_address(sgl),
		.nents = nents, .dir = dir,
	});
}

/* To free NULL is fine. */
static void feed_free(void *unused, struct device *dev, void *cpu,
		      dma_addr_t bus, size_t size,
		      enum dma_data_direction dir, unsigned long attrs)
{
	if (cpu)
		feed_end(dev, &(struct ledger_call) {
			.kind = LEDGER_COHERENT, .bus = bus, .size = size,
			.dir = dir, .cpu = cpu,
		});
}

static void feed_free_pages(void *unused, struct device *dev, void *cpu,
			    dma_addr_t bus, size_t size,
			    enum dma_data_direction dir, unsigned long attrs)
{
	feed_end(dev, &(struct ledger_call) {
		.kind = LEDGER_PAGES, .bus = bus, .size = size, .dir = dir,
		.cpu = cpu,
	});
}

static void feed_free_sgt(void *unused, struct device *dev,
			  struct sg_table *sgt, size_t size,
			  enum dma_data_direction dir)
{
	feed_end(dev, &(struct ledger_call) {
		.kind = LEDGER_SGT, .bus = sg_dma_address(sgt->sgl),
		.size = size, .dir = dir, .cpu = sgt,
	});
}

static void feed_sync(struct device *dev, const struct ledger_call *call)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (slot)
		rules_synced(slot, call);
}

static void feed_sync_single(struct device *dev, u64 bus, u64 size,
			     enum dma_data_direction dir, bool to_cpu)
{
	feed_sync(dev, &(struct ledger_call) {
		.kind = LEDGER_PAGE, .bus = bus, .size = size, .dir = dir,
		.to_cpu = to_cpu,
	});
}

static void feed_sync_sg(struct device *dev, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir, bool to_cpu)
{
	feed_sync(dev, &(struct ledger_call) {
		.kind = LEDGER_SG, .bus = sg_dma_address(sgl), .nents = nents,
		.dir = dir, .to_cpu = to_cpu,
	});
}

static void feed_sync_single_for_cpu(void *unused, struct device *dev,
				     dma_addr_t bus, size_t size,
				     enum dma_data_direction dir)
{
	feed_sync_single(dev, bus, size, dir, true);
}

static void feed_sync_single_for_device(void *unused, struct device *dev,
					dma_addr_t bus, size_t size,
					enum dma_data_direction dir)
{
	feed_sync_single(dev, bus, size, dir, false);
}

static void feed_sync_sg_for_cpu(void *unused, struct device *dev,
				 struct scatterlist *sgl, int nents,
				 enum dma_data_direction dir)
{
	feed_sync_sg(dev, sgl, nents, dir, true);
}

static void feed_sync_sg_for_device(void *unused, struct device *dev,
				    struct scatterlist *sgl, int nents,
				    enum dma_data_direction dir)
{
	feed_sync_sg(dev, sgl, nents, dir, false);
}

/*
 * Of a probe that fails, the kernel tells before what devm_ calls have allocated is
 * freed. So what it leaks, is seen when the next one begins, or the device goes.
 */
static int feed_driver(struct notifier_block *block, unsigned long event,
		       void *data)
{
	struct device *dev = data;
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);

	if (!slot || !slot->dma.dev)
		return NOTIFY_DONE;
	switch (event) {
	case BUS_NOTIFY_BIND_DRIVER:
		if (topology_bind(slot, dev))
			ledger_lost(slot);
		if (slot->dma.unprobed)
			rules_audit(slot, "the probe before has failed");
		slot->dma.unprobed = false;
		break;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		slot->dma.unprobed = true;
		break;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		if (topology_bind(slot, dev))
			ledger_lost(slot);
		rules_audit(slot, "the driver is unbound");
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		if (topology_bind(slot, dev))
			ledger_lost(slot);
		rules_audit(slot, "the device is unplugged");
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block feed_drivers = {
	.notifier_call = feed_driver,
};

int feed_init(void)
{
	return register_trace_dma_map_page(feed_map_page, NULL) ?:
	       register_trace_dma_map_resource(feed_map_resource, NULL) ?:
	       register_trace_dma_map_sg(feed_map_sg, NULL) ?:
	       register_trace_dma_unmap_page(feed_unmap_page, NULL) ?:
	       register_trace_dma_unmap_resource(feed_unmap_resource, NULL) ?:
	       register_trace_dma_unmap_sg(feed_unmap_sg, NULL) ?:
	       register_trace_dma_alloc(feed_alloc, NULL) ?:
	       register_trace_dma_alloc_pages(feed_alloc_pages, NULL) ?:
	       register_trace_dma_alloc_sgt(feed_alloc_sgt, NULL) ?:
	       register_trace_dma_alloc_sgt_err(feed_alloc_sgt_err, NULL) ?:
	       register_trace_dma_free(feed_free, NULL) ?:
	       register_trace_dma_free_pages(feed_free_pages, NULL) ?:
	       register_trace_dma_free_sgt(feed_free_sgt, NULL) ?:
	       register_trace_dma_sync_single_for_cpu(feed_sync_single_for_cpu,
						      NULL) ?:
	       register_trace_dma_sync_single_for_device(feed_sync_single_for_device,
							 NULL) ?:
	       register_trace_dma_sync_sg_for_cpu(feed_sync_sg_for_cpu,
						  NULL) ?:
	       register_trace_dma_sync_sg_for_device(feed_sync_sg_for_device,
						     NULL) ?:
	       bus_register_notifier(&pci_bus_type, &feed_drivers);
}
