// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: every width, every form, and everything a driver can get wrong
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/pci_card.h"
#include "lib/pci_drv.h"

struct bar_fixture {
	struct umlab_slot *slot;
	struct lab_card *card;
	struct pci_dev *pdev;
	struct lab_drv *drv;
	void __iomem *regs;
	void __iomem *memory;
};

static struct bar_fixture bar_fixture(struct kunit *test,
				      const struct umlab_model *model)
{
	struct bar_fixture fx;

	lab_drv_register(test, NULL);
	fx.slot = umlab_plug(test, model, NULL);
	fx.card = umlab_priv(fx.slot);
	fx.pdev = umlab_pdev(fx.slot);
	fx.drv = lab_drv_bound(test, fx.pdev);
	fx.regs = fx.drv->regs;
	fx.memory = fx.drv->memory;
	return fx;
}

static u64 bar_get(void __iomem *addr, unsigned int size)
{
	switch (size) {
	case 1:
		return ioread8(addr);
	case 2:
		return ioread16(addr);
	case 4:
		return ioread32(addr);
	default:
		return readq(addr);
	}
}

static void bar_put(void __iomem *addr, unsigned int size, u64 value)
{
	switch (size) {
	case 1:
		iowrite8(value, addr);
		break;
	case 2:
		iowrite16(value, addr);
		break;
	case 4:
		iowrite32(value, addr);
		break;
	default:
		writeq(value, addr);
		break;
	}
}

static const unsigned int bar_widths[] = { 1, 2, 4, 8 };

static void bar_width_desc(const unsigned int *width, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", *width);
}

KUNIT_ARRAY_PARAM(bar_width, bar_widths, bar_width_desc);

#define BAR_PATTERN	0x8877665544332211ULL

/* Each width reaches the model as it is, at each aligned offset. */
static void bar_register_width(struct kunit *test)
{
	unsigned int size = *(const unsigned int *)test->param_value;
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	u64 all = ~0ULL >> (64 - 8 * size);
	unsigned int at;

	for (at = 0; at < LAB_CARD_RAM_SIZE; at += size) {
		u64 value = (BAR_PATTERN + at) & all;
		u64 stored = 0;

		bar_put(fx.regs + LAB_CARD_RAM + at, size, value);
		KUNIT_EXPECT_EQ(test, fx.card->last_size, size);
		memcpy(&stored, fx.card->ram + at, size);
		KUNIT_EXPECT_EQ(test, stored, value);
		fx.card->last_size = 0;
		KUNIT_EXPECT_EQ(test, bar_get(fx.regs + LAB_CARD_RAM + at,
					      size), value);
		KUNIT_EXPECT_EQ(test, fx.card->last_size, size);
	}
	KUNIT_EXPECT_EQ(test, fx.card->writes, LAB_CARD_RAM_SIZE / size);
	KUNIT_EXPECT_EQ(test, fx.card->reads, LAB_CARD_RAM_SIZE / size);
}

/* Big-endian forms, and the repeated ones at one address */
static void bar_register_forms(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	void __iomem *scratch = fx.regs + LAB_CARD_SCRATCH;
	u32 words[3] = { 0x11111111, 0x22222222, 0x33333333 };
	u8 bytes[3] = { };

	iowrite32be(0x01020304, scratch);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 0x04030201);
	KUNIT_EXPECT_EQ(test, ioread32be(scratch), 0x01020304);
	iowrite32_rep(scratch, words, ARRAY_SIZE(words));
	KUNIT_EXPECT_EQ(test, fx.card->writes, 4);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 0x33333333);
	fx.card->reads = 0;
	ioread32_rep(scratch, words, ARRAY_SIZE(words));
	KUNIT_EXPECT_EQ(test, fx.card->reads, 3);
	KUNIT_EXPECT_EQ(test, words[0], 0x33333333);
	ioread8_rep(scratch, bytes, ARRAY_SIZE(bytes));
	KUNIT_EXPECT_EQ(test, bytes[2], 0x33);
	writel_relaxed(5, scratch);
	KUNIT_EXPECT_EQ(test, readl_relaxed(scratch), 5);
	KUNIT_EXPECT_EQ(test, readl(scratch), 5);
}

