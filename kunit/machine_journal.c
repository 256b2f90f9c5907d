// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal and violations: what they see, and whom they fail
 *
 * What must fail a test is tried on a second one of its own (a struct kunit that
 * no suite runs), which the first looks at.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/workqueue.h>
#include <umlab/machine.h>

#include "lib/klog.h"
#include "lib/pci_fixture.h"

/* Plugged in for @owner, while @test runs */
static struct lab_pci journal_plug(struct kunit *test, struct kunit *owner)
{
	static const struct lab_drv_setup setup = { .irqs = PCI_IRQ_INTX };
	struct lab_pci fx;

	lab_drv_register(test, &setup);
	fx.slot = umlab_try_plug(owner, &lab_card_model, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fx.slot));
	fx.card = umlab_priv(fx.slot);
	fx.pdev = umlab_pdev(fx.slot);
	fx.drv = lab_drv_bound(test, fx.pdev);
	fx.begin = umlab_journal_now();
	return fx;
}

static void journal_order(struct kunit *test)
{
	struct lab_pci fx = journal_plug(test, test);

	iowrite32(0x55, fx.drv->regs + LAB_CARD_SCRATCH);
	iowrite32(3, fx.drv->regs + LAB_CARD_CAUSE);
	ioread16(fx.drv->regs + LAB_CARD_SCRATCH);
	UMLAB_EXPECT_ORDER(test, fx.slot, fx.begin,
			   UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 0x55),
			   UMLAB_DID_WRITE_ANY(0, LAB_CARD_CAUSE),
			   UMLAB_DID(UMLAB_IRQ_RAISE, 3),
			   UMLAB_DID_READ(0, LAB_CARD_STATUS, 4, 8),
			   UMLAB_DID_WRITE(0, LAB_CARD_STATUS, 4, 8),
			   UMLAB_DID(UMLAB_IRQ_LOWER, 3),
			   UMLAB_DID_READ(0, LAB_CARD_SCRATCH, 2, 0x55));
}

static void journal_counts(struct kunit *test)
{
	static const struct umlab_event written =
		UMLAB_DID_WRITE_ANY(0, LAB_CARD_SCRATCH);
	static const struct umlab_event five =
		UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 5);
	struct lab_pci fx = journal_plug(test, test);
	unsigned int i;

	for (i = 0; i < 10; i++)
		iowrite32(i, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(fx.slot, fx.begin, written),
			10);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(fx.slot, fx.begin, five), 1);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(fx.slot, umlab_journal_now(),
						  written), 0);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(NULL, fx.begin, written), 0);
}

/* End the second test; the thread stays the first one's. */
static void journal_end(void *data)
{
	struct kunit *test = current->kunit_test;

	kunit_cleanup(data);
	current->kunit_test = test;
}

/* A second test, which ends by journal_end() or with the first one */
static struct kunit *journal_other(struct kunit *test)
{
	struct kunit *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	kunit_init_test(other, "other", NULL);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, journal_end,
							   other));
	return other;
}

static void journal_expect_verdict(struct kunit *test, struct kunit *other,
				   enum kunit_status want)
{
	KUNIT_EXPECT_EQ(test, other->status, want);
	other->status = KUNIT_SUCCESS;
}

/**
 * struct journal_wrong - an order that did not happen
 * @name: the case
 * @events: what is expected of two writes, 1 and then 2
 */
struct journal_wrong {
	const char *name;
	struct umlab_event events[2];
};

static const struct journal_wrong journal_wrongs[] = {
	{ "the wrong way round",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 2),
	    UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1) } },
	{ "once too often",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 2),
	    UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 2) } },
	{ "another value",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1),
	    UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 3) } },
	{ "another size",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1),
	    UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 2, 2) } },
	{ "another offset",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1),
	    UMLAB_DID_WRITE_ANY(0, LAB_CARD_WIDE) } },
	{ "another BAR",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1),
	    UMLAB_DID_WRITE_ANY(2, LAB_CARD_SCRATCH) } },
	{ "another kind",
	  { UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1),
	    UMLAB_DID_READ_ANY(0, LAB_CARD_SCRATCH) } },
};

KUNIT_ARRAY_PARAM_DESC(journal_wrong, journal_wrongs, name);

static void journal_wrong_order(struct kunit *test)
{
	const struct journal_wrong *row = test->param_value;
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, test);

	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	iowrite32(2, fx.drv->regs + LAB_CARD_SCRATCH);
	umlab_expect_order(other, fx.slot, fx.begin, row->events, 2,
			   "here");
	journal_expect_verdict(test, other, KUNIT_FAILURE);
	UMLAB_EXPECT_ORDER(other, fx.slot, fx.begin,
			   UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1),
			   UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 2));
	journal_expect_verdict(test, other, KUNIT_SUCCESS);
}

/* What another function did is not taken for this one's. */
static void journal_tells_functions_apart(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, test);
	struct umlab_slot *second = umlab_plug(test, &lab_card_model, NULL);

	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	UMLAB_EXPECT_ORDER(other, second, fx.begin,
			   UMLAB_DID_WRITE(0, LAB_CARD_SCRATCH, 4, 1));
	journal_expect_verdict(test, other, KUNIT_FAILURE);
}

/* What was lost is not taken for what did not happen. */
static void journal_overrun(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, test);
	unsigned int i;

	for (i = 0; i < UMLAB_JOURNAL_SIZE + 1; i++)
		iowrite32(i, fx.drv->regs + LAB_CARD_SCRATCH);
	UMLAB_EXPECT_ORDER(other, fx.slot, fx.begin,
			   UMLAB_DID_WRITE_ANY(0, LAB_CARD_SCRATCH));
	journal_expect_verdict(test, other, KUNIT_FAILURE);
}

