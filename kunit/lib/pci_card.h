/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card for the suites of the PCI machine: a bit of everything
 *
 * BAR 0 holds registers, BAR 2 memory behind a 64-bit BAR.
 */
#ifndef _LAB_PCI_CARD_H
#define _LAB_PCI_CARD_H

#include <linux/sizes.h>
#include <umlab/model.h>

#define LAB_CARD_VENDOR		0x6c61
#define LAB_CARD_DEVICE		0x0001	/* bound with all it has */
#define LAB_CARD_BARE		0x0002	/* bound without BARs and interrupts */

#define LAB_CARD_REGS		0	/* the register BAR, of 4 KiB */
#define LAB_CARD_MEMORY		2	/* the memory BAR */
#define LAB_CARD_MEMORY_SIZE	SZ_64K

/* Registers; 32 bits but for WIDE, which has 64, and RAM */
#define LAB_CARD_ID		0x000	/* LAB_CARD_MAGIC */
#define LAB_CARD_SCRATCH	0x004	/* holds what is written */
#define LAB_CARD_WIDE		0x008	/* likewise */
#define LAB_CARD_STATUS		0x010	/* a bit for each vector; 1 clears */
#define LAB_CARD_CAUSE		0x014	/* write a vector: raise it */
#define LAB_CARD_START		0x018	/* write: when done, raise vector 0 */
#define LAB_CARD_DONE		0x01c	/* how often it was done */
#define LAB_CARD_AFTER		0x020	/* write: as START, after so many ns */
#define LAB_CARD_CANCEL		0x024	/* write: do not */
#define LAB_CARD_CHAIN		0x028	/* write: as START, so many times */
#define LAB_CARD_RAM		0x100	/* LAB_CARD_RAM_SIZE bytes */
#define LAB_CARD_RAM_SIZE	0x100
#define LAB_CARD_TABLE		0x800	/* MSI-X table */
#define LAB_CARD_PBA		0xc00	/* MSI-X pending bits */

#define LAB_CARD_MAGIC		0x1ab0ca2d

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
