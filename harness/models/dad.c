// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dad board as a PCI function: what it is, its memory, its resets
 */

#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/pci_ids.h>
#include <linux/slab.h>

#include "dad.h"

/* Section 2 */
static const struct board_limits dad_limits[] = {
	{ .revision = DAD_REV_P },
	{ .revision = DAD_REV_A, .bits = 24, .segment = SZ_4K,
	  .boundary = SZ_64K, .align = SZ_4K },
	{ .revision = DAD_REV_B, .bits = 32, .segment = SZ_64K,
	  .boundary = SZ_64K, .align = 256 },
	{ .revision = DAD_REV_C, .bits = 64, .segment = SZ_1M,
	  .boundary = SZ_4G, .align = 64 },
};

static const struct board_limits *dad_limits_of(u8 revision)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dad_limits); i++) {
		if (dad_limits[i].revision == revision)
			return &dad_limits[i];
	}
	return NULL;
}

void *board_memory(const struct board *board)
{
	return board->own ?: umlab_bar_memory(board->slot, DAD_BAR_MEMORY);
}

bool board_is_awake(const struct board *board)
{
	return !(umlab_config_read(board->slot, BOARD_CAP_PM + PCI_PM_CTRL, 2) &
		 PCI_PM_CTRL_STATE_MASK);
}

void board_fatal(struct board *board)
{
	unsigned int i;

	if (board->regs.error)
		return;
	board->regs.error = true;
	for (i = 0; i < DAD_QUEUES; i++)
		board_comp_halt(&board->queues[i]);
	board_stream_halt(board);
	board_irq_cause(board, DAD_INT_ERROR);
}

void board_bus_error(struct board *board, int err)
{
	if (err != -ENODEV)
		board_fatal(board);
}

/* What all resets do, section 4 */
static void dad_clear(struct board *board)
{
	unsigned int i;

	umlab_work_cancel(&board->reset);
	for (i = 0; i < DAD_QUEUES; i++)
		board_queue_clear(&board->queues[i]);
	board_stream_clear(board);
	board_irq_clear(board, DAD_INT_ALL);
	board->regs = (struct board_regs) { };
}

void board_reset(struct board *board)
{
	dad_clear(board);
	if (!(board->manners.stuck & UMLAB_DAD_STUCK_RESET))
		umlab_work_after(&board->reset, BOARD_RESET_NS);
}

static void dad_ready(struct umlab_slot *slot, struct umlab_work *work)
{
	struct board *board = umlab_priv(slot);

	board->regs.ready = true;
}

static void dad_reset(struct umlab_slot *slot, enum umlab_reset why)
{
	struct board *board = umlab_priv(slot);

	dad_clear(board);
	board->regs.ready = why == UMLAB_RESET_POWER ||
			    !(board->manners.stuck & UMLAB_DAD_STUCK_FLR);
}

static int dad_probe(struct umlab_slot *slot)
{
	struct board *board = umlab_priv(slot);
	unsigned int i;

	board->slot = slot;
	board->limits = dad_limits_of(umlab_config_read(slot, PCI_REVISION_ID,
							1));
	board->memory_size = DAD_MEMORY_MIN *
			     umlab_config_read(slot, PCI_SUBSYSTEM_ID, 2);
	if (!board->limits || !is_power_of_2(board->memory_size) ||
	    board->memory_size > DAD_MEMORY_MAX)
		return -EINVAL;
	umlab_work_init(slot, &board->reset, dad_ready);
	for (i = 0; i < DAD_QUEUES; i++)
		board_queue_init(board, i);
	board_stream_init(board);
	if (board->limits->bits)
		return 0;
	board->own = kvzalloc(board->memory_size, GFP_KERNEL);
	return board->own ? 0 : -ENOMEM;
}

static void dad_remove(struct umlab_slot *slot)
{
	struct board *board = umlab_priv(slot);
	unsigned int i;

	for (i = 0; i < DAD_QUEUES; i++)
		board_queue_free(&board->queues[i]);
	kvfree(board->own);
}

static const struct umlab_model_ops dad_ops = {
	.probe = dad_probe,
	.remove = dad_remove,
	.reset = dad_reset,
	.bar_read = board_bar_read,
	.bar_write = board_bar_write,
};

/* Revision P has the first two of them only. */
static const struct umlab_cap dad_caps[] = {
	{ .id = PCI_CAP_ID_PM, .at = BOARD_CAP_PM },
	{ .id = PCI_CAP_ID_EXP, .at = BOARD_CAP_EXP, .exp.flr = true },
	{ .id = PCI_CAP_ID_MSI, .at = BOARD_CAP_MSI,
	  .msi = { .vectors = DAD_VECTORS_MAX, .is_64 = true,
		   .maskable = true } },
	{ .id = PCI_CAP_ID_MSIX, .at = BOARD_CAP_MSIX,
	  .msix = { .vectors = DAD_VECTORS_MAX,
		    .table_bar = DAD_BAR_REGS, .table = DAD_MSIX_TABLE,
		    .pba_bar = DAD_BAR_REGS, .pba = DAD_MSIX_PBA } },
};

#define DAD_CAPS_P	2

struct umlab_model umlab_dad_model(u8 revision, u32 memory)
{
	const struct board_limits *limits = dad_limits_of(revision);
	struct umlab_model model = {
		.name = "dad",
		.vendor = DAD_VENDOR,
		.device = DAD_DEVICE,
		.subsystem_vendor = DAD_VENDOR,
		.subsystem_device = memory / DAD_MEMORY_MIN,
		.class = PCI_CLASS_SP_OTHER << 8,
		.revision = revision,
		.bars[DAD_BAR_REGS] = {
			.kind = UMLAB_BAR_REGISTERS,
			.size = DAD_BAR_REGS_SIZE,
		},
		.caps = dad_caps,
		.num_caps = DAD_CAPS_P,
		.priv_size = sizeof(struct board),
		.ops = &dad_ops,
	};

	if (!limits || !limits->bits)
		return model;
	model.intx = true;
	model.dma_bits = limits->bits;
	model.bars[DAD_BAR_MEMORY] = (struct umlab_bar) {
		.kind = UMLAB_BAR_MEMORY,
		.size = memory,
		.is_64 = true,
	};
	model.num_caps = ARRAY_SIZE(dad_caps);
	return model;
}
