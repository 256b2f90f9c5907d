// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function's life, in view of its model, its options and the journal
 */

#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

static const struct lab_drv_setup slot_msix = {
	.irqs = PCI_IRQ_MSIX,
	.vectors = LAB_CARD_MSIX,
};

static const struct umlab_cap slot_express = {
	.id = PCI_CAP_ID_EXP,
	.exp.flr = true,
};

static int slot_failing_probe(struct umlab_slot *slot)
{
	return -EIO;
}

static void slot_model_refuses(struct kunit *test)
{
	struct umlab_model_ops ops = *lab_bare_model.ops;
	struct umlab_model model = lab_bare_model;

	ops.probe = slot_failing_probe;
	model.ops = &ops;
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &model, NULL)),
			-EIO);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

static unsigned int slot_removed;

static void slot_count_remove(struct umlab_slot *slot)
{
	slot_removed++;
}

/* The model's remove: once for each probe that succeeded */
static void slot_model_removed(struct kunit *test)
{
	struct umlab_model_ops ops = *lab_bare_model.ops;
	struct umlab_options taken = { .at = UMLAB_AT(4, 0) };
	struct umlab_model model = lab_bare_model;
	struct umlab_slot *slot;

	slot_removed = 0;
	ops.remove = slot_count_remove;
	model.ops = &ops;
	slot = umlab_plug(test, &model, &taken);
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &model, &taken)),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, slot_removed, 1);
	umlab_unplug(test, slot);
	KUNIT_EXPECT_EQ(test, slot_removed, 2);
	ops.probe = slot_failing_probe;
	KUNIT_EXPECT_EQ(test, PTR_ERR(umlab_try_plug(test, &model, NULL)),
			-EIO);
	KUNIT_EXPECT_EQ(test, slot_removed, 2);
}

/* A model that has none of the ops that it need not have */
static void slot_no_ops(struct kunit *test)
{
	static const struct umlab_model_ops none;
	struct umlab_model model = lab_card_model;
	struct lab_pci fx;

	model.ops = &none;
	model.bars[LAB_CARD_REGS] = (struct umlab_bar) { };
	model.caps = &slot_express;
	model.num_caps = 1;
	fx = lab_pci_plug(test, &model, NULL);
	lab_config_write(fx.pdev, PCI_INTERRUPT_LINE, 1, 3);
	KUNIT_EXPECT_EQ(test, pcie_flr(fx.pdev), 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_INTERRUPT_LINE, 1),
			0);
	umlab_unplug(test, fx.slot);
}

/* Only the interrupts that the options leave, and faults from the start */
static void slot_options(struct kunit *test)
{
	struct umlab_options msi = {
		.irqs = UMLAB_IRQ_MSI,
		.faults = { .read_ones = 1 },
	};
	struct umlab_options msix = { .irqs = UMLAB_IRQ_MSIX };
	struct lab_pci a, b;

	lab_drv_register(test, NULL);
	a = lab_pci_plug(test, &lab_card_model, &msi);
	b = lab_pci_plug(test, &lab_card_model, &msix);
	KUNIT_EXPECT_EQ(test, lab_config_read(a.pdev, PCI_INTERRUPT_PIN, 1), 0);
	KUNIT_EXPECT_TRUE(test, pci_find_capability(a.pdev, PCI_CAP_ID_MSI));
	KUNIT_EXPECT_FALSE(test, pci_find_capability(a.pdev, PCI_CAP_ID_MSIX));
	KUNIT_EXPECT_FALSE(test, pci_find_capability(b.pdev, PCI_CAP_ID_MSI));
	KUNIT_EXPECT_TRUE(test, pci_find_capability(b.pdev, PCI_CAP_ID_MSIX));
	KUNIT_EXPECT_EQ(test, ioread32(a.drv->regs), ~0U);
	KUNIT_EXPECT_EQ(test, ioread32(a.drv->regs), LAB_CARD_MAGIC);
}

/* What every PCI driver does first works, though no device does DMA yet. */
static void slot_dma_api(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	struct device *dev = &fx.pdev->dev;
	dma_addr_t handle;
	void *memory;

	KUNIT_EXPECT_EQ(test, dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)),
			0);
	memory = dma_alloc_coherent(dev, PAGE_SIZE, &handle, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	dma_free_coherent(dev, PAGE_SIZE, memory, handle);
}

/* The whole life of a function, in the journal */
static void slot_journal(struct kunit *test)
{
	u64 begin = umlab_journal_now();
	struct lab_pci fx;

	lab_drv_register(test, &slot_msix);
	fx = lab_pci_plug(test, &lab_card_model, NULL);
	iowrite32(2, fx.drv->regs + LAB_CARD_CAUSE);
	KUNIT_EXPECT_EQ(test, pci_reset_function(fx.pdev), 0);
	umlab_vanish(fx.slot);
	UMLAB_EXPECT_ORDER(test, fx.slot, begin,
			   UMLAB_DID(UMLAB_PLUG, 0),
			   UMLAB_DID(UMLAB_RESET, UMLAB_RESET_POWER),
			   UMLAB_DID(UMLAB_CONFIG_READ, PCI_VENDOR_ID),
			   UMLAB_DID(UMLAB_FOUND, 0),
			   UMLAB_DID(UMLAB_CONFIG_WRITE, PCI_COMMAND),
			   UMLAB_DID(UMLAB_IRQ_RAISE, 2),
			   UMLAB_DID(UMLAB_IRQ_SEND, 2),
			   UMLAB_DID(UMLAB_RESET, UMLAB_RESET_FLR),
			   UMLAB_DID(UMLAB_VANISH, 0));
}

static struct kunit_case slot_cases[] = {
	KUNIT_CASE(slot_model_refuses),
	KUNIT_CASE(slot_model_removed),
	KUNIT_CASE(slot_no_ops),
	KUNIT_CASE(slot_options),
	KUNIT_CASE(slot_dma_api),
	KUNIT_CASE(slot_journal),
	{}
};

static struct kunit_suite slot_suite = {
	.name		= "umlab_machine_slot",
	.test_cases	= slot_cases,
};

kunit_test_suite(slot_suite);
