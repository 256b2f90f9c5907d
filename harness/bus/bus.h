/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus: what the slot object is composed of, and what it calls
 *
 * bridge.c	the host bridge: windows, finding a function, scan and remove
 * config.c	config space: the registers and what follows from a write
 * caps.c	the capability list
 * bar.c	BARs: where they answer, ioremap()
 * mapping.c	which accesses are refused
 * registers.c	accesses to register BARs
 * memory.c	accesses to memory BARs
 * usermap.c	register BARs that are mapped to user space
 *
 * The interrupts have a header of their own, irq.h.
 *
 * All of it works on a slot and calls nothing of umlab but slot.h. Where
 * nothing else is said, the slot's lock is held.
 */
#ifndef _UMLAB_BUS_H
#define _UMLAB_BUS_H

#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <umlab/model.h>

struct mm_struct;
struct umlab_options;
struct umlab_slot;

/* The errors of the status register, which a 1 clears (PCI 3.0, 6.2.3) */
#define UMLAB_CONFIG_ERRORS						\
	(PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT |		\
	 PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT |	\
	 PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)

/* An address at which no BAR is */
#define UMLAB_NOWHERE	U64_MAX

/**
 * struct umlab_config - config space of a function
 * @value: the registers
 * @reset: what they are after reset
 * @rw: the bits that can be written
 * @w1c: the bits that a 1 clears
 * @pm: where the capability is; 0: there is none
 * @msi: likewise
 * @msix: likewise
 * @exp: likewise
 */
struct umlab_config {
	u8 value[PCI_CFG_SPACE_SIZE];
	u8 reset[PCI_CFG_SPACE_SIZE];
	u8 rw[PCI_CFG_SPACE_SIZE];
	u8 w1c[PCI_CFG_SPACE_SIZE];
	u8 pm;
	u8 msi;
	u8 msix;
	u8 exp;
};

/**
 * struct umlab_bar_state - a BAR
 * @slot: whose it is
 * @index: which one
 * @widths: as in struct umlab_bar, never 0
 * @size: in bytes
 * @address: where it answers now; UMLAB_NOWHERE: nowhere
 * @user: it was seen in a user's page tables
 * @home: where it was decoded last, so where a memory BAR's contents are;
 *	  UMLAB_NOWHERE: it had no address yet
 */
struct umlab_bar_state {
	struct umlab_slot *slot;
	u8 index;
	u8 widths;
	u32 size;
	bool user;
	u64 address;
	u64 home;
};

/* bridge.c */

/**
 * umlab_bridge_attach() - put a slot where config accesses find it
 * @slot: the slot; its devfn is set
 * @at: UMLAB_AT(), or 0: anywhere
 *
 * Context: may sleep, lock not held.
 * Return: 0, -EINVAL, -EBUSY, -ENOSPC or -ENODEV.
 */
int umlab_bridge_attach(struct umlab_slot *slot, unsigned int at);

/**
 * umlab_bridge_detach() - take it away again
 * @slot: the slot
 *
 * Context: may sleep, lock not held.
 */
void umlab_bridge_detach(struct umlab_slot *slot);

/**
 * umlab_bridge_scan() - have the PCI core find a function
 * @slot: the slot, attached
 *
 * Context: may sleep, lock not held.
 * Return: 0 or -ENODEV; -ENOSPC if there is no room for a BAR.
 */
int umlab_bridge_scan(struct umlab_slot *slot);

/**
 * umlab_bridge_remove() - have the PCI core forget a function
 * @slot: the slot
 *
 * Context: may sleep, lock not held.
 */
void umlab_bridge_remove(struct umlab_slot *slot);

/**
 * umlab_bridge_pdev() - the PCI core's device for a function
 * @slot: the slot
 *
 * Context: may sleep, lock not held.
 * Return: the device, with a reference; or NULL.
 */
struct pci_dev *umlab_bridge_pdev(const struct umlab_slot *slot);

/**
 * umlab_bridge_slot() - the slot of a function
 * @devfn: the function
 *
 * Context: any.
 * Return: the slot, with a reference; or NULL.
 */
struct umlab_slot *umlab_bridge_slot(unsigned int devfn);

/**
 * umlab_bridge_by_pdev() - the slot of a PCI device
 * @pdev: the device, of any bus
 *
 * Context: any.
 * Return: the slot, with a reference; NULL if it is not of this bus.
 */
struct umlab_slot *umlab_bridge_by_pdev(const struct pci_dev *pdev);

/**
 * umlab_bridge_find() - find a function
 * @fn: told each function that is present, under RCU; true: this one
 * @data: for it
 *
 * Context: any.
 * Return: the slot, with a reference; or NULL.
 */
struct umlab_slot *umlab_bridge_find(bool (*fn)(struct umlab_slot *slot,
						void *data), void *data);

/**
 * umlab_bridge_backing() - the memory at an address on the bus
 * @address: the address
 * @size: in bytes
 *
 * Both windows lie over real memory, which nobody else uses. That of the memory
 * window is what is behind memory BARs. That of the register window is never
 * used, and is there so that a register BAR that is mapped to user space by
 * mistake does not end the kernel.
 *
 * Return: the memory; NULL outside of both windows.
 */
