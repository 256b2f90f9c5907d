// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the resets that are left if that by register does not help, and the PCI core's
 *
 * A function-level reset takes config space along, so what the board needs of it has to
 * be there again. If even that does not help the board is left alone, until somebody
 * resets it or binds the driver anew.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/workqueue.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "../drivers/dad/dad-ioctl.h"
#include "../drivers/dad/dad-regs.h"
#include "lib/dad.h"
#include "lib/dad_bed.h"
#include "lib/dad_ring.h"
#include "lib/node.h"
#include "lib/space.h"

#define RESET_TIMEOUT	2000	/* the driver's, in ms */
#define RESET_DELAY	(20 * NSEC_PER_MSEC)
#define RESET_STUCK	(UMLAB_DAD_STUCK_RESET | UMLAB_DAD_STUCK_FLR)

static void reset_behave(const struct lab_bed *bed, unsigned int stuck)
{
	umlab_dad_behave(bed->dad.slot, &(struct umlab_dad_manners) {
		.stuck = stuck,
	});
}

static bool reset_is_master(const struct lab_bed *bed)
{
	u16 command;

	pci_read_config_word(bed->dad.pdev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MASTER;
}

static struct lab_ring reset_ring(struct lab_bed *bed)
{
	return lab_ring_make(&bed->dad, lab_ring_shape(DAD_RING_IN,
						       DAD_BLOCK_MIN, 4));
}

/* It does all it should, and interrupts for both queues as it did before. */
static void reset_expect_running(struct lab_bed *bed)
{
	long lost = lab_dad_counter(&bed->dad, "lost_interrupts");
	struct lab_ring ring;

	lab_bed_hang(bed, false);
	lab_bed_works(bed);
	ring = reset_ring(bed);
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 2);
	lab_ring_close(&ring);
	lab_bed_count(bed, "lost_interrupts", lost);
	lab_bed_rest(bed);
}

/* The reset by register does not end: nothing is unmapped before the one that does. */
static void reset_by_function(struct kunit *test)
{
	static const struct umlab_event flr = UMLAB_DID(UMLAB_RESET,
							UMLAB_RESET_FLR);
	static const struct umlab_event unmap = UMLAB_DID_ANY(UMLAB_UNMAP);
	struct lab_bed *bed = lab_bed_plug(test);
	unsigned int i;

	reset_behave(bed, UMLAB_DAD_STUCK_RESET);
	/* Twice, as what was saved of config space for the first is used up. */
	for (i = 1; i <= 2; i++) {
		u64 begin;

		lab_bed_hang(bed, true);
		lab_bed_submit_all(bed);
		begin = umlab_journal_now();
		lab_bed_wait_all(bed, -EIO);
		KUNIT_EXPECT_LT(test, lab_bed_first(bed, begin, flr),
				lab_bed_first(bed, begin, unmap));
		KUNIT_EXPECT_TRUE(test, reset_is_master(bed));
		lab_bed_count(bed, "resets", i);
		reset_expect_running(bed);
	}
	lab_bed_count(bed, "timeouts", 2);
}

/* A board that no reset helps, with all that it had back */
static struct lab_bed *reset_plug_failed(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	ktime_t begin = ktime_get();

	reset_behave(bed, RESET_STUCK);
	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	lab_bed_wait_all(bed, -EIO);
	lab_bed_expect_within(bed, begin, 2 * RESET_TIMEOUT);
	lab_dad_expect_state(&bed->dad, "failed");
	KUNIT_EXPECT_FALSE(test, reset_is_master(bed));
	lab_bed_rest(bed);
	return bed;
}

static void reset_with_sysfs(struct lab_bed *bed)
{
	char path[64];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/reset",
		 pci_name(bed->dad.pdev));
	KUNIT_EXPECT_EQ(bed->test, lab_attr_write(bed->test, path, "1"), 0);
}

static void reset_with_core(struct lab_bed *bed)
{
	KUNIT_EXPECT_EQ(bed->test, pci_reset_function(bed->dad.pdev), 0);
}

static void reset_with_rebind(struct lab_bed *bed)
{
	lab_bed_unbind(bed);
	lab_bed_rebind(bed);
}

/**
 * struct reset_way - how somebody gets a board to run again
 * @name: of the parameter
 * @revive: does it
 */
struct reset_way {
	const char *name;
	void (*revive)(struct lab_bed *bed);
};

static const struct reset_way reset_ways[] = {
	{ "sysfs", reset_with_sysfs },
	{ "pci_reset_function", reset_with_core },
	{ "unbind and bind", reset_with_rebind },
};