/* The copying forms, at every alignment of a register BAR that takes all */
static void bar_register_copy(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	void __iomem *ram = fx.regs + LAB_CARD_RAM;
	u8 in[40], out[40];
	unsigned int at, i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = 3 * i + 1;
	for (at = 0; at < 17; at++) {
		memset_io(ram, 0, LAB_CARD_RAM_SIZE);
		memcpy_toio(ram + at, in, sizeof(in) - at);
		KUNIT_EXPECT_MEMEQ(test, fx.card->ram + at, in,
				   sizeof(in) - at);
		KUNIT_EXPECT_EQ(test, fx.card->ram[sizeof(in)], 0);
		memcpy_fromio(out, ram + at, sizeof(out) - at);
		KUNIT_EXPECT_MEMEQ(test, out, in, sizeof(in) - at);
		memset_io(ram + at, 0x5a, 3);
		KUNIT_EXPECT_EQ(test, fx.card->ram[at], 0x5a);
		KUNIT_EXPECT_EQ(test, fx.card->ram[at + 2], 0x5a);
		KUNIT_EXPECT_EQ(test, fx.card->ram[at + 3], in[3]);
	}
}

static void bar_memory_width(struct kunit *test)
{
	unsigned int size = *(const unsigned int *)test->param_value;
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u64 all = ~0ULL >> (64 - 8 * size);
	unsigned int at;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0, LAB_CARD_MEMORY_SIZE));
	for (at = 0; at < LAB_CARD_MEMORY_SIZE; at += LAB_CARD_MEMORY_SIZE / 16) {
		u64 stored = 0;

		bar_put(fx.memory + at, size, BAR_PATTERN);
		memcpy(&stored, memory + at, size);
		KUNIT_EXPECT_EQ(test, stored, BAR_PATTERN & all);
		KUNIT_EXPECT_EQ(test, memory[at + size], 0);
		KUNIT_EXPECT_EQ(test, bar_get(fx.memory + at, size),
				BAR_PATTERN & all);
	}
}

static void bar_memory_copy(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u8 text[] = "device memory", got[sizeof(text)];
	unsigned int last = LAB_CARD_MEMORY_SIZE - sizeof(text);

	memcpy_toio(fx.memory + 3, text, sizeof(text));
	memcpy_toio(fx.memory + last, text, sizeof(text));
	KUNIT_EXPECT_MEMEQ(test, memory + 3, text, sizeof(text));
	KUNIT_EXPECT_MEMEQ(test, memory + last, text, sizeof(text));
	memcpy_fromio(got, fx.memory + 3, sizeof(got));
	KUNIT_EXPECT_MEMEQ(test, got, text, sizeof(text));
	memset_io(fx.memory + 4, 0, 3);
	KUNIT_EXPECT_STREQ(test, memory + 3, "d");
	KUNIT_EXPECT_STREQ(test, memory + 7, "ce memory");
	memcpy_toio(fx.memory, text, 0);
}

/**
 * struct bar_misuse - an access that hardware would refuse or corrupt
 * @name: the case
 * @kind: what it is
 * @bar: to which BAR
 * @offset: in the BAR
 * @size: in bytes
 * @widths: what the BAR takes
 */
struct bar_misuse {
	const char *name;
	enum umlab_violation kind;
	unsigned int bar;
	unsigned int offset;
	unsigned int size;
	u8 widths;
};

