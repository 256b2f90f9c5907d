// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver has left mapped
 *
 * When a driver is unbound, and when its device goes, nothing is mapped any more.
 * What is, is told, and is undone as far as nobody can be harmed by that.
 */

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/scatterlist.h>

#include "ledger.h"

/* How many leaks are told one by one */
#define AUDIT_LEAKS	8

/* Unmap a list that a driver has forgotten, and freed by now perhaps */
static void audit_reclaim_list(struct device *dev,
			       const struct ledger_mapping *map)
{
	struct sg_table table;
	struct scatterlist *sg;
	unsigned int i;

	if (sg_alloc_table(&table, map->nents, GFP_KERNEL | __GFP_NOFAIL))
		return;
	for_each_sg(table.sgl, sg, map->nents, i) {
		const struct ledger_segment *seg = &map->segs[i];

		sg_set_page(sg, pfn_to_page(PHYS_PFN(seg->phys)),
			    seg->phys_last - seg->phys + 1,
			    offset_in_page(seg->phys));
		sg_dma_address(sg) = seg->bus;
		sg_dma_len(sg) = seg->size;
	}
	dma_unmap_sg_attrs(dev, table.sgl, map->nents, map->dir,
			   DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(&table);
}

/*
 * Undo a leak, and touch nothing that may be another's by now. What was allocated
 * stays: who forgot it may still use it, or free it later.
 */
static void audit_reclaim(struct device *dev, const struct ledger_mapping *map)
{
	u64 bus = map->segs->bus;

	switch (map->kind) {
	case LEDGER_PAGE:
		dma_unmap_page_attrs(dev, bus, map->size, map->dir,
				     DMA_ATTR_SKIP_CPU_SYNC);
		break;
	case LEDGER_RESOURCE:
		dma_unmap_resource(dev, bus, map->size, map->dir, 0);
		break;
	case LEDGER_SG:
		audit_reclaim_list(dev, map);
		break;
	}
}

static struct ledger_mapping *audit_untold(struct umlab_slot *slot)
{
	struct ledger_mapping *map;

	list_for_each_entry(map, &slot->dma.mappings, entry) {
		if (!map->told)
			return map;
	}
	return NULL;
}

static void audit_tell_leak(struct umlab_slot *slot, unsigned int told,
			    const struct ledger_mapping *map, const char *why)
{
	char text[LEDGER_TEXT];

	if (told < AUDIT_LEAKS)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_LEAK,
				     "%s: still there is a %s", why,
				     ledger_describe(map->segs, text));
	else if (told == AUDIT_LEAKS)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_LEAK,
				     "%s: so are %u more", why,
				     slot->dma.count);
}

/* Tell of a leak. It is ours to undo, unless it is an allocation, which stays */
static struct ledger_mapping *audit_next_leak(struct umlab_slot *slot,
					      unsigned int told,
					      const char *why)
{
	struct ledger_mapping *map;

	guard(spinlock_irqsave)(&slot->lock);
	map = audit_untold(slot);
	if (!map)
		return NULL;
	audit_tell_leak(slot, told, map, why);
	if (ledger_allocated(map))
		ledger_tell(slot, map);
	else
		map->told = ledger_remove(slot, map, 0);
	return map;
}

void audit_leaks(struct umlab_slot *slot, const char *why)
{
	struct ledger_mapping *map;
	unsigned int told = 0;

	slot->dma.reclaiming = true;
	while ((map = audit_next_leak(slot, told++, why))) {
		if (map->told)
			continue;
		audit_reclaim(slot->dma.dev, map);
		ledger_free(map);
	}
	slot->dma.reclaiming = false;
}
