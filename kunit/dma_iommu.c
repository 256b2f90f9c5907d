// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU itself: its page tables, what it lets through, and what it refuses
 *
 * That a device's access is what the driver granted, is the ledger's to know, and
 * told by it. What is looked at here is that the IOMMU would have known as well:
 * each access that it refuses is in the journal.
 */

#include <kunit/test.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "lib/dma.h"

static const struct umlab_topology iommu_topology = {
	.name = "iommu",
	.dma = UMLAB_DMA_IOMMU,
};

/**
 * struct iommu_fixture - a device behind the IOMMU, and a page mapped for it
 * @dma: the device
 * @domain: its page tables, as the kernel has them
 * @page: the memory
 * @bus: its bus address
 */
struct iommu_fixture {
	struct lab_dma dma;
	struct iommu_domain *domain;
	u8 *page;
	dma_addr_t bus;
};

static struct iommu_fixture iommu_map_page(struct kunit *test,
					   enum dma_data_direction dir)
{
	struct iommu_fixture fx = {
		.dma = lab_dma_in(test, &iommu_topology),
		.page = lab_dma_pages(test, PAGE_SIZE),
	};

	fx.domain = iommu_get_domain_for_dev(fx.dma.dev);
	KUNIT_ASSERT_NOT_NULL(test, fx.domain);
	fx.bus = lab_dma_map(&fx.dma, fx.page, PAGE_SIZE, dir);
	return fx;
}

static unsigned int iommu_faults(const struct iommu_fixture *fx)
{
	static const struct umlab_event fault =
		UMLAB_DID_ANY(UMLAB_IOMMU_FAULT);

	return umlab_journal_count(fx->dma.slot, fx->dma.begin, fault);
}

/* A mapping is in the page tables for as long as it is live. */
static void iommu_translates(struct kunit *test)
{
	struct iommu_fixture fx = iommu_map_page(test, DMA_TO_DEVICE);
	unsigned int at;

	for (at = 0; at < PAGE_SIZE; at += PAGE_SIZE - 1)
		KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(fx.domain, fx.bus + at),
				virt_to_phys(fx.page) + at);
	dma_unmap_single(fx.dma.dev, fx.bus, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(fx.domain, fx.bus), 0);
	KUNIT_EXPECT_EQ(test, iommu_faults(&fx), 0);
}

/* So is each page of a larger one, and is not when it is unmapped. */
static void iommu_translates_all(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &iommu_topology);
	struct iommu_domain *domain = iommu_get_domain_for_dev(dma.dev);
	u8 *pages = lab_dma_pages(test, 5 * PAGE_SIZE);
	dma_addr_t bus = lab_dma_map(&dma, pages, 5 * PAGE_SIZE,
				     DMA_TO_DEVICE);
	unsigned int i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, iommu_iova_to_phys(domain, bus +
							 i * PAGE_SIZE),
				virt_to_phys(pages) + i * PAGE_SIZE);
	dma_unmap_single(dma.dev, bus, 5 * PAGE_SIZE, DMA_TO_DEVICE);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, 0, iommu_iova_to_phys(domain, bus +
							    i * PAGE_SIZE));
}

/* After that, the device is refused at once: nothing is left in a cache. */
static void iommu_use_after_unmap(struct kunit *test)
{
	struct iommu_fixture fx = iommu_map_page(test, DMA_TO_DEVICE);
	u8 byte;

	KUNIT_EXPECT_EQ(test, lab_dma_read(&fx.dma, fx.bus, &byte, 1), 0);
	dma_unmap_single(fx.dma.dev, fx.bus, PAGE_SIZE, DMA_TO_DEVICE);
	umlab_expect_violation(fx.dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&fx.dma, fx.bus, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_faults(&fx), 1);
}

/**
 * struct iommu_right - a direction, and what the IOMMU lets through
 * @name: the case
 * @dir: the direction
 * @reads: the device may read
 * @writes: it may write
 */
struct iommu_right {
	const char *name;
	enum dma_data_direction dir;
	bool reads;
	bool writes;
};

static const struct iommu_right iommu_rights[] = {
	{ "to the device", DMA_TO_DEVICE, .reads = true },
	{ "from the device", DMA_FROM_DEVICE, .writes = true },
	{ "both ways", DMA_BIDIRECTIONAL, .reads = true, .writes = true },
};

KUNIT_ARRAY_PARAM_DESC(iommu_right, iommu_rights, name);

static void iommu_permissions(struct kunit *test)
{
	const struct iommu_right *right = test->param_value;
	struct iommu_fixture fx = iommu_map_page(test, right->dir);
	unsigned int faults = 0;
	u8 byte = 0;

	if (!right->reads)
		umlab_expect_violation(fx.dma.slot,
				       UMLAB_VIOLATION_DMA_DIRECTION);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&fx.dma, fx.bus, &byte, 1),
			right->reads ? 0 : -EIO);
	faults += !right->reads;
	KUNIT_EXPECT_EQ(test, iommu_faults(&fx), faults);
	if (!right->writes)
		umlab_expect_violation(fx.dma.slot,
				       UMLAB_VIOLATION_DMA_DIRECTION);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&fx.dma, fx.bus, &byte, 1),
			right->writes ? 0 : -EIO);
	faults += !right->writes;
	KUNIT_EXPECT_EQ(test, iommu_faults(&fx), faults);
	dma_unmap_single(fx.dma.dev, fx.bus, PAGE_SIZE, right->dir);
}

