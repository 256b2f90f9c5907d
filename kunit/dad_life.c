// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: how boards come and go: in which order what is done, what DMA and interrupts
 * they get, and that nothing stays
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/dad.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_fate.h"
#include "lib/dad_ring.h"
#include "lib/node.h"
#include "lib/quiet.h"
#include "lib/slabs.h"
#include "lib/space.h"

static const struct umlab_topology life_direct = {
	.name = "direct", .dma = UMLAB_DMA_DIRECT,
};

static const struct umlab_topology life_bounce = {
	.name = "bounce", .dma = UMLAB_DMA_BOUNCE,
};

static const struct umlab_topology life_iommu = {
	.name = "iommu,noncoherent", .dma = UMLAB_DMA_IOMMU,
	.noncoherent = true,
};

/* Only the IOMMU has memory for A, and not much of it. */
static const struct lab_dad_way life_ways[] = {
	{ "C,direct,msix", DAD_REV_C, &life_direct, UMLAB_IRQ_MSIX },
	{ "B,bounce,msi", DAD_REV_B, &life_bounce, UMLAB_IRQ_MSI },
	{ "C,iommu,noncoherent,intx", DAD_REV_C, &life_iommu, UMLAB_IRQ_INTX },
	{ "A,iommu,noncoherent,msix", DAD_REV_A, &life_iommu, UMLAB_IRQ_MSIX },
};

KUNIT_ARRAY_PARAM_DESC(life, life_ways, name);

static struct lab_dad life_plug(struct kunit *test)
{
	return lab_dad_plug_way(test, test->param_value, 0);
}

static void life_expect_no_node(const struct lab_dad *dad)
{
	char path[48];

	KUNIT_EXPECT_EQ(dad->test, -ENOENT,
			PTR_ERR(lab_try_open(dad->node, O_RDWR)));
	snprintf(path, sizeof(path), "class/dad/%s/state", dad->node);
	KUNIT_EXPECT_EQ(dad->test, -ENOENT,
			PTR_ERR(lab_open_in("sysfs", path, O_RDONLY)));
	snprintf(path, sizeof(path), "dad/%s/requests", dad->node);
	KUNIT_EXPECT_EQ(dad->test, -ENOENT,
			PTR_ERR(lab_open_in("debugfs", path, O_RDONLY)));
}

/* All events like @then come after the first one like @first, and there is one. */
static void life_expect_after(const struct lab_dad *dad, u64 begin,
			      struct umlab_event first,
			      struct umlab_event then, const char *what)
{
	unsigned int count = umlab_journal_count(dad->slot, begin, then), i;
	struct umlab_event *events = kunit_kcalloc(dad->test, count + 1,
						   sizeof(*events), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(dad->test, events);
	KUNIT_EXPECT_GT_MSG(dad->test, count, 0, "%s", what);
	events[0] = first;
	for (i = 0; i < count; i++)
		events[i + 1] = then;
	umlab_expect_order(dad->test, dad->slot, begin, events, count + 1,
			   what);
}

/*
 * The write of the command register that turned bus mastering on or off. Whether INTx
 * was disabled then, depends on when the driver asked for interrupts.
 */
static struct umlab_event life_mastering(const struct lab_dad *dad, u64 begin,
					 bool on)
{
	struct umlab_event event = {
		.kind = UMLAB_CONFIG_WRITE, .offset = PCI_COMMAND, .size = 2,
		.value = PCI_COMMAND_MEMORY,
	};

	if (on)
		event.value |= PCI_COMMAND_MASTER;
	else
		event.value |= PCI_COMMAND_INTX_DISABLE;
	if (!umlab_journal_count(dad->slot, begin, event))
		event.value ^= PCI_COMMAND_INTX_DISABLE;
	return event;
}

static const struct umlab_event life_reset =
	UMLAB_DID_WRITE(DAD_BAR_REGS, DAD_CONTROL, 4, DAD_CONTROL_RESET);

static struct umlab_event life_write(unsigned int reg)
{
	return (struct umlab_event)UMLAB_DID_WRITE_ANY(DAD_BAR_REGS, reg);
}

/* Reset before all else, and the queue is enabled last but for interrupts. */
static void life_probe_order(struct kunit *test)
{
	static const unsigned int regs[] = {
		DAD_Q_DESC_LO, DAD_Q_COMP_LO, DAD_Q_INDEX_LO, DAD_Q_SIZE,
		DAD_Q_START,
	};
	const struct umlab_event enable =
		UMLAB_DID_WRITE(DAD_BAR_REGS, DAD_Q(DAD_REQUESTS) +
				DAD_Q_CONTROL, 4, DAD_Q_ENABLE);
	u64 begin = umlab_journal_now();
	struct lab_dad dad = lab_dad_plug(test);
	unsigned int i;

	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID_READ_ANY(DAD_BAR_REGS, DAD_ID),
			   life_reset,
			   UMLAB_DID_READ_ANY(DAD_BAR_REGS, DAD_STATUS),
			   enable);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID_ANY(UMLAB_ALLOC),
			   life_write(DAD_Q(DAD_REQUESTS) + DAD_Q_DESC_LO));
	life_expect_after(&dad, begin, life_reset, life_write(DAD_INT_ENABLE),
			  "interrupts after the reset");
	life_expect_after(&dad, begin, life_mastering(&dad, begin, true),
			  enable, "the queue after bus mastering");
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		life_expect_after(&dad, begin,
				  life_write(DAD_Q(DAD_REQUESTS) + regs[i]),
				  enable, "the queue after its registers");
}

