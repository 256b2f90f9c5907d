// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nobody here wrote: the kernel's own tests of DMA, on our devices
 *
 * They do everything right, so no violation may come of them, in no topology.
 * There are two: that of DMA pools, mm/dmapool_test.c, and the driver that
 * measures mappings, kernel/dma/map_benchmark.c, used as by selftests/dma.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/kernel.h>
#include <linux/map_benchmark.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/numa.h>
#include <linux/time64.h>

#include "lib/dma.h"
#include "lib/dmapool_test.h"
#include "lib/node.h"
#include "lib/space.h"
#include "lib/touch.h"

#define FOREIGN_DRIVER	"dma_map_benchmark"

/*
 * The pools' test as it is would take a minute in each topology: it has up to
 * 8192 blocks in use, and each that is freed is looked for among all that are
 * free. With a 256th of them (4 to 32, on 11 pages in all) it takes some
 * milliseconds. With a 16th it takes some hundred, so that case is run by name
 * only: by default what is slow is filtered out ("speed>slow").
 */
#define FOREIGN_SHARE	256
#define FOREIGN_MORE	16

/* There was nothing to complain of, and all that was mapped is unmapped. */
static void foreign_expect_clean(const struct lab_dma *dma)
{
	unsigned int kind;

	for (kind = 0; kind < UMLAB_VIOLATIONS; kind++)
		KUNIT_EXPECT_EQ_MSG(dma->test,
				    umlab_violations(dma->slot, kind), 0,
				    "violations of kind %u", kind);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);
}

static void foreign_pools(struct kunit *test, int share)
{
	static const struct umlab_event got = UMLAB_DID_ANY(UMLAB_ALLOC);
	static const struct umlab_event freed = UMLAB_DID_ANY(UMLAB_FREE);
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int pages;

	KUNIT_EXPECT_EQ(test, lab_dmapool_test(dma.dev, share), 0);
	pages = umlab_journal_count(dma.slot, dma.begin, got);
	/* It has six pools. */
	KUNIT_EXPECT_GE(test, pages, 6);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(dma.slot, dma.begin, freed),
			pages);
	foreign_expect_clean(&dma);
}

static void foreign_dmapool(struct kunit *test)
{
	foreign_pools(test, FOREIGN_SHARE);
}

static void foreign_dmapool_more(struct kunit *test)
{
	foreign_pools(test, FOREIGN_MORE);
}

static void foreign_close(void *file)
{
	lab_try_close(file);
}

/* A file of debugfs, until the test ends or foreign_close() is released */
static struct file *foreign_open(struct kunit *test, const char *path,
				 int flags)
{
	struct file *file = lab_open_in("debugfs", path, flags);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "open of %s in debugfs: %ld",
			       path, PTR_ERR(file));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, foreign_close, file));
	return file;
}

/* Bind the driver, which knows no device by itself, as an administrator would */
static void foreign_bind(const struct lab_dma *dma)
{
	struct kunit *test = dma->test;
	char path[80];

	scnprintf(path, sizeof(path), "bus/pci/devices/%s/driver_override",
		  dev_name(dma->dev));
	KUNIT_ASSERT_EQ(test, lab_attr_write(test, path, FOREIGN_DRIVER), 0);
	KUNIT_ASSERT_EQ(test, 0,
			lab_attr_write(test, "bus/pci/drivers/" FOREIGN_DRIVER
				       "/bind", dev_name(dma->dev)));
	KUNIT_ASSERT_NOT_NULL(test, dma->dev->driver);
	KUNIT_ASSERT_STREQ(test, dma->dev->driver->name, FOREIGN_DRIVER);
}

/* At that moment all that it left mapped would be a leak. */
static void foreign_unbind(const struct lab_dma *dma)
{
	device_release_driver(dma->dev);
	KUNIT_EXPECT_PTR_EQ(dma->test, dma->dev->driver, NULL);
}

/**
 * struct foreign_way - what is measured
 * @bench: as it is asked for: DMA_MAP_*
 * @dir: the same for the kernel
 * @pages: that are mapped at a time
 */
struct foreign_way {
	u32 bench;
	enum dma_data_direction dir;
	u32 pages;
};

static const struct foreign_way foreign_ways[] = {
	{ DMA_MAP_BIDIRECTIONAL, DMA_BIDIRECTIONAL, 1 },
	{ DMA_MAP_TO_DEVICE, DMA_TO_DEVICE, 4 },
	{ DMA_MAP_FROM_DEVICE, DMA_FROM_DEVICE, 1 },
};

/* How often this happened since then, to as many bytes and in the direction */
static unsigned int foreign_count(const struct lab_dma *dma, u64 since,
				  enum umlab_event_kind kind,
				  const struct foreign_way *way)
{
	const struct umlab_event event = {
		.kind = kind,
		.offset = way->dir,
		.size = way->pages * PAGE_SIZE,
		.any = UMLAB_ANY_VALUE,
	};

	return umlab_journal_count(dma->slot, since, event);
}

