// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings that fail because the test wants it so
 *
 * A mapping of dma-direct does not fail. Until the one that is to, nothing is
 * changed; then the device gets DMA operations of its own, which fail that one, pass
 * all else on to dma-direct, and go again. Behind the IOMMU it is the IOMMU that
 * fails, and the kernel's own way out of that is taken.
 *
 * dma_map_resource() is left out: CONFIG_DMA_API_DEBUG takes one that failed for one
 * that is live, and never forgets it.
 */

#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <kernel/dma/direct.h>

#include "ledger.h"
#include "topology.h"

/* Whether this one is to fail */
static bool inject_strikes(struct device *dev, bool alloc)
{
	struct umlab_slot *slot __free(umlab_slot) = umlab_slot_by_device(dev);
	unsigned int *left;

	if (!slot)
		return false;
	guard(spinlock_irqsave)(&slot->lock);
	left = alloc ? &slot->faults.alloc : &slot->faults.map;
	if (*left != 1)
		return false;
	*left = 0;
	umlab_dma_inject(slot);
	return true;
}

static void *inject_alloc(struct device *dev, size_t size, dma_addr_t *bus,
			  gfp_t gfp, unsigned long attrs)
{
	return inject_strikes(dev, true) ? NULL :
	       dma_direct_alloc(dev, size, bus, gfp, attrs);
}

static struct page *inject_alloc_pages(struct device *dev, size_t size,
				       dma_addr_t *bus,
				       enum dma_data_direction dir, gfp_t gfp)
{
	return inject_strikes(dev, true) ? NULL :
	       dma_direct_alloc_pages(dev, size, bus, dir, gfp);
}

static dma_addr_t inject_map_page(struct device *dev, struct page *page,
				  unsigned long offset, size_t size,
				  enum dma_data_direction dir,
				  unsigned long attrs)
{
	return inject_strikes(dev, false) ? DMA_MAPPING_ERROR :
	       dma_direct_map_page(dev, page, offset, size, dir, attrs);
}

static int inject_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir, unsigned long attrs)
{
	return inject_strikes(dev, false) ? -ENOMEM :
	       dma_direct_map_sg(dev, sgl, nents, dir, attrs);
}

static const struct dma_map_ops inject_ops = {
	.alloc = inject_alloc,
	.free = dma_direct_free,
	.alloc_pages_op = inject_alloc_pages,
	.free_pages = dma_direct_free_pages,
	.mmap = dma_direct_mmap,
	.get_sgtable = dma_direct_get_sgtable,
	.map_page = inject_map_page,
	.unmap_page = dma_direct_unmap_page,
	.map_sg = inject_map_sg,
	.unmap_sg = dma_direct_unmap_sg,
	.map_resource = dma_direct_map_resource,
	.sync_single_for_cpu = dma_direct_sync_single_for_cpu,
	.sync_single_for_device = dma_direct_sync_single_for_device,
	.sync_sg_for_cpu = dma_direct_sync_sg_for_cpu,
	.sync_sg_for_device = dma_direct_sync_sg_for_device,
	.dma_supported = dma_direct_supported,
	.get_required_mask = dma_direct_get_required_mask,
	.max_mapping_size = dma_direct_max_mapping_size,
};

void umlab_dma_inject(struct umlab_slot *slot)
{
	bool next = slot->faults.map == 1 || slot->faults.alloc == 1;

	lockdep_assert_held(&slot->lock);
	if (!slot->dma.dev)
		return;
	if (slot->dma.topology.dma == UMLAB_DMA_IOMMU)
		umlab_iommu_starve(slot, next);
	else
		set_dma_ops(slot->dma.dev, next ? &inject_ops : NULL);
}
