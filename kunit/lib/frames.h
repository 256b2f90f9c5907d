/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the page tables really say
 *
 * A driver is judged by the frames it lets user space reach, so suites compare
 * all page table entries of a space with what they expect: exactly these, and
 * no others anywhere.
 */
#ifndef _LAB_FRAMES_H
#define _LAB_FRAMES_H

#include <linux/types.h>

struct kunit;

/* In lab_window.list: no entry here */
#define LAB_NO_FRAME	(~0UL)

/**
 * struct lab_frame - a present page table entry
 *
 * Present as the kernel means it: that of a PROT_NONE mapping is, too, because
 * it holds on to its frame and one mprotect() opens it.
 *
 * @addr: the user address it maps
 * @pfn: the frame it leads to
 * @write: it allows writing
 */
struct lab_frame {
	unsigned long addr;
	unsigned long pfn;
	bool write;
};

/**
 * struct lab_window - a range of user addresses and the frames expected there
 * @addr: its start
 * @pages: its length
 * @pfn: the frame expected at @addr, and consecutive ones after it
 * @list: or, if not NULL, the frames one by one, or LAB_NO_FRAME
 */
struct lab_window {
	unsigned long addr;
	unsigned long pages;
	unsigned long pfn;
	const unsigned long *list;
};

/**
 * lab_frame_at() - look an address up in the page tables
 * @addr: the address
 * @frame: where to put the entry
 *
 * Context: in a space, see lab_space_new().
 * Return: true if there is a present entry.
 */
bool lab_frame_at(unsigned long addr, struct lab_frame *frame);

/**
 * lab_frames_differ() - compare the page tables with what is expected
 * @windows: what is expected
 * @count: how many windows; 0: an empty space
 * @text: where to describe the first difference
 * @size: of @text
 *
 * The whole of the current space is walked, also where nothing is mapped.
 *
 * Return: true if they differ.
 */
bool lab_frames_differ(const struct lab_window *windows, unsigned int count,
		       char *text, size_t size);

/**
 * lab_expect_frames() - expect the page tables to be exactly so
 * @test: the test
 * @step: what the test has just done, for the message
 * @windows: what is expected
 * @count: how many windows
 */
void lab_expect_frames(struct kunit *test, const char *step,
		       const struct lab_window *windows, unsigned int count);

/**
 * lab_expect_range() - expect one run of frames in the space, and nothing else
 * @test: the test
 * @step: what the test has just done, for the message
 * @addr: the start of the run
 * @pages: its length; 0: an empty space
 * @pfn: its first frame
 */
void lab_expect_range(struct kunit *test, const char *step, unsigned long addr,
		      unsigned long pages, unsigned long pfn);

#endif /* _LAB_FRAMES_H */
