// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers themselves: each sees what it is there to see
 *
 * A helper that cannot fail makes every suite that uses it worthless, so each
 * is shown a good state and a bad one, made with the kernel's own calls.
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "frames.h"
#include "node.h"
#include "refs.h"
#include "region.h"
#include "scull_dev.h"
#include "simple_dev.h"
#include "space.h"
#include "touch.h"

#define RW	(PROT_READ | PROT_WRITE)

static unsigned long lib_anonymous(struct kunit *test, unsigned long pages)
{
	unsigned long addr = lab_mmap(NULL, pages, RW,
				      MAP_PRIVATE | MAP_ANONYMOUS, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	return addr;
}

static void lib_space_separate(struct kunit *test)
{
	struct lab_space *a = lab_space_new(test), *b;
	unsigned long addr = lib_anonymous(test, 1);
	u32 word = 1, got = 0;

	KUNIT_ASSERT_EQ(test, lab_store(addr, &word, 4), LAB_OK);
	b = lab_space_new(test);
	KUNIT_EXPECT_EQ(test, lab_vma_count(), 0);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &got, 4), LAB_SIGSEGV);
	lab_space_enter(a);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &got, 4), LAB_OK);
	KUNIT_EXPECT_EQ(test, got, word);
	lab_space_exit(b);
	KUNIT_EXPECT_EQ(test, lab_vma_count(), 1);
}

static void lib_space_fork_copies(struct kunit *test)
{
	struct lab_space *parent = lab_space_new(test), *child;
	unsigned long addr = lib_anonymous(test, 1);
	u32 word = 1, got = 0;

	KUNIT_ASSERT_EQ(test, lab_store(addr, &word, 4), LAB_OK);
	child = lab_space_fork(test);
	word = 2;
	KUNIT_ASSERT_EQ(test, lab_store(addr, &word, 4), LAB_OK);
	lab_space_enter(child);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &got, 4), LAB_OK);
	KUNIT_EXPECT_EQ(test, got, 1);
	lab_space_enter(parent);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &got, 4), LAB_OK);
	KUNIT_EXPECT_EQ(test, got, 2);
}

/* Exit unmaps and frees here and now, not some time later. */
static void lib_space_exit_is_now(struct kunit *test)
{
	struct lab_space *space = lab_space_new(test);
	unsigned long addr = lib_anonymous(test, 1);
	struct lab_frame frame;
	struct page *page;

	KUNIT_ASSERT_EQ(test, lab_touch(addr, true), LAB_OK);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &frame));
	page = pfn_to_page(frame.pfn);
	get_page(page);
	lru_add_drain();	/* new pages wait in a batch that holds one too */
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	lab_space_exit(space);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

static void lib_space_mremap(struct kunit *test)
{
	unsigned long addr, to;
	u32 word = 7, got = 0;

	lab_space_new(test);
	addr = lib_anonymous(test, 2);
	KUNIT_ASSERT_EQ(test, lab_store(addr, &word, 4), LAB_OK);
	to = lab_mremap_to(addr, 2, 4);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(to));
	KUNIT_EXPECT_NE(test, to, addr);
	KUNIT_EXPECT_EQ(test, lab_vm_flags(addr), 0);
	KUNIT_EXPECT_EQ(test, lab_load(to, &got, 4), LAB_OK);
	KUNIT_EXPECT_EQ(test, got, word);
	KUNIT_EXPECT_EQ(test, lab_touch(to + 3 * PAGE_SIZE, true), LAB_OK);
	KUNIT_EXPECT_EQ(test, (long)lab_mremap(addr, 1, 2), -EFAULT);
}

static void lib_touch_outcomes(struct kunit *test)
{
	unsigned long addr;

	lab_space_new(test);
	addr = lib_anonymous(test, 2);
	KUNIT_EXPECT_EQ(test, lab_touch(addr, true), LAB_OK);
	KUNIT_EXPECT_EQ(test, lab_touch(addr + 2 * PAGE_SIZE, false),
			LAB_SIGSEGV);
	KUNIT_ASSERT_EQ(test, lab_mprotect(addr, 1, PROT_READ), 0);
	KUNIT_EXPECT_EQ(test, lab_touch(addr, false), LAB_OK);
	KUNIT_EXPECT_EQ(test, lab_touch(addr, true), LAB_SIGSEGV);
	KUNIT_ASSERT_EQ(test, lab_mprotect(addr, 1, PROT_NONE), 0);
	KUNIT_EXPECT_EQ(test, lab_touch(addr, false), LAB_SIGSEGV);
}

