// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X: as programmed, masked, pending
 */

#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

static bool msi_pending(const struct lab_pci *fx, unsigned int vector)
{
	u32 bits;

	if (fx->drv->setup->irqs == PCI_IRQ_MSIX)
		bits = ioread32(fx->drv->regs + LAB_CARD_PBA);
	else
		pci_read_config_dword(fx->pdev, LAB_CARD_CAP_MSI +
				      PCI_MSI_PENDING_64, &bits);
	return bits & BIT(vector);
}

/* Each vector has a handler of its own, in hard interrupt context. */
static void msi_vectors(struct kunit *test)
{
	struct lab_pci fx = lab_msi_plug(test);
	int i, j;

	KUNIT_ASSERT_EQ(test, fx.drv->vectors, 4);
	for (i = 0; i < 4; i++) {
		lab_pci_cause(&fx, i);
		for (j = 0; j < 4; j++)
			KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, j), j <= i);
		KUNIT_EXPECT_EQ(test, fx.drv->vector[i].soft, 0);
		KUNIT_EXPECT_EQ(test, fx.drv->vector[i].foreign, 0);
	}
}

/* Masked by the kernel: pending, seen in the function's registers */
static void msi_masked(struct kunit *test)
{
	struct lab_pci fx = lab_msi_plug(test);
	int irq = pci_irq_vector(fx.pdev, 2);

	disable_irq(irq);
	/* The kernel masks when the first one comes. */
	lab_pci_cause(&fx, 2);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 2), 0);
	lab_pci_cause(&fx, 2);
	KUNIT_EXPECT_TRUE(test, msi_pending(&fx, 2));
	KUNIT_EXPECT_FALSE(test, msi_pending(&fx, 1));
	lab_pci_cause(&fx, 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 1), 1);
	enable_irq(irq);
	KUNIT_EXPECT_FALSE(test, msi_pending(&fx, 2));
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 2), 1);
}

static void msi_while_off(struct kunit *test)
{
	struct lab_pci fx = lab_msi_plug(test);
	unsigned int taken;
	unsigned long flags;

	local_irq_save(flags);
	lab_pci_cause(&fx, 3);
	lab_pci_cause(&fx, 0);
	taken = lab_pci_taken(&fx, 3) + lab_pci_taken(&fx, 0);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, taken, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 3), 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 1);
}

static void msi_lost_and_spurious(struct kunit *test)
{
	struct umlab_faults faults = { .irq_lost = 1 };
	struct lab_pci fx = lab_msi_plug(test);

	umlab_set_faults(fx.slot, &faults);
	lab_pci_cause(&fx, 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 1), 0);
	iowrite32(~0, fx.drv->regs + LAB_CARD_STATUS);
	umlab_inject_spurious(fx.slot, 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 1), 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[1].foreign, 1);
}

/* A message is a write to memory: not without bus mastering */
static void msi_no_master(struct kunit *test)
{
	const struct lab_drv_setup *with = test->param_value;
	struct lab_drv_setup *setup = kunit_kzalloc(test, sizeof(*setup),
						    GFP_KERNEL);
	struct lab_pci fx;

	KUNIT_ASSERT_NOT_NULL(test, setup);
	*setup = *with;
	setup->no_master = true;
	fx = lab_pci_drive(test, setup, &lab_card_model);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_MASTER);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 0);
}

/* A cause that is gone before its vector is unmasked interrupts no more. */
static void msi_lowered_while_masked(struct kunit *test)
{
	struct lab_pci fx = lab_msi_plug(test);
	int irq = pci_irq_vector(fx.pdev, 2);

	disable_irq(irq);
	umlab_inject_spurious(fx.slot, 2);	/* makes the kernel mask it */
	fx.drv->vector[2].foreign = 0;
	lab_pci_cause(&fx, 2);
	KUNIT_EXPECT_TRUE(test, msi_pending(&fx, 2));
	iowrite32(BIT(2), fx.drv->regs + LAB_CARD_STATUS);
	KUNIT_EXPECT_FALSE(test, msi_pending(&fx, 2));
	enable_irq(irq);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 2), 0);
	/* The kernel remembers the one that made it mask. */
	KUNIT_EXPECT_LE(test, fx.drv->vector[2].foreign, 1);
}

/* What MSI held back is none of MSI-X's business, nor does it stay. */
static void msi_to_msix(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, &lab_msi_setups[0], &lab_card_model);
	int msix = LAB_CARD_CAP_MSIX + PCI_MSIX_FLAGS;
	u32 pending;

	lab_config_write(fx.pdev, LAB_CARD_CAP_MSI + PCI_MSI_MASK_64, 4, 0xff);
	lab_pci_cause(&fx, 3);
	KUNIT_EXPECT_TRUE(test, msi_pending(&fx, 3));
	lab_config_write(fx.pdev, LAB_CARD_CAP_MSI + PCI_MSI_FLAGS, 2, 0);
	lab_config_write(fx.pdev, msix, 2, PCI_MSIX_FLAGS_ENABLE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_PBA), 0);
	lab_config_write(fx.pdev, msix, 2, 0);
	pending = lab_config_read(fx.pdev, LAB_CARD_CAP_MSI +
				  PCI_MSI_PENDING_64, 4);
	KUNIT_EXPECT_EQ(test, pending, 0);
}

