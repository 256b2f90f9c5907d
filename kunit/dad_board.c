// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated dad board against its datasheet: registers, memory, resets, queues
 *
 * No driver is bound, the suite plays it; nothing here is against the datasheet, so
 * no violation is expected.
 */

#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "lib/dad_rig.h"
#include "lib/pci_fixture.h"

static const u8 board_revisions[] = {
	DAD_REV_P, DAD_REV_A, DAD_REV_B, DAD_REV_C,
};

static void board_describe(const u8 *revision, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%c", *revision == DAD_REV_P ?
		 'P' : 'A' + *revision - DAD_REV_A);
}

KUNIT_ARRAY_PARAM(board_revision, board_revisions, board_describe);

static struct lab_rig *board_plug_revision(struct kunit *test)
{
	const u8 *revision = test->param_value;

	return lab_rig_plug_revision(test, *revision, LAB_RIG_MEMORY);
}

/* Sections 2 and 3, as config space has them */
static void board_identity(struct kunit *test)
{
	struct lab_rig *rig = board_plug_revision(test);
	bool bare = rig->revision == DAD_REV_P;
	struct pci_dev *pdev = rig->pdev;

	KUNIT_EXPECT_EQ(test, pdev->vendor, DAD_VENDOR);
	KUNIT_EXPECT_EQ(test, pdev->device, DAD_DEVICE);
	KUNIT_EXPECT_EQ(test, pdev->revision, rig->revision);
	KUNIT_EXPECT_EQ(test, pdev->subsystem_device,
			LAB_RIG_MEMORY / DAD_MEMORY_MIN);
	KUNIT_EXPECT_EQ(test, pci_resource_len(pdev, DAD_BAR_REGS),
			DAD_BAR_REGS_SIZE);
	KUNIT_EXPECT_EQ(test, pci_resource_len(pdev, DAD_BAR_MEMORY),
			bare ? 0 : LAB_RIG_MEMORY);
	KUNIT_EXPECT_EQ(test, pci_resource_flags(pdev, DAD_BAR_MEMORY) &
			IORESOURCE_PREFETCH, bare ? 0 : IORESOURCE_PREFETCH);
	KUNIT_EXPECT_EQ(test, pci_msix_vec_count(pdev),
			bare ? -EINVAL : DAD_VECTORS_MAX);
	KUNIT_EXPECT_EQ(test, pci_msi_vec_count(pdev),
			bare ? -EINVAL : DAD_VECTORS_MAX);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_ID), DAD_MAGIC);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_MEMORY_SIZE),
			LAB_RIG_MEMORY);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_STATUS), DAD_STATUS_READY);
}

/* The least memory and the most, with the window at the end of each */
static void board_memory_sizes(struct kunit *test)
{
	static const u32 sizes[] = { DAD_MEMORY_MIN, DAD_MEMORY_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
							    sizes[i]);

		KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_MEMORY_SIZE),
				sizes[i]);
		KUNIT_EXPECT_EQ(test,
				pci_resource_len(rig->pdev, DAD_BAR_MEMORY),
				sizes[i]);
		lab_rig_write(rig, DAD_WINDOW_AT, sizes[i] - DAD_WINDOW_SIZE);
		iowrite8(0x5a, rig->regs + DAD_WINDOW + DAD_WINDOW_SIZE - 1);
		KUNIT_EXPECT_EQ(test, rig->memory[sizes[i] - 1], 0x5a);
	}
}

