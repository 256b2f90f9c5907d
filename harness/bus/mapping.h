/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ioremap() of a BAR returned, and whether an access by it is taken
 */
#ifndef _UMLAB_BUS_MAPPING_H
#define _UMLAB_BUS_MAPPING_H

#include <linux/logic_iomem.h>

#include "../slot.h"

/**
 * struct bar_mapping - what one ioremap() returned
 * @slot: the function, with a reference
 * @bar: the BAR
 * @index: which one it is
 * @widths: the accesses it takes
 * @address: where it was when it was mapped
 * @start: the first byte mapped, from the BAR's start
 * @end: one past the last
 * @memory: of a memory BAR: its contents; NULL: a register BAR
 */
struct bar_mapping {
	struct umlab_slot *slot;
	struct umlab_bar_state *bar;
	u8 index;
	u8 widths;
	u64 address;
	u32 start;
	u32 end;
	u8 *memory;
};

/**
 * bar_in_msix() - whether an access concerns the MSI-X structures
 * @map: the mapping
 * @offset: in the BAR
 */
static __always_inline bool bar_in_msix(const struct bar_mapping *map,
					unsigned int offset)
{
	const struct umlab_irqs *irqs = &map->slot->irqs;

	return unlikely(irqs->num_msix) &&
	       (umlab_part_holds(&irqs->table, map->index, offset) ||
		umlab_part_holds(&irqs->pba, map->index, offset));
}

/**
 * umlab_mapping_refuses() - look closer at an access that is not simply fine
 * @map: the mapping
 * @offset: in the BAR
 * @size: in bytes
 * @verb: "read" or "write"
 *
 * What is wrong with it is a violation, but not that the function is gone: the
 * driver cannot know.
 *
 * Return: whether it is refused.
 */
bool umlab_mapping_refuses(const struct bar_mapping *map, unsigned int offset,
			   unsigned int size, const char *verb);

/**
 * umlab_mapping_end() - unmap
 * @priv: the mapping
 */
void umlab_mapping_end(void *priv);

/* What registers, memory and addresses without a BAR answer with */
extern const struct logic_iomem_ops umlab_register_ops;
extern const struct logic_iomem_ops umlab_memory_ops;
extern const struct logic_iomem_ops umlab_nothing_ops;

/**
 * bar_takes() - whether an access is simply fine
 * @map: the mapping
 * @offset: in the BAR
 * @size: in bytes
 *
 * If it is not, see umlab_mapping_refuses(); one to the MSI-X structures that is
 * not refused there, is fine as well.
 */
static __always_inline bool bar_takes(const struct bar_mapping *map,
				      unsigned int offset, unsigned int size)
{
	return likely(map->bar->address == map->address &&
		      map->widths & size &&
		      !(offset & (size - 1)) && offset >= map->start &&
		      offset + size <= map->end && !bar_in_msix(map, offset));
}

#endif /* _UMLAB_BUS_MAPPING_H */
