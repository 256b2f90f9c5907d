// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model that umlab/model.h starts with, as it stands there
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>
#include <umlab/model.h>

/* From here: the same as in the header, which a test compares */
struct counter { u32 value; };

static u64 counter_read(struct umlab_slot *slot, unsigned int bar,
			u32 offset, unsigned int size)
{
	struct counter *counter = umlab_priv(slot);

	umlab_irq_lower(slot, 0);
	return counter->value;
}

static void counter_write(struct umlab_slot *slot, unsigned int bar,
			  u32 offset, unsigned int size, u64 value)
{
	struct counter *counter = umlab_priv(slot);

	counter->value += value;
	if (counter->value < value)
		umlab_irq_raise(slot, 0);
}

static const struct umlab_model_ops counter_ops = {
	.bar_read = counter_read,
	.bar_write = counter_write,
};

static const struct umlab_cap counter_caps[] = {
	{ .id = PCI_CAP_ID_MSI, .msi = { .vectors = 1 } },
};

static const struct umlab_model counter_model = {
	.name = "counter",
	.vendor = 0x1234,
	.device = 0x0001,
	.class = PCI_CLASS_OTHERS << 16,
	.intx = true,
	.bars[0] = {
		.kind = UMLAB_BAR_REGISTERS,
		.size = SZ_4K,
		.widths = UMLAB_WIDTH_4,
	},
	.caps = counter_caps,
	.num_caps = ARRAY_SIZE(counter_caps),
	.priv_size = sizeof(struct counter),
	.ops = &counter_ops,
};

/* To here */

static void example_counter(struct kunit *test)
{
	struct umlab_slot *slot = umlab_plug(test, &counter_model, NULL);
	struct pci_dev *pdev = umlab_pdev(slot);
	u64 begin = umlab_journal_now();
	void __iomem *regs;

	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	regs = pci_iomap(pdev, 0, 0);
	KUNIT_ASSERT_TRUE(test, regs);
	iowrite32(~0, regs);
	KUNIT_EXPECT_EQ(test, ioread32(regs), ~0U);
	iowrite32(3, regs);
	KUNIT_EXPECT_EQ(test, ioread32(regs), 2);
	UMLAB_EXPECT_ORDER(test, slot, begin,
			   UMLAB_DID_WRITE(0, 0, 4, 3),
			   UMLAB_DID(UMLAB_IRQ_RAISE, 0),
			   UMLAB_DID_READ(0, 0, 4, 2));
	umlab_expect_violation(slot, UMLAB_VIOLATION_WIDTH);
	KUNIT_EXPECT_EQ(test, ioread8(regs), 0xff);
	pci_iounmap(pdev, regs);
	pci_disable_device(pdev);
}

static struct kunit_case example_cases[] = {
	KUNIT_CASE(example_counter),
	{}
};

static struct kunit_suite example_suite = {
	.name		= "umlab_machine_example",
	.test_cases	= example_cases,
};

kunit_test_suite(example_suite);
