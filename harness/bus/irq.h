/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: what the slot object has of them, and what it calls
 *
 * irq.c	the interrupt line into the kernel; INTx
 * msi.c	messages: MSI and MSI-X
 * msix.c	the MSI-X structures in a BAR
 *
 * As in bus.h, the slot's lock is held where nothing else is said.
 */
#ifndef _UMLAB_BUS_IRQ_H
#define _UMLAB_BUS_IRQ_H

#include <linux/bitmap.h>
#include <linux/pci.h>
#include <umlab/model.h>

struct irq_domain;
struct umlab_slot;

/* How many messages the interrupt controller tells apart */
#define UMLAB_MESSAGES	1024

/**
 * struct umlab_bar_part - a part of a BAR
 * @bar: the BAR
 * @offset: where it starts
 * @size: in bytes
 */
struct umlab_bar_part {
	u32 bar;
	u32 offset;
	u32 size;
};

/**
 * struct umlab_irqs - the interrupts of a function
 * @raised: vectors that the model raised and did not lower
 * @asserted: INTx is asserted
 * @pending: messages held back while masked
 * @mode: PCI_CAP_ID_MSI or _MSIX, whichever is enabled and so what @pending is
 *	  about; 0: none
 * @msix: the MSI-X table, as in PCI 3.0, 6.8.2; NULL: there is none
 * @num_msix: its entries
 * @table: where it is seen
 * @pba: where @pending is
 */
struct umlab_irqs {
	DECLARE_BITMAP(raised, UMLAB_VECTORS_MAX);
	DECLARE_BITMAP(pending, UMLAB_VECTORS_MAX);
	u8 mode;
	bool asserted;
	unsigned int num_msix;
	struct umlab_bar_part table;
	struct umlab_bar_part pba;
	__le32 (*msix)[4];
};

/**
 * umlab_part_holds() - whether an address in a BAR is in a part of it
 * @part: the part
 * @bar: the BAR
 * @offset: in it
 */
static __always_inline bool
umlab_part_holds(const struct umlab_bar_part *part, unsigned int bar,
		 u32 offset)
{
	return part->bar == bar && offset - part->offset < part->size;
}

/* irq.c */

/**
 * umlab_irq_init() - set up the interrupt line and INTx
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int umlab_irq_init(void);

/**
 * umlab_irq_intx() - the kernel's number of a function's INTx line
 * @pdev: the function
 * @slot: its device number
 * @pin: from 1
 *
 * Return: as pci_host_bridge.map_irq.
 */
int umlab_irq_intx(const struct pci_dev *pdev, u8 slot, u8 pin);

/**
 * umlab_irq_sync() - follow what decides whether INTx is asserted
 * @slot: the slot
 */
void umlab_irq_sync(struct umlab_slot *slot);

/**
 * umlab_irq_line() - which of the four INTx lines a function is on
 * @devfn: the function; all have the pin INTA
 */
static inline unsigned int umlab_irq_line(unsigned int devfn)
{
	return PCI_SLOT(devfn) % PCI_NUM_INTX;
}

/**
 * umlab_irq_foreign() - assert a function's INTx line until it was taken
 * @slot: the slot
 */
void umlab_irq_foreign(struct umlab_slot *slot);

/**
 * umlab_irq_gone() - forget a foreign interrupt that nobody took
 * @slot: the slot, which is gone
 */
void umlab_irq_gone(struct umlab_slot *slot);

/**
 * umlab_irq_message() - a message reaches the interrupt controller
 * @slot: its sender
 * @data: its data, of a message that was allocated
 */
void umlab_irq_message(struct umlab_slot *slot, u32 data);

/* msi.c */

/**
 * umlab_msi_init() - set up the interrupt controller for messages
 *
 * Context: may sleep.
 * Return: its domain or an ERR_PTR.
 */
struct irq_domain *umlab_msi_init(void);

/**
 * umlab_msi_deliver() - have the kernel handle a message
 * @data: its data
 *
 * Context: hard interrupt, lock not held.
 */
void umlab_msi_deliver(u32 data);

/**
 * umlab_msi_enabled() - whether the function sends messages
 * @slot: the slot
 */
bool umlab_msi_enabled(const struct umlab_slot *slot);

/**
 * umlab_msi_raise() - send a vector's message, or have it pending
 * @slot: the slot, with MSI or MSI-X enabled
 * @vector: which
 */
void umlab_msi_raise(struct umlab_slot *slot, unsigned int vector);

/**
 * umlab_msi_lower() - a vector's cause is gone: it is pending no longer
 * @slot: the slot
 * @vector: which
 *
 * PCI 3.0, 6.8.3.5.
 */
void umlab_msi_lower(struct umlab_slot *slot, unsigned int vector);

/**
 * umlab_msi_sync() - send what is pending and no longer masked
 * @slot: the slot
 */
void umlab_msi_sync(struct umlab_slot *slot);

/* msix.c */

/**
 * umlab_msix_reset() - mask all vectors, drop all messages
 * @slot: the slot
 */
void umlab_msix_reset(struct umlab_slot *slot);

/**
 * umlab_msix_read() - the CPU reads the MSI-X table or pending bits
 * @slot: the slot
 * @bar: the BAR
 * @offset: in it, inside of the table or the pending bits
 * @size: 4 or 8
 */
u64 umlab_msix_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
		    unsigned int size);

/**
 * umlab_msix_write() - the CPU writes the MSI-X table
 * @slot: the slot
 * @bar: the BAR
 * @offset: in it, inside of the table or the pending bits
 * @size: 4 or 8
 * @value: what
 */
void umlab_msix_write(struct umlab_slot *slot, unsigned int bar, u32 offset,
		      unsigned int size, u64 value);

#endif /* _UMLAB_BUS_IRQ_H */
