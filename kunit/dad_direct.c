// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: transfers that go directly from and to the caller's pages: what becomes of the pages
 * if all goes well, and if not
 *
 * lab_dad_user_expect() compares the references of all pages as well.
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/page-flags.h>

#include "lib/dad.h"
#include "lib/dad_user.h"
#include "lib/space.h"

#define DIRECT_PAGES	4
#define DIRECT_SIZE	(DIRECT_PAGES * PAGE_SIZE)

/* What is moved, unless a case wants something else: a part of each page */
#define DIRECT_AT	100
#define DIRECT_LEN	(DIRECT_SIZE - 300)

/* Where on the board */
#define DIRECT_POS	77

static struct lab_dad_user *direct_plug(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, DIRECT_PAGES);

	lab_dad_scatter(test, addr, DIRECT_PAGES);
	return lab_dad_user_new(&dad, addr, DIRECT_PAGES);
}

/* Read or write what may fail. */
static ssize_t direct_io(const struct lab_dad_user *user, bool write,
			 unsigned long addr, size_t len)
{
	return write ? lab_dad_write(user->file, addr, len, DIRECT_POS) :
		       lab_dad_read(user->file, addr, len, DIRECT_POS);
}

/* Read or write what there is to move; it may fail half way. */
static ssize_t direct_try(const struct lab_dad_user *user, bool write)
{
	return direct_io(user, write, user->addr + DIRECT_AT, DIRECT_LEN);
}

/* Read or write it, which must not fail. */
static void direct_move(struct lab_dad_user *user, bool write)
{
	KUNIT_EXPECT_EQ(user->dad.test,
			lab_dad_user_move(user, write, DIRECT_AT, DIRECT_LEN,
					  DIRECT_POS), DIRECT_LEN);
}

static void direct_hold(struct lab_dad_user *user, bool write)
{
	lab_dad_user_hold(user, write, DIRECT_AT, DIRECT_LEN, DIRECT_POS);
}

/* Each page is pinned once, for as long as the board may access it. */
static void direct_references(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);
	unsigned int write;

	for (write = 0; write < 2; write++) {
		direct_move(user, write);
		lab_dad_user_expect(user, "synchronous");
		direct_hold(user, write);
		lab_dad_user_expect_more(user, "under way",
					 GUP_PIN_COUNTING_BIAS);
		KUNIT_EXPECT_EQ(test, lab_dad_user_let_go(user), DIRECT_LEN);
		lab_dad_user_expect(user, "asynchronous");
	}
}

/* More than the board accesses memory for one request */
#define DIRECT_ACCESSES	32

/*
 * The first, second, third ... access of the board is a bus error, until it needs no more:
 * of a descriptor, a block, the data, the completion. What was moved, is moved again.
 */
static void direct_bus_error(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);
	unsigned int write, nth;

	for (write = 0; write < 2; write++) {
		ssize_t ret = -EIO;

		for (nth = 0; ret == -EIO && nth < DIRECT_ACCESSES; nth++) {
			umlab_set_faults(user->dad.slot,
					 &(struct umlab_faults) {
				.dma_error = nth + 1,
			});
			ret = direct_try(user, write);
			lab_dad_user_expect_refs(user, "a bus error");
		}
		KUNIT_EXPECT_EQ(test, ret, DIRECT_LEN);
		/* A descriptor, data, a completion, and twice the indexes */
		KUNIT_EXPECT_GT(test, nth, 5);
		umlab_set_faults(user->dad.slot, &(struct umlab_faults) { });
		direct_move(user, write);
		lab_dad_user_expect(user, "all well again");
	}
	lab_dad_expect_state(&user->dad, "running");
}

/* Data that is out of reach is one request's business. */
static void direct_bus_error_alone(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);
	unsigned int write;

	for (write = 0; write < 2; write++) {
		umlab_set_faults(user->dad.slot, &(struct umlab_faults) {
			.dma_fault = page_to_phys(user->refs.page[2]) + 1000,
		});
		KUNIT_EXPECT_EQ(test, direct_try(user, write), -EIO);
		lab_dad_user_expect_refs(user, "a bus error");
		umlab_set_faults(user->dad.slot, &(struct umlab_faults) { });
		/* It may have left anything where it was to move data to. */
		direct_move(user, write);
		lab_dad_user_expect(user, "all well again");
	}
	lab_dad_user_expect_counter(user, "resets", 0);
}

