// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is mapped for a device, and where it is found
 *
 * Three structures: a maple tree of bus addresses, in which the gate finds what
 * the device may access in a few steps, however much is mapped; an interval tree of
 * physical addresses, which tells what overlaps; and a maple tree of what the
 * CPU owns, which most of the time is empty.
 *
 * Where a bus address is a physical one, memory that is mapped twice (which is fine
 * while the device only reads it) has one bus address for both. The maple tree
 * holds the first; the other is hidden behind it, and is found through its memory.
 * The owner is that of the address, so of both.
 */

#include <linux/interval_tree_generic.h>
#include <linux/slab.h>

#include "ledger.h"
#include "topology.h"

#define SEGMENT_START(seg)	((seg)->phys)
#define SEGMENT_LAST(seg)	((seg)->phys_last)

INTERVAL_TREE_DEFINE(struct ledger_segment, rb, u64, subtree_last,
		     SEGMENT_START, SEGMENT_LAST, static, ledger_phys)

struct ledger_mapping *ledger_new(enum ledger_kind kind,
				  enum dma_data_direction dir,
				  unsigned int nents)
{
	CLASS(umlab_spare, spare)();
	struct ledger_mapping *map = kzalloc(sizeof(*map),
					     GFP_ATOMIC | __GFP_NOWARN);
	unsigned int i;

	if (!map)
		return NULL;
	map->segs = &map->one;
	if (nents > 1)
		map->segs = kcalloc(nents, sizeof(*map->segs),
				    GFP_ATOMIC | __GFP_NOWARN);
	if (!map->segs) {
		kfree(map);
		return NULL;
	}
	map->kind = kind;
	map->dir = dir;
	map->nents = nents;
	map->stack = site_save();
	for (i = 0; i < nents; i++)
		map->segs[i].mapping = map;
	return map;
}

void ledger_free(struct ledger_mapping *map)
{
	if (map && map->segs != &map->one)
		kfree(map->segs);
	kfree(map);
}

/* Enter a segment's bus addresses, or hide it behind what has them */
static int ledger_store(struct umlab_dma_state *dma,
			struct ledger_segment *seg)
{
	CLASS(umlab_spare, spare)();
	u64 last = seg->bus + seg->size - 1;

	MA_STATE(mas, &dma->bus, seg->bus, last);

	if (!seg->size)
		return 0;
	if (mas_find(&mas, last)) {
		seg->hidden = true;
		dma->hidden++;
		return 0;
	}
	mas_set_range(&mas, seg->bus, last);
	return mas_store_gfp(&mas, seg, GFP_ATOMIC | __GFP_NOWARN);
}

/* Not mas_erase(), which may sleep */
static int ledger_erase(struct umlab_dma_state *dma, struct ledger_segment *seg)
{
	CLASS(umlab_spare, spare)();

	MA_STATE(mas, &dma->bus, seg->bus, seg->bus);

	if (seg->hidden)
		dma->hidden--;
	if (seg->hidden || !seg->size || mas_walk(&mas) != seg)
		return 0;
	mas_set_range(&mas, seg->bus, seg->bus + seg->size - 1);
	return mas_store_gfp(&mas, NULL, GFP_ATOMIC | __GFP_NOWARN);
}

/* One mapping more, or less */
static void ledger_count(struct umlab_dma_state *dma,
			 const struct ledger_mapping *map, int more)
{
	dma->count += more;
	if (map->pool)
		dma->pooled += more;
}

static int ledger_forget(struct umlab_slot *slot, struct ledger_mapping *map)
{
	struct umlab_dma_state *dma = &slot->dma;
	unsigned int i;
	int err = 0;

	for (i = 0; i < map->nents; i++) {
		struct ledger_segment *seg = &map->segs[i];

		err = ledger_erase(dma, seg) ?: err;
		if (seg->memory)
			ledger_phys_remove(seg, &dma->phys);
		if (seg->size && ledger_streams(map))
			err = ledger_disown(slot, seg->bus, seg->size) ?: err;
	}
	list_del(&map->entry);
	if (!map->told)
		ledger_count(dma, map, -1);
	return err;
}

int ledger_add(struct umlab_slot *slot, struct ledger_mapping *map)
{
	struct umlab_dma_state *dma = &slot->dma;
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&slot->lock);
	list_add_tail(&map->entry, &dma->mappings);
	ledger_count(dma, map, 1);
	map->when = umlab_journal_next;
	for (i = 0; i < map->nents; i++) {
		struct ledger_segment *seg = &map->segs[i];

		err = err ?: ledger_store(dma, seg);
		if (seg->memory)
			ledger_phys_insert(seg, &dma->phys);
	}
	if (!err)
		return 0;
	if (!ledger_forget(slot, map))
		ledger_free(map);
	return err;
}

void ledger_tell(struct umlab_slot *slot, struct ledger_mapping *map)
{
	map->told = true;
	ledger_count(&slot->dma, map, -1);
}

void ledger_clear(struct umlab_slot *slot)
{
	struct umlab_dma_state *dma = &slot->dma;
	struct ledger_mapping *map, *next;

	list_for_each_entry_safe(map, next, &dma->mappings, entry)
		ledger_free(map);
	INIT_LIST_HEAD(&dma->mappings);
	dma->phys = RB_ROOT_CACHED;
	dma->count = 0;
	dma->pooled = 0;
	dma->hidden = 0;
	__mt_destroy(&dma->bus);
	__mt_destroy(&dma->cpu);
}

