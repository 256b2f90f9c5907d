// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: what read() and write() move
 *
 * After each step all of the user memory and all of the board's is compared with what is
 * to be there (lib/dad_user.h), so what lies around the data is looked at as well.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/string_choices.h>
#include <linux/vmalloc.h>

#include "lib/dad.h"
#include "lib/dad_user.h"
#include "lib/space.h"

/* What is copied by the driver, at most */
#define TRANSFER_COPY	1024

/* User memory */
#define TRANSFER_PAGES	5

/* As the parameter says */
static struct lab_dad_user *transfer_plug(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);

	return lab_dad_user_new(&dad, lab_mmap_anonymous(test, TRANSFER_PAGES),
				TRANSFER_PAGES);
}

static struct lab_dad_user *transfer_plug_revision(struct kunit *test,
						   u8 revision)
{
	struct lab_dad dad = lab_dad_plug_as(test, revision, LAB_DAD_MEMORY,
					     NULL);

	return lab_dad_user_new(&dad, lab_mmap_anonymous(test, TRANSFER_PAGES),
				TRANSFER_PAGES);
}

/* Read or write, and expect so many bytes, or an error, and nothing else. */
static void transfer_expect(struct lab_dad_user *user, bool write, size_t at,
			    size_t len, loff_t pos, ssize_t want)
{
	char step[80];

	scnprintf(step, sizeof(step), "%s of %zu bytes at %#zx, %#llx there",
		  str_write_read(write), len, at, pos);
	KUNIT_EXPECT_EQ_MSG(user->dad.test,
			    lab_dad_user_move(user, write, at, len, pos), want,
			    "%s", step);
	lab_dad_user_expect(user, step);
}

/* Read, and then write something else to where that came from. */
static void transfer_expect_both(struct lab_dad_user *user, size_t at,
				 size_t len, loff_t pos, ssize_t want)
{
	transfer_expect(user, false, at, len, pos, want);
	transfer_expect(user, true, at + 9, len, pos, want);
}

/**
 * struct transfer_shape - a part of user memory, and of the board's
 * @at: where it begins, in bytes
 * @pos: where on the board
 * @size: in bytes
 */
struct transfer_shape {
	u32 at;
	u32 pos;
	u32 size;
};

/* Both sides of cache lines, of what is copied, and of pages, and odd places */
static const struct transfer_shape transfer_shapes[] = {
	{ 0, 0, 1 }, { 4095, 4095, 1 }, { 4095, 4095, 2 }, { 1, 3, 3 },
	{ 4093, 9, 7 }, { 61, 4093, 63 }, { 64, 64, 64 }, { 63, 1, 65 },
	{ 4090, 4093, 1023 }, { 0, 0, 1024 }, { 4095, 8191, 1024 },
	{ 3, 5, 1025 }, { 3072, 8189, 1025 }, { 1, 2, 4095 },
	{ 2, 4095, 4095 }, { 0, 4096, 4096 }, { 4095, 1, 4096 },
	{ 0, 0, 4097 }, { 4095, 4095, 4098 }, { 17, 4097, 3 * SZ_4K + 5 },
	{ 0, 0, SZ_16K },
};

/* More than twice what the ring has; its indexes wrap as well (DAD_FIRST_INDEX). */
static_assert(2 * ARRAY_SIZE(transfer_shapes) >= 40);

/* The counters of the ways to map memory */
static const char *const transfer_ways[] = { "copies", "pages", "lists" };

static unsigned int transfer_way(const struct transfer_shape *shape)
{
	if (shape->size <= TRANSFER_COPY)
		return 0;
	return offset_in_page(shape->at) + shape->size <= PAGE_SIZE ? 1 : 2;
}

