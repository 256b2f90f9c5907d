/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger: what is mapped for a device at this moment, to the byte
 *
 * A mapping is what one call of the DMA API made. It consists of segments: one,
 * or as many as a scatter/gather list has entries or an allocation has rows of pages.
 * The first of these are bus addresses (as many as the kernel made of them), all of
 * them are memory.
 *
 * Where nothing else is said, the slot's lock is held.
 */
#ifndef _UMLAB_DMA_LEDGER_H
#define _UMLAB_DMA_LEDGER_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/rbtree.h>

#include "../slot.h"

/**
 * enum ledger_kind - how a mapping came to be
 * @LEDGER_PAGE: dma_map_page(), dma_map_single()
 * @LEDGER_RESOURCE: dma_map_resource()
 * @LEDGER_SG: dma_map_sg()
 * @LEDGER_COHERENT: dma_alloc_coherent()
 * @LEDGER_PAGES: dma_alloc_pages()
 * @LEDGER_SGT: dma_alloc_noncontiguous()
 */
enum ledger_kind {
	LEDGER_PAGE,
	LEDGER_RESOURCE,
	LEDGER_SG,
	LEDGER_COHERENT,
	LEDGER_PAGES,
	LEDGER_SGT,
};

/**
 * struct ledger_segment - a part of a mapping
 * @mapping: the mapping
 * @bus: its bus address
 * @size: in bytes; 0: it has none, it is part of the one before
 * @phys: its memory
 * @phys_last: the last byte of it
 * @memory: it has any that is known
 * @hidden: another one has its place in the tree of bus addresses
 * @rb: in the tree of memory
 * @subtree_last: for the tree
 */
struct ledger_segment {
	struct ledger_mapping *mapping;
	u64 bus;
	u64 size;
	u64 phys;
	u64 phys_last;
	bool memory;
	bool hidden;
	struct rb_node rb;
	u64 subtree_last;
};

/**
 * struct ledger_mapping - what one call mapped or allocated
 * @kind: how, enum ledger_kind
 * @dir: as it was mapped, enum dma_data_direction
 * @pool: it is a page of a DMA pool
 * @told: it was told as a leak
 * @nents: how many segments; of a scatter/gather list: how many entries
 * @holds: how often it is in flight
 * @one: the only segment of most mappings
 * @stack: who made it
 * @when: the journal at that time
 * @size: in bytes, all of it
 * @cpu: of coherent memory: what the driver got
 * @segs: as many as @nents
 * @entry: in the slot's list
 *
 * What the gate looks at is in one cache line.
 */
struct ledger_mapping {
	u8 kind;
	u8 dir;
	bool pool;
	bool told;
	unsigned int nents;
	unsigned int holds;
	struct ledger_segment one;
	depot_stack_handle_t stack;
	u64 when;
	u64 size;
	void *cpu;
	struct ledger_segment *segs;
	struct list_head entry;
};

/**
 * ledger_streams() - whether a mapping has an owner
 * @map: the mapping; coherent memory is the device's and the CPU's, and so is a
 *	BAR
 */
static inline bool ledger_streams(const struct ledger_mapping *map)
{
	return map->kind != LEDGER_COHERENT && map->kind != LEDGER_RESOURCE;
}

/**
 * ledger_allocated() - whether a mapping came with its memory
 * @map: the mapping
 */
static inline bool ledger_allocated(const struct ledger_mapping *map)
{
	return map->kind >= LEDGER_COHERENT;
}

/**
 * ledger_covers() - whether a segment has a bus address
 * @seg: the segment
 * @bus: the address
 */
static inline bool ledger_covers(const struct ledger_segment *seg, u64 bus)
{
	return bus - seg->bus < seg->size;
}

/**
 * ledger_new() - make a mapping
 * @kind: how it came to be
 * @dir: its direction
 * @nents: how many segments
 *
 * Context: any, lock not held.
 * Return: the mapping, for ledger_add(), or NULL.
 */