/* Page tables that are changed behind the DMA API: the ledger cannot know. */
static void iommu_behind_the_api(struct kunit *test)
{
	struct iommu_fixture fx = iommu_map_page(test, DMA_BIDIRECTIONAL);
	u8 byte;

	KUNIT_EXPECT_EQ(test, iommu_unmap(fx.domain, fx.bus, PAGE_SIZE),
			PAGE_SIZE);
	umlab_expect_violation(fx.dma.slot, UMLAB_VIOLATION_DMA_FAULT);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&fx.dma, fx.bus, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, 0, iommu_map(fx.domain, fx.bus,
					   virt_to_phys(fx.page), PAGE_SIZE,
					   IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, lab_dma_read(&fx.dma, fx.bus, &byte, 1), 0);
	umlab_expect_violation(fx.dma.slot, UMLAB_VIOLATION_DMA_FAULT);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&fx.dma, fx.bus, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_faults(&fx), 2);
	dma_unmap_single(fx.dma.dev, fx.bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
}

/* More page than mapping: the IOMMU lets the rest through, the ledger does not. */
static void iommu_finer_than_pages(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &iommu_topology);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	struct iommu_fixture fx = { .dma = dma };
	dma_addr_t bus = lab_dma_map(&dma, page + 8, 8, DMA_TO_DEVICE);
	u8 byte;

	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus + 8, &byte, 1), -EIO);
	KUNIT_EXPECT_EQ(test, iommu_faults(&fx), 0);
	dma_unmap_single(dma.dev, bus, 8, DMA_TO_DEVICE);
}

/* Each device has page tables of its own, and may use the same addresses. */
static void iommu_groups(struct kunit *test)
{
	struct iommu_fixture one = iommu_map_page(test, DMA_TO_DEVICE);
	struct iommu_fixture two = iommu_map_page(test, DMA_TO_DEVICE);

	KUNIT_EXPECT_PTR_NE(test, one.domain, two.domain);
	KUNIT_EXPECT_EQ(test, one.bus, two.bus);
	memset(one.page, 1, PAGE_SIZE);
	lab_dma_fill(two.page, PAGE_SIZE, 2);
	lab_dma_expect_read(&two.dma, two.bus, PAGE_SIZE, 2);
	dma_unmap_single(one.dma.dev, one.bus, PAGE_SIZE, DMA_TO_DEVICE);
	lab_dma_expect_read(&two.dma, two.bus, PAGE_SIZE, 2);
	dma_unmap_single(two.dma.dev, two.bus, PAGE_SIZE, DMA_TO_DEVICE);
}

#define IOMMU_ENTRIES	3

/* A list that fails half way leaves nothing in the page tables. */
static void iommu_list_fails(struct kunit *test)
{
	struct iommu_fixture fx = iommu_map_page(test, DMA_TO_DEVICE);
	struct scatterlist list[IOMMU_ENTRIES];
	unsigned int i;

	sg_init_table(list, IOMMU_ENTRIES);
	for (i = 0; i < IOMMU_ENTRIES; i++)
		sg_set_buf(&list[i], lab_dma_pages(test, PAGE_SIZE), PAGE_SIZE);
	umlab_set_faults(fx.dma.slot, &(struct umlab_faults) { .map = 1 });
	KUNIT_EXPECT_EQ(test, dma_map_sg(fx.dma.dev, list, IOMMU_ENTRIES,
					 DMA_TO_DEVICE), 0);
	for (i = 1; i <= IOMMU_ENTRIES; i++)
		KUNIT_EXPECT_EQ(test, 0,
				iommu_iova_to_phys(fx.domain,
						   fx.bus - i * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, umlab_mappings(fx.dma.slot), 1);
	KUNIT_EXPECT_EQ(test, dma_map_sg(fx.dma.dev, list, IOMMU_ENTRIES,
					 DMA_TO_DEVICE), 1);
	dma_unmap_sg(fx.dma.dev, list, IOMMU_ENTRIES, DMA_TO_DEVICE);
	dma_unmap_single(fx.dma.dev, fx.bus, PAGE_SIZE, DMA_TO_DEVICE);
}

static struct kunit_case iommu_cases[] = {
	KUNIT_CASE(iommu_translates),
	KUNIT_CASE(iommu_translates_all),
	KUNIT_CASE(iommu_use_after_unmap),
	KUNIT_CASE_PARAM(iommu_permissions, iommu_right_gen_params),
	KUNIT_CASE(iommu_behind_the_api),
	KUNIT_CASE(iommu_finer_than_pages),
	KUNIT_CASE(iommu_groups),
	KUNIT_CASE(iommu_list_fails),
	{}
};

static struct kunit_suite iommu_suite = {
	.name		= "umlab_dma_iommu",
	.test_cases	= iommu_cases,
};

kunit_test_suite(iommu_suite);
