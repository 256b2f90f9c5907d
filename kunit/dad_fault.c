// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: accesses that fail, one after the other: the board's to memory, and the CPU's to
 * registers
 *
 * Which access is for what is found out by walking: the first one fails, then the
 * second, until one is not reached any more.
 */

#include <kunit/test.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_bed.h"
#include "lib/frames.h"

#define FAULT_PROMPT	100	/* in ms: without the help of a watchdog */
#define FAULT_WALK_MAX	64	/* accesses that a transfer can have */

/* Whether an access of the board has failed */
static bool fault_hit(const struct lab_bed *bed, u64 begin)
{
	static const struct umlab_event failed[] = {
		{ .kind = UMLAB_DMA_READ, .where = 1,
		  .any = UMLAB_ANY_VALUE | UMLAB_ANY_SIZE },
		{ .kind = UMLAB_DMA_WRITE, .where = 1,
		  .any = UMLAB_ANY_VALUE | UMLAB_ANY_SIZE },
	};

	return umlab_journal_count(bed->dad.slot, begin, failed[0]) ||
	       umlab_journal_count(bed->dad.slot, begin, failed[1]);
}

/**
 * struct fault_walk - what came of the accesses that failed
 * @alone: it was the end of the request alone
 * @all: the board had to be reset
 */
struct fault_walk {
	unsigned int alone;
	unsigned int all;
};

/* Have the @n-th access of a transfer fail; false: it has not so many */
static bool fault_step(struct lab_bed *bed, enum lab_bed_shape shape, bool write,
		       unsigned int n, struct fault_walk *walk)
{
	long resets = lab_dad_counter(&bed->dad, "resets");
	u64 begin = umlab_journal_now();
	ktime_t start = ktime_get();
	ssize_t ret;

	lab_bed_faults(bed, .dma_error = n);
	ret = lab_bed_move(bed, shape, write);
	lab_bed_faults(bed);
	/* The board says so, or the request does: nobody has to lose patience. */
	lab_bed_expect_within(bed, start, FAULT_PROMPT);
	if (!fault_hit(bed, begin)) {
		KUNIT_EXPECT_EQ(bed->test, ret, lab_bed_parts[shape].len);
		return false;
	}
	KUNIT_EXPECT_EQ_MSG(bed->test, ret, -EIO, "%s, access %u",
			    lab_bed_parts[shape].name, n);
	resets = lab_dad_counter(&bed->dad, "resets") - resets;
	KUNIT_EXPECT_LE(bed->test, resets, 1);
	walk->alone += !resets;
	walk->all += resets;
	lab_bed_expect_read(bed, shape);
	return true;
}

