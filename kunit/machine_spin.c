// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loops that poll a register take time, and end
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

static struct lab_pci spin_plug(struct kunit *test,
				enum umlab_completion completion)
{
	struct umlab_options options = {
		.completion = completion,
		.delay_ns = NSEC_PER_MSEC,
	};

	lab_drv_register(test, NULL);
	return lab_pci_plug(test, &lab_card_model, &options);
}

/* A driver that polls without a delay sees the device finish. */
static void spin_until_done(struct kunit *test)
{
	struct lab_pci fx = spin_plug(test, UMLAB_COMPLETE_DELAYED);
	ktime_t begin = ktime_get();

	iowrite32(1, fx.drv->regs + LAB_CARD_START);
	while (!ioread32(fx.drv->regs + LAB_CARD_DONE))
		;
	KUNIT_EXPECT_EQ(test, fx.card->done, 1);
	KUNIT_EXPECT_GE(test, ktime_to_ns(ktime_sub(ktime_get(), begin)),
			NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, ktime_to_ns(ktime_sub(ktime_get(), begin)),
			2 * NSEC_PER_MSEC);
}

/* One that looks at jiffies gives up in time, and has done nothing wrong. */
static void spin_until_timeout(struct kunit *test)
{
	struct lab_pci fx = spin_plug(test, UMLAB_COMPLETE_NEVER);
	unsigned long end = jiffies + 5 * HZ;

	iowrite32(1, fx.drv->regs + LAB_CARD_START);
	while (!ioread32(fx.drv->regs + LAB_CARD_DONE) &&
	       time_before(jiffies, end))
		;
	KUNIT_EXPECT_FALSE(test, time_before(jiffies, end));
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
}

/* One that does neither is let out, by a bit that it waits for to be set */
static void spin_for_ever(struct kunit *test)
{
	struct lab_pci fx = spin_plug(test, UMLAB_COMPLETE_NEVER);

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_SPIN);
	iowrite32(1, fx.drv->regs + LAB_CARD_START);
	while (!(ioread32(fx.drv->regs + LAB_CARD_STATUS) & 1))
		;
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	/* Until it is reset, the function cannot be trusted. */
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), 0);
	KUNIT_EXPECT_EQ(test, pci_reset_function(fx.pdev), 0);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
}

/* Or to be clear, of a device that is gone and reads as all-ones */
static void spin_on_the_dead(struct kunit *test)
{
	struct lab_pci fx = spin_plug(test, UMLAB_COMPLETE_NEVER);

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_SPIN);
	umlab_vanish(fx.slot);
	while (ioread32(fx.drv->memory) & 1)
		;
}

static struct kunit_case spin_cases[] = {
	KUNIT_CASE(spin_until_done),
	KUNIT_CASE(spin_until_timeout),
	KUNIT_CASE(spin_for_ever),
	KUNIT_CASE(spin_on_the_dead),
	{}
};

static struct kunit_suite spin_suite = {
	.name		= "umlab_machine_spin",
	.test_cases	= spin_cases,
};

kunit_test_suite(spin_suite);
