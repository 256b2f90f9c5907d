// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: a board that lies
 *
 * What is asked of it, and what has to come of that, is in lib/dad_liar.h.
 */

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_bed.h"
#include "lib/dad_liar.h"
#include "lib/node.h"
#include "lib/space.h"
#include "lib/touch.h"

static void hostile_describe(const struct lab_liar_run *run, char *desc)
{
	strscpy(desc, run->name, KUNIT_PARAM_DESC_SIZE);
}

#define HOSTILE_LIE(text, lie, ...)					\
	{ .name = text, .revision = DAD_REV_C, .lies = lie, .seed = 1,	\
	  .count = 30, .counters = { __VA_ARGS__ } }

static const struct lab_liar_run hostile_lies[] = {
	HOSTILE_LIE("index", UMLAB_DAD_LIE_INDEX, "bad_completions"),
	HOSTILE_LIE("tag", UMLAB_DAD_LIE_TAG, "bad_completions"),
	HOSTILE_LIE("length", UMLAB_DAD_LIE_LEN, "bad_completions"),
	HOSTILE_LIE("status", UMLAB_DAD_LIE_STATUS, "bad_completions"),
	HOSTILE_LIE("twice", UMLAB_DAD_LIE_REPEAT, "bad_completions"),
	HOSTILE_LIE("order", UMLAB_DAD_LIE_ORDER, "bad_completions"),
	HOSTILE_LIE("early", UMLAB_DAD_LIE_EARLY, "bad_completions"),
	HOSTILE_LIE("registers", UMLAB_DAD_LIE_REGS, "resets", "spurious",
		    "lost_interrupts"),
	HOSTILE_LIE("ones", UMLAB_DAD_LIE_ONES, "spurious", "lost_interrupts"),
};

KUNIT_ARRAY_PARAM(hostile_lie, hostile_lies, hostile_describe);

/* One kind of lie alone, and where it is counted */
static void hostile_one_lie(struct kunit *test)
{
	const struct lab_liar_run *run = test->param_value;
	struct lab_liar *liar = lab_liar_play(test, run);
	unsigned int i;
	long count = 0;

	for (i = 0; i < ARRAY_SIZE(run->counters) && run->counters[i]; i++)
		count += lab_dad_counter(&liar->bed->dad, run->counters[i]);
	KUNIT_EXPECT_GT(test, count, 0);
}

static const struct lab_liar_run hostile_mixes[] = {
	{ "C,direct,msix,at_once", 0, DAD_REV_C, UMLAB_IRQ_MSIX,
	  UMLAB_COMPLETE_AT_ONCE, UMLAB_DAD_LIE_ALL, 2, 500 },
	{ "A,iommu,msi,deferred", 3, DAD_REV_A, UMLAB_IRQ_MSI,
	  UMLAB_COMPLETE_DEFERRED, UMLAB_DAD_LIE_ALL, 3, 500 },
	{ "B,direct,noncoherent,msi,at_once", 4, DAD_REV_B, UMLAB_IRQ_MSI,
	  UMLAB_COMPLETE_AT_ONCE, UMLAB_DAD_LIE_ALL, 4, 500 },
	{ "C,bounce,noncoherent,intx,delayed", 6, DAD_REV_C, UMLAB_IRQ_INTX,
	  UMLAB_COMPLETE_DELAYED, UMLAB_DAD_LIE_ALL, 5, 500 },
};

KUNIT_ARRAY_PARAM(hostile_mix, hostile_mixes, hostile_describe);

/* All kinds at random: 2,000 of them */
static void hostile_all_lies(struct kunit *test)
{
	lab_liar_play(test, test->param_value);
}

/* 100 times 1,000 of them: more at a time would be too long for KUnit. */
static const char hostile_seeds[100];

static const void *hostile_seed_gen_params(const void *prev, char *desc)
{
	const char *seed = prev ? prev + 1 : hostile_seeds;

	if (seed == hostile_seeds + ARRAY_SIZE(hostile_seeds))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "seed %td", seed - hostile_seeds);
	return seed;
}

static void hostile_many_lies(struct kunit *test)
{
	static const unsigned int irqs[] = {
		UMLAB_IRQ_INTX, UMLAB_IRQ_MSI, UMLAB_IRQ_MSIX,
	};
	u32 seed = (const char *)test->param_value - hostile_seeds;
	const struct lab_liar_run run = {
		.topology = seed % UMLAB_TOPOLOGIES,
		.revision = DAD_REV_C,
		.irqs = irqs[seed % 3],
		.completion = seed / 3 % UMLAB_COMPLETE_NEVER,
		.lies = UMLAB_DAD_LIE_ALL,
		.seed = 100 + seed,
		.count = 1000,
	};

	lab_liar_play(test, &run);
}

#define HOSTILE_LEN	1000	/* it is copied */

/* Of which but the first byte is zero; the rest was somebody else's, on its way */
static void hostile_expect_nothing(struct kunit *test, unsigned long addr,
				   ssize_t len)
{
	u8 *seen = kunit_kmalloc(test, HOSTILE_LEN, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_ASSERT_EQ(test, lab_load(addr, seen, len), LAB_OK);
	KUNIT_EXPECT_NULL(test, memchr_inv(seen + 1, 0, len - 1));
	kunit_kfree(test, seen);
}

/* It moves a byte, and says that it was more: that is not what the last one wrote. */
static void hostile_tells_no_secrets(struct kunit *test)
{
	struct umlab_dad_manners manners = {
		.lies = UMLAB_DAD_LIE_LEN, .partial = 1,
	};
	struct lab_dad dad = lab_dad_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	unsigned int believed = 0;

	for (manners.seed = 0; manners.seed < 60; manners.seed++) {
		ssize_t ret;

		umlab_dad_behave(dad.slot, NULL);
		lab_dad_put_user(test, addr, HOSTILE_LEN, 1, 0);
		KUNIT_ASSERT_EQ(test, HOSTILE_LEN,
				lab_dad_write(file, addr, HOSTILE_LEN, 0));
		umlab_dad_behave(dad.slot, &manners);
		ret = lab_dad_read(file, addr, HOSTILE_LEN, 0);
		if (ret < 2)
			continue;
		believed++;
		hostile_expect_nothing(test, addr, ret);
	}
	KUNIT_EXPECT_GT(test, believed, 0);
}

static struct kunit_case hostile_cases[] = {
	KUNIT_CASE(hostile_tells_no_secrets),
	KUNIT_CASE_PARAM(hostile_one_lie, hostile_lie_gen_params),
	KUNIT_CASE_PARAM(hostile_all_lies, hostile_mix_gen_params),
	KUNIT_CASE_PARAM_ATTR(hostile_many_lies, hostile_seed_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite hostile_suite = {
	.name		= "umlab_dad_hostile",
	.test_cases	= hostile_cases,
};

kunit_test_suite(hostile_suite);