/* A driver that is wrong on purpose, for the touch and frames helpers. */
static vm_fault_t lib_endless_fault(struct vm_fault *vmf)
{
	return VM_FAULT_NOPAGE;
}

static const struct vm_operations_struct lib_endless_ops = {
	.fault = lib_endless_fault,
};

static int lib_endless_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &lib_endless_ops;
	return 0;
}

/* Maps a frame that no memory has. */
static int lib_wild_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, 1UL << 30, PAGE_SIZE,
			       vma->vm_page_prot);
}

/* Maps a page more than it was asked for. */
static int lib_beyond_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_pfn_range(vma, vma->vm_start, 1UL << 30, 2 * PAGE_SIZE,
			       vma->vm_page_prot);
}

static const struct file_operations lib_beyond_fops = {
	.mmap = lib_beyond_mmap,
};

static const struct file_operations lib_endless_fops = {
	.mmap = lib_endless_mmap,
};

static const struct file_operations lib_wild_fops = {
	.mmap = lib_wild_mmap,
};

/* Map a page of a file whose mmap method is @fops'. */
static unsigned long lib_map_bad(struct kunit *test,
				 const struct file_operations *fops)
{
	struct file *file = lab_open(test, "scullp0", O_RDWR);
	const struct file_operations *own = file->f_op;
	unsigned long addr;

	lab_space_new(test);
	file->f_op = fops;
	addr = lab_mmap(file, 1, RW, MAP_SHARED, 0);
	file->f_op = own;
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	return addr;
}

static void lib_touch_endless(struct kunit *test)
{
	unsigned long addr = lib_map_bad(test, &lib_endless_fops);
	u8 byte;

	KUNIT_EXPECT_EQ(test, lab_touch(addr, false), LAB_LOOP);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &byte, 1), LAB_LOOP);
}

static void lib_touch_wild(struct kunit *test)
{
	unsigned long addr = lib_map_bad(test, &lib_wild_fops);
	u8 byte = 0;

	KUNIT_EXPECT_EQ(test, lab_touch(addr, false), LAB_WILD);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &byte, 1), LAB_WILD);
	KUNIT_EXPECT_EQ(test, lab_store(addr, &byte, 1), LAB_WILD);
}

static void lib_load_across_pages(struct kunit *test)
{
	char out[64], in[64];
	unsigned long addr;
	int i;

	lab_space_new(test);
	addr = lib_anonymous(test, 2) + PAGE_SIZE - 30;
	for (i = 0; i < sizeof(out); i++)
		out[i] = i + 1;
	KUNIT_EXPECT_EQ(test, lab_store(addr, out, sizeof(out)), LAB_OK);
	KUNIT_EXPECT_EQ(test, lab_load(addr, in, sizeof(in)), LAB_OK);
	KUNIT_EXPECT_MEMEQ(test, in, out, sizeof(in));
	KUNIT_EXPECT_EQ(test, lab_load(addr + PAGE_SIZE, in, sizeof(in)),
			LAB_SIGSEGV);
}

/* Every way the page tables can differ from what is expected. */
static void lib_frames_differences(struct kunit *test)
{
	struct lab_window window;
	struct lab_frame frame;
	unsigned long list[3];
	char text[128];
	int i;

	lab_space_new(test);
	KUNIT_EXPECT_FALSE(test, lab_frames_differ(NULL, 0, text, 128));
	window.addr = lib_anonymous(test, 3);
	window.pages = 3;
	window.list = list;
	for (i = 0; i < 3; i += 2) {
		unsigned long page = window.addr + i * PAGE_SIZE;

		KUNIT_ASSERT_EQ(test, lab_touch(page, true), LAB_OK);
		KUNIT_ASSERT_TRUE(test, lab_frame_at(page, &frame));
		KUNIT_EXPECT_EQ(test, frame.addr, page);
		list[i] = frame.pfn;
	}
	list[1] = LAB_NO_FRAME;
	KUNIT_EXPECT_FALSE(test, lab_frames_differ(&window, 1, text, 128));

	/* a frame too many, outside the window */
	window.pages = 2;
	KUNIT_EXPECT_TRUE(test, lab_frames_differ(&window, 1, text, 128));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "nothing should be"));
	window.pages = 3;
	/* one too few */
	list[1] = 1;
	KUNIT_EXPECT_TRUE(test, lab_frames_differ(&window, 1, text, 128));
	KUNIT_EXPECT_STREQ(test, text, "2 frames are mapped, expected 3");
	list[1] = LAB_NO_FRAME;
	/* another one */
	list[2] ^= 1;
	KUNIT_EXPECT_TRUE(test, lab_frames_differ(&window, 1, text, 128));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "expected frame"));
}

