// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver may do with mappings
 *
 * Each call of the DMA API is looked at when the kernel tells of it. What breaks a
 * rule is a violation, and is then taken as what the driver meant, so that one mistake
 * is told once.
 */

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <asm/sections.h>

#include "ledger.h"
#include "topology.h"

static void rules_event(struct umlab_slot *slot, enum umlab_event_kind kind,
			u64 bus, u64 size, enum dma_data_direction dir)
{
	umlab_slot_event(slot, kind, 0, dir, size, bus);
}

void ledger_lost(struct umlab_slot *slot)
{
	if (slot->dma.incomplete)
		return;
	slot->dma.incomplete = true;
	umlab_slot_lost(slot, "no memory for the ledger of its mappings");
}

/* Memory that a device may access, or a violation */
static void rules_memory(struct umlab_slot *slot, struct ledger_segment *seg)
{
	size_t size = seg->phys_last - seg->phys + 1;

	if (!seg->memory)
		return;
	if (seg->phys_last >= topology_memory()) {
		/* There is nothing to be found by it. */
		seg->memory = false;
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_MEMORY,
				     "what is mapped at %#llx is no memory: %#zx bytes at the physical address %#llx",
				     seg->bus, size, seg->phys);
	} else if (memory_intersects(_stext, _etext, __va(seg->phys), size) ||
		   memory_intersects(__start_rodata, __end_rodata,
				     __va(seg->phys), size)) {
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_MEMORY,
				     "what is mapped at %#llx is the kernel's text or read-only data, %pS",
				     seg->bus, __va(seg->phys));
	}
}

/* Of two segments of one list, the later one is told. */
static bool rules_conflict(const struct ledger_segment *seg,
			   const struct ledger_segment *other)
{
	if (other->mapping == seg->mapping && other >= seg)
		return false;
	return seg->mapping->dir != DMA_TO_DEVICE ||
	       other->mapping->dir != DMA_TO_DEVICE;
}

static void rules_overlap(struct umlab_slot *slot,
			  const struct ledger_segment *seg)
{
	struct ledger_segment *other;
	char text[LEDGER_TEXT];

	if (!seg->memory)
		return;
	other = ledger_overlap(slot, seg, rules_conflict);
	if (other)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_OVERLAP,
				     "what is mapped at %#llx, %s, shares memory with %s",
				     seg->mapping->segs->bus,
				     umlab_direction_name(seg->mapping->dir),
				     ledger_describe(other, text));
}

/* One more has succeeded: the test may want the next to fail. */
static void rules_countdown(struct umlab_slot *slot, enum ledger_kind kind)
{
	unsigned int *left = kind >= LEDGER_COHERENT ? &slot->faults.alloc :
						       &slot->faults.map;

	if (kind == LEDGER_RESOURCE)
		return;
	if (*left > 1 && --*left == 1)
		umlab_dma_inject(slot);
}

/* What is allocated and streams, begins as the CPU's. */
static int rules_begin(struct umlab_slot *slot, struct ledger_mapping *map)
{
	if (map->kind != LEDGER_PAGES && map->kind != LEDGER_SGT)
		return 0;
	return ledger_own(slot, map->segs->bus, map->segs->size, map->stack);
}

void rules_mapped(struct umlab_slot *slot, struct ledger_mapping *map)
{
	unsigned int i;

	guard(spinlock_irqsave)(&slot->lock);
	if (!map) {
		ledger_lost(slot);
		return;
	}
	rules_event(slot, ledger_allocated(map) ? UMLAB_ALLOC : UMLAB_MAP,
		    map->segs->bus, map->size, map->dir);
	rules_countdown(slot, map->kind);
	if (!map->size) {
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_MEMORY,
				     "what is mapped at %#llx is 0 bytes",
				     map->segs->bus);
		ledger_free(map);
		return;
	}
	for (i = 0; i < map->nents; i++)
		rules_memory(slot, &map->segs[i]);
	if (ledger_add(slot, map)) {
		ledger_lost(slot);
		return;
	}
	for (i = 0; i < map->nents; i++)
		rules_overlap(slot, &map->segs[i]);
	if (rules_begin(slot, map))
		ledger_lost(slot);
}

