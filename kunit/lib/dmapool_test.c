// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own test of DMA pools, on any device
 *
 * mm/dmapool_test.c is compiled as it is. It would run at boot, on a device that
 * it brings along, and for minutes, as the pool's own checks walk all free
 * blocks each time that one is freed. So what it calls to make a pool, to count
 * its blocks, and to be started means something else here.
 */

#include <linux/array_size.h>
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/module.h>

#include "dmapool_test.h"

/* What lab_dmapool_test() was asked for; one test runs at a time */
static struct device *dmapool_test_device;
static int dmapool_test_share;

static struct dma_pool *dmapool_test_create(const char *name,
					    struct device *theirs, size_t size,
					    size_t align, size_t boundary)
{
	return dma_pool_create(name, dmapool_test_device, size, align,
			       boundary);
}

static int dmapool_test_clamp(int blocks, int least, int most)
{
	return clamp(blocks, least, most) / dmapool_test_share;
}

#define dma_pool_create		dmapool_test_create

#undef clamp_t
#define clamp_t(type, value, low, high)					\
	dmapool_test_clamp((type)(value), low, high)

/* The functions are not started, only named, lest they be found unused. */
#undef module_init
#define module_init(fn)							\
	static int (*const dmapool_test_begin)(void) __maybe_unused = (fn)
#undef module_exit
#define module_exit(fn)							\
	static void (*const dmapool_test_end)(void) __maybe_unused = (fn)

#include <mm/dmapool_test.c>

int lab_dmapool_test(struct device *dev, int share)
{
	unsigned int i;
	int err = 0;

	dmapool_test_device = dev;
	dmapool_test_share = share;
	for (i = 0; !err && i < ARRAY_SIZE(pool_parms); i++)
		err = dmapool_test_block(&pool_parms[i]);
	return err;
}
