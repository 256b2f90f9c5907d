// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings and allocations that fail: since the test wants it so, or for want of
 * bounce buffers or bus addresses
 */

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <umlab/model.h>

#include "lib/dma.h"

/* How much of a page the device looks at */
#define FAIL_SIZE	256

/**
 * struct fail_buffer - memory, and how it is mapped
 * @page: the memory
 * @list: its halves
 * @memory: what was allocated
 * @bus: the bus address
 */
struct fail_buffer {
	u8 *page;
	struct scatterlist list[2];
	u8 *memory;
	dma_addr_t bus;
};

static bool fail_single(const struct lab_dma *dma, struct fail_buffer *buffer)
{
	buffer->bus = dma_map_single(dma->dev, buffer->page, PAGE_SIZE,
				     DMA_TO_DEVICE);
	return !dma_mapping_error(dma->dev, buffer->bus);
}

static void fail_single_undo(const struct lab_dma *dma,
			     struct fail_buffer *buffer)
{
	dma_unmap_single(dma->dev, buffer->bus, PAGE_SIZE, DMA_TO_DEVICE);
}

static bool fail_page(const struct lab_dma *dma, struct fail_buffer *buffer)
{
	buffer->bus = dma_map_page(dma->dev, virt_to_page(buffer->page), 0,
				   PAGE_SIZE, DMA_TO_DEVICE);
	return !dma_mapping_error(dma->dev, buffer->bus);
}

static void fail_page_undo(const struct lab_dma *dma,
			   struct fail_buffer *buffer)
{
	dma_unmap_page(dma->dev, buffer->bus, PAGE_SIZE, DMA_TO_DEVICE);
}

static bool fail_list(const struct lab_dma *dma, struct fail_buffer *buffer)
{
	unsigned int mapped;

	sg_init_table(buffer->list, ARRAY_SIZE(buffer->list));
	sg_set_buf(&buffer->list[0], buffer->page, PAGE_SIZE / 2);
	sg_set_buf(&buffer->list[1], buffer->page + PAGE_SIZE / 2,
		   PAGE_SIZE / 2);
	mapped = dma_map_sg(dma->dev, buffer->list, ARRAY_SIZE(buffer->list),
			    DMA_TO_DEVICE);
	buffer->bus = sg_dma_address(buffer->list);
	return mapped;
}

static void fail_list_undo(const struct lab_dma *dma,
			   struct fail_buffer *buffer)
{
	dma_unmap_sg(dma->dev, buffer->list, ARRAY_SIZE(buffer->list),
		     DMA_TO_DEVICE);
}

static bool fail_coherent(const struct lab_dma *dma, struct fail_buffer *buffer)
{
	buffer->memory = dma_alloc_coherent(dma->dev, PAGE_SIZE, &buffer->bus,
					    GFP_KERNEL);
	if (!buffer->memory)
		return false;
	memcpy(buffer->memory, buffer->page, PAGE_SIZE);
	return true;
}

static void fail_coherent_undo(const struct lab_dma *dma,
			       struct fail_buffer *buffer)
{
	dma_free_coherent(dma->dev, PAGE_SIZE, buffer->memory, buffer->bus);
}

/**
 * struct fail_call - a call that may fail
 * @name: in messages
 * @call: do it; return whether it succeeded
 * @undo: undo it
 * @alloc: it counts as an allocation, not as a mapping
 * @told: how often the journal has it if it fails: of lists, the kernel does not
 *	tell
 */
struct fail_call {
	const char *name;
	bool (*call)(const struct lab_dma *dma, struct fail_buffer *buffer);
	void (*undo)(const struct lab_dma *dma, struct fail_buffer *buffer);
	bool alloc;
	unsigned int told;
};

static const struct fail_call fail_calls[] = {
	{ "dma_map_single", fail_single, fail_single_undo, .told = 1 },
	{ "dma_map_page", fail_page, fail_page_undo, .told = 1 },
	{ "dma_map_sg", fail_list, fail_list_undo },
	{ "dma_alloc_coherent", fail_coherent, fail_coherent_undo,
	  .alloc = true, .told = 1 },
};

