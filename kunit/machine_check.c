// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad models and options are refused, and the log names the field
 */

#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <umlab/machine.h>

#include "lib/klog.h"
#include "lib/pci_card.h"

#define CHECK_CAPS	5

/* The card's capabilities, in its order */
enum { CHECK_PM, CHECK_MSI, CHECK_MSIX, CHECK_EXP, CHECK_VENDOR };

/**
 * struct check_model - a model to be spoiled
 * @model: the card
 * @caps: a copy of its capabilities
 * @ops: a copy of its ops
 */
struct check_model {
	struct umlab_model model;
	struct umlab_cap caps[CHECK_CAPS];
	struct umlab_model_ops ops;
};

/**
 * struct check_row - one way to spoil it
 * @field: what the log has to name
 * @spoil: does it
 */
struct check_row {
	const char *field;
	void (*spoil)(struct check_model *bad);
};

/* A function that does one thing to @bad */
#define CHECK_SPOILS(name, what)					\
static void check_spoil_##name(struct check_model *bad)			\
{									\
	what;								\
}

CHECK_SPOILS(name, bad->model.name = NULL)
CHECK_SPOILS(ops, bad->model.ops = NULL)
CHECK_SPOILS(vendor_zero, bad->model.vendor = 0)
CHECK_SPOILS(vendor_ones, bad->model.vendor = 0xffff)
CHECK_SPOILS(class, bad->model.class = 0x1000000)
CHECK_SPOILS(dma_bits, bad->model.dma_bits = 65)
CHECK_SPOILS(bar_read, bad->ops.bar_read = NULL)
CHECK_SPOILS(bar_write, bad->ops.bar_write = NULL)
CHECK_SPOILS(bar_kind, bad->model.bars[5].kind = 3)
CHECK_SPOILS(bar_no_kind, bad->model.bars[5].size = SZ_4K)
CHECK_SPOILS(bar_size_zero, bad->model.bars[0].size = 0)
CHECK_SPOILS(bar_size_odd, bad->model.bars[0].size = SZ_4K + 4)
CHECK_SPOILS(bar_size_small, bad->model.bars[0].size = 8)
CHECK_SPOILS(bar_size_large, bad->model.bars[0].size = SZ_32M)
CHECK_SPOILS(bar_memory_small, bad->model.bars[2].size = SZ_2K)
CHECK_SPOILS(bar_64_last, bad->model.bars[5] = ((struct umlab_bar) {
	     UMLAB_BAR_REGISTERS, SZ_4K, true }))
CHECK_SPOILS(bar_64_next, bad->model.bars[1] = ((struct umlab_bar) {
	     UMLAB_BAR_REGISTERS, SZ_4K, true }))
CHECK_SPOILS(bar_widths, bad->model.bars[0].widths = 0x10)
CHECK_SPOILS(bar_memory_widths, bad->model.bars[2].widths = 4)
CHECK_SPOILS(caps, bad->model.caps = NULL)
CHECK_SPOILS(cap_id, bad->caps[CHECK_PM].id = PCI_CAP_ID_AGP)
CHECK_SPOILS(cap_twice, bad->caps[CHECK_EXP] = bad->caps[CHECK_PM])
CHECK_SPOILS(cap_in_header, bad->caps[CHECK_PM].at = 0x3c)
CHECK_SPOILS(cap_unaligned, bad->caps[CHECK_PM].at = 0x42)
CHECK_SPOILS(cap_past_end, bad->caps[CHECK_EXP].at = 0xc8)
CHECK_SPOILS(cap_overlaps, bad->caps[CHECK_MSI].at = LAB_CARD_CAP_PM + 4)
CHECK_SPOILS(cap_overlapped, bad->caps[CHECK_EXP].at = LAB_CARD_CAP_MSI - 8)
CHECK_SPOILS(msi_none, bad->caps[CHECK_MSI].msi.vectors = 0)
CHECK_SPOILS(msi_three, bad->caps[CHECK_MSI].msi.vectors = 3)
CHECK_SPOILS(msi_many, bad->caps[CHECK_MSI].msi.vectors = 64)
CHECK_SPOILS(msix_none, bad->caps[CHECK_MSIX].msix.vectors = 0)
CHECK_SPOILS(msix_many, bad->caps[CHECK_MSIX].msix.vectors = 2049)
CHECK_SPOILS(msix_bar, bad->caps[CHECK_MSIX].msix.table_bar = 6)
CHECK_SPOILS(msix_memory, bad->caps[CHECK_MSIX].msix.table_bar = 2)
CHECK_SPOILS(msix_odd, bad->caps[CHECK_MSIX].msix.table = 0x804)
CHECK_SPOILS(msix_outside, bad->caps[CHECK_MSIX].msix.table = SZ_4K - 8)
CHECK_SPOILS(pba_bar, bad->caps[CHECK_MSIX].msix.pba_bar = 1)
CHECK_SPOILS(pba_odd, bad->caps[CHECK_MSIX].msix.pba = 0xc04)
CHECK_SPOILS(pba_outside, bad->caps[CHECK_MSIX].msix.pba = SZ_4K)
CHECK_SPOILS(pba_overlaps,
	     bad->caps[CHECK_MSIX].msix.pba = LAB_CARD_TABLE + 8)
