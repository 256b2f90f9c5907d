// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the page tables really say
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "frames.h"

/* Returns false to end the walk. */
typedef bool (*lab_entry_fn)(pte_t pte, unsigned long addr, void *private);

/*
 * One step: call @entry for the entries from @addr on that are in one table, or
 * skip what has no table. Returns the next address; ULONG_MAX: enough.
 */
static unsigned long lab_walk_step(unsigned long addr, unsigned long end,
				   lab_entry_fn entry, void *private)
{
	pgd_t *pgd = pgd_offset(current->mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *table, *ptep;

	/* Each level's end is clipped to the one above: some are folded. */
	end = pgd_addr_end(addr, end);
	if (pgd_none(*pgd))
		return end;
	p4d = p4d_offset(pgd, addr);
	end = p4d_addr_end(addr, end);
	if (p4d_none(*p4d))
		return end;
	pud = pud_offset(p4d, addr);
	end = pud_addr_end(addr, end);
	if (pud_none(*pud))
		return end;
	pmd = pmd_offset(pud, addr);
	end = pmd_addr_end(addr, end);
	table = pmd_none(*pmd) ? NULL : pte_offset_map(pmd, addr);
	if (!table)
		return end;

	for (ptep = table; addr < end; ptep++, addr += PAGE_SIZE) {
		pte_t pte = ptep_get(ptep);

		if (pte_present(pte) && !entry(pte, addr, private)) {
			end = ULONG_MAX;
			break;
		}
	}
	pte_unmap(table);
	return end;
}

/*
 * walk_page_range() looks only where there are mappings. What a driver put
 * beyond its mapping's end is just what must be found, so this walks it all.
 */
static void lab_walk(unsigned long addr, unsigned long end, lab_entry_fn entry,
		     void *private)
{
	mmap_write_lock(current->mm);
	while (addr < end)
		addr = lab_walk_step(addr, end, entry, private);
	mmap_write_unlock(current->mm);
}

static struct lab_frame lab_frame_of(pte_t pte, unsigned long addr)
{
	return (struct lab_frame){
		.addr	= addr,
		.pfn	= pte_pfn(pte),
		.write	= pte_write(pte),
	};
}

static bool lab_frame_entry(pte_t pte, unsigned long addr, void *private)
{
	*(struct lab_frame *)private = lab_frame_of(pte, addr);
	return true;
}

bool lab_frame_at(unsigned long addr, struct lab_frame *frame)
{
	addr &= PAGE_MASK;
	frame->pfn = LAB_NO_FRAME;
	lab_walk(addr, addr + PAGE_SIZE, lab_frame_entry, frame);
	return frame->pfn != LAB_NO_FRAME;
}

/**
 * struct lab_compare - a comparison under way
 * @windows: what is expected
 * @count: how many windows
 * @found: how many entries were found as expected
 * @differ: one was found that was not
 * @text: where to describe a difference
 * @size: of @text
 */
struct lab_compare {
	const struct lab_window *windows;
	unsigned int count;
	unsigned long found;
	bool differ;
	char *text;
	size_t size;
};

static unsigned long lab_window_pfn(const struct lab_window *window,
				    unsigned long page)
{
	return window->list ? window->list[page] : window->pfn + page;
}

static unsigned long lab_expected_pfn(const struct lab_compare *compare,
				      unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < compare->count; i++) {
		const struct lab_window *window = &compare->windows[i];

		if (addr >= window->addr &&
		    (addr - window->addr) >> PAGE_SHIFT < window->pages)
			return lab_window_pfn(window, (addr - window->addr) >>
						      PAGE_SHIFT);
	}
	return LAB_NO_FRAME;
}

static bool lab_compare_entry(pte_t pte, unsigned long addr, void *private)
{
	struct lab_compare *compare = private;
	unsigned long want = lab_expected_pfn(compare, addr);

	if (pte_pfn(pte) == want) {
		compare->found++;
		return true;
	}
	compare->differ = true;
	if (want == LAB_NO_FRAME)
		scnprintf(compare->text, compare->size,
			  "frame %#lx is mapped at %#lx, where nothing should be",
			  pte_pfn(pte), addr);
	else
		scnprintf(compare->text, compare->size,
			  "frame %#lx is mapped at %#lx, expected frame %#lx",
			  pte_pfn(pte), addr, want);
	return false;
}

bool lab_frames_differ(const struct lab_window *windows, unsigned int count,
		       char *text, size_t size)
{
	struct lab_compare compare = {
		.windows	= windows,
		.count		= count,
		.text		= text,
		.size		= size,
	};
	unsigned long want = 0, page;
	unsigned int i;

	lab_walk(0, TASK_SIZE, lab_compare_entry, &compare);
	if (compare.differ)
		return true;

	for (i = 0; i < count; i++)
		for (page = 0; page < windows[i].pages; page++)
			if (lab_window_pfn(&windows[i], page) != LAB_NO_FRAME)
				want++;
	if (compare.found == want)
		return false;
	scnprintf(text, size, "%lu frames are mapped, expected %lu",
		  compare.found, want);
	return true;
}

void lab_expect_frames(struct kunit *test, const char *step,
		       const struct lab_window *windows, unsigned int count)
{
	char text[128];

	if (lab_frames_differ(windows, count, text, sizeof(text)))
		KUNIT_FAIL(test, "%s: %s", step, text);
}

void lab_expect_range(struct kunit *test, const char *step, unsigned long addr,
		      unsigned long pages, unsigned long pfn)
{
	const struct lab_window window = {
		.addr	= addr,
		.pages	= pages,
		.pfn	= pfn,
	};

	lab_expect_frames(test, step, &window, 1);
}
