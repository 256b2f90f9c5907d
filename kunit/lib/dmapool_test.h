/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own test of DMA pools, on any device
 */
#ifndef _LAB_DMAPOOL_TEST_H
#define _LAB_DMAPOOL_TEST_H

struct device;

/**
 * lab_dmapool_test() - run the test of mm/dmapool_test.c
 * @dev: on what
 * @share: with as many blocks as it would take, divided by this; at most 1024
 *
 * All blocks of a pool are taken and given back, a hundred times, for each of
 * the shapes that the test has.
 *
 * Return: 0 or a negative errno.
 */
int lab_dmapool_test(struct device *dev, int share);

#endif /* _LAB_DMAPOOL_TEST_H */
