/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A driver for the card of pci_card.h, made of ordinary PCI calls
 */
#ifndef _LAB_PCI_DRV_H
#define _LAB_PCI_DRV_H

#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/types.h>

#define LAB_DRV_VECTORS	32

struct lab_drv;

/**
 * struct lab_drv_setup - what the driver asks for
 * @irqs: PCI_IRQ_*; 0: no interrupts
 * @vectors: how many of them at most; 0: one
 * @no_master: forgets to enable bus mastering
 * @no_ack: forgets to acknowledge interrupts
 * @restarts: starts the device again in its handler
 * @says_goodbye: reads LAB_CARD_ID when it is unbound
 */
struct lab_drv_setup {
	unsigned int irqs;
	unsigned int vectors;
	bool no_master;
	bool no_ack;
	bool restarts;
	bool says_goodbye;
};

/**
 * struct lab_drv_vector - an interrupt of a bound device
 * @drv: the device
 * @index: which
 * @taken: how often its handler found it to be its own
 * @foreign: how often not
 * @soft: how often it ran outside of hard interrupt context
 * @when: when its handler ran last
 */
struct lab_drv_vector {
	struct lab_drv *drv;
	unsigned int index;
	unsigned int taken;
	unsigned int foreign;
	unsigned int soft;
	ktime_t when;
};

/**
 * struct lab_drv - a bound device
 * @pdev: the device
 * @setup: what was asked for
 * @regs: the register BAR; NULL for LAB_CARD_BARE
 * @memory: the memory BAR
 * @vectors: how many interrupts there are
 * @vector: each of them
 */
struct lab_drv {
	struct pci_dev *pdev;
	const struct lab_drv_setup *setup;
	void __iomem *regs;
	void __iomem *memory;
	int vectors;
	struct lab_drv_vector vector[LAB_DRV_VECTORS];
};

/* The driver */
extern struct pci_driver lab_pci_driver;

/**
 * lab_drv_set() - what devices bound from now on are asked for
 * @setup: what; stays in use for as long as they are bound
 */
void lab_drv_set(const struct lab_drv_setup *setup);

/**
 * lab_drv_removes() - how often the driver was unbound since lab_drv_set()
 */
unsigned int lab_drv_removes(void);

/**
 * lab_drv_last_id() - what LAB_CARD_ID read when a driver said goodbye last
 */
u32 lab_drv_last_id(void);

/**
 * lab_drv_was_offline() - whether the PCI core said that the device was gone
 * when it was unbound last
 */
bool lab_drv_was_offline(void);

#endif /* _LAB_PCI_DRV_H */
