// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the machine is, for "make bench"
 *
 * Not a test: it fails only if what it measures does not work. It needs real time,
 * and is skipped where time is virtual.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/logic_iomem.h>
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/bench.h"
#include "lib/pci_fixture.h"
#include "lib/quiet.h"

#define BENCH_BURST	10000	/* accesses a run */
#define BENCH_FUNCTIONS	256
#define BENCH_EDGE	32	/* functions at either end that are compared */

static struct lab_drv *bench_drv(struct kunit *test,
				 const struct lab_drv_setup *setup)
{
	lab_drv_register(test, setup);
	return lab_pci_plug(test, &lab_card_model, NULL).drv;
}

/* A function that measures @access to @addr in bursts */
#define BENCH_ACCESS(name, access)					\
static void bench_##name(u64 *samples, void __iomem *addr)		\
{									\
	unsigned int run, i;						\
									\
	for (run = 0; run < LAB_BENCH_RUNS; run++) {			\
		u64 begin = ktime_get_ns();				\
									\
		for (i = 0; i < BENCH_BURST; i++)			\
			access;						\
		samples[run] = div_u64((ktime_get_ns() - begin) * 1000,	\
				       BENCH_BURST);			\
	}								\
}

BENCH_ACCESS(read8, ioread8(addr))
BENCH_ACCESS(read16, ioread16(addr))
BENCH_ACCESS(read32, ioread32(addr))
BENCH_ACCESS(read64, readq(addr))
BENCH_ACCESS(write8, iowrite8(1, addr))
BENCH_ACCESS(write16, iowrite16(1, addr))
BENCH_ACCESS(write32, iowrite32(1, addr))
BENCH_ACCESS(write64, writeq(1, addr))

/**
 * struct bench_access - an access that is measured
 * @name: of the row
 * @measure: measures it
 * @memory: in the memory BAR
 */
struct bench_access {
	const char *name;
	void (*measure)(u64 *samples, void __iomem *addr);
	bool memory;
};

static const struct bench_access bench_accesses[] = {
	{ "mmio_read8_ns", bench_read8 },
	{ "mmio_read16_ns", bench_read16 },
	{ "mmio_read32_ns", bench_read32 },
	{ "mmio_read64_ns", bench_read64 },
	{ "mmio_write8_ns", bench_write8 },
	{ "mmio_write16_ns", bench_write16 },
	{ "mmio_write32_ns", bench_write32 },
	{ "mmio_write64_ns", bench_write64 },
	{ "memory_read32_ns", bench_read32, true },
	{ "memory_write32_ns", bench_write32, true },
};

/*
 * What an access costs without us: a region of logic_iomem that answers at
 * once. The kernel keeps it until it halts.
 */

static unsigned long bench_bare_read(void *priv, unsigned int offset, int size)
{
	return 0;
}

static void bench_bare_write(void *priv, unsigned int offset, int size,
			     unsigned long value)
{
}

static const struct logic_iomem_ops bench_bare_ops = {
	.read = bench_bare_read,
	.write = bench_bare_write,
};

static long bench_bare_map(unsigned long offset, size_t size,
			   const struct logic_iomem_ops **ops, void **priv)
{
	*ops = &bench_bare_ops;
	return offset;
}

static const struct logic_iomem_region_ops bench_bare_region = {
	.map = bench_bare_map,
};

static struct resource bench_bare_resource =
	DEFINE_RES_MEM_NAMED(0xe0000000, SZ_4K, "umlab bench");

static void bench_bare(struct kunit *test)
{
	u64 *samples = lab_bench_samples(test, LAB_BENCH_RUNS);
	void __iomem *bare;

	KUNIT_ASSERT_EQ(test, logic_iomem_add_region(&bench_bare_resource,
						     &bench_bare_region), 0);
	bare = ioremap(bench_bare_resource.start, SZ_4K);
	KUNIT_ASSERT_TRUE(test, bare);
	bench_read32(samples, bare);
	lab_bench_row("bare_read32_ns", "ns", samples, LAB_BENCH_RUNS);
	bench_write32(samples, bare);
	lab_bench_row("bare_write32_ns", "ns", samples, LAB_BENCH_RUNS);
	iounmap(bare);
}

/* A model that does nothing but keep registers, in an array */

static u64 bench_bar_read(struct umlab_slot *slot, unsigned int bar, u32 offset,
			  unsigned int size)
{
	const u64 *registers = umlab_priv(slot);

	return registers[offset / 8];
}

static void bench_bar_write(struct umlab_slot *slot, unsigned int bar,
			    u32 offset, unsigned int size, u64 value)
{
	u64 *registers = umlab_priv(slot);

	registers[offset / 8] = value;
}

static const struct umlab_model_ops bench_ops = {
	.bar_read = bench_bar_read,
	.bar_write = bench_bar_write,
};