/* The board is made quiet before what it may access is taken away. */
static void life_remove_order(struct kunit *test)
{
	struct lab_dad dad = lab_dad_plug(test);
	struct umlab_event master;
	u64 begin;

	begin = umlab_journal_now();
	device_release_driver(&dad.pdev->dev);
	master = life_mastering(&dad, begin, false);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   life_reset,
			   UMLAB_DID_READ_ANY(DAD_BAR_REGS, DAD_STATUS),
			   master);
	life_expect_after(&dad, begin, master,
			  (struct umlab_event)UMLAB_DID_ANY(UMLAB_UNMAP),
			  "unmapping after bus mastering is off");
	life_expect_after(&dad, begin, master,
			  (struct umlab_event)UMLAB_DID_ANY(UMLAB_FREE),
			  "freeing after bus mastering is off");
	lab_dad_expect_unbound(test, dad.slot);
	life_expect_no_node(&dad);
}

/**
 * struct life_revision - what a revision can do (dad-regs.h, section 2)
 * @revision: which
 * @bits: that it drives
 * @segment: the longest segment, in bytes
 * @boundary: no segment crosses a multiple of this
 */
struct life_revision {
	u8 revision;
	unsigned int bits;
	u32 segment;
	u64 boundary;
};

static const struct life_revision *life_revision(u8 revision)
{
	static const struct life_revision revisions[] = {
		{ DAD_REV_P },
		{ DAD_REV_A, 24, SZ_4K, SZ_64K },
		{ DAD_REV_B, 32, SZ_64K, SZ_64K },
		{ DAD_REV_C, 64, SZ_1M, SZ_4G },
	};
	unsigned int i = ARRAY_SIZE(revisions) - 1;

	while (i && revisions[i].revision != revision)
		i--;
	return &revisions[i];
}

static void life_expect_dma(const struct lab_dad *dad,
			    const struct life_revision *revision)
{
	struct device *dev = &dad->pdev->dev;
	struct kunit *test = dad->test;

	KUNIT_EXPECT_EQ(test, dma_get_mask(dev), DMA_BIT_MASK(revision->bits));
	KUNIT_EXPECT_EQ(test, dev->coherent_dma_mask,
			DMA_BIT_MASK(revision->bits));
	KUNIT_EXPECT_EQ(test, dma_get_max_seg_size(dev),
			min_t(size_t, revision->segment,
			      dma_max_mapping_size(dev)));
	KUNIT_EXPECT_EQ(test, dma_get_seg_boundary(dev),
			revision->boundary - 1);
	KUNIT_EXPECT_TRUE(test, lab_dad_masters(dad->pdev));
}