static void lib_frames_see_pfnmap(struct kunit *test)
{
	unsigned long addr = lib_map_bad(test, &lib_wild_fops);
	struct lab_window window = { .addr = addr, .pages = 1,
				     .pfn = 1UL << 30 };
	char text[128];

	KUNIT_EXPECT_FALSE(test, lab_frames_differ(&window, 1, text, 128));
	KUNIT_EXPECT_TRUE(test, lab_frames_differ(NULL, 0, text, 128));
}

/* An entry where no mapping is. */
static void lib_frames_beyond_mapping(struct kunit *test)
{
	unsigned long addr = lib_map_bad(test, &lib_beyond_fops);
	struct lab_window window = { .addr = addr, .pages = 1,
				     .pfn = 1UL << 30 };
	char text[128];

	KUNIT_EXPECT_TRUE(test, lab_frames_differ(&window, 1, text, 128));
	window.pages = 2;
	KUNIT_EXPECT_FALSE(test, lab_frames_differ(&window, 1, text, 128));
}

static void lib_frames_write_bit(struct kunit *test)
{
	struct lab_frame frame;
	unsigned long addr;

	lab_space_new(test);
	addr = lib_anonymous(test, 1);
	KUNIT_ASSERT_EQ(test, lab_touch(addr, true), LAB_OK);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &frame));
	KUNIT_EXPECT_TRUE(test, frame.write);
	KUNIT_ASSERT_EQ(test, lab_mprotect(addr, 1, PROT_READ), 0);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &frame));
	KUNIT_EXPECT_FALSE(test, frame.write);
}

/* An extra reference, a missing one, and a mapping that is not one's own. */
static void lib_refs_differences(struct kunit *test)
{
	struct lab_region region;
	struct lab_refs base;
	char text[160];

	lab_region_init(test, &region, 2);
	lab_refs_init(&base);
	get_page(lab_region_page(&region, 1));
	lab_refs_add(test, &base, lab_region_page(&region, 0));
	lab_refs_add(test, &base, lab_region_page(&region, 1));
	KUNIT_EXPECT_FALSE(test, lab_refs_differ(&base, NULL, text, 160));

	get_page(lab_region_page(&region, 0));
	KUNIT_EXPECT_TRUE(test, lab_refs_differ(&base, NULL, text, 160));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "page 0"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "is leaked"));
	put_page(lab_region_page(&region, 0));

	put_page(lab_region_page(&region, 1));
	KUNIT_EXPECT_TRUE(test, lab_refs_differ(&base, NULL, text, 160));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "page 1"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "is missing"));
	base.refs[1]--;
	KUNIT_EXPECT_FALSE(test, lab_refs_differ(&base, NULL, text, 160));

	KUNIT_EXPECT_TRUE(test, lab_refs_differ(&base, (int[]) { 1, 0 }, text,
						160));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "not mapped as expected"));
}

static void lib_region_layout(struct kunit *test)
{
	struct lab_region region;
	long page;

	lab_region_init(test, &region, 3);
	for (page = -1; page <= 3; page++) {
		KUNIT_EXPECT_EQ(test, *(u64 *)(region.mem + page *
					       (long)PAGE_SIZE),
				lab_region_stamp(page));
		KUNIT_EXPECT_EQ(test, lab_region_pfn(&region, page),
				lab_region_pfn(&region, 0) + page);
		KUNIT_EXPECT_EQ(test, page_to_pfn(lab_region_page(&region,
								  page)),
				lab_region_pfn(&region, page));
		KUNIT_EXPECT_EQ(test, page_count(lab_region_page(&region,
								 page)), 1);
	}
}

