// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a driver does wrong with the DMA API
 *
 * Each rule is broken on purpose, and beside that kept, which passes in silence.
 * The kernel's own checks (kernel/dma/debug.c) see some of it too, and how often
 * they complain is a part of what is expected. Left out is what would harm the
 * kernel itself, such as to free memory twice.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <umlab/model.h>

#include "lib/dma.h"
#include "lib/klog.h"
#include "lib/pci_fixture.h"
#include "lib/quiet.h"

/* Sets of topologies, by places in umlab_topologies: coherent ones are first */
#define RULES_ALL	GENMASK(UMLAB_TOPOLOGIES - 1, 0)
#define RULES_CACHED	GENMASK(UMLAB_TOPOLOGIES / 2 - 1, 0)
#define RULES_STRAIGHT	(BIT(UMLAB_DMA_DIRECT) | BIT(UMLAB_DMA_OFFSET))
#define RULES_IOMMU	BIT(UMLAB_DMA_IOMMU)

#define RULES_SIZE	200
#define RULES_MEMORY	(3 * PAGE_SIZE)

static void rules_expect(const struct lab_dma *dma, enum umlab_violation kind,
			 unsigned int times)
{
	while (times--)
		umlab_expect_violation(dma->slot, kind);
}

/**
 * enum rules_how - a call that ends or syncs a mapping, and what it is for
 * @RULES_NOTHING: no call
 * @RULES_SINGLE: dma_unmap_single()
 * @RULES_RESOURCE: dma_unmap_resource()
 * @RULES_LIST: dma_unmap_sg()
 * @RULES_COHERENT: dma_free_coherent()
 * @RULES_PAGES: dma_free_noncoherent()
 * @RULES_SYNC_CPU: dma_sync_single_for_cpu(); this and the rest end nothing
 * @RULES_SYNC_DEVICE: dma_sync_single_for_device()
 * @RULES_SYNC_LIST: dma_sync_sg_for_device()
 */
enum rules_how {
	RULES_NOTHING,
	RULES_SINGLE,
	RULES_RESOURCE,
	RULES_LIST,
	RULES_COHERENT,
	RULES_PAGES,
	RULES_SYNC_CPU,
	RULES_SYNC_DEVICE,
	RULES_SYNC_LIST,
};

/**
 * struct rules_call - a call and its arguments
 * @how: which
 * @size: in bytes; of a list: how many entries
 * @dir: the direction
 * @at: how far it is from the start of what is mapped, in bytes
 */
struct rules_call {
	enum rules_how how;
	size_t size;
	enum dma_data_direction dir;
	unsigned int at;
};

/**
 * struct rules_row - a mapping, and a call that does not go with it
 * @name: the case
 * @map: how it is mapped, which is also how to end it
 * @wrong: the call; none: it is forgotten
 * @kind: what comes of that
 * @api: how often the kernel's own checks complain
 * @in: in which topologies it can be done
 * @right: what it would have to be, if it does not end the mapping
 * @stays: for those checks it is still mapped, and has to be unmapped once more
 */
struct rules_row {
	const char *name;
	struct rules_call map;
	struct rules_call wrong;
	enum umlab_violation kind;
	unsigned int api;
	unsigned int in;
	struct rules_call right;
	bool stays;
};