/* One or two are of data; of rings, a descriptor, a completion and two indexes. */
static void fault_bus(struct lab_bed *bed, bool write)
{
	unsigned int shape, n;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		struct fault_walk walk = { };

		for (n = 1; n < FAULT_WALK_MAX; n++)
			if (!fault_step(bed, shape, write, n, &walk))
				break;
		KUNIT_EXPECT_LT(bed->test, n, FAULT_WALK_MAX);
		KUNIT_EXPECT_GE(bed->test, walk.alone, 1);
		KUNIT_EXPECT_LE(bed->test, walk.alone,
				shape == LAB_BED_LIST ? 2 : 1);
		KUNIT_EXPECT_GE(bed->test, walk.all, 4);
	}
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_count(bed, "bad_completions", 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

static void fault_bus_reading(struct kunit *test)
{
	fault_bus(lab_bed_plug(test), false);
}

static void fault_bus_writing(struct kunit *test)
{
	fault_bus(lab_bed_plug(test), true);
}

/* The bus address of a byte of user memory, where it is the physical one */
static u64 fault_address(const struct lab_bed *bed, unsigned long at)
{
	unsigned long addr = bed->addr + at;
	struct lab_frame frame;

	KUNIT_ASSERT_TRUE(bed->test, lab_frame_at(addr, &frame));
	return ((u64)frame.pfn << PAGE_SHIFT) + offset_in_page(addr);
}

/* For as long as a byte cannot be reached, who needs it fails, and nobody else. */
static void fault_data(struct kunit *test)
{
	const struct lab_bed_part *list = &lab_bed_parts[LAB_BED_LIST];
	struct lab_bed *bed = lab_bed_plug(test);
	const unsigned int at[] = { list->at, list->at + list->len - 1 };
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(at); i++) {
		lab_bed_faults(bed, .dma_fault = fault_address(bed, at[i / 2]));
		lab_bed_hang(bed, true);
		KUNIT_EXPECT_EQ(test, -EIOCBQUEUED,
				lab_bed_submit(bed, 0, LAB_BED_LIST, i % 2));
		KUNIT_EXPECT_EQ(test, -EIOCBQUEUED,
				lab_bed_submit(bed, 1, LAB_BED_PAGE, i % 2));
		lab_bed_hang(bed, false);
		KUNIT_EXPECT_EQ(test, lab_dad_wait(&bed->aio[0]), -EIO);
		KUNIT_EXPECT_EQ(test, lab_dad_wait(&bed->aio[1]),
				lab_bed_parts[LAB_BED_PAGE].len);
		KUNIT_EXPECT_EQ(test, lab_bed_move(bed, LAB_BED_LIST, i % 2),
				-EIO);
		lab_bed_expect_read(bed, LAB_BED_PAGE);
		lab_bed_rest(bed);
		lab_bed_faults(bed);
		lab_bed_expect_read(bed, LAB_BED_LIST);
	}
	lab_bed_count(bed, "resets", 0);
	lab_bed_works(bed);
}

/* The CPU has read all-ones from a register */
static const struct umlab_event fault_ones = {
	.kind = UMLAB_READ, .where = DAD_BAR_REGS, .size = 4, .value = U32_MAX,
	.any = UMLAB_ANY_OFFSET,
};

static bool fault_read_ones(const struct lab_bed *bed, u64 begin)
{
	return umlab_journal_count(bed->dad.slot, begin, fault_ones);
}

/* All is as before, and nobody has to wait for a watchdog. */
static void fault_expect_prompt(struct lab_bed *bed)
{
	ktime_t begin = ktime_get();

	lab_bed_works(bed);
	lab_bed_expect_within(bed, begin, FAULT_PROMPT);
}

/*
 * A register reads as all-ones once, though the board is there: no data is lost by it,
 * and what it hid does not stay hidden.
 */
static void fault_ones_at_work(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	unsigned int shape, n;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		for (n = 1; n < FAULT_WALK_MAX; n++) {
			u64 begin = umlab_journal_now();

			lab_bed_faults(bed, .read_ones = n);
			lab_bed_expect_read(bed, shape);
			lab_bed_faults(bed);
			fault_expect_prompt(bed);
			if (!fault_read_ones(bed, begin))
				break;
		}
		/* At least that of the cause of the interrupt */
		KUNIT_EXPECT_GT(test, n, 1);
		KUNIT_EXPECT_LT(test, n, FAULT_WALK_MAX);
	}
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_count(bed, "resets", 0);
	lab_bed_rest(bed);
}

/* The same while it is reset: all-ones is neither READY nor the board's end. */
static void fault_ones_in_recovery(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	unsigned int n;

	lab_bed_timeout(bed, 10);
	for (n = 1; n < FAULT_WALK_MAX; n++) {
		u64 begin = umlab_journal_now();

		lab_bed_hang(bed, true);
		lab_bed_faults(bed, .read_ones = n);
		KUNIT_EXPECT_EQ(test, -EIO,
				lab_bed_move(bed, LAB_BED_LIST, false));
		lab_bed_faults(bed);
		lab_bed_hang(bed, false);
		fault_expect_prompt(bed);
		if (!fault_read_ones(bed, begin))
			break;
	}
	/* At least that of READY */
	KUNIT_EXPECT_GT(test, n, 1);
	KUNIT_EXPECT_LT(test, n, FAULT_WALK_MAX);
	lab_bed_rest(bed);
}

