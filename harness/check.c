// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad models and options are refused, with a message that names the field
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "slot.h"

/* Say what is wrong with a model; false */
#define check_bad(model, fmt, ...)					\
	(pr_err("model %s: " fmt "\n", (model)->name, ##__VA_ARGS__), false)

static bool check_register_bar(const struct umlab_model *model, unsigned int i)
{
	if (!model->ops->bar_read)
		return check_bad(model, "ops.bar_read: missing, and bars[%u] has registers",
				 i);
	if (!model->ops->bar_write)
		return check_bad(model, "ops.bar_write: missing, and bars[%u] has registers",
				 i);
	if (model->bars[i].widths > 0xf)
		return check_bad(model, "bars[%u].widths: %#x is not made of UMLAB_WIDTH_*",
				 i, model->bars[i].widths);
	return true;
}

static bool check_bar(const struct umlab_model *model, unsigned int i)
{
	const struct umlab_bar *bar = &model->bars[i];
	u32 smallest = bar->kind == UMLAB_BAR_MEMORY ? PAGE_SIZE : 16;

	if (bar->kind > UMLAB_BAR_MEMORY)
		return check_bad(model, "bars[%u].kind: %d is none", i,
				 bar->kind);
	if (bar->kind == UMLAB_BAR_NONE)
		return !(bar->size || bar->is_64 || bar->widths) ||
		       check_bad(model, "bars[%u].kind: missing", i);
	if (!is_power_of_2(bar->size))
		return check_bad(model, "bars[%u].size: %#x is not a power of two",
				 i, bar->size);
	if (bar->size < smallest || bar->size > UMLAB_BAR_MAX)
		return check_bad(model, "bars[%u].size: %#x is not from %#x to %#x",
				 i, bar->size, smallest, UMLAB_BAR_MAX);
	if (bar->is_64 && (i == PCI_STD_NUM_BARS - 1 ||
			   model->bars[i + 1].kind != UMLAB_BAR_NONE))
		return check_bad(model, "bars[%u].is_64: the next BAR is not free",
				 i);
	if (bar->kind == UMLAB_BAR_REGISTERS)
		return check_register_bar(model, i);
	if (bar->widths)
		return check_bad(model, "bars[%u].widths: memory takes all", i);
	return true;
}

/* A part of a BAR that a capability points to */
static bool check_pointer(const struct umlab_model *model, unsigned int i,
			  const char *name, unsigned int bar, u32 offset,
			  u32 size)
{
	if (bar >= PCI_STD_NUM_BARS ||
	    model->bars[bar].kind != UMLAB_BAR_REGISTERS)
		return check_bad(model, "caps[%u].msix.%s_bar: %u is no register BAR",
				 i, name, bar);
	if (offset % 8)
		return check_bad(model, "caps[%u].msix.%s: %#x is not a multiple of 8",
				 i, name, offset);
	if ((u64)offset + size > model->bars[bar].size)
		return check_bad(model, "caps[%u].msix.%s: %#x bytes at %#x leave bars[%u]",
				 i, name, size, offset, bar);
	return true;
}

static bool check_msix(const struct umlab_model *model, unsigned int i)
{
	const struct umlab_cap *cap = &model->caps[i];
	u32 table = cap->msix.vectors * PCI_MSIX_ENTRY_SIZE;
	u32 pba = DIV_ROUND_UP(cap->msix.vectors, 64) * 8;

	if (!cap->msix.vectors || cap->msix.vectors > UMLAB_VECTORS_MAX)
		return check_bad(model, "caps[%u].msix.vectors: %u is not from 1 to %u",
				 i, cap->msix.vectors, UMLAB_VECTORS_MAX);
	if (!check_pointer(model, i, "table", cap->msix.table_bar,
			   cap->msix.table, table) ||
	    !check_pointer(model, i, "pba", cap->msix.pba_bar, cap->msix.pba,
			   pba))
		return false;
	if (cap->msix.table_bar == cap->msix.pba_bar &&
	    cap->msix.table < cap->msix.pba + pba &&
	    cap->msix.pba < cap->msix.table + table)
		return check_bad(model, "caps[%u].msix.pba: overlaps the table",
				 i);
	return true;
}

static bool check_cap_content(const struct umlab_model *model, unsigned int i)
{
	const struct umlab_cap *cap = &model->caps[i];

	switch (cap->id) {
	case PCI_CAP_ID_PM:
	case PCI_CAP_ID_EXP:
		return true;
	case PCI_CAP_ID_MSI:
		if (is_power_of_2(cap->msi.vectors) && cap->msi.vectors <= 32)
			return true;
		return check_bad(model, "caps[%u].msi.vectors: %u is not 1, 2, 4, 8, 16 or 32",
				 i, cap->msi.vectors);
	case PCI_CAP_ID_MSIX:
		return check_msix(model, i);
	case PCI_CAP_ID_VNDR:
		if (cap->vendor.size >= 3)
			return true;
		return check_bad(model, "caps[%u].vendor.size: %u does not hold its header of 3",
				 i, cap->vendor.size);
	default:
		return check_bad(model, "caps[%u].id: %#x is not emulated", i,
				 cap->id);
	}
}

static bool check_cap_place(const struct umlab_model *model, unsigned int i)
{
	unsigned int at = umlab_caps_place(model, i);
	unsigned int end = at + umlab_caps_size(&model->caps[i]);
	unsigned int j;

	if (at < PCI_STD_HEADER_SIZEOF || at % 4 || end > PCI_CFG_SPACE_SIZE)
		return check_bad(model, "caps[%u].at: %#x to %#x is not aligned or not free",
				 i, at, end);
	for (j = 0; j < i; j++) {
		unsigned int other = umlab_caps_place(model, j);

		if (model->caps[j].id == model->caps[i].id &&
		    model->caps[i].id != PCI_CAP_ID_VNDR)
			return check_bad(model, "caps[%u].id: is that of caps[%u] already",
					 i, j);
		if (at < other + umlab_caps_size(&model->caps[j]) &&
		    other < end)
			return check_bad(model, "caps[%u].at: overlaps caps[%u]",
					 i, j);
	}
	return true;
}

static bool check_caps(const struct umlab_model *model)
{
	unsigned int i;

	if (model->num_caps && !model->caps)
		return check_bad(model, "caps: missing, and num_caps is %u",
				 model->num_caps);
	for (i = 0; i < model->num_caps; i++) {
		if (!check_cap_content(model, i) || !check_cap_place(model, i))
			return false;
	}
	return true;
}

static bool check_identity(const struct umlab_model *model)
{
	if (!model->ops)
		return check_bad(model, "ops: missing");
	if (!model->vendor || model->vendor == 0xffff)
		return check_bad(model, "vendor: %#x means that there is no device",
				 model->vendor);
	if (model->dma_bits > 64)
		return check_bad(model, "dma_bits: %u is not from 1 to 64",
				 model->dma_bits);
	if (model->class > 0xffffff)
		return check_bad(model, "class: %#x has more than 24 bits",
				 model->class);
	return true;
}

int umlab_check_model(const struct umlab_model *model)
{
	unsigned int i;

	if (!model->name) {
		pr_err("model: name: missing\n");
		return -EINVAL;
	}
	if (!check_identity(model))
		return -EINVAL;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (!check_bar(model, i))
			return -EINVAL;
	}
	return check_caps(model) ? 0 : -EINVAL;
}

/* The kinds of interrupts a model has */
static unsigned int check_kinds(const struct umlab_model *model)
{
	unsigned int kinds = UMLAB_IRQ_NONE;
	unsigned int i;

	if (model->intx)
		kinds |= UMLAB_IRQ_INTX;
	for (i = 0; i < model->num_caps; i++) {
		if (model->caps[i].id == PCI_CAP_ID_MSI)
			kinds |= UMLAB_IRQ_MSI;
		if (model->caps[i].id == PCI_CAP_ID_MSIX)
			kinds |= UMLAB_IRQ_MSIX;
	}
	return kinds;
}

/* What is wrong with a topology, in words; NULL: nothing */
static const char *check_topology(const struct umlab_topology *topology)
{
	if (topology->dma > UMLAB_DMA_IOMMU)
		return "dma: there is no such kind";
	if (!is_power_of_2(topology->line) || topology->line < 4 ||
	    topology->line > PAGE_SIZE)
		return "line: is not a power of two from 4 to the page size";
	if (topology->dma == UMLAB_DMA_BOUNCE &&
	    topology->line > UMLAB_BOUNCE_SLOT)
		return "line: is longer than UMLAB_BOUNCE_SLOT, so buffers share it";
	if (topology->slots > UMLAB_BOUNCE_SLOTS)
		return "slots: are more than UMLAB_BOUNCE_SLOTS";
	if (!PAGE_ALIGNED(topology->aperture_start) ||
	    !PAGE_ALIGNED(topology->aperture_end + 1))
		return "aperture_start, aperture_end: are not whole pages";
	if (topology->aperture_end < topology->aperture_start)
		return "aperture_end: is before aperture_start";
	return NULL;
}

int umlab_check_options(const struct umlab_model *model,
			const struct umlab_options *options)
{
	if (options->irqs & ~check_kinds(model)) {
		pr_err("options: irqs: %#x is not made of what model %s has, %#x\n",
		       options->irqs, model->name, check_kinds(model));
		return -EINVAL;
	}
	if (options->completion > UMLAB_COMPLETE_NEVER) {
		pr_err("options: completion: %d is none\n",
		       options->completion);
		return -EINVAL;
	}
	if (check_topology(options->topology)) {
		pr_err("options: topology: %s\n",
		       check_topology(options->topology));
		return -EINVAL;
	}
	return 0;
}
