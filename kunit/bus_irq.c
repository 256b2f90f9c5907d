// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx: level-triggered, shared, and held back while it has to be
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

static const struct lab_drv_setup irq_intx = { .irqs = PCI_IRQ_INTX };

/* On device @device: those that differ by 4 share a line. */
static struct lab_pci irq_plug(struct kunit *test, unsigned int device)
{
	struct umlab_options options = { .at = UMLAB_AT(device, 0) };

	return lab_pci_plug(test, &lab_card_model, &options);
}

static struct lab_pci irq_plug_one(struct kunit *test)
{
	lab_drv_register(test, &irq_intx);
	return irq_plug(test, 1);
}

/* On one line */
static void irq_plug_two(struct kunit *test, struct lab_pci *a,
			 struct lab_pci *b)
{
	*a = irq_plug_one(test);
	*b = irq_plug(test, 5);
}

static void irq_in_hard_context(struct kunit *test)
{
	struct lab_pci fx = irq_plug_one(test);

	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].soft, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].foreign, 0);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 2);
}

/* While interrupts are off nothing is delivered, and nothing is lost. */
static void irq_while_off(struct kunit *test)
{
	unsigned int taken;
	unsigned long flags;
	struct lab_pci fx = irq_plug_one(test);

	local_irq_save(flags);
	lab_pci_cause(&fx, 0);
	lab_pci_cause(&fx, 1);
	udelay(5);
	taken = fx.drv->vector[0].taken;
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, taken, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, fx.card->status, 0);
}

static void irq_while_disabled(struct kunit *test)
{
	struct lab_pci fx = irq_plug_one(test);

	disable_irq(fx.pdev->irq);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 0);
	enable_irq(fx.pdev->irq);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 1);
}

static bool irq_status_bit(const struct lab_pci *fx)
{
	u16 status;

	pci_read_config_word(fx->pdev, PCI_STATUS, &status);
	return status & PCI_STATUS_INTERRUPT;
}

static void irq_raise_zero(struct umlab_slot *slot, void *data)
{
	struct lab_card *card = data;

	card->status |= BIT(0);
	umlab_irq_raise(slot, 0);
}

/* INTx Disable keeps the line low, not the status bit. */
static void irq_intx_disable(struct kunit *test)
{
	struct lab_pci fx = irq_plug_one(test);

	KUNIT_EXPECT_FALSE(test, irq_status_bit(&fx));
	pci_intx(fx.pdev, 0);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 0);
	KUNIT_EXPECT_TRUE(test, irq_status_bit(&fx));
	pci_intx(fx.pdev, 1);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 1);
	KUNIT_EXPECT_FALSE(test, irq_status_bit(&fx));
}

/* Of a line shared by two, each handler sees the other's as foreign. */
static void irq_shared(struct kunit *test)
{
	struct lab_pci a, b, c;

	lab_drv_register(test, &irq_intx);
	a = irq_plug(test, 1);
	b = irq_plug(test, 5);
	c = irq_plug(test, 2);
	KUNIT_EXPECT_EQ(test, a.pdev->irq, b.pdev->irq);
	KUNIT_EXPECT_NE(test, a.pdev->irq, c.pdev->irq);
	lab_pci_cause(&a, 0);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].taken, 0);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].foreign, 1);
	lab_pci_cause(&b, 0);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].foreign, 1);
	KUNIT_EXPECT_EQ(test, c.drv->vector[0].taken + c.drv->vector[0].foreign, 0);
}

/* The line stays high until both have lowered it. */
static void irq_shared_both(struct kunit *test)
{
	struct lab_pci a, b;

	irq_plug_two(test, &a, &b);
	disable_irq(a.pdev->irq);
	lab_pci_cause(&a, 0);
	lab_pci_cause(&b, 0);
	enable_irq(a.pdev->irq);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].taken, 1);
	KUNIT_EXPECT_FALSE(test, irq_status_bit(&a));
	KUNIT_EXPECT_FALSE(test, irq_status_bit(&b));
}

static void irq_foreign(struct kunit *test)
{
	struct lab_pci fx = irq_plug_one(test);

	umlab_inject_foreign(fx.slot);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].foreign, 1);
	umlab_inject_spurious(fx.slot, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].foreign, 2);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 0);
	KUNIT_EXPECT_FALSE(test, irq_status_bit(&fx));
}

/* Each handler on the line is asked, also while one of them has a reason. */
static void irq_foreign_shared(struct kunit *test)
{
	struct lab_pci a, b;

	irq_plug_two(test, &a, &b);
	umlab_inject_foreign(a.slot);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].foreign, 1);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].foreign, 1);
	disable_irq(a.pdev->irq);
	lab_pci_cause(&b, 0);
	umlab_inject_foreign(a.slot);
	enable_irq(a.pdev->irq);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].foreign, 2);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].taken, 1);
}

/* One that nobody took does not wait for the next driver. */
static void irq_foreign_forgotten(struct kunit *test)
{
	struct lab_pci fx = irq_plug(test, 1);

	umlab_inject_foreign(fx.slot);
	umlab_unplug(test, fx.slot);
	lab_drv_register(test, &irq_intx);
	fx = irq_plug(test, 1);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].foreign, 0);
}

/* Asserted before there is a handler, INTx is delivered once there is one. */
static void irq_before_handler(struct kunit *test)
{
	struct lab_pci fx = irq_plug(test, 1);
	struct lab_drv *drv;

	umlab_run(fx.slot, irq_raise_zero, fx.card);
	KUNIT_EXPECT_TRUE(test, irq_status_bit(&fx));
	lab_drv_register(test, &irq_intx);
	drv = lab_drv_bound(test, fx.pdev);
	KUNIT_EXPECT_EQ(test, drv->vector[0].taken, 1);
	umlab_unplug(test, fx.slot);
}