/* The first and the last byte of either guard. */
static void lib_region_guards(struct kunit *test)
{
	struct lab_region region;
	const long at[] = { -(long)PAGE_SIZE, -1, 2 * PAGE_SIZE,
			    3 * PAGE_SIZE - 1 };
	int i;

	lab_region_init(test, &region, 2);
	KUNIT_EXPECT_TRUE(test, lab_region_guards_ok(&region));
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		((u8 *)region.mem)[at[i]] ^= 1;
		KUNIT_EXPECT_FALSE(test, lab_region_guards_ok(&region));
		((u8 *)region.mem)[at[i]] ^= 1;
	}
	memset(region.mem, 0, 2 * PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, lab_region_guards_ok(&region));
}

static void lib_node_errors(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(lab_try_open("no-such-node",
							   O_RDWR)), -ENOENT);
}

static int lib_released;

static int lib_count_release(struct inode *inode, struct file *file)
{
	lib_released++;
	return 0;
}

static const struct file_operations lib_count_fops = {
	.release = lib_count_release,
};

/* The release method has run when lab_close() returns. */
static void lib_node_close_is_now(struct kunit *test)
{
	struct file *file = lab_open(test, "scullp0", O_RDWR);

	/* __fput() puts the module of the f_op that it finds. */
	file->f_op = &lib_count_fops;
	lib_released = 0;
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, lib_released, 1);
}

/* A mapping holds the file, and so the device's count, after close(). */
static void lib_node_close(struct kunit *test)
{
	struct lab_simple *simple = lab_simple_plug(test, 1);
	struct file *file = lab_simple_open(test, simple, LAB_SIMPLE_FAULT);
	unsigned long addr;

	lab_space_new(test);
	addr = lab_mmap_shared(test, file, 1, 0);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, simple), 1);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, simple), 0);
}

static void lib_node_attr(struct kunit *test)
{
	struct lab_simple *simple = lab_simple_plug(test, 3);
	char path[64];

	snprintf(path, sizeof(path), "devices/platform/%s/pages",
		 dev_name(&simple->pdev->dev));
	KUNIT_EXPECT_EQ(test, lab_attr_read(test, path), 3);
	KUNIT_EXPECT_LT(test, lab_attr_write(test,
					     "bus/platform/drivers/simple/unbind",
					     "nobody"), 0);
}

/* A pattern has no zeros in it, or a hole would look like data. */
static void lib_pattern(struct kunit *test)
{
	int pos, same = 0;

	for (pos = 0; pos < 1000; pos++) {
		KUNIT_EXPECT_NE(test, lab_pattern(pos, 1), 0);
		KUNIT_EXPECT_EQ(test, lab_pattern(pos, 0), 0);
		same += lab_pattern(pos, 1) == lab_pattern(pos, 2);
		same += lab_pattern(pos + 1, 1) == lab_pattern(pos, 2);
		same += lab_pattern(pos + 1, 1) == lab_pattern(pos, 1);
	}
	/* 7 random bits: equal one time in 128 */
	KUNIT_EXPECT_LT(test, same, 100);
}

static struct kunit_case lib_cases[] = {
	KUNIT_CASE(lib_space_separate),
	KUNIT_CASE(lib_space_fork_copies),
	KUNIT_CASE(lib_space_exit_is_now),
	KUNIT_CASE(lib_space_mremap),
	KUNIT_CASE(lib_touch_outcomes),
	KUNIT_CASE(lib_touch_endless),
	KUNIT_CASE(lib_touch_wild),
	KUNIT_CASE(lib_load_across_pages),
	KUNIT_CASE(lib_frames_differences),
	KUNIT_CASE(lib_frames_see_pfnmap),
	KUNIT_CASE(lib_frames_beyond_mapping),
	KUNIT_CASE(lib_frames_write_bit),
	KUNIT_CASE(lib_refs_differences),
	KUNIT_CASE(lib_region_layout),
	KUNIT_CASE(lib_region_guards),
	KUNIT_CASE(lib_node_errors),
	KUNIT_CASE(lib_node_close_is_now),
	KUNIT_CASE(lib_node_close),
	KUNIT_CASE(lib_node_attr),
	KUNIT_CASE(lib_pattern),
	{}
};

static struct kunit_suite lib_suite = {
	.name		= "umlab_lib",
	.test_cases	= lib_cases,
};

kunit_test_suite(lib_suite);
