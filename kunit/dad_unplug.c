// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: boards that vanish, at every access there is
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/dad_ring.h"
#include "lib/dad_vanish.h"
#include "lib/slabs.h"
#include "lib/space.h"

static const struct umlab_topology unplug_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

static const struct umlab_topology unplug_iommu = {
	.name = "iommu,noncoherent", .dma = UMLAB_DMA_IOMMU,
	.noncoherent = true,
};

static const struct lab_dad_way unplug_ways[] = {
	{ "direct,intx", DAD_REV_C, &unplug_direct, UMLAB_IRQ_INTX },
	{ "iommu,noncoherent,msix", DAD_REV_C, &unplug_iommu, UMLAB_IRQ_MSIX },
};

KUNIT_ARRAY_PARAM_DESC(unplug, unplug_ways, name);

static const struct lab_dad_way unplug_other_ways[] = {
	{ "direct,msix", DAD_REV_C, &unplug_direct, UMLAB_IRQ_MSIX },
	{ "iommu,noncoherent,intx", DAD_REV_C, &unplug_iommu, UMLAB_IRQ_INTX },
};

KUNIT_ARRAY_PARAM_DESC(unplug_other, unplug_other_ways, name);

static ssize_t unplug_submit(struct lab_vanish *walk)
{
	return lab_dad_submit(walk->file, &walk->aio, false, walk->user + 100,
			      PAGE_SIZE, 0);
}

static void unplug_do_copied(struct lab_vanish *walk)
{
	ssize_t got;

	lab_vanish_arm(walk);
	got = lab_dad_read(walk->file, walk->user, 100, 5);
	lab_vanish_expect(walk, "a copied read", 100, got);
	if (got == 100)
		lab_dad_expect_user(&walk->dad, walk->user, 100, LAB_VANISH_SEED,
				    5);
}

static void unplug_do_lists(struct lab_vanish *walk)
{
	unsigned long addr = walk->user + 100, at = 2 * PAGE_SIZE;
	ssize_t got;

	lab_dad_put_user(walk->test, addr, PAGE_SIZE, 2, 0);
	lab_vanish_arm(walk);
	got = lab_dad_write(walk->file, addr, PAGE_SIZE, at);
	lab_vanish_expect(walk, "a write of a list", PAGE_SIZE, got);
	if (got == PAGE_SIZE && !lab_vanish_gone(walk))
		lab_dad_expect_board(&walk->dad, at, PAGE_SIZE, 2, 0);
	got = lab_dad_read(walk->file, addr, PAGE_SIZE, 0);
	lab_vanish_expect(walk, "a read of a list", PAGE_SIZE, got);
	if (got == PAGE_SIZE)
		lab_dad_expect_user(&walk->dad, addr, PAGE_SIZE, LAB_VANISH_SEED,
				    0);
}

static void unplug_do_async(struct lab_vanish *walk)
{
	ssize_t got;

	lab_vanish_arm(walk);
	got = unplug_submit(walk);
	if (got == -EIOCBQUEUED)
		got = lab_dad_wait(&walk->aio);
	lab_vanish_expect(walk, "an asynchronous read", PAGE_SIZE, got);
	if (got == PAGE_SIZE)
		lab_dad_expect_user(&walk->dad, walk->user + 100, PAGE_SIZE,
				    LAB_VANISH_SEED, 0);
}

static void unplug_do_stream(struct lab_vanish *walk)
{
	long got;

	lab_vanish_map(walk);
	lab_vanish_arm(walk);
	lab_vanish_expect(walk, "start", 0,
			  lab_dad_ioctl(walk->ring.file, DAD_IOC_START, NULL));
	lab_ring_sleep(&walk->ring, 2);
	got = lab_ring_try_give(&walk->ring, 1);
	/* If it has vanished, no block may be ours. */
	KUNIT_EXPECT_TRUE_MSG(walk->test, !got || lab_vanish_gone(walk),
			      "advance: %ld", got);
	lab_vanish_expect(walk, "stop", 0,
			  lab_dad_ioctl(walk->ring.file, DAD_IOC_STOP, NULL));
}

