// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who calls the DMA API
 *
 * The whole way is kept, once for each that there is; which of the functions on
 * it is the driver's is looked at when somebody wants to know.
 */

#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "ledger.h"

#define SITE_DEPTH	16

/* Parts of the kernel by which a driver comes to the functions that are traced */
static const char *const site_kernel[] = {
	"dma_alloc_noncontiguous", "dma_free_noncontiguous", "dma_map_sg_attrs",
	"dma_map_sgtable", "dma_pool_alloc", "dma_pool_destroy",
	"dmam_alloc_attrs", "dmam_free_coherent", "dmam_release",
	"dmam_pool_release", "dmam_pool_destroy", "release_nodes",
	"devres_release_all", "pool_alloc_page",
};

depot_stack_handle_t site_save(void)
{
	unsigned long entries[SITE_DEPTH];
	unsigned int count = stack_trace_save(entries, SITE_DEPTH, 2);

	return stack_depot_save(entries, count, GFP_ATOMIC | __GFP_NOWARN);
}

/* The function that an address on the way is in */
static const char *site_function(unsigned long entry, char *symbol)
{
	sprint_symbol_no_offset(symbol, entry - 1);
	return symbol;
}

static bool site_is_kernel(const char *symbol)
{
	return match_string(site_kernel, ARRAY_SIZE(site_kernel), symbol) >= 0;
}

static bool site_is_traced(const char *symbol)
{
	return str_has_prefix(symbol, "dma_") ||
	       str_has_prefix(symbol, "__dma_");
}

const char *site_name(depot_stack_handle_t stack, char *text)
{
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long *entries;
	unsigned int count = stack_depot_fetch(stack, &entries);
	unsigned int i = 0;

	while (i < count && !site_is_traced(site_function(entries[i], symbol)))
		i++;
	i++;
	while (i < count && site_is_kernel(site_function(entries[i], symbol)))
		i++;
	if (i < count)
		scnprintf(text, SITE_TEXT, "%pS", (void *)entries[i]);
	else
		strscpy(text, "somebody", SITE_TEXT);
	return text;
}

bool site_in(depot_stack_handle_t stack, unsigned long function)
{
	unsigned long *entries, offset;
	unsigned int count = stack_depot_fetch(stack, &entries);

	while (count--) {
		if (kallsyms_lookup_size_offset(entries[count], NULL, &offset) &&
		    entries[count] - offset == function)
			return true;
	}
	return false;
}