struct ledger_mapping *ledger_new(enum ledger_kind kind,
				  enum dma_data_direction dir,
				  unsigned int nents);

/**
 * ledger_free() - free a mapping
 * @map: the mapping, not in a ledger; NULL: none
 *
 * Context: any, lock held or not.
 */
void ledger_free(struct ledger_mapping *map);

/**
 * ledger_add() - enter a mapping
 * @slot: the slot
 * @map: the mapping with its segments; the ledger's from now on
 *
 * Return: 0, or -ENOMEM and it is freed.
 */
int ledger_add(struct umlab_slot *slot, struct ledger_mapping *map);

/**
 * ledger_remove() - take a mapping out
 * @slot: the slot
 * @map: the mapping; the caller's from now on
 * @stack: who ended it
 *
 * Return: 0; -ENOMEM if there was no memory to do so, and it must not be freed.
 */
int ledger_remove(struct umlab_slot *slot, struct ledger_mapping *map,
		  depot_stack_handle_t stack);

/**
 * ledger_tell() - a mapping is told as a leak, and stays
 * @slot: the slot
 * @map: the mapping; it does not count any more
 */
void ledger_tell(struct umlab_slot *slot, struct ledger_mapping *map);

/**
 * ledger_clear() - forget all mappings
 * @slot: the slot
 */
void ledger_clear(struct umlab_slot *slot);

/**
 * ledger_find() - what is mapped at a bus address
 * @slot: the slot
 * @bus: the address
 *
 * Return: the segment, or NULL.
 */
struct ledger_segment *ledger_find(struct umlab_slot *slot, u64 bus);

/**
 * ledger_find_fit() - likewise, if there may be several
 * @slot: the slot
 * @bus: the address
 * @fits: asked of each that has the address; told @data
 * @data: for it
 *
 * Return: one that fits, or else any; NULL if there is none.
 */
struct ledger_segment *
ledger_find_fit(struct umlab_slot *slot, u64 bus,
		bool (*fits)(const struct ledger_segment *seg,
			     const void *data), const void *data);

/**
 * ledger_find_memory() - what is mapped of the memory at a physical address
 * @slot: the slot
 * @phys: the address
 *
 * Return: the segment, or NULL.
 */
struct ledger_segment *ledger_find_memory(struct umlab_slot *slot, u64 phys);

/**
 * ledger_overlap() - another mapping of the same memory
 * @slot: the slot
 * @seg: a segment, in the ledger or not
 * @conflicts: asked of each segment that overlaps
 *
 * Return: the first that conflicts, or NULL.
 */
struct ledger_segment *
ledger_overlap(struct umlab_slot *slot, const struct ledger_segment *seg,
	       bool (*conflicts)(const struct ledger_segment *seg,
				 const struct ledger_segment *other));

/**
 * ledger_own() - part of a mapping is the CPU's
 * @slot: the slot
 * @bus: where it is
 * @size: in bytes
 * @stack: who gave it to the CPU
 *
 * Return: 0 or -ENOMEM.
 */
int ledger_own(struct umlab_slot *slot, u64 bus, u64 size,
	       depot_stack_handle_t stack);

/**
 * ledger_disown() - it is the device's
 * @slot: the slot
 * @bus: where it is
 * @size: in bytes
 *
 * Return: 0 or -ENOMEM.
 */
int ledger_disown(struct umlab_slot *slot, u64 bus, u64 size);

/**
 * ledger_owned() - whether any of a part of a mapping is the CPU's
 * @slot: the slot
 * @bus: where it is
 * @size: in bytes
 * @at: set to where
 * @stack: set to who gave it to the CPU
 */
bool ledger_owned(struct umlab_slot *slot, u64 bus, u64 size, u64 *at,
		  depot_stack_handle_t *stack);

/**
 * ledger_past() - whether there was a mapping
 * @slot: the slot
 * @bus: an address
 *
 * Return: the last one that has ended, or NULL if it is not remembered.
 */