static const struct rules_row rules_rows[] = {
	{ "unmapped with another size",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE - 1, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_ALL },
	{ "unmapped in another direction",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE, DMA_FROM_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_ALL },
	{ "unmapped in one of both directions",
	  { RULES_SINGLE, RULES_SIZE, DMA_BIDIRECTIONAL },
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_CACHED },
	{ "unmapped by an address inside",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE - 64, DMA_TO_DEVICE, 64 },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_CACHED, .stays = true },
	/* Which does nothing for a bounce buffer, so that would be lost. */
	{ "unmapped as a resource",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_RESOURCE, RULES_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_STRAIGHT | RULES_IOMMU },
	{ "list unmapped as a single one",
	  { RULES_LIST, 1, DMA_TO_DEVICE },
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_CACHED },
	/* A complaint for each entry there was */
	{ "list unmapped with more entries",
	  { RULES_LIST, 2, DMA_TO_DEVICE },
	  { RULES_LIST, 3, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 2, RULES_ALL },
	{ "coherent memory freed with another size",
	  { RULES_COHERENT, 100, DMA_BIDIRECTIONAL },
	  { RULES_COHERENT, 200, DMA_BIDIRECTIONAL },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_ALL },
	{ "pages freed in another direction",
	  { RULES_PAGES, PAGE_SIZE, DMA_FROM_DEVICE },
	  { RULES_PAGES, PAGE_SIZE, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_UNMAP, 1, RULES_CACHED },
	{ "synced past the end",
	  { RULES_SINGLE, RULES_SIZE, DMA_FROM_DEVICE },
	  { RULES_SYNC_DEVICE, 51, DMA_FROM_DEVICE, RULES_SIZE - 50 },
	  UMLAB_VIOLATION_DMA_SYNC, 1, RULES_ALL,
	  .right = { RULES_SYNC_DEVICE, 50, DMA_FROM_DEVICE, RULES_SIZE - 50 } },
	{ "synced for the device in another direction",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SYNC_DEVICE, RULES_SIZE, DMA_FROM_DEVICE },
	  UMLAB_VIOLATION_DMA_SYNC, 1, RULES_CACHED,
	  .right = { RULES_SYNC_DEVICE, RULES_SIZE, DMA_TO_DEVICE } },
	/* That it differs, and that the device has written nothing */
	{ "synced for the CPU in another direction",
	  { RULES_SINGLE, RULES_SIZE, DMA_TO_DEVICE },
	  { RULES_SYNC_CPU, RULES_SIZE, DMA_FROM_DEVICE },
	  UMLAB_VIOLATION_DMA_SYNC, 2, RULES_ALL,
	  .right = { RULES_SYNC_CPU, RULES_SIZE, DMA_TO_DEVICE } },
	/* They take all that is mapped both ways to be fine. */
	{ "coherent memory synced",
	  { RULES_COHERENT, RULES_SIZE, DMA_BIDIRECTIONAL },
	  { RULES_SYNC_DEVICE, RULES_SIZE, DMA_BIDIRECTIONAL },
	  UMLAB_VIOLATION_DMA_SYNC, 0, RULES_ALL },
	{ "list synced with fewer entries",
	  { RULES_LIST, 2, DMA_TO_DEVICE },
	  { RULES_SYNC_LIST, 1, DMA_TO_DEVICE },
	  UMLAB_VIOLATION_DMA_SYNC, 1, RULES_CACHED,
	  .right = { RULES_SYNC_LIST, 2, DMA_TO_DEVICE } },
	/* They look when a driver is unbound, and here is none. */
	{ "mapping leaked", { RULES_SINGLE, RULES_SIZE, DMA_FROM_DEVICE }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, RULES_ALL },
	{ "list leaked", { RULES_LIST, 3, DMA_BIDIRECTIONAL }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, RULES_ALL },
	{ "coherent memory leaked", { RULES_COHERENT, 5000 }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, RULES_ALL },
	{ "pages leaked", { RULES_PAGES, PAGE_SIZE, DMA_TO_DEVICE }, { },
	  UMLAB_VIOLATION_DMA_LEAK, 0, RULES_ALL },
};

KUNIT_ARRAY_PARAM_DESC(rules_row, rules_rows, name);

/**
 * struct rules_buffer - what is mapped
 * @dma: for which device
 * @memory: RULES_MEMORY bytes
 * @list: a part of each page of that
 * @cpu: memory that was allocated
 * @bus: the bus address
 */
struct rules_buffer {
	const struct lab_dma *dma;
	u8 *memory;
	struct scatterlist list[3];
	void *cpu;
	dma_addr_t bus;
};

static void rules_map_list(struct rules_buffer *buffer,
			   const struct rules_call *call)
{
	const struct lab_dma *dma = buffer->dma;
	unsigned int i;

	sg_init_table(buffer->list, ARRAY_SIZE(buffer->list));
	for (i = 0; i < ARRAY_SIZE(buffer->list); i++)
		sg_set_buf(&buffer->list[i], buffer->memory + i * PAGE_SIZE,
			   RULES_SIZE);
	KUNIT_ASSERT_EQ(dma->test, call->size,
			dma_map_sg(dma->dev, buffer->list, call->size,
				   call->dir));
	buffer->bus = sg_dma_address(buffer->list);
}