/* Programmed I/O: the CPU moves it all, and the board is no bus master. */
static void life_expect_pio(const struct lab_dad *dad, u64 begin)
{
	static const enum umlab_event_kind kinds[] = {
		UMLAB_MAP, UMLAB_ALLOC, UMLAB_DMA_READ, UMLAB_DMA_WRITE,
	};
	struct kunit *test = dad->test;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, lab_dad_counter(dad, "pio_bytes"), LAB_DAD_WORKS);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct umlab_event event = UMLAB_DID_ANY(kinds[i]);

		KUNIT_EXPECT_EQ(test, 0, umlab_journal_count(dad->slot, begin,
							     event));
	}
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad->slot), 0);
	KUNIT_EXPECT_FALSE(test, lab_dad_masters(dad->pdev));
}

/* By revision and topology: what DMA there is, and what user space is told of it */
static void life_reach(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	const struct life_revision *revision = life_revision(way->revision);
	u64 begin = umlab_journal_now();
	struct lab_dad dad = lab_dad_plug(test);
	u32 bits = dad.dma ? revision->bits : 0;
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct dad_ring shape = lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN, 2);
	struct file *file = lab_dad_open(&dad, O_RDWR);
	struct dad_info info = { };

	lab_dad_expect_works(&dad, addr);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_INFO, &info), 0);
	KUNIT_EXPECT_EQ(test, info.abi, DAD_ABI);
	KUNIT_EXPECT_EQ(test, info.revision, way->revision);
	KUNIT_EXPECT_EQ(test, info.dma_bits, bits);
	KUNIT_EXPECT_EQ(test, info.memory, dad.size);
	KUNIT_EXPECT_EQ(test, info.block_max,
			bits ? min(revision->segment, DAD_RING_MAX / 2U) : 0);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &shape),
			bits ? 0 : -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, bits,
			lab_attr_read(test, lab_dad_attr(&dad, "dma_bits")));
	KUNIT_EXPECT_EQ(test, way->revision,
			lab_attr_read(test, lab_dad_attr(&dad, "revision")));
	KUNIT_EXPECT_EQ(test, dad.size,
			lab_attr_read(test, lab_dad_attr(&dad, "memory_size")));
	if (bits)
		life_expect_dma(&dad, revision);
	else
		life_expect_pio(&dad, begin);
}

static void life_vectors(struct kunit *test)
{
	const struct lab_dad_way *way = test->param_value;
	struct lab_dad dad = life_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	unsigned int stream = way->irqs == UMLAB_IRQ_INTX ? 0 : 1;
	u64 begin = umlab_journal_now();
	struct lab_ring ring;

	KUNIT_EXPECT_EQ(test, !!dad.pdev->msi_enabled,
			way->irqs == UMLAB_IRQ_MSI);
	KUNIT_EXPECT_EQ(test, !!dad.pdev->msix_enabled,
			way->irqs == UMLAB_IRQ_MSIX);
	lab_dad_expect_works(&dad, addr);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID(UMLAB_IRQ_RAISE, 0));
	ring = lab_ring_new(&dad, lab_ring_shape(DAD_RING_IN, DAD_BLOCK_MIN,
						 4));
	begin = umlab_journal_now();
	lab_ring_start(&ring);
	lab_ring_wait(&ring, 1);
	lab_ring_stop(&ring);
	UMLAB_EXPECT_ORDER(test, dad.slot, begin,
			   UMLAB_DID(UMLAB_IRQ_RAISE, stream));
	KUNIT_EXPECT_GT(test, lab_dad_counter(&dad, "interrupts"), 0);
	KUNIT_EXPECT_EQ(test, lab_dad_counter(&dad, "lost_interrupts"), 0);
}

/* Use it, unbind it, and bind it again. */
static void life_cycle(const struct lab_dad *dad, unsigned long addr)
{
	struct device *dev = &dad->pdev->dev;

	lab_dad_expect_works(dad, addr);
	device_release_driver(dev);
	lab_dad_expect_unbound(dad->test, dad->slot);
	KUNIT_ASSERT_EQ(dad->test, device_attach(dev), 1);
}

