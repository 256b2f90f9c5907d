// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space, register by register, and what the PCI core makes of it
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

#define PM	LAB_CARD_CAP_PM
#define MSI	LAB_CARD_CAP_MSI
#define MSIX	LAB_CARD_CAP_MSIX
#define EXP	LAB_CARD_CAP_EXP
#define VENDOR	LAB_CARD_CAP_VENDOR

#define CONFIG_ERRORS	0xf900	/* of the status register */

/**
 * struct config_row - a register of the card
 * @name: the case
 * @where: its offset
 * @size: in bytes
 * @value: after reset
 * @rw: the bits that can be written
 * @spare: bits that are not, because a 1 has an effect that is a case of its own
 */
struct config_row {
	const char *name;
	u8 where;
	u8 size;
	u32 value;
	u32 rw;
	u32 spare;
};

static const struct config_row config_rows[] = {
	{ "vendor ID", PCI_VENDOR_ID, 2, LAB_CARD_VENDOR },
	{ "device ID", PCI_DEVICE_ID, 2, LAB_CARD_DEVICE },
	{ "command", PCI_COMMAND, 2, 0, 0x0546 },
	{ "status", PCI_STATUS, 2, PCI_STATUS_CAP_LIST },
	{ "revision", PCI_REVISION_ID, 1, 0x0a },
	{ "class", PCI_CLASS_PROG, 1, 0 },
	{ "class code", PCI_CLASS_DEVICE, 2, 0xff00 },
	{ "cache line size", PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ "latency timer", PCI_LATENCY_TIMER, 1 },
	{ "header type", PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_NORMAL },
	{ "BIST", PCI_BIST, 1 },
	{ "BAR 0", PCI_BASE_ADDRESS_0, 4, 0, 0xfffff000 },
	{ "BAR 1", PCI_BASE_ADDRESS_1, 4 },
	{ "BAR 2", PCI_BASE_ADDRESS_2, 4, 0xc, 0xffff0000 },
	{ "BAR 3", PCI_BASE_ADDRESS_3, 4, 0, 0xffffffff },
	{ "BAR 4", PCI_BASE_ADDRESS_4, 4 },
	{ "BAR 5", PCI_BASE_ADDRESS_5, 4 },
	{ "CardBus CIS", PCI_CARDBUS_CIS, 4 },
	{ "subsystem vendor ID", PCI_SUBSYSTEM_VENDOR_ID, 2, 0x5678 },
	{ "subsystem ID", PCI_SUBSYSTEM_ID, 2, 0x9abc },
	{ "expansion ROM", PCI_ROM_ADDRESS, 4 },
	{ "capabilities pointer", PCI_CAPABILITY_LIST, 1, PM },
	{ "reserved", 0x35, 1 },
	{ "interrupt line", PCI_INTERRUPT_LINE, 1, 0, 0xff },
	{ "interrupt pin", PCI_INTERRUPT_PIN, 1, 1 },
	{ "minimum grant", PCI_MIN_GNT, 2 },
	{ "PM header", PM, 2, PCI_CAP_ID_PM | MSI << 8 },
	{ "PM capabilities", PM + PCI_PM_PMC, 2, 3 | PCI_PM_CAP_D1 },
	{ "PM control", PM + PCI_PM_CTRL, 2, 0, 0, PCI_PM_CTRL_STATE_MASK },
	{ "PM data", PM + PCI_PM_PPB_EXTENSIONS, 2 },
	{ "MSI header", MSI, 2, PCI_CAP_ID_MSI | MSIX << 8 },
	{ "MSI control", MSI + PCI_MSI_FLAGS, 2, 0x0186, 0x71 },
	{ "MSI address", MSI + PCI_MSI_ADDRESS_LO, 4, 0, 0xfffffffc },
	{ "MSI upper address", MSI + PCI_MSI_ADDRESS_HI, 4, 0, 0xffffffff },
	{ "MSI data", MSI + PCI_MSI_DATA_64, 2, 0, 0xffff },
	{ "MSI mask", MSI + PCI_MSI_MASK_64, 4, 0, 0xff },
	{ "MSI pending", MSI + PCI_MSI_PENDING_64, 4 },
	{ "MSI-X header", MSIX, 2, PCI_CAP_ID_MSIX | EXP << 8 },
	{ "MSI-X control", MSIX + PCI_MSIX_FLAGS, 2, LAB_CARD_MSIX - 1,
	  0xc000 },
	{ "MSI-X table", MSIX + PCI_MSIX_TABLE, 4, LAB_CARD_TABLE },
	{ "MSI-X PBA", MSIX + PCI_MSIX_PBA, 4, LAB_CARD_PBA },
	{ "PCIe header", EXP, 2, PCI_CAP_ID_EXP | VENDOR << 8 },
	{ "PCIe flags", EXP + PCI_EXP_FLAGS, 2, 0x92 },
	{ "device capabilities", EXP + PCI_EXP_DEVCAP, 4, 0x10008000 },
	{ "device control", EXP + PCI_EXP_DEVCTL, 2, 0x2010, 0x701f,
	  PCI_EXP_DEVCTL_BCR_FLR },
	{ "device status", EXP + PCI_EXP_DEVSTA, 2 },
	{ "link capabilities", EXP + PCI_EXP_LNKCAP, 4 },
	{ "vendor-specific header", VENDOR, 4, PCI_CAP_ID_VNDR | 8 << 16,
	  0xff000000 },
	{ "vendor-specific register", VENDOR + 4, 4, 0, 0xffffffff },
};

