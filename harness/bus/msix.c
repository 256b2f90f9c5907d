// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSI-X structures in a BAR: the table and the pending bits
 *
 * PCI 3.0, 6.8.2. The table's entries are read and written by 4 or 8 bytes, the
 * pending bits are read-only. Unmasking an entry lets its pending message go.
 */

#include <linux/bitmap.h>

#include "../slot.h"

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
	const struct umlab_irqs *irqs = &slot->irqs;
	u32 at = offset - irqs->table.offset;

	if (umlab_part_holds(&irqs->table, bar, offset))
		return le32_to_cpu(irqs->msix[at / 16][at % 16 / 4]);
	return bitmap_read(irqs->pending, (offset - irqs->pba.offset) * 8, 32);
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
	const struct umlab_bar_part *table = &slot->irqs.table;

	while (size && umlab_part_holds(table, bar, offset)) {
		u32 at = offset - table->offset;
		u32 word = at % 16 / 4;
		u32 rw = word == 3 ? PCI_MSIX_ENTRY_CTRL_MASKBIT :
			 word == 0 ? ~3U : ~0U;

		slot->irqs.msix[at / 16][word] = cpu_to_le32(value & rw);
		value >>= 32;
		size -= 4;
		offset += 4;
	}
	umlab_msi_sync(slot);
}
