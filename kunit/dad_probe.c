// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: probes that fail, and what they leave
 */

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/node.h"
#include "lib/space.h"

/* So many allocations or mappings no probe has. */
#define PROBE_MAX	100U

static const struct umlab_topology probe_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

static const struct umlab_topology probe_bounce = {
	.name = "bounce,noncoherent", .dma = UMLAB_DMA_BOUNCE,
	.noncoherent = true,
};

static const struct umlab_topology probe_iommu = {
	.name = "iommu", .dma = UMLAB_DMA_IOMMU,
};

static const struct lab_dad_way probe_ways[] = {
	{ "C,direct", DAD_REV_C, &probe_direct },
	{ "B,bounce,noncoherent", DAD_REV_B, &probe_bounce },
	{ "C,iommu", DAD_REV_C, &probe_iommu },
	{ "A,iommu", DAD_REV_A, &probe_iommu },
};

KUNIT_ARRAY_PARAM_DESC(probe, probe_ways, name);

static void probe_expect_nothing(struct kunit *test, struct umlab_slot *slot)
{
	lab_dad_expect_unbound(test, slot);
	/* It would have been the first. */
	KUNIT_EXPECT_EQ(test, -ENOENT, PTR_ERR(lab_try_open("dad0", O_RDWR)));
}

/**
 * struct probe_flaw - what is wrong with a board
 * @name: in words
 * @revision: of it
 * @bar: a BAR that is not as it has to be
 * @size: that is its size, in bytes; 0: there is no such BAR
 * @lies: it is not the BAR, but a register
 * @reg: this one
 * @value: which reads as this
 */
struct probe_flaw {
	char name[40];
	u8 revision;
	unsigned int bar;
	u32 size;
	bool lies;
	u32 reg;
	u32 value;
};

static const struct probe_flaw probe_flaws[] = {
	{ "P without BAR 0", DAD_REV_P, DAD_BAR_REGS },
	{ "P, BAR 0 without a window", DAD_REV_P, DAD_BAR_REGS, SZ_4K },
	{ "C without BAR 2", DAD_REV_C, DAD_BAR_MEMORY },
	{ "C, BAR 2 half as long", DAD_REV_C, DAD_BAR_MEMORY,
	  DAD_MEMORY_MIN / 2 },
	{ "another magic", DAD_REV_C, .lies = true, .reg = DAD_ID,
	  .value = DAD_MAGIC ^ BIT(31) },
	{ "P, magic 0", DAD_REV_P, .lies = true, .reg = DAD_ID },
	{ "no memory", DAD_REV_P, .lies = true, .reg = DAD_MEMORY_SIZE },
	{ "too little memory", DAD_REV_C, .lies = true,
	  .reg = DAD_MEMORY_SIZE, .value = DAD_MEMORY_MIN / 2 },
	{ "more memory than BAR 2", DAD_REV_C, .lies = true,
	  .reg = DAD_MEMORY_SIZE, .value = 2 * DAD_MEMORY_MIN },
	{ "too much memory", DAD_REV_P, .lies = true,
	  .reg = DAD_MEMORY_SIZE, .value = 2 * DAD_MEMORY_MAX },
};

KUNIT_ARRAY_PARAM_DESC(probe_flaw, probe_flaws, name);

/* One test runs at a time. */
static const struct probe_flaw *probe_flaw;
static u64 (*probe_truth)(struct umlab_slot *slot, unsigned int bar,
			  u32 offset, unsigned int size);

static u64 probe_lie(struct umlab_slot *slot, unsigned int bar, u32 offset,
		     unsigned int size)
{
	u64 value = probe_truth(slot, bar, offset, size);

	return offset == probe_flaw->reg ? probe_flaw->value : value;
}