KUNIT_ARRAY_PARAM_DESC(config_row, config_rows, name);

/* @row from its byte @byte on, @size bytes of it */
static void config_check(struct kunit *test, struct pci_dev *pdev,
			 const struct config_row *row, int byte, int size)
{
	u32 all = ~0U >> (32 - 8 * size);
	u32 value = row->value >> 8 * byte & all;
	u32 rw = row->rw >> 8 * byte & all;
	int where = row->where + byte;

	lab_config_write(pdev, where, size, ~(row->spare >> 8 * byte));
	KUNIT_EXPECT_EQ_MSG(test, lab_config_read(pdev, where, size), value | rw,
			    "%#x, %d bytes, all ones written", where, size);
	lab_config_write(pdev, where, size, 0);
	KUNIT_EXPECT_EQ_MSG(test, lab_config_read(pdev, where, size), value & ~rw,
			    "%#x, %d bytes, zero written", where, size);
}

/* Value after reset, writable bits, and the same by bytes and words */
static void config_register(struct kunit *test)
{
	const struct config_row *row = test->param_value;
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	int size, byte;

	/* The PCI core has been here: back to what it is after reset. */
	lab_config_write(fx.pdev, EXP + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, row->where, row->size),
			row->value);
	for (size = 1; size <= row->size; size *= 2) {
		for (byte = 0; byte < row->size; byte += size)
			config_check(test, fx.pdev, row, byte, size);
	}
}

/* What no row names reads as 0, whatever is written. */
static void config_reserved(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	u8 *named = kunit_kzalloc(test, PCI_CFG_SPACE_SIZE, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, named);
	for (i = 0; i < ARRAY_SIZE(config_rows); i++)
		memset(named + config_rows[i].where, 1, config_rows[i].size);
	for (i = 0; i < PCI_CFG_SPACE_SIZE; i++) {
		if (named[i])
			continue;
		lab_config_write(fx.pdev, i, 1, 0xff);
		KUNIT_EXPECT_EQ_MSG(test, lab_config_read(fx.pdev, i, 1), 0,
				    "at %#x", i);
	}
}

static void config_set_errors(struct umlab_slot *slot, void *data)
{
	umlab_config_update(slot, PCI_STATUS, CONFIG_ERRORS, CONFIG_ERRORS);
}

/* Errors in the status register stay until each is cleared by a 1. */
static void config_status_errors(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	u16 left = CONFIG_ERRORS | PCI_STATUS_CAP_LIST;
	int i;

	umlab_run(fx.slot, config_set_errors, NULL);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_STATUS, 2), left);
	lab_config_write(fx.pdev, PCI_STATUS, 2, 0);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_STATUS, 2), left);
	/* By bytes, which leaves those of the other byte alone */
	for (i = 0; i < 16; i++) {
		lab_config_write(fx.pdev, PCI_STATUS + i / 8, 1, BIT(i % 8));
		left &= ~(BIT(i) & CONFIG_ERRORS);
		KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_STATUS, 2),
				left);
	}
}