/* A handler that starts the device anew each time */
static void msi_storm(struct kunit *test)
{
	static const struct lab_drv_setup setup = {
		.irqs = PCI_IRQ_MSI,
		.restarts = true,
	};
	struct lab_pci fx = lab_pci_drive(test, &setup, &lab_card_model);

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_STORM);
	iowrite32(1, fx.drv->regs + LAB_CARD_START);
	KUNIT_EXPECT_GT(test, lab_pci_taken(&fx, 0), 1000);
}

static bool msi_intx_status(const struct lab_pci *fx)
{
	u16 status;

	pci_read_config_word(fx->pdev, PCI_STATUS, &status);
	return status & PCI_STATUS_INTERRUPT;
}

/* With messages enabled, INTx is not asserted, whatever was raised. */
static void msi_no_intx(struct kunit *test)
{
	static const struct umlab_event delivery = {
		.kind = UMLAB_IRQ_DELIVER,
		.any = UMLAB_ANY_OFFSET,
	};
	struct lab_pci fx = lab_msi_plug(test);
	bool msix = fx.drv->setup->irqs == PCI_IRQ_MSIX;
	int where = msix ? LAB_CARD_CAP_MSIX + PCI_MSIX_FLAGS :
			   LAB_CARD_CAP_MSI + PCI_MSI_FLAGS;
	u16 enable = msix ? PCI_MSIX_FLAGS_ENABLE : PCI_MSI_FLAGS_ENABLE;
	u16 flags;

	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_FALSE(test, msi_intx_status(&fx));
	/* One interrupt came, and it was the message. */
	KUNIT_EXPECT_EQ(test, umlab_journal_count(fx.slot, fx.begin, delivery),
			1);
	pci_read_config_word(fx.pdev, where, &flags);
	pci_write_config_word(fx.pdev, where, flags & ~enable);
	lab_pci_cause(&fx, 1);
	KUNIT_EXPECT_TRUE(test, msi_intx_status(&fx));
	pci_write_config_word(fx.pdev, where, flags);
	KUNIT_EXPECT_FALSE(test, msi_intx_status(&fx));
	iowrite32(~0, fx.drv->regs + LAB_CARD_STATUS);
	KUNIT_EXPECT_EQ(test, umlab_journal_count(NULL, fx.begin, delivery), 0);
}

/* A function that vanished sends nothing. */
static void msi_vanished(struct kunit *test)
{
	struct lab_pci fx = lab_msi_plug(test);

	umlab_vanish(fx.slot);
	umlab_inject_spurious(fx.slot, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[0].foreign, 0);
}

/* Nor does one that sleeps, before it is back in D0 */
static void msi_asleep(struct kunit *test)
{
	struct lab_pci fx = lab_msi_plug(test);
	int ctrl = LAB_CARD_CAP_PM + PCI_PM_CTRL;

	umlab_set_completion(fx.slot, UMLAB_COMPLETE_NEVER, 0);
	iowrite32(1, fx.drv->regs + LAB_CARD_START);
	lab_config_write(fx.pdev, ctrl, 2, 1);
	umlab_set_completion(fx.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	KUNIT_EXPECT_EQ(test, fx.card->done, 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 0);
	lab_config_write(fx.pdev, ctrl, 2, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 1);
}

/* The function mask of MSI-X holds all of them. */
static void msi_function_mask(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, &lab_msi_setups[1], &lab_card_model);
	int where = LAB_CARD_CAP_MSIX + PCI_MSIX_FLAGS;
	u16 flags;

	pci_read_config_word(fx.pdev, where, &flags);
	KUNIT_EXPECT_TRUE(test, flags & PCI_MSIX_FLAGS_ENABLE);
	pci_write_config_word(fx.pdev, where, flags | PCI_MSIX_FLAGS_MASKALL);
	lab_pci_cause(&fx, 0);
	lab_pci_cause(&fx, 3);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_PBA), 9);
	/* Pending bits are the function's alone. */
	iowrite32(0, fx.drv->regs + LAB_CARD_PBA);
	KUNIT_EXPECT_EQ(test, readq(fx.drv->regs + LAB_CARD_PBA), 9);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0) + lab_pci_taken(&fx, 3), 0);
	pci_write_config_word(fx.pdev, where, flags);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 3), 1);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_PBA), 0);
}

static struct kunit_case msi_cases[] = {
	KUNIT_CASE_PARAM(msi_vectors, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_masked, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_while_off, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_lost_and_spurious, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_no_master, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_lowered_while_masked, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_asleep, lab_msi_gen_params),
	KUNIT_CASE(msi_to_msix),
	KUNIT_CASE(msi_storm),
	KUNIT_CASE_PARAM(msi_no_intx, lab_msi_gen_params),
	KUNIT_CASE_PARAM(msi_vanished, lab_msi_gen_params),
	KUNIT_CASE(msi_function_mask),
	{}
};

static struct kunit_suite msi_suite = {
	.name		= "umlab_bus_msi",
	.test_cases	= msi_cases,
};

kunit_test_suite(msi_suite);
