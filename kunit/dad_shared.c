// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: direct transfers of memory that is not the caller's alone: shared since a fork,
 * everybody's zeros, a device's; and memory that goes away meanwhile
 */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dad.h"
#include "lib/dad_user.h"
#include "lib/frames.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define SHARED_PAGES	4
#define SHARED_SIZE	(SHARED_PAGES * PAGE_SIZE)

/* What is moved, unless a case wants something else: a part of each page */
#define SHARED_AT	100
#define SHARED_LEN	(SHARED_SIZE - 300)

/* Where on the board */
#define SHARED_POS	77

/* In an address space, which is entered */
static struct lab_dad_user *shared_plug(struct kunit *test,
					struct lab_space **space)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr;

	*space = lab_space_new(test);
	addr = lab_mmap(NULL, SHARED_PAGES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	lab_dad_scatter(test, addr, SHARED_PAGES);
	return lab_dad_user_new(&dad, addr, SHARED_PAGES);
}

static void shared_read(struct lab_dad_user *user)
{
	KUNIT_EXPECT_EQ(user->dad.test,
			lab_dad_user_move(user, false, SHARED_AT, SHARED_LEN,
					  SHARED_POS), SHARED_LEN);
}

static void shared_hold(struct lab_dad_user *user)
{
	lab_dad_user_hold(user, false, SHARED_AT, SHARED_LEN, SHARED_POS);
}

static void shared_let_go(struct lab_dad_user *user)
{
	KUNIT_EXPECT_EQ(user->dad.test, lab_dad_user_let_go(user), SHARED_LEN);
}

/* What is in the memory now, for later */
static u8 *shared_copy(const struct lab_dad_user *user)
{
	u8 *copy = kunit_kmalloc(user->dad.test, SHARED_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(user->dad.test, copy);
	memcpy(copy, user->want, SHARED_SIZE);
	return copy;
}

/* Expect data where the memory is, in the space that is entered. */
static void shared_expect(const struct lab_dad_user *user, const char *who,
			  const u8 *want)
{
	u8 *seen = shared_copy(user);
	struct kunit *test = user->dad.test;

	KUNIT_EXPECT_EQ_MSG(test, lab_load(user->addr, seen, SHARED_SIZE),
			    LAB_OK, "%s", who);
	KUNIT_EXPECT_EQ_MSG(test, memcmp(seen, want, SHARED_SIZE), 0,
			    "%s sees something else", who);
}

/*
 * A child that is born while the board reads: pages that are pinned are copied at once, so
 * that they stay the parent's, who sees the data; the child has what was there before.
 */
static void shared_fork_in_flight(struct kunit *test)
{
	struct lab_space *parent, *child;
	struct lab_dad_user *user = shared_plug(test, &parent);
	const u8 *old = shared_copy(user);

	shared_hold(user);
	child = lab_space_fork(test);
	shared_let_go(user);
	lab_dad_user_expect(user, "the parent");
	lab_space_enter(child);
	shared_expect(user, "the child", old);
	lab_space_enter(parent);
}

/* Of pages that are shared since a fork, who reads gets copies: only he sees the data. */
static void shared_fork(struct kunit *test)
{
	struct lab_space *parent, *child;
	struct lab_dad_user *user = shared_plug(test, &parent);
	const u8 *old = shared_copy(user);

	child = lab_space_fork(test);
	shared_read(user);
	/* The pages that there were are the child's. */
	lab_dad_user_expect(user, "the parent");

	lab_space_enter(child);
	shared_expect(user, "the child", old);
	KUNIT_EXPECT_EQ(test, lab_dad_read(user->file, user->addr, SHARED_SIZE,
					   SZ_64K), SHARED_SIZE);
	shared_expect(user, "the child that has read", user->board + SZ_64K);
	lab_space_enter(parent);
	shared_expect(user, "the parent, later", user->want);
}

static void shared_expect_zero_page(struct kunit *test, unsigned long addr)
{
	struct lab_frame frame;

	lab_expect_touch(test, addr, false, LAB_OK);
	KUNIT_ASSERT_TRUE(test, lab_frame_at(addr, &frame));
	KUNIT_ASSERT_EQ(test, frame.pfn, page_to_pfn(ZERO_PAGE(addr)));
}

/* The page of zeros is everybody's: it may be sent, but is never written to. */
static void shared_zero_page(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, SHARED_PAGES), page;
	struct page *zero = ZERO_PAGE(addr);
	int count = page_count(zero);

	for (page = 0; page < SHARED_PAGES; page++)
		shared_expect_zero_page(test, addr + page * PAGE_SIZE);
	memset(dad.memory, 0x5a, SHARED_SIZE + 1);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, SHARED_SIZE, 0),
			SHARED_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(dad.memory, 0, SHARED_SIZE));
	KUNIT_EXPECT_EQ(test, dad.memory[SHARED_SIZE], 0x5a);

	lab_dad_fill(&dad, 1);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, SHARED_SIZE, 7),
			SHARED_SIZE);
	lab_dad_expect_user(&dad, addr, SHARED_SIZE, 1, 7);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(zero), 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, page_count(zero), count);
}

