// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of BARs: which accesses are refused, and the end of a mapping
 *
 * What real hardware would refuse or corrupt reads as all-ones or is dropped,
 * and is a violation. The width of an access to the MSI-X table is not the
 * BAR's to refuse: it has widths of its own (PCI 3.0, 6.8.2).
 */

#include <linux/slab.h>

#include "mapping.h"

bool umlab_mapping_refuses(const struct bar_mapping *map, unsigned int offset,
			   unsigned int size, const char *verb)
{
	const struct umlab_bar_state *bar = map->bar;
	struct umlab_slot *slot = map->slot;
	bool table;

	if (!slot->present)
		return true;
	table = bar_in_msix(map, offset);
	if (!umlab_config_awake(slot))
		umlab_slot_violation(slot, UMLAB_VIOLATION_POWER,
				     "%u-byte %s at %#x of BAR %u while not in D0",
				     size, verb, offset, bar->index);
	else if (bar->address == UMLAB_NOWHERE)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DECODE,
				     "%u-byte %s at %#x of BAR %u while memory decoding is disabled",
				     size, verb, offset, bar->index);
	else if (bar->address != map->address)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DECODE,
				     "%u-byte %s at %#x of BAR %u, which was mapped at %#llx and is at %#llx now",
				     size, verb, offset, bar->index,
				     map->address, bar->address);
	else if (offset < map->start || (u64)offset + size > map->end)
		umlab_slot_violation(slot, UMLAB_VIOLATION_RANGE,
				     "%u-byte %s at %#x of BAR %u, of which %#x to %#x is mapped",
				     size, verb, offset, bar->index, map->start,
				     map->end);
	else if (offset & (size - 1))
		umlab_slot_violation(slot, UMLAB_VIOLATION_ALIGN,
				     "%u-byte %s at %#x of BAR %u is not aligned",
				     size, verb, offset, bar->index);
	else if (table ? size < 4 : !(bar->widths & size))
		umlab_slot_violation(slot, UMLAB_VIOLATION_WIDTH,
				     "%u-byte %s at %#x of BAR %u, which takes no such width%s",
				     size, verb, offset, bar->index,
				     table ? " in the MSI-X structures" : "");
	else
		return false;
	/* An unsupported request, as the function sees it (PCIe 4.0, 7.5.3.5) */
	if (slot->config.exp)
		umlab_config_set(&slot->config, slot->config.exp +
				 PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_URD, true);
	return true;
}

void umlab_mapping_end(void *priv)
{
	struct bar_mapping *map = priv;

	umlab_slot_put(map->slot);
	kfree(map);
}

/* No function answers: a master abort, which reads as all-ones */

static unsigned long nothing_read(void *priv, unsigned int offset, int size)
{
	return ~0UL;
}

static void nothing_write(void *priv, unsigned int offset, int size,
			  unsigned long value)
{
}

const struct logic_iomem_ops umlab_nothing_ops = {
	.read = nothing_read,
	.write = nothing_write,
};