/* A write to a register is lost: if that is not the doorbell, the transfer is right. */
static void fault_lost_write(struct kunit *test)
{
	static const struct umlab_event wrote = UMLAB_DID_ANY(UMLAB_WRITE);
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	ssize_t len = lab_bed_parts[LAB_BED_LIST].len;
	u64 begin = umlab_journal_now();
	unsigned int writes, n;

	lab_bed_expect_read(bed, LAB_BED_LIST);
	writes = umlab_journal_count(bed->dad.slot, begin, wrote);
	/* The doorbell, the cause of the interrupt, how far the ring was read */
	KUNIT_EXPECT_GE(test, writes, 3);
	for (n = 1; n <= writes; n++) {
		ssize_t ret;

		lab_bed_mark_board(bed, LAB_BED_LIST);
		lab_bed_faults(bed, .write_lost = n);
		ret = lab_bed_move(bed, LAB_BED_LIST, false);
		lab_bed_faults(bed);
		KUNIT_EXPECT_EQ_MSG(test, ret, n == 1 ? -EIO : len,
				    "write %u of %u", n, writes);
		if (ret == len)
			lab_bed_expect_mark(bed, LAB_BED_LIST);
		/* Whoever comes next may still be found by the watchdog. */
		lab_bed_works(bed);
		fault_expect_prompt(bed);
	}
	lab_bed_count(bed, "timeouts", 1);
	lab_bed_rest(bed);
}

/* The next doorbell tells the board of both. */
static void fault_lost_doorbell(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);

	lab_bed_mark_board(bed, LAB_BED_LIST);
	lab_bed_faults(bed, .write_lost = 1);
	KUNIT_EXPECT_EQ(test, lab_bed_submit(bed, 0, LAB_BED_LIST, false),
			-EIOCBQUEUED);
	KUNIT_EXPECT_EQ(test, lab_bed_submit(bed, 1, LAB_BED_PAGE, true),
			-EIOCBQUEUED);
	KUNIT_EXPECT_EQ(test, lab_dad_wait(&bed->aio[0]),
			lab_bed_parts[LAB_BED_LIST].len);
	KUNIT_EXPECT_EQ(test, lab_dad_wait(&bed->aio[1]),
			lab_bed_parts[LAB_BED_PAGE].len);
	lab_bed_expect_mark(bed, LAB_BED_LIST);
	lab_bed_count(bed, "timeouts", 0);
	fault_expect_prompt(bed);
	lab_bed_rest(bed);
}

/* The board is ready since it was not reset: what is under way must not be unmapped. */
static void fault_lost_reset(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	u64 begin;

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	/* The first one turns interrupts off. */
	lab_bed_faults(bed, .write_lost = 2);
	begin = umlab_journal_now();
	lab_bed_wait_all(bed, -EIO);
	KUNIT_EXPECT_EQ(test, 1,
			umlab_journal_count(bed->dad.slot, begin,
					    (struct umlab_event)
					    UMLAB_DID(UMLAB_RESET,
						      UMLAB_RESET_FLR)));
	lab_bed_rest(bed);
	lab_bed_expect_left_alone(bed);
	fault_expect_prompt(bed);
	lab_bed_rest(bed);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE_PARAM(fault_bus_reading, umlab_topology_gen_params),
	KUNIT_CASE(fault_bus_writing),
	KUNIT_CASE(fault_data),
	KUNIT_CASE_PARAM(fault_ones_at_work, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(fault_ones_in_recovery, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(fault_lost_write, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(fault_lost_doorbell, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(fault_lost_reset, lab_bed_irq_gen_params),
	{}
};

static struct kunit_suite fault_suite = {
	.name		= "umlab_dad_fault",
	.test_cases	= fault_cases,
};

kunit_test_suite(fault_suite);
