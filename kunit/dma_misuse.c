// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver does wrong with the DMA API in more than one call
 *
 * As in dma_rules.c, each mistake is made on purpose, after the same was done
 * right, and the kernel's own checks see some of it too.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "lib/dma.h"
#include "lib/klog.h"

#define MISUSE_SIZE	200
#define MISUSE_MEMORY	(3 * PAGE_SIZE)

static void misuse_twice(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = lab_dma_map(dma, memory, MISUSE_SIZE, DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
	if (wrong)
		dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
}

static void misuse_sync_late(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = lab_dma_map(dma, memory, MISUSE_SIZE, DMA_TO_DEVICE);

	if (!wrong)
		dma_sync_single_for_cpu(dma->dev, bus, 1, DMA_TO_DEVICE);
	dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
	if (wrong)
		dma_sync_single_for_cpu(dma->dev, bus, 1, DMA_TO_DEVICE);
}

/* The address that is in a descriptor nobody has filled in */
static void misuse_never(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = wrong ? 0 : lab_dma_map(dma, memory, MISUSE_SIZE,
						 DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
}

static void misuse_failed(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = DMA_MAPPING_ERROR;

	if (wrong || !dma_mapping_error(dma->dev, bus))
		dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
}

static void misuse_unchecked(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = dma_map_single(dma->dev, memory, MISUSE_SIZE,
					DMA_TO_DEVICE);

	if (wrong || !dma_mapping_error(dma->dev, bus))
		dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
}

static void misuse_others(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	struct lab_dma other = lab_dma_in(dma->test, umlab_topology(dma->slot));
	dma_addr_t bus = lab_dma_map(&other, memory, MISUSE_SIZE,
				     DMA_TO_DEVICE);

	if (wrong)
		dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(other.dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
	umlab_unplug(dma->test, other.slot);
}

static void misuse_swapped(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t one, two;
	void *first = dma_alloc_coherent(dma->dev, 100, &one, GFP_KERNEL);
	void *second = dma_alloc_coherent(dma->dev, 100, &two, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(dma->test, first);
	KUNIT_ASSERT_NOT_NULL(dma->test, second);
	dma_free_coherent(dma->dev, 100, first, wrong ? two : one);
	dma_free_coherent(dma->dev, 100, second, wrong ? one : two);
}

/* An IOMMU makes one of two; the list had two all the same. */
static void misuse_merged(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	struct scatterlist list[2];
	int count;

	sg_init_table(list, 2);
	sg_set_buf(&list[0], memory, PAGE_SIZE);
	sg_set_buf(&list[1], memory + PAGE_SIZE, PAGE_SIZE);
	count = dma_map_sg(dma->dev, list, 2, DMA_TO_DEVICE);
	KUNIT_ASSERT_EQ(dma->test, count, 1);
	dma_unmap_sg(dma->dev, list, wrong ? count : 2, DMA_TO_DEVICE);
}

static void misuse_constant(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	static const u8 constant[MISUSE_SIZE] = { 1 };
	void *buffer = wrong ? (void *)constant : memory;
	dma_addr_t bus = lab_dma_map(dma, buffer, MISUSE_SIZE, DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
}

static void misuse_text(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	void *buffer = wrong ? (void *)misuse_constant : memory;
	dma_addr_t bus = lab_dma_map(dma, buffer, 1, DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, 1, DMA_TO_DEVICE);
}

static void misuse_nothing(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	size_t size = wrong ? 0 : MISUSE_SIZE;
	dma_addr_t bus = dma_map_single(dma->dev, memory, size, DMA_TO_DEVICE);

	KUNIT_EXPECT_EQ(dma->test, dma_mapping_error(dma->dev, bus), 0);
	dma_unmap_single(dma->dev, bus, size, DMA_TO_DEVICE);
}

static void misuse_vmalloc(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	void *buffer = wrong ? vmalloc(MISUSE_SIZE) : memory;
	dma_addr_t bus;

	KUNIT_ASSERT_NOT_NULL(dma->test, buffer);
	bus = dma_map_single(dma->dev, buffer, MISUSE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(dma->test, !!dma_mapping_error(dma->dev, bus), wrong);
	if (wrong)
		vfree(buffer);
	else
		dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
}

/* Past the last page there is none, though it has a struct page's address. */
static void misuse_no_memory(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	struct page *page = wrong ? pfn_to_page(max_pfn + 1) :
				    virt_to_page(memory);
	dma_addr_t bus = dma_map_page(dma->dev, page, 0, PAGE_SIZE,
				      DMA_TO_DEVICE);

	KUNIT_ASSERT_EQ(dma->test, dma_mapping_error(dma->dev, bus), 0);
	if (wrong)
		lab_dma_refuse_read(dma, bus, 1, UMLAB_VIOLATION_DMA_FAULT);
	dma_unmap_page(dma->dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* It may be remapped, so that its page has another address. */
static void misuse_coherent(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t shared, bus;
	u8 *cpu = dma_alloc_coherent(dma->dev, 2 * PAGE_SIZE, &shared,
				     GFP_KERNEL);
	u8 *last = cpu + PAGE_SIZE;

	KUNIT_ASSERT_NOT_NULL(dma->test, cpu);
	if (is_vmalloc_addr(cpu))
		last = page_address(vmalloc_to_page(last));
	bus = lab_dma_map(dma, wrong ? last : memory, 100, DMA_TO_DEVICE);
	dma_unmap_single(dma->dev, bus, 100, DMA_TO_DEVICE);
	dma_free_coherent(dma->dev, 2 * PAGE_SIZE, cpu, shared);
}

/* The device takes it twice, and has to be done with it twice. */
static void misuse_in_flight(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = lab_dma_map(dma, memory, MISUSE_SIZE, DMA_TO_DEVICE);

	KUNIT_EXPECT_EQ(dma->test, lab_dma_hold(dma, bus, true), 0);
	KUNIT_EXPECT_EQ(dma->test,
			lab_dma_hold(dma, bus + MISUSE_SIZE - 1, true), 0);
	lab_dma_hold(dma, bus, false);
	if (!wrong)
		lab_dma_hold(dma, bus + 100, false);
	dma_unmap_single(dma->dev, bus, MISUSE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_hold(dma, bus, true), -EIO);
}

static void misuse_leaks(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus[12];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bus); i++)
		bus[i] = lab_dma_map(dma, memory + 64 * i, 64, DMA_TO_DEVICE);
	for (i = 0; i < ARRAY_SIZE(bus) && !wrong; i++)
		dma_unmap_single(dma->dev, bus[i], 64, DMA_TO_DEVICE);
}

/**
 * struct misuse_row - a mistake that takes more than one wrong argument
 * @name: the case
 * @make: makes it, or does the same right
 * @kind: what comes of it
 * @times: how often
 * @api: how often the kernel's own checks complain
 * @in: in which topologies it can be made
 * @iommu: dma-iommu warns as well
 */
struct misuse_row {
	const char *name;
	void (*make)(const struct lab_dma *dma, u8 *memory, bool wrong);
	enum umlab_violation kind;
	unsigned int times;
	unsigned int api;
	unsigned int in;
	bool iommu;
};

static const struct misuse_row misuse_rows[] = {
	{ "unmapped twice", misuse_twice, UMLAB_VIOLATION_DMA_TWICE, 1, 1,
	  LAB_DMA_ALL, .iommu = true },
	{ "synced when unmapped", misuse_sync_late, UMLAB_VIOLATION_DMA_TWICE,
	  1, 1, LAB_DMA_COHERENT },
	{ "unmapped and never mapped", misuse_never,
	  UMLAB_VIOLATION_DMA_UNKNOWN, 1, 1, LAB_DMA_COHERENT, .iommu = true },
	{ "unmapped though mapping failed", misuse_failed,
	  UMLAB_VIOLATION_DMA_UNKNOWN, 1, 1, LAB_DMA_COHERENT, .iommu = true },
	{ "not checked whether mapping failed", misuse_unchecked,
	  UMLAB_VIOLATION_DMA_API, 1, 0, LAB_DMA_COHERENT },
	{ "unmapped for another device", misuse_others,
	  UMLAB_VIOLATION_DMA_DEVICE, 1, 1, LAB_DMA_ALL, .iommu = true },
	{ "coherent memory freed by another's address", misuse_swapped,
	  UMLAB_VIOLATION_DMA_UNMAP, 2, 2, LAB_DMA_ALL },
	{ "list unmapped with as many as were made of it", misuse_merged,
	  UMLAB_VIOLATION_DMA_UNMAP, 1, 1, BIT(UMLAB_DMA_IOMMU) },
	{ "constant data mapped", misuse_constant, UMLAB_VIOLATION_DMA_MEMORY,
	  1, 1, LAB_DMA_ALL },
	{ "text mapped", misuse_text, UMLAB_VIOLATION_DMA_MEMORY, 1, 1,
	  LAB_DMA_ALL },
	/* Where nothing is copied, nothing notices. */
	{ "no memory mapped", misuse_no_memory, UMLAB_VIOLATION_DMA_MEMORY, 1,
	  0, BIT(UMLAB_DMA_DIRECT) | BIT(UMLAB_DMA_IOMMU) },
	{ "nothing mapped", misuse_nothing, UMLAB_VIOLATION_DMA_MEMORY, 1, 0,
	  LAB_DMA_ALL & ~(BIT(UMLAB_DMA_BOUNCE) |
			  BIT(UMLAB_DMA_BOUNCE + UMLAB_TOPOLOGIES / 2)),
	  .iommu = true },
	/* Neither does the kernel map it, but for its log nobody would know. */
	{ "vmalloc memory mapped", misuse_vmalloc, UMLAB_VIOLATION_DMA_MEMORY,
	  1, 0, LAB_DMA_ALL },
	/* They look at the first line of what the device writes. */
	{ "coherent memory mapped", misuse_coherent,
	  UMLAB_VIOLATION_DMA_OVERLAP, 1, 0, LAB_DMA_ALL },
	{ "unmapped in flight", misuse_in_flight, UMLAB_VIOLATION_DMA_BUSY, 1,
	  0, LAB_DMA_ALL },
	/* Eight one by one, and all the others */
	{ "a dozen leaked", misuse_leaks, UMLAB_VIOLATION_DMA_LEAK, 9, 0,
	  LAB_DMA_COHERENT },
};

KUNIT_ARRAY_PARAM_DESC(misuse_row, misuse_rows, name);

static void misuse_wrong_use(struct kunit *test)
{
	const struct misuse_row *row = test->param_value;
	u8 *memory = lab_dma_pages(test, MISUSE_MEMORY);
	unsigned int i;

	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		struct lab_dma dma;

		if (!(row->in & BIT(i)))
			continue;
		dma = lab_dma_in(test, &umlab_topologies[i]);
		row->make(&dma, memory, false);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
		lab_dma_declare(&dma, row->kind, row->times);
		lab_dma_declare(&dma, UMLAB_VIOLATION_DMA_API, row->api);
		if (row->iommu)
			lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_IOMMU));
		row->make(&dma, memory, true);
		umlab_unplug(test, dma.slot);
	}
}

static void misuse_end_other(void *other)
{
	struct kunit *test = current->kunit_test;

	kunit_cleanup(other);
	current->kunit_test = test;
}

/* A second test, which ends by misuse_end_other() or with the first one */
static struct kunit *misuse_other(struct kunit *test)
{
	struct kunit *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	kunit_init_test(other, "other", NULL);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, misuse_end_other,
						  other));
	return other;
}

/* What only the kernel has printed, is said at the end: so the log names it all. */
static void misuse_complaint(struct kunit *test)
{
	struct kmsg_dump_iter begin = lab_klog_now();
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct kunit *other = misuse_other(test);
	struct lab_dma dma = lab_dma_plug(other, NULL);

	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_TWICE);
	misuse_twice(&dma, memory, true);
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_FAILURE);
	misuse_end_other(other);
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin,
					     "(DMA: API): the kernel complained"));
}