int ledger_remove(struct umlab_slot *slot, struct ledger_mapping *map,
		  depot_stack_handle_t stack)
{
	struct umlab_dma_state *dma = &slot->dma;
	unsigned int i = min(map->nents, UMLAB_DMA_PAST);

	lockdep_assert_held(&slot->lock);
	/* Addresses are in the first ones, and by the first a list is known. */
	while (i && !map->segs[i - 1].size)
		i--;
	while (i--)
		dma->past[dma->past_next++ % UMLAB_DMA_PAST] =
			(struct umlab_dma_past) {
				.bus = map->segs[i].bus,
				.size = map->segs[i].size,
				.when = umlab_journal_next,
				.stack = stack,
			};
	return ledger_forget(slot, map);
}

/* What is hidden at a bus address, and fits */
static struct ledger_segment *
ledger_find_hidden(struct umlab_slot *slot, u64 bus,
		   bool (*fits)(const struct ledger_segment *seg,
				const void *data), const void *data)
{
	struct umlab_dma_state *dma = &slot->dma;
	struct ledger_segment *seg;
	u64 phys, run;

	/* Nothing hides but where the bus address is the memory's. */
	if (!topology_translate(slot, bus, false, &phys, &run))
		return NULL;
	for (seg = ledger_phys_iter_first(&dma->phys, phys, phys); seg;
	     seg = ledger_phys_iter_next(seg, phys, phys)) {
		if (seg->hidden && ledger_covers(seg, bus) && fits(seg, data))
			return seg;
	}
	return NULL;
}

static bool ledger_any(const struct ledger_segment *seg, const void *data)
{
	return true;
}

struct ledger_segment *
ledger_find_fit(struct umlab_slot *slot, u64 bus,
		bool (*fits)(const struct ledger_segment *seg,
			     const void *data), const void *data)
{
	struct ledger_segment *seg, *hidden;

	MA_STATE(mas, &slot->dma.bus, bus, bus);

	seg = mas_walk(&mas);
	if (likely(!slot->dma.hidden) || (seg && fits(seg, data)))
		return seg;
	hidden = ledger_find_hidden(slot, bus, fits, data);
	if (hidden || seg)
		return hidden ?: seg;
	return ledger_find_hidden(slot, bus, ledger_any, NULL);
}

struct ledger_segment *ledger_find(struct umlab_slot *slot, u64 bus)
{
	return ledger_find_fit(slot, bus, ledger_any, NULL);
}

struct ledger_segment *ledger_find_memory(struct umlab_slot *slot, u64 phys)
{
	return ledger_phys_iter_first(&slot->dma.phys, phys, phys);
}

struct ledger_segment *
ledger_overlap(struct umlab_slot *slot, const struct ledger_segment *seg,
	       bool (*conflicts)(const struct ledger_segment *seg,
				 const struct ledger_segment *other))
{
	struct rb_root_cached *phys = &slot->dma.phys;
	struct ledger_segment *other;

	for (other = ledger_phys_iter_first(phys, seg->phys, seg->phys_last);
	     other; other = ledger_phys_iter_next(other, seg->phys,
						  seg->phys_last)) {
		if (conflicts(seg, other))
			return other;
	}
	return NULL;
}

int ledger_own(struct umlab_slot *slot, u64 bus, u64 size,
	       depot_stack_handle_t stack)
{
	CLASS(umlab_spare, spare)();

	MA_STATE(mas, &slot->dma.cpu, bus, bus + size - 1);

	return mas_store_gfp(&mas, xa_mk_value(stack),
			     GFP_ATOMIC | __GFP_NOWARN);
}

int ledger_disown(struct umlab_slot *slot, u64 bus, u64 size)
{
	CLASS(umlab_spare, spare)();

	MA_STATE(mas, &slot->dma.cpu, bus, bus + size - 1);

	if (mtree_empty(&slot->dma.cpu))
		return 0;
	return mas_store_gfp(&mas, NULL, GFP_ATOMIC | __GFP_NOWARN);
}

bool ledger_owned(struct umlab_slot *slot, u64 bus, u64 size, u64 *at,
		  depot_stack_handle_t *stack)
{
	void *entry;

	MA_STATE(mas, &slot->dma.cpu, bus, bus);

	if (mtree_empty(&slot->dma.cpu))
		return false;
	entry = mas_find(&mas, bus + size - 1);
	if (!entry)
		return false;
	*at = max_t(u64, mas.index, bus);
	*stack = xa_to_value(entry);
	return true;
}

const struct umlab_dma_past *ledger_past(const struct umlab_slot *slot,
					 u64 bus)
{
	const struct umlab_dma_state *dma = &slot->dma;
	unsigned int i;

	for (i = 1; i <= UMLAB_DMA_PAST; i++) {
		const struct umlab_dma_past *past =
			&dma->past[(dma->past_next - i) % UMLAB_DMA_PAST];

		if (bus - past->bus < past->size)
			return past;
	}
	return NULL;
}

struct ledger_segment *ledger_nearest(struct umlab_slot *slot, u64 bus)
{
	MA_STATE(mas, &slot->dma.bus, bus, bus);
	struct ledger_segment *below, *above;

	below = mas_find_rev(&mas, 0);
	mas_set(&mas, bus);
	above = mas_find(&mas, ULONG_MAX);
	if (!below || !above)
		return below ?: above;
	return bus - (below->bus + below->size) < above->bus - bus ? below :
								      above;
}

int umlab_dma_held(struct umlab_slot *slot, u64 bus, bool held)
{
	struct ledger_segment *seg = ledger_find(slot, bus);

	lockdep_assert_held(&slot->lock);
	if (!seg)
		return -EIO;
	if (held)
		seg->mapping->holds++;
	else if (seg->mapping->holds)
		seg->mapping->holds--;
	return 0;
}

void umlab_dma_reset(struct umlab_slot *slot)
{
	struct ledger_mapping *map;

	lockdep_assert_held(&slot->lock);
	list_for_each_entry(map, &slot->dma.mappings, entry)
		map->holds = 0;
}
