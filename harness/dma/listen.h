/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What listens to the kernel
 */
#ifndef _UMLAB_DMA_LISTEN_H
#define _UMLAB_DMA_LISTEN_H

/**
 * feed_init() - begin to listen to the DMA API
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int feed_init(void);

/**
 * life_init() - begin to listen to the bus of drivers
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int life_init(void);

/**
 * complaint_init() - begin to listen to the kernel's complaints
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int complaint_init(void);

#endif /* _UMLAB_DMA_LISTEN_H */