/* Each was mapped as it should be, and moved once. */
static void transfer_expect_ways(const struct lab_dad_user *user,
				 const long *requests, long bytes)
{
	bool dma = user->dad.dma;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(transfer_ways); i++)
		lab_dad_user_expect_counter(user, transfer_ways[i],
					    dma ? requests[i] : 0);
	lab_dad_user_expect_counter(user, "requests",
				    dma ? 2 * ARRAY_SIZE(transfer_shapes) : 0);
	lab_dad_user_expect_counter(user, "pio_bytes", dma ? 0 : 2 * bytes);
	lab_dad_user_expect_counter(user, "bytes_read", bytes);
	lab_dad_user_expect_counter(user, "bytes_written", bytes);
	lab_dad_user_expect_counter(user, "map_retries", 0);
	lab_dad_user_expect_counter(user, "lost_interrupts", 0);
	lab_dad_user_expect_counter(user, "resets", 0);
}

/* Each is read from a place of its own, and written to another one. */
static void transfer_all_sizes(struct lab_dad_user *user)
{
	long requests[ARRAY_SIZE(transfer_ways)] = { }, bytes = 0;
	struct kunit *test = user->dad.test;
	unsigned int i;
	char step[32];

	for (i = 0; i < ARRAY_SIZE(transfer_shapes); i++) {
		const struct transfer_shape *shape = &transfer_shapes[i];
		u32 at = shape->at, size = shape->size;

		scnprintf(step, sizeof(step), "%u bytes at %u", size, at);
		KUNIT_EXPECT_EQ_MSG(test,
				    lab_dad_user_move(user, false, at, size,
						      shape->pos + i * SZ_8K),
				    size, "%s, read", step);
		KUNIT_EXPECT_EQ_MSG(test,
				    lab_dad_user_move(user, true, at, size,
						      SZ_64K + at),
				    size, "%s, written", step);
		lab_dad_user_expect(user, step);
		requests[transfer_way(shape)] += 2;
		bytes += size;
	}
	transfer_expect_ways(user, requests, bytes);
}

static void transfer_sizes(struct kunit *test)
{
	transfer_all_sizes(transfer_plug(test));
}

static void transfer_sizes_pio(struct kunit *test)
{
	transfer_all_sizes(transfer_plug_revision(test, DAD_REV_P));
}

/* By programmed I/O, and by DMA */
static const u8 transfer_revisions[] = { DAD_REV_P, DAD_REV_C };

