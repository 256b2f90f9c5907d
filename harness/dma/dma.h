/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA: what the slot object is composed of, and what it calls
 *
 * gate.c	every access of a device to memory goes through it
 * ledger.c	what is mapped for a device, and where it is found
 * rules.c	what a driver may do with mappings
 * audit.c	what it has left mapped
 * words.c	mappings in messages
 * site.c	who calls the DMA API
 * feed.c	the kernel's tracepoints tell of mappings
 * life.c	and its bus of devices and drivers
 * topology.c	what is between a device and memory
 * bounce.c	a pool of bounce buffers for each device
 * iommu.c	an IOMMU under the kernel's dma-iommu
 * shadow.c	memory as devices see it that are not coherent
 * inject.c	mappings that fail because the test wants it so
 * pool.c	which block of a DMA pool is free
 * complaint.c	the kernel's own checks of DMA, and what they say
 *
 * All of it works on a slot and calls nothing of umlab but slot.h. Where
 * nothing else is said, the slot's lock is held.
 */
#ifndef _UMLAB_DMA_INTERNAL_H
#define _UMLAB_DMA_INTERNAL_H

#include <linux/maple_tree.h>
#include <linux/rbtree.h>
#include <linux/stackdepot.h>
#include <umlab/topology.h>

struct device;
struct umlab_bounce;
struct umlab_domain;
struct umlab_slot;

/* How many segments are remembered after their end, for better messages */
#define UMLAB_DMA_PAST	32

/**
 * struct umlab_dma_past - a segment of a mapping that is no more
 * @bus: its bus address
 * @size: in bytes; 0: none
 * @when: the journal at its end
 * @stack: who ended it
 */
struct umlab_dma_past {
	u64 bus;
	u64 size;
	u64 when;
	depot_stack_handle_t stack;
};

/**
 * struct umlab_dma_state - DMA of a function
 * @topology: what is between it and memory
 * @dev: the PCI core's device, with a reference; NULL: there is none
 * @error: why it cannot be used; 0: it can
 * @bus: what is mapped, by bus address: struct ledger_segment
 * @cpu: what of it is the CPU's since a sync, by bus address
 * @phys: what is mapped, by physical address
 * @mappings: all mappings, oldest first
 * @count: how many
 * @pooled: how many of them are pages of DMA pools
 * @hidden: how many segments @bus does not have, as others are in their place
 * @incomplete: there was no memory for an entry; told once
 * @unprobed: a driver's probe has failed
 * @mastered: it was a bus master before its driver was bound
 * @reclaiming: leaks are being undone, which is not the driver's doing
 * @past: the last segments of mappings that ended, a ring
 * @past_next: in it
 * @bounce: the pool of bounce buffers; NULL: none
 * @domain: the IOMMU's page tables; NULL: none
 * @starved: the IOMMU has no memory for the next mapping
 */
struct umlab_dma_state {
	struct umlab_topology topology;
	struct device *dev;
	int error;
	struct maple_tree bus;
	struct maple_tree cpu;
	struct rb_root_cached phys;
	struct list_head mappings;
	unsigned int count;
	unsigned int pooled;
	unsigned int hidden;
	bool incomplete;
	bool unprobed;
	bool mastered;
	bool reclaiming;
	struct umlab_dma_past past[UMLAB_DMA_PAST];
	unsigned int past_next;
	struct umlab_bounce *bounce;
	struct umlab_domain *domain;
	bool starved;
};

/* topology.c */

/**
 * umlab_dma_init() - set up a function's DMA
 * @slot: the slot
 * @topology: what is between it and memory, checked and complete
 *
 * Context: lock not held.
 */
void umlab_dma_init(struct umlab_slot *slot,
		    const struct umlab_topology *topology);

/* ledger.c */

/**
 * umlab_dma_reset() - the device has forgotten what it holds
 * @slot: the slot
 */
void umlab_dma_reset(struct umlab_slot *slot);

/**
 * umlab_dma_held() - a buffer is in flight, or no longer
 * @slot: the slot
 * @bus: an address in it
 * @held: it is
 *
 * Return: 0, or -EIO if nothing is mapped there.
 */
int umlab_dma_held(struct umlab_slot *slot, u64 bus, bool held);

/* gate.c */

/**
 * umlab_dma_access() - the device reads or writes memory
 * @slot: the slot
 * @bus: the bus address
 * @buffer: from or to
 * @size: in bytes
 * @write: whether it writes
 *
 * Return: as umlab_dma_read().
 */
int umlab_dma_access(struct umlab_slot *slot, u64 bus, void *buffer,
		     size_t size, bool write);

/* inject.c */

/**
 * umlab_dma_inject() - have the next mapping or allocation fail, or not
 * @slot: the slot; its faults say so
 */
void umlab_dma_inject(struct umlab_slot *slot);

#endif /* _UMLAB_DMA_INTERNAL_H */
