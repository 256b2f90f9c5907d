// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of "make bench"
 */

#include <linux/printk.h>
#include <linux/sort.h>
#include <umlab/machine.h>

#include "bench.h"

int lab_bench_init(struct kunit *test)
{
	if (umlab_time_is_virtual())
		kunit_skip(test, "time is virtual: run \"make bench\"");
	return 0;
}

u64 *lab_bench_samples(struct kunit *test, unsigned int count)
{
	u64 *samples = kunit_kcalloc(test, count, sizeof(*samples),
				     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, samples);
	return samples;
}

static int bench_compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

u64 lab_bench_median(u64 *samples, unsigned int count)
{
	sort(samples, count, sizeof(*samples), bench_compare, NULL);
	return samples[count / 2];
}

void lab_bench_row(const char *name, const char *unit, u64 *samples,
		   unsigned int count)
{
	u64 median = lab_bench_median(samples, count);
	u64 best = samples[0], worst = samples[count - 1];

	pr_info("umlab-bench: %s %s %llu.%03u %llu.%03u %llu.%03u %u\n", name,
		unit, median / 1000, (unsigned int)(median % 1000),
		best / 1000, (unsigned int)(best % 1000), worst / 1000,
		(unsigned int)(worst % 1000), count);
}
