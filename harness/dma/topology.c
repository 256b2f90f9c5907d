// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is between a device and memory
 *
 * A topology is chosen for each function when it is plugged in. What the kernel
 * does for a device is then the kernel's own: dma-direct, swiotlb, dma-iommu. The
 * machine sets the fields of struct device by which these choose, as firmware
 * and bus code do on other machines.
 */

#include <linux/dma-direct.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>

#include "ledger.h"
#include "listen.h"
#include "topology.h"

/* Why there is no DMA; set once, at boot */
static int topology_error = -ENODEV;

bool topology_straight(u64 bus, u64 distance, u64 *phys, u64 *run)
{
	u64 end = topology_memory();

	*phys = bus - distance;
	*run = end - *phys;
	return bus >= distance && *phys < end;
}

static int direct_begin(struct umlab_slot *slot, struct device *dev)
{
	return 0;
}

static bool direct_translate(struct umlab_slot *slot, u64 bus, bool write,
			     u64 *phys, u64 *run)
{
	return topology_straight(bus, 0, phys, run);
}

static const struct topology_ops direct_topology = {
	.begin = direct_begin,
	.translate = direct_translate,
};

static int offset_bind(struct umlab_slot *slot, struct device *dev)
{
	if (dev->dma_range_map)
		return 0;
	return dma_direct_set_offset(dev, 0, UMLAB_DMA_DISTANCE,
				     topology_memory());
}

static bool offset_translate(struct umlab_slot *slot, u64 bus, bool write,
			     u64 *phys, u64 *run)
{
	return topology_straight(bus, UMLAB_DMA_DISTANCE, phys, run);
}

static const struct topology_ops offset_topology = {
	.begin = offset_bind,
	.bind = offset_bind,
	.translate = offset_translate,
};

static const struct topology_ops *const topologies[] = {
	[UMLAB_DMA_DIRECT] = &direct_topology,
	[UMLAB_DMA_OFFSET] = &offset_topology,
	[UMLAB_DMA_BOUNCE] = &bounce_topology,
	[UMLAB_DMA_IOMMU] = &iommu_topology,
};

static const struct topology_ops *topology_of(const struct umlab_slot *slot)
{
	return topologies[slot->dma.topology.dma];
}

bool topology_translate(struct umlab_slot *slot, u64 bus, bool write,
			u64 *phys, u64 *run)
{
	return topology_of(slot)->translate(slot, bus, write, phys, run);
}

int topology_bind(struct umlab_slot *slot, struct device *dev)
{
	const struct topology_ops *ops = topology_of(slot);

	return ops->bind ? ops->bind(slot, dev) : 0;
}

static void topology_init_tree(struct umlab_slot *slot,
			       struct maple_tree *tree)
{
	mt_init_flags(tree, MT_FLAGS_LOCK_EXTERN);
	mt_set_external_lock(tree, &slot->lock);
}

void umlab_dma_init(struct umlab_slot *slot,
		    const struct umlab_topology *topology)
{
	struct umlab_dma_state *dma = &slot->dma;

	dma->error = -ENODEV;
	dma->topology = *topology;
	topology_init_tree(slot, &dma->bus);
	topology_init_tree(slot, &dma->cpu);
	dma->phys = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&dma->mappings);
}

int topology_begin(struct umlab_slot *slot, struct device *dev)
{
	return topology_error ?: topology_of(slot)->begin(slot, dev);
}

void topology_end(struct umlab_slot *slot)
{
	const struct topology_ops *ops = topology_of(slot);

	if (ops->end)
		ops->end(slot);
}

static int __init topology_init(void)
{
	topology_error = stack_depot_init() ?: umlab_iommu_init() ?: feed_init() ?:
			 complaint_init() ?: life_init();
	if (topology_error)
		pr_err("umlab: no DMA: %d\n", topology_error);
	return topology_error;
}
device_initcall(topology_init);
