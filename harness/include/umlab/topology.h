/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is between a device and memory
 *
 * A suite chooses it for each function that it plugs in, or has a case run in all
 * there are.
 */
#ifndef _UMLAB_TOPOLOGY_H
#define _UMLAB_TOPOLOGY_H

#include <linux/types.h>

/**
 * enum umlab_dma - how the device sees memory
 * @UMLAB_DMA_DIRECT: a bus address is the physical address
 * @UMLAB_DMA_OFFSET: a bus address is the physical address and UMLAB_DMA_DISTANCE
 * @UMLAB_DMA_BOUNCE: what is mapped is copied through a pool of bounce buffers
 *	that the device can reach (swiotlb)
 * @UMLAB_DMA_IOMMU: a bus address is translated by page tables
 */
enum umlab_dma {
	UMLAB_DMA_DIRECT,
	UMLAB_DMA_OFFSET,
	UMLAB_DMA_BOUNCE,
	UMLAB_DMA_IOMMU,
};

/* How far bus addresses are above physical ones with UMLAB_DMA_OFFSET */
#define UMLAB_DMA_DISTANCE	0x2340000000ULL

/* The bounce buffers of a function: so many slots of so many bytes */
#define UMLAB_BOUNCE_SLOTS	2048
#define UMLAB_BOUNCE_SLOT	2048

/* A cache line, unless the test wants another */
#define UMLAB_CACHE_LINE	64

/**
 * struct umlab_topology - what is between a device and memory
 * @name: in the names of parameters
 * @dma: how the device sees memory
 * @noncoherent: what it sees goes past the CPU's cache, and only a map, unmap or
 *	sync moves data between them, in whole cache lines
 * @line: with @noncoherent: the cache line in bytes, a power of two from 4 to the
 *	page size; 0: UMLAB_CACHE_LINE. There is one cache: of all functions
 *	plugged in at a time, the longest line counts
 * @slots: with UMLAB_DMA_BOUNCE: how many bounce buffers are free, up to
 *	UMLAB_BOUNCE_SLOTS; 0: all
 * @aperture_start: with UMLAB_DMA_IOMMU: the first bus address it translates
 * @aperture_end: likewise: the last one; 0: 48 bits
 */
struct umlab_topology {
	const char *name;
	enum umlab_dma dma;
	bool noncoherent;
	unsigned int line;
	unsigned int slots;
	u64 aperture_start;
	u64 aperture_end;
};

/* Each kind, coherent and not */
#define UMLAB_TOPOLOGIES	8
extern const struct umlab_topology umlab_topologies[UMLAB_TOPOLOGIES];

/**
 * umlab_topology_gen_params() - run a case in each topology
 * @prev: see KUNIT_CASE_PARAM()
 * @desc: likewise
 *
 * One line makes a case eight, named "direct" to "iommu,noncoherent"::
 *
 *	KUNIT_CASE_PARAM(example, umlab_topology_gen_params),
 *
 * All that the case plugs in without naming a topology is plugged in so.
 */
const void *umlab_topology_gen_params(const void *prev, char *desc);

#endif /* _UMLAB_TOPOLOGY_H */
