// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: everything that a driver can get wrong
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

/**
 * struct misuse_row - an access that hardware would refuse or corrupt
 * @name: the case
 * @kind: what it is
 * @bar: to which BAR
 * @offset: in the BAR
 * @size: in bytes
 * @widths: what the BAR takes
 */
struct misuse_row {
	const char *name;
	enum umlab_violation kind;
	unsigned int bar;
	unsigned int offset;
	unsigned int size;
	u8 widths;
};

static const struct misuse_row misuse_rows[] = {
	{ "2 bytes at 1", UMLAB_VIOLATION_ALIGN, 0, 0x101, 2 },
	{ "4 bytes at 2", UMLAB_VIOLATION_ALIGN, 0, 0x102, 4 },
	{ "4 bytes at 1", UMLAB_VIOLATION_ALIGN, 0, 0x101, 4 },
	{ "8 bytes at 4", UMLAB_VIOLATION_ALIGN, 0, 0x104, 8 },
	{ "4 bytes at 2, memory", UMLAB_VIOLATION_ALIGN, 2, 0x102, 4 },
	{ "1 byte, BAR takes 4", UMLAB_VIOLATION_WIDTH, 0, 0x100, 1, 4 },
	{ "2 bytes, BAR takes 4", UMLAB_VIOLATION_WIDTH, 0, 0x100, 2, 4 },
	{ "8 bytes, BAR takes 4", UMLAB_VIOLATION_WIDTH, 0, 0x100, 8, 4 },
	{ "4 bytes, BAR takes 1 and 8", UMLAB_VIOLATION_WIDTH, 0, 0x100, 4, 9 },
	{ "1 byte, MSI-X table", UMLAB_VIOLATION_WIDTH, 0, LAB_CARD_TABLE, 1 },
	{ "2 bytes, MSI-X PBA", UMLAB_VIOLATION_WIDTH, 0, LAB_CARD_PBA, 2 },
	{ "1 byte past the end", UMLAB_VIOLATION_RANGE, 0, SZ_4K, 1 },
	{ "4 bytes past the end", UMLAB_VIOLATION_RANGE, 0, SZ_4K, 4 },
	{ "8 bytes far past the end", UMLAB_VIOLATION_RANGE, 0, SZ_8M, 8 },
	{ "4 bytes across the end", UMLAB_VIOLATION_RANGE, 0, SZ_4K - 2, 4 },
	{ "past the end of memory", UMLAB_VIOLATION_RANGE, 2,
	  LAB_CARD_MEMORY_SIZE, 4 },
};

KUNIT_ARRAY_PARAM_DESC(misuse_row, misuse_rows, name);

static void misuse_refused(struct kunit *test)
{
	const struct misuse_row *row = test->param_value;
	u64 all = ~0ULL >> (64 - 8 * row->size);
	struct umlab_model model = lab_card_model;
	struct lab_pci fx;
	void __iomem *addr;

	model.bars[0].widths = row->widths;
	fx = lab_pci_drive(test, NULL, &model);
	addr = (row->bar ? fx.drv->memory : fx.drv->regs) + row->offset;
	umlab_expect_violation(fx.slot, row->kind);
	umlab_expect_violation(fx.slot, row->kind);
	KUNIT_EXPECT_EQ(test, lab_io_read(addr, row->size), all);
	KUNIT_EXPECT_EQ(test, umlab_violations(fx.slot, row->kind), 1);
	lab_io_write(addr, row->size, 0x55);
	KUNIT_EXPECT_EQ(test, umlab_violations(fx.slot, row->kind), 2);
	KUNIT_EXPECT_EQ(test, fx.card->reads, 0);
	KUNIT_EXPECT_EQ(test, fx.card->writes, 0);
	if (row->bar)
		KUNIT_EXPECT_NULL(test, memchr_inv(umlab_bar_memory(fx.slot, 2),
						   0, LAB_CARD_MEMORY_SIZE));
}

/* The MSI-X table takes its own widths whatever the BAR's are. */
static void misuse_table_width(struct kunit *test)
{
	struct umlab_model model = lab_card_model;
	struct lab_pci fx;

	model.bars[0].widths = UMLAB_WIDTH_8;
	fx = lab_pci_drive(test, NULL, &model);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_TABLE + 12), 1);
	KUNIT_EXPECT_EQ(test, readq(fx.drv->regs + LAB_CARD_TABLE + 8), 1ULL << 32);
}

/* The copying forms go by words and bytes, which such a BAR does not take. */
static void misuse_copy_refused(struct kunit *test)
{
	struct umlab_model model = lab_card_model;
	struct lab_pci fx;
	unsigned int i;
	u8 got[12];

	model.bars[0].widths = UMLAB_WIDTH_4;
	fx = lab_pci_drive(test, NULL, &model);
	/* one of 8 and four of 1 */
	for (i = 0; i < 5; i++)
		umlab_expect_violation(fx.slot, UMLAB_VIOLATION_WIDTH);
	memcpy_fromio(got, fx.drv->regs + LAB_CARD_RAM, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0xff, sizeof(got)));
}