static void life_rebind(struct kunit *test)
{
	struct lab_dad dad = life_plug(test);
	unsigned long addr = lab_mmap_anonymous(test, 2);
	unsigned int mappings = umlab_mappings(dad.slot), i;

	for (i = 0; i < 5; i++) {
		life_cycle(&dad, addr);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
	}
	device_release_driver(&dad.pdev->dev);
	life_expect_no_node(&dad);
	umlab_unplug(test, dad.slot);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

/* So often that a leak of one object each time shows */
#define LIFE_OFTEN	200

static void life_rebind_often_in(struct kunit *test,
				 const struct lab_dad_way *way)
{
	struct lab_dad dad = lab_dad_plug_way(test, way, 0);
	unsigned int mappings = umlab_mappings(dad.slot), i;
	unsigned long addr = lab_mmap_anonymous(test, 2);
	struct lab_slabs *before;

	lab_quiet_console(test);
	for (i = 0; i < 10; i++)
		life_cycle(&dad, addr);
	before = lab_slabs_count(test);
	addr = lab_mmap_anonymous(test, 2);
	for (i = 0; i < LIFE_OFTEN; i++)
		life_cycle(&dad, addr);
	lab_slabs_expect_growth(test, before, LIFE_OFTEN / 2, "a life");
	KUNIT_EXPECT_EQ(test, umlab_mappings(dad.slot), mappings);
}

/* Whoever is plugged in at a time has a node, memory and counters of his own. */
static void life_boards(struct kunit *test)
{
	static const struct lab_dad_way ways[] = {
		{ "A", DAD_REV_A, &life_iommu, UMLAB_IRQ_INTX },
		{ "B", DAD_REV_B, &life_bounce, UMLAB_IRQ_INTX },
		{ "C", DAD_REV_C, &life_direct, UMLAB_IRQ_INTX },
		{ "P", DAD_REV_P, &life_direct },
	};
	struct lab_dad dads[ARRAY_SIZE(ways)];
	unsigned long addr = lab_mmap_anonymous(test, 2);
	unsigned int i, left;

	/* Those that have INTx share a line. */
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		dads[i] = lab_dad_plug_way(test, &ways[i],
					   UMLAB_AT(1 + 4 * i, 0));
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		lab_dad_expect_works(&dads[i], addr);
		/* Of the others there is nothing in it. */
		lab_dad_mark(&dads[i], i, 2 * PAGE_SIZE);
	}
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		lab_dad_expect_board(&dads[i], 0, 2 * PAGE_SIZE, i, 0);
		KUNIT_EXPECT_EQ(test, LAB_DAD_WORKS,
				lab_dad_counter(&dads[i], "bytes_read") +
				lab_dad_counter(&dads[i], "bytes_written"));
	}
	for (left = ARRAY_SIZE(ways); left--;) {
		umlab_unplug(test, dads[left].slot);
		for (i = 0; i < left; i++)
			lab_dad_expect_works(&dads[i], addr);
	}
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

static void life_rebind_often(struct kunit *test)
{
	life_rebind_often_in(test, &life_ways[0]);
}

static void life_rebind_often_each(struct kunit *test)
{
	life_rebind_often_in(test, test->param_value);
}

/* Each revision in each topology: the first way of several */
static const void *life_gen_reach_params(const void *prev, char *desc)
{
	const struct lab_dad_way *last = prev, *way = prev;

	do {
		way = lab_dad_gen_params(way, desc);
	} while (way && last && way->revision == last->revision &&
		 way->topology == last->topology);
	return way;
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE_PARAM(life_probe_order, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(life_remove_order, lab_dad_gen_few_dma_params),
	KUNIT_CASE_PARAM(life_reach, life_gen_reach_params),
	KUNIT_CASE_PARAM(life_vectors, life_gen_params),
	KUNIT_CASE_PARAM(life_rebind, life_gen_params),
	KUNIT_CASE(life_rebind_often),
	KUNIT_CASE_PARAM_ATTR(life_rebind_often_each, life_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE(life_boards),
	{}
};

static struct kunit_suite life_suite = {
	.name		= "umlab_dad_life",
	.test_cases	= life_cases,
};

kunit_test_suite(life_suite);
