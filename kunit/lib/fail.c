// SPDX-License-Identifier: GPL-2.0-only
/*
 * Have an operation fail at each of the points at which it can
 */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/seq_buf.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <umlab/machine.h>
#include <umlab/splat.h>

#include "fail.h"
#include "inject.h"
#include "quiet.h"
#include "slabs.h"

/* So many points no operation has. */
#define FAIL_MAX	1000

/* Walks, and after the first, objects and pages that the kernel may have kept by them */
#define FAIL_TIMES	15
#define FAIL_KEPT	5

static struct umlab_faults fail_faults(enum lab_fail_point point, unsigned int n)
{
	switch (point) {
	case LAB_FAIL_MAP:
		return (struct umlab_faults) { .map = n };
	case LAB_FAIL_ALLOC:
		return (struct umlab_faults) { .alloc = n };
	case LAB_FAIL_READ:
		return (struct umlab_faults) { .read_ones = n };
	case LAB_FAIL_DMA:
		return (struct umlab_faults) { .dma_error = n };
	default:
		return (struct umlab_faults) { };
	}
}

static bool fail_is_memory(const struct lab_fail *fail)
{
	return fail->point <= LAB_FAIL_MEMORY_OUT;
}

static void fail_arm(const struct lab_fail *fail, unsigned int n)
{
	const struct umlab_faults faults = fail_faults(fail->point, n);

	if (fail_is_memory(fail))
		lab_inject_arm(n, fail->point == LAB_FAIL_MEMORY_OUT);
	else
		umlab_set_faults(fail->slot, &faults);
}

/* From now on nothing fails; whether something has */
static bool fail_disarm(const struct lab_fail *fail)
{
	static const struct umlab_faults none;
	struct umlab_faults left;

	if (fail_is_memory(fail))
		return lab_inject_disarm();
	left = umlab_faults_left(fail->slot);
	umlab_set_faults(fail->slot, &none);
	return !memcmp(&left, &none, sizeof(left));
}

static bool fail_is_allowed(const struct lab_fail_op *op, long error)
{
	unsigned int i;

	for (i = 0; i < LAB_FAIL_ERRORS && op->errors[i]; i++) {
		if (op->errors[i] == error)
			return true;
	}
	return false;
}

/* What fails beside the point */
static const char *fail_more(const struct lab_fail *fail)
{
	return fail->point == LAB_FAIL_MEMORY_OUT ? " and all after it" : "";
}

/* @result was not to be, with the @n-th point failing, if it was @struck */
static void fail_refuse(const struct lab_fail *fail, const struct lab_fail_op *op,
			unsigned int n, bool struck, long result)
{
	DECLARE_SEQ_BUF(allowed, 80);
	unsigned int i;

	lab_loud_console(fail->test);
	for (i = 0; i < LAB_FAIL_ERRORS && op->errors[i]; i++)
		seq_buf_printf(&allowed, " %pe", ERR_PTR(op->errors[i]));
	if (struck)
		KUNIT_FAIL(fail->test, "%s: %pe, with point %u%s failing; it may be%s",
			   op->name, ERR_PTR(result), n, fail_more(fail),
			   seq_buf_str(&allowed));
	else
		KUNIT_FAIL(fail->test, "%s: %pe, and nothing was made to fail",
			   op->name, ERR_PTR(result));
}

/* Do it, with the @n-th point failing; 0: none. Whether it was there */
static bool fail_run(const struct lab_fail *fail, const struct lab_fail_op *op,
		     void *data, unsigned int n, long *result)
{
	bool struck = false;

	lab_inject_rewind();
	if (op->begin)
		op->begin(data);
	if (n)
		fail_arm(fail, n);
	*result = op->run(data);
	if (n)
		struck = fail_disarm(fail);
	if (*result >= 0 && op->undo)
		op->undo(data);
	if (op->end)
		op->end(data);
	return struck;
}

/* Once more, to have the kernel print where it was that an allocation has failed */
static void fail_show(const struct lab_fail *fail, const struct lab_fail_op *op,
		      void *data, unsigned int n)
{
	struct lab_fail alone = *fail;
	long result;

	if (!fail_is_memory(fail))
		return;
	alone.point = LAB_FAIL_MEMORY_ALONE;
	lab_inject_show(true);
	fail_run(&alone, op, data, n, &result);
	lab_inject_show(false);
}

/* Whether it works again, after the @n-th point failed with @result */
static void fail_again(const struct lab_fail *fail, const struct lab_fail_op *op,
		       void *data, unsigned int n, long result)
{
	long again;

	fail_run(fail, op, data, 0, &again);
	KUNIT_EXPECT_GE_MSG(fail->test, again, 0,
			    "%s: does not work after point %u%s failed (%pe)",
			    op->name, n, fail_more(fail), ERR_PTR(min(result, 0)));
}

/* Have the @n-th point fail, and count it; whether there was one */
static bool fail_step(const struct lab_fail *fail, const struct lab_fail_op *op,
		      void *data, unsigned int n, bool again,
		      struct lab_fail_points *points)
{
	long result;
	bool struck = fail_run(fail, op, data, n, &result);

