// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated dad board with manners that no datasheet promises: umlab/dad.h
 *
 * What a driver makes of them, its own suites see; here it is that they are there.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "lib/dad_rig.h"

static struct lab_rig *manners_plug(struct kunit *test)
{
	return lab_rig_plug_revision(test, DAD_REV_C, LAB_RIG_MEMORY);
}

static void manners_stuck(const struct lab_rig *rig, unsigned int stuck)
{
	const struct umlab_dad_manners manners = { .stuck = stuck };

	umlab_dad_behave(rig->dma.slot, &manners);
}

/* A queue that does not stop is stopped by a reset. */
static void manners_stuck_stop(struct kunit *test)
{
	struct lab_rig *rig = manners_plug(test);
	u32 control = DAD_Q(DAD_REQUESTS) + DAD_Q_CONTROL;

	lab_rig_enable(rig, DAD_REQUESTS, 16);
	manners_stuck(rig, UMLAB_DAD_STUCK_STOP);
	lab_rig_write(rig, control, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, control), DAD_Q_ACTIVE);
	lab_rig_reset(rig);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, control), 0);
	umlab_dad_behave(rig->dma.slot, NULL);
	lab_rig_expect_works(rig);
	lab_rig_stop(rig, DAD_REQUESTS);
}

/* A reset by register that does not end is ended by that of the function. */
static void manners_stuck_reset(struct kunit *test)
{
	struct lab_rig *rig = manners_plug(test);

	manners_stuck(rig, UMLAB_DAD_STUCK_RESET);
	lab_rig_write(rig, DAD_CONTROL, DAD_CONTROL_RESET);
	msleep(100);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), 0);
	KUNIT_EXPECT_EQ(test, pci_reset_function(rig->pdev), 0);
	KUNIT_EXPECT_TRUE(test, lab_rig_ready(rig));
	lab_rig_expect_works(rig);
}

/* Nor does that one end, until the board behaves. */
static void manners_stuck_flr(struct kunit *test)
{
	struct lab_rig *rig = manners_plug(test);

	manners_stuck(rig, UMLAB_DAD_STUCK_FLR);
	lab_rig_reset(rig);
	KUNIT_EXPECT_EQ(test, pci_reset_function(rig->pdev), 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), 0);
	umlab_dad_behave(rig->dma.slot, NULL);
	KUNIT_EXPECT_EQ(test, pci_reset_function(rig->pdev), 0);
	KUNIT_EXPECT_TRUE(test, lab_rig_ready(rig));
	lab_rig_expect_works(rig);
}

/**
 * struct manners_lie - a lie about completions that shows at once
 * @name: of it
 * @lie: UMLAB_DAD_LIE_*
 */
struct manners_lie {
	const char *name;
	unsigned int lie;
};

static const struct manners_lie manners_lies[] = {
	{ "index", UMLAB_DAD_LIE_INDEX },
	{ "tag", UMLAB_DAD_LIE_TAG },
	{ "len", UMLAB_DAD_LIE_LEN },
	{ "status", UMLAB_DAD_LIE_STATUS },
	{ "repeat", UMLAB_DAD_LIE_REPEAT },
	{ "early", UMLAB_DAD_LIE_EARLY },
};

KUNIT_ARRAY_PARAM_DESC(manners_lie, manners_lies, name);

#define MANNERS_MANY	32

/*
 * Have requests done, one after another; how often the index, or what it counts, was
 * not as it should be. With UMLAB_DAD_LIE_REPEAT all that comes later is one further.
 */
static unsigned int manners_wrong(struct lab_rig *rig, bool repeats)
{
	const struct lab_rig_queue *queue = &rig->queue[DAD_REQUESTS];
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;
	unsigned int i, wrong = 0, extra = 0;

	for (i = 0; i < MANNERS_MANY; i++) {
		const struct dad_comp want = {
			.tag = cpu_to_le32(100 + i),
			.len = cpu_to_le32(8),
			.status = cpu_to_le32(DAD_COMP_OK),
		};
		u32 at = queue->consumer + i + extra, done;

		lab_rig_post(rig, DAD_REQUESTS,
			     lab_rig_desc(bus, 8, DAD_DESC_TO_HOST, 0, 100 + i));
		done = lab_rig_completed(rig, DAD_REQUESTS) - extra;
		if (done != i + 1 ||
		    memcmp(&queue->comp[at & (queue->size - 1)], &want,
			   sizeof(want)))
			wrong++;
		if (repeats && done == i + 2)
			extra++;
	}
	return wrong;
}

