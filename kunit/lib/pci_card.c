// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for the suites of the PCI machine
 */

#include <linux/kernel.h>
#include <linux/pci_ids.h>
#include <linux/string.h>

#include "pci_card.h"

static void card_done(struct umlab_slot *slot, struct umlab_work *work)
{
	struct lab_card *card = umlab_priv(slot);

	card->done++;
	if (card->chain && --card->chain) {
		umlab_work_complete(work);
		return;
	}
	card->status |= BIT(0);
	umlab_irq_raise(slot, 0);
}

static int card_probe(struct umlab_slot *slot)
{
	struct lab_card *card = umlab_priv(slot);

	umlab_work_init(slot, &card->work, card_done);
	return 0;
}

static void card_reset(struct umlab_slot *slot, enum umlab_reset why)
{
	struct lab_card *card = umlab_priv(slot);

	card->resets[why]++;
	card->scratch = 0;
	card->wide = 0;
	card->status = 0;
	card->done = 0;
	memset(card->ram, 0, sizeof(card->ram));
}

static void *card_in_ram(struct lab_card *card, u32 offset, unsigned int size)
{
	u32 at = offset - LAB_CARD_RAM;

	return at < sizeof(card->ram) && at + size <= sizeof(card->ram) ?
	       card->ram + at : NULL;
}

static u64 card_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
		     unsigned int size)
{
	struct lab_card *card = umlab_priv(slot);
	u64 value = 0;
	void *ram;

	card->reads++;
	card->last_size = size;
	switch (offset) {
	case LAB_CARD_ID:
		return LAB_CARD_MAGIC;
	case LAB_CARD_SCRATCH:
		return card->scratch;
	case LAB_CARD_WIDE:
		return card->wide;
	case LAB_CARD_STATUS:
		return card->status;
	case LAB_CARD_DONE:
		return card->done;
	}
	ram = card_in_ram(card, offset, size);
	if (ram)
		memcpy(&value, ram, size);
	return value;
}

static void card_clear(struct umlab_slot *slot, struct lab_card *card, u32 bits)
{
	unsigned int i;

	card->status &= ~bits;
	for (i = 0; i < 32; i++) {
		if (bits & BIT(i))
			umlab_irq_lower(slot, i);
	}
}

static void card_write(struct umlab_slot *slot, unsigned int bar, u32 offset,
		       unsigned int size, u64 value)
{
	struct lab_card *card = umlab_priv(slot);
	void *ram;

	card->writes++;
	card->last_size = size;
	switch (offset) {
	case LAB_CARD_SCRATCH:
		card->scratch = value;
		break;
	case LAB_CARD_WIDE:
		card->wide = value;
		break;
	case LAB_CARD_STATUS:
		card_clear(slot, card, value);
		break;
	case LAB_CARD_CAUSE:
		card->status |= BIT(value % 32);
		umlab_irq_raise(slot, value);
		break;
	case LAB_CARD_START:
		umlab_work_complete(&card->work);
		break;
	case LAB_CARD_AFTER:
		umlab_work_after(&card->work, value);
		break;
	case LAB_CARD_CANCEL:
		umlab_work_cancel(&card->work);
		break;
	case LAB_CARD_CHAIN:
		card->chain = value;
		umlab_work_complete(&card->work);
		break;
	default:
		ram = card_in_ram(card, offset, size);
		if (ram)
			memcpy(ram, &value, size);
		break;
	}
}

static void card_config_written(struct umlab_slot *slot, unsigned int where,
				unsigned int size)
{
	struct lab_card *card = umlab_priv(slot);

	if (where >= LAB_CARD_CAP_VENDOR + 3 && where < LAB_CARD_CAP_VENDOR + 8)
		card->config_writes++;
}

static const struct umlab_model_ops card_ops = {
	.probe = card_probe,
	.reset = card_reset,
	.bar_read = card_read,
	.bar_write = card_write,
	.config_written = card_config_written,
};

static const struct umlab_cap card_caps[] = {
	{ .id = PCI_CAP_ID_PM, .at = LAB_CARD_CAP_PM, .pm.d1 = true },
	{ .id = PCI_CAP_ID_MSI, .at = LAB_CARD_CAP_MSI,
	  .msi = { .vectors = LAB_CARD_MSI, .is_64 = true, .maskable = true } },
	{ .id = PCI_CAP_ID_MSIX, .at = LAB_CARD_CAP_MSIX,
	  .msix = { .vectors = LAB_CARD_MSIX,
		    .table_bar = LAB_CARD_REGS, .table = LAB_CARD_TABLE,
		    .pba_bar = LAB_CARD_REGS, .pba = LAB_CARD_PBA } },
	{ .id = PCI_CAP_ID_EXP, .at = LAB_CARD_CAP_EXP, .exp.flr = true },
	{ .id = PCI_CAP_ID_VNDR, .at = LAB_CARD_CAP_VENDOR, .vendor.size = 8 },
};

const struct umlab_model lab_card_model = {
	.name = "card",
	.vendor = LAB_CARD_VENDOR,
	.device = LAB_CARD_DEVICE,
	.subsystem_vendor = 0x5678,
	.subsystem_device = 0x9abc,
	.class = PCI_CLASS_OTHERS << 16,
	.revision = 0x0a,
	.intx = true,
	.bars[LAB_CARD_REGS] = {
		.kind = UMLAB_BAR_REGISTERS,
		.size = SZ_4K,
	},
	.bars[LAB_CARD_MEMORY] = {
		.kind = UMLAB_BAR_MEMORY,
		.size = LAB_CARD_MEMORY_SIZE,
		.is_64 = true,
	},
	.caps = card_caps,
	.num_caps = ARRAY_SIZE(card_caps),
	.priv_size = sizeof(struct lab_card),
	.ops = &card_ops,
};

const struct umlab_model lab_bare_model = {
	.name = "bare",
	.vendor = LAB_CARD_VENDOR,
	.device = LAB_CARD_BARE,
	.class = PCI_CLASS_OTHERS << 16,
	.bars[LAB_CARD_REGS] = {
		.kind = UMLAB_BAR_REGISTERS,
		.size = SZ_4K,
	},
	.priv_size = sizeof(struct lab_card),
	.ops = &card_ops,
};
