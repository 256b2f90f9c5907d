/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card for the suites of the PCI machine: a bit of everything
 *
 * BAR 0 holds registers, BAR 2 memory behind a 64-bit BAR.
 */
#ifndef _LAB_PCI_CARD_H
#define _LAB_PCI_CARD_H

#include <umlab/model.h>

#include "pci_card-regs.h"

#define LAB_CARD_MSI		8	/* vectors */
#define LAB_CARD_MSIX		4

/* Where its capabilities are */
#define LAB_CARD_CAP_PM		0x40
#define LAB_CARD_CAP_MSI	0x50
#define LAB_CARD_CAP_MSIX	0x70
#define LAB_CARD_CAP_EXP	0x80
#define LAB_CARD_CAP_VENDOR	0xc0

/**
 * struct lab_card - the state of a card
 * @scratch: the register
 * @wide: the register
 * @status: the register
 * @done: the register
 * @chain: how often @work asks for itself
 * @work: what LAB_CARD_START begins
 * @ram: the registers
 * @reads: register reads that the model saw
 * @writes: likewise
 * @last_size: of the last access, in bytes
 * @resets: resets it saw, by &enum umlab_reset
 * @config_writes: to the vendor-specific capability
 */
struct lab_card {
	u32 scratch;
	u64 wide;
	u32 status;
	u32 done;
	u32 chain;
	struct umlab_work work;
	u8 ram[LAB_CARD_RAM_SIZE] __aligned(8);
	unsigned int reads;
	unsigned int writes;
	unsigned int last_size;
	unsigned int resets[3];
	unsigned int config_writes;
};

/* The card; suites copy it to change it */
extern const struct umlab_model lab_card_model;

/* The same without capabilities and memory, and no driver that maps its BAR */
extern const struct umlab_model lab_bare_model;

#endif /* _LAB_PCI_CARD_H */