/* So often is each called, and the first, second or third time it fails. */
#define FAIL_CALLS	4

static void fail_nth(const struct lab_dma *dma, struct fail_buffer *buffers,
		     const struct fail_call *call, unsigned int nth)
{
	const struct umlab_faults faults = {
		.map = call->alloc ? 0 : nth,
		.alloc = call->alloc ? nth : 0,
	};
	const struct umlab_event failed =
		UMLAB_DID_ANY(call->alloc ? UMLAB_ALLOC_FAILED :
					    UMLAB_MAP_FAILED);
	u64 begin = umlab_journal_now();
	unsigned int i;

	umlab_set_faults(dma->slot, &faults);
	for (i = 0; i < FAIL_CALLS; i++) {
		bool done = call->call(dma, &buffers[i]);

		KUNIT_ASSERT_EQ_MSG(dma->test, done, i + 1 != nth,
				    "%s: call %u", call->name, i + 1);
		if (done)
			lab_dma_expect_read(dma, buffers[i].bus, FAIL_SIZE, i);
	}
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), FAIL_CALLS - 1);
	for (i = 0; i < FAIL_CALLS; i++) {
		if (i + 1 != nth)
			call->undo(dma, &buffers[i]);
	}
	KUNIT_EXPECT_EQ_MSG(dma->test,
			    umlab_journal_count(dma->slot, begin, failed),
			    call->told, "%s", call->name);
}

/* One fails, and those before and after it work. */
static void fail_each(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct fail_buffer buffers[FAIL_CALLS] = { };
	unsigned int i, nth;

	for (i = 0; i < FAIL_CALLS; i++) {
		buffers[i].page = lab_dma_pages(test, PAGE_SIZE);
		lab_dma_fill(buffers[i].page, PAGE_SIZE, i);
	}
	for (i = 0; i < ARRAY_SIZE(fail_calls); i++) {
		for (nth = 1; nth < FAIL_CALLS; nth++)
			fail_nth(&dma, buffers, &fail_calls[i], nth);
	}
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

static struct fail_buffer fail_buffer_new(struct kunit *test)
{
	return (struct fail_buffer) {
		.page = lab_dma_pages(test, PAGE_SIZE),
	};
}

/*
 * Mappings and allocations are counted apart. But behind the IOMMU, which only
 * knows of page tables, the first one that comes is the one that fails.
 */
static void fail_in_line(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct fail_buffer buffer = fail_buffer_new(test);
	bool iommu = lab_dma_is(&dma, UMLAB_DMA_IOMMU);

	umlab_set_faults(dma.slot, &(struct umlab_faults) {
		.map = 1, .alloc = 1,
	});
	KUNIT_EXPECT_FALSE(test, fail_coherent(&dma, &buffer));
	KUNIT_EXPECT_FALSE(test, fail_single(&dma, &buffer));
	umlab_set_faults(dma.slot, &(struct umlab_faults) { .alloc = 1 });
	KUNIT_EXPECT_EQ(test, fail_single(&dma, &buffer), !iommu);
	if (!iommu)
		fail_single_undo(&dma, &buffer);
	KUNIT_EXPECT_EQ(test, fail_coherent(&dma, &buffer), iommu);
	if (iommu)
		fail_coherent_undo(&dma, &buffer);
	KUNIT_ASSERT_TRUE(test, fail_single(&dma, &buffer));
	fail_single_undo(&dma, &buffer);
	KUNIT_ASSERT_TRUE(test, fail_coherent(&dma, &buffer));
	fail_coherent_undo(&dma, &buffer);
}

/* A list that cannot be mapped is as it was before. */
static void fail_sgtable(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *pages = lab_dma_pages(test, 2 * PAGE_SIZE);
	struct scatterlist list[2];
	struct sg_table table = { .sgl = list, .nents = 7, .orig_nents = 2 };

	sg_init_table(list, ARRAY_SIZE(list));
	sg_set_buf(&list[0], pages + 100, 300);
	sg_set_buf(&list[1], pages + PAGE_SIZE + 7, 9);
	umlab_set_faults(dma.slot, &(struct umlab_faults) { .map = 1 });
	KUNIT_EXPECT_EQ(test, dma_map_sgtable(dma.dev, &table, DMA_TO_DEVICE,
					      0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, table.nents, 7);
	KUNIT_EXPECT_PTR_EQ(test, sg_virt(&list[0]), pages + 100);
	KUNIT_EXPECT_EQ(test, list[0].length, 300);
	KUNIT_EXPECT_PTR_EQ(test, sg_virt(&list[1]), pages + PAGE_SIZE + 7);
	KUNIT_EXPECT_EQ(test, list[1].length, 9);
	KUNIT_ASSERT_EQ(test, dma_map_sgtable(dma.dev, &table, DMA_TO_DEVICE,
					      0), 0);
	KUNIT_EXPECT_EQ(test, table.nents, 2);
	dma_unmap_sgtable(dma.dev, &table, DMA_TO_DEVICE, 0);
}

/*
 * The driver does not look whether a mapping has failed (bug class map-unchecked).
 * It gives the device what it got, and unmaps that, of which the kernel tells as
 * well.
 */
static void fail_unchecked(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *page = lab_dma_pages(test, PAGE_SIZE);
	u8 bytes[FAIL_SIZE];
	dma_addr_t bus;

	umlab_set_faults(dma.slot, &(struct umlab_faults) { .map = 1 });
	bus = dma_map_single(dma.dev, page, PAGE_SIZE, DMA_TO_DEVICE);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus, bytes, 1), -EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, bus, bytes, sizeof(bytes)),
			-EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNKNOWN);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_API);
	lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_IOMMU));
	dma_unmap_single(dma.dev, bus, PAGE_SIZE, DMA_TO_DEVICE);
}

