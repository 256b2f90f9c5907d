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
#include "lib/inject.h"

#define FAIL_PIECES	3
#define FAIL_LOST	64	/* more than the helper has it fail */
#define FAIL_FIRST	20	/* runs: more than the first walk, and fewer than all */

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
 * @FAIL_KEEPS: now and then it takes one piece more
 * @FAIL_MOVES: nothing, as it does that and says so
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
	FAIL_KEEPS,
	FAIL_MOVES,
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
	       (toy->flaw == FAIL_LATER && toy->begun > FAIL_FIRST) ? -EIO : -ENOMEM;
}

/* Each seventh time, which is another one in each walk */
static bool fail_toy_more(const struct fail_toy *toy)
{
	bool more = (toy->flaw == FAIL_KEEPS || toy->flaw == FAIL_MOVES) &&
		    toy->begun % 7 == 0;
	void *piece __free(kfree) = more ? kmalloc(1000, GFP_KERNEL) : NULL;

	return piece || !more;
}

static long fail_toy_run(void *data)
{
	struct fail_toy *toy = data;
	unsigned int i;

	if (toy->stuck || toy->flaw == FAIL_ALWAYS || !fail_toy_more(toy))
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
	struct lab_fail_op op = fail_toy_op;

	KUNIT_ASSERT_NOT_NULL(test, other);
	kunit_init_test(other, "other", NULL);
	op.moves = toy->flaw == FAIL_MOVES;
	*points = lab_fail_each(&fail, &op, toy);
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
	{ "moves its points", FAIL_KEEPS },
};

KUNIT_ARRAY_PARAM_DESC(fail_flaw, fail_flaws, name);

static void fail_wrong(struct kunit *test)
{
	const typeof(*fail_flaws) *row = test->param_value;
	struct fail_toy toy = { .flaw = row->flaw };
	struct lab_fail_points points;

	if ((row->flaw == FAIL_PAGE || row->flaw == FAIL_KEEPS) && !lab_inject_exact())
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

static void fail_moving(struct kunit *test)
{
	struct fail_toy toy = { .flaw = FAIL_MOVES };
	struct lab_fail_points points;

	KUNIT_EXPECT_EQ(test, KUNIT_SUCCESS, fail_status(test, &toy, &points));
	KUNIT_EXPECT_GE(test, points.failed, FAIL_PIECES);
}

/**
 * struct fail_fresh - an operation for which a cache has to take pages
 * @cache: one that has no objects yet
 * @object: its first
 */
struct fail_fresh {
	struct kmem_cache *cache;
	void *object;
};

static void fail_fresh_begin(void *data)
{
	struct fail_fresh *fresh = data;

	fresh->cache = kmem_cache_create("lab_fresh", 100, 0, SLAB_NO_MERGE, NULL);
}

static long fail_fresh_run(void *data)
{
	struct fail_fresh *fresh = data;

	fresh->object = fresh->cache ? kmem_cache_alloc(fresh->cache, GFP_KERNEL) : NULL;
	return fresh->object ? 0 : -ENOMEM;
}

static void fail_fresh_undo(void *data)
{
	struct fail_fresh *fresh = data;

	kmem_cache_free(fresh->cache, fresh->object);
}

static void fail_fresh_end(void *data)
{
	struct fail_fresh *fresh = data;

	kmem_cache_destroy(fresh->cache);
}

static const struct lab_fail_op fail_fresh_op = {
	.name = "fresh", .begin = fail_fresh_begin, .run = fail_fresh_run,
	.undo = fail_fresh_undo, .end = fail_fresh_end, .errors = { -ENOMEM },
};

/* The object is a point. Its pages, which another time are there, are none. */
static void fail_pages_of_caches(struct kunit *test)
{
	const struct lab_fail fail = { .test = test, .point = LAB_FAIL_MEMORY };
	struct fail_fresh fresh = { };
	struct lab_fail_points points = lab_fail_each(&fail, &fail_fresh_op, &fresh);

	KUNIT_EXPECT_EQ(test, 1, points.failed);
	if (lab_inject_exact())
		KUNIT_EXPECT_EQ(test, 0, points.coped);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE(fail_right),
	KUNIT_CASE(fail_cache),
	KUNIT_CASE(fail_pages_of_caches),
	KUNIT_CASE(fail_moving),
	KUNIT_CASE_PARAM(fail_wrong, fail_flaw_gen_params),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_fail",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
