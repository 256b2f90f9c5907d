// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: boards that sleep when the system does
 *
 * Most cases have one board sleep (lab_dad_suspend()), and one the whole system. In
 * both the PCI core puts the board into D3hot, and leaving that resets it, so that the
 * driver has to set it up anew.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/poll.h>
#include <linux/time64.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/dad_flight.h"
#include "lib/dad_ring.h"
#include "lib/node.h"
#include "lib/quiet.h"
#include "lib/slabs.h"
#include "lib/space.h"

/* In PCI_PM_CTRL */
#define POWER_D0	0
#define POWER_D3HOT	3

/* What is on a board and has to stay there: two pages, from the third one on */
#define POWER_SEED	3
#define POWER_AT	(2 * PAGE_SIZE)
#define POWER_LEN	(2 * PAGE_SIZE)

static const struct umlab_topology power_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

static const struct umlab_topology power_bounce = {
	.name = "bounce", .dma = UMLAB_DMA_BOUNCE,
};

static const struct umlab_topology power_iommu = {
	.name = "iommu,noncoherent", .dma = UMLAB_DMA_IOMMU,
	.noncoherent = true,
};

static const struct lab_dad_way power_ways[] = {
	{ "C,direct,intx", DAD_REV_C, &power_direct, UMLAB_IRQ_INTX },
	{ "C,bounce,msi", DAD_REV_C, &power_bounce, UMLAB_IRQ_MSI },
	{ "A,iommu,noncoherent,msix", DAD_REV_A, &power_iommu, UMLAB_IRQ_MSIX },
	{ "P,direct", DAD_REV_P, &power_direct },
};

KUNIT_ARRAY_PARAM_DESC(power, power_ways, name);

static struct lab_dad power_plug(struct kunit *test)
{
	return lab_dad_plug_way(test, test->param_value, 0);
}

static void power_put(const struct lab_dad *dad)
{
	size_t pos;

	for (pos = 0; pos < POWER_LEN; pos++)
		dad->memory[POWER_AT + pos] = lab_dad_byte(POWER_SEED, pos);
}

static void power_expect_state(const struct lab_dad *dad, const char *state,
			       unsigned int power)
{
	struct pci_dev *pdev = dad->pdev;
	u16 csr = 0;

	lab_dad_expect_state(dad, state);
	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &csr);
	KUNIT_EXPECT_EQ(dad->test, csr & PCI_PM_CTRL_STATE_MASK, power);
}

/* It is awake, what was on it still is, and it works, by interrupts. */
static void power_expect_awake(const struct lab_dad *dad, unsigned long addr)
{
	struct kunit *test = dad->test;

	power_expect_state(dad, "running", POWER_D0);
	lab_dad_expect_board(dad, POWER_AT, POWER_LEN, POWER_SEED, 0);
	lab_dad_expect_works(dad, addr);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(dad, "lost_interrupts"), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(dad, "timeouts"), 0);
}

/* Undo power_system_sleep() */
static void power_system_wake(void *unused)
{
	dpm_resume_start(PMSG_RESUME);
	dpm_resume_end(PMSG_RESUME);
}

/*
 * Suspend all devices, as suspend_devices_and_enter() and drivers/xen/manage.c do.
 * There is nobody else who might want that at the same time.
 */
static int power_system_sleep(struct kunit *test)
{
	int err = dpm_suspend_start(PMSG_SUSPEND);

	if (!err)
		err = dpm_suspend_end(PMSG_SUSPEND);
	if (err) {
		dpm_resume_end(PMSG_RESUME);
		return err;
	}
	return kunit_add_action_or_reset(test, power_system_wake, NULL);
}

static void power_system(struct kunit *test)
{
	struct lab_dad dad = power_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);

	power_put(&dad);
	KUNIT_ASSERT_EQ(test, power_system_sleep(test), 0);
	power_expect_state(&dad, "stopped", POWER_D3HOT);
	kunit_release_action(test, power_system_wake, NULL);
	power_expect_awake(&dad, addr);
}

static void power_each(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);

	power_put(&dad);
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	power_expect_state(&dad, "stopped", POWER_D3HOT);
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
	power_expect_awake(&dad, addr);
}

