// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSI-X structures in a BAR: the table and the pending bits
 *
 * PCI 3.0, 6.8.2. The table's entries are read and written by 4 or 8 bytes, the
 * pending bits are read-only. Unmasking an entry lets its pending message go.
 */

#include <linux/bitmap.h>

#include "../slot.h"

static u32 msix_register(const struct umlab_slot *slot, unsigned int at)
{
	return umlab_config_get(&slot->config, slot->config.msix + at, 4);
}

/* Where in the structure that @at points to; past @size: not in it */
static u32 msix_inside(const struct umlab_slot *slot, unsigned int at,
		       unsigned int bar, u32 offset, u32 size)
{
	u32 pointer = msix_register(slot, at);

	if ((pointer & PCI_MSIX_TABLE_BIR) != bar)
		return size;
	offset -= pointer & PCI_MSIX_TABLE_OFFSET;
	return min(offset, size);
}

static u32 msix_table_size(const struct umlab_slot *slot)
{
	return slot->irqs.num_msix * PCI_MSIX_ENTRY_SIZE;
}

static u32 msix_pba_size(const struct umlab_slot *slot)
{
	return DIV_ROUND_UP(slot->irqs.num_msix, 64) * 8;
}

bool umlab_msix_holds(const struct umlab_slot *slot, unsigned int bar,
		      u32 offset)
{
	return msix_inside(slot, PCI_MSIX_TABLE, bar, offset,
			   msix_table_size(slot)) < msix_table_size(slot) ||
	       msix_inside(slot, PCI_MSIX_PBA, bar, offset,
			   msix_pba_size(slot)) < msix_pba_size(slot);
}

void umlab_msix_reset(struct umlab_slot *slot)
{
	unsigned int i;

	bitmap_zero(slot->irqs.pending, UMLAB_VECTORS_MAX);
	for (i = 0; i < slot->irqs.num_msix; i++) {
		memset(slot->irqs.msix[i], 0, sizeof(slot->irqs.msix[i]));
		slot->irqs.msix[i][3] =
			cpu_to_le32(PCI_MSIX_ENTRY_CTRL_MASKBIT);
	}
}

static u32 msix_read_word(const struct umlab_slot *slot, unsigned int bar,
			  u32 offset)
{
	u32 at = msix_inside(slot, PCI_MSIX_TABLE, bar, offset,
			     msix_table_size(slot));

	if (at < msix_table_size(slot))
		return le32_to_cpu(slot->irqs.msix[at / 16][at % 16 / 4]);
	at = msix_inside(slot, PCI_MSIX_PBA, bar, offset, msix_pba_size(slot));
	return bitmap_read(slot->irqs.pending, at * 8, 32);
}

u64 umlab_msix_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
		    unsigned int size)
{
	u64 value = msix_read_word(slot, bar, offset);

	if (size == 8)
		value |= (u64)msix_read_word(slot, bar, offset + 4) << 32;
	return value;
}

void umlab_msix_write(struct umlab_slot *slot, unsigned int bar, u32 offset,
		      unsigned int size, u64 value)
{
	u32 at = msix_inside(slot, PCI_MSIX_TABLE, bar, offset,
			     msix_table_size(slot));

	for (; size && at < msix_table_size(slot); size -= 4, at += 4) {
		u32 word = at % 16 / 4;
		u32 rw = word == 3 ? PCI_MSIX_ENTRY_CTRL_MASKBIT :
			 word == 0 ? ~3U : ~0U;

		slot->irqs.msix[at / 16][word] = cpu_to_le32(value & rw);
		value >>= 32;
	}
	umlab_msi_sync(slot);
}
