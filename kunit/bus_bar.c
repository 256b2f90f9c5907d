// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: every width, every form, and everything a driver can get wrong
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"

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
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u64 all = ~0ULL >> (64 - 8 * size);
	unsigned int at;

	for (at = 0; at < LAB_CARD_RAM_SIZE; at += size) {
		u64 value = (BAR_PATTERN + at) & all;
		u64 stored = 0;

		lab_io_write(fx.drv->regs + LAB_CARD_RAM + at, size, value);
		KUNIT_EXPECT_EQ(test, fx.card->last_size, size);
		memcpy(&stored, fx.card->ram + at, size);
		KUNIT_EXPECT_EQ(test, stored, value);
		fx.card->last_size = 0;
		KUNIT_EXPECT_EQ(test, lab_io_read(fx.drv->regs +
						  LAB_CARD_RAM + at, size),
				value);
		KUNIT_EXPECT_EQ(test, fx.card->last_size, size);
	}
	KUNIT_EXPECT_EQ(test, fx.card->writes, LAB_CARD_RAM_SIZE / size);
	KUNIT_EXPECT_EQ(test, fx.card->reads, LAB_CARD_RAM_SIZE / size);
}

/* Big-endian forms, and the repeated ones at one address */
static void bar_register_forms(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	void __iomem *scratch = fx.drv->regs + LAB_CARD_SCRATCH;
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
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	void __iomem *ram = fx.drv->regs + LAB_CARD_RAM;
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
		memset_io(ram + at, 0xa5, 24);
		KUNIT_EXPECT_NULL(test, memchr_inv(fx.card->ram + at, 0xa5,
						   24));
		memcpy_toio(ram + at, in, sizeof(in) - at);
		memset_io(ram + at, 0x5a, 3);
		KUNIT_EXPECT_EQ(test, fx.card->ram[at], 0x5a);
		KUNIT_EXPECT_EQ(test, fx.card->ram[at + 2], 0x5a);
		KUNIT_EXPECT_EQ(test, fx.card->ram[at + 3], in[3]);
	}
}

/* By words where they are aligned */
static void bar_register_copy_by_words(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 buffer[16] = { };

	memcpy_toio(fx.drv->regs + LAB_CARD_RAM, buffer, sizeof(buffer));
	KUNIT_EXPECT_EQ(test, fx.card->writes, 2);
	memcpy_fromio(buffer, fx.drv->regs + LAB_CARD_RAM, sizeof(buffer));
	KUNIT_EXPECT_EQ(test, fx.card->reads, 2);
	KUNIT_EXPECT_EQ(test, fx.card->last_size, 8);
}

/* The repeated forms by each width, to registers and to memory */
static void bar_repeated(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	void __iomem *at[] = {
		fx.drv->regs + LAB_CARD_RAM, fx.drv->memory
	};
	u64 in[2] = { 1, BAR_PATTERN }, out[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		iowrite8_rep(at[i], in, 16);
		KUNIT_EXPECT_EQ(test, ioread8(at[i]), BAR_PATTERN >> 56);
		iowrite16_rep(at[i], in, 8);
		KUNIT_EXPECT_EQ(test, ioread16(at[i]), BAR_PATTERN >> 48);
		writesq(at[i], in, 2);
		KUNIT_EXPECT_EQ(test, readq(at[i]), BAR_PATTERN);
		readsq(at[i], out, 2);
		KUNIT_EXPECT_EQ(test, out[1], BAR_PATTERN);
		ioread16_rep(at[i], out, 4);
		KUNIT_EXPECT_EQ(test, out[0], (BAR_PATTERN & 0xffff) *
					      0x0001000100010001ULL);
	}
}

static void bar_memory_width(struct kunit *test)
{
	unsigned int size = *(const unsigned int *)test->param_value;
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u64 all = ~0ULL >> (64 - 8 * size);
	unsigned int at;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0, LAB_CARD_MEMORY_SIZE));
	for (at = 0; at < LAB_CARD_MEMORY_SIZE; at += LAB_CARD_MEMORY_SIZE / 16) {
		u64 stored = 0;

		lab_io_write(fx.drv->memory + at, size, BAR_PATTERN);
		memcpy(&stored, memory + at, size);
		KUNIT_EXPECT_EQ(test, stored, BAR_PATTERN & all);
		KUNIT_EXPECT_EQ(test, memory[at + size], 0);
		KUNIT_EXPECT_EQ(test, lab_io_read(fx.drv->memory + at, size),
				BAR_PATTERN & all);
	}
}

