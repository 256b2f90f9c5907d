// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings in words, for messages
 */

#include <linux/kernel.h>

#include "ledger.h"

static const char *const ledger_calls[] = {
	[LEDGER_PAGE] = "mapping",
	[LEDGER_RESOURCE] = "resource mapping",
	[LEDGER_SG] = "scatter/gather segment",
	[LEDGER_COHERENT] = "coherent allocation",
	[LEDGER_PAGES] = "allocation of pages",
	[LEDGER_SGT] = "noncontiguous allocation",
};

const char *ledger_describe(const struct ledger_segment *seg, char *text)
{
	const struct ledger_mapping *map = seg->mapping;
	char site[SITE_TEXT];

	scnprintf(text, LEDGER_TEXT,
		  "%s of %#llx bytes at %#llx, %s, made by %s %llu events ago",
		  map->pool ? "page of a DMA pool" : ledger_calls[map->kind],
		  seg->size, seg->bus, umlab_direction_name(map->dir),
		  site_name(map->stack, site), umlab_journal_next - map->when);
	return text;
}

const char *ledger_describe_past(const struct umlab_dma_past *past, char *text)
{
	char site[SITE_TEXT];

	scnprintf(text, LEDGER_TEXT,
		  "%#llx bytes at %#llx, unmapped by %s %llu events ago",
		  past->size, past->bus, site_name(past->stack, site),
		  umlab_journal_next - past->when);
	return text;
}