CHECK_SPOILS(vendor_size, bad->caps[CHECK_VENDOR].vendor.size = 2)

static const struct check_row check_rows[] = {
	{ "model: name", check_spoil_name },
	{ ": ops:", check_spoil_ops },
	{ ": vendor:", check_spoil_vendor_zero },
	{ ": vendor:", check_spoil_vendor_ones },
	{ ": class:", check_spoil_class },
	{ ": dma_bits:", check_spoil_dma_bits },
	{ ": ops.bar_read:", check_spoil_bar_read },
	{ ": ops.bar_write:", check_spoil_bar_write },
	{ ": bars[5].kind:", check_spoil_bar_kind },
	{ ": bars[5].kind:", check_spoil_bar_no_kind },
	{ ": bars[0].size:", check_spoil_bar_size_zero },
	{ ": bars[0].size:", check_spoil_bar_size_odd },
	{ ": bars[0].size:", check_spoil_bar_size_small },
	{ ": bars[0].size:", check_spoil_bar_size_large },
	{ ": bars[2].size:", check_spoil_bar_memory_small },
	{ ": bars[5].is_64:", check_spoil_bar_64_last },
	{ ": bars[1].is_64:", check_spoil_bar_64_next },
	{ ": bars[0].widths:", check_spoil_bar_widths },
	{ ": bars[2].widths:", check_spoil_bar_memory_widths },
	{ ": caps:", check_spoil_caps },
	{ ": caps[0].id:", check_spoil_cap_id },
	{ ": caps[3].id:", check_spoil_cap_twice },
	{ ": caps[0].at:", check_spoil_cap_in_header },
	{ ": caps[0].at:", check_spoil_cap_unaligned },
	{ ": caps[3].at:", check_spoil_cap_past_end },
	{ ": caps[1].at:", check_spoil_cap_overlaps },
	{ ": caps[3].at:", check_spoil_cap_overlapped },
	{ ": caps[1].msi.vectors:", check_spoil_msi_none },
	{ ": caps[1].msi.vectors:", check_spoil_msi_three },
	{ ": caps[1].msi.vectors:", check_spoil_msi_many },
	{ ": caps[2].msix.vectors:", check_spoil_msix_none },
	{ ": caps[2].msix.vectors:", check_spoil_msix_many },
	{ ": caps[2].msix.table_bar:", check_spoil_msix_bar },
	{ ": caps[2].msix.table_bar:", check_spoil_msix_memory },
	{ ": caps[2].msix.table:", check_spoil_msix_odd },
	{ ": caps[2].msix.table:", check_spoil_msix_outside },
	{ ": caps[2].msix.pba_bar:", check_spoil_pba_bar },
	{ ": caps[2].msix.pba:", check_spoil_pba_odd },
	{ ": caps[2].msix.pba:", check_spoil_pba_outside },
	{ ": caps[2].msix.pba:", check_spoil_pba_overlaps },
	{ ": caps[4].vendor.size:", check_spoil_vendor_size },
};

static void check_desc(const struct check_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%ps", row->spoil);
}

KUNIT_ARRAY_PARAM(check_row, check_rows, check_desc);

static void check_refused(struct kunit *test, const struct umlab_model *model,
			  const struct umlab_options *options,
			  const char *field)
{
	struct kmsg_dump_iter begin = lab_klog_now();
	struct umlab_slot *slot = umlab_try_plug(test, model, options);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(slot), -EINVAL);
	KUNIT_EXPECT_TRUE_MSG(test, lab_klog_has(begin, field),
			      "the log does not name \"%s\"", field);
	KUNIT_EXPECT_EQ(test, umlab_functions(), 0);
}

static void check_model(struct kunit *test)
{
	const struct check_row *row = test->param_value;
	struct check_model *bad = kunit_kzalloc(test, sizeof(*bad), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bad);
	KUNIT_ASSERT_EQ(test, lab_card_model.num_caps, CHECK_CAPS);
	bad->model = lab_card_model;
	memcpy(bad->caps, lab_card_model.caps, sizeof(bad->caps));
	bad->ops = *lab_card_model.ops;
	bad->model.caps = bad->caps;
	bad->model.ops = &bad->ops;
	row->spoil(bad);
	check_refused(test, &bad->model, NULL, row->field);
}