static const struct bar_misuse bar_misuses[] = {
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

KUNIT_ARRAY_PARAM_DESC(bar_misuse, bar_misuses, name);

static void bar_refused(struct kunit *test)
{
	const struct bar_misuse *row = test->param_value;
	u64 all = ~0ULL >> (64 - 8 * row->size);
	struct umlab_model model = lab_card_model;
	struct bar_fixture fx;
	void __iomem *addr;

	model.bars[0].widths = row->widths;
	fx = bar_fixture(test, &model);
	addr = (row->bar ? fx.memory : fx.regs) + row->offset;
	umlab_expect_violation(fx.slot, row->kind);
	umlab_expect_violation(fx.slot, row->kind);
	KUNIT_EXPECT_EQ(test, bar_get(addr, row->size), all);
	KUNIT_EXPECT_EQ(test, umlab_violations(fx.slot, row->kind), 1);
	bar_put(addr, row->size, 0x55);
	KUNIT_EXPECT_EQ(test, umlab_violations(fx.slot, row->kind), 2);
	KUNIT_EXPECT_EQ(test, fx.card->reads, 0);
	KUNIT_EXPECT_EQ(test, fx.card->writes, 0);
	if (row->bar)
		KUNIT_EXPECT_NULL(test, memchr_inv(umlab_bar_memory(fx.slot, 2),
						   0, LAB_CARD_MEMORY_SIZE));
}

/* The MSI-X table takes its own widths whatever the BAR's are. */
static void bar_table_width(struct kunit *test)
{
	struct umlab_model model = lab_card_model;
	struct bar_fixture fx;

	model.bars[0].widths = UMLAB_WIDTH_8;
	fx = bar_fixture(test, &model);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs + LAB_CARD_TABLE + 12), 1);
	KUNIT_EXPECT_EQ(test, readq(fx.regs + LAB_CARD_TABLE + 8), 1ULL << 32);
}

/* The copying forms go by words and bytes, which such a BAR does not take. */
static void bar_copy_refused(struct kunit *test)
{
	struct umlab_model model = lab_card_model;
	struct bar_fixture fx;
	unsigned int i;
	u8 got[12];

	model.bars[0].widths = UMLAB_WIDTH_4;
	fx = bar_fixture(test, &model);
	/* one of 8 and four of 1 */
	for (i = 0; i < 5; i++)
		umlab_expect_violation(fx.slot, UMLAB_VIOLATION_WIDTH);
	memcpy_fromio(got, fx.regs + LAB_CARD_RAM, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0xff, sizeof(got)));
}

static void bar_memory_copy_refused(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u8 got[16] = { };

	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	memcpy_fromio(got, fx.memory + LAB_CARD_MEMORY_SIZE - 8, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0xff, sizeof(got)));
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	memset_io(fx.memory + LAB_CARD_MEMORY_SIZE - 8, 1, 16);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	memcpy_toio(fx.memory + LAB_CARD_MEMORY_SIZE - 8, got, 16);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0, LAB_CARD_MEMORY_SIZE));
}

/* What was not mapped of a BAR is not there for this mapping. */
static void bar_part_mapped(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	void __iomem *part = pci_iomap_range(fx.pdev, LAB_CARD_REGS,
					     LAB_CARD_RAM, 0x10);

	KUNIT_ASSERT_NOT_NULL(test, part);
	iowrite32(0x77, part + 0xc);
	KUNIT_EXPECT_EQ(test, fx.card->ram[0xc], 0x77);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	KUNIT_EXPECT_EQ(test, ioread32(part + 0x10), ~0U);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_RANGE);
	KUNIT_EXPECT_EQ(test, ioread32(part - 4), ~0U);
	pci_iounmap(fx.pdev, part);
}

static void bar_decode_off(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);

	pci_write_config_word(fx.pdev, PCI_COMMAND, 0);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), ~0U);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.memory), ~0U);
	pci_write_config_word(fx.pdev, PCI_COMMAND, PCI_COMMAND_MEMORY);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.memory), 0);
}