/* Each lie that is told is counted; a board that tells none tells the truth. */
static void manners_lies_about_completions(struct kunit *test)
{
	const struct manners_lie *lie = test->param_value;
	const struct umlab_dad_manners manners = { .lies = lie->lie, .seed = 1 };
	struct lab_rig *rig = manners_plug(test);
	bool repeats = lie->lie == UMLAB_DAD_LIE_REPEAT;
	unsigned int wrong;

	lab_rig_enable(rig, DAD_REQUESTS, 2 * MANNERS_MANY);
	KUNIT_EXPECT_EQ(test, manners_wrong(rig, false), 0);
	KUNIT_EXPECT_EQ(test, umlab_dad_lies(rig->dma.slot), 0);
	lab_rig_reset(rig);
	umlab_dad_behave(rig->dma.slot, &manners);
	lab_rig_enable(rig, DAD_REQUESTS, 2 * MANNERS_MANY);
	wrong = manners_wrong(rig, repeats);
	/* Every second one, about */
	KUNIT_EXPECT_GT(test, wrong, MANNERS_MANY / 8);
	KUNIT_EXPECT_LT(test, wrong, MANNERS_MANY * 7 / 8);
	KUNIT_EXPECT_EQ(test, umlab_dad_lies(rig->dma.slot), wrong);
}

/* Buffers of the stream are said to be done in another order. */
static void manners_lies_about_order(struct kunit *test)
{
	const struct umlab_dad_manners manners = {
		.lies = UMLAB_DAD_LIE_ORDER, .seed = 1,
	};
	struct lab_rig *rig = manners_plug(test);
	dma_addr_t bus = lab_rig_alloc(rig, PAGE_SIZE)->bus;
	unsigned int i, wrong = 0;
	u32 seen = 0;

	lab_rig_enable(rig, DAD_STREAM, 16);
	umlab_dad_behave(rig->dma.slot, &manners);
	for (i = 0; i < 16; i++)
		lab_rig_put(rig, DAD_STREAM,
			    lab_rig_desc(bus + 64 * i, 64, DAD_DESC_TO_HOST, 0,
					 i));
	lab_rig_ring(rig, DAD_STREAM);
	lab_rig_write(rig, DAD_SAMPLE_NS, 1000);
	lab_rig_write(rig, DAD_STREAM_CONTROL, DAD_STREAM_RUN);
	KUNIT_ASSERT_TRUE(test, lab_rig_wait(rig, DAD_STREAM, 16));
	lab_rig_write(rig, DAD_STREAM_CONTROL, 0);
	for (i = 0; i < 16; i++) {
		struct lab_rig_comp comp = lab_rig_take(rig, DAD_STREAM);

		KUNIT_ASSERT_LT(test, comp.tag, 16);
		wrong += comp.tag != i;
		seen |= BIT(comp.tag);
	}
	/* Each is there once: only the order is a lie. */
	KUNIT_EXPECT_EQ(test, seen, GENMASK(15, 0));
	KUNIT_EXPECT_GT(test, wrong, 0);
	KUNIT_EXPECT_GT(test, umlab_dad_lies(rig->dma.slot), 0);
}

/* Read a register often; how often it does not have its value */
static unsigned int manners_misread(struct lab_rig *rig, u32 *value)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < 256; i++) {
		u32 read = lab_rig_read(rig, DAD_MEMORY_SIZE);

		if (read == LAB_RIG_MEMORY)
			continue;
		wrong++;
		*value = read;
	}
	return wrong;
}

/* Registers: every 16th time they are read, about */
static void manners_lies_about_registers(struct kunit *test)
{
	static const unsigned int lies[] = {
		UMLAB_DAD_LIE_ONES, UMLAB_DAD_LIE_REGS,
	};
	struct lab_rig *rig = manners_plug(test);
	unsigned int i, wrong;
	u32 value = 0;

	KUNIT_EXPECT_EQ(test, manners_misread(rig, &value), 0);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		const struct umlab_dad_manners manners = {
			.lies = lies[i], .seed = 1,
		};
		unsigned int before = umlab_dad_lies(rig->dma.slot);

		umlab_dad_behave(rig->dma.slot, &manners);
		wrong = manners_misread(rig, &value);
		KUNIT_EXPECT_GE(test, wrong, 4);
		KUNIT_EXPECT_LE(test, wrong, 40);
		KUNIT_EXPECT_EQ(test, umlab_dad_lies(rig->dma.slot) - before,
				wrong);
		KUNIT_EXPECT_EQ(test, value == ~0U,
				lies[i] == UMLAB_DAD_LIE_ONES);
	}
	umlab_dad_behave(rig->dma.slot, NULL);
	KUNIT_EXPECT_EQ(test, manners_misread(rig, &value), 0);
}