/* A board that is not what it should be is not taken. */
static void probe_bad_board(struct kunit *test)
{
	const struct probe_flaw *flaw = test->param_value;
	struct umlab_model model = umlab_dad_model(flaw->revision,
						   DAD_MEMORY_MIN);
	struct umlab_model_ops ops = *model.ops;
	struct umlab_slot *slot;

	if (flaw->lies) {
		probe_flaw = flaw;
		probe_truth = ops.bar_read;
		ops.bar_read = probe_lie;
		model.ops = &ops;
	} else if (flaw->size) {
		model.bars[flaw->bar].size = flaw->size;
	} else {
		model.bars[flaw->bar] = (struct umlab_bar) { };
	}
	slot = umlab_plug(test, &model, NULL);
	probe_expect_nothing(test, slot);
	umlab_unplug(test, slot);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* The first read fails: the next time all is well. */
static void probe_ones(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug_way(test, test->param_value, 0);
	struct device *dev = &dad.pdev->dev;

	device_release_driver(dev);
	umlab_set_faults(dad.slot, &(struct umlab_faults) { .read_ones = 1 });
	KUNIT_EXPECT_EQ(test, device_attach(dev), 0);
	probe_expect_nothing(test, dad.slot);
	KUNIT_ASSERT_EQ(test, device_attach(dev), 1);
	lab_dad_expect_works(&dad, lab_mmap_anonymous(test, 2));
}

static bool probe_had(const struct lab_dad *dad, u64 begin,
		      enum umlab_event_kind kind)
{
	const struct umlab_event event = UMLAB_DID_ANY(kind);

	return umlab_journal_count(dad->slot, begin, event);
}

/*
 * For a board that reaches little memory there was none left: then it may do without,
 * and has to if there was none for rings. All others want memory.
 */
static void probe_expect_failed(const struct lab_dad *dad, u64 begin,
				unsigned long addr, int err)
{
	const struct lab_dad_way *way = dad->test->param_value;
	bool rings = probe_had(dad, begin, UMLAB_ALLOC_FAILED);
	struct kunit *test = dad->test;

	if (way->revision == DAD_REV_A && (rings || !err)) {
		KUNIT_ASSERT_EQ(test, err, 0);
		KUNIT_EXPECT_EQ(test, 0,
				lab_attr_read(test, lab_dad_attr(dad,
								 "dma_bits")));
		KUNIT_EXPECT_EQ(test, umlab_mappings(dad->slot), 0);
		KUNIT_EXPECT_FALSE(test, lab_dad_masters(dad->pdev));
		lab_dad_expect_works(dad, addr);
		device_release_driver(&dad->pdev->dev);
	} else {
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
	}
	probe_expect_nothing(test, dad->slot);
}

/* Have the n-th fail; whether there were so many */
static bool probe_fail(const struct lab_dad *dad, const struct device_driver *drv,
		       const struct umlab_faults *faults, unsigned long addr)
{
	u64 begin = umlab_journal_now();
	bool failed;
	int err;

	umlab_set_faults(dad->slot, faults);
	err = device_driver_attach(drv, &dad->pdev->dev);
	umlab_set_faults(dad->slot, &(struct umlab_faults) { });
	failed = probe_had(dad, begin, UMLAB_ALLOC_FAILED) ||
		 probe_had(dad, begin, UMLAB_MAP_FAILED);
	if (failed)
		probe_expect_failed(dad, begin, addr, err);
	else
		KUNIT_EXPECT_EQ(dad->test, err, 0);
	return failed;
}

static void probe_fail_each(struct kunit *test, bool alloc)
{
	struct lab_dad dad = lab_dad_plug_way(test, test->param_value, 0);
	const struct device_driver *drv = dad.pdev->dev.driver;
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct umlab_faults faults = { };
	unsigned int nth = 0;

	device_release_driver(&dad.pdev->dev);
	do {
		nth++;
		if (alloc)
			faults.alloc = nth;
		else
			faults.map = nth;
	} while (probe_fail(&dad, drv, &faults, addr) && nth < PROBE_MAX &&
		 test->status != KUNIT_FAILURE);
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_LT(test, nth, PROBE_MAX);
	if (dad.pdev->dev.driver)
		lab_dad_expect_works(&dad, addr);
}

static void probe_alloc_fails(struct kunit *test)
{
	probe_fail_each(test, true);
}

static void probe_map_fails(struct kunit *test)
{
	probe_fail_each(test, false);
}

/* DMA is of no use without interrupts. */
static void probe_no_interrupt(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	const struct umlab_options options = {
		.irqs = UMLAB_IRQ_NONE, .topology = way->topology,
	};
	struct umlab_model model = umlab_dad_model(way->revision,
						   DAD_MEMORY_MIN);
	struct umlab_slot *slot = umlab_plug(test, &model, &options);
	struct device_driver *drv = driver_find("dad", &pci_bus_type);
	int err;

	probe_expect_nothing(test, slot);
	KUNIT_ASSERT_NOT_NULL(test, drv);
	err = device_driver_attach(drv, &umlab_pdev(slot)->dev);
	KUNIT_EXPECT_TRUE_MSG(test, err == -ENOSPC || err == -ENODEV ||
			      err == -EINVAL, "it cannot be bound: %d", err);
	probe_expect_nothing(test, slot);
}

static struct kunit_case probe_cases[] = {
	KUNIT_CASE_PARAM(probe_bad_board, probe_flaw_gen_params),
	KUNIT_CASE_PARAM(probe_ones, probe_gen_params),
	KUNIT_CASE_PARAM(probe_alloc_fails, probe_gen_params),
	KUNIT_CASE_PARAM(probe_map_fails, probe_gen_params),
	KUNIT_CASE_PARAM(probe_no_interrupt, probe_gen_params),
	{}
};

static struct kunit_suite probe_suite = {
	.name		= "umlab_dad_probe",
	.test_cases	= probe_cases,
};

kunit_test_suite(probe_suite);
