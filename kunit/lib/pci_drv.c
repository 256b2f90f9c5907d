// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver for the card of pci_card-regs.h, made of ordinary PCI calls
 */

#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/pci.h>

#include "pci_card-regs.h"
#include "pci_drv.h"

static const struct lab_drv_setup *drv_setup;
static unsigned int drv_removes;
static u32 drv_last_id;
static bool drv_was_offline;

static irqreturn_t drv_handle(int irq, void *data)
{
	struct lab_drv_vector *vector = data;
	ktime_t now = ktime_get();
	struct lab_drv *drv = vector->drv;
	u32 mine = drv->vectors == 1 ? ~0U : BIT(vector->index);
	u32 status = ioread32(drv->regs + LAB_CARD_STATUS) & mine;

	vector->soft += !in_hardirq();
	vector->when = now;
	if (!status || status == ~0U) {
		vector->foreign++;
		return IRQ_NONE;
	}
	vector->taken++;
	if (!drv->setup->no_ack)
		iowrite32(status, drv->regs + LAB_CARD_STATUS);
	if (drv->setup->restarts)
		iowrite32(1, drv->regs + LAB_CARD_START);
	return IRQ_HANDLED;
}

static int drv_request_irqs(struct lab_drv *drv)
{
	const struct lab_drv_setup *setup = drv->setup;
	struct pci_dev *pdev = drv->pdev;
	int i, err;

	if (!setup->irqs)
		return 0;
	drv->vectors = pci_alloc_irq_vectors(pdev, 1, setup->vectors ?: 1,
					     setup->irqs);
	if (drv->vectors < 0)
		return dev_err_probe(&pdev->dev, drv->vectors,
				     "no interrupts\n");
	for (i = 0; i < drv->vectors; i++) {
		drv->vector[i].drv = drv;
		drv->vector[i].index = i;
		err = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, i),
				       drv_handle, IRQF_SHARED, "lab",
				       &drv->vector[i]);
		if (err)
			return dev_err_probe(&pdev->dev, err,
					     "interrupt %d\n", i);
	}
	return 0;
}

static int drv_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct lab_drv *drv;
	int err;

	drv = devm_kzalloc(&pdev->dev, sizeof(*drv), GFP_KERNEL);
	if (!drv)
		return -ENOMEM;
	drv->pdev = pdev;
	drv->setup = drv_setup;
	pci_set_drvdata(pdev, drv);
	err = pcim_enable_device(pdev);
	if (err || id->device == LAB_CARD_BARE)
		return err;
	drv->regs = pcim_iomap_region(pdev, LAB_CARD_REGS, "lab");
	if (IS_ERR(drv->regs))
		return PTR_ERR(drv->regs);
	if (pci_resource_len(pdev, LAB_CARD_MEMORY)) {
		drv->memory = pcim_iomap_region(pdev, LAB_CARD_MEMORY, "lab");
		if (IS_ERR(drv->memory))
			return PTR_ERR(drv->memory);
	}
	if (!drv_setup->no_master)
		pci_set_master(pdev);
	return drv_request_irqs(drv);
}

static void drv_remove(struct pci_dev *pdev)
{
	struct lab_drv *drv = pci_get_drvdata(pdev);

	drv_removes++;
	drv_was_offline = pci_channel_offline(pdev);
	if (drv->setup->says_goodbye)
		drv_last_id = ioread32(drv->regs + LAB_CARD_ID);
}

static const struct pci_device_id drv_ids[] = {
	{ PCI_DEVICE(LAB_CARD_VENDOR, LAB_CARD_DEVICE) },
	{ PCI_DEVICE(LAB_CARD_VENDOR, LAB_CARD_BARE) },
	{}
};

struct pci_driver lab_pci_driver = {
	.name = "lab",
	.id_table = drv_ids,
	.probe = drv_probe,
	.remove = drv_remove,
};

void lab_drv_set(const struct lab_drv_setup *setup)
{
	drv_setup = setup;
	drv_removes = 0;
	drv_last_id = 0;
}

unsigned int lab_drv_removes(void)
{
	return drv_removes;
}

u32 lab_drv_last_id(void)
{
	return drv_last_id;
}

bool lab_drv_was_offline(void)
{
	return drv_was_offline;
}
