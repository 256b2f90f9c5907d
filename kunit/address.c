// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of addresses, and which conversion goes with which
 *
 * The book's list (user virtual, physical, kernel logical, kernel virtual; bus
 * addresses come with DMA), as facts about the running kernel: each conversion
 * that is allowed leads round in a circle, and the tests that the kernel has
 * for "do not use it on this one" say no.
 */

#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "lib/frames.h"
#include "lib/space.h"
#include "lib/touch.h"

#define RUN_PAGES	4

static void *address_logical(struct kunit *test)
{
	void *mem = kunit_kzalloc(test, RUN_PAGES * PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	return mem;
}

static void address_vfree(void *mem)
{
	vfree(mem);
}

static void *address_vmalloc(struct kunit *test)
{
	void *mem = vzalloc(RUN_PAGES * PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, address_vfree, mem));
	return mem;
}

/* A user page, touched, so that it has a frame. */
static unsigned long address_user(struct kunit *test)
{
	unsigned long addr = lab_mmap_anonymous(test, RUN_PAGES);

	KUNIT_ASSERT_EQ(test, lab_touch(addr, true), LAB_OK);
	return addr;
}

/* Kernel logical <-> physical: a constant offset, both ways. */
static void address_logical_physical(struct kunit *test)
{
	char *mem = address_logical(test);
	unsigned long i;

	KUNIT_EXPECT_TRUE(test, virt_addr_valid(mem));
	for (i = 0; i < RUN_PAGES * PAGE_SIZE; i += 1021) {
		KUNIT_EXPECT_EQ(test, virt_to_phys(mem + i),
				virt_to_phys(mem) + i);
		KUNIT_EXPECT_PTR_EQ(test,
				    (char *)phys_to_virt(virt_to_phys(mem + i)),
				    mem + i);
		KUNIT_EXPECT_EQ(test, __pa(mem + i), virt_to_phys(mem + i));
		KUNIT_EXPECT_PTR_EQ(test, (char *)__va(__pa(mem + i)), mem + i);
	}
}

/* Physical <-> frame number: the shift that remap_pfn_range() wants. */
static void address_physical_pfn(struct kunit *test)
{
	phys_addr_t phys = virt_to_phys(address_logical(test));

	KUNIT_EXPECT_EQ(test, PHYS_PFN(phys), phys >> PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, PFN_PHYS(PHYS_PFN(phys + 123)), phys);
	KUNIT_EXPECT_EQ(test, PHYS_PFN(phys + PAGE_SIZE - 1), PHYS_PFN(phys));
	KUNIT_EXPECT_TRUE(test, pfn_valid(PHYS_PFN(phys)));
	/* An address in place of a frame number is the frame of nothing. */
	KUNIT_EXPECT_FALSE(test, pfn_valid(phys));
}

/* Frame number <-> struct page <-> kernel logical. */
static void address_pfn_page(struct kunit *test)
{
	char *mem = address_logical(test);
	int i;

	for (i = 0; i < RUN_PAGES; i++) {
		struct page *page = virt_to_page(mem + i * PAGE_SIZE + 9);
		unsigned long pfn = page_to_pfn(page);

		KUNIT_EXPECT_PTR_EQ(test, pfn_to_page(pfn), page);
		KUNIT_EXPECT_PTR_EQ(test, (char *)page_address(page),
				    mem + i * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, page_to_phys(page),
				virt_to_phys(mem + i * PAGE_SIZE));
		KUNIT_EXPECT_EQ(test, pfn, PHYS_PFN(virt_to_phys(mem)) + i);
	}
}

/* vmalloc: its own way to the page, and none of the logical ones. */
static void address_vmalloc_page(struct kunit *test)
{
	char *mem = address_vmalloc(test);
	int i;

	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(mem));
	KUNIT_EXPECT_FALSE(test, virt_addr_valid(mem));
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(address_logical(test)));

	for (i = 0; i < RUN_PAGES; i++) {
		char *at = mem + i * PAGE_SIZE;
		struct page *page = vmalloc_to_page(at);
		char *alias = page_address(page);

		/* Two kernel addresses for one byte: */
		at[i] = 'a' + i;
		KUNIT_EXPECT_EQ(test, alias[i], 'a' + i);
		KUNIT_EXPECT_PTR_NE(test, alias, at);
		KUNIT_EXPECT_EQ(test, vmalloc_to_pfn(at), page_to_pfn(page));
		/* the arithmetic for the one is wrong for the other. */
		KUNIT_EXPECT_NE(test, __pa(at), page_to_phys(page));
		KUNIT_EXPECT_EQ(test, __pa(alias), page_to_phys(page));
	}
}

