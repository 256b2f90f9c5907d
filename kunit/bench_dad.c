// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast a driver with all its parts moves data, for "make bench"
 *
 * The kernel's own checks of the DMA API are off here (dma_debug=off).
 */

#include <kunit/test.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/bench.h"
#include "lib/dad.h"
#include "lib/dma.h"
#include "lib/space.h"

#define BENCH_BLOCK	SZ_1M
#define BENCH_COPIES	8	/* of a block, in a run */

/**
 * struct bench_read - a block that is read
 * @file: from here
 * @addr: to user memory
 * @from: for memcpy()
 * @to: likewise
 */
struct bench_read {
	struct file *file;
	unsigned long addr;
	void *from;
	void *to;
};

/* memcpy()'s time for a block as a share of read()'s, in thousandths */
static u64 bench_share(struct kunit *test, const struct bench_read *read)
{
	u64 begin = ktime_get_ns(), middle;
	unsigned int i;

	for (i = 0; i < BENCH_COPIES; i++)
		KUNIT_ASSERT_EQ(test, BENCH_BLOCK,
				lab_dad_read(read->file, read->addr,
					     BENCH_BLOCK, 0));
	middle = ktime_get_ns();
	for (i = 0; i < BENCH_COPIES; i++) {
		memcpy(read->to, read->from, BENCH_BLOCK);
		barrier_data(read->to);
	}
	return div64_u64((ktime_get_ns() - middle) * 1000, middle - begin);
}

static void bench_read(struct kunit *test, enum umlab_dma topology,
		       const char *name)
{
	const struct umlab_options options = {
		.topology = &umlab_topologies[topology],
	};
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, BENCH_BLOCK,
					     &options);
	u64 *shares = lab_bench_samples(test, LAB_BENCH_RUNS);
	struct bench_read read = {
		.file = lab_dad_open(&dad, O_RDONLY),
		.addr = lab_mmap_anonymous(test, BENCH_BLOCK / PAGE_SIZE),
		.from = lab_dma_pages(test, BENCH_BLOCK),
		.to = lab_dma_pages(test, BENCH_BLOCK),
	};
	unsigned int i;

	/* The pages are there from now on. */
	lab_dad_put_user(test, read.addr, BENCH_BLOCK, 1, 0);
	for (i = 0; i < LAB_BENCH_RUNS; i++)
		shares[i] = bench_share(test, &read);
	lab_bench_row(name, "share", shares, LAB_BENCH_RUNS);
}

static void bench_read_direct(struct kunit *test)
{
	bench_read(test, UMLAB_DMA_DIRECT, "dad_read_1mib_vs_memcpy");
}

static void bench_read_iommu(struct kunit *test)
{
	bench_read(test, UMLAB_DMA_IOMMU, "dad_read_1mib_iommu_vs_memcpy");
}

static struct kunit_case bench_cases[] = {
	LAB_BENCH_CASE(bench_read_direct),
	LAB_BENCH_CASE(bench_read_iommu),
	{}
};

static struct kunit_suite bench_suite = {
	.name		= "umlab_bench_dad",
	.init		= lab_bench_init,
	.test_cases	= bench_cases,
};

kunit_test_suite(bench_suite);