static void check_options(struct kunit *test)
{
	struct umlab_options irqs = { .irqs = 0x10 };
	struct umlab_options lacks = { .irqs = UMLAB_IRQ_MSI };
	struct umlab_options wild = { .at = 3 };
	struct umlab_options alone = { .at = UMLAB_AT(5, 3) };
	struct umlab_options completion = { .completion = 4 };

	check_refused(test, &lab_card_model, &irqs, "options: irqs:");
	check_refused(test, &lab_bare_model, &lacks, "options: irqs:");
	check_refused(test, &lab_card_model, &completion,
		      "options: completion:");
	check_refused(test, &lab_card_model, &wild, "options: at:");
	check_refused(test, &lab_card_model, &alone, "options: at:");
}

/**
 * struct check_topology - a bad topology
 * @name: the case
 * @topology: it
 * @field: what the log names
 */
struct check_topology {
	const char *name;
	struct umlab_topology topology;
	const char *field;
};

static const struct check_topology check_topologies[] = {
	{ "no such kind", { .dma = UMLAB_DMA_IOMMU + 1 }, "topology: dma:" },
	{ "line of 2", { .line = 2 }, "topology: line:" },
	{ "line of 48", { .line = 48 }, "topology: line:" },
	{ "line of two pages", { .line = 2 * PAGE_SIZE }, "topology: line:" },
	{ "too many slots", { .slots = UMLAB_BOUNCE_SLOTS + 1 },
	  "topology: slots:" },
	{ "line longer than a bounce buffer",
	  { .dma = UMLAB_DMA_BOUNCE, .line = 2 * UMLAB_BOUNCE_SLOT },
	  "topology: line:" },
	{ "aperture of half a page",
	  { .aperture_start = SZ_1M, .aperture_end = SZ_1M + 100 },
	  "topology: aperture_start, aperture_end:" },
	{ "aperture from half a page on",
	  { .aperture_start = SZ_1M + 100, .aperture_end = SZ_2M - 1 },
	  "topology: aperture_start, aperture_end:" },
	{ "aperture of nothing",
	  { .aperture_start = SZ_1M, .aperture_end = SZ_1M - 1 },
	  "topology: aperture_end:" },
	{ "aperture from above the default end on",
	  { .aperture_start = BIT_ULL(50) }, "topology: aperture_end:" },
};

KUNIT_ARRAY_PARAM_DESC(check_topology, check_topologies, name);

static void check_bad_topology(struct kunit *test)
{
	const struct check_topology *row = test->param_value;
	struct umlab_options options = { .topology = &row->topology };

	check_refused(test, &lab_bare_model, &options, row->field);
}

/* The model that they all come from is good. */
static void check_good(struct kunit *test)
{
	umlab_plug(test, &lab_card_model, NULL);
	umlab_plug(test, &lab_bare_model, NULL);
}

/* So are those that go as far as they may. */
static void check_edges(struct kunit *test)
{
	static const struct umlab_cap caps[] = {
		{ .id = PCI_CAP_ID_VNDR, .vendor.size = 3 },
		{ .id = PCI_CAP_ID_MSIX, .at = 0x44,
		  .msix = { .vectors = UMLAB_VECTORS_MAX,
			    .pba = UMLAB_VECTORS_MAX * 16 } },
		{ .id = PCI_CAP_ID_MSI, .at = 0x50,
		  .msi = { .vectors = 32, .is_64 = true, .maskable = true } },
		{ .id = PCI_CAP_ID_PM, .at = 0x68 },
		{ .id = PCI_CAP_ID_VNDR, .at = 0xfc, .vendor.size = 4 },
	};
	static const struct umlab_cap table[] = {
		{ .id = PCI_CAP_ID_MSIX,
		  .msix = { .vectors = 64, .table = 0xbf8, .pba = 0xff8 } },
	};
	struct umlab_model model = lab_bare_model;

	model.bars[0].size = SZ_64K;
	model.caps = caps;
	model.num_caps = ARRAY_SIZE(caps);
	umlab_plug(test, &model, NULL);
	model.bars[0].size = SZ_4K;
	model.bars[5] = (struct umlab_bar) { UMLAB_BAR_REGISTERS, 16 };
	model.caps = table;
	model.num_caps = 1;
	umlab_plug(test, &model, NULL);
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE_PARAM(check_model, check_row_gen_params),
	KUNIT_CASE(check_options),
	KUNIT_CASE_PARAM(check_bad_topology, check_topology_gen_params),
	KUNIT_CASE(check_good),
	KUNIT_CASE(check_edges),
	{}
};

static struct kunit_suite check_suite = {
	.name		= "umlab_machine_check",
	.test_cases	= check_cases,
};

kunit_test_suite(check_suite);
