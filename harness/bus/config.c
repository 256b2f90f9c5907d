// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space: a type 0 header from a table of registers
 *
 * Each bit is read-only, read-write or write-1-to-clear, by the byte, as in
 * drivers/pci/pci-bridge-emul.c. What a write means is not decided when it
 * comes: after each write, everything that depends on config space is brought
 * into line with the registers as they are (umlab_config_apply()), so there is
 * no order of writes to get wrong. The exceptions are the two writes that are
 * events and not states, a function-level reset and leaving D3hot.
 *
 * Not here: I/O BARs, expansion ROM, BIST, extended capabilities.
 */

#include <linux/unaligned.h>

#include "../slot.h"

/**
 * struct config_register - a register of the header
 * @where: its offset
 * @size: in bytes
 * @value: after reset, where it is the same for all functions
 * @rw: the bits that can be written
 * @w1c: the bits that a 1 clears
 */
struct config_register {
	u8 where;
	u8 size;
	u16 value;
	u16 rw;
	u16 w1c;
};

/* PCI 3.0, 6.2; what is absent reads as 0 and cannot be written */
static const struct config_register config_header[] = {
	{ PCI_COMMAND, 2,
	  .rw = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
		PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, .w1c = UMLAB_CONFIG_ERRORS },
	{ PCI_CACHE_LINE_SIZE, 1, .rw = 0xff },
	{ PCI_INTERRUPT_LINE, 1, .rw = 0xff },
};

static u32 config_load(const u8 *bytes, unsigned int size)
{
	switch (size) {
	case 1:
		return *bytes;
	case 2:
		return get_unaligned_le16(bytes);
	default:
		return get_unaligned_le32(bytes);
	}
}

static void config_store(u8 *bytes, unsigned int size, u32 value)
{
	for (; size; size--, value >>= 8)
		*bytes++ = value;
}

void umlab_config_field(struct umlab_config *config, unsigned int where,
			unsigned int size, u32 value, u32 rw, u32 w1c)
{
	config_store(&config->reset[where], size, value);
	config_store(&config->rw[where], size, rw);
	config_store(&config->w1c[where], size, w1c);
}

u32 umlab_config_get(const struct umlab_config *config, unsigned int where,
		     unsigned int size)
{
	return config_load(&config->value[where], size);
}

void umlab_config_set(struct umlab_config *config, unsigned int where,
		      u16 mask, bool on)
{
	u16 value = umlab_config_get(config, where, 2);

	value = on ? value | mask : value & ~mask;
	config_store(&config->value[where], 2, value);
}

bool umlab_config_command(const struct umlab_slot *slot, u16 bit)
{
	return umlab_config_get(&slot->config, PCI_COMMAND, 2) & bit;
}

bool umlab_config_awake(const struct umlab_slot *slot)
{
	const struct umlab_config *config = &slot->config;

	return !config->pm ||
	       !(umlab_config_get(config, config->pm + PCI_PM_CTRL, 2) &
		 PCI_PM_CTRL_STATE_MASK);
}

/* A BAR register: what it does not decode is read-only, so sizing works */
static void config_bar(struct umlab_config *config, unsigned int index,
		       const struct umlab_bar *bar)
{
	unsigned int where = PCI_BASE_ADDRESS_0 + 4 * index;
	u32 flags = PCI_BASE_ADDRESS_SPACE_MEMORY;

	if (bar->kind == UMLAB_BAR_NONE)
		return;
	if (bar->kind == UMLAB_BAR_MEMORY)
		flags |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	if (bar->is_64)
		flags |= PCI_BASE_ADDRESS_MEM_TYPE_64;
	umlab_config_field(config, where, 4, flags, ~(bar->size - 1), 0);
	if (bar->is_64)
		umlab_config_field(config, where + 4, 4, 0, ~0U, 0);
}

static void config_identity(struct umlab_config *config,
			    const struct umlab_model *model)
{
	u32 class = model->class << 8 | model->revision;

	umlab_config_field(config, PCI_VENDOR_ID, 2, model->vendor, 0, 0);
	umlab_config_field(config, PCI_DEVICE_ID, 2, model->device, 0, 0);
	umlab_config_field(config, PCI_CLASS_REVISION, 4, class, 0, 0);
	umlab_config_field(config, PCI_SUBSYSTEM_VENDOR_ID, 2,
			   model->subsystem_vendor, 0, 0);
	umlab_config_field(config, PCI_SUBSYSTEM_ID, 2,
			   model->subsystem_device, 0, 0);
}