static void transfer_describe(const u8 *revision, char *desc)
{
	strscpy(desc, *revision == DAD_REV_P ? "PIO" : "DMA",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(transfer_both, transfer_revisions, transfer_describe);

static struct lab_dad_user *transfer_plug_either(struct kunit *test)
{
	return transfer_plug_revision(test, *(const u8 *)test->param_value);
}

/* What goes beyond the end of the memory is cut, and at the end there is nothing. */
static void transfer_end(struct kunit *test)
{
	struct lab_dad_user *user = transfer_plug_either(test);
	loff_t end = user->dad.size;
	const loff_t beyond[] = { end, end + 1, 2 * end, BIT_ULL(32),
				  BIT_ULL(40) + 5, LLONG_MAX - SZ_16K };
	static const u16 sizes[] = { 2, 100, 1025, 2000, 2 * SZ_4K + 3 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		transfer_expect_both(user, 5, sizes[i], end - sizes[i] / 2,
				     sizes[i] / 2);
		transfer_expect_both(user, 3, sizes[i], end - sizes[i],
				     sizes[i]);
	}
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		transfer_expect(user, false, 0, 1, beyond[i], 0);
		transfer_expect(user, false, 0, 5000, beyond[i], 0);
		transfer_expect(user, true, 0, 1, beyond[i], -ENOSPC);
		transfer_expect(user, true, 0, 5000, beyond[i], -ENOSPC);
	}
}

/* No bytes are no request; where they would be, does not matter. */
static void transfer_nothing(struct kunit *test)
{
	struct lab_dad_user *user = transfer_plug_either(test);

	transfer_expect_both(user, 0, 0, 0, 0);
	transfer_expect_both(user, 77, 0, user->dad.size - 1, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_read(user->file, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_write(user->file, 0, 0, 0), 0);
	lab_dad_user_expect_counter(user, "requests", 0);
	lab_dad_user_expect_counter(user, "pio_bytes", 0);
}

/* read() or write(), at the file's position */
static void transfer_expect_next(struct lab_dad_user *user, bool write,
				 size_t len, ssize_t want)
{
	char __user *buffer = (char __user *)user->addr;
	struct file *file = user->file;
	loff_t pos = file->f_pos;
	ssize_t ret = write ? vfs_write(file, buffer, len, &file->f_pos) :
			      vfs_read(file, buffer, len, &file->f_pos);

	KUNIT_EXPECT_EQ(user->dad.test, ret, want);
	KUNIT_EXPECT_EQ(user->dad.test, file->f_pos, pos + max(want, 0));
	lab_dad_user_moved(user, write, 0, pos, ret);
	lab_dad_user_expect(user, write ? "write()" : "read()");
}

/* The position goes on by what was moved, and pread() and pwrite() leave it alone. */
static void transfer_position(struct kunit *test)
{
	struct lab_dad_user *user = transfer_plug_either(test);
	loff_t size = user->dad.size;

	transfer_expect_next(user, false, 100, 100);
	transfer_expect_next(user, false, 2000, 2000);
	transfer_expect_both(user, 3, 1500, 9999, 1500);
	transfer_expect_next(user, true, 5000, 5000);
	KUNIT_EXPECT_EQ(test, vfs_llseek(user->file, 900, SEEK_CUR), 8000);
	transfer_expect_next(user, true, 10, 10);
	KUNIT_EXPECT_EQ(test, vfs_llseek(user->file, 1, SEEK_SET), 1);
	transfer_expect_next(user, false, 5000, 5000);

	KUNIT_EXPECT_EQ(test, vfs_llseek(user->file, -1500, SEEK_END),
			size - 1500);
	transfer_expect_next(user, false, 5000, 1500);
	transfer_expect_next(user, false, 1, 0);
	transfer_expect_next(user, true, 1, -ENOSPC);
	KUNIT_EXPECT_EQ(test, vfs_llseek(user->file, -1, SEEK_SET), -EINVAL);
	KUNIT_EXPECT_EQ(test, user->file->f_pos, size);
}

/* A file is for what it was opened for. */
static void transfer_access(struct kunit *test)
{
	struct lab_dad_user *user = transfer_plug(test);
	struct file *reader = lab_dad_open(&user->dad, O_RDONLY);
	struct file *writer = lab_dad_open(&user->dad, O_WRONLY);
	unsigned long addr = user->addr;

	KUNIT_EXPECT_EQ(test, lab_dad_write(reader, addr, 2000, 0), -EBADF);
	KUNIT_EXPECT_EQ(test, lab_dad_read(writer, addr, 2000, 0), -EBADF);
	lab_dad_user_expect_counter(user, "requests", 0);

	KUNIT_EXPECT_EQ(test, lab_dad_read(reader, addr, 2000, 3), 2000);
	lab_dad_user_moved(user, false, 0, 3, 2000);
	KUNIT_EXPECT_EQ(test, lab_dad_write(writer, addr, 2000, 9000), 2000);
	lab_dad_user_moved(user, true, 0, 9000, 2000);
	lab_dad_user_expect(user, "what they are for");
}

/* So many bytes at a time are moved of the kernel's memory. */
static ssize_t transfer_at_once(const struct lab_dad_user *user, size_t left)
{
	return user->dad.dma ? min_t(size_t, left, TRANSFER_COPY) : left;
}

/* Write memory of the kernel to the board, to where @pos is. */
static void transfer_from_kernel(struct lab_dad_user *user, const u8 *buffer,
				 size_t size, loff_t pos)
{
	struct kunit *test = user->dad.test;
	loff_t end = pos + size;
	ssize_t ret;

	memcpy(user->board + pos, buffer, size);
	while (pos < end) {
		size_t left = end - pos;

		ret = kernel_write(user->file, buffer + size - left, left,
				   &pos);
		KUNIT_ASSERT_EQ(test, ret, transfer_at_once(user, left));
	}
	lab_dad_user_expect(user, "kernel_write()");
}

/* Read the board to memory of the kernel, and write that to another place. */
static void transfer_kernel_memory(struct lab_dad_user *user, u8 *buffer,
				   size_t size, loff_t from)
{
	struct kunit *test = user->dad.test;
	loff_t pos = from, end = from + size;
	ssize_t ret;

	while (pos < end) {
		size_t left = end - pos;

		ret = kernel_read(user->file, buffer + size - left, left, &pos);
		KUNIT_ASSERT_EQ(test, ret, transfer_at_once(user, left));
	}
	KUNIT_EXPECT_EQ(test, memcmp(buffer, user->board + from, size), 0);
	transfer_from_kernel(user, buffer, size, SZ_64K + 3);
}

KUNIT_DEFINE_ACTION_WRAPPER(transfer_vfree, vfree, const void *);

/* What the kernel reads and writes need not be memory for DMA. */
static void transfer_kernel_kinds(struct lab_dad_user *user)
{
	const size_t size = 2 * TRANSFER_COPY + 77;
	struct kunit *test = user->dad.test;
	u8 *object = kunit_kmalloc(test, size, GFP_KERNEL);
	u8 *mapped = vmalloc(size);
	u8 stack[200];

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_NOT_NULL(test, mapped);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, transfer_vfree,
						  mapped));
	transfer_kernel_memory(user, object, size, 5);
	transfer_kernel_memory(user, mapped, size, 5001);
	transfer_kernel_memory(user, stack, sizeof(stack), 9999);
	/* Constants of the kernel's, which no device may be given */
	transfer_from_kernel(user, (const u8 *)transfer_shapes,
			     sizeof(transfer_shapes), 9);
}