static void rules_map(struct rules_buffer *buffer,
		      const struct rules_call *call)
{
	const struct lab_dma *dma = buffer->dma;

	switch (call->how) {
	case RULES_LIST:
		rules_map_list(buffer, call);
		break;
	case RULES_COHERENT:
		buffer->cpu = dma_alloc_coherent(dma->dev, call->size,
						 &buffer->bus, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(dma->test, buffer->cpu);
		break;
	case RULES_PAGES:
		buffer->cpu = dma_alloc_noncoherent(dma->dev, call->size,
						    &buffer->bus, call->dir,
						    GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(dma->test, buffer->cpu);
		break;
	default:
		buffer->bus = lab_dma_map(dma, buffer->memory, call->size,
					  call->dir);
		break;
	}
}

static void rules_do(struct rules_buffer *buffer, const struct rules_call *call)
{
	struct device *dev = buffer->dma->dev;
	dma_addr_t bus = buffer->bus + call->at;

	switch (call->how) {
	case RULES_NOTHING:
		break;
	case RULES_SINGLE:
		dma_unmap_single(dev, bus, call->size, call->dir);
		break;
	case RULES_RESOURCE:
		dma_unmap_resource(dev, bus, call->size, call->dir, 0);
		break;
	case RULES_LIST:
		dma_unmap_sg(dev, buffer->list, call->size, call->dir);
		break;
	case RULES_COHERENT:
		dma_free_coherent(dev, call->size, buffer->cpu, bus);
		break;
	case RULES_PAGES:
		dma_free_noncoherent(dev, call->size, buffer->cpu, bus,
				     call->dir);
		break;
	case RULES_SYNC_CPU:
		dma_sync_single_for_cpu(dev, bus, call->size, call->dir);
		break;
	case RULES_SYNC_DEVICE:
		dma_sync_single_for_device(dev, bus, call->size, call->dir);
		break;
	case RULES_SYNC_LIST:
		dma_sync_sg_for_device(dev, buffer->list, call->size,
				       call->dir);
		break;
	}
}

/* First right, and then wrong */
static void rules_break(struct rules_buffer *buffer,
			const struct rules_row *row)
{
	const struct lab_dma *dma = buffer->dma;

	rules_map(buffer, &row->map);
	rules_do(buffer, &row->right);
	rules_do(buffer, &row->map);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);

	rules_expect(dma, row->kind, 1);
	rules_expect(dma, UMLAB_VIOLATION_DMA_API, row->api);
	rules_expect(dma, UMLAB_VIOLATION_DMA_TWICE, row->stays);
	rules_map(buffer, &row->map);
	rules_do(buffer, &row->wrong);
	if (row->wrong.how >= RULES_SYNC_CPU || row->stays)
		rules_do(buffer, &row->map);
	lab_dma_expect_violations(dma, UMLAB_VIOLATION_DMA_API, row->api);
	KUNIT_EXPECT_EQ_MSG(dma->test, umlab_mappings(dma->slot),
			    row->kind == UMLAB_VIOLATION_DMA_LEAK, "%s",
			    umlab_topology(dma->slot)->name);
}

static void rules_wrong_call(struct kunit *test)
{
	struct rules_buffer buffer = {
		.memory = lab_dma_pages(test, RULES_MEMORY),
	};
	const struct rules_row *row = test->param_value;
	struct lab_dma dma;
	unsigned int i;

	buffer.dma = &dma;
	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		if (!(row->in & BIT(i)))
			continue;
		dma = lab_dma_in(test, &umlab_topologies[i]);
		rules_break(&buffer, row);
		umlab_unplug(test, dma.slot);
	}
}