static void bar_memory_copy(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u8 text[] = "device memory", got[sizeof(text)];
	unsigned int last = LAB_CARD_MEMORY_SIZE - sizeof(text);

	memcpy_toio(fx.drv->memory + 3, text, sizeof(text));
	memcpy_toio(fx.drv->memory + last, text, sizeof(text));
	KUNIT_EXPECT_MEMEQ(test, memory + 3, text, sizeof(text));
	KUNIT_EXPECT_MEMEQ(test, memory + last, text, sizeof(text));
	memcpy_fromio(got, fx.drv->memory + 3, sizeof(got));
	KUNIT_EXPECT_MEMEQ(test, got, text, sizeof(text));
	memset_io(fx.drv->memory + 4, 0, 3);
	KUNIT_EXPECT_STREQ(test, memory + 3, "d");
	KUNIT_EXPECT_STREQ(test, memory + 7, "ce memory");
	memcpy_toio(fx.drv->memory, text, 0);
}

/* Two mappings of one BAR are the same registers. */
static void bar_two_mappings(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	void __iomem *other = pci_iomap(fx.pdev, LAB_CARD_REGS, 0);

	KUNIT_ASSERT_TRUE(test, other);
	KUNIT_EXPECT_TRUE(test, other != fx.drv->regs);
	iowrite32(7, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, ioread32(other + LAB_CARD_SCRATCH), 7);
	pci_iounmap(fx.pdev, other);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs + LAB_CARD_SCRATCH), 7);
}

/* After it vanished, no access is a violation: the driver cannot know. */
static void bar_vanished(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 *memory = umlab_bar_memory(fx.slot, LAB_CARD_MEMORY);
	u8 got[8];

	umlab_vanish(fx.slot);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), ~0U);
	KUNIT_EXPECT_EQ(test, readq(fx.drv->memory), ~0ULL);
	memcpy_fromio(got, fx.drv->memory, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0xff, sizeof(got)));
	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	iowrite32(1, fx.drv->memory);
	KUNIT_EXPECT_EQ(test, fx.card->reads + fx.card->writes, 0);
	/* What user space has mapped of it reads the same. */
	KUNIT_EXPECT_NULL(test, memchr_inv(memory, 0xff,
					   LAB_CARD_MEMORY_SIZE));
}

/* It vanishes inside an access, which is the first to read all-ones. */
static void bar_vanishes_in_access(struct kunit *test)
{
	struct umlab_faults faults = { .vanish = 3 };
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);

	umlab_set_faults(fx.slot, &faults);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), ~0U);
	iowrite32(2, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 1);
	KUNIT_EXPECT_FALSE(test, pci_device_is_present(fx.pdev));
	umlab_unplug(test, fx.slot);
	KUNIT_EXPECT_EQ(test, lab_drv_removes(), 1);
}

/* Also where the first access is a write, and in the middle of a copy */
static void bar_vanishes_in_write(struct kunit *test)
{
	struct umlab_faults faults = { .vanish = 1 };
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);

	umlab_set_faults(fx.slot, &faults);
	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->writes, 0);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), ~0U);
}

static void bar_vanishes_in_copy(struct kunit *test)
{
	struct umlab_faults faults = { .vanish = 2 };
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);
	u8 got[32];

	umlab_set_faults(fx.slot, &faults);
	memcpy_fromio(got, fx.drv->regs + LAB_CARD_RAM, sizeof(got));
	KUNIT_EXPECT_NULL(test, memchr_inv(got, 0, 8));
	KUNIT_EXPECT_NULL(test, memchr_inv(got + 8, 0xff, 24));
	KUNIT_EXPECT_EQ(test, fx.card->reads, 1);
}

static void bar_faults(struct kunit *test)
{
	struct umlab_faults faults = { .read_ones = 2, .write_lost = 1 };
	struct lab_pci fx = lab_pci_drive(test, NULL, &lab_card_model);

	umlab_set_faults(fx.slot, &faults);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), ~0U);
	KUNIT_EXPECT_EQ(test, ioread32(fx.drv->regs), LAB_CARD_MAGIC);
	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 0);
	iowrite32(1, fx.drv->regs + LAB_CARD_SCRATCH);
	KUNIT_EXPECT_EQ(test, fx.card->scratch, 1);
}

static struct kunit_case bar_cases[] = {
	KUNIT_CASE_PARAM(bar_register_width, bar_width_gen_params),
	KUNIT_CASE(bar_register_forms),
	KUNIT_CASE(bar_register_copy),
	KUNIT_CASE(bar_register_copy_by_words),
	KUNIT_CASE(bar_repeated),
	KUNIT_CASE_PARAM(bar_memory_width, bar_width_gen_params),
	KUNIT_CASE(bar_memory_copy),
	KUNIT_CASE(bar_two_mappings),
	KUNIT_CASE(bar_vanished),
	KUNIT_CASE(bar_vanishes_in_access),
	KUNIT_CASE(bar_vanishes_in_write),
	KUNIT_CASE(bar_vanishes_in_copy),
	KUNIT_CASE(bar_faults),
	{}
};

static struct kunit_suite bar_suite = {
	.name		= "umlab_bus_bar",
	.test_cases	= bar_cases,
};

kunit_test_suite(bar_suite);
