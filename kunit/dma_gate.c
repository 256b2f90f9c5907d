// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: what comes of a device's access to memory, to the byte
 *
 * An access is done in full or not at all. Of one that is refused there is a
 * violation, and as on hardware a read answers all-ones and a write is lost.
 */

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <umlab/model.h>

#include "lib/dma.h"
#include "lib/quiet.h"

#define GATE_SIZE	100	/* of a small buffer, in bytes */

static struct lab_dma_buffer gate_begin(struct kunit *test, size_t offset,
					size_t size)
{
	return lab_dma_begin(test, &lab_dma_model, offset, size);
}

/* What an IOMMU would have stopped, it did. */
static void gate_expect_faults(const struct lab_dma *dma, unsigned int behind)
{
	KUNIT_EXPECT_EQ(dma->test,
			lab_dma_events(dma, UMLAB_IOMMU_FAULT, false),
			lab_dma_is(dma, UMLAB_DMA_IOMMU) ? behind : 0);
}

#define GATE_LARGE	100000

/* There and back, and what is beside it stays as it was. */
static void gate_transfer(const struct lab_dma_buffer *gate, size_t at,
			  size_t size)
{
	const struct lab_dma *dma = &gate->dma;
	u8 *memory = gate->memory + at;
	u8 first = memory[-1], last = memory[size];

	lab_dma_put(dma, gate->bus + at, size, 9);
	lab_dma_expect_read(dma, gate->bus + at, size, 9);
	dma_sync_single_for_cpu(dma->dev, gate->bus + at - 1, size + 2,
				DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(dma->test, lab_dma_holds(memory, size, 9));
	KUNIT_EXPECT_EQ(dma->test, memory[-1], first);
	KUNIT_EXPECT_EQ(dma->test, memory[size], last);
	lab_dma_fill(gate->memory, at + size, 1);
	dma_sync_single_for_device(dma->dev, gate->bus, at + size + 1,
				   DMA_BIDIRECTIONAL);
}

static void gate_sizes(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 7, PAGE_SIZE };
	struct lab_dma_buffer gate = gate_begin(test, 0,
						GATE_LARGE + PAGE_SIZE);
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (at = 57; at <= 64; at++)
			gate_transfer(&gate, at, sizes[i]);
	}
	gate_transfer(&gate, 13, GATE_LARGE);
	lab_dma_end(&gate);
}

/* Both accesses from one edge to another: only what is inside is granted. */
static void gate_try(const struct lab_dma_buffer *gate, int start, int end)
{
	const struct lab_dma *dma = &gate->dma;
	dma_addr_t bus = gate->bus + start;
	size_t size = end - start;

	if (start < 0 || end > GATE_SIZE) {
		lab_dma_refuse(dma, bus, size, UMLAB_VIOLATION_DMA_UNMAPPED);
		lab_dma_expect_read(dma, gate->bus, GATE_SIZE, 1);
		return;
	}
	lab_dma_expect_read(dma, bus, size, 1 + start);
	lab_dma_put(dma, bus, size, 1 + GATE_SIZE);
	lab_dma_expect_read(dma, gate->bus, start, 1);
	lab_dma_expect_read(dma, bus, size, 1 + GATE_SIZE);
	lab_dma_expect_read(dma, gate->bus + end, GATE_SIZE - end, 1 + end);
	lab_dma_put(dma, bus, size, 1 + start);
}

static const int gate_edges[] = {
	-3, -2, -1, 0, 1, 2, 3,
	GATE_SIZE - 3, GATE_SIZE - 2, GATE_SIZE - 1, GATE_SIZE, GATE_SIZE + 1,
	GATE_SIZE + 2, GATE_SIZE + 3,
};

static void gate_bytes(struct kunit *test)
{
	struct lab_dma_buffer gate = gate_begin(test, 101, GATE_SIZE);
	unsigned int i, j;

	lab_quiet_console(test);
	for (i = 0; i < ARRAY_SIZE(gate_edges); i++) {
		for (j = i + 1; j < ARRAY_SIZE(gate_edges); j++)
			gate_try(&gate, gate_edges[i], gate_edges[j]);
	}
	lab_dma_end(&gate);
}

#define GATE_MANY	(20 * PAGE_SIZE - 1)

