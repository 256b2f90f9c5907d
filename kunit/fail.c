// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helper that has operations fail, shown operations that are right and ones that are
 * not
 */

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "lib/fail.h"

#define FAIL_PIECES	3
#define FAIL_LOST	64	/* more than the helper has it fail */

/**
 * enum fail_flaw - what is wrong with an operation
 * @FAIL_RIGHT: nothing
 * @FAIL_LEAK: if the last piece fails, it forgets the first
 * @FAIL_RETRY: likewise, but it tries the last piece twice
 * @FAIL_PAGE: whichever fails, it forgets a page
 * @FAIL_ERROR: it returns the wrong error for the second
 * @FAIL_LATER: it does that, but not the first times
 * @FAIL_STUCK: once it has failed, it fails
 * @FAIL_ALWAYS: it fails without a reason
 */
enum fail_flaw {
	FAIL_RIGHT,
	FAIL_LEAK,
	FAIL_RETRY,
	FAIL_PAGE,
	FAIL_ERROR,
	FAIL_LATER,
	FAIL_STUCK,
	FAIL_ALWAYS,
};

/**
 * struct fail_toy - an operation that makes some allocations
 * @flaw: what is wrong with it
 * @stuck: it has failed before
 * @begun: how often it was begun
 * @ended: and ended
 * @piece: what it has allocated
 * @lost: what it has forgotten, for the test to free
 * @losses: how many
 */
struct fail_toy {
	enum fail_flaw flaw;
	bool stuck;
	unsigned int begun;
	unsigned int ended;
	void *piece[FAIL_PIECES];
	void *lost[FAIL_LOST];
	unsigned int losses;
};

static void fail_toy_begin(void *data)
{
	struct fail_toy *toy = data;

	toy->begun++;
}

static void fail_toy_end(void *data)
{
	struct fail_toy *toy = data;

	toy->ended++;
}

static void fail_toy_free(struct fail_toy *toy, unsigned int from,
			  unsigned int to)
{
	while (to-- > from)
		kfree(toy->piece[to]);
}

static long fail_toy_failed(struct fail_toy *toy, unsigned int at)
{
	bool leaks = (toy->flaw == FAIL_LEAK || toy->flaw == FAIL_RETRY) &&
		     at == FAIL_PIECES - 1 && toy->losses < FAIL_LOST;

	toy->stuck = toy->flaw == FAIL_STUCK;
	if (leaks)
		toy->lost[toy->losses++] = toy->piece[0];
	if (toy->flaw == FAIL_PAGE && toy->losses < FAIL_LOST)
		toy->lost[toy->losses++] = (void *)__get_free_page(GFP_KERNEL);
	fail_toy_free(toy, leaks, at);
	if (at != 1)
		return -ENOMEM;
	return toy->flaw == FAIL_ERROR ||
	       (toy->flaw == FAIL_LATER && toy->begun > FAIL_LOST) ? -EIO : -ENOMEM;
}

static long fail_toy_run(void *data)
{
	struct fail_toy *toy = data;
	unsigned int i;

	if (toy->stuck || toy->flaw == FAIL_ALWAYS)
		return -ENOMEM;
	for (i = 0; i < FAIL_PIECES; i++) {
		toy->piece[i] = kmalloc(1000, GFP_KERNEL);
		if (!toy->piece[i] && toy->flaw == FAIL_RETRY && i == FAIL_PIECES - 1)
			toy->piece[i] = kmalloc(1000, GFP_KERNEL);
		if (!toy->piece[i])
			return fail_toy_failed(toy, i);
	}
	return 0;
}

static void fail_toy_undo(void *data)
{
	fail_toy_free(data, 0, FAIL_PIECES);
}

static const struct lab_fail_op fail_toy_op = {
	.name = "toy", .begin = fail_toy_begin, .run = fail_toy_run,
	.undo = fail_toy_undo, .end = fail_toy_end, .errors = { -ENOMEM },
};

/* Whether a test in which the operation is walked passes */
static enum kunit_status fail_status(struct kunit *test, struct fail_toy *toy,
				     struct lab_fail_points *points)
{
	struct kunit *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct lab_fail fail = { .test = other, .point = LAB_FAIL_MEMORY };

	KUNIT_ASSERT_NOT_NULL(test, other);
	kunit_init_test(other, "other", NULL);
	*points = lab_fail_each(&fail, &fail_toy_op, toy);
	kunit_cleanup(other);
	current->kunit_test = test;
	return other->status;
}

static void fail_right(struct kunit *test)
{
	struct fail_toy toy = { .flaw = FAIL_RIGHT };
	struct lab_fail_points points;

	KUNIT_EXPECT_EQ(test, KUNIT_SUCCESS, fail_status(test, &toy, &points));
	KUNIT_EXPECT_EQ(test, FAIL_PIECES, points.failed);
	KUNIT_EXPECT_EQ(test, 0, points.coped);
	KUNIT_EXPECT_EQ(test, toy.begun, toy.ended);
	KUNIT_EXPECT_GT(test, toy.begun, 2 * FAIL_PIECES);
	KUNIT_EXPECT_EQ(test, 0, current->fail_nth);
}

static const struct {
	const char *name;
	enum fail_flaw flaw;
} fail_flaws[] = {
	{ "leak", FAIL_LEAK },
	{ "leak after a second attempt", FAIL_RETRY },
	{ "leaked page", FAIL_PAGE },
	{ "wrong error", FAIL_ERROR },
	{ "wrong error later", FAIL_LATER },
	{ "stuck afterwards", FAIL_STUCK },
	{ "fails without a reason", FAIL_ALWAYS },
};

KUNIT_ARRAY_PARAM_DESC(fail_flaw, fail_flaws, name);

static void fail_wrong(struct kunit *test)
{
	const typeof(*fail_flaws) *row = test->param_value;
	struct fail_toy toy = { .flaw = row->flaw };
	struct lab_fail_points points;

	if (row->flaw == FAIL_PAGE && (IS_ENABLED(CONFIG_KASAN) ||
				       IS_ENABLED(CONFIG_DEBUG_KMEMLEAK)))
		kunit_skip(test, "a check of the kernel takes pages itself");
	KUNIT_EXPECT_EQ(test, KUNIT_FAILURE, fail_status(test, &toy, &points));
	KUNIT_EXPECT_EQ(test, 0, current->fail_nth);
	while (toy.losses--) {
		if (row->flaw == FAIL_PAGE)
			free_page((unsigned long)toy.lost[toy.losses]);
		else
			kfree(toy.lost[toy.losses]);
	}
}

/* Afterwards a cache can be made that is like another. */
static void fail_cache(struct kunit *test)
{
	struct fail_toy toy = { .flaw = FAIL_RIGHT };
	struct lab_fail_points points;
	struct kmem_cache *cache;

	fail_status(test, &toy, &points);
	cache = kmem_cache_create("lab_fail", 128, 0, 0, NULL);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	kmem_cache_destroy(cache);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE(fail_right),
	KUNIT_CASE(fail_cache),
	KUNIT_CASE_PARAM(fail_wrong, fail_flaw_gen_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
