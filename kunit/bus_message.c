// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages as they are programmed: where they go, and how many there are
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <umlab/machine.h>

#include "lib/pci_fixture.h"
#include "lib/quiet.h"

/* Program a part of vector 0's message: 0 and 1 are its address, 2 its data */
static void message_program(struct lab_pci *fx, unsigned int word, u32 value)
{
	static const u8 where[] = {
		PCI_MSI_ADDRESS_LO, PCI_MSI_ADDRESS_HI, PCI_MSI_DATA_64
	};

	if (fx->drv->setup->irqs == PCI_IRQ_MSIX)
		iowrite32(value, fx->drv->regs + LAB_CARD_TABLE + 4 * word);
	else
		lab_config_write(fx->pdev, LAB_CARD_CAP_MSI + where[word],
				 word == 2 ? 2 : 4, value);
}

static u32 message_programmed(struct lab_pci *fx, unsigned int word)
{
	static const u8 where[] = {
		PCI_MSI_ADDRESS_LO, PCI_MSI_ADDRESS_HI, PCI_MSI_DATA_64
	};

	if (fx->drv->setup->irqs == PCI_IRQ_MSIX)
		return ioread32(fx->drv->regs + LAB_CARD_TABLE + 4 * word);
	return lab_config_read(fx->pdev, LAB_CARD_CAP_MSI + where[word],
			       word == 2 ? 2 : 4);
}

/* A message that was programmed to go somewhere else */
static void message_wrong_message(struct kunit *test)
{
	static const struct {
		unsigned int word;
		u32 value;
	} wrong[] = {
		{ 0, 0x1000 }, { 1, 1 }, { 2, 500 }, { 2, 0xfff0 },
	};
	struct lab_pci fx = lab_msi_plug(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		u32 right = message_programmed(&fx, wrong[i].word);

		message_program(&fx, wrong[i].word, wrong[i].value);
		umlab_expect_violation(fx.slot, UMLAB_VIOLATION_MESSAGE);
		lab_pci_cause(&fx, 0);
		KUNIT_EXPECT_EQ(test, umlab_violations(fx.slot,
						       UMLAB_VIOLATION_MESSAGE),
				i + 1);
		message_program(&fx, wrong[i].word, right);
	}
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 0);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 1);
}

/* Of two functions, each interrupts its own handlers. */
static void message_two_functions(struct kunit *test)
{
	struct lab_pci a = lab_msi_plug(test);
	struct lab_pci b = lab_pci_plug(test, &lab_card_model, NULL);
	unsigned int i, j;

	for (i = 0; i < 4; i++) {
		lab_pci_cause(&b, i);
		for (j = 0; j < 4; j++)
			KUNIT_EXPECT_EQ(test, lab_pci_taken(&b, j), j <= i);
	}
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, lab_pci_taken(&a, i), 0);
		KUNIT_EXPECT_EQ(test, a.drv->vector[i].foreign, 0);
	}
}

/* It is the message that counts, not the entry it comes from. */
static void message_swapped_entries(struct kunit *test)
{
	struct lab_pci fx = lab_pci_drive(test, &lab_msi_setups[1], &lab_card_model);
	void __iomem *data = fx.drv->regs + LAB_CARD_TABLE + 8;
	u32 zero = ioread32(data), one = ioread32(data + 16);

	KUNIT_EXPECT_NE(test, zero, one);
	iowrite32(one, data);
	iowrite32(zero, data + 16);
	lab_pci_cause(&fx, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, 0), 0);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[1].foreign, 1);
}

/* Not a power of two: all numbers come back */
static void message_three_vectors(struct kunit *test)
{
	static const struct lab_drv_setup setup = {
		.irqs = PCI_IRQ_MSI,
		.vectors = 3,
	};
	unsigned int i;

	lab_quiet_console(test);
	lab_drv_register(test, &setup);
	for (i = 0; i < 300; i++) {
		struct lab_pci fx = lab_pci_plug(test, &lab_card_model, NULL);

		KUNIT_ASSERT_EQ(test, fx.drv->vectors, 3);
		lab_pci_cause(&fx, 2);
		KUNIT_ASSERT_EQ(test, lab_pci_taken(&fx, 2), 1);
		/* Granted, because MSI grants powers of two, and not asked for */
		if (!i) {
			umlab_expect_violation(fx.slot,
					       UMLAB_VIOLATION_MESSAGE);
			lab_config_write(fx.pdev, LAB_CARD_CAP_MSI +
					 PCI_MSI_MASK_64, 4, 0);
			umlab_inject_spurious(fx.slot, 3);
		}
		umlab_unplug(test, fx.slot);
	}
}