KUNIT_ARRAY_PARAM_DESC(reset_way, reset_ways, name);

/* While the board is as it was, no reset helps; later, any of them does. */
static void reset_revived(struct kunit *test)
{
	const struct reset_way *way = test->param_value;
	struct lab_bed *bed = reset_plug_failed(test);

	reset_with_core(bed);
	lab_dad_expect_state(&bed->dad, "failed");
	KUNIT_EXPECT_FALSE(test, reset_is_master(bed));
	reset_behave(bed, 0);
	way->revive(bed);
	KUNIT_EXPECT_TRUE(test, reset_is_master(bed));
	reset_expect_running(bed);
}

/* Data is not moved any more, and for that the board is not even asked. */
static void reset_failed_moves(struct kunit *test)
{
	static const struct umlab_event wrote = UMLAB_DID_ANY(UMLAB_WRITE);
	struct lab_bed *bed = reset_plug_failed(test);
	u64 begin = umlab_journal_now();
	unsigned int shape;

	lab_bed_hang(bed, false);
	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		KUNIT_EXPECT_EQ(test, lab_bed_move(bed, shape, false), -EIO);
		KUNIT_EXPECT_EQ(test, lab_bed_move(bed, shape, true), -EIO);
		KUNIT_EXPECT_EQ(test, lab_bed_submit(bed, 0, shape, false),
				-EIO);
	}
	KUNIT_EXPECT_EQ(test, lab_dad_poll(bed->file), POLLERR);
	KUNIT_EXPECT_EQ(test, 0, umlab_journal_count(bed->dad.slot, begin, wrote));
	lab_bed_rest(bed);
	lab_bed_expect_left_alone(bed);
}

/* Nor does anything else work, be the ring from before or not. */
static void reset_failed_refuses(struct kunit *test)
{
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 2);
	struct lab_bed *bed = lab_bed_plug(test);
	struct lab_ring ring = reset_ring(bed);

	reset_behave(bed, RESET_STUCK);
	lab_ring_start(&ring);
	lab_bed_hang(bed, true);
	KUNIT_EXPECT_EQ(test, lab_bed_move(bed, LAB_BED_PAGE, false), -EIO);
	lab_dad_expect_state(&bed->dad, "failed");
	KUNIT_EXPECT_EQ(test, lab_dad_poll(ring.file), POLLERR);
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dad_ioctl(ring.file, DAD_IOC_START, NULL));
	KUNIT_EXPECT_EQ(test, -EIO,
			lab_dad_ioctl(bed->file, DAD_IOC_RING, &shape));
	KUNIT_EXPECT_EQ(test, (long)lab_mmap(bed->file, 1, PROT_READ,
					     MAP_SHARED, 0), -EIO);
	lab_ring_close(&ring);
	lab_bed_rest(bed);
}

/* Who waits for a slot when the board fails has waited in vain. */
static void reset_failed_waiter(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	ktime_t begin = ktime_get();

	reset_behave(bed, RESET_STUCK);
	lab_bed_hang(bed, true);
	lab_bed_fill_slots(bed);
	KUNIT_EXPECT_EQ(test, lab_bed_move(bed, LAB_BED_LIST, false), -EIO);
	lab_bed_empty_slots(bed, -EIO);
	lab_bed_expect_within(bed, begin, 2 * RESET_TIMEOUT);
	lab_bed_rest(bed);
}

/* It can be unbound; a board that is not ready is not bound, and once it is, it is. */
static void reset_failed_unbound(struct kunit *test)
{
	struct lab_bed *bed = reset_plug_failed(test);

	lab_bed_unbind(bed);
	KUNIT_EXPECT_FALSE(test, reset_is_master(bed));
	KUNIT_EXPECT_EQ(test, umlab_mappings(bed->dad.slot), 0);
	KUNIT_EXPECT_NE(test, device_attach(&bed->dad.pdev->dev), 1);
	KUNIT_EXPECT_EQ(test, umlab_mappings(bed->dad.slot), 0);
	reset_behave(bed, 0);
	lab_bed_rebind(bed);
	reset_expect_running(bed);
}

/* Each ends, with an error or with its data; nobody has to lose patience for that. */
static void reset_expect_over(struct lab_bed *bed)
{
	unsigned int shape;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		ssize_t ret = lab_dad_wait(&bed->aio[shape]);

		KUNIT_EXPECT_TRUE_MSG(bed->test, ret == -EIO ||
				      ret == lab_bed_parts[shape].len,
				      "%s: %zd", lab_bed_parts[shape].name, ret);
	}
	lab_bed_count(bed, "timeouts", 0);
}

