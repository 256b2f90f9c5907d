// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: interrupts that are lost, that mean nothing, or that come at the worst time
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <umlab/dad.h>
#include <umlab/machine.h>
#include <umlab/model.h>

#include "../drivers/dad/dad-ioctl.h"
#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_bed.h"
#include "lib/dad_ring.h"

#define IRQ_TIMEOUT	2000	/* the driver's, in ms */
#define IRQ_PROMPT	100	/* in ms: without the help of a watchdog */
#define IRQ_MANY	1000

static struct lab_ring irq_ring(struct lab_bed *bed, u32 blocks)
{
	return lab_ring_make(&bed->dad, lab_ring_shape(DAD_RING_IN,
						       DAD_BLOCK_MIN, blocks));
}

/*
 * Found by the watchdog before anybody loses patience, with all the data. The next one
 * interrupts again: the cause that nobody saw does not stay.
 */
static void irq_lost(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	unsigned int shape;
	ktime_t begin;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		begin = ktime_get();
		lab_bed_faults(bed, .irq_lost = 1);
		lab_bed_expect_read(bed, shape);
		lab_bed_expect_within(bed, begin, IRQ_TIMEOUT);
		lab_bed_count(bed, "lost_interrupts", shape + 1);
		begin = ktime_get();
		lab_bed_expect_write(bed, shape);
		lab_bed_expect_within(bed, begin, IRQ_PROMPT);
		lab_bed_count(bed, "lost_interrupts", shape + 1);
	}
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_count(bed, "resets", 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* One interrupt is lost that stands for several requests. */
static void irq_lost_together(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	lab_bed_faults(bed, .irq_lost = 1);
	/* They are all done at once: that is one interrupt. */
	lab_bed_hang(bed, false);
	lab_bed_wait_all(bed, 0);
	lab_bed_count(bed, "lost_interrupts", LAB_BED_SHAPES);
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_works(bed);
	lab_bed_count(bed, "lost_interrupts", LAB_BED_SHAPES);
	lab_bed_rest(bed);
}

/* Blocks are found as well; and the stream, which is not full yet, interrupts again. */
static void irq_lost_stream(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	struct lab_ring ring = irq_ring(bed, DAD_BLOCKS_MAX);
	long taken;

	lab_bed_timeout(bed, 20);
	lab_bed_faults(bed, .irq_lost = 1);
	lab_ring_start(&ring);
	msleep(40);
	KUNIT_EXPECT_GT(test, lab_ring_look(&ring).done, 0);
	KUNIT_EXPECT_GT(test, lab_dad_counter(&bed->dad, "lost_interrupts"), 0);
	taken = lab_dad_counter(&bed->dad, "interrupts");
	lab_ring_wait(&ring, DAD_BLOCKS_MAX - 4);
	KUNIT_EXPECT_GT(test, lab_dad_counter(&bed->dad, "interrupts"), taken);
	lab_ring_close(&ring);
	lab_bed_count(bed, "resets", 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* With INTx the handler finds no cause; each vector of MSI has its own handler. */
static void irq_spurious(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	long taken = lab_dad_counter(&bed->dad, "interrupts");
	unsigned int i;

	for (i = 0; i < IRQ_MANY; i++)
		umlab_inject_spurious(bed->dad.slot, i % DAD_VECTORS_MAX);
	lab_bed_count(bed, "spurious", IRQ_MANY);
	lab_bed_count(bed, "interrupts", taken);
	lab_bed_works(bed);
	lab_bed_count(bed, "spurious", IRQ_MANY);
	lab_bed_count(bed, "lost_interrupts", 0);
	lab_bed_count(bed, "resets", 0);
	lab_bed_rest(bed);
}

/* What is under way is not taken for done. */
static void irq_spurious_in_flight(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	struct lab_ring ring = irq_ring(bed, 4);
	unsigned int i;

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	lab_ring_start(&ring);
	for (i = 0; i < 10; i++)
		umlab_inject_spurious(bed->dad.slot, i % DAD_VECTORS_MAX);
	msleep(20);
	for (i = 0; i < LAB_BED_SHAPES; i++)
		KUNIT_EXPECT_FALSE(test, completion_done(&bed->aio[i].done));
	lab_bed_hang(bed, false);
	lab_bed_wait_all(bed, 0);
	lab_ring_wait(&ring, 2);
	lab_ring_close(&ring);
	lab_bed_count(bed, "spurious", 10);
	lab_bed_count(bed, "resets", 0);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

static const struct umlab_options irq_intx = { .irqs = UMLAB_IRQ_INTX };

/* Of nobody on the shared line */
static void irq_foreign(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_as(test, DAD_REV_C, &irq_intx);
	unsigned int i;

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	for (i = 0; i < 10; i++)
		umlab_inject_foreign(bed->dad.slot);
	lab_bed_count(bed, "spurious", 10);
	lab_bed_hang(bed, false);
	lab_bed_wait_all(bed, 0);
	lab_bed_works(bed);
	lab_bed_count(bed, "resets", 0);
	lab_bed_rest(bed);
}

/* Nor is it of a board of which nothing stands but that it misses blocks. */
static void irq_foreign_overrun(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_as(test, DAD_REV_C, &irq_intx);
	struct lab_ring ring = irq_ring(bed, 2);
	long interrupts;

	lab_ring_start(&ring);
	lab_ring_wait(&ring, 2);
	lab_ring_sleep(&ring, 4);
	KUNIT_EXPECT_GT(test, lab_ring_look(&ring).overruns, 0);
	interrupts = lab_dad_counter(&bed->dad, "interrupts");
	umlab_inject_foreign(bed->dad.slot);
	lab_bed_count(bed, "spurious", 1);
	lab_bed_count(bed, "interrupts", interrupts);
	lab_ring_close(&ring);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

/* Two boards on one line: each is asked for the other's interrupts, without harm. */
static void irq_shared(struct kunit *test)
{
	struct umlab_options options = irq_intx;
	struct lab_bed *a, *b;

	options.at = UMLAB_AT(1, 0);
	a = lab_bed_plug_as(test, DAD_REV_C, &options);
	lab_bed_hang(a, true);
	lab_bed_submit_all(a);
	options.at = UMLAB_AT(5, 0);
	b = lab_bed_plug_as(test, DAD_REV_C, &options);
	KUNIT_ASSERT_EQ(test, a->dad.pdev->irq, b->dad.pdev->irq);
	lab_bed_works(b);
	KUNIT_EXPECT_GT(test, lab_dad_counter(&a->dad, "spurious"), 0);
	KUNIT_EXPECT_FALSE(test, completion_done(&a->aio[0].done));
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&b->dad, "spurious"), 0);
	lab_bed_hang(a, false);
	lab_bed_wait_all(a, 0);
	KUNIT_EXPECT_GT(test, lab_dad_counter(&b->dad, "spurious"), 0);
	lab_bed_count(a, "lost_interrupts", 0);
	lab_bed_count(b, "lost_interrupts", 0);
	lab_bed_rest(a);
	lab_bed_rest(b);
}

/* One that came while no driver was bound is taken as soon as there is a handler. */
static void irq_before_probe(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_as(test, DAD_REV_C, &irq_intx);

	lab_bed_unbind(bed);
	umlab_inject_foreign(bed->dad.slot);
	lab_bed_rebind(bed);
	lab_bed_works(bed);
	lab_bed_count(bed, "resets", 0);
	lab_bed_rest(bed);
}

/* With requests under way; afterwards the board is not looked at any more. */
static void irq_around_remove(struct kunit *test)
{
	static const struct umlab_event read = UMLAB_DID_ANY(UMLAB_READ);
	static const struct umlab_event wrote = UMLAB_DID_ANY(UMLAB_WRITE);
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	struct umlab_slot *slot = bed->dad.slot;
	u64 begin;

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	umlab_inject_spurious(slot, 0);
	device_release_driver(&bed->dad.pdev->dev);
	begin = umlab_journal_now();
	umlab_inject_spurious(slot, 0);
	umlab_inject_spurious(slot, 1);
	lab_bed_wait_all(bed, -ENODEV);
	lab_bed_hang(bed, false);
	msleep(2 * IRQ_TIMEOUT);
	KUNIT_EXPECT_EQ(test, 0, umlab_journal_count(slot, begin, read));
	KUNIT_EXPECT_EQ(test, 0, umlab_journal_count(slot, begin, wrote));
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
}

/**
 * struct irq_noise - a board that interrupts at each access to its registers
 * @ops: of the model, changed
 * @inner: those of the board
 * @intx: it has INTx
 * @count: how often it did
 */
static struct irq_noise {
	struct umlab_model_ops ops;
	const struct umlab_model_ops *inner;
	bool intx;
	unsigned int count;
} irq_noise;

/* But for those by which a handler looks for the cause, or it would never end */
static void irq_make_noise(struct umlab_slot *slot, u32 offset)
{
	if (offset == DAD_INT_STATUS || offset >= DAD_WINDOW)
		return;
	irq_noise.count++;
	if (irq_noise.intx)
		umlab_inject_foreign(slot);
	else if (umlab_config_read(slot, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
		umlab_irq_raise(slot, irq_noise.count % DAD_VECTORS_MAX);
}

static u64 irq_noisy_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
			  unsigned int size)
{
	u64 value = irq_noise.inner->bar_read(slot, bar, offset, size);

	irq_make_noise(slot, offset);
	return value;
}

static void irq_noisy_write(struct umlab_slot *slot, unsigned int bar,
			    u32 offset, unsigned int size, u64 value)
{
	irq_noise.inner->bar_write(slot, bar, offset, size, value);
	irq_make_noise(slot, offset);
}

static struct lab_bed *irq_plug_noisy(struct kunit *test)
{
	struct umlab_options options = lab_bed_irqs_of(test);

	irq_noise.inner = umlab_dad_model(DAD_REV_C, LAB_DAD_MEMORY).ops;
	irq_noise.ops = *irq_noise.inner;
	irq_noise.ops.bar_read = irq_noisy_read;
	irq_noise.ops.bar_write = irq_noisy_write;
	irq_noise.intx = options.irqs == UMLAB_IRQ_INTX;
	irq_noise.count = 0;
	return lab_bed_plug_ops(test, &irq_noise.ops, &options);
}

/* In probe, at work, in recovery and in remove: at each access to a register */
static void irq_at_each_access(struct kunit *test)
{
	struct lab_bed *bed = irq_plug_noisy(test);
	unsigned int count = irq_noise.count;

	/* The least there is to write for a queue */
	KUNIT_EXPECT_GT(test, count, 10);
	KUNIT_EXPECT_GT(test, lab_dad_counter(&bed->dad, "spurious"), 0);
	lab_bed_hang(bed, true);
	KUNIT_EXPECT_EQ(test, lab_bed_move(bed, LAB_BED_LIST, false), -EIO);
	lab_bed_hang(bed, false);
	lab_bed_works(bed);
	lab_bed_count(bed, "resets", 1);
	lab_bed_count(bed, "lost_interrupts", 0);
	lab_bed_rest(bed);
	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	count = irq_noise.count;
	device_release_driver(&bed->dad.pdev->dev);
	KUNIT_EXPECT_GT(test, irq_noise.count, count);
	lab_bed_wait_all(bed, -ENODEV);
	KUNIT_EXPECT_EQ(test, umlab_mappings(bed->dad.slot), 0);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE_PARAM(irq_lost, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(irq_lost_together, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(irq_lost_stream, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(irq_spurious, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(irq_spurious_in_flight, lab_bed_irq_gen_params),
	KUNIT_CASE(irq_foreign),
	KUNIT_CASE(irq_foreign_overrun),
	KUNIT_CASE(irq_shared),
	KUNIT_CASE(irq_before_probe),
	KUNIT_CASE_PARAM(irq_around_remove, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(irq_at_each_access, lab_bed_irq_gen_params),
	{}
};

static struct kunit_suite irq_suite = {
	.name		= "umlab_dad_irq",
	.test_cases	= irq_cases,
};

kunit_test_suite(irq_suite);