/* A BAR that moved is not where it was mapped; its contents move along. */
static void bar_moved(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	u32 regs, memory;

	pci_read_config_dword(fx.pdev, PCI_BASE_ADDRESS_0, &regs);
	pci_read_config_dword(fx.pdev, PCI_BASE_ADDRESS_2, &memory);
	iowrite32(0x1234, fx.memory + 0x20);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_0, regs + SZ_1M);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_2, memory + SZ_1M);
	KUNIT_EXPECT_EQ(test, *(u32 *)(umlab_bar_memory(fx.slot, 2) + 0x20),
			0x1234);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), ~0U);
	umlab_expect_violation(fx.slot, UMLAB_VIOLATION_DECODE);
	KUNIT_EXPECT_EQ(test, ioread32(fx.memory + 0x20), ~0U);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_0, regs);
	pci_write_config_dword(fx.pdev, PCI_BASE_ADDRESS_2, memory);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.memory + 0x20), 0x1234);
}

/* Two mappings of one BAR are the same registers. */
static void bar_two_mappings(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	void __iomem *other = pci_iomap(fx.pdev, LAB_CARD_REGS, 0);

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_PTR_NE(test, other, fx.regs);
	iowrite32(7, fx.regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, ioread32(other + LAB_CARD_SCRATCH), 7);
	pci_iounmap(fx.pdev, other);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs + LAB_CARD_SCRATCH), 7);
}

/* After it vanished, no access is a violation: the driver cannot know. */
static void bar_vanished(struct kunit *test)
{
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u8 got[8];

	umlab_vanish(fx.slot);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), ~0U);
	KUNIT_EXPECT_EQ(test, readq(fx.memory), ~0ULL);
	memcpy_fromio(got, fx.memory, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0xff, sizeof(got)));
	iowrite32(1, fx.regs + LAB_CARD_SCRATCH);
	iowrite32(1, fx.memory);
	KUNIT_EXPECT_EQ(test, fx.card->reads + fx.card->writes, 0);
	KUNIT_EXPECT_EQ(test, *(u32 *)memory, 0);
}

/* It vanishes inside an access, which is the first to read all-ones. */
static void bar_vanishes_in_access(struct kunit *test)
{
	struct umlab_faults faults = { .vanish = 3 };
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);

	umlab_set_faults(fx.slot, &faults);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), LAB_CARD_MAGIC);
	iowrite32(1, fx.regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), ~0U);
	iowrite32(2, fx.regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 1);
	KUNIT_EXPECT_FALSE(test, pci_device_is_present(fx.pdev));
	umlab_unplug(test, fx.slot);
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), 1);
}

static void bar_faults(struct kunit *test)
{
	struct umlab_faults faults = { .read_ones = 2, .write_lost = 1 };
	struct bar_fixture fx = bar_fixture(test, &lab_card_model);

	umlab_set_faults(fx.slot, &faults);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), ~0U);
	KUNIT_EXPECT_EQ(test, ioread32(fx.regs), LAB_CARD_MAGIC);
	iowrite32(1, fx.regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 0);
	iowrite32(1, fx.regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 1);
}

static struct kunit_case bar_cases[] = {
	KUNIT_CASE_PARAM(bar_register_width, bar_width_gen_params),
	KUNIT_CASE(bar_register_forms),
	KUNIT_CASE(bar_register_copy),
	KUNIT_CASE_PARAM(bar_memory_width, bar_width_gen_params),
	KUNIT_CASE(bar_memory_copy),
	KUNIT_CASE_PARAM(bar_refused, bar_misuse_gen_params),
	KUNIT_CASE(bar_table_width),
	KUNIT_CASE(bar_copy_refused),
	KUNIT_CASE(bar_memory_copy_refused),
	KUNIT_CASE(bar_part_mapped),
	KUNIT_CASE(bar_decode_off),
	KUNIT_CASE(bar_moved),
	KUNIT_CASE(bar_two_mappings),
	KUNIT_CASE(bar_vanished),
	KUNIT_CASE(bar_vanishes_in_access),
	KUNIT_CASE(bar_faults),
	{}
};

static struct kunit_suite bar_suite = {
	.name		= "umlab_bus_bar",
	.test_cases	= bar_cases,
};

kunit_test_suite(bar_suite);
