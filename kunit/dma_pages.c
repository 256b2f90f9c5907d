// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the DMA API allocates and that is synced, in each topology
 *
 * What dma_alloc_pages() and dma_alloc_noncontiguous() give is used as what is
 * mapped by other calls, and is the CPU's at first.
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dma.h"

/* The device reads what the CPU wrote; what it then writes waits for a sync. */
static void pages_stream(const struct lab_dma *dma, dma_addr_t bus, u8 *cpu,
			 size_t size)
{
	lab_dma_expect_read(dma, bus, size, 1);
	lab_dma_put(dma, bus, size, 2);
	KUNIT_EXPECT_TRUE(dma->test,
			  lab_dma_holds(cpu, size,
					umlab_topology(dma->slot)->noncoherent ? 1 : 2));
}

/* It is the CPU's at first, and after a sync: no end of it is the device's. */
static void pages_expect_cpus(const struct lab_dma *dma, dma_addr_t bus,
			      size_t size)
{
	lab_dma_refuse_read(dma, bus, 1, UMLAB_VIOLATION_DMA_OWNER);
	lab_dma_refuse_write(dma, bus + size - 2, 2, UMLAB_VIOLATION_DMA_OWNER);
}

static void pages_in_a_row(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct page *page;
	dma_addr_t bus;
	u8 *cpu;

	page = dma_alloc_pages(dma.dev, SZ_8K, &bus, DMA_BIDIRECTIONAL,
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	cpu = page_address(page);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(cpu, 0, SZ_8K), NULL);
	pages_expect_cpus(&dma, bus, SZ_8K);
	lab_dma_fill(cpu, SZ_8K, 1);
	dma_sync_single_for_device(dma.dev, bus, SZ_8K, DMA_BIDIRECTIONAL);
	pages_stream(&dma, bus, cpu, SZ_8K);
	dma_sync_single_for_cpu(dma.dev, bus, SZ_8K, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(cpu, SZ_8K, 2));
	pages_expect_cpus(&dma, bus, SZ_8K);
	dma_free_pages(dma.dev, SZ_8K, page, bus, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
	lab_dma_refuse_read(&dma, bus, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
}

/* One piece for the device, any pages, and one piece for the CPU if it wants */
static void pages_anywhere(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct sg_table *table;
	dma_addr_t bus;
	u8 *cpu;

	table = dma_alloc_noncontiguous(dma.dev, SZ_64K, DMA_BIDIRECTIONAL,
					GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, table);
	bus = sg_dma_address(table->sgl);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 1);
	KUNIT_EXPECT_EQ(test, table->nents, 1);
	KUNIT_EXPECT_EQ(test, sg_dma_len(table->sgl), SZ_64K);
	cpu = dma_vmap_noncontiguous(dma.dev, SZ_64K, table);
	KUNIT_ASSERT_NOT_NULL(test, cpu);
	pages_expect_cpus(&dma, bus, SZ_64K);
	lab_dma_fill(cpu, SZ_64K, 1);
	dma_sync_sgtable_for_device(dma.dev, table, DMA_BIDIRECTIONAL);
	pages_stream(&dma, bus, cpu, SZ_64K);
	dma_sync_sgtable_for_cpu(dma.dev, table, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(cpu, SZ_64K, 2));
	pages_expect_cpus(&dma, bus, SZ_64K);
	dma_vunmap_noncontiguous(dma.dev, cpu);
	dma_free_noncontiguous(dma.dev, SZ_64K, table, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
	lab_dma_refuse_read(&dma, bus, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
}

/* There is none, because the test wants it so. */
static void pages_fail(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	dma_addr_t bus;

	umlab_set_faults(dma.slot, &(struct umlab_faults) { .alloc = 1 });
	KUNIT_EXPECT_NULL(test, dma_alloc_pages(dma.dev, SZ_8K, &bus,
						DMA_FROM_DEVICE, GFP_KERNEL));
	umlab_set_faults(dma.slot, &(struct umlab_faults) { .alloc = 1 });
	KUNIT_EXPECT_NULL(test, dma_alloc_noncontiguous(dma.dev, SZ_64K,
							DMA_FROM_DEVICE,
							GFP_KERNEL, 0));
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
	KUNIT_EXPECT_EQ(test, lab_dma_events(&dma, UMLAB_ALLOC_FAILED, false),
			2);
}

static struct kunit_case pages_cases[] = {
	KUNIT_CASE_PARAM(pages_in_a_row, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pages_anywhere, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(pages_fail, umlab_topology_gen_params),
	{}
};

static struct kunit_suite pages_suite = {
	.name		= "umlab_dma_pages",
	.test_cases	= pages_cases,
};

kunit_test_suite(pages_suite);