/* INTx stays asserted for as long as there is a cause. */
static void irq_one_of_two_causes(struct kunit *test)
{
	struct lab_pci fx = irq_plug_one(test);

	disable_irq(fx.pdev->irq);
	lab_pci_cause(&fx, 0);
	lab_pci_cause(&fx, 1);
	iowrite32(BIT(0), fx.drv->regs + LAB_CARD_STATUS);
	KUNIT_EXPECT_TRUE(test, irq_status_bit(&fx));
	iowrite32(BIT(1), fx.drv->regs + LAB_CARD_STATUS);
	KUNIT_EXPECT_FALSE(test, irq_status_bit(&fx));
	enable_irq(fx.pdev->irq);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 0);
}

static void irq_lost(struct kunit *test)
{
	struct umlab_faults faults = { .irq_lost = 2 };
	struct lab_pci fx = irq_plug_one(test);

	umlab_set_faults(fx.slot, &faults);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 1);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, fx.card->status, 1);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken, 2);
}

/* A driver that never acknowledges: a violation, not the end of time */
static void irq_storm(struct kunit *test)
{
	static const struct lab_drv_setup setup = {
		.irqs = PCI_IRQ_INTX,
		.no_ack = true,
	};
	struct lab_pci fx, quiet;

	lab_drv_register(test, &setup);
	quiet = irq_plug(test, 1);
	fx = irq_plug(test, 5);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_STORM);
	lab_pci_cause(&fx, 0);
	/* Of the two on the line, the one that asserts it is blamed. */
	KUNIT_EXPECT_EQ(test, umlab_violations(quiet.slot,
					       UMLAB_VIOLATION_STORM), 0);
	KUNIT_EXPECT_GT(test, fx.drv->vector[0].taken, 1000);
	/* Once it has been low, the line works again. */
	iowrite32(~0, fx.drv->regs + LAB_CARD_STATUS);
	fx.drv->vector[0].taken = 0;
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_STORM);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_GT(test, fx.drv->vector[0].taken, 1000);
}

/* A function that vanished, sleeps or was reset does not hold the line. */
static void irq_vanished(struct kunit *test)
{
	struct lab_pci a, b;

	irq_plug_two(test, &a, &b);
	disable_irq(a.pdev->irq);
	lab_pci_cause(&a, 0);
	umlab_vanish(a.slot);
	enable_irq(a.pdev->irq);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].foreign, 0);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].taken, 0);
}

static void irq_asleep(struct kunit *test)
{
	int ctrl = LAB_CARD_CAP_PM + PCI_PM_CTRL;
	struct lab_pci a, b;

	irq_plug_two(test, &a, &b);
	disable_irq(a.pdev->irq);
	lab_pci_cause(&a, 0);
	lab_config_write(a.pdev, ctrl, 2, 1);
	enable_irq(a.pdev->irq);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].foreign, 0);
	lab_config_write(a.pdev, ctrl, 2, 0);
	KUNIT_EXPECT_EQ(test, a.drv->vector[0].taken, 1);
	KUNIT_EXPECT_EQ(test, b.drv->vector[0].foreign, 1);
}

static void irq_reset(struct kunit *test)
{
	struct lab_pci fx = irq_plug_one(test);

	disable_irq(fx.pdev->irq);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_TRUE(test, irq_status_bit(&fx));
	KUNIT_EXPECT_EQ(test, pci_reset_function(fx.pdev), 0);
	KUNIT_EXPECT_FALSE(test, irq_status_bit(&fx));
	enable_irq(fx.pdev->irq);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].taken + fx.drv->vector[0].foreign, 0);
}

static void irq_no_pin(struct kunit *test)
{
	struct umlab_options options = { .irqs = UMLAB_IRQ_NONE };
	struct umlab_slot *slot;
	u8 pin;

	lab_drv_register(test, &irq_intx);
	slot = umlab_plug(test, &lab_card_model, &options);
	pci_read_config_byte(umlab_pdev(slot), PCI_INTERRUPT_PIN, &pin);
	KUNIT_EXPECT_EQ(test, pin, 0);
	KUNIT_EXPECT_EQ(test, pci_msi_vec_count(umlab_pdev(slot)), -EINVAL);
	/* So there is none for the driver. */
	KUNIT_EXPECT_NULL(test, umlab_pdev(slot)->dev.driver);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(irq_in_hard_context),
	KUNIT_CASE(irq_while_off),
	KUNIT_CASE(irq_while_disabled),
	KUNIT_CASE(irq_intx_disable),
	KUNIT_CASE(irq_shared),
	KUNIT_CASE(irq_shared_both),
	KUNIT_CASE(irq_foreign),
	KUNIT_CASE(irq_foreign_shared),
	KUNIT_CASE(irq_foreign_forgotten),
	KUNIT_CASE(irq_before_handler),
	KUNIT_CASE(irq_one_of_two_causes),
	KUNIT_CASE(irq_lost),
	KUNIT_CASE(irq_storm),
	KUNIT_CASE(irq_vanished),
	KUNIT_CASE(irq_asleep),
	KUNIT_CASE(irq_reset),
	KUNIT_CASE(irq_no_pin),
	{}
};

static struct kunit_suite irq_suite = {
	.name		= "umlab_bus_irq",
	.test_cases	= irq_cases,
};

kunit_test_suite(irq_suite);
