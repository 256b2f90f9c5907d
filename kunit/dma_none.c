// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA_NONE, which is a BUG in today's kernel
 *
 * The book has it as a direction for debugging. Whoever maps with it ends the
 * kernel, so this is run by itself, by a test that expects just that
 * (tests/host/test_death.py). Nobody else wants it: without dma_none.wanted=1 on the
 * command line it is skipped.
 */

#include <kunit/test.h>
#include <linux/moduleparam.h>

#include "lib/dma.h"

static bool none_wanted;
module_param_named(wanted, none_wanted, bool, 0);

static void none_dies(struct kunit *test)
{
	struct lab_dma dma;

	if (!none_wanted)
		kunit_skip(test, "it ends the kernel, unless dma_none.wanted=1 it is left out");
	dma = lab_dma_plug(test, NULL);
	dma_map_single(dma.dev, lab_dma_pages(test, PAGE_SIZE), PAGE_SIZE,
		       DMA_NONE);
	KUNIT_FAIL(test, "the kernel took DMA_NONE");
}

static struct kunit_case none_cases[] = {
	KUNIT_CASE_ATTR(none_dies, ((struct kunit_attributes) {
		.speed = KUNIT_SPEED_VERY_SLOW })),
	{}
};

static struct kunit_suite none_suite = {
	.name		= "umlab_dma_none",
	.test_cases	= none_cases,
};

kunit_test_suite(none_suite);