int umlab_config_init(struct umlab_slot *slot, unsigned int irqs)
{
	const struct umlab_model *model = &slot->model;
	struct umlab_config *config = &slot->config;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(config_header); i++) {
		const struct config_register *reg = &config_header[i];

		umlab_config_field(config, reg->where, reg->size, reg->value,
				   reg->rw, reg->w1c);
	}
	config_identity(config, model);
	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		config_bar(config, i, &model->bars[i]);
	if (model->intx && irqs & UMLAB_IRQ_INTX)
		umlab_config_field(config, PCI_INTERRUPT_PIN, 1, 1, 0, 0);
	err = umlab_caps_init(slot, irqs);
	if (err)
		return err;
	memcpy(config->value, config->reset, sizeof(config->value));
	return 0;
}

void umlab_config_reset(struct umlab_slot *slot)
{
	memcpy(slot->config.value, slot->config.reset,
	       sizeof(slot->config.value));
}

void umlab_config_apply(struct umlab_slot *slot)
{
	umlab_bar_decode(slot);
	umlab_msi_sync(slot);
	umlab_irq_sync(slot);
}

/* Whether the function has the power state that was written, PCI PM 1.2, 3.2.4 */
static bool config_has_state(const struct umlab_config *config, u16 state)
{
	u16 pmc = umlab_config_get(config, config->pm + PCI_PM_PMC, 2);

	switch (state) {
	case 1:
		return pmc & PCI_PM_CAP_D1;
	case 2:
		return pmc & PCI_PM_CAP_D2;
	default:
		return true;
	}
}

/* A write to PMCSR took the function from @old to another state, or tried to */
static void config_power(struct umlab_slot *slot, u16 old)
{
	struct umlab_config *config = &slot->config;
	unsigned int where = config->pm + PCI_PM_CTRL;
	u16 csr = umlab_config_get(config, where, 2);
	u16 state = csr & PCI_PM_CTRL_STATE_MASK;

	old &= PCI_PM_CTRL_STATE_MASK;
	/* A function leaves a state for a deeper one, or for D0. */
	if (!config_has_state(config, state) || (state && state < old))
		config_store(&config->value[where], 2,
			     (csr & ~PCI_PM_CTRL_STATE_MASK) | old);
	else if (old == 3 && !state && !(csr & PCI_PM_CTRL_NO_SOFT_RESET))
		umlab_slot_reset(slot, UMLAB_RESET_D3);
}

/* A 1 written to Initiate FLR, which always reads as 0 (PCIe 4.0, 7.5.3.4) */
static bool config_starts_flr(const struct umlab_slot *slot, unsigned int where,
			      unsigned int size, u32 value)
{
	const struct umlab_config *config = &slot->config;
	unsigned int control = config->exp + PCI_EXP_DEVCTL;

	if (!config->exp || where > control + 1 || where + size <= control + 1)
		return false;
	return umlab_config_get(config, config->exp + PCI_EXP_DEVCAP, 4) &
	       PCI_EXP_DEVCAP_FLR &&
	       value >> 8 * (control + 1 - where) &
	       PCI_EXP_DEVCTL_BCR_FLR >> 8;
}

void umlab_config_write(struct umlab_slot *slot, unsigned int where,
			unsigned int size, u32 value)
{
	struct umlab_config *config = &slot->config;
	u32 rw = config_load(&config->rw[where], size);
	u32 w1c = config_load(&config->w1c[where], size);
	u32 old = umlab_config_get(config, where, size);
	u16 power = 0;

	if (config_starts_flr(slot, where, size, value)) {
		umlab_slot_reset(slot, UMLAB_RESET_FLR);
		return;
	}
	if (config->pm)
		power = umlab_config_get(config, config->pm + PCI_PM_CTRL, 2);
	config_store(&config->value[where], size,
		     ((old & ~rw) | (value & rw)) & ~(value & w1c));
	if (config->pm)
		config_power(slot, power);
	umlab_config_apply(slot);
	umlab_slot_config_written(slot, where, size);
}
