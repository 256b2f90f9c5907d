// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which block of a DMA pool is free
 *
 * Nobody tells when a driver takes a block from a pool (mm/dmapool.c) or gives it
 * back, but with CONFIG_SLUB_DEBUG_ON a free block can be told by what the kernel
 * leaves in it: the block's own bus address in its second word, and poison after
 * that. A block in use has neither, unless the driver wrote just that.
 */

#include <linux/poison.h>
#include <linux/string.h>

#include "gate.h"
#include "ledger.h"

/* struct dma_block: the next free one, the bus address */
#define POOL_ADDRESS	sizeof(void *)
#define POOL_HEADER	(POOL_ADDRESS + sizeof(dma_addr_t))

/* Whether there is a free block's header at an offset of the page */
static bool pool_has_header(const struct ledger_segment *seg, u64 offset)
{
	const u8 *page = seg->mapping->cpu;
	dma_addr_t address;

	if (offset + POOL_HEADER > seg->size)
		return false;
	memcpy(&address, page + offset + POOL_ADDRESS, sizeof(address));
	return address == seg->bus + offset;
}

/* Whether what follows a header is what follows that of a free block */
static bool pool_goes_on(const struct ledger_segment *seg, u64 offset)
{
	const u8 *page = seg->mapping->cpu;

	offset += POOL_HEADER;
	return offset >= seg->size || page[offset] == POOL_POISON_FREED ||
	       pool_has_header(seg, offset);
}

static bool pool_byte_is_free(const struct ledger_segment *seg, u64 offset)
{
	const u8 *page = seg->mapping->cpu;
	u64 start = offset, i;

	/* In the poison: the header is where that begins. */
	while (start && page[start] == POOL_POISON_FREED)
		start--;
	if (start != offset && start + 1 >= POOL_HEADER &&
	    pool_has_header(seg, start + 1 - POOL_HEADER))
		return true;
	for (i = 0; i < POOL_HEADER && i <= offset; i++) {
		if (pool_has_header(seg, offset - i) &&
		    pool_goes_on(seg, offset - i))
			return true;
	}
	return false;
}

bool pool_is_free(const struct ledger_segment *seg, u64 bus, u64 size)
{
	u64 offset = bus - seg->bus;

	return IS_ENABLED(CONFIG_SLUB_DEBUG_ON) &&
	       (pool_byte_is_free(seg, offset) ||
		pool_byte_is_free(seg, offset + size - 1));
}