static struct umlab_cap message_large_cap = {
	.id = PCI_CAP_ID_MSIX,
	.msix = { .vectors = 70, .table_bar = 1, .pba_bar = 4, .pba = 0x40 },
};

/* More vectors than a word of pending bits, table and bits in other BARs */
static void message_large_table(struct kunit *test)
{
	struct umlab_model model = lab_card_model;
	struct lab_pci fx;
	void __iomem *table, *pba, *regs;

	model.caps = &message_large_cap;
	model.num_caps = 1;
	model.bars[1] = model.bars[LAB_CARD_REGS];
	model.bars[4] = model.bars[LAB_CARD_REGS];
	fx = lab_pci_plug(test, &model, NULL);
	KUNIT_ASSERT_EQ(test, pci_enable_device(fx.pdev), 0);
	regs = pci_iomap(fx.pdev, 0, 0);
	table = pci_iomap(fx.pdev, 1, 0);
	pba = pci_iomap(fx.pdev, 4, 0);
	KUNIT_ASSERT_TRUE(test, regs && table && pba);
	lab_config_write(fx.pdev, PCI_STD_HEADER_SIZEOF + PCI_MSIX_FLAGS, 2,
			 PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	umlab_inject_spurious(fx.slot, 69);
	KUNIT_EXPECT_EQ(test, readq(pba + 0x40), 0);
	KUNIT_EXPECT_EQ(test, readq(pba + 0x48), 1 << 5);
	KUNIT_EXPECT_EQ(test, ioread32(table + 69 * 16 + 12), 1);
	KUNIT_EXPECT_EQ(test, fx.card->reads, 0);
	/* Around them, and there in another BAR, are the model's registers. */
	ioread32(pba + 0x3c);
	ioread32(pba + 0x50);
	ioread32(table + 70 * 16);
	ioread32(regs + 0x40);
	KUNIT_EXPECT_EQ(test, fx.card->reads, 4);
	pci_iounmap(fx.pdev, regs);
	pci_iounmap(fx.pdev, table);
	pci_iounmap(fx.pdev, pba);
	pci_disable_device(fx.pdev);
}

/* The table as software sees it */
static void message_table(struct kunit *test)
{
	static const struct lab_drv_setup none;
	struct lab_pci fx = lab_pci_drive(test, &none, &lab_card_model);
	void __iomem *entry = fx.drv->regs + LAB_CARD_TABLE + 16;

	KUNIT_EXPECT_EQ(test, ioread32(entry), 0);
	KUNIT_EXPECT_EQ(test, ioread32(entry + 12), 1);
	writeq(0x1122334455667788ULL, entry);
	KUNIT_EXPECT_EQ(test, ioread32(entry), 0x55667788);
	KUNIT_EXPECT_EQ(test, ioread32(entry + 4), 0x11223344);
	iowrite32(~0, entry);
	KUNIT_EXPECT_EQ(test, ioread32(entry), ~3U);
	iowrite32(~0, entry + 8);
	KUNIT_EXPECT_EQ(test, ioread32(entry + 8), ~0U);
	iowrite32(~0, entry + 12);
	KUNIT_EXPECT_EQ(test, ioread32(entry + 12), 1);
	iowrite32(0, entry + 12);
	KUNIT_EXPECT_EQ(test, ioread32(entry + 12), 0);
	/* The neighbours are as they were, and the model saw none of it. */
	KUNIT_EXPECT_EQ(test, ioread32(entry - 4), 1);
	KUNIT_EXPECT_EQ(test, ioread32(entry + 16), 0);
	KUNIT_EXPECT_EQ(test, fx.card->reads + fx.card->writes, 0);
}

/**
 * struct message_shape - an MSI capability
 * @name: the case
 * @cap: the capability
 * @ask: for how many vectors the driver asks
 */
struct message_shape {
	const char *name;
	struct umlab_cap cap;
	unsigned int ask;
};

#define MSI_SHAPE(desc, count, wide, masks, wanted)			\
	{ .name = (desc), .ask = (wanted),				\
	  .cap = { .id = PCI_CAP_ID_MSI,				\
		   .msi = { .vectors = (count), .is_64 = (wide),	\
			    .maskable = (masks) } } }

static const struct message_shape message_shapes[] = {
	MSI_SHAPE("1 vector, 32 bits", 1, false, false, 1),
	MSI_SHAPE("1 vector, 64 bits", 1, true, false, 1),
	MSI_SHAPE("2 vectors, 32 bits, maskable", 2, false, true, 2),
	MSI_SHAPE("32 vectors, 64 bits, maskable", 32, true, true, 32),
	MSI_SHAPE("32 vectors, 32 bits", 32, false, false, 32),
	MSI_SHAPE("16 vectors, 2 granted", 16, true, true, 2),
};

KUNIT_ARRAY_PARAM_DESC(message_shape, message_shapes, name);

/* The mask and pending bits are where the capability's size puts them. */
static void message_mask_by_hand(struct kunit *test, struct lab_pci *fx, bool is_64)
{
	int at = PCI_STD_HEADER_SIZEOF + (is_64 ? PCI_MSI_MASK_64 :
						  PCI_MSI_MASK_32);

	lab_config_write(fx->pdev, at, 4, 2);
	lab_pci_cause(fx, 1);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(fx, 1), 1);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx->pdev, at + 4, 4), 2);
	lab_config_write(fx->pdev, at, 4, 0);
	KUNIT_EXPECT_EQ(test, lab_pci_taken(fx, 1), 2);
	KUNIT_EXPECT_EQ(test, lab_config_read(fx->pdev, at + 4, 4), 0);
}

