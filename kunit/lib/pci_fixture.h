/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cards that are plugged in and their driver, for suites
 */
#ifndef _LAB_PCI_FIXTURE_H
#define _LAB_PCI_FIXTURE_H

#include "pci_card.h"
#include "pci_drv.h"

struct kunit;
struct umlab_options;

/**
 * struct lab_pci - a card that was plugged in, from all sides
 * @slot: the machine's
 * @card: the model's
 * @pdev: the PCI core's
 * @drv: the driver's; NULL: it is not bound
 * @begin: the journal when all that was done
 */
struct lab_pci {
	struct umlab_slot *slot;
	struct lab_card *card;
	struct pci_dev *pdev;
	struct lab_drv *drv;
	u64 begin;
};

/**
 * lab_pci_plug() - plug in a card
 * @test: the test; aborted if this fails
 * @model: what to plug in
 * @options: how; NULL: as umlab_plug()
 *
 * The driver has to bind if lab_drv_register() was called before.
 *
 * Return: the card.
 */
struct lab_pci lab_pci_plug(struct kunit *test, const struct umlab_model *model,
			    const struct umlab_options *options);

/**
 * lab_config_read() - read config space as the CPU does
 * @pdev: the device; it need not be there any more
 * @where: where
 * @size: in bytes, 1, 2 or 4
 *
 * Past the PCI core, which does not ask a device that it knows to be gone.
 */
u32 lab_config_read(struct pci_dev *pdev, int where, int size);

/**
 * lab_config_write() - write config space as the CPU does
 * @pdev: the device
 * @where: where
 * @size: in bytes, 1, 2 or 4
 * @value: what
 */
void lab_config_write(struct pci_dev *pdev, int where, int size, u32 value);

/**
 * lab_io_read() - ioread8() and its like
 * @addr: where
 * @size: in bytes, 1, 2, 4 or 8
 */
u64 lab_io_read(void __iomem *addr, unsigned int size);

/**
 * lab_io_write() - iowrite8() and its like
 * @addr: where
 * @size: in bytes, 1, 2, 4 or 8
 * @value: what
 */
void lab_io_write(void __iomem *addr, unsigned int size, u64 value);

/**
 * lab_drv_register() - register the driver for the length of a test
 * @test: the test; aborted if this fails
 * @setup: what it asks for; NULL: no interrupts. Must outlive the test
 *
 * Functions must be plugged in after that, so that they are unplugged before.
 */
void lab_drv_register(struct kunit *test, const struct lab_drv_setup *setup);

/**
 * lab_drv_bound() - the driver's side of a device
 * @test: the test; aborted if the driver is not bound
 * @pdev: the device
 */
struct lab_drv *lab_drv_bound(struct kunit *test, struct pci_dev *pdev);

/**
 * lab_pci_drive() - register the driver and plug in a card
 * @test: the test; aborted if this fails
 * @setup: as for lab_drv_register()
 * @model: as for lab_pci_plug()
 *
 * Return: the card.
 */
struct lab_pci lab_pci_drive(struct kunit *test,
			     const struct lab_drv_setup *setup,
			     const struct umlab_model *model);

/* A driver that asks for four vectors: of MSI, and of MSI-X */
extern const struct lab_drv_setup lab_msi_setups[2];

/**
 * lab_msi_gen_params() - run a case with MSI and with MSI-X
 * @prev: see KUNIT_CASE_PARAM(); test->param_value is of lab_msi_setups
 * @desc: likewise
 */
const void *lab_msi_gen_params(const void *prev, char *desc);

/**
 * lab_msi_plug() - plug in a card, with the driver as the parameter says
 * @test: the test, of a case that has lab_msi_gen_params()
 */
struct lab_pci lab_msi_plug(struct kunit *test);

/**
 * lab_pci_cause() - have a card raise an interrupt
 * @pci: the card
 * @vector: which
 */
void lab_pci_cause(const struct lab_pci *pci, u32 vector);

/**
 * lab_pci_taken() - how often the driver took an interrupt
 * @pci: the card
 * @vector: which
 */
unsigned int lab_pci_taken(const struct lab_pci *pci, unsigned int vector);

#endif /* _LAB_PCI_FIXTURE_H */
