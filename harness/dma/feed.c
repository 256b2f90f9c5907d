// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel tells what drivers do
 *
 * Its tracepoints tell of each call of the DMA API by which memory is mapped,
 * unmapped or synced. A driver is watched without knowing it.
 */

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>
#include <trace/events/dma.h>

#include "ledger.h"
#include "listen.h"

/*
 * The slot of a device that is there. A driver that has not heard that its device is
 * gone, may call for it when another is in its place.
 */
static struct umlab_slot *feed_slot(struct device *dev)
{
	struct umlab_slot *slot = umlab_slot_by_device(dev);

	if (!slot || slot->dma.dev == dev)
		return slot;
	dev_err(dev, "umlab: the DMA API is called for a device that is gone\n");
	umlab_slot_put(slot);
	return NULL;
}

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
	struct umlab_slot *slot __free(umlab_slot) = feed_slot(dev);

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
	slot = feed_slot(dev);
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
	struct umlab_slot *slot __free(umlab_slot) = feed_slot(dev);
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

/* How many pages from @cpu on are in a row */
static unsigned int feed_row(void *cpu, unsigned int pages)
{
	unsigned long first = vmalloc_to_pfn(cpu);
	unsigned int count = 1;

	while (count < pages &&
	       vmalloc_to_pfn(cpu + count * PAGE_SIZE) == first + count)
		count++;
	return count;
}

static unsigned int feed_count_rows(void *cpu, unsigned int pages)
{
	unsigned int count = 0, at, row;

	for (at = 0; at < pages; at += row, count++)
		row = feed_row(cpu + at * PAGE_SIZE, pages - at);
	return count;
}

/* Memory that is remapped is at one bus address, but in pages anywhere. */
static void feed_rows(struct ledger_mapping *map, void *cpu)
{
	unsigned int pages = PFN_UP(map->size), at = 0, i;

	for (i = 0; i < map->nents; i++) {
		void *start = cpu + at * PAGE_SIZE;
		unsigned int row = feed_row(start, pages - at);

		feed_memory(&map->segs[i], PFN_PHYS(vmalloc_to_pfn(start)),
			    min(map->size - at * PAGE_SIZE, row * PAGE_SIZE));
		at += row;
	}
}

static void feed_allocated(struct device *dev, enum ledger_kind kind,
			   void *cpu, dma_addr_t bus, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	struct umlab_slot *slot __free(umlab_slot) = feed_slot(dev);
	bool remapped = is_vmalloc_addr(cpu);
	struct ledger_mapping *map;

	if (!slot)
		return;
	if (!cpu) {
		rules_failed(slot, kind, size, dir);
		return;
	}
	map = feed_new(kind, bus, size, dir,
		       remapped ? feed_count_rows(cpu, PFN_UP(size)) : 1);
	if (map) {
		map->cpu = cpu;
		map->pool = kind == LEDGER_COHERENT &&
			    site_in(map->stack,
				    (unsigned long)dma_pool_alloc);
		/* Without a mapping @cpu is a token. */
		if (remapped)
			feed_rows(map, cpu);
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
	struct umlab_slot *slot __free(umlab_slot) = feed_slot(dev);

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
	struct umlab_slot *slot __free(umlab_slot) = feed_slot(dev);

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
						     NULL);
}