static void rules_twice(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = lab_dma_map(dma, memory, RULES_SIZE, DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
	if (wrong)
		dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

static void rules_sync_late(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = lab_dma_map(dma, memory, RULES_SIZE, DMA_TO_DEVICE);

	if (!wrong)
		dma_sync_single_for_cpu(dma->dev, bus, 1, DMA_TO_DEVICE);
	dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
	if (wrong)
		dma_sync_single_for_cpu(dma->dev, bus, 1, DMA_TO_DEVICE);
}

/* The address that is in a descriptor nobody has filled in */
static void rules_never(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = wrong ? 0 : lab_dma_map(dma, memory, RULES_SIZE,
						 DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

static void rules_failed(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = DMA_MAPPING_ERROR;

	if (wrong || !dma_mapping_error(dma->dev, bus))
		dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

static void rules_unchecked(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = dma_map_single(dma->dev, memory, RULES_SIZE,
					DMA_TO_DEVICE);

	if (wrong || !dma_mapping_error(dma->dev, bus))
		dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

static void rules_others(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	struct lab_dma other = lab_dma_in(dma->test, umlab_topology(dma->slot));
	dma_addr_t bus = lab_dma_map(&other, memory, RULES_SIZE, DMA_TO_DEVICE);

	if (wrong)
		dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(other.dev, bus, RULES_SIZE, DMA_TO_DEVICE);
	umlab_unplug(dma->test, other.slot);
}

static void rules_swapped(const struct lab_dma *dma, u8 *memory, bool wrong)
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
static void rules_merged(const struct lab_dma *dma, u8 *memory, bool wrong)
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

static void rules_constant(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	static const u8 constant[RULES_SIZE] = { 1 };
	void *buffer = wrong ? (void *)constant : memory;
	dma_addr_t bus = lab_dma_map(dma, buffer, RULES_SIZE, DMA_TO_DEVICE);

	dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

static void rules_coherent(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t shared, bus;
	void *cpu = dma_alloc_coherent(dma->dev, 100, &shared, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(dma->test, cpu);
	bus = lab_dma_map(dma, wrong ? cpu : memory, 100, DMA_TO_DEVICE);
	dma_unmap_single(dma->dev, bus, 100, DMA_TO_DEVICE);
	dma_free_coherent(dma->dev, 100, cpu, shared);
}

/* The device takes it twice, and has to be done with it twice. */
static void rules_in_flight(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus = lab_dma_map(dma, memory, RULES_SIZE, DMA_TO_DEVICE);

	KUNIT_EXPECT_EQ(dma->test, lab_dma_hold(dma, bus, true), 0);
	KUNIT_EXPECT_EQ(dma->test,
			lab_dma_hold(dma, bus + RULES_SIZE - 1, true), 0);
	lab_dma_hold(dma, bus, false);
	if (!wrong)
		lab_dma_hold(dma, bus + 100, false);
	dma_unmap_single(dma->dev, bus, RULES_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_hold(dma, bus, true), -EIO);
}

static void rules_leaks(const struct lab_dma *dma, u8 *memory, bool wrong)
{
	dma_addr_t bus[12];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bus); i++)
		bus[i] = lab_dma_map(dma, memory + 64 * i, 64, DMA_TO_DEVICE);
	for (i = 0; i < ARRAY_SIZE(bus) && !wrong; i++)
		dma_unmap_single(dma->dev, bus[i], 64, DMA_TO_DEVICE);
}

/**
 * struct rules_mistake - one that takes more than one wrong argument
 * @name: the case
 * @make: makes it, or does the same right
 * @kind: what comes of it
 * @times: how often
 * @api: how often the kernel's own checks complain
 * @in: in which topologies it can be made
 */
struct rules_mistake {
	const char *name;
	void (*make)(const struct lab_dma *dma, u8 *memory, bool wrong);
	enum umlab_violation kind;
	unsigned int times;
	unsigned int api;
	unsigned int in;
};

static const struct rules_mistake rules_mistakes[] = {
	{ "unmapped twice", rules_twice, UMLAB_VIOLATION_DMA_TWICE, 1, 1,
	  RULES_ALL },
	{ "synced when unmapped", rules_sync_late, UMLAB_VIOLATION_DMA_TWICE,
	  1, 1, RULES_CACHED },
	{ "unmapped and never mapped", rules_never,
	  UMLAB_VIOLATION_DMA_UNKNOWN, 1, 1, RULES_CACHED },
	{ "unmapped though mapping failed", rules_failed,
	  UMLAB_VIOLATION_DMA_UNKNOWN, 1, 1, RULES_CACHED },
	{ "not checked whether mapping failed", rules_unchecked,
	  UMLAB_VIOLATION_DMA_API, 1, 0, RULES_CACHED },
	{ "unmapped for another device", rules_others,
	  UMLAB_VIOLATION_DMA_DEVICE, 1, 1, RULES_ALL },
	{ "coherent memory freed by another's address", rules_swapped,
	  UMLAB_VIOLATION_DMA_UNMAP, 2, 2, RULES_ALL },
	{ "list unmapped with as many as were made of it", rules_merged,
	  UMLAB_VIOLATION_DMA_UNMAP, 1, 1, RULES_IOMMU },
	{ "constant data mapped", rules_constant, UMLAB_VIOLATION_DMA_MEMORY,
	  1, 1, RULES_ALL },
	/* They look at the first line of what the device writes. */
	{ "coherent memory mapped", rules_coherent,
	  UMLAB_VIOLATION_DMA_OVERLAP, 1, 0,
	  RULES_STRAIGHT | BIT(UMLAB_DMA_BOUNCE) },
	{ "unmapped in flight", rules_in_flight, UMLAB_VIOLATION_DMA_BUSY, 1,
	  0, RULES_ALL },
	/* Eight one by one, and all the others */
	{ "a dozen leaked", rules_leaks, UMLAB_VIOLATION_DMA_LEAK, 9, 0,
	  RULES_CACHED },
};

KUNIT_ARRAY_PARAM_DESC(rules_mistake, rules_mistakes, name);

static void rules_wrong_use(struct kunit *test)
{
	const struct rules_mistake *row = test->param_value;
	u8 *memory = lab_dma_pages(test, RULES_MEMORY);
	unsigned int i;

	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		struct lab_dma dma;

		if (!(row->in & BIT(i)))
			continue;
		dma = lab_dma_in(test, &umlab_topologies[i]);
		row->make(&dma, memory, false);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
		rules_expect(&dma, row->kind, row->times);
		rules_expect(&dma, UMLAB_VIOLATION_DMA_API, row->api);
		row->make(&dma, memory, true);
		umlab_unplug(test, dma.slot);
	}
}

/**
 * struct rules_pair - two mappings that overlap
 * @name: the case
 * @first: the direction of the first, of 512 bytes
 * @second: that of the second
 * @at: how far the second is from the start of the first, in bytes
 * @wrong: whether that is a violation
 * @api: how often the kernel's own checks complain, of the first lines alone
 */
struct rules_pair {
	const char *name;
	enum dma_data_direction first;
	enum dma_data_direction second;
	unsigned int at;
	bool wrong;
	unsigned int api;
};

static const struct rules_pair rules_pairs[] = {
	{ "both read", DMA_TO_DEVICE, DMA_TO_DEVICE, 0 },
	{ "both written", DMA_FROM_DEVICE, DMA_FROM_DEVICE, 0, true, 1 },
	{ "both written, from the middle", DMA_FROM_DEVICE, DMA_FROM_DEVICE,
	  256, true },
	{ "both written, one byte", DMA_FROM_DEVICE, DMA_FROM_DEVICE, 511,
	  true },
	{ "both written, side by side", DMA_FROM_DEVICE, DMA_FROM_DEVICE, 512 },
	{ "read, then written", DMA_TO_DEVICE, DMA_FROM_DEVICE, 0, true },
	{ "written, then read", DMA_FROM_DEVICE, DMA_TO_DEVICE, 0, true },
	{ "read, then both", DMA_TO_DEVICE, DMA_BIDIRECTIONAL, 0, true },
	{ "both, twice", DMA_BIDIRECTIONAL, DMA_BIDIRECTIONAL, 0, true, 1 },
};

KUNIT_ARRAY_PARAM_DESC(rules_pair, rules_pairs, name);

static void rules_overlap(struct kunit *test)
{
	const struct rules_pair *pair = test->param_value;
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < UMLAB_TOPOLOGIES; i++) {
		struct lab_dma dma = lab_dma_in(test, &umlab_topologies[i]);
		dma_addr_t first = lab_dma_map(&dma, memory, 512, pair->first);
		dma_addr_t second;

		rules_expect(&dma, UMLAB_VIOLATION_DMA_OVERLAP, pair->wrong);
		rules_expect(&dma, UMLAB_VIOLATION_DMA_API, pair->api);
		second = lab_dma_map(&dma, memory + pair->at, 512, pair->second);
		dma_unmap_single(dma.dev, first, 512, pair->first);
		dma_unmap_single(dma.dev, second, 512, pair->second);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
		umlab_unplug(test, dma.slot);
	}
}

/**
 * struct rules_share - one of the mappings of memory that the device only reads
 * @at: where in the memory it begins, in bytes
 * @bus: the bus address
 * @live: it is mapped
 */
struct rules_share {
	unsigned int at;
	dma_addr_t bus;
	bool live;
};

#define RULES_SHARES	3
#define RULES_SHARE	100	/* bytes */

static const u8 rules_orders[][RULES_SHARES] = {
	{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
	{ 2, 1, 0 },
};

/* The device reads a byte, which it may if some mapping or other has it. */
static void rules_probe(const struct lab_dma *dma,
			const struct rules_share *shares, dma_addr_t bus)
{
	bool may = false;
	unsigned int i;
	u8 byte;

	for (i = 0; i < RULES_SHARES; i++)
		may |= shares[i].live && bus - shares[i].bus < RULES_SHARE;
	rules_expect(dma, UMLAB_VIOLATION_DMA_UNMAPPED, !may);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, &byte, 1),
			may ? 0 : -EIO);
}

static void rules_look(const struct lab_dma *dma,
		       const struct rules_share *shares)
{
	unsigned int i;

	for (i = 0; i < RULES_SHARES; i++) {
		dma_addr_t bus = shares[i].bus;

		if (shares[i].live)
			lab_dma_expect_read(dma, bus, RULES_SHARE,
					    1 + shares[i].at);
		rules_probe(dma, shares, bus - 1);
		rules_probe(dma, shares, bus);
		rules_probe(dma, shares, bus + RULES_SHARE - 1);
		rules_probe(dma, shares, bus + RULES_SHARE);
	}
}

/* Mapped thrice, twice the same; each is there for as long as it is mapped. */
static void rules_shared(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	unsigned int i, j;

	lab_quiet_console(test);
	lab_dma_fill(memory, 2 * RULES_SHARE, 1);
	for (i = 0; i < ARRAY_SIZE(rules_orders); i++) {
		struct rules_share shares[RULES_SHARES] = {
			{ 0 }, { 0 }, { RULES_SHARE / 2 },
		};

		for (j = 0; j < RULES_SHARES; j++) {
			shares[j].bus = lab_dma_map(&dma, memory + shares[j].at,
						    RULES_SHARE, DMA_TO_DEVICE);
			shares[j].live = true;
		}
		/* Where the first ends, the third goes on. */
		if (shares[2].bus == shares[0].bus + RULES_SHARE / 2)
			lab_dma_expect_read(&dma, shares[0].bus,
					    RULES_SHARE * 3 / 2, 1);
		rules_look(&dma, shares);
		for (j = 0; j < RULES_SHARES; j++) {
			struct rules_share *share = &shares[rules_orders[i][j]];

			dma_unmap_single(dma.dev, share->bus, RULES_SHARE,
					 DMA_TO_DEVICE);
			share->live = false;
			rules_look(&dma, shares);
		}
	}
}

/* A driver is unbound: with nothing mapped, and then with one of two. */
static void rules_unbind(struct kunit *test)
{
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma = { .test = test };
	struct lab_pci pci;
	unsigned int leaks;

	lab_drv_register(test, NULL);
	pci = lab_pci_plug(test, &lab_card_model, NULL);
	dma.slot = pci.slot;
	dma.dev = &pci.pdev->dev;
	for (leaks = 0; leaks < 2; leaks++) {
		dma_addr_t one, two;

		KUNIT_ASSERT_EQ(test, 0,
				dma_set_mask(dma.dev, DMA_BIT_MASK(64)));
		one = lab_dma_map(&dma, memory, 64, DMA_TO_DEVICE);
		two = lab_dma_map(&dma, memory + 64, 64, DMA_TO_DEVICE);
		dma_unmap_single(dma.dev, one, 64, DMA_TO_DEVICE);
		if (!leaks)
			dma_unmap_single(dma.dev, two, 64, DMA_TO_DEVICE);
		rules_expect(&dma, UMLAB_VIOLATION_DMA_LEAK, leaks);
		rules_expect(&dma, UMLAB_VIOLATION_DMA_API, leaks);
		device_release_driver(dma.dev);
		lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_LEAK,
					  leaks);
		lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_API, leaks);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
		KUNIT_ASSERT_EQ(test, device_attach(dma.dev), 1);
	}
}

/* A device that is reset has forgotten what it was to do. */
static void rules_reset(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_EXP, .exp.flr = true,
	};
	struct umlab_model model = lab_dma_model;
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma;
	dma_addr_t bus;

	model.caps = &cap;
	model.num_caps = 1;
	dma = lab_dma_plug_model(test, &model, NULL);
	bus = lab_dma_map(&dma, memory, RULES_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, lab_dma_hold(&dma, bus, true), 0);
	KUNIT_EXPECT_EQ(test, pcie_flr(umlab_pdev(dma.slot)), 0);
	dma_unmap_single(dma.dev, bus, RULES_SIZE, DMA_TO_DEVICE);
}

