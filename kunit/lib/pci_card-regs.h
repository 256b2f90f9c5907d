/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of the card for the suites of the PCI machine
 *
 * BAR 0 holds registers, BAR 2 memory behind a 64-bit BAR.
 */
#ifndef _LAB_PCI_CARD_REGS_H
#define _LAB_PCI_CARD_REGS_H

#include <linux/sizes.h>

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

#endif /* _LAB_PCI_CARD_REGS_H */