/* One byte too many, after many pages that would do */
static void gate_all_or_nothing(struct kunit *test)
{
	struct lab_dma_buffer gate = gate_begin(test, 0, GATE_MANY);
	struct lab_dma *dma = &gate.dma;
	u8 *buffer = lab_dma_pages(test, GATE_MANY);

	umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	umlab_expect_violation(dma->slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, lab_dma_write(dma, gate.bus, buffer,
					    GATE_MANY + 1), -EIO);
	lab_dma_expect_read(dma, gate.bus, GATE_MANY, 1);
	KUNIT_EXPECT_EQ(test, lab_dma_read(dma, gate.bus, buffer,
					   GATE_MANY + 1), -EIO);
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer, 0xff, GATE_MANY + 1));
	lab_dma_end(&gate);
}

/* From one mapping into the next is no way, though each is open. */
static void gate_across(const struct lab_dma *dma, dma_addr_t next)
{
	lab_dma_put(dma, next - GATE_SIZE, GATE_SIZE, 1);
	lab_dma_put(dma, next, GATE_SIZE, 1 + GATE_SIZE);
	lab_dma_refuse(dma, next - GATE_SIZE, 2 * GATE_SIZE,
		       UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse(dma, next - 1, 2, UMLAB_VIOLATION_DMA_UNMAPPED);
}

static void gate_adjacent(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *pages = lab_dma_pages(test, 2 * PAGE_SIZE);
	dma_addr_t one = lab_dma_map(&dma, pages, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_addr_t two = lab_dma_map(&dma, pages + PAGE_SIZE, PAGE_SIZE,
				     DMA_BIDIRECTIONAL);
	/* An IOMMU's addresses are given out from the top. */
	u8 *low = one < two ? pages : pages + PAGE_SIZE;
	u8 *high = one < two ? pages + PAGE_SIZE : pages;
	bool adjacent = max(one, two) - min(one, two) == PAGE_SIZE;

	if (adjacent)
		gate_across(&dma, max(one, two));
	dma_unmap_single(dma.dev, one, PAGE_SIZE, DMA_BIDIRECTIONAL);
	dma_unmap_single(dma.dev, two, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (!adjacent) {
		/* Somewhere the pool ends. */
		KUNIT_EXPECT_TRUE(test, lab_dma_is(&dma, UMLAB_DMA_BOUNCE));
		return;
	}
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(low + PAGE_SIZE - GATE_SIZE,
					      GATE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(high, GATE_SIZE, 1 + GATE_SIZE));
}

/* Past the last address there is, and the last that the device drives */
static void gate_width(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL), narrow;
	struct umlab_model model = lab_dma_model;

	model.dma_bits = 32;
	narrow = lab_dma_plug_model(test, &model, NULL);
	lab_dma_refuse(&dma, U64_MAX - 3, 4, UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse(&dma, U64_MAX - 3, 5, UMLAB_VIOLATION_DMA_WIDTH);
	lab_dma_refuse(&dma, U64_MAX - 3, 200, UMLAB_VIOLATION_DMA_WIDTH);
	/* Told as what it is, also where it wraps */
	lab_dma_refuse(&dma, DMA_MAPPING_ERROR, 1,
		       UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse(&dma, DMA_MAPPING_ERROR, 8,
		       UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse(&narrow, U32_MAX - 3, 4, UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse(&narrow, U32_MAX - 3, 5, UMLAB_VIOLATION_DMA_WIDTH);
	lab_dma_refuse(&narrow, BIT_ULL(32), 1, UMLAB_VIOLATION_DMA_WIDTH);
}

static void gate_directions(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	u8 *pages = lab_dma_pages(test, 2 * PAGE_SIZE);
	dma_addr_t to, from;

	lab_dma_fill(pages, PAGE_SIZE, 1);
	to = lab_dma_map(&dma, pages, PAGE_SIZE, DMA_TO_DEVICE);
	from = lab_dma_map(&dma, pages + PAGE_SIZE, PAGE_SIZE,
			   DMA_FROM_DEVICE);
	lab_dma_refuse_write(&dma, to, GATE_SIZE,
			     UMLAB_VIOLATION_DMA_DIRECTION);
	lab_dma_expect_read(&dma, to, PAGE_SIZE, 1);
	lab_dma_refuse_read(&dma, from, GATE_SIZE,
			    UMLAB_VIOLATION_DMA_DIRECTION);
	lab_dma_put(&dma, from, PAGE_SIZE, 2);
	gate_expect_faults(&dma, 2);
	dma_unmap_single(dma.dev, to, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(dma.dev, from, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(pages, PAGE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(pages + PAGE_SIZE, PAGE_SIZE, 2));
}

/* The CPU owns just these bytes. */
static void gate_expect_owned(const struct lab_dma_buffer *gate,
			      unsigned int start, unsigned int end)
{
	unsigned int at;

	for (at = 0; at < GATE_SIZE; at++) {
		if (at >= start && at < end)
			lab_dma_refuse(&gate->dma, gate->bus + at, 1,
				       UMLAB_VIOLATION_DMA_OWNER);
		else
			lab_dma_expect_read(&gate->dma, gate->bus + at, 1,
					    1 + at);
	}
}

static void gate_owner(struct kunit *test)
{
	struct lab_dma_buffer gate = gate_begin(test, 0, GATE_SIZE);
	struct device *dev = gate.dma.dev;
	dma_addr_t bus = gate.bus;

	lab_quiet_console(test);
	dma_sync_single_for_cpu(dev, bus + 30, 20, DMA_BIDIRECTIONAL);
	gate_expect_owned(&gate, 30, 50);
	lab_dma_refuse(&gate.dma, bus, GATE_SIZE, UMLAB_VIOLATION_DMA_OWNER);
	lab_dma_refuse(&gate.dma, bus, 31, UMLAB_VIOLATION_DMA_OWNER);
	lab_dma_refuse(&gate.dma, bus + 49, 51, UMLAB_VIOLATION_DMA_OWNER);
	dma_sync_single_for_device(dev, bus + 30, 5, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(dev, bus + 45, 5, DMA_BIDIRECTIONAL);
	gate_expect_owned(&gate, 35, 45);
	dma_sync_single_for_device(dev, bus, GATE_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_expect_read(&gate.dma, bus, GATE_SIZE, 1);
	/* Mapped anew it is the device's, whoever had it last. */
	dma_sync_single_for_cpu(dev, bus, GATE_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_refuse(&gate.dma, bus, 1, UMLAB_VIOLATION_DMA_OWNER);
	lab_dma_end(&gate);
	gate.bus = lab_dma_map(&gate.dma, gate.memory, GATE_SIZE,
			       DMA_BIDIRECTIONAL);
	lab_dma_expect_read(&gate.dma, gate.bus, GATE_SIZE, 1);
	lab_dma_end(&gate);
}

static void gate_unmapped(struct kunit *test)
{
	struct lab_dma_buffer gate = gate_begin(test, 0, PAGE_SIZE);
	struct lab_dma *dma = &gate.dma;

	lab_dma_expect_read(dma, gate.bus, PAGE_SIZE, 1);
	gate_expect_faults(dma, 0);
	lab_dma_end(&gate);
	lab_dma_refuse(dma, gate.bus, 16, UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse(dma, gate.bus + PAGE_SIZE - 1, 1,
		       UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_expect_faults(dma, 4);
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_READ, true), 2);
	KUNIT_EXPECT_EQ(test, lab_dma_events(dma, UMLAB_DMA_WRITE, true), 2);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(gate.memory, PAGE_SIZE, 1));
}

/* The device may have it all the time, but no more than was asked for. */
static void gate_coherent(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	dma_addr_t bus;
	u8 *memory = dma_alloc_coherent(dma.dev, GATE_SIZE, &bus, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	lab_dma_fill(memory, GATE_SIZE, 1);
	lab_dma_expect_read(&dma, bus, GATE_SIZE, 1);
	lab_dma_put(&dma, bus, GATE_SIZE, 2);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(memory, GATE_SIZE, 2));
	lab_dma_refuse(&dma, bus + GATE_SIZE, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, memory[GATE_SIZE], 0);
	dma_free_coherent(dma.dev, GATE_SIZE, memory, bus);
}

static struct kunit_case gate_cases[] = {
	KUNIT_CASE_PARAM(gate_sizes, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_bytes, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_all_or_nothing, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_adjacent, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_width, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_directions, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_owner, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_unmapped, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_coherent, umlab_topology_gen_params),
	{}
};

static struct kunit_suite gate_suite = {
	.name		= "umlab_dma_gate",
	.test_cases	= gate_cases,
};

kunit_test_suite(gate_suite);