static void message_each_shape(struct kunit *test)
{
	const struct message_shape *shape = test->param_value;
	struct lab_drv_setup *setup = kunit_kzalloc(test, sizeof(*setup),
						    GFP_KERNEL);
	struct umlab_model model = lab_card_model;
	struct lab_pci fx;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, setup);
	setup->irqs = PCI_IRQ_MSI;
	setup->vectors = shape->ask;
	model.caps = &shape->cap;
	model.num_caps = 1;
	fx = lab_pci_drive(test, setup, &model);
	KUNIT_ASSERT_EQ(test, fx.drv->vectors, shape->ask);
	KUNIT_EXPECT_EQ(test, pci_msi_vec_count(fx.pdev),
			shape->cap.msi.vectors);
	for (i = 0; i < shape->ask; i++) {
		lab_pci_cause(&fx, i);
		KUNIT_EXPECT_EQ(test, lab_pci_taken(&fx, i), 1);
	}
	if (shape->cap.msi.maskable)
		message_mask_by_hand(test, &fx, shape->cap.msi.is_64);
	if (shape->ask == shape->cap.msi.vectors)
		return;
	/* A vector that was not granted: the low bits count. */
	fx.card->status = 0;
	umlab_inject_spurious(fx.slot, shape->ask + 1);
	KUNIT_EXPECT_EQ(test, fx.drv->vector[1].foreign, 1);
}

static struct kunit_case message_cases[] = {
	KUNIT_CASE_PARAM(message_wrong_message, lab_msi_gen_params),
	KUNIT_CASE_PARAM(message_two_functions, lab_msi_gen_params),
	KUNIT_CASE(message_swapped_entries),
	KUNIT_CASE(message_three_vectors),
	KUNIT_CASE(message_large_table),
	KUNIT_CASE(message_table),
	KUNIT_CASE_PARAM(message_each_shape, message_shape_gen_params),
	{}
};

static struct kunit_suite message_suite = {
	.name		= "umlab_bus_message",
	.test_cases	= message_cases,
};

kunit_test_suite(message_suite);