/* A stream does not survive, and can be started again. */
static void power_stream(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct dad_advance seen;
	struct lab_ring ring;

	lab_space_new(test);
	ring = lab_ring_new(&dad, lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN,
						 4));
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
	seen = lab_ring_look(&ring);
	KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_FAILED);
	KUNIT_EXPECT_TRUE(test, lab_dad_poll(ring.file) & POLLERR);
	KUNIT_EXPECT_EQ(test, lab_ring_try_give(&ring, 1), -EPIPE);
	lab_ring_stop(&ring);
	lab_ring_start(&ring);
	seen = lab_ring_wait(&ring, 2);
	KUNIT_EXPECT_EQ(test, seen.state, DAD_STATE_RUNNING);
	lab_ring_expect(&ring, 0, 0);
	lab_ring_expect(&ring, 1, 0);
	lab_ring_stop(&ring);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "lost_interrupts"), 0);
}

/* What is under way is finished first, and nobody waits for longer than that takes. */
static void power_finishes(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	ktime_t begin;
	unsigned int i;

	umlab_set_completion(flight->dad.slot, UMLAB_COMPLETE_DELAYED,
			     NSEC_PER_MSEC);
	for (i = 0; i < 8; i++)
		lab_flight_submit(flight, flight->file, i, i % 2);
	begin = ktime_get();
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&flight->dad), 0);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), 500);
	for (i = 0; i < 8; i++) {
		struct completion *done = &flight->request[i].aio.done;

		KUNIT_EXPECT_TRUE(test, completion_done(done));
	}
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&flight->dad), 0);
	for (i = 0; i < 8; i++)
		lab_flight_expect(flight, i, i % 2);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&flight->dad, "timeouts"), 0);
}

static void power_set(const struct lab_dad *dad, const char *name,
		      const char *value)
{
	KUNIT_EXPECT_EQ(dad->test, 0,
			lab_attr_write(dad->test, lab_dad_attr(dad, name),
				       value));
}

/* What does not end in time, fails. */
static void power_fails(struct kunit *test)
{
	struct lab_flight *flight = lab_flight_begin(test);
	ktime_t begin = ktime_get();
	unsigned int i;

	power_set(&flight->dad, "timeout_ms", "50");
	lab_flight_submit_all(flight, flight->file);
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&flight->dad), 0);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), LAB_DAD_LONG);
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&flight->dad), 0);
	for (i = 0; i < LAB_FLIGHT_SLOTS; i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_flight_wait(flight, i), -EIO,
				    "request %u", i);
	lab_flight_release(flight);
	lab_flight_submit(flight, flight->file, 1, false);
	lab_flight_expect(flight, 1, false);
}

/* Who comes while it sleeps, waits, or is told to come again. */
static void power_waits(struct kunit *test)
{
	struct lab_dad dad = power_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR), *nowait;
	unsigned long addr = lab_mmap_anonymous(test, 6);
	unsigned long to = addr + 2 * PAGE_SIZE, from = addr + 4 * PAGE_SIZE;
	struct lab_dad_thread *threads[3];
	unsigned int i;

	power_put(&dad);
	lab_dad_put_user(test, from, POWER_LEN, 2, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	threads[0] = lab_dad_thread(test, file, false, addr, 100, POWER_AT);
	threads[1] = lab_dad_thread(test, file, false, to, POWER_LEN, POWER_AT);
	threads[2] = lab_dad_thread(test, file, true, from, POWER_LEN, 0);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_EXPECT_TRUE(test, lab_dad_thread_waits(threads[i]));
	nowait = lab_dad_open(&dad, O_RDWR | O_NONBLOCK);
	KUNIT_EXPECT_EQ(test, lab_dad_read(nowait, addr + PAGE_SIZE, 100, 0),
			-EAGAIN);
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_thread_end(threads[0]), 100);
	lab_dad_expect_user(&dad, addr, 100, POWER_SEED, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_thread_end(threads[1]), POWER_LEN);
	lab_dad_expect_user(&dad, to, POWER_LEN, POWER_SEED, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_thread_end(threads[2]), POWER_LEN);
	lab_dad_expect_board(&dad, 0, POWER_LEN, 2, 0);
	power_expect_awake(&dad, addr);
}

/* The line is another device's as well, and this one has no power to be asked. */
static void power_foreign(struct kunit *test)
{
	const struct umlab_options options = { .irqs = UMLAB_IRQ_INTX };
	struct lab_dad dad = lab_dad_plug_as(test, DAD_REV_C, LAB_DAD_MEMORY,
					     &options);
	unsigned long addr = lab_mmap_anonymous(test, 2);

	power_put(&dad);
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	umlab_inject_foreign(dad.slot);
	msleep(20);
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
	power_expect_awake(&dad, addr);
}

