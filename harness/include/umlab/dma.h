/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device model may use of memory: DMA
 *
 * A part of umlab/model.h. All addresses are bus addresses, as the driver gave them to
 * the device; where they lead, a model does not see.
 */
#ifndef _UMLAB_DMA_H
#define _UMLAB_DMA_H

#include <linux/types.h>

struct umlab_slot;

/**
 * umlab_dma_read() - read memory as a bus master
 * @slot: the function
 * @addr: where, as the driver told the device
 * @buffer: for what is read; all-ones if it fails
 * @size: in bytes, any
 *
 * Each byte must lie in what the driver has mapped for the device to read, and
 * must be the device's at the time, or that is a violation and nothing is read.
 *
 * Context: any.
 * Return: 0; -ENODEV if the function has vanished, -EIO if the
 * access failed, be it the driver's fault or because the test wanted it so.
 */
int umlab_dma_read(struct umlab_slot *slot, dma_addr_t addr, void *buffer,
		   size_t size);

/**
 * umlab_dma_write() - write memory as a bus master
 * @slot: the function
 * @addr: where
 * @buffer: what
 * @size: in bytes, any
 *
 * As umlab_dma_read(); if it fails, nothing is written.
 *
 * Context: any.
 * Return: likewise.
 */
int umlab_dma_write(struct umlab_slot *slot, dma_addr_t addr,
		    const void *buffer, size_t size);

/**
 * umlab_dma_hold() - a buffer is in flight
 * @slot: the function
 * @addr: an address in it
 *
 * The device has taken it and will access it. To unmap it before
 * umlab_dma_release() is a violation, though the device may not get to it.
 * Holds nest, and end with a reset.
 *
 * Context: any.
 * Return: 0, or -EIO if nothing is mapped there.
 */
int umlab_dma_hold(struct umlab_slot *slot, dma_addr_t addr);

/**
 * umlab_dma_release() - a buffer is no longer in flight
 * @slot: the function
 * @addr: as for umlab_dma_hold()
 *
 * Context: any.
 */
void umlab_dma_release(struct umlab_slot *slot, dma_addr_t addr);

#endif /* _UMLAB_DMA_H */