void *umlab_bridge_backing(u64 address, u32 size);

/* config.c */

/**
 * umlab_config_init() - lay out config space
 * @slot: the slot, with its model checked
 * @irqs: which kinds of interrupts it has, UMLAB_IRQ_*
 *
 * Context: may sleep, lock not held.
 * Return: 0 or -ENOMEM.
 */
int umlab_config_init(struct umlab_slot *slot, unsigned int irqs);

/**
 * umlab_config_field() - add a register
 * @config: config space
 * @where: its offset
 * @size: in bytes, 1, 2 or 4
 * @value: after reset
 * @rw: the bits that can be written
 * @w1c: the bits that a 1 clears
 */
void umlab_config_field(struct umlab_config *config, unsigned int where,
			unsigned int size, u32 value, u32 rw, u32 w1c);

/**
 * umlab_config_get() - a register's value
 * @config: config space
 * @where: its offset
 * @size: in bytes, 1, 2 or 4
 */
u32 umlab_config_get(const struct umlab_config *config, unsigned int where,
		     unsigned int size);

/**
 * umlab_config_set() - set bits, as the hardware does
 * @config: config space
 * @where: the register, 16 bits
 * @mask: which bits
 * @on: to what
 */
void umlab_config_set(struct umlab_config *config, unsigned int where,
		      u16 mask, bool on);

/**
 * umlab_config_write() - the CPU writes
 * @slot: the slot
 * @where: where; aligned
 * @size: in bytes, 1, 2 or 4
 * @value: what
 */
void umlab_config_write(struct umlab_slot *slot, unsigned int where,
			unsigned int size, u32 value);

/**
 * umlab_config_reset() - set all registers to their reset values
 * @slot: the slot
 */
void umlab_config_reset(struct umlab_slot *slot);

/**
 * umlab_config_apply() - let all follow that depends on config space
 * @slot: the slot
 */
void umlab_config_apply(struct umlab_slot *slot);

/**
 * umlab_config_awake() - whether the function is in D0
 * @slot: the slot
 */
bool umlab_config_awake(const struct umlab_slot *slot);

/**
 * umlab_config_command() - whether a bit of the command register is set
 * @slot: the slot
 * @bit: PCI_COMMAND_*
 */
bool umlab_config_command(const struct umlab_slot *slot, u16 bit);

/* caps.c */

/**
 * umlab_caps_size() - how long a capability is
 * @cap: the capability
 *
 * Return: in bytes; 0 if there is no such capability.
 */
unsigned int umlab_caps_size(const struct umlab_cap *cap);

/**
 * umlab_caps_place() - where a capability goes
 * @model: the model
 * @index: which of its capabilities
 *
 * Return: its offset.
 */
unsigned int umlab_caps_place(const struct umlab_model *model,
			      unsigned int index);

/**
 * umlab_caps_init() - lay out the capability list
 * @slot: the slot
 * @irqs: as for umlab_config_init()
 *
 * Context: may sleep, lock not held.
 * Return: 0 or -ENOMEM.
 */
int umlab_caps_init(struct umlab_slot *slot, unsigned int irqs);

/* bar.c */

/**
 * umlab_bar_init() - set up all BARs
 * @slot: the slot
 */
void umlab_bar_init(struct umlab_slot *slot);

/**
 * umlab_bar_decode() - follow the BAR and command registers
 * @slot: the slot
 */
void umlab_bar_decode(struct umlab_slot *slot);

/**
 * umlab_bar_contents() - the memory behind a memory BAR
 * @slot: the slot
 * @bar: the BAR
 *
 * Return: the memory; NULL if it is another BAR or had no address yet.
 */
void *umlab_bar_contents(const struct umlab_slot *slot, unsigned int bar);

/**
 * umlab_bar_gone() - have memory read as all-ones where user space maps it
 * @slot: the slot, which is about to vanish
 */
void umlab_bar_gone(struct umlab_slot *slot);

/**
 * umlab_bar_overlaps() - whether a BAR has an address
 * @slot: the slot
 * @index: the BAR; memory decoding may be off
 * @address: on the bus
 * @size: in bytes: whether any of them is the BAR's
 */
bool umlab_bar_overlaps(const struct umlab_slot *slot, unsigned int index,
			u64 address, u64 size);

/**
 * umlab_bar_find() - which BAR is at an address
 * @address: on the bus; memory decoding may be off
 * @index: set to the BAR's
 *
 * Context: any, lock not held.
 * Return: the slot, with a reference; or NULL.
 */
struct umlab_slot *umlab_bar_find(u64 address, unsigned int *index);

/**
 * umlab_bar_add_window() - have ioremap() of a window come here
 * @index: which one, 0 or 1
 * @window: the window
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int umlab_bar_add_window(unsigned int index, struct resource *window);

/* usermap.c */

/**
 * umlab_usermap_check() - look for register BARs in an address space
 * @mm: the address space
 *
 * Context: may sleep, lock not held.
 */
void umlab_usermap_check(struct mm_struct *mm);

/**
 * umlab_usermap_init() - begin to watch for mappings of register BARs
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int umlab_usermap_init(void);

#endif /* _UMLAB_BUS_H */
