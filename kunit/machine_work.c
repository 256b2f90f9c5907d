// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a device finishes: at once, deferred, delayed, never
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <umlab/machine.h>
#include <umlab/model.h>

#include "lib/pci_fixture.h"

#define WORK_DELAY_NS	(50 * NSEC_PER_USEC)

static struct lab_pci work_plug(struct kunit *test,
				enum umlab_completion completion)
{
	static const struct lab_drv_setup setup = { .irqs = PCI_IRQ_MSI };
	struct umlab_options options = {
		.completion = completion,
		.delay_ns = WORK_DELAY_NS,
	};

	lab_drv_register(test, &setup);
	return lab_pci_plug(test, &lab_card_model, &options);
}

static void work_start(struct lab_pci *fx)
{
	iowrite32(1, fx->drv->regs + LAB_CARD_START);
}

static unsigned int work_taken(const struct lab_pci *fx)
{
	return fx->drv->vector[0].taken;
}

static void work_at_once(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_AT_ONCE);
	u64 begin = umlab_journal_now();

	work_start(&fx);
	KUNIT_EXPECT_EQ(test, fx.card->done, 1);
	KUNIT_EXPECT_EQ(test, work_taken(&fx), 1);
	UMLAB_EXPECT_ORDER(test, fx.slot, begin,
			   UMLAB_DID_WRITE_ANY(0, LAB_CARD_START),
			   UMLAB_DID(UMLAB_WORK, 0),
			   UMLAB_DID(UMLAB_IRQ_RAISE, 0));
}

/* Not in the access, but as soon as time moves: a delay will do */
static void work_deferred(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_DEFERRED);

	work_start(&fx);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	udelay(1);
	KUNIT_EXPECT_EQ(test, fx.card->done, 1);
	KUNIT_EXPECT_EQ(test, work_taken(&fx), 1);
}

static void work_delayed(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_DELAYED);
	ktime_t begin = ktime_get();

	work_start(&fx);
	udelay(WORK_DELAY_NS / NSEC_PER_USEC / 2);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	while (!fx.card->done && ktime_us_delta(ktime_get(), begin) < 1000)
		udelay(1);
	KUNIT_EXPECT_EQ(test, work_taken(&fx), 1);
	KUNIT_EXPECT_GE(test, ktime_to_ns(ktime_sub(ktime_get(), begin)),
			WORK_DELAY_NS);
	KUNIT_EXPECT_LT(test, ktime_to_ns(ktime_sub(ktime_get(), begin)),
			2 * WORK_DELAY_NS);
}

static void work_never(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_NEVER);

	work_start(&fx);
	msleep(10000);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	/* Not lost, only held */
	umlab_set_completion(fx.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	KUNIT_EXPECT_EQ(test, fx.card->done, 1);
	KUNIT_EXPECT_EQ(test, work_taken(&fx), 1);
}

/* A reset, and unplugging, end what is under way. */
static void work_reset(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_DELAYED);

	work_start(&fx);
	KUNIT_EXPECT_EQ(test, pci_reset_function(fx.drv->pdev), 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	umlab_set_completion(fx.slot, UMLAB_COMPLETE_NEVER, 0);
	work_start(&fx);
	KUNIT_EXPECT_EQ(test, pci_reset_function(fx.drv->pdev), 0);
	umlab_set_completion(fx.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
}

static void work_unplug(struct kunit *test)
{
	static const struct umlab_event ran = UMLAB_DID(UMLAB_WORK, 0);
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_DELAYED);
	u64 begin = umlab_journal_now();

	work_start(&fx);
	umlab_vanish(fx.slot);
	msleep(100);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(fx.slot, begin, ran), 0);
	umlab_unplug(test, fx.slot);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* An orderly unplug with work under way */
static void work_unplug_orderly(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_DELAYED);

	work_start(&fx);
	umlab_unplug(test, fx.slot);
	msleep(100);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* At a time of the model's own; set anew while under way, the new one counts. */
static void work_after(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_NEVER);
	void __iomem *after = fx.drv->regs + LAB_CARD_AFTER;

	iowrite32(WORK_DELAY_NS, after);
	udelay(WORK_DELAY_NS / NSEC_PER_USEC * 3 / 4);
	iowrite32(WORK_DELAY_NS, after);
	udelay(WORK_DELAY_NS / NSEC_PER_USEC / 2);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, fx.card->done, 1);
}

static void work_cancel(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_NEVER);

	iowrite32(WORK_DELAY_NS, fx.drv->regs + LAB_CARD_AFTER);
	iowrite32(1, fx.drv->regs + LAB_CARD_CANCEL);
	msleep(100);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
	/* What is not under way can be cancelled as well. */
	iowrite32(1, fx.drv->regs + LAB_CARD_CANCEL);
}

/* Work that asks for itself, as for a ring of descriptors, and often */
static void work_chain(struct kunit *test)
{
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_AT_ONCE);

	iowrite32(100000, fx.drv->regs + LAB_CARD_CHAIN);
	KUNIT_EXPECT_EQ(test, fx.card->done, 100000);
	KUNIT_EXPECT_EQ(test, work_taken(&fx), 1);
	umlab_set_completion(fx.slot, UMLAB_COMPLETE_DEFERRED, 0);
	iowrite32(3, fx.drv->regs + LAB_CARD_CHAIN);
	KUNIT_EXPECT_EQ(test, fx.card->done, 100000);
	msleep(100);
	KUNIT_EXPECT_EQ(test, fx.card->done, 100003);
}

static void work_vanish_and_go_on(struct umlab_slot *slot, void *data)
{
	struct lab_card *card = data;
	u8 byte;

	/* At this it vanishes. */
	umlab_dma_read(slot, 0, &byte, 1);
	umlab_work_complete(&card->work);
	umlab_work_after(&card->work, 1);
}

/* What vanishes in the middle of an op begins nothing more. */
static void work_vanished(struct kunit *test)
{
	static const struct umlab_faults faults = { .dma_vanish = 1 };
	struct lab_pci fx = work_plug(test, UMLAB_COMPLETE_AT_ONCE);

	umlab_set_faults(fx.slot, &faults);
	umlab_run(fx.slot, work_vanish_and_go_on, fx.card);
	msleep(100);
	KUNIT_EXPECT_EQ(test, fx.card->done, 0);
}

static struct kunit_case work_cases[] = {
	KUNIT_CASE(work_at_once),
	KUNIT_CASE(work_deferred),
	KUNIT_CASE(work_delayed),
	KUNIT_CASE(work_never),
	KUNIT_CASE(work_reset),
	KUNIT_CASE(work_unplug),
	KUNIT_CASE(work_unplug_orderly),
	KUNIT_CASE(work_after),
	KUNIT_CASE(work_cancel),
	KUNIT_CASE(work_chain),
	KUNIT_CASE(work_vanished),
	{}
};

static struct kunit_suite work_suite = {
	.name		= "umlab_machine_work",
	.test_cases	= work_cases,
};

kunit_test_suite(work_suite);