/* Section 9: by accesses of each width, at both ends of the window */
static void board_window(struct kunit *test)
{
	struct lab_rig *rig = board_plug_revision(test);
	void __iomem *window = rig->regs + DAD_WINDOW;
	u32 at = LAB_RIG_MEMORY - DAD_WINDOW_SIZE, end;
	u64 value = 0x1122334455667788, seen;
	unsigned int size;

	lab_rig_write(rig, DAD_WINDOW_AT, at);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_WINDOW_AT), at);
	for (size = 1; size <= 8; size *= 2) {
		u64 mask = ~0ULL >> (64 - 8 * size);

		end = DAD_WINDOW_SIZE - size;
		memset(rig->memory, 0, rig->size);
		lab_io_write(window, size, value);
		lab_io_write(window + end, size, value);
		seen = 0;
		memcpy(&seen, rig->memory + at, size);
		KUNIT_EXPECT_EQ(test, seen, value & mask);
		memcpy(&seen, rig->memory + at + end, size);
		KUNIT_EXPECT_EQ(test, seen, value & mask);
		KUNIT_EXPECT_EQ(test, lab_io_read(window + end, size),
				value & mask);
		KUNIT_EXPECT_NULL(test, memchr_inv(rig->memory, 0, at));
		KUNIT_EXPECT_NULL(test, memchr_inv(rig->memory + at + size, 0,
						   end - size));
	}
}

/* What is copied to the window is where the window was at that time. */
static void board_window_moves(struct kunit *test)
{
	struct lab_rig *rig = board_plug_revision(test);
	void __iomem *window = rig->regs + DAD_WINDOW;
	u8 *page = kunit_kzalloc(test, DAD_WINDOW_SIZE, GFP_KERNEL);
	u32 at;

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (at = 0; at < 3 * DAD_WINDOW_SIZE; at += DAD_WINDOW_SIZE) {
		lab_rig_write(rig, DAD_WINDOW_AT, at);
		lab_dma_fill(page, DAD_WINDOW_SIZE, at / DAD_WINDOW_SIZE + 1);
		memcpy_toio(window, page, DAD_WINDOW_SIZE);
	}
	for (at = 0; at < 3 * DAD_WINDOW_SIZE; at += DAD_WINDOW_SIZE)
		KUNIT_EXPECT_TRUE(test,
				  lab_dma_holds(rig->memory + at,
						DAD_WINDOW_SIZE,
						at / DAD_WINDOW_SIZE + 1));
	lab_rig_write(rig, DAD_WINDOW_AT, DAD_WINDOW_SIZE);
	memcpy_fromio(page, window, DAD_WINDOW_SIZE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(page, DAD_WINDOW_SIZE, 2));
}

/* BAR 2 is the same memory, all of it. */
static void board_bar_memory(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	void __iomem *bar = pci_iomap(rig->pdev, DAD_BAR_MEMORY, 0);

	KUNIT_ASSERT_TRUE(test, bar);
	iowrite32(0x12345678, bar);
	iowrite8(0x9a, bar + rig->size - 1);
	KUNIT_EXPECT_EQ(test, ioread32(rig->regs + DAD_WINDOW), 0x12345678);
	KUNIT_EXPECT_EQ(test, rig->memory[rig->size - 1], 0x9a);
	iowrite8(0xbc, rig->regs + DAD_WINDOW + 4);
	KUNIT_EXPECT_EQ(test, ioread8(bar + 4), 0xbc);
	pci_iounmap(rig->pdev, bar);
}

/**
 * struct board_setting - what a register can be set to
 * @reg: the register
 * @value: to this, while no queue is active
 */
struct board_setting {
	u32 reg;
	u32 value;
};