void rules_failed(struct umlab_slot *slot, enum ledger_kind kind, u64 size,
		  enum dma_data_direction dir)
{
	guard(spinlock_irqsave)(&slot->lock);
	rules_event(slot, kind >= LEDGER_COHERENT ? UMLAB_ALLOC_FAILED :
						    UMLAB_MAP_FAILED,
		    0, size, dir);
}

/* What a mapping and the call that ends it have to have in common */
static bool rules_fit(const struct ledger_segment *seg, const void *data)
{
	const struct ledger_mapping *map = seg->mapping;
	const struct ledger_call *call = data;

	return seg == map->segs && seg->bus == call->bus &&
	       map->kind == call->kind && map->dir == call->dir &&
	       map->cpu == call->cpu &&
	       (call->kind == LEDGER_SG ? map->nents == call->nents :
					  map->size == call->size);
}

/* Of two that fit, the one goes that the device is done with. */
static bool rules_fit_idle(const struct ledger_segment *seg, const void *data)
{
	return rules_fit(seg, data) && !seg->mapping->holds;
}

static void rules_misfit(struct umlab_slot *slot,
			 const struct ledger_segment *seg,
			 const struct ledger_call *call)
{
	bool freed = call->kind >= LEDGER_COHERENT;
	char text[LEDGER_TEXT], site[SITE_TEXT];

	ledger_describe(seg, text);
	site_name(site_save(), site);
	if (call->kind == LEDGER_SG && seg->mapping->kind == LEDGER_SG)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_UNMAP,
				     "%s unmaps a list of %u entries, %s, at %#llx: it had %u, %s",
				     site, call->nents, umlab_direction_name(call->dir),
				     call->bus, seg->mapping->nents, text);
	else
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_UNMAP,
				     "%s %s %#llx bytes at %#llx, %s%s: this is %s",
				     site, freed ? "frees" : "unmaps", call->size,
				     call->bus, umlab_direction_name(call->dir),
				     seg->mapping->kind == call->kind &&
				     seg->mapping->cpu != call->cpu ?
				     ", by another CPU address" :
				     seg->mapping->kind != call->kind ?
				     ", by another call than the one that goes with it" :
				     "", text);
}

static bool rules_owns(struct umlab_slot *slot, const void *data)
{
	const struct ledger_call *call = data;

	guard(spinlock_irqsave)(&slot->lock);
	return ledger_find(slot, call->bus);
}

/*
 * Nothing is mapped where the driver says. The lock is not held: that of
 * another function may have to be taken.
 */
static void rules_unknown(struct umlab_slot *slot,
			  const struct ledger_call *call, const char *verb)
{
	const struct umlab_dma_past *past = ledger_past(slot, call->bus);
	int other = umlab_slot_other(slot, rules_owns, call);
	char text[LEDGER_TEXT], site[SITE_TEXT];

	site_name(site_save(), site);
	if (past)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_TWICE,
				     "%s %s %#llx, where nothing is any more: there were %s",
				     site, verb, call->bus,
				     ledger_describe_past(past, text));
	else if (other >= 0)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_DEVICE,
				     "%s %s %#llx, which is mapped for %02x.%x, not for this device",
				     site, verb, call->bus, PCI_SLOT(other),
				     PCI_FUNC(other));
	else
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_UNKNOWN,
				     "%s %s %#llx, where nothing is mapped%s",
				     site, verb, call->bus,
				     call->bus == DMA_MAPPING_ERROR ?
				     ": that is DMA_MAPPING_ERROR" : "");
}

/* How much a call is about: of a list, as much as it has */
static u64 rules_size(struct umlab_slot *slot, const struct ledger_call *call)
{
	struct ledger_segment *seg = ledger_find(slot, call->bus);

	return call->kind == LEDGER_SG && seg ? seg->mapping->size : call->size;
}

/* Take out what a call ends, which then is ours; NULL: there is no such mapping */
static struct ledger_mapping *rules_end(struct umlab_slot *slot,
					const struct ledger_call *call,
					bool *freed)
{
	struct ledger_mapping *map;
	struct ledger_segment *seg;
	char text[LEDGER_TEXT], site[SITE_TEXT];

	seg = ledger_find_fit(slot, call->bus, rules_fit_idle, call);
	if (seg && !rules_fit_idle(seg, call))
		seg = ledger_find_fit(slot, call->bus, rules_fit, call);
	if (!seg)
		return NULL;
	if (!rules_fit(seg, call))
		rules_misfit(slot, seg, call);
	map = seg->mapping;
	if (map->holds)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_BUSY,
				     "%s unmaps what the device has in flight: %s",
				     site_name(site_save(), site),
				     ledger_describe(seg, text));
	*freed = !ledger_remove(slot, map, site_save());
	if (!*freed)
		ledger_lost(slot);
	return map;
}