/* Who does not wait is told to come again, and finds what he came with as it was. */
static void power_turns_away(struct kunit *test)
{
	static const size_t lens[] = { 100, POWER_LEN };
	struct lab_dad dad = power_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR | O_NONBLOCK);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct lab_dad_aio aio;
	unsigned int i, write;

	power_put(&dad);
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file), 0);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (write = 0; write < 2; write++) {
			KUNIT_EXPECT_EQ(test, -EAGAIN,
					lab_dad_submit(file, &aio, write, addr,
						       lens[i], 0));
			KUNIT_EXPECT_EQ(test, iov_iter_count(&aio.iter),
					lens[i]);
			KUNIT_EXPECT_EQ(test, aio.iocb.ki_pos, 0);
		}
	}
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
	KUNIT_EXPECT_NE(test, lab_dad_poll(file) & POLLIN, 0);
	power_expect_awake(&dad, addr);
}

static long power_get(const struct lab_dad *dad, const char *name)
{
	return lab_attr_read(dad->test, lab_dad_attr(dad, name));
}

/* The board is told again of what was set in sysfs. */
static void power_expect_set(const struct lab_dad *dad, u64 begin)
{
	const u32 coalesce = FIELD_PREP(DAD_COALESCE_COUNT, 4) |
			     FIELD_PREP(DAD_COALESCE_US, 200);
	struct kunit *test = dad->test;

	UMLAB_EXPECT_ORDER(test, dad->slot, begin,
			   UMLAB_DID_WRITE(DAD_BAR_REGS, DAD_COALESCE, 4,
					   coalesce));
	KUNIT_EXPECT_EQ(test, power_get(dad, "coalesce_count"), 4);
	KUNIT_EXPECT_EQ(test, power_get(dad, "coalesce_us"), 200);
	KUNIT_EXPECT_EQ(test, power_get(dad, "timeout_ms"), 1234);
}

static void power_settings(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	u64 begin;

	power_put(&dad);
	power_set(&dad, "coalesce_count", "4");
	power_set(&dad, "coalesce_us", "200");
	power_set(&dad, "timeout_ms", "1234");
	begin = umlab_journal_now();
	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_resume(&dad), 0);
	power_expect_set(&dad, begin);
	begin = umlab_journal_now();
	KUNIT_EXPECT_EQ(test, pci_reset_function(dad.pdev), 0);
	power_expect_set(&dad, begin);
	power_expect_awake(&dad, addr);
}

static void power_cycles(const struct lab_dad *dad, unsigned long addr,
			 unsigned int count)
{
	struct kunit *test = dad->test;
	unsigned int mappings = lab_dad_mappings(dad);

	while (count--) {
		KUNIT_EXPECT_EQ(test, lab_dad_suspend(dad), 0);
		KUNIT_EXPECT_EQ(test, lab_dad_resume(dad), 0);
		lab_dad_expect_works(dad, addr);
		KUNIT_EXPECT_EQ(test, lab_dad_mappings(dad), mappings);
	}
}

static void power_ten_times(struct kunit *test)
{
	struct lab_dad dad = power_plug(test);

	power_cycles(&dad, lab_mmap_anonymous(test, 2), 10);
}

/* So often that a leak of one object each time shows */
#define POWER_OFTEN	200

static void power_often(struct kunit *test)
{
	struct lab_dad dad = power_plug(test);
	struct lab_slabs *before;

	lab_quiet_console(test);
	power_cycles(&dad, lab_mmap_anonymous(test, 2), 10);
	before = lab_slabs_count(test);
	power_cycles(&dad, lab_mmap_anonymous(test, 2), POWER_OFTEN);
	lab_slabs_expect_growth(test, before, POWER_OFTEN / 2, "suspending");
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE_PARAM(power_system, power_gen_params),
	KUNIT_CASE_PARAM(power_each, lab_dad_gen_few_params),
	KUNIT_CASE_PARAM(power_stream, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(power_finishes, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(power_fails, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(power_waits, power_gen_params),
	KUNIT_CASE(power_foreign),
	KUNIT_CASE_PARAM(power_turns_away, lab_dad_gen_few_params),
	KUNIT_CASE(power_settings),
	KUNIT_CASE_PARAM(power_ten_times, power_gen_params),
	KUNIT_CASE_PARAM_ATTR(power_often, power_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite power_suite = {
	.name		= "umlab_dad_power",
	.test_cases	= power_cases,
};

kunit_test_suite(power_suite);