static const struct board_setting board_settings[] = {
	{ DAD_INT_ENABLE, DAD_INT_ALL },
	{ DAD_VECTORS, 1 << DAD_VECTOR_QUEUE(DAD_STREAM) |
		       1 << DAD_VECTOR_ERROR },
	{ DAD_COALESCE, DAD_COALESCE_COUNT | DAD_COALESCE_US },
	{ DAD_SAMPLE_NS, DAD_SAMPLE_MAX },
	{ DAD_WINDOW_AT, DAD_WINDOW_SIZE },
	{ DAD_Q(0) + DAD_Q_DESC_LO, 0x11111000 },
	{ DAD_Q(0) + DAD_Q_DESC_HI, 0x1 },
	{ DAD_Q(0) + DAD_Q_COMP_LO, 0x22222000 },
	{ DAD_Q(0) + DAD_Q_COMP_HI, 0x2 },
	{ DAD_Q(0) + DAD_Q_INDEX_LO, 0x33333000 },
	{ DAD_Q(0) + DAD_Q_INDEX_HI, 0x3 },
	{ DAD_Q(0) + DAD_Q_SIZE, 256 },
	{ DAD_Q(0) + DAD_Q_START, 77 },
	{ DAD_Q(1) + DAD_Q_DESC_LO, 0x44444000 },
	{ DAD_Q(1) + DAD_Q_SIZE, 2 },
	{ DAD_Q(1) + DAD_Q_START, ~0U },
};

/* Registers of the board that are 0 after each reset */
static const u32 board_cleared[] = {
	DAD_CONTROL, DAD_INT_STATUS, DAD_INT_ENABLE, DAD_VECTORS, DAD_COALESCE,
	DAD_STREAM_CONTROL, DAD_SAMPLE_NS, DAD_OVERRUNS, DAD_WINDOW_AT,
};

static void board_expect_cleared(const struct lab_rig *rig)
{
	unsigned int i, reg;

	for (i = 0; i < ARRAY_SIZE(board_cleared); i++)
		KUNIT_EXPECT_EQ_MSG(rig->dma.test, 0,
				    lab_rig_read(rig, board_cleared[i]),
				    "register %#x", board_cleared[i]);
	for (i = 0; i < DAD_QUEUES; i++) {
		for (reg = 0; reg <= DAD_Q_CONTROL; reg += 4)
			KUNIT_EXPECT_EQ_MSG(rig->dma.test, 0,
					    lab_rig_read(rig, DAD_Q(i) + reg),
					    "queue %u, register %#x", i, reg);
	}
	KUNIT_EXPECT_EQ(rig->dma.test, lab_rig_read(rig, DAD_STATUS),
			DAD_STATUS_READY);
	KUNIT_EXPECT_EQ(rig->dma.test, lab_rig_read(rig, DAD_ID), DAD_MAGIC);
	KUNIT_EXPECT_EQ(rig->dma.test, lab_rig_read(rig, DAD_MEMORY_SIZE),
			rig->size);
}

static void board_registers(struct kunit *test)
{
	struct lab_rig *rig = lab_rig_plug(test);
	unsigned int i;

	board_expect_cleared(rig);
	for (i = 0; i < ARRAY_SIZE(board_settings); i++)
		lab_rig_write(rig, board_settings[i].reg,
			      board_settings[i].value);
	for (i = 0; i < ARRAY_SIZE(board_settings); i++)
		KUNIT_EXPECT_EQ_MSG(test, board_settings[i].value,
				    lab_rig_read(rig, board_settings[i].reg),
				    "register %#x", board_settings[i].reg);
	lab_rig_reset(rig);
	board_expect_cleared(rig);
}

/* Enable a queue and give the board a request that it does not complete */
static void board_post_held(struct lab_rig *rig, unsigned int queue)
{
	struct lab_rig_buffer *buffer = lab_rig_alloc(rig, PAGE_SIZE);

	umlab_set_completion(rig->dma.slot, UMLAB_COMPLETE_NEVER, 0);
	lab_rig_enable(rig, queue, 16);
	lab_rig_post(rig, queue, lab_rig_desc(buffer->bus, 64,
					      DAD_DESC_TO_HOST | DAD_DESC_IRQ,
					      0, 1));
	usleep_range(100, 101);
	KUNIT_EXPECT_EQ(rig->dma.test, lab_rig_fetched(rig, queue), 1);
	KUNIT_EXPECT_EQ(rig->dma.test, lab_rig_completed(rig, queue), 0);
}