static void bench_mmio(struct kunit *test)
{
	u64 *samples = lab_bench_samples(test, LAB_BENCH_RUNS);
	struct umlab_model model = lab_card_model;
	struct lab_drv *drv;
	unsigned int i;

	model.ops = &bench_ops;
	model.priv_size = SZ_4K;
	lab_drv_register(test, NULL);
	drv = lab_pci_plug(test, &model, NULL).drv;
	bench_read32(samples, drv->regs);
	lab_bench_row("mmio_msix_read32_ns", "ns", samples, LAB_BENCH_RUNS);
	model.num_caps = 0;
	drv = lab_pci_plug(test, &model, NULL).drv;
	for (i = 0; i < ARRAY_SIZE(bench_accesses); i++) {
		const struct bench_access *row = &bench_accesses[i];

		/* Or so many reads would be taken for a loop without an end. */
		usleep_range(1000, 2000);
		row->measure(samples, row->memory ? drv->memory : drv->regs);
		lab_bench_row(row->name, "ns", samples, LAB_BENCH_RUNS);
	}
}

static void bench_irq(struct kunit *test, const struct lab_drv_setup *setup,
		      const char *name)
{
	u64 *samples = lab_bench_samples(test, 1001);
	struct lab_drv *drv = bench_drv(test, setup);
	unsigned int i;

	for (i = 0; i < 1001; i++) {
		ktime_t begin = ktime_get();

		iowrite32(0, drv->regs + LAB_CARD_CAUSE);
		KUNIT_ASSERT_EQ(test, drv->vector[0].taken, i + 1);
		samples[i] = ktime_to_ns(ktime_sub(drv->vector[0].when, begin));
	}
	lab_bench_row(name, "us", samples, 1001);
}

static void bench_irq_msix(struct kunit *test)
{
	static const struct lab_drv_setup setup = { .irqs = PCI_IRQ_MSIX };

	bench_irq(test, &setup, "irq_raise_to_handler_us");
}

static void bench_irq_intx(struct kunit *test)
{
	static const struct lab_drv_setup setup = { .irqs = PCI_IRQ_INTX };

	bench_irq(test, &setup, "irq_intx_raise_to_handler_us");
}

/* To a bound driver with its BARs mapped and an interrupt, and away again */
static void bench_plug(struct kunit *test)
{
	static const struct lab_drv_setup setup = { .irqs = PCI_IRQ_MSIX };
	u64 *bound = lab_bench_samples(test, LAB_BENCH_RUNS);
	u64 *gone = lab_bench_samples(test, LAB_BENCH_RUNS);
	unsigned int i;

	lab_quiet_console(test);
	lab_drv_register(test, &setup);
	for (i = 0; i < LAB_BENCH_RUNS; i++) {
		u64 begin = ktime_get_ns(), middle;
		struct umlab_slot *slot = umlab_plug(test, &lab_card_model,
						     NULL);

		middle = ktime_get_ns();
		bound[i] = middle - begin;
		lab_drv_bound(test, umlab_pdev(slot));
		middle = ktime_get_ns();
		umlab_unplug(test, slot);
		gone[i] = ktime_get_ns() - middle;
	}
	lab_loud_console(test);
	lab_bench_row("plug_to_bound_us", "us", bound, LAB_BENCH_RUNS);
	lab_bench_row("unplug_us", "us", gone, LAB_BENCH_RUNS);
}

/* What the last functions of 256 cost, as a ratio of what the first did */
static void bench_plug_256(struct kunit *test)
{
	u64 *ratios = lab_bench_samples(test, 11);
	u64 *costs = lab_bench_samples(test, BENCH_FUNCTIONS);
	struct umlab_slot **slots;
	unsigned int run, i;
	u64 last;

	slots = kunit_kcalloc(test, BENCH_FUNCTIONS, sizeof(*slots),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, slots);
	lab_quiet_console(test);
	lab_drv_register(test, NULL);
	for (run = 0; run < 11; run++) {
		for (i = 0; i < BENCH_FUNCTIONS; i++) {
			struct umlab_options options = {
				.at = UMLAB_AT(i / 8, i % 8),
			};
			u64 begin = ktime_get_ns();

			slots[i] = umlab_plug(test, &lab_bare_model, &options);
			costs[i] = ktime_get_ns() - begin;
		}
		while (i--)
			umlab_unplug(test, slots[i]);
		last = lab_bench_median(costs + BENCH_FUNCTIONS - BENCH_EDGE,
					BENCH_EDGE);
		ratios[run] = div64_u64(1000 * last,
					lab_bench_median(costs, BENCH_EDGE));
	}
	lab_loud_console(test);
	lab_bench_row("plug_256_cost_ratio", "ratio", ratios, 11);
}

static struct kunit_case bench_cases[] = {
	LAB_BENCH_CASE(bench_bare),
	LAB_BENCH_CASE(bench_mmio),
	LAB_BENCH_CASE(bench_irq_msix),
	LAB_BENCH_CASE(bench_irq_intx),
	LAB_BENCH_CASE(bench_plug),
	LAB_BENCH_CASE(bench_plug_256),
	{}
};

static struct kunit_suite bench_suite = {
	.name		= "umlab_bench",
	.init		= lab_bench_init,
	.test_cases	= bench_cases,
};

kunit_test_suite(bench_suite);