static void reset_in_flight(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);

	lab_bed_hang(bed, true);
	lab_bed_submit_all(bed);
	reset_with_core(bed);
	reset_expect_over(bed);
	lab_bed_rest(bed);
	lab_bed_expect_left_alone(bed);
	reset_expect_running(bed);
	/* And when all of it would be done in the middle of the reset */
	umlab_set_completion(bed->dad.slot, UMLAB_COMPLETE_DELAYED, RESET_DELAY);
	lab_bed_submit_all(bed);
	reset_with_core(bed);
	reset_expect_over(bed);
	reset_expect_running(bed);
}

static void reset_stream(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	struct lab_ring ring = reset_ring(bed);

	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	reset_with_core(bed);
	KUNIT_EXPECT_EQ(test, lab_ring_look(&ring).state, DAD_STATE_FAILED);
	KUNIT_EXPECT_TRUE(test, lab_dad_poll(ring.file) & POLLERR);
	lab_ring_expect_quiet(&ring);
	lab_ring_stop(&ring);
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 3);
	lab_ring_close(&ring);
	reset_expect_running(bed);
}

/**
 * struct reset_later - a reset while the test does something else
 * @work: when
 * @pdev: of what
 * @ret: what came of it
 */
struct reset_later {
	struct delayed_work work;
	struct pci_dev *pdev;
	int ret;
};

static void reset_now(struct work_struct *work)
{
	struct reset_later *later = container_of(to_delayed_work(work),
						 struct reset_later, work);

	later->ret = pci_reset_function(later->pdev);
}

static void reset_begin(struct reset_later *later, struct lab_bed *bed,
			unsigned int ms)
{
	later->pdev = bed->dad.pdev;
	later->ret = -EINPROGRESS;
	INIT_DELAYED_WORK_ONSTACK(&later->work, reset_now);
	schedule_delayed_work(&later->work, msecs_to_jiffies(ms));
}

static void reset_end(struct reset_later *later, struct kunit *test)
{
	flush_delayed_work(&later->work);
	destroy_delayed_work_on_stack(&later->work);
	KUNIT_EXPECT_EQ(test, later->ret, 0);
}

/* A reader that waits for the board is told. */
static void reset_reader(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug(test);
	struct reset_later later;
	unsigned int shape;

	for (shape = 0; shape < LAB_BED_SHAPES; shape++) {
		lab_bed_hang(bed, true);
		reset_begin(&later, bed, 50);
		KUNIT_EXPECT_EQ(test, lab_bed_move(bed, shape, false), -EIO);
		reset_end(&later, test);
	}
	lab_bed_count(bed, "timeouts", 0);
	lab_bed_expect_left_alone(bed);
	reset_expect_running(bed);
}

/* Who comes in the middle of a reset waits for its end, and then has his data. */
static void reset_meanwhile(struct kunit *test)
{
	struct lab_bed *bed = lab_bed_plug_irqs(test);
	struct file *file = lab_dad_open(&bed->dad, O_RDWR | O_NONBLOCK);
	struct reset_later later;

	reset_begin(&later, bed, 0);
	/* Of the 100 ms that the PCI core waits after it */
	msleep(40);
	KUNIT_EXPECT_EQ(test, later.ret, -EINPROGRESS);
	lab_dad_expect_state(&bed->dad, "stopped");
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, bed->addr, 10, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, bed->addr, 2000, 0), -EAGAIN);
	lab_bed_expect_read(bed, LAB_BED_LIST);
	reset_end(&later, test);
	reset_expect_running(bed);
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE_PARAM(reset_by_function, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(reset_revived, reset_way_gen_params),
	KUNIT_CASE_PARAM(reset_failed_moves, umlab_topology_gen_params),
	KUNIT_CASE(reset_failed_refuses),
	KUNIT_CASE(reset_failed_waiter),
	KUNIT_CASE(reset_failed_unbound),
	KUNIT_CASE_PARAM(reset_in_flight, lab_bed_irq_gen_params),
	KUNIT_CASE_PARAM(reset_stream, lab_bed_irq_gen_params),
	KUNIT_CASE(reset_reader),
	KUNIT_CASE_PARAM(reset_meanwhile, lab_bed_irq_gen_params),
	{}
};

static struct kunit_suite reset_suite = {
	.name		= "umlab_dad_reset",
	.test_cases	= reset_cases,
};

kunit_test_suite(reset_suite);