static void board_by_flr(const struct lab_rig *rig)
{
	KUNIT_EXPECT_EQ(rig->dma.test, pci_reset_function(rig->pdev), 0);
	KUNIT_EXPECT_TRUE(rig->dma.test, lab_rig_ready(rig));
}

static void board_by_sleep(const struct lab_rig *rig)
{
	struct kunit *test = rig->dma.test;

	KUNIT_EXPECT_EQ(test, pci_save_state(rig->pdev), 0);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(rig->pdev, PCI_D3hot), 0);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(rig->pdev, PCI_D0), 0);
	pci_restore_state(rig->pdev);
	KUNIT_EXPECT_TRUE(test, lab_rig_ready(rig));
}

/**
 * struct board_way - a way to reset a board
 * @name: of it
 * @reset: does it, and expects the board to be ready in time
 */
struct board_way {
	const char *name;
	void (*reset)(const struct lab_rig *rig);
};

static const struct board_way board_ways[] = {
	{ "register", lab_rig_reset },
	{ "FLR", board_by_flr },
	{ "D3hot", board_by_sleep },
};

KUNIT_ARRAY_PARAM_DESC(board_way, board_ways, name);

/* Section 4: with requests under way in both queues, and the converter running */
static void board_resets(struct kunit *test)
{
	const struct board_way *way = test->param_value;
	struct lab_rig *rig = lab_rig_plug_revision(test, DAD_REV_C,
						    LAB_RIG_MEMORY);

	lab_dma_fill(rig->memory, rig->size, 9);
	lab_rig_write(rig, DAD_INT_ENABLE, DAD_INT_ALL);
	lab_rig_write(rig, DAD_COALESCE, FIELD_PREP(DAD_COALESCE_COUNT, 3) |
					 FIELD_PREP(DAD_COALESCE_US, 1000));
	lab_rig_write(rig, DAD_WINDOW_AT, DAD_WINDOW_SIZE);
	lab_rig_write(rig, DAD_SAMPLE_NS, DAD_SAMPLE_MAX);
	board_post_held(rig, DAD_REQUESTS);
	board_post_held(rig, DAD_STREAM);
	lab_rig_write(rig, DAD_STREAM_CONTROL, DAD_STREAM_RUN);
	way->reset(rig);
	board_expect_cleared(rig);
	lab_rig_expect_quiet(rig);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_REQUESTS), 0);
	KUNIT_EXPECT_EQ(test, lab_rig_completed(rig, DAD_STREAM), 0);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(rig->memory, rig->size, 9));
	lab_rig_expect_works(rig);
}

/* A revision without anything else can be reset, too. */
static void board_reset_window(struct kunit *test)
{
	struct lab_rig *rig = board_plug_revision(test);

	lab_rig_write(rig, DAD_WINDOW_AT, DAD_WINDOW_SIZE);
	iowrite32(0x1234, rig->regs + DAD_WINDOW);
	lab_rig_reset(rig);
	KUNIT_EXPECT_EQ(test, lab_rig_read(rig, DAD_WINDOW_AT), 0);
	lab_rig_write(rig, DAD_WINDOW_AT, DAD_WINDOW_SIZE);
	KUNIT_EXPECT_EQ(test, ioread32(rig->regs + DAD_WINDOW), 0x1234);
}

static struct kunit_case board_cases[] = {
	KUNIT_CASE_PARAM(board_identity, board_revision_gen_params),
	KUNIT_CASE(board_memory_sizes),
	KUNIT_CASE_PARAM(board_window, board_revision_gen_params),
	KUNIT_CASE_PARAM(board_window_moves, board_revision_gen_params),
	KUNIT_CASE(board_bar_memory),
	KUNIT_CASE(board_registers),
	KUNIT_CASE_PARAM(board_resets, board_way_gen_params),
	KUNIT_CASE_PARAM(board_reset_window, board_revision_gen_params),
	{}
};

static struct kunit_suite board_suite = {
	.name		= "umlab_dad_board",
	.test_cases	= board_cases,
};

kunit_test_suite(board_suite);