/* The list as the PCI core walks it */
static void config_capabilities(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);

	KUNIT_EXPECT_EQ(test, pci_find_capability(fx.pdev, PCI_CAP_ID_PM), PM);
	KUNIT_EXPECT_EQ(test, pci_find_capability(fx.pdev, PCI_CAP_ID_MSI),
			MSI);
	KUNIT_EXPECT_EQ(test, pci_find_capability(fx.pdev, PCI_CAP_ID_MSIX),
			MSIX);
	KUNIT_EXPECT_EQ(test, pci_find_capability(fx.pdev, PCI_CAP_ID_EXP),
			EXP);
	KUNIT_EXPECT_EQ(test, pci_find_capability(fx.pdev, PCI_CAP_ID_VNDR),
			VENDOR);
	KUNIT_EXPECT_EQ(test, pci_find_capability(fx.pdev, PCI_CAP_ID_AGP), 0);
	KUNIT_EXPECT_EQ(test, fx.pdev->cfg_size, PCI_CFG_SPACE_EXP_SIZE);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, 0x100, 4), 0);
	KUNIT_EXPECT_EQ(test, pci_msi_vec_count(fx.pdev), LAB_CARD_MSI);
	KUNIT_EXPECT_EQ(test, pci_msix_vec_count(fx.pdev), LAB_CARD_MSIX);
}

/* Without offsets, the list follows the header, aligned */
static void config_placed(struct kunit *test)
{
	static const struct umlab_cap caps[] = {
		{ .id = PCI_CAP_ID_VNDR, .vendor.size = 5 },
		{ .id = PCI_CAP_ID_MSI, .msi.vectors = 1 },
	};
	struct umlab_model model = lab_bare_model;
	struct pci_dev *pdev;

	model.caps = caps;
	model.num_caps = ARRAY_SIZE(caps);
	pdev = umlab_pdev(umlab_plug(test, &model, NULL));
	KUNIT_EXPECT_EQ(test, pci_find_capability(pdev, PCI_CAP_ID_VNDR), 0x40);
	KUNIT_EXPECT_EQ(test, pci_find_capability(pdev, PCI_CAP_ID_MSI), 0x48);
	/* No PCI Express, no extended config space */
	KUNIT_EXPECT_EQ(test, pdev->cfg_size, PCI_CFG_SPACE_SIZE);
	KUNIT_EXPECT_EQ(test, lab_config_read(pdev, 0x100, 4), ~0U);
}

/**
 * struct config_bar - a BAR that the PCI core is to size
 * @name: the case
 * @bar: the BAR
 * @flags: what the PCI core makes of it
 */
struct config_bar {
	const char *name;
	struct umlab_bar bar;
	unsigned long flags;
};

static const struct config_bar config_bars[] = {
	{ "16 bytes", { UMLAB_BAR_REGISTERS, 16 } },
	{ "256 bytes", { UMLAB_BAR_REGISTERS, 256 } },
	{ "4 KiB", { UMLAB_BAR_REGISTERS, SZ_4K } },
	{ "16 MiB", { UMLAB_BAR_REGISTERS, SZ_16M } },
	{ "4 KiB, 64 bits", { UMLAB_BAR_REGISTERS, SZ_4K, true },
	  IORESOURCE_MEM_64 },
	{ "16 MiB, 64 bits", { UMLAB_BAR_REGISTERS, SZ_16M, true },
	  IORESOURCE_MEM_64 },
	{ "memory, 4 KiB", { UMLAB_BAR_MEMORY, SZ_4K }, IORESOURCE_PREFETCH },
	{ "memory, 16 MiB", { UMLAB_BAR_MEMORY, SZ_16M }, IORESOURCE_PREFETCH },
	{ "memory, 1 MiB, 64 bits", { UMLAB_BAR_MEMORY, SZ_1M, true },
	  IORESOURCE_PREFETCH | IORESOURCE_MEM_64 },
};

KUNIT_ARRAY_PARAM_DESC(config_bar, config_bars, name);

static void config_bar_size(struct kunit *test)
{
	const unsigned long mask = IORESOURCE_MEM | IORESOURCE_PREFETCH |
				   IORESOURCE_MEM_64;
	const struct config_bar *row = test->param_value;
	struct umlab_model model = lab_bare_model;
	unsigned int index;

	for (index = 0; index < PCI_STD_NUM_BARS - row->bar.is_64; index += 4) {
		struct umlab_slot *slot;
		struct pci_dev *pdev;
		struct resource *res;
		int where = PCI_BASE_ADDRESS_0 + 4 * index;
		u64 address;

		model.bars[0] = (struct umlab_bar) { };
		model.bars[index] = row->bar;
		slot = umlab_plug(test, &model, NULL);
		pdev = umlab_pdev(slot);
		res = &pdev->resource[index];
		KUNIT_EXPECT_EQ(test, resource_size(res), row->bar.size);
		KUNIT_EXPECT_EQ(test, res->flags & mask,
				IORESOURCE_MEM | row->flags);
		address = lab_config_read(pdev, where, 4) & ~0xfU;
		if (row->bar.is_64)
			address |= (u64)lab_config_read(pdev, where + 4, 4) << 32;
		KUNIT_EXPECT_EQ(test, address, res->start);
		umlab_unplug(test, slot);
	}
}

