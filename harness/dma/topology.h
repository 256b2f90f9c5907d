/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a topology implements
 */
#ifndef _UMLAB_DMA_TOPOLOGY_H
#define _UMLAB_DMA_TOPOLOGY_H

#include <linux/memblock.h>
#include <linux/pfn.h>
#include <linux/types.h>

struct device;
struct umlab_slot;

/**
 * struct topology_ops - what is between a device and memory
 * @begin: have the kernel map for the device accordingly. Called when it was
 *	found, without the slot's lock; may sleep. Return 0 or a negative errno
 * @bind: likewise, for what the kernel forgets whenever a driver is unbound.
 *	Optional
 * @end: undo @begin; the device is not used any more. Optional
 * @translate: where a bus address leads: set @phys to the physical address
 *	and @run to how many bytes go on from there, at least 1. Return whether
 *	it leads to memory that may be written (@write) or read. Called with the
 *	slot's lock
 */
struct topology_ops {
	int (*begin)(struct umlab_slot *slot, struct device *dev);
	int (*bind)(struct umlab_slot *slot, struct device *dev);
	void (*end)(struct umlab_slot *slot);
	bool (*translate)(struct umlab_slot *slot, u64 bus, bool write,
			  u64 *phys, u64 *run);
};

extern const struct topology_ops bounce_topology;
extern const struct topology_ops iommu_topology;

/**
 * topology_memory() - how much memory there is
 *
 * Return: the first physical address past it.
 */
static inline u64 topology_memory(void)
{
	return PFN_PHYS(max_pfn);
}

/**
 * topology_translate() - where a bus address leads
 * @slot: the slot
 * @bus: the address
 * @write: whether the device writes
 * @phys: set to the physical address
 * @run: set to how many bytes go on from there
 *
 * Return: whether it leads anywhere.
 */
bool topology_translate(struct umlab_slot *slot, u64 bus, bool write,
			u64 *phys, u64 *run);

/**
 * topology_straight() - bus addresses are physical ones, a distance apart
 * @bus: the bus address
 * @distance: the distance
 * @phys: as for topology_translate()
 * @run: likewise
 *
 * Return: whether there is memory.
 */
bool topology_straight(u64 bus, u64 distance, u64 *phys, u64 *run);

/**
 * topology_begin() - have the kernel map for a device as it should
 * @slot: the slot
 * @dev: its device
 *
 * Context: may sleep, lock not held.
 * Return: 0 or a negative errno.
 */
int topology_begin(struct umlab_slot *slot, struct device *dev);

/**
 * topology_end() - undo it
 * @slot: the slot
 *
 * Context: may sleep, lock not held.
 */
void topology_end(struct umlab_slot *slot);

/**
 * topology_bind() - have what the kernel forgets when a driver is unbound
 * @slot: the slot
 * @dev: its device
 *
 * Context: may sleep, lock not held.
 * Return: 0 or a negative errno.
 */
int topology_bind(struct umlab_slot *slot, struct device *dev);

/**
 * umlab_iommu_starve() - have the IOMMU be out of memory at the next mapping
 * @slot: the slot; the lock is held
 * @starve: it is to be, or not
 */
void umlab_iommu_starve(struct umlab_slot *slot, bool starve);

/**
 * umlab_iommu_init() - register the IOMMU
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int umlab_iommu_init(void);

#endif /* _UMLAB_DMA_TOPOLOGY_H */
