// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pool of bounce buffers for each device
 *
 * The kernel has one pool (swiotlb), of a size that cannot be changed once it is
 * there, and inner parts that only the kernel knows. Nothing on this machine uses
 * that pool, so it serves as a mould: the kernel fills it, the outcome is copied, and
 * the mould is emptied for the next. A device that is plugged in takes a pool of
 * those that are made and free, and a small one is a large one of which most is
 * occupied.
 */

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "ledger.h"
#include "topology.h"

/* The largest piece that can be mapped at once, in slots */
#define BOUNCE_SEGMENT	IO_TLB_SEGSIZE
#define BOUNCE_SEGMENTS	(UMLAB_BOUNCE_SLOTS / BOUNCE_SEGMENT + 1)

static_assert(UMLAB_BOUNCE_SLOT == IO_TLB_SIZE);

/**
 * struct umlab_bounce - a pool
 * @mem: what the kernel uses
 * @mould: the kernel's own
 * @entry: in the list of free pools
 * @occupied: what is occupied
 * @sizes: of these, in bytes
 * @count: how many
 */
struct umlab_bounce {
	struct io_tlb_mem mem;
	struct io_tlb_mem *mould;
	struct list_head entry;
	phys_addr_t occupied[BOUNCE_SEGMENTS];
	size_t sizes[BOUNCE_SEGMENTS];
	unsigned int count;
};

/* Guards the list and the mould */
static DEFINE_MUTEX(bounce_mutex);
static LIST_HEAD(bounce_free);

static struct umlab_bounce *bounce_make(struct io_tlb_mem *mould)
{
	struct umlab_bounce *bounce = kzalloc(sizeof(*bounce), GFP_KERNEL);
	int err;

	if (!bounce)
		return NULL;
	err = swiotlb_init_late(UMLAB_BOUNCE_SLOTS * UMLAB_BOUNCE_SLOT,
				GFP_KERNEL, NULL);
	bounce->mem = *mould;
	bounce->mem.force_bounce = true;
	bounce->mould = mould;
	*mould = (struct io_tlb_mem) { };
	if (!err && bounce->mem.nslabs == UMLAB_BOUNCE_SLOTS)
		return bounce;
	/* A smaller one is lost, as the kernel alone could free it. */
	kfree(bounce);
	return NULL;
}

static struct umlab_bounce *bounce_get(struct io_tlb_mem *mould)
{
	struct umlab_bounce *bounce;

	guard(mutex)(&bounce_mutex);
	bounce = list_first_entry_or_null(&bounce_free, struct umlab_bounce,
					  entry);
	if (!bounce)
		return bounce_make(mould);
	list_del(&bounce->entry);
	return bounce;
}

/* Leave so many slots free */
static int bounce_occupy(struct umlab_bounce *bounce, struct device *dev,
			 unsigned int slots)
{
	unsigned int left = UMLAB_BOUNCE_SLOTS - slots;

	bounce->count = 0;
	while (left) {
		unsigned int piece = min(left, BOUNCE_SEGMENT);
		size_t size = piece * UMLAB_BOUNCE_SLOT;
		phys_addr_t phys;

		/* What is copied there does not matter. */
		phys = swiotlb_tbl_map_single(dev, bounce->mem.defpool.start,
					      size, 0, DMA_TO_DEVICE,
					      DMA_ATTR_NO_WARN);
		if (phys == (phys_addr_t)DMA_MAPPING_ERROR)
			return -ENOMEM;
		bounce->occupied[bounce->count] = phys;
		bounce->sizes[bounce->count++] = size;
		left -= piece;
	}
	return 0;
}

/* Take a pool from a device, with nothing of the device's in it any more */
static void bounce_put(struct umlab_bounce *bounce, struct device *dev)
{
	while (bounce->count--)
		swiotlb_tbl_unmap_single(dev, bounce->occupied[bounce->count],
					 bounce->sizes[bounce->count],
					 DMA_TO_DEVICE,
					 DMA_ATTR_SKIP_CPU_SYNC);
	dev->dma_io_tlb_mem = bounce->mould;
	/* What the driver has unmapped in the wrong way stays taken. */
	if (atomic_long_read(&bounce->mem.total_used)) {
		kfree(bounce);
		return;
	}
	guard(mutex)(&bounce_mutex);
	list_add(&bounce->entry, &bounce_free);
}

static int bounce_begin(struct umlab_slot *slot, struct device *dev)
{
	struct umlab_bounce *bounce = bounce_get(dev->dma_io_tlb_mem);
	int err;

	if (!bounce)
		return -ENOMEM;
	dev->dma_io_tlb_mem = &bounce->mem;
	err = bounce_occupy(bounce, dev, slot->dma.topology.slots);
	if (err)
		bounce_put(bounce, dev);
	else
		slot->dma.bounce = bounce;
	return err;
}

static void bounce_end(struct umlab_slot *slot)
{
	bounce_put(slot->dma.bounce, slot->dma.dev);
	slot->dma.bounce = NULL;
}

static bool bounce_translate(struct umlab_slot *slot, u64 bus, bool write,
			     u64 *phys, u64 *run)
{
	return topology_straight(bus, 0, phys, run);
}

const struct topology_ops bounce_topology = {
	.begin = bounce_begin,
	.end = bounce_end,
	.translate = bounce_translate,
};