/* An unsupported request sets a bit that only a 1 clears. */
static void config_write_1_to_clear(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);
	void __iomem *regs = ioremap(pci_resource_start(fx.pdev, 0), SZ_4K);
	u16 status;

	KUNIT_ASSERT_TRUE(test, regs);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(regs), ~0U);
	iounmap(regs);
	pcie_capability_read_word(fx.pdev, PCI_EXP_DEVSTA, &status);
	KUNIT_EXPECT_EQ(test, status, PCI_EXP_DEVSTA_URD);
	pcie_capability_write_word(fx.pdev, PCI_EXP_DEVSTA,
				   (u16)~PCI_EXP_DEVSTA_URD);
	pcie_capability_read_word(fx.pdev, PCI_EXP_DEVSTA, &status);
	KUNIT_EXPECT_EQ(test, status, PCI_EXP_DEVSTA_URD);
	pcie_capability_write_word(fx.pdev, PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_URD);
	pcie_capability_read_word(fx.pdev, PCI_EXP_DEVSTA, &status);
	KUNIT_EXPECT_EQ(test, status, 0);
}

/* The model hears of writes to config space, its own registers among them */
static void config_vendor_specific(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);

	lab_config_write(fx.pdev, VENDOR + 4, 4, 0x01020304);
	KUNIT_EXPECT_EQ(test, fx.card->config_writes, 1);
	KUNIT_EXPECT_EQ(test, umlab_config_read(fx.slot, VENDOR + 5, 1), 3);
	lab_config_write(fx.pdev, VENDOR + 5, 1, 0xff);
	KUNIT_EXPECT_EQ(test, fx.card->config_writes, 2);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, VENDOR + 4, 4), 0x0102ff04);
}

static void config_multifunction(struct kunit *test)
{
	struct umlab_slot *zero = umlab_plug(test, &lab_card_model, NULL);
	struct pci_dev *pdev = umlab_pdev(zero);
	struct umlab_options second = {
		.at = UMLAB_AT(PCI_SLOT(pdev->devfn), 5),
	};
	struct umlab_slot *five;

	KUNIT_EXPECT_EQ(test, lab_config_read(pdev, PCI_HEADER_TYPE, 1), 0);
	five = umlab_plug(test, &lab_bare_model, &second);
	KUNIT_EXPECT_EQ(test, lab_config_read(pdev, PCI_HEADER_TYPE, 1), 0x80);
	KUNIT_EXPECT_EQ(test, lab_config_read(pdev, PCI_CACHE_LINE_SIZE, 4) >> 16,
			0x80);
	KUNIT_EXPECT_EQ(test, lab_config_read(umlab_pdev(five), PCI_HEADER_TYPE, 1),
			0x80);
	umlab_unplug(test, five);
	KUNIT_EXPECT_EQ(test, lab_config_read(pdev, PCI_HEADER_TYPE, 1), 0);
}

static void config_vanished(struct kunit *test)
{
	struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);

	umlab_vanish(fx.slot);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_VENDOR_ID, 4), ~0U);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_VENDOR_ID, 2), 0xffff);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, PCI_REVISION_ID, 1), 0xff);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx.pdev, 0x100, 4), ~0U);
	lab_config_write(fx.pdev, VENDOR + 4, 4, 1);
	KUNIT_EXPECT_EQ(test, fx.card->config_writes, 0);
	KUNIT_EXPECT_FALSE(test, pci_device_is_present(fx.pdev));
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE_PARAM(config_register, config_row_gen_params),
	KUNIT_CASE(config_reserved),
	KUNIT_CASE(config_status_errors),
	KUNIT_CASE(config_capabilities),
	KUNIT_CASE(config_placed),
	KUNIT_CASE_PARAM(config_bar_size, config_bar_gen_params),
	KUNIT_CASE(config_write_1_to_clear),
	KUNIT_CASE(config_vendor_specific),
	KUNIT_CASE(config_multifunction),
	KUNIT_CASE(config_vanished),
	{}
};

static struct kunit_suite config_suite = {
	.name		= "umlab_bus_config",
	.test_cases	= config_cases,
};

kunit_test_suite(config_suite);