static void rules_end_other(void *other)
{
	struct kunit *test = current->kunit_test;

	kunit_cleanup(other);
	current->kunit_test = test;
}

/* It fails the test that the device is there for, not the one that runs. */
static void rules_whose(struct kunit *test)
{
	struct kunit *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	struct lab_dma dma;

	KUNIT_ASSERT_NOT_NULL(test, other);
	kunit_init_test(other, "other", NULL);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, rules_end_other,
						  other));
	dma = lab_dma_plug(other, NULL);
	rules_in_flight(&dma, memory, false);
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_SUCCESS);
	rules_in_flight(&dma, memory, true);
	KUNIT_EXPECT_EQ(test, other->status, KUNIT_FAILURE);
	KUNIT_EXPECT_EQ(test, umlab_violations(dma.slot,
					       UMLAB_VIOLATION_DMA_BUSY), 1);
}

static noinline dma_addr_t rules_maker(const struct lab_dma *dma, u8 *memory)
{
	dma_addr_t bus = dma_map_single(dma->dev, memory, 100, DMA_TO_DEVICE);

	KUNIT_ASSERT_EQ(dma->test, dma_mapping_error(dma->dev, bus), 0);
	return bus;
}

static noinline void rules_ender(const struct lab_dma *dma, dma_addr_t bus)
{
	dma_unmap_single(dma->dev, bus, 100, DMA_TO_DEVICE);
	barrier();	/* if it were the last call, it would be a jump */
}