/* User virtual: to the page through the page tables, and only in its space. */
static void address_user_page(struct kunit *test)
{
	unsigned long addr = address_user(test);
	struct lab_frame frame;
	struct page *page;
	u32 word = 0x12345678;

	/* None of the kernel's arithmetic is for it. */
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr((void *)addr));
	KUNIT_EXPECT_FALSE(test, virt_addr_valid((void *)addr));
	KUNIT_EXPECT_TRUE(test, access_ok((void __user *)addr, PAGE_SIZE));
	KUNIT_ASSERT_EQ(test, lab_store(addr + 100, &word, 4), LAB_OK);

	KUNIT_ASSERT_EQ(test, pin_user_pages_fast(addr, 1, FOLL_WRITE, &page),
			1);
	KUNIT_EXPECT_EQ(test, *(u32 *)(page_address(page) + 100), word);
	KUNIT_EXPECT_TRUE(test, lab_frame_at(addr, &frame));
	KUNIT_EXPECT_EQ(test, frame.pfn, page_to_pfn(page));
	/* Its logical address is another one, and only that has a physical. */
	KUNIT_EXPECT_NE(test, __pa(addr), page_to_phys(page));
	KUNIT_EXPECT_NE(test, (unsigned long)page_address(page), addr);
	unpin_user_page(page);

	/* The same number in another space is nothing, or something else. */
	lab_space_new(test);
	KUNIT_EXPECT_EQ(test, lab_touch(addr, false), LAB_SIGSEGV);
}

/* User memory is contiguous for its process alone. */
static void address_user_scattered(struct kunit *test)
{
	unsigned long addr = address_user(test);
	struct lab_frame first, second;

	KUNIT_EXPECT_FALSE(test, lab_frame_at(addr + PAGE_SIZE, &second));
	KUNIT_ASSERT_EQ(test, lab_touch(addr + PAGE_SIZE, true), LAB_OK);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &first));
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr + PAGE_SIZE, &second));
	KUNIT_EXPECT_NE(test, first.pfn, second.pfn);
}

/* A kernel address is none that the user may hand in. */
static void address_kernel_not_user(struct kunit *test)
{
	unsigned long end = TASK_SIZE;
	u8 byte;

	address_user(test);
	KUNIT_EXPECT_FALSE(test, access_ok((void __user *)end, 1));
	KUNIT_EXPECT_FALSE(test, access_ok((void __user *)end - 1, 2));
	KUNIT_EXPECT_FALSE(test, access_ok((void __user *)PAGE_SIZE,
					   ULONG_MAX));
	KUNIT_EXPECT_EQ(test, copy_from_user(&byte, (void __user *)end, 1), 1);
}

/* The book's high memory: there is none on 64 bits. */
static void address_no_high_memory(struct kunit *test)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	void *mapped;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FALSE(test, PageHighMem(page));
	mapped = kmap_local_page(page);
	KUNIT_EXPECT_PTR_EQ(test, mapped, page_address(page));
	kunmap_local(mapped);
	__free_page(page);
}

static struct kunit_case address_cases[] = {
	KUNIT_CASE(address_logical_physical),
	KUNIT_CASE(address_physical_pfn),
	KUNIT_CASE(address_pfn_page),
	KUNIT_CASE(address_vmalloc_page),
	KUNIT_CASE(address_user_page),
	KUNIT_CASE(address_user_scattered),
	KUNIT_CASE(address_kernel_not_user),
	KUNIT_CASE(address_no_high_memory),
	{}
};

static struct kunit_suite address_suite = {
	.name		= "umlab_address",
	.test_cases	= address_cases,
};

kunit_test_suite(address_suite);