/* When the kernel's checks end, which is said like this, nothing is to be believed. */
static void misuse_mistrust(struct kunit *test)
{
	struct kunit *other = misuse_other(test);

	lab_dma_plug(other, NULL);
	pr_info("DMA-API: Mapped at:\n");
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_SUCCESS);
	pr_info("DMA-API: cacheline tracking ENOMEM, dma-debug disabled\n");
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_FAILURE);
}

/* It fails the test that the device is there for, not the one that runs. */
static void misuse_whose(struct kunit *test)
{
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct kunit *other = misuse_other(test);
	struct lab_dma dma = lab_dma_plug(other, NULL);

	misuse_in_flight(&dma, memory, false);
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_SUCCESS);
	misuse_in_flight(&dma, memory, true);
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_FAILURE);
	KUNIT_EXPECT_EQ(test, umlab_violations(dma.slot,
					       UMLAB_VIOLATION_DMA_BUSY), 1);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE_PARAM(misuse_wrong_use, misuse_row_gen_params),
	KUNIT_CASE(misuse_complaint),
	KUNIT_CASE(misuse_mistrust),
	KUNIT_CASE(misuse_whose),
	{}
};

static struct kunit_suite misuse_suite = {
	.name		= "umlab_dma_misuse",
	.test_cases	= misuse_cases,
};

kunit_test_suite(misuse_suite);