static void transfer_kernel(struct kunit *test)
{
	transfer_kernel_kinds(transfer_plug(test));
}

/* All-ones may be data, but not of a board that goes half way. */
static void transfer_gone(struct kunit *test)
{
	struct lab_dad_user *user = transfer_plug_revision(test, DAD_REV_P);

	umlab_set_faults(user->dad.slot, &(struct umlab_faults) { .vanish = 9 });
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dad_read(user->file, user->addr, 1000, 0));
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dad_write(user->file, user->addr, 1000, 0));
}

static void transfer_kernel_pio(struct kunit *test)
{
	transfer_kernel_kinds(transfer_plug_revision(test, DAD_REV_P));
}

/* As much as the board says it has moved; the rest is as it was. */
static void transfer_partial(struct kunit *test)
{
	static const u16 sizes[] = { 699, 700, 701, 1000, 1500, 6000 };
	struct lab_dad_user *user = transfer_plug(test);
	unsigned int i;

	umlab_dad_behave(user->dad.slot, &(struct umlab_dad_manners) {
		.partial = 700,
	});
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		transfer_expect_both(user, 4000, sizes[i], 7 + i * SZ_8K,
				     min_t(ssize_t, sizes[i], 700));
	KUNIT_EXPECT_EQ(test, lab_dad_user_move_all(user, false, 77, 7100, 33),
			11);
	lab_dad_user_expect(user, "all in parts");
}

static struct kunit_case transfer_cases[] = {
	KUNIT_CASE_PARAM(transfer_sizes, lab_dad_gen_dma_params),
	KUNIT_CASE(transfer_sizes_pio),
	KUNIT_CASE_PARAM(transfer_end, transfer_both_gen_params),
	KUNIT_CASE_PARAM(transfer_nothing, transfer_both_gen_params),
	KUNIT_CASE_PARAM(transfer_position, transfer_both_gen_params),
	KUNIT_CASE(transfer_access),
	KUNIT_CASE_PARAM(transfer_kernel, umlab_topology_gen_params),
	KUNIT_CASE(transfer_kernel_pio),
	KUNIT_CASE(transfer_gone),
	KUNIT_CASE_PARAM(transfer_partial, umlab_topology_gen_params),
	{}
};

static struct kunit_suite transfer_suite = {
	.name		= "umlab_dad_transfer",
	.test_cases	= transfer_cases,
};

kunit_test_suite(transfer_suite);
