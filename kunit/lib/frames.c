// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the page tables really say
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>

#include "frames.h"

/* VM_PFNMAP mappings are skipped unless this says no. */
static int lab_walk_test(unsigned long addr, unsigned long next,
			 struct mm_walk *walk)
{
	return 0;
}

static int lab_walk(unsigned long start, unsigned long end,
		    int (*entry)(pte_t *pte, unsigned long addr,
				 unsigned long next, struct mm_walk *walk),
		    void *private)
{
	const struct mm_walk_ops ops = {
		.pte_entry	= entry,
		.test_walk	= lab_walk_test,
		.walk_lock	= PGWALK_RDLOCK,
	};
	int ret;

	mmap_read_lock(current->mm);
	ret = walk_page_range(current->mm, start, end, &ops, private);
	mmap_read_unlock(current->mm);
	return ret;
}

static struct lab_frame lab_frame_of(pte_t pte, unsigned long addr)
{
	return (struct lab_frame){
		.addr	= addr,
		.pfn	= pte_pfn(pte),
		.write	= pte_write(pte),
	};
}

static int lab_frame_entry(pte_t *ptep, unsigned long addr, unsigned long next,
			   struct mm_walk *walk)
{
	pte_t pte = ptep_get(ptep);

	if (!pte_present(pte))
		return 0;
	*(struct lab_frame *)walk->private = lab_frame_of(pte, addr);
	return 1;
}

bool lab_frame_at(unsigned long addr, struct lab_frame *frame)
{
	addr &= PAGE_MASK;
	return lab_walk(addr, addr + PAGE_SIZE, lab_frame_entry, frame) == 1;
}

/**
 * struct lab_compare - a comparison under way
 * @windows: what is expected
 * @count: how many windows
 * @found: how many entries were found as expected
 * @text: where to describe a difference
 * @size: of @text
 */
struct lab_compare {
	const struct lab_window *windows;
	unsigned int count;
	unsigned long found;
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

static int lab_compare_entry(pte_t *ptep, unsigned long addr,
			     unsigned long next, struct mm_walk *walk)
{
	struct lab_compare *compare = walk->private;
	unsigned long want = lab_expected_pfn(compare, addr);
	pte_t pte = ptep_get(ptep);

	if (!pte_present(pte))
		return 0;
	if (pte_pfn(pte) == want) {
		compare->found++;
		return 0;
	}
	if (want == LAB_NO_FRAME)
		scnprintf(compare->text, compare->size,
			  "frame %#lx is mapped at %#lx, where nothing should be",
			  pte_pfn(pte), addr);
	else
		scnprintf(compare->text, compare->size,
			  "frame %#lx is mapped at %#lx, expected frame %#lx",
			  pte_pfn(pte), addr, want);
	return 1;
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

	if (lab_walk(0, TASK_SIZE, lab_compare_entry, &compare))
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