/* The device reads a byte where nothing is mapped: that is told like this. */
static void rules_expect_told(const struct lab_dma *dma, dma_addr_t bus,
			      const char *what, const char *who)
{
	struct kmsg_dump_iter begin = lab_klog_now();
	u8 byte;

	rules_expect(dma, UMLAB_VIOLATION_DMA_UNMAPPED, 1);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, &byte, 1), -EIO);
	KUNIT_EXPECT_TRUE_MSG(dma->test, lab_klog_has(begin, what), "%s", what);
	KUNIT_EXPECT_TRUE_MSG(dma->test, lab_klog_has(begin, who), "%s", who);
}

static void rules_words(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *memory = lab_dma_pages(test, PAGE_SIZE);
	dma_addr_t bus = rules_maker(&dma, memory + 64);

	rules_expect_told(&dma, bus + 105,
			  "0x5 past the end of the nearest mapping of 0x64 bytes",
			  "to the device, made by rules_maker");
	rules_expect_told(&dma, bus - 3,
			  "0x3 before the nearest mapping of 0x64 bytes",
			  "to the device, made by rules_maker");
	rules_ender(&dma, bus);
	rules_expect_told(&dma, bus + 99,
			  "is mapped no longer, it was in 0x64 bytes",
			  "unmapped by rules_ender");
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_PARAM(rules_wrong_call, rules_row_gen_params),
	KUNIT_CASE_PARAM(rules_wrong_use, rules_mistake_gen_params),
	KUNIT_CASE_PARAM(rules_overlap, rules_pair_gen_params),
	KUNIT_CASE_PARAM(rules_shared, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(rules_unbind, umlab_topology_gen_params),
	KUNIT_CASE(rules_reset),
	KUNIT_CASE(rules_whose),
	KUNIT_CASE_PARAM(rules_words, umlab_topology_gen_params),
	{}
};

static struct kunit_suite rules_suite = {
	.name		= "umlab_dma_rules",
	.test_cases	= rules_cases,
};

kunit_test_suite(rules_suite);