/* A device of few address bits has it told as what it is, too. */
static void fail_unchecked_narrow(struct kunit *test)
{
	struct umlab_model model = lab_dma_model;
	struct lab_dma dma;
	u8 byte;

	model.dma_bits = 32;
	dma = lab_dma_plug_model(test, &model, NULL);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, DMA_MAPPING_ERROR, &byte, 1),
			-EIO);
	umlab_expect_violation(dma.slot, UMLAB_VIOLATION_DMA_WIDTH);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&dma, DMA_MAPPING_ERROR - 1, &byte,
					   1), -EIO);
}

#define FAIL_SLOTS	4

static const struct umlab_topology fail_few_slots = {
	.name = "few slots", .dma = UMLAB_DMA_BOUNCE, .slots = FAIL_SLOTS,
};

static void fail_expect(const struct lab_dma *dma, u8 *buffer, size_t size)
{
	unsigned int before = umlab_mappings(dma->slot);
	dma_addr_t bus = dma_map_single(dma->dev, buffer, size, DMA_TO_DEVICE);

	KUNIT_EXPECT_NE(dma->test, dma_mapping_error(dma->dev, bus), 0);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), before);
}

/* Fill the room there is with @count mappings, and make room for one again */
static void fail_when_full(const struct lab_dma *dma, size_t size,
			   dma_addr_t *bus, unsigned int count)
{
	u8 *buffer = lab_dma_pages(dma->test, size);
	unsigned int i;

	lab_dma_fill(buffer, size, 1);
	for (i = 0; i < count; i++)
		bus[i] = lab_dma_map(dma, buffer, size, DMA_TO_DEVICE);
	fail_expect(dma, buffer, size);
	fail_expect(dma, buffer, 1);
	dma_unmap_single(dma->dev, bus[1], size, DMA_TO_DEVICE);
	bus[1] = lab_dma_map(dma, buffer, size, DMA_TO_DEVICE);
	fail_expect(dma, buffer, size);
	for (i = 0; i < count; i++) {
		lab_dma_expect_read(dma, bus[i], size, 1);
		dma_unmap_single(dma->dev, bus[i], size, DMA_TO_DEVICE);
	}
}

static void fail_pool(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &fail_few_slots);
	dma_addr_t bus[FAIL_SLOTS];

	fail_when_full(&dma, UMLAB_BOUNCE_SLOT, bus, FAIL_SLOTS);
}