	if (result < 0 && !(struck && fail_is_allowed(op, result))) {
		fail_refuse(fail, op, n, struck, result);
		if (struck)
			fail_show(fail, op, data, n);
	}
	if (!struck)
		return false;
	points->failed += result < 0;
	points->coped += result >= 0;
	points->all++;
	if (again)
		fail_again(fail, op, data, n, result);
	return true;
}

/* @again: whether it has to work after each point, too */
static struct lab_fail_points fail_walk(const struct lab_fail *fail,
					const struct lab_fail_op *op, void *data,
					bool again)
{
	struct lab_fail_points points = { };
	unsigned int n;

	for (n = 1; n < FAIL_MAX && fail->test->status != KUNIT_FAILURE; n++)
		if (!fail_step(fail, op, data, n, again, &points))
			break;
	KUNIT_EXPECT_LT_MSG(fail->test, n, FAIL_MAX, "%s: too many points",
			    op->name);
	/* What is mapped the next time, can be where it was, with the same page tables. */
	vm_unmap_aliases();
	return points;
}

/*
 * What the kernel has to say to it, it has said the first time. By the last time it may
 * have met points that it stepped over by then, after which it has to work, too.
 */
static struct lab_fail_points fail_repeat(const struct lab_fail *fail,
					  const struct lab_fail_op *op, void *data)
{
	unsigned int i, splats = umlab_splats();
	unsigned int least = FAIL_MAX, most = 0;
	struct lab_fail_points points = { };

	lab_silent_console(fail->test);
	for (i = 1; i < FAIL_TIMES && fail->test->status != KUNIT_FAILURE; i++) {
		points = fail_walk(fail, op, data, i == FAIL_TIMES - 1);
		least = min(least, points.all);
		most = max(most, points.all);
	}
	lab_loud_console(fail->test);
	if (splats != umlab_splats() || fail->test->status == KUNIT_FAILURE)
		KUNIT_FAIL(fail->test,
			   "%s: fails when it is repeated; a report or a violation by then is not in this log",
			   op->name);
	else if (least != most && fail_is_memory(fail) && lab_inject_exact() && !op->moves)
		KUNIT_FAIL(fail->test,
			   "%s: %u points at one time and %u at another, so one may be stepped over; if it has to be so, set .moves",
			   op->name, least, most);
	return points;
}

/* Pools keep their pages. */
static unsigned int fail_mappings(const struct lab_fail *fail)
{
	return fail->slot ? umlab_mappings(fail->slot) -
			    umlab_pool_pages(fail->slot) : 0;
}

static struct lab_fail_points fail_each(const struct lab_fail *fail,
					const struct lab_fail_op *op, void *data)
{
	unsigned int mappings = fail_mappings(fail);
	unsigned int functions = umlab_functions();
	struct lab_fail_points points;
	struct lab_slabs *before;

	KUNIT_ASSERT_TRUE_MSG(fail->test, lab_inject_begin(),
			      "allocations cannot be made to fail: the kernel lacks what uml-config/base.config has for it, or ___slab_alloc() or add_dma_entry()");
	KUNIT_ASSERT_TRUE_MSG(fail->test, fail->slot || fail_is_memory(fail),
			      "%s: whose mappings, reads or accesses? There is no slot",
			      op->name);
	points = fail_walk(fail, op, data, true);
	before = lab_slabs_count(fail->test);
	if (fail->slot && umlab_topology(fail->slot)->noncoherent)
		lab_slabs_pass_over_shadow(before);
	if (fail->test->status != KUNIT_FAILURE)
		points = fail_repeat(fail, op, data);
	lab_slabs_expect_growth(fail->test, before, FAIL_KEPT, op->name);
	KUNIT_EXPECT_EQ_MSG(fail->test, functions, umlab_functions(),
			    "%s: leaves a reference to a function", op->name);
	KUNIT_EXPECT_EQ_MSG(fail->test, mappings, fail_mappings(fail),
			    "%s: leaves a mapping", op->name);
	kunit_info(fail->test, "%s: %u points%s fail it, %u do not%s\n", op->name,
		   points.failed, fail_more(fail), points.coped,
		   fail->test->status == KUNIT_FAILURE ? "; it went no further" : "");
	return points;
}

struct lab_fail_points lab_fail_each(const struct lab_fail *fail,
				     const struct lab_fail_op *op, void *data)
{
	struct lab_fail this = *fail;
	struct lab_fail_points alone;

	if (fail->point != LAB_FAIL_MEMORY)
		return fail_each(fail, op, data);
	this.point = LAB_FAIL_MEMORY_ALONE;
	alone = fail_each(&this, op, data);
	if (fail->test->status == KUNIT_FAILURE)
		return alone;
	this.point = LAB_FAIL_MEMORY_OUT;
	fail_each(&this, op, data);
	return alone;
}
