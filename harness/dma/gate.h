/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the gate asks of the memory behind a mapping
 */
#ifndef _UMLAB_DMA_GATE_H
#define _UMLAB_DMA_GATE_H

#include <linux/types.h>

struct device;
struct ledger_segment;

/**
 * shadow_memory() - memory as a device sees it that is not coherent
 * @phys: the physical address
 * @size: in bytes; cut to what is in one piece
 *
 * Context: any.
 * Return: the memory, or NULL if there is none for it.
 */
void *shadow_memory(u64 phys, u64 *size);

/**
 * shadow_begin() - a device that is not coherent comes
 * @line: the cache line it wants, in bytes
 *
 * Context: any.
 */
void shadow_begin(unsigned int line);

/**
 * shadow_end() - it goes; with the last of them goes the shadow
 * @line: as for shadow_begin()
 *
 * Context: any.
 */
void shadow_end(unsigned int line);

/**
 * pool_is_free() - whether part of a DMA pool's page is in a free block
 * @dev: the device
 * @seg: the page
 * @bus: where
 * @size: in bytes
 *
 * Context: interrupts off.
 * Return: whether any byte is.
 */
bool pool_is_free(struct device *dev, const struct ledger_segment *seg, u64 bus,
		  u64 size);

#endif /* _UMLAB_DMA_GATE_H */
