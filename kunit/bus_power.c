// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states and function-level reset
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

#define PM	LAB_CARD_CAP_PM
#define EXP	LAB_CARD_CAP_EXP

/* A function with one capability */
static struct lab_pci power_plug(struct kunit *test,
				 const struct umlab_cap *cap)
{
	struct umlab_model model = lab_bare_model;

	model.caps = cap;
	model.num_caps = 1;
	return lab_pci_plug(test, &model, NULL);
}

static void power_states(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	int ctrl = PM + PCI_PM_CTRL;

	KUNIT_EXPECT_EQ(test, pci_set_power_state(fx.pdev, PCI_D1), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, ctrl, 2), 1);
	/* There is no D2: the write is completed and nothing changes. */
	lab_config_write(fx.pdev, ctrl, 2, 2);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, ctrl, 2), 1);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(fx.pdev, PCI_D3hot), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, ctrl, 2), 3);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_D3], 0);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(fx.pdev, PCI_D0), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, ctrl, 2), 0);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_D3], 1);
	/* The PCI core knows, and has put the BARs back. */
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_BASE_ADDRESS_0, 4),
			pci_resource_start(fx.pdev, 0));
}

/* From a state a function goes deeper or to D0, and nowhere else. */
static void power_transitions(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_PM, .pm = { .d1 = true, .d2 = true },
	};
	struct pci_dev *pdev = power_plug(test, &cap).pdev;
	unsigned int from, to;

	for (from = 0; from < 4; from++) {
		for (to = 0; to < 4; to++) {
			bool can = !to || to >= from;

			lab_config_write(pdev, PM + PCI_PM_CTRL, 2, 0);
			lab_config_write(pdev, PM + PCI_PM_CTRL, 2, from);
			lab_config_write(pdev, PM + PCI_PM_CTRL, 2, to);
			KUNIT_EXPECT_EQ_MSG(test,
					    lab_config_read(pdev, PM +
							    PCI_PM_CTRL, 2),
					    can ? to : from,
					    "from D%u to D%u", from, to);
		}
	}
}

static void power_no_soft_reset(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_PM, .pm.no_soft_reset = true,
	};
	struct lab_pci fx = power_plug(test, &cap);

	KUNIT_EXPECT_EQ(test, pci_set_power_state(fx.pdev, PCI_D3hot), 0);
	lab_config_write(fx.pdev, PCI_INTERRUPT_LINE, 1, 0x5a);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(fx.pdev, PCI_D0), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_INTERRUPT_LINE, 1), 0x5a);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_D3], 0);
}

/* In D3hot registers do not answer. */
static void power_asleep(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	void __iomem *regs;

	KUNIT_ASSERT_EQ(test, pci_enable_device(fx.pdev), 0);
	regs = pci_iomap(fx.pdev, LAB_CARD_REGS, 0);
	KUNIT_ASSERT_TRUE(test, regs);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(fx.pdev, PCI_D3hot), 0);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_POWER);
	KUNIT_EXPECT_EQ(test, ioread32(regs + LAB_CARD_ID), ~0U);
	KUNIT_EXPECT_EQ(test, fx.card->reads, 0);
	pci_iounmap(fx.pdev, regs);
	pci_disable_device(fx.pdev);
}

/* Function-level reset through the PCI core, which saves and restores */
static void power_flr(struct kunit *test)
{
	struct lab_pci fx;

	lab_drv_register(test, NULL);
	fx = lab_pci_plug(test, &lab_card_model, NULL);
	iowrite32(0x1234, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_SCRATCH), 0x1234);
	KUNIT_EXPECT_EQ(test, pci_reset_function(fx.pdev), 0);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_FLR], 1);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_SCRATCH), 0);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_ID),
			LAB_CARD_MAGIC);
}

/* The same by hand, without anybody who restores */
static void power_flr_forgets(struct kunit *test)
{
	struct lab_pci fx;

	lab_drv_register(test, NULL);
	fx = lab_pci_plug(test, &lab_card_model, NULL);
	KUNIT_ASSERT_EQ(test, pcie_flr(fx.pdev), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_COMMAND, 2), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_BASE_ADDRESS_0, 4), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, EXP + PCI_EXP_DEVCTL, 2),
			PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_READRQ_512B);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_ID), ~0U);
}

/* Whatever the write is made of, it is one bit that starts it. */
static void power_flr_widths(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	int control = EXP + PCI_EXP_DEVCTL;

	lab_config_write(fx.pdev, control, 1, 0x80);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_FLR], 0);
	lab_config_write(fx.pdev, control + 1, 1, 0x80);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_FLR], 1);
	lab_config_write(fx.pdev, control, 4, PCI_EXP_DEVCTL_BCR_FLR);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_FLR], 2);
	lab_config_write(fx.pdev, control + 2, 2, PCI_EXP_DEVCTL_BCR_FLR);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_FLR], 2);
}

/* MSI-X after it is as it was at first: all masked, nothing pending */
static void power_flr_msix(struct kunit *test)
{
	static const struct lab_drv_setup setup = {
		.irqs = PCI_IRQ_MSIX,
		.vectors = LAB_CARD_MSIX,
	};
	struct lab_pci fx;
	u32 bar;
	int i;

	lab_drv_register(test, &setup);
	fx = lab_pci_plug(test, &lab_card_model, NULL);
	bar = lab_config_read(fx.pdev, PCI_BASE_ADDRESS_0, 4);
	iowrite32(1, fx.drv->regs + LAB_CARD_TABLE + 12);
	iowrite32(0, fx.drv->regs + LAB_CARD_CAUSE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_PBA), 1);
	lab_config_write(fx.pdev, EXP + PCI_EXP_DEVCTL, 2,
			 PCI_EXP_DEVCTL_BCR_FLR);
	lab_config_write(fx.pdev, PCI_BASE_ADDRESS_0, 4, bar);
	lab_config_write(fx.pdev, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_PBA), 0);
	for (i = 0; i < LAB_CARD_MSIX; i++) {
		void __iomem *entry = fx.drv->regs + LAB_CARD_TABLE + 16 * i;

		KUNIT_EXPECT_EQ(test, ioread32(entry), 0);
		KUNIT_EXPECT_EQ(test, ioread32(entry + 12), 1);
	}
}

/* A function without FLR does not reset for the same write. */
static void power_no_flr(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_EXP, .at = EXP,
	};
	struct lab_pci fx = power_plug(test, &cap);

	lab_config_write(fx.pdev, EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	KUNIT_EXPECT_EQ(test, fx.card->resets[UMLAB_RESET_FLR], 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, EXP + PCI_EXP_DEVCTL, 2), 0);
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE(power_states),
	KUNIT_CASE(power_transitions),
	KUNIT_CASE(power_no_soft_reset),
	KUNIT_CASE(power_asleep),
	KUNIT_CASE(power_flr),
	KUNIT_CASE(power_flr_forgets),
	KUNIT_CASE(power_flr_widths),
	KUNIT_CASE(power_flr_msix),
	KUNIT_CASE(power_no_flr),
	{}
};

static struct kunit_suite power_suite = {
	.name		= "umlab_bus_power",
	.test_cases	= power_cases,
};

kunit_test_suite(power_suite);
