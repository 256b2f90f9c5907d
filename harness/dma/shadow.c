// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as devices see it that are not coherent
 *
 * Such a device goes past the CPU's cache. Here the kernel's memory plays the cache,
 * since it is what the CPU sees, and the shadow plays the memory. Data moves between
 * them when the kernel says so, by the hooks that an architecture of this kind
 * has: when memory is given to a device, lines are written back to the shadow; when it
 * is taken from a device that may have written it, the CPU's lines are dropped and
 * read from there. Always whole lines, so that what shares one with a buffer is
 * overwritten with it.
 *
 * A line goes on as far as it would if kmalloc() aligned to lines, as it does where
 * devices are not coherent (ARCH_DMA_MINALIGN): lines begin where the object
 * does, and end with it. So what shares a line is in the same object, or
 * page; that kmalloc() of UML puts another object there, is not a driver's fault.
 */

#include <linux/dma-map-ops.h>
#include <linux/kasan.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <mm/slab.h>

#include "../slot.h"
#include "gate.h"

/* What memory holds that nothing was written to */
#define SHADOW_NOTHING	0xdb

/* The devices by their cache lines, as powers of two up to a page */
static unsigned int shadow_users[PAGE_SHIFT + 1];
static DEFINE_XARRAY(shadow_pages);

/* There was no memory for a page, so what devices see is not to be believed. */
static bool shadow_incomplete;

/* Guards all of it, and what is in the pages */
static DEFINE_SPINLOCK(shadow_lock);

static u64 shadow_line(void)
{
	unsigned int i = PAGE_SHIFT;

	while (i && !shadow_users[i])
		i--;
	return BIT(i);
}

static bool shadow_used(void)
{
	unsigned int i;

	for (i = 0; i <= PAGE_SHIFT; i++) {
		if (shadow_users[i])
			return true;
	}
	return false;
}

void shadow_begin(unsigned int line)
{
	guard(spinlock_irqsave)(&shadow_lock);
	shadow_users[ilog2(line)]++;
}

void shadow_end(unsigned int line)
{
	unsigned long pfn;
	void *page;

	guard(spinlock_irqsave)(&shadow_lock);
	shadow_users[ilog2(line)]--;
	if (shadow_used())
		return;
	xa_for_each(&shadow_pages, pfn, page)
		free_page((unsigned long)page);
	xa_destroy(&shadow_pages);
	shadow_incomplete = false;
}

/* The shadow of a page; NULL: there is none yet, or no memory for one */
static void *shadow_page(u64 phys, bool make)
{
	CLASS(umlab_spare, spare)();
	void *page = xa_load(&shadow_pages, PHYS_PFN(phys));

	if (page || !make)
		return page;
	page = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!page)
		return NULL;
	memset(page, SHADOW_NOTHING, PAGE_SIZE);
	if (!xa_is_err(xa_store(&shadow_pages, PHYS_PFN(phys), page,
				GFP_ATOMIC | __GFP_NOWARN)))
		return page;
	free_page((unsigned long)page);
	return NULL;
}

void *shadow_memory(u64 phys, u64 *size)
{
	void *page;

	guard(spinlock_irqsave)(&shadow_lock);
	page = shadow_incomplete ? NULL : shadow_page(phys, true);
	*size = min(*size, PAGE_SIZE - offset_in_page(phys));
	return page ? page + offset_in_page(phys) : NULL;
}

/* The whole lines that a range has a part of */
static void shadow_widen(u64 *start, u64 *end)
{
	struct folio *folio = page_folio(pfn_to_page(PHYS_PFN(*start)));
	u64 line = shadow_line();
	u64 object, last;

	if (!folio_test_slab(folio)) {
		*start = round_down(*start, line);
		*end = round_up(*end, line);
		return;
	}
	object = __pa(nearest_obj(folio_slab(folio)->slab_cache,
				  folio_slab(folio), __va(*start)));
	last = object + folio_slab(folio)->slab_cache->object_size;
	if (*start < object || *end > last)
		return;		/* not the object's, whatever it is */
	*start = object + round_down(*start - object, line);
	*end = min(object + round_up(*end - object, line), last);
}

static void shadow_move(u64 start, u64 size, bool to_device)
{
	u64 end = start + size, piece;

	guard(spinlock_irqsave)(&shadow_lock);
	/* A device of somebody else's may be so as well. */
	if (!size || !shadow_used() || !pfn_valid(PHYS_PFN(start)))
		return;
	shadow_widen(&start, &end);
	/* What is past the end of what was asked for, is in the line as well. */
	kasan_disable_current();
	for (; start < end; start += piece) {
		void *page = shadow_page(start, to_device);

		piece = min(end - start, PAGE_SIZE - offset_in_page(start));
		if (!page) {
			shadow_incomplete |= to_device;
			continue;
		}
		if (to_device)
			memcpy(page + offset_in_page(start), __va(start),
			       piece);
		else
			memcpy(__va(start), page + offset_in_page(start),
			       piece);
	}
	kasan_enable_current();
}

void arch_sync_dma_for_device(phys_addr_t phys, size_t size,
			      enum dma_data_direction dir)
{
	shadow_move(phys, size, true);
}

void arch_sync_dma_for_cpu(phys_addr_t phys, size_t size,
			   enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE)
		shadow_move(phys, size, false);
}