/*
 * The board's own memory, mapped, as the buffer: it has no pages to pin. What is short is
 * copied, and nothing is held meanwhile that a fault there needs.
 */
static void shared_own_memory(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned int mappings = umlab_mappings(dad.slot);
	unsigned long addr;

	lab_space_new(test);
	addr = lab_mmap_shared(test, file, SHARED_PAGES,
			       DAD_MAP_MEMORY >> PAGE_SHIFT);
	lab_dad_fill(&dad, 1);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 5000, SZ_64K), -EFAULT);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, 5000, SZ_64K), -EFAULT);
	lab_dad_expect_board(&dad, 0, dad.size, 1, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "requests"), 0);

	lab_expect_touch(test, addr, true, LAB_OK);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 100, SZ_64K), 100);
	lab_dad_expect_board(&dad, 0, 100, 1, SZ_64K);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr + 100, 100, SZ_128K),
			100);
	lab_dad_expect_board(&dad, SZ_128K, 100, 1, 100);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
}

/* Another driver's memory has pages, as a file's has. */
static void shared_scull(struct kunit *test)
{
	struct lab_dad_user *user;
	struct lab_scull *scull;
	struct lab_dad dad;
	unsigned long addr;
	loff_t pos = 0;
	u8 *seen;

	lab_scull_init(test);
	scull = test->priv;
	lab_pwrite(test, scull->file, 0, SHARED_SIZE, 1);
	dad = lab_dad_plug(test);
	lab_space_new(test);
	addr = lab_mmap_shared(test, scull->file, SHARED_PAGES, 0);
	user = lab_dad_user_new(&dad, addr, SHARED_PAGES);

	shared_read(user);
	lab_dad_user_expect(user, "read");
	seen = shared_copy(user);
	memset(seen, 0, SHARED_SIZE);
	KUNIT_EXPECT_EQ(test, kernel_read(scull->file, seen, SHARED_SIZE, &pos),
			SHARED_SIZE);
	KUNIT_EXPECT_EQ(test, memcmp(seen, user->want, SHARED_SIZE), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_user_move(user, true, 0, SHARED_SIZE,
						5555), SHARED_SIZE);
	lab_dad_user_expect(user, "write");
}

/* The data is in the pages, of which we have the last references. */
static void shared_expect_pages(const struct lab_dad_user *user)
{
	unsigned int i;

	for (i = 0; i < SHARED_PAGES; i++) {
		struct page *page = user->refs.page[i];

		KUNIT_EXPECT_EQ_MSG(user->dad.test,
				    memcmp(page_address(page),
					   user->want + i * PAGE_SIZE,
					   PAGE_SIZE), 0, "page %u", i);
		put_page(page);
	}
}

/*
 * The memory is unmapped, or all of its space is torn down, while the board reads: what is
 * pinned stays until it is done, and only so long.
 */
static void shared_gone(struct kunit *test, bool exit)
{
	struct lab_space *space;
	struct lab_dad_user *user = shared_plug(test, &space);
	unsigned int i;

	shared_hold(user);
	for (i = 0; i < SHARED_PAGES; i++)
		get_page(user->refs.page[i]);
	if (exit)
		lab_space_exit(space);
	else
		KUNIT_EXPECT_EQ(test, lab_munmap(user->addr, SHARED_PAGES), 0);
	/* Ours, in place of that of the page table */
	lab_dad_user_expect_more(user, "unmapped", GUP_PIN_COUNTING_BIAS);
	shared_let_go(user);
	lab_dad_user_expect_more(user, "done", 0);
	lab_dad_user_expect_board(user, "done");
	shared_expect_pages(user);
}

static void shared_munmap_in_flight(struct kunit *test)
{
	shared_gone(test, false);
}

static void shared_exit_in_flight(struct kunit *test)
{
	shared_gone(test, true);
}

static struct kunit_case shared_cases[] = {
	KUNIT_CASE(shared_fork_in_flight),
	KUNIT_CASE(shared_fork),
	KUNIT_CASE(shared_zero_page),
	KUNIT_CASE(shared_own_memory),
	KUNIT_CASE_PARAM(shared_scull, lab_scull_gen_params),
	KUNIT_CASE(shared_munmap_in_flight),
	KUNIT_CASE(shared_exit_in_flight),
	{}
};

static struct kunit_suite shared_suite = {
	.name		= "umlab_dad_shared",
	.test_cases	= shared_cases,
};

kunit_test_suite(shared_suite);