/* The same seed, the same lies */
static void manners_seed(struct kunit *test)
{
	const struct umlab_dad_manners manners = {
		.lies = UMLAB_DAD_LIE_REGS, .seed = 7,
	};
	struct lab_rig *rig = manners_plug(test);
	u32 first = 0, second = 0;
	unsigned int wrong;

	umlab_dad_behave(rig->dma.slot, &manners);
	wrong = manners_misread(rig, &first);
	umlab_dad_behave(rig->dma.slot, &manners);
	KUNIT_EXPECT_EQ(test, manners_misread(rig, &second), wrong);
	KUNIT_EXPECT_EQ(test, first, second);
}

/* What is done at the same time is completed in the reverse order. */
static void manners_backwards(struct kunit *test)
{
	const struct umlab_dad_manners manners = { .backwards = true };
	struct lab_rig *rig = lab_rig_plug(test);
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);
	unsigned int i;

	lab_dma_fill(rig->memory, 16, 1);
	umlab_dad_behave(rig->dma.slot, &manners);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	for (i = 0; i < 4; i++)
		lab_rig_put(rig, DAD_REQUESTS,
			    lab_rig_desc(buffer->bus + 4 * i, 4,
					 DAD_DESC_TO_HOST, 4 * i, i));
	lab_rig_ring(rig, DAD_REQUESTS);
	for (i = 4; i--;)
		lab_rig_expect(rig, DAD_REQUESTS, i, 4, DAD_COMP_OK);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer->cpu, 16, 1));
}

#define MANNERS_PART	100

/* Requests move a part, and say how much; segments of a chain count together. */
static void manners_partial(struct kunit *test)
{
	const struct umlab_dad_manners manners = { .partial = MANNERS_PART };
	struct lab_rig *rig = manners_plug(test);
	struct lab_rig_buffer *data = lab_rig_alloc(rig, PAGE_SIZE);
	struct lab_rig_buffer *block = lab_rig_alloc(rig, PAGE_SIZE);

	lab_dma_fill(rig->memory, 256, 1);
	lab_rig_block(block, 0, 0, 2);
	lab_rig_segment(block, 0, 0, data->bus + 512, 60);
	lab_rig_segment(block, 0, 1, data->bus + 572, 196);
	umlab_dad_behave(rig->dma.slot, &manners);
	lab_rig_enable(rig, DAD_REQUESTS, 16);
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(data->bus, 256, DAD_DESC_TO_HOST, 0, 1));
	lab_rig_expect(rig, DAD_REQUESTS, 1, MANNERS_PART, DAD_COMP_OK);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(data->cpu, MANNERS_PART, 1));
	KUNIT_EXPECT_NULL(test, memchr_inv(data->cpu + MANNERS_PART, 0,
					   512 - MANNERS_PART));
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(block->bus, 256,
				  DAD_DESC_TO_HOST | DAD_DESC_CHAIN, 0, 2));
	lab_rig_expect(rig, DAD_REQUESTS, 2, MANNERS_PART, DAD_COMP_OK);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(data->cpu + 512, MANNERS_PART, 1));
	KUNIT_EXPECT_NULL(test, memchr_inv(data->cpu + 512 + MANNERS_PART, 0,
					   512));
	/* What has fewer bytes is moved as a whole. */
	lab_rig_post(rig, DAD_REQUESTS,
		     lab_rig_desc(data->bus, MANNERS_PART - 1, 0, 0, 3));
	lab_rig_expect(rig, DAD_REQUESTS, 3, MANNERS_PART - 1, DAD_COMP_OK);
}

static struct kunit_case manners_cases[] = {
	KUNIT_CASE(manners_stuck_stop),
	KUNIT_CASE(manners_stuck_reset),
	KUNIT_CASE(manners_stuck_flr),
	KUNIT_CASE_PARAM(manners_lies_about_completions,
			 manners_lie_gen_params),
	KUNIT_CASE(manners_lies_about_order),
	KUNIT_CASE(manners_lies_about_registers),
	KUNIT_CASE(manners_seed),
	KUNIT_CASE_PARAM(manners_backwards, umlab_topology_gen_params),
	KUNIT_CASE(manners_partial),
	{}
};

static struct kunit_suite manners_suite = {
	.name		= "umlab_dad_board_manners",
	.test_cases	= manners_cases,
};

kunit_test_suite(manners_suite);