const struct umlab_dma_past *ledger_past(const struct umlab_slot *slot,
					 u64 bus);

/**
 * ledger_nearest() - what is mapped near an address
 * @slot: the slot
 * @bus: the address, where nothing is
 *
 * Return: the segment, or NULL if there is none at all.
 */
struct ledger_segment *ledger_nearest(struct umlab_slot *slot, u64 bus);

/**
 * ledger_lost() - an entry could not be made, for lack of memory
 * @slot: the slot
 *
 * The test fails, as what it found is not to be believed.
 *
 * Context: any, lock held or not.
 */
void ledger_lost(struct umlab_slot *slot);

/* Long enough for what ledger_describe() and its like say */
#define LEDGER_TEXT	192

/**
 * ledger_describe() - a segment and its mapping in words
 * @seg: the segment
 * @text: for LEDGER_TEXT bytes
 *
 * Return: @text.
 */
const char *ledger_describe(const struct ledger_segment *seg, char *text);

/**
 * ledger_describe_past() - likewise, of a mapping that is no more
 * @past: the mapping
 * @text: for LEDGER_TEXT bytes
 *
 * Return: @text.
 */
const char *ledger_describe_past(const struct umlab_dma_past *past,
				 char *text);

/* rules.c: what the driver does; the lock is not held */

/**
 * rules_mapped() - the driver mapped or allocated
 * @slot: the slot
 * @map: what, with its segments; the ledger's from now on. NULL: there was no
 *	memory for it
 */
void rules_mapped(struct umlab_slot *slot, struct ledger_mapping *map);

/**
 * rules_failed() - it tried to, and failed
 * @slot: the slot
 * @kind: how
 * @size: in bytes
 * @dir: the direction
 */
void rules_failed(struct umlab_slot *slot, enum ledger_kind kind, u64 size,
		  enum dma_data_direction dir);

/**
 * struct ledger_call - the arguments of a call that ends or syncs a mapping
 * @kind: of the mapping that it is for
 * @bus: the bus address, the first of a list
 * @size: in bytes; not for a list
 * @nents: of a list
 * @dir: the direction
 * @cpu: of coherent memory
 * @to_cpu: of a sync: to the CPU, not to the device
 */
struct ledger_call {
	enum ledger_kind kind;
	u64 bus;
	u64 size;
	unsigned int nents;
	enum dma_data_direction dir;
	void *cpu;
	bool to_cpu;
};

/**
 * rules_unmapped() - the driver unmapped or freed
 * @slot: the slot
 * @call: with what arguments
 */
void rules_unmapped(struct umlab_slot *slot, const struct ledger_call *call);

/**
 * rules_synced() - the driver synced
 * @slot: the slot
 * @call: with what arguments
 */
void rules_synced(struct umlab_slot *slot, const struct ledger_call *call);

/* audit.c */

/**
 * audit_leaks() - nothing should be mapped any more
 * @slot: the slot
 * @why: since what
 *
 * What is, is a leak, and is undone; but what was allocated stays.
 *
 * Context: may sleep.
 */
void audit_leaks(struct umlab_slot *slot, const char *why);

/* site.c */

/**
 * site_save() - who calls the DMA API
 *
 * Context: any, lock held or not.
 * Return: a handle; 0: there was no memory.
 */
depot_stack_handle_t site_save(void);

/**
 * site_name() - who it was
 * @stack: from site_save()
 * @text: for SITE_TEXT bytes
 *
 * Return: @text: the function, and where in it.
 */
const char *site_name(depot_stack_handle_t stack, char *text);

/**
 * site_in() - whether it was called by way of a function
 * @stack: from site_save()
 * @function: where that begins
 */
bool site_in(depot_stack_handle_t stack, unsigned long function);

#define SITE_TEXT	72

#endif /* _UMLAB_DMA_LEDGER_H */