void rules_unmapped(struct umlab_slot *slot, const struct ledger_call *call)
{
	bool allocated = call->kind >= LEDGER_COHERENT, ours = false;
	struct ledger_mapping *map;

	if (slot->dma.reclaiming)
		return;
	scoped_guard(spinlock_irqsave, &slot->lock) {
		rules_event(slot, allocated ? UMLAB_FREE : UMLAB_UNMAP,
			    call->bus, rules_size(slot, call), call->dir);
		map = rules_end(slot, call, &ours);
	}
	if (ours)
		ledger_free(map);
	/* A mapping of nothing was told when it was made. */
	else if (!map && (call->size || call->kind == LEDGER_SG))
		rules_unknown(slot, call, allocated ? "frees" : "unmaps");
}

/* What is wrong with a sync; NULL: nothing */
static const char *rules_sync_wrong(const struct ledger_segment *seg,
				    const struct ledger_call *call)
{
	const struct ledger_mapping *map = seg->mapping;

	if (!ledger_streams(map))
		return "nothing that is synced";
	if (map->dir != DMA_BIDIRECTIONAL && map->dir != call->dir)
		return "another direction";
	if (call->kind != LEDGER_SG)
		return call->size > seg->bus + seg->size - call->bus ?
		       "past its end" : NULL;
	if (map->kind == LEDGER_PAGE || map->nents != call->nents)
		return "another number of entries";
	return NULL;
}

static bool rules_syncs(const struct ledger_segment *seg, const void *data)
{
	return !rules_sync_wrong(seg, data);
}

/* Part of a mapping changes hands */
static int rules_pass(struct umlab_slot *slot, u64 bus, u64 size, bool to_cpu)
{
	if (!size)
		return 0;
	return to_cpu ? ledger_own(slot, bus, size, site_save()) :
			ledger_disown(slot, bus, size);
}

/*
 * What the CPU only reads need not be given back (dma-api-howto.rst), so of what the
 * device fills, the CPU never becomes the owner.
 */
static int rules_sync(struct umlab_slot *slot, struct ledger_segment *seg,
		      const struct ledger_call *call)
{
	struct ledger_mapping *map = seg->mapping;
	unsigned int i;
	int err = 0;

	if (call->to_cpu && map->dir == DMA_FROM_DEVICE)
		return 0;
	if (call->kind != LEDGER_SG)
		return rules_pass(slot, call->bus, call->size, call->to_cpu);
	for (i = 0; !err && i < map->nents && map->segs[i].size; i++)
		err = rules_pass(slot, map->segs[i].bus, map->segs[i].size,
				 call->to_cpu);
	return err;
}

void rules_synced(struct umlab_slot *slot, const struct ledger_call *call)
{
	const char *to = call->to_cpu ? "syncs for the CPU" :
					"syncs for the device";
	char text[LEDGER_TEXT], site[SITE_TEXT];
	struct ledger_segment *seg;
	const char *wrong;

	scoped_guard(spinlock_irqsave, &slot->lock) {
		rules_event(slot, call->to_cpu ? UMLAB_SYNC_CPU :
						 UMLAB_SYNC_DEVICE,
			    call->bus, rules_size(slot, call), call->dir);
		seg = ledger_find_fit(slot, call->bus, rules_syncs, call);
		if (!seg)
			break;
		wrong = rules_sync_wrong(seg, call);
		if (wrong)
			umlab_slot_violation(slot, UMLAB_VIOLATION_DMA_SYNC,
					     "%s %s, %s, %#llx (%s): this is %s",
					     site_name(site_save(), site), to,
					     umlab_direction_name(call->dir),
					     call->bus, wrong,
					     ledger_describe(seg, text));
		else if (rules_sync(slot, seg, call))
			ledger_lost(slot);
		return;
	}
	rules_unknown(slot, call, to);
}