/* A request that takes too long, and the reset that follows */
static void unplug_do_recovery(struct lab_vanish *walk)
{
	umlab_set_completion(walk->dad.slot, UMLAB_COMPLETE_NEVER, 0);
	KUNIT_ASSERT_EQ(walk->test, unplug_submit(walk), -EIOCBQUEUED);
	lab_vanish_arm(walk);
	KUNIT_EXPECT_EQ(walk->test, lab_dad_wait(&walk->aio), -EIO);
	/* That is told before the queues are set up again. */
	msleep(20);
	umlab_set_completion(walk->dad.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	lab_vanish_expect(walk, "a read after a reset", 100,
			  lab_dad_read(walk->file, walk->user, 100, 5));
}

/* With a stream and a request under way */
static void unplug_do_unbind(struct lab_vanish *walk)
{
	struct pci_dev *pdev = walk->dad.pdev;

	lab_vanish_map(walk);
	umlab_set_completion(walk->dad.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_ring_start(&walk->ring);
	KUNIT_ASSERT_EQ(walk->test, unplug_submit(walk), -EIOCBQUEUED);
	lab_vanish_arm(walk);
	device_release_driver(&pdev->dev);
	KUNIT_EXPECT_NULL(walk->test, pdev->dev.driver);
	KUNIT_EXPECT_EQ(walk->test, umlab_mappings(walk->dad.slot), 0);
	KUNIT_EXPECT_EQ(walk->test, lab_dad_wait(&walk->aio), -ENODEV);
}

static void unplug_do_sleep(struct lab_vanish *walk)
{
	int err;

	lab_vanish_arm(walk);
	err = lab_dad_suspend(&walk->dad);
	if (!err)
		err = lab_dad_resume(&walk->dad);
	KUNIT_EXPECT_TRUE_MSG(walk->test, !err || lab_vanish_gone(walk),
			      "it sleeps and wakes: %d", err);
	lab_vanish_expect(walk, "a read after sleep", 100,
			  lab_dad_read(walk->file, walk->user, 100, 5));
}

/* A board that vanishes while it is probed; whether it did */
static bool unplug_probe_step(struct lab_vanish *walk, unsigned int nth)
{
	struct umlab_model model = umlab_dad_model(DAD_REV_C, DAD_MEMORY_MIN);
	const struct umlab_options options = {
		.at = LAB_VANISH_AT,
		.irqs = walk->way->irqs,
		.faults.vanish = nth,
		.topology = walk->way->topology,
	};
	struct kunit *test = walk->test;
	ktime_t begin = ktime_get();
	struct umlab_slot *slot = umlab_plug(test, &model, &options);
	struct pci_dev *pdev = umlab_pdev(slot);
	bool gone = !pci_device_is_present(pdev);

	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), LAB_DAD_LONG);
	umlab_set_faults(slot, &(struct umlab_faults) { });
	/* If it is the last write that is lost, the driver may not know. */
	if (!pdev->dev.driver) {
		KUNIT_EXPECT_TRUE(test, gone);
		KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
	}
	lab_vanish_expect_other(walk);
	umlab_unplug(test, slot);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 1);
	return gone;
}

static void unplug_probe(struct kunit *test)
{
	struct lab_vanish *walk = lab_vanish_begin(test, test->param_value);
	unsigned int nth = 1;

	while (unplug_probe_step(walk, nth) && nth < LAB_VANISH_MAX &&
	       test->status != KUNIT_FAILURE)
		nth++;
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_LT(test, nth, LAB_VANISH_MAX);
}

static void unplug_both(struct kunit *test,
			void (*thing)(struct lab_vanish *walk))
{
	struct lab_vanish *walk = lab_vanish_begin(test, test->param_value);

	lab_vanish_each(walk, false, thing);
	lab_vanish_each(walk, true, thing);
}

static void unplug_copied(struct kunit *test)
{
	unplug_both(test, unplug_do_copied);
}

static void unplug_lists(struct kunit *test)
{
	unplug_both(test, unplug_do_lists);
}

static void unplug_async(struct kunit *test)
{
	unplug_both(test, unplug_do_async);
}

static void unplug_stream(struct kunit *test)
{
	unplug_both(test, unplug_do_stream);
}

/* In these the board does not access memory. */
static void unplug_one(struct kunit *test,
		       void (*thing)(struct lab_vanish *walk))
{
	lab_vanish_each(lab_vanish_begin(test, test->param_value), false, thing);
}

static void unplug_recovery(struct kunit *test)
{
	unplug_one(test, unplug_do_recovery);
}

static void unplug_unbind(struct kunit *test)
{
	unplug_one(test, unplug_do_unbind);
}

static void unplug_sleep(struct kunit *test)
{
	unplug_one(test, unplug_do_sleep);
}

/* So often that a leak of one object each time shows */
#define UNPLUG_OFTEN	200

static void unplug_leaks(struct kunit *test)
{
	struct lab_vanish *walk = lab_vanish_begin(test, test->param_value);
	struct lab_slabs *before;
	unsigned int i;

	for (i = 0; i < 10; i++)
		unplug_probe_step(walk, 5 * i + 1);
	before = lab_slabs_count(test);
	walk->user = lab_mmap_anonymous(test, 4);
	for (i = 0; i < UNPLUG_OFTEN; i++) {
		unplug_probe_step(walk, i % 50 + 1);
		walk->nth = i % 8 + 1;
		lab_vanish_step(walk, i % 2 ? unplug_do_lists : unplug_do_unbind);
	}
	lab_slabs_expect_growth(test, before, UNPLUG_OFTEN / 2, "unplugging");
}

/* All of it once more, in other ways */
static void unplug_all(struct kunit *test)
{
	static void (*const both[])(struct lab_vanish *walk) = {
		unplug_do_copied, unplug_do_lists, unplug_do_async,
		unplug_do_stream,
	};
	static void (*const one[])(struct lab_vanish *walk) = {
		unplug_do_recovery, unplug_do_unbind, unplug_do_sleep,
	};
	struct lab_vanish *walk = lab_vanish_begin(test, test->param_value);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(both); i++) {
		lab_vanish_each(walk, false, both[i]);
		lab_vanish_each(walk, true, both[i]);
	}
	for (i = 0; i < ARRAY_SIZE(one); i++)
		lab_vanish_each(walk, false, one[i]);
}

static struct kunit_case unplug_cases[] = {
	KUNIT_CASE_PARAM(unplug_probe, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_copied, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_lists, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_async, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_stream, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_recovery, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_unbind, unplug_gen_params),
	KUNIT_CASE_PARAM(unplug_sleep, unplug_gen_params),
	KUNIT_CASE_PARAM_ATTR(unplug_all, unplug_other_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(unplug_leaks, unplug_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite unplug_suite = {
	.name		= "umlab_dad_unplug",
	.test_cases	= unplug_cases,
};

kunit_test_suite(unplug_suite);