/* What fails takes no bounce buffers with it: all are free afterwards. */
static void fail_pool_leaves(struct kunit *test)
{
	struct lab_dma dma = lab_dma_in(test, &fail_few_slots);
	struct scatterlist list[FAIL_SLOTS + 1];
	dma_addr_t bus[FAIL_SLOTS];
	u8 *page = lab_dma_pages(test, UMLAB_BOUNCE_SLOT);
	unsigned int i;

	sg_init_table(list, ARRAY_SIZE(list));
	for (i = 0; i < ARRAY_SIZE(list); i++)
		sg_set_buf(&list[i], page, UMLAB_BOUNCE_SLOT);
	KUNIT_EXPECT_EQ(test, dma_map_sg(dma.dev, list, ARRAY_SIZE(list),
					 DMA_TO_DEVICE), 0);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
	dma.dev->bus_dma_limit = PAGE_SIZE - 1;
	lab_dma_expect_warn(&dma, BIT(UMLAB_DMA_BOUNCE));
	fail_expect(&dma, page, UMLAB_BOUNCE_SLOT);
	dma.dev->bus_dma_limit = 0;
	fail_when_full(&dma, UMLAB_BOUNCE_SLOT, bus, FAIL_SLOTS);
}

/* Bounce buffers go on for 256 KiB at most. */
static void fail_too_long(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *buffer = lab_dma_pages(test, SZ_256K + 1);
	bool bounce = lab_dma_is(&dma, UMLAB_DMA_BOUNCE);
	size_t size = bounce ? SZ_256K : SZ_256K + 1;
	dma_addr_t bus;

	KUNIT_EXPECT_EQ(test, dma_max_mapping_size(dma.dev),
			bounce ? SZ_256K : SIZE_MAX);
	if (bounce)
		fail_expect(&dma, buffer, size + 1);
	bus = lab_dma_map(&dma, buffer, size, DMA_TO_DEVICE);
	dma_unmap_single(dma.dev, bus, size, DMA_TO_DEVICE);
}

#define FAIL_PIECES	(SZ_1M / SZ_64K)

/* An IOMMU that translates 1 MiB of bus addresses gives all of it away. */
static void fail_aperture(struct kunit *test)
{
	static const struct umlab_topology narrow = {
		.name = "narrow",
		.dma = UMLAB_DMA_IOMMU,
		.aperture_start = SZ_16M,
		.aperture_end = SZ_16M + SZ_1M - 1,
	};
	struct lab_dma dma = lab_dma_in(test, &narrow);
	struct fail_buffer buffer = fail_buffer_new(test);
	dma_addr_t bus[FAIL_PIECES];
	unsigned int i;

	fail_when_full(&dma, SZ_64K, bus, FAIL_PIECES);
	for (i = 0; i < FAIL_PIECES; i++) {
		KUNIT_EXPECT_GE(test, bus[i], narrow.aperture_start);
		KUNIT_EXPECT_LE(test, bus[i] + SZ_64K - 1, narrow.aperture_end);
	}
	KUNIT_ASSERT_TRUE(test, fail_coherent(&dma, &buffer));
	KUNIT_EXPECT_GE(test, buffer.bus, narrow.aperture_start);
	KUNIT_EXPECT_LE(test, buffer.bus + PAGE_SIZE - 1, narrow.aperture_end);
	fail_coherent_undo(&dma, &buffer);
}

static struct kunit_case fail_cases[] = {
	KUNIT_CASE_PARAM(fail_each, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(fail_in_line, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(fail_sgtable, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(fail_unchecked, umlab_topology_gen_params),
	KUNIT_CASE(fail_unchecked_narrow),
	KUNIT_CASE(fail_pool),
	KUNIT_CASE(fail_pool_leaves),
	KUNIT_CASE_PARAM(fail_too_long, umlab_topology_gen_params),
	KUNIT_CASE(fail_aperture),
	{}
};

static struct kunit_suite fail_suite = {
	.name		= "umlab_dma_fail",
	.test_cases	= fail_cases,
};

kunit_test_suite(fail_suite);
