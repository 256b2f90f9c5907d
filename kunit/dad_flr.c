// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: function-level reset by the PCI core, and boards that do not come back, from
 * that or from sleep
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/node.h"
#include "lib/space.h"

static const struct umlab_topology flr_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

static const struct umlab_topology flr_iommu = {
	.name = "iommu,noncoherent", .dma = UMLAB_DMA_IOMMU,
	.noncoherent = true,
};

static const struct lab_dad_way flr_ways[] = {
	{ "C,direct,intx", DAD_REV_C, &flr_direct, UMLAB_IRQ_INTX },
	{ "B,direct,msi", DAD_REV_B, &flr_direct, UMLAB_IRQ_MSI },
	{ "C,iommu,noncoherent,msix", DAD_REV_C, &flr_iommu, UMLAB_IRQ_MSIX },
	{ "P,direct", DAD_REV_P, &flr_direct },
};

KUNIT_ARRAY_PARAM_DESC(flr, flr_ways, name);

static const struct umlab_dad_manners flr_stuck = {
	.stuck = UMLAB_DAD_STUCK_FLR,
};

static struct lab_dad flr_plug(struct kunit *test)
{
	return lab_dad_plug_way(test, test->param_value, 0);
}

/* As through sysfs. The file and the memory are as they were. */
static void flr_each(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	u64 begin = umlab_journal_now();

	lab_dad_mark(&dad, 3, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pci_reset_function(dad.pdev), 0);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID(UMLAB_RESET, UMLAB_RESET_FLR));
	lab_dad_expect_state(&dad, "running");
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, PAGE_SIZE, 0),
			PAGE_SIZE);
	lab_dad_expect_user(&dad, addr, PAGE_SIZE, 3, 0);
	lab_dad_expect_works(&dad, addr);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "lost_interrupts"), 0);
}

/* A board that the driver has, and that is of no use */
static void flr_expect_failed(const struct lab_dad *dad, struct file *file,
			      unsigned long addr)
{
	struct kunit *test = dad->test;

	lab_dad_expect_state(dad, "failed");
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 100, 0), -EIO);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, PAGE_SIZE + 1, 0),
			-EIO);
	KUNIT_EXPECT_TRUE(test, lab_dad_poll(file) & POLLERR);
	KUNIT_EXPECT_FALSE(test, lab_dad_masters(dad->pdev) &&
			   pci_device_is_present(dad->pdev));
}

/* It has vanished before it is to sleep. */
static void flr_vanished(struct kunit *test)
{
	struct lab_dad dad = flr_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR | O_NONBLOCK);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	ktime_t begin = ktime_get();
	ssize_t got;

	umlab_vanish(dad.slot);
	if (!lab_dad_suspend(&dad))
		lab_dad_resume(&dad);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), LAB_DAD_LONG);
	got = lab_dad_read(file, addr, 100, 0);
	KUNIT_EXPECT_TRUE_MSG(test, got == -EIO || got == -ENODEV, "%zd", got);
	umlab_unplug(test, dad.slot);
	lab_dad_expect_gone(test, file, addr);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* It vanishes while it sleeps. */
static void flr_vanished_asleep(struct kunit *test)
{
	struct lab_dad dad = flr_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR | O_NONBLOCK);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	ktime_t begin = ktime_get();

	KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	umlab_vanish(dad.slot);
	lab_dad_resume(&dad);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), LAB_DAD_LONG);
	flr_expect_failed(&dad, file, addr);
	umlab_unplug(test, dad.slot);
	lab_dad_expect_gone(test, file, addr);
	lab_close(test, file);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* A board that does not get ready, until a reset that does its work */
static void flr_lost(struct kunit *test, bool asleep, bool unbind)
{
	struct lab_dad dad = flr_plug(test);
	struct file *file = lab_dad_open(&dad, O_RDWR | O_NONBLOCK);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	ktime_t begin = ktime_get();

	if (asleep)
		KUNIT_EXPECT_EQ(test, lab_dad_suspend(&dad), 0);
	umlab_dad_behave(dad.slot, &flr_stuck);
	if (asleep)
		lab_dad_resume(&dad);
	else
		pci_reset_function(dad.pdev);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), begin), LAB_DAD_LONG);
	flr_expect_failed(&dad, file, addr);
	umlab_dad_behave(dad.slot, NULL);
	lab_close(test, file);
	if (unbind)
		device_release_driver(&dad.pdev->dev);
	KUNIT_EXPECT_EQ(test, pci_reset_function(dad.pdev), 0);
	if (unbind)
		KUNIT_ASSERT_EQ(test, device_attach(&dad.pdev->dev), 1);
	lab_dad_expect_state(&dad, "running");
	lab_dad_expect_works(&dad, addr);
}

static void flr_stuck_asleep(struct kunit *test)
{
	flr_lost(test, true, false);
}

static void flr_stuck_asleep_rebind(struct kunit *test)
{
	flr_lost(test, true, true);
}

static void flr_stuck_in_reset(struct kunit *test)
{
	flr_lost(test, false, false);
}

static struct kunit_case flr_cases[] = {
	KUNIT_CASE_PARAM(flr_each, lab_dad_gen_few_params),
	KUNIT_CASE_PARAM(flr_vanished, flr_gen_params),
	KUNIT_CASE_PARAM(flr_vanished_asleep, flr_gen_params),
	KUNIT_CASE_PARAM(flr_stuck_asleep, flr_gen_params),
	KUNIT_CASE_PARAM(flr_stuck_asleep_rebind, flr_gen_params),
	KUNIT_CASE_PARAM(flr_stuck_in_reset, flr_gen_params),
	{}
};

static struct kunit_suite flr_suite = {
	.name		= "umlab_dad_flr",
	.test_cases	= flr_cases,
};

kunit_test_suite(flr_suite);