/* A board that does not answer is reset, and has no memory of anybody's then. */
static void direct_timeout(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);

	direct_hold(user, false);
	KUNIT_ASSERT_EQ(test, lab_dad_user_wait(user), -EIO);
	lab_dad_user_expect(user, "asynchronous");
	KUNIT_EXPECT_EQ(test, direct_try(user, true), -EIO);
	lab_dad_user_expect(user, "synchronous");
	lab_dad_user_expect_counter(user, "timeouts", 2);

	umlab_set_completion(user->dad.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	direct_move(user, false);
	lab_dad_user_expect(user, "it answers again");
}

/* What begins well is moved as far as it goes; what is not there at all is an error. */
static void direct_short(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);
	unsigned long end = user->addr + DIRECT_SIZE;
	unsigned int write;

	for (write = 0; write < 2; write++) {
		KUNIT_EXPECT_EQ(test,
				lab_dad_user_move(user, write, 100 + write,
						  DIRECT_SIZE + PAGE_SIZE, 7),
				DIRECT_SIZE - 100 - write);
		lab_dad_user_expect(user, "most of it is there");
		KUNIT_EXPECT_EQ(test, direct_io(user, write, end, 5000),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, direct_io(user, write, end, 100),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, direct_io(user, write, 0, 5000), -EFAULT);
		KUNIT_EXPECT_EQ(test, direct_io(user, write, 0, 100), -EFAULT);
		lab_dad_user_expect(user, "nothing is there");
	}
}

/* The board can do no more to memory than the caller himself. */
static void direct_protection(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);
	unsigned long second = user->addr + PAGE_SIZE;
	const size_t len = 2 * PAGE_SIZE;

	KUNIT_ASSERT_EQ(test, lab_mprotect(second, 1, PROT_READ), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_user_move(user, false, 0, len, 77),
			PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, direct_io(user, false, second, PAGE_SIZE),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, direct_io(user, false, second, 100), -EFAULT);
	KUNIT_EXPECT_EQ(test, lab_dad_user_move(user, true, 0, len, 33), len);
	lab_dad_user_expect(user, "PROT_READ");

	KUNIT_ASSERT_EQ(test, lab_mprotect(second, 1, PROT_NONE), 0);
	KUNIT_EXPECT_EQ(test, direct_io(user, false, second, PAGE_SIZE),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, direct_io(user, true, second, PAGE_SIZE),
			-EFAULT);
	KUNIT_ASSERT_EQ(test, lab_mprotect(second, 1, PROT_READ | PROT_WRITE),
			0);
	lab_dad_user_expect(user, "PROT_NONE");
}

/* Make the pages clean, as writeback does. */
static void direct_clean(const struct lab_dad_user *user)
{
	unsigned int i;

	for (i = 0; i < user->refs.count; i++)
		folio_clear_dirty(page_folio(user->refs.page[i]));
}

static void direct_expect_dirty(const struct lab_dad_user *user, bool want)
{
	unsigned int i;

	for (i = 0; i < user->refs.count; i++) {
		struct folio *folio = page_folio(user->refs.page[i]);

		KUNIT_EXPECT_EQ_MSG(user->dad.test, folio_test_dirty(folio),
				    want, "page %u", i);
	}
}

/*
 * A page that the board has written is dirty, also if it was cleaned after it was pinned
 * and before the board wrote. One that it has read is not.
 */
static void direct_dirty(struct kunit *test)
{
	struct lab_dad_user *user = direct_plug(test);

	direct_hold(user, false);
	direct_clean(user);
	KUNIT_EXPECT_EQ(test, lab_dad_user_let_go(user), DIRECT_LEN);
	direct_expect_dirty(user, true);
	direct_clean(user);
	direct_move(user, true);
	direct_expect_dirty(user, false);
	lab_dad_user_expect(user, "read and write");
}

static struct kunit_case direct_cases[] = {
	KUNIT_CASE_PARAM(direct_references, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(direct_bus_error, umlab_topology_gen_params),
	KUNIT_CASE(direct_bus_error_alone),
	KUNIT_CASE(direct_timeout),
	KUNIT_CASE(direct_short),
	KUNIT_CASE(direct_protection),
	KUNIT_CASE(direct_dirty),
	{}
};

static struct kunit_suite direct_suite = {
	.name		= "umlab_dad_direct",
	.test_cases	= direct_cases,
};

kunit_test_suite(direct_suite);