static void misuse_memory_copy_refused(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u8 got[16] = { };

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	memcpy_fromio(got, fx.drv->memory + LAB_CARD_MEMORY_SIZE - 8, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0xff, sizeof(got)));
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	memset_io(fx.drv->memory + LAB_CARD_MEMORY_SIZE - 8, 1, 16);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	memcpy_toio(fx.drv->memory + LAB_CARD_MEMORY_SIZE - 8, got, 16);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0, LAB_CARD_MEMORY_SIZE));
}

/* What was not mapped of a BAR is not there for this mapping. */
static void misuse_part_mapped(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	void __iomem *part = pci_iomap_range(fx.pdev, LAB_CARD_REGS,
					     LAB_CARD_RAM, 0x10);

	KUNIT_ASSERT_TRUE(test, part);
	iowrite32(0x77, part + 0xc);
	KUNIT_EXPECT_EQ(test, fx.card->ram[0xc], 0x77);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	KUNIT_EXPECT_EQ(test, ioread32(part + 0x10), ~0U);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	KUNIT_EXPECT_EQ(test, ioread32(part - 4), ~0U);
	pci_iounmap(fx.pdev, part);
}

static void misuse_decode_off(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);

	pci_write_config_word(fx.pdev, PCI_COMMAND, 0);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), ~0U);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->memory), ~0U);
	pci_write_config_word(fx.pdev, PCI_COMMAND, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->memory), 0);
}

/* A BAR that moved is not where it was mapped; its contents move along. */
static void misuse_moved(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u32 regs, memory;

	pci_read_config_dword(fx.pdev, PCI_BASE_ADDRESS_0, &regs);
	pci_read_config_dword(fx.pdev, PCI_BASE_ADDRESS_2, &memory);
	iowrite32(0x1234, fx.drv->memory + 0x20);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_0, regs + SZ_1M);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_2, memory + SZ_1M);
	KUNIT_EXPECT_EQ(test, *(u32 *)(umlab_bar_memory(fx.slot, 2) + 0x20),
			0x1234);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), ~0U);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->memory + 0x20), ~0U);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_0, regs);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_2, memory);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->memory + 0x20), 0x1234);
}

/* A part of memory is that part. */
static void misuse_part_of_memory(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	void __iomem *part = pci_iomap_range(fx.pdev, LAB_CARD_MEMORY, SZ_4K,
					     SZ_4K);

	KUNIT_ASSERT_TRUE(test, part);
	iowrite32(0x1234, part + 8);
	KUNIT_EXPECT_EQ(test, *(u32 *)(memory + SZ_4K + 8), 0x1234);
	memset_io(part, 0x5a, SZ_4K);
	KUNIT_EXPECT_EQ(test, memory[SZ_4K - 1], 0);
	KUNIT_EXPECT_EQ(test, memory[SZ_8K - 1], 0x5a);
	KUNIT_EXPECT_EQ(test, memory[SZ_8K], 0);
	pci_iounmap(fx.pdev, part);
}

/* More than there is: mapped, as hardware does, as far as the BAR goes */
static void misuse_too_much_mapped(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	void __iomem *regs;

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	regs = ioremap(pci_resource_start(fx.pdev, 0), SZ_8K);
	KUNIT_ASSERT_TRUE(test, regs);
	KUNIT_EXPECT_EQ(test, ioread32(regs), LAB_CARD_MAGIC);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	KUNIT_EXPECT_EQ(test, ioread32(regs + SZ_4K), ~0U);
	iounmap(regs);
}

/* Where there is no BAR, or none any more, all-ones is what there is. */
static void misuse_nothing_mapped(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	phys_addr_t start = pci_resource_start(fx.pdev, 0);
	void __iomem *nothing = ioremap(start + SZ_1M, SZ_4K);

	KUNIT_ASSERT_TRUE(test, nothing);
	KUNIT_EXPECT_EQ(test, ioread32(nothing), ~0U);
	iowrite32(0, nothing);
	iounmap(nothing);
	umlab_vanish(fx.slot);
	nothing = ioremap(start, SZ_4K);
	KUNIT_ASSERT_TRUE(test, nothing);
	KUNIT_EXPECT_EQ(test, ioread32(nothing), ~0U);
	iounmap(nothing);
}

/* All 64 bits of the address count. */
static void misuse_upper_address(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);

	iowrite32(0x1234, fx.drv->memory);
	lab_config_write(fx.pdev, PCI_BASE_ADDRESS_3, 4, 1);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->memory), ~0U);
	lab_config_write(fx.pdev, PCI_BASE_ADDRESS_3, 4, 0);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->memory), 0x1234);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE_PARAM(misuse_refused, misuse_row_gen_params),
	KUNIT_CASE(misuse_table_width),
	KUNIT_CASE(misuse_copy_refused),
	KUNIT_CASE(misuse_memory_copy_refused),
	KUNIT_CASE(misuse_part_mapped),
	KUNIT_CASE(misuse_decode_off),
	KUNIT_CASE(misuse_moved),
	KUNIT_CASE(misuse_part_of_memory),
	KUNIT_CASE(misuse_too_much_mapped),
	KUNIT_CASE(misuse_nothing_mapped),
	KUNIT_CASE(misuse_upper_address),
	{}
};

static struct kunit_suite misuse_suite = {
	.name		= "umlab_bus_misuse",
	.test_cases	= misuse_cases,
};

kunit_test_suite(misuse_suite);
