// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cards that are plugged in and their driver, for suites
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "pci_fixture.h"

static bool fixture_registered;

static void fixture_unregister(void *unused)
{
	pci_unregister_driver(&lab_pci_driver);
	fixture_registered = false;
}

void lab_drv_register(struct kunit *test, const struct lab_drv_setup *setup)
{
	static const struct lab_drv_setup none;

	lab_drv_set(setup ?: &none);
	KUNIT_ASSERT_EQ(test, 0, pci_register_driver(&lab_pci_driver));
	fixture_registered = true;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, fixture_unregister, NULL));
}

struct lab_drv *lab_drv_bound(struct kunit *test, struct pci_dev *pdev)
{
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_PTR_EQ(test, pdev->dev.driver, &lab_pci_driver.driver);
	return pci_get_drvdata(pdev);
}

u32 lab_config_read(struct pci_dev *pdev, int where, int size)
{
	u32 value = 0xdeadbeef;

	pdev->bus->ops->read(pdev->bus, pdev->devfn, where, size, &value);
	return value;
}

void lab_config_write(struct pci_dev *pdev, int where, int size, u32 value)
{
	pdev->bus->ops->write(pdev->bus, pdev->devfn, where, size, value);
}

u64 lab_io_read(void __iomem *addr, unsigned int size)
{
	switch (size) {
	case 1:
		return ioread8(addr);
	case 2:
		return ioread16(addr);
	case 4:
		return ioread32(addr);
	default:
		return readq(addr);
	}
}

void lab_io_write(void __iomem *addr, unsigned int size, u64 value)
{
	switch (size) {
	case 1:
		iowrite8(value, addr);
		break;
	case 2:
		iowrite16(value, addr);
		break;
	case 4:
		iowrite32(value, addr);
		break;
	default:
		writeq(value, addr);
		break;
	}
}

struct lab_pci lab_pci_plug(struct kunit *test, const struct umlab_model *model,
			    const struct umlab_options *options)
{
	struct lab_pci pci = { .slot = umlab_plug(test, model, options) };

	pci.card = umlab_priv(pci.slot);
	pci.pdev = umlab_pdev(pci.slot);
	KUNIT_ASSERT_NOT_NULL(test, pci.pdev);
	if (fixture_registered)
		pci.drv = lab_drv_bound(test, pci.pdev);
	pci.begin = umlab_journal_now();
	return pci;
}

struct lab_pci lab_pci_drive(struct kunit *test,
			     const struct lab_drv_setup *setup,
			     const struct umlab_model *model)
{
	lab_drv_register(test, setup);
	return lab_pci_plug(test, model, NULL);
}

const struct lab_drv_setup lab_msi_setups[2] = {
	{ .irqs = PCI_IRQ_MSI, .vectors = 4 },
	{ .irqs = PCI_IRQ_MSIX, .vectors = 4 },
};

static void fixture_describe(const struct lab_drv_setup *setup, char *desc)
{
	strscpy(desc, setup->irqs == PCI_IRQ_MSI ? "MSI" : "MSI-X",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fixture_msi, lab_msi_setups, fixture_describe);

const void *lab_msi_gen_params(const void *prev, char *desc)
{
	return fixture_msi_gen_params(prev, desc);
}

struct lab_pci lab_msi_plug(struct kunit *test)
{
	return lab_pci_drive(test, test->param_value, &lab_card_model);
}

void lab_pci_cause(const struct lab_pci *pci, u32 vector)
{
	iowrite32(vector, pci->drv->regs + LAB_CARD_CAUSE);
}

unsigned int lab_pci_taken(const struct lab_pci *pci, unsigned int vector)
{
	return pci->drv->vector[vector].taken;
}