/*
 * One second of virtual time. Each mapping pretends to be in flight for 10 ms,
 * the longest that the driver takes, so that there are a hundred of them and not
 * millions. A look at the clock costs 256 ns, so that none takes no time.
 */
static void foreign_measure(const struct lab_dma *dma, struct file *file,
			    unsigned long addr, const struct foreign_way *way)
{
	struct map_benchmark bench = {
		.threads = 1,
		.seconds = 1,
		.node = NUMA_NO_NODE,
		.dma_bits = 64,
		.dma_dir = way->bench,
		.dma_trans_ns = DMA_MAP_MAX_TRANS_DELAY,
		.granule = way->pages,
	};
	struct kunit *test = dma->test;
	u64 begin = umlab_journal_now();
	unsigned int maps;

	KUNIT_ASSERT_EQ(test, lab_store(addr, &bench, sizeof(bench)), LAB_OK);
	KUNIT_EXPECT_EQ(test, vfs_ioctl(file, DMA_MAP_BENCHMARK, addr), 0);
	KUNIT_ASSERT_EQ(test, lab_load(addr, &bench, sizeof(bench)), LAB_OK);
	KUNIT_EXPECT_GT(test, bench.avg_map_100ns, 0);
	KUNIT_EXPECT_GT(test, bench.avg_unmap_100ns, 0);
	maps = foreign_count(dma, begin, UMLAB_MAP, way);
	KUNIT_EXPECT_GE(test, maps, 50);
	KUNIT_EXPECT_EQ(test, foreign_count(dma, begin, UMLAB_UNMAP, way),
			maps);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma->slot), 0);
}

static void foreign_need_benchmark(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_DMA_MAP_BENCHMARK))
		kunit_skip(test, "the kernel has no " FOREIGN_DRIVER);
	if (!umlab_time_is_virtual())
		kunit_skip(test, "time is real, and this would take seconds");
}

/* The driver on a device, each way of @ways */
static void foreign_benchmark(const struct lab_dma *dma,
			      const struct foreign_way *ways,
			      unsigned int count)
{
	struct kunit *test = dma->test;
	unsigned long addr = lab_mmap_anonymous(test, 1);
	struct file *file;
	unsigned int i;

	foreign_bind(dma);
	file = foreign_open(test, FOREIGN_DRIVER, O_RDWR);
	for (i = 0; i < count; i++)
		foreign_measure(dma, file, addr, &ways[i]);
	kunit_release_action(test, foreign_close, file);
	foreign_unbind(dma);
}

static void foreign_map_benchmark(struct kunit *test)
{
	struct lab_dma dma;

	foreign_need_benchmark(test);
	dma = lab_dma_plug(test, NULL);
	foreign_benchmark(&dma, foreign_ways, ARRAY_SIZE(foreign_ways));
	foreign_expect_clean(&dma);
}

/* The kernel still checks the use of the DMA API: without memory it gives up. */
static void foreign_expect_watched(struct kunit *test)
{
	unsigned long addr = lab_mmap_anonymous(test, 1);
	struct file *file = foreign_open(test, "dma-api/disabled", O_RDONLY);
	loff_t pos = 0;
	char off = 0;

	KUNIT_EXPECT_EQ(test, vfs_read(file, (char __user *)addr, 1, &pos), 1);
	KUNIT_ASSERT_EQ(test, lab_load(addr, &off, 1), LAB_OK);
	KUNIT_EXPECT_EQ(test, off, 'N');
}

/* Both in a row on one device: no violation, and not for want of looking. */
static void foreign_no_violation(struct kunit *test)
{
	struct lab_dma dma;

	foreign_need_benchmark(test);
	if (!IS_ENABLED(CONFIG_DMA_API_DEBUG))
		kunit_skip(test, "the kernel does not check the DMA API");
	dma = lab_dma_plug(test, NULL);
	KUNIT_EXPECT_EQ(test, lab_dmapool_test(dma.dev, 4 * FOREIGN_SHARE), 0);
	foreign_benchmark(&dma, foreign_ways, 1);
	KUNIT_EXPECT_EQ(test, lab_dmapool_test(dma.dev, 4 * FOREIGN_SHARE), 0);
	foreign_expect_clean(&dma);
	foreign_expect_watched(test);
}

static struct kunit_case foreign_cases[] = {
	KUNIT_CASE_PARAM(foreign_dmapool, umlab_topology_gen_params),
	KUNIT_CASE_PARAM_ATTR(foreign_dmapool_more, umlab_topology_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(foreign_map_benchmark, umlab_topology_gen_params),
	KUNIT_CASE(foreign_no_violation),
	{}
};

static struct kunit_suite foreign_suite = {
	.name		= "umlab_dma_foreign",
	.test_cases	= foreign_cases,
};

kunit_test_suite(foreign_suite);