static void journal_violate(struct lab_pci *fx)
{
	readw(fx->drv->regs + LAB_CARD_SCRATCH + 1);
}

/* A violation fails the test the function is plugged in for, and no other. */
static void journal_violation_fails(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, other);

	journal_violate(&fx);
	KUNIT_EXPECT_EQ(test, umlab_violations(fx.slot, UMLAB_VIOLATION_ALIGN),
			1);
	UMLAB_EXPECT_ORDER(test, fx.slot, fx.begin,
			   UMLAB_DID(UMLAB_VIOLATED, UMLAB_VIOLATION_ALIGN));
	journal_expect_verdict(test, other, KUNIT_FAILURE);
	journal_end(other);
}

/* The log has the violation in words, and the last events of the bus. */
static void journal_tail(struct kunit *test)
{
	struct kmsg_dump_iter begin = lab_klog_now();
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, other);

	iowrite32(0x77, fx.drv->regs + LAB_CARD_SCRATCH);
	journal_violate(&fx);
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "10:00.0 (card): violation"));
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "2-byte read at 0x5 of BAR 0"));
	KUNIT_EXPECT_FALSE(test, lab_klog_has(begin, "journal, the last"));
	journal_end(other);
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "# other: journal, the last "));
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "00.0  write BAR 0 +0x4, 4 bytes: 0x77"));
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "00.0  violation: alignment"));
	/* What the PCI core asked of config space is not among them. */
	KUNIT_EXPECT_FALSE(test, lab_klog_has(begin, "config read"));
}

/* One that passes prints none of it. */
static void journal_no_tail(struct kunit *test)
{
	struct kmsg_dump_iter begin = lab_klog_now();
	struct kunit *other = journal_other(test);

	journal_plug(test, other);
	journal_end(other);
	KUNIT_EXPECT_FALSE(test, lab_klog_has(begin, "journal, the last"));
}

static void journal_violation_expected(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, other);

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_ALIGN);
	journal_violate(&fx);
	journal_expect_verdict(test, other, KUNIT_SUCCESS);
	/* One was declared, not two. */
	journal_violate(&fx);
	journal_expect_verdict(test, other, KUNIT_FAILURE);
	journal_end(other);
	journal_expect_verdict(test, other, KUNIT_SUCCESS);
}

static void journal_violation_of_another_kind(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, other);

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_WIDTH);
	journal_violate(&fx);
	journal_expect_verdict(test, other, KUNIT_FAILURE);
	/* And the one that was declared did not come. */
	journal_end(other);
	journal_expect_verdict(test, other, KUNIT_FAILURE);
}

static void journal_violation_missing(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, other);

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_ALIGN);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_ALIGN);
	journal_violate(&fx);
	journal_expect_verdict(test, other, KUNIT_SUCCESS);
	umlab_unplug(other, fx.slot);
	journal_expect_verdict(test, other, KUNIT_FAILURE);
}

/**
 * struct journal_work - a violation in another thread
 * @work: its work
 * @fx: on what
 */
struct journal_work {
	struct work_struct work;
	struct lab_pci *fx;
};

static void journal_work_violate(struct work_struct *work)
{
	journal_violate(container_of(work, struct journal_work, work)->fx);
}

static void journal_violation_elsewhere(struct kunit *test)
{
	struct kunit *other = journal_other(test);
	struct lab_pci fx = journal_plug(test, other);
	struct journal_work work = { .fx = &fx };

	INIT_WORK_ONSTACK(&work.work, journal_work_violate);
	schedule_work(&work.work);
	flush_work(&work.work);
	destroy_work_on_stack(&work.work);
	journal_expect_verdict(test, other, KUNIT_FAILURE);
	journal_end(other);
}

static u64 journal_forbidding_read(struct umlab_slot *slot, unsigned int bar,
				   u32 offset, unsigned int size)
{
	umlab_model_violation(slot, "register %#x is write-only", offset);
	return 0;
}

/* What a model says is one, too. */
static void journal_violation_by_model(struct kunit *test)
{
	struct umlab_model_ops ops = *lab_card_model.ops;
	struct umlab_model model = lab_card_model;
	struct umlab_slot *slot;
	struct lab_drv *drv;

	ops.bar_read = journal_forbidding_read;
	model.ops = &ops;
	lab_drv_register(test, NULL);
	slot = umlab_plug(test, &model, NULL);
	drv = lab_drv_bound(test, umlab_pdev(slot));
	umlab_expect_violation(slot, UMLAB_VIOLATION_MODEL);
	KUNIT_EXPECT_EQ(test, ioread32(drv->regs), 0);
}

static struct kunit_case journal_cases[] = {
	KUNIT_CASE(journal_order),
	KUNIT_CASE(journal_counts),
	KUNIT_CASE_PARAM(journal_wrong_order, journal_wrong_gen_params),
	KUNIT_CASE(journal_tells_functions_apart),
	KUNIT_CASE(journal_overrun),
	KUNIT_CASE(journal_violation_fails),
	KUNIT_CASE(journal_tail),
	KUNIT_CASE(journal_no_tail),
	KUNIT_CASE(journal_violation_expected),
	KUNIT_CASE(journal_violation_of_another_kind),
	KUNIT_CASE(journal_violation_missing),
	KUNIT_CASE(journal_violation_elsewhere),
	KUNIT_CASE(journal_violation_by_model),
	{}
};

static struct kunit_suite journal_suite = {
	.name		= "umlab_machine_journal",
	.test_cases	= journal_cases,
};

kunit_test_suite(journal_suite);
