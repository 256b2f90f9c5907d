// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: what comes of a device's access to memory, to the byte
 *
 * An access is done in full or not at all. Of one that is refused there is a
 * violation, and as on hardware a read answers all-ones and a write is lost.
 */

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <umlab/model.h>

#include "lib/dma.h"
#include "lib/quiet.h"

#define GATE_SIZE	100	/* of a small buffer, in bytes */
#define GATE_MOST	256	/* of an access that is refused, in bytes */
#define GATE_OLD	0x5a
#define GATE_NEW	0xa7

/**
 * struct gate_buffer - a device with a buffer mapped both ways
 * @dma: the device
 * @pages: what the buffer is in
 * @memory: the buffer; holds pattern 1, and what is around it GATE_OLD
 * @size: in bytes
 * @bus: where the device finds it
 */
struct gate_buffer {
	struct lab_dma dma;
	u8 *pages;
	u8 *memory;
	size_t size;
	dma_addr_t bus;
};

static struct gate_buffer gate_begin_model(struct kunit *test,
					   const struct umlab_model *model,
					   size_t offset, size_t size)
{
	struct gate_buffer gate = {
		.dma = lab_dma_plug_model(test, model, NULL),
		.pages = lab_dma_pages(test, offset + size),
		.size = size,
	};

	gate.memory = gate.pages + offset;
	memset(gate.pages, GATE_OLD, PAGE_ALIGN(offset + size));
	lab_dma_fill(gate.memory, size, 1);
	gate.bus = lab_dma_map(&gate.dma, gate.memory, size, DMA_BIDIRECTIONAL);
	return gate;
}

static struct gate_buffer gate_begin(struct kunit *test)
{
	return gate_begin_model(test, &lab_dma_model, 0, PAGE_SIZE);
}

static void gate_end(const struct gate_buffer *gate)
{
	u8 *end = gate->memory + gate->size;
	size_t before = gate->memory - gate->pages;

	dma_unmap_single(gate->dma.dev, gate->bus, gate->size,
			 DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(gate->dma.test, lab_dma_holds(gate->memory,
							gate->size, 1));
	KUNIT_EXPECT_NULL(gate->dma.test,
			  memchr_inv(gate->pages, GATE_OLD, before));
	KUNIT_EXPECT_NULL(gate->dma.test,
			  memchr_inv(end, GATE_OLD, PTR_ALIGN(end, PAGE_SIZE) -
						    end));
}

static void gate_refuse_read(const struct lab_dma *dma, dma_addr_t bus,
			     size_t size, enum umlab_violation kind)
{
	unsigned int before = umlab_violations(dma->slot, kind);
	u8 buffer[GATE_MOST] = { };

	umlab_expect_violation(dma->slot, kind);
	KUNIT_EXPECT_EQ_MSG(dma->test, lab_dma_read(dma, bus, buffer, size),
			    -EIO, "read of %zu bytes at %pad", size, &bus);
	KUNIT_EXPECT_NULL(dma->test, memchr_inv(buffer, 0xff, size));
	lab_dma_expect_violations(dma, kind, before + 1);
}

static void gate_refuse_write(const struct lab_dma *dma, dma_addr_t bus,
			      size_t size, enum umlab_violation kind)
{
	unsigned int before = umlab_violations(dma->slot, kind);
	u8 buffer[GATE_MOST];

	memset(buffer, GATE_NEW, sizeof(buffer));
	umlab_expect_violation(dma->slot, kind);
	KUNIT_EXPECT_EQ_MSG(dma->test, lab_dma_write(dma, bus, buffer, size),
			    -EIO, "write of %zu bytes at %pad", size, &bus);
	lab_dma_expect_violations(dma, kind, before + 1);
}

static void gate_refuse(const struct lab_dma *dma, dma_addr_t bus, size_t size,
			enum umlab_violation kind)
{
	gate_refuse_read(dma, bus, size, kind);
	gate_refuse_write(dma, bus, size, kind);
}

/* How many events of a kind the journal has; accesses that failed, or did not */
static unsigned int gate_events(const struct lab_dma *dma,
				enum umlab_event_kind kind, bool failed)
{
	const struct umlab_event pattern = {
		.kind = kind,
		.where = failed,
		.any = UMLAB_ANY_VALUE | UMLAB_ANY_SIZE | UMLAB_ANY_OFFSET,
	};

	return umlab_journal_count(dma->slot, dma->begin, pattern);
}

/* What an IOMMU would have stopped, it did. */
static void gate_expect_faults(const struct lab_dma *dma, unsigned int behind)
{
	KUNIT_EXPECT_EQ(dma->test, gate_events(dma, UMLAB_IOMMU_FAULT, false),
			lab_dma_is(dma, UMLAB_DMA_IOMMU) ? behind : 0);
}

#define GATE_LARGE	100000

/* There and back, and what is beside it stays as it was. */
static void gate_transfer(const struct gate_buffer *gate, size_t at,
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
	struct gate_buffer gate = gate_begin_model(test, &lab_dma_model, 0,
						   GATE_LARGE + PAGE_SIZE);
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (at = 57; at <= 64; at++)
			gate_transfer(&gate, at, sizes[i]);
	}
	gate_transfer(&gate, 13, GATE_LARGE);
	gate_end(&gate);
}

/* Both accesses from one edge to another: only what is inside is granted. */
static void gate_try(const struct gate_buffer *gate, int start, int end)
{
	const struct lab_dma *dma = &gate->dma;
	dma_addr_t bus = gate->bus + start;
	size_t size = end - start;

	if (start < 0 || end > GATE_SIZE) {
		gate_refuse(dma, bus, size, UMLAB_VIOLATION_DMA_UNMAPPED);
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
	struct gate_buffer gate = gate_begin_model(test, &lab_dma_model, 101,
						   GATE_SIZE);
	unsigned int i, j;

	lab_quiet_console(test);
	for (i = 0; i < ARRAY_SIZE(gate_edges); i++) {
		for (j = i + 1; j < ARRAY_SIZE(gate_edges); j++)
			gate_try(&gate, gate_edges[i], gate_edges[j]);
	}
	gate_end(&gate);
}

#define GATE_MANY	(20 * PAGE_SIZE - 1)

/* One byte too many, after many pages that would do */
static void gate_all_or_nothing(struct kunit *test)
{
	struct gate_buffer gate = gate_begin_model(test, &lab_dma_model, 0,
						   GATE_MANY);
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
	gate_end(&gate);
}

/* From one mapping into the next; then half of that is the CPU's. */
static void gate_across(const struct lab_dma *dma, dma_addr_t next)
{
	dma_addr_t bus = next - GATE_SIZE;

	lab_dma_put(dma, bus, 2 * GATE_SIZE, 1);
	lab_dma_expect_read(dma, bus, 2 * GATE_SIZE, 1);
	dma_sync_single_for_cpu(dma->dev, next, PAGE_SIZE, DMA_BIDIRECTIONAL);
	gate_refuse(dma, bus, 2 * GATE_SIZE, UMLAB_VIOLATION_DMA_OWNER);
	lab_dma_expect_read(dma, bus, GATE_SIZE, 1);
	dma_sync_single_for_device(dma->dev, next, PAGE_SIZE,
				   DMA_BIDIRECTIONAL);
	lab_dma_expect_read(dma, bus, 2 * GATE_SIZE, 1);
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
	gate_refuse(&dma, U64_MAX - 3, 4, UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_refuse(&dma, U64_MAX - 3, 5, UMLAB_VIOLATION_DMA_WIDTH);
	gate_refuse(&dma, U64_MAX - 3, 200, UMLAB_VIOLATION_DMA_WIDTH);
	/* Told as what it is, also where it wraps */
	gate_refuse(&dma, DMA_MAPPING_ERROR, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_refuse(&dma, DMA_MAPPING_ERROR, 8, UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_refuse(&narrow, U32_MAX - 3, 4, UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_refuse(&narrow, U32_MAX - 3, 5, UMLAB_VIOLATION_DMA_WIDTH);
	gate_refuse(&narrow, BIT_ULL(32), 1, UMLAB_VIOLATION_DMA_WIDTH);
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
	gate_refuse_write(&dma, to, GATE_SIZE, UMLAB_VIOLATION_DMA_DIRECTION);
	lab_dma_expect_read(&dma, to, PAGE_SIZE, 1);
	gate_refuse_read(&dma, from, GATE_SIZE, UMLAB_VIOLATION_DMA_DIRECTION);
	lab_dma_put(&dma, from, PAGE_SIZE, 2);
	gate_expect_faults(&dma, 2);
	dma_unmap_single(dma.dev, to, PAGE_SIZE, DMA_TO_DEVICE);
	dma_unmap_single(dma.dev, from, PAGE_SIZE, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(pages, PAGE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(pages + PAGE_SIZE, PAGE_SIZE, 2));
}

/* The CPU owns just these bytes. */
static void gate_expect_owned(const struct gate_buffer *gate,
			      unsigned int start, unsigned int end)
{
	unsigned int at;

	for (at = 0; at < GATE_SIZE; at++) {
		if (at >= start && at < end)
			gate_refuse(&gate->dma, gate->bus + at, 1,
				    UMLAB_VIOLATION_DMA_OWNER);
		else
			lab_dma_expect_read(&gate->dma, gate->bus + at, 1,
					    1 + at);
	}
}

static void gate_owner(struct kunit *test)
{
	struct gate_buffer gate = gate_begin_model(test, &lab_dma_model, 0,
						   GATE_SIZE);
	struct device *dev = gate.dma.dev;
	dma_addr_t bus = gate.bus;

	lab_quiet_console(test);
	dma_sync_single_for_cpu(dev, bus + 30, 20, DMA_BIDIRECTIONAL);
	gate_expect_owned(&gate, 30, 50);
	gate_refuse(&gate.dma, bus, GATE_SIZE, UMLAB_VIOLATION_DMA_OWNER);
	gate_refuse(&gate.dma, bus, 31, UMLAB_VIOLATION_DMA_OWNER);
	gate_refuse(&gate.dma, bus + 49, 51, UMLAB_VIOLATION_DMA_OWNER);
	dma_sync_single_for_device(dev, bus + 30, 5, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(dev, bus + 45, 5, DMA_BIDIRECTIONAL);
	gate_expect_owned(&gate, 35, 45);
	dma_sync_single_for_device(dev, bus, GATE_SIZE, DMA_BIDIRECTIONAL);
	lab_dma_expect_read(&gate.dma, bus, GATE_SIZE, 1);
	/* Mapped anew it is the device's, whoever had it last. */
	dma_sync_single_for_cpu(dev, bus, GATE_SIZE, DMA_BIDIRECTIONAL);
	gate_refuse(&gate.dma, bus, 1, UMLAB_VIOLATION_DMA_OWNER);
	gate_end(&gate);
	gate.bus = lab_dma_map(&gate.dma, gate.memory, GATE_SIZE,
			       DMA_BIDIRECTIONAL);
	lab_dma_expect_read(&gate.dma, gate.bus, GATE_SIZE, 1);
	gate_end(&gate);
}

static void gate_unmapped(struct kunit *test)
{
	struct gate_buffer gate = gate_begin(test);
	struct lab_dma *dma = &gate.dma;

	lab_dma_expect_read(dma, gate.bus, PAGE_SIZE, 1);
	gate_expect_faults(dma, 0);
	gate_end(&gate);
	gate_refuse(dma, gate.bus, 16, UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_refuse(dma, gate.bus + PAGE_SIZE - 1, 1,
		    UMLAB_VIOLATION_DMA_UNMAPPED);
	gate_expect_faults(dma, 4);
	KUNIT_EXPECT_EQ(test, gate_events(dma, UMLAB_DMA_READ, true), 2);
	KUNIT_EXPECT_EQ(test, gate_events(dma, UMLAB_DMA_WRITE, true), 2);
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
	gate_refuse(&dma, bus + GATE_SIZE, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
	KUNIT_EXPECT_EQ(test, memory[GATE_SIZE], 0);
	dma_free_coherent(dma.dev, GATE_SIZE, memory, bus);
}

static void gate_master(struct kunit *test)
{
	struct gate_buffer gate = gate_begin(test);
	struct pci_dev *pdev = umlab_pdev(gate.dma.slot);

	pci_clear_master(pdev);
	gate_refuse(&gate.dma, gate.bus, 8, UMLAB_VIOLATION_MASTER);
	pci_set_master(pdev);
	lab_dma_expect_read(&gate.dma, gate.bus, PAGE_SIZE, 1);
	gate_end(&gate);
}

static void gate_power(struct kunit *test)
{
	static const struct umlab_cap cap = {
		.id = PCI_CAP_ID_PM, .pm.no_soft_reset = true,
	};
	struct umlab_model model = lab_dma_model;
	struct gate_buffer gate;
	struct pci_dev *pdev;

	model.caps = &cap;
	model.num_caps = 1;
	gate = gate_begin_model(test, &model, 0, PAGE_SIZE);
	pdev = umlab_pdev(gate.dma.slot);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(pdev, PCI_D3hot), 0);
	gate_refuse(&gate.dma, gate.bus, 8, UMLAB_VIOLATION_POWER);
	KUNIT_EXPECT_EQ(test, pci_set_power_state(pdev, PCI_D0), 0);
	lab_dma_expect_read(&gate.dma, gate.bus, PAGE_SIZE, 1);
	gate_end(&gate);
}

/* What is gone does nothing at all, and the driver may clean up after it. */
static void gate_vanished(struct kunit *test)
{
	struct gate_buffer gate = gate_begin(test);
	struct lab_dma *dma = &gate.dma;
	u8 byte = GATE_NEW;

	umlab_vanish(dma->slot);
	KUNIT_EXPECT_EQ(test, lab_dma_read(dma, gate.bus, &byte, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dma_write(dma, gate.bus, &byte, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, gate_events(dma, UMLAB_DMA_READ, false), 0);
	KUNIT_EXPECT_EQ(test, gate_events(dma, UMLAB_DMA_WRITE, false), 0);
	gate_end(&gate);
}

/* The n-th access fails, and that is nobody's fault. */
static void gate_bus_error(struct kunit *test)
{
	static const struct umlab_faults faults = { .dma_error = 2 };
	struct gate_buffer gate = gate_begin(test);
	struct lab_dma *dma = &gate.dma;
	u8 byte = GATE_NEW;

	umlab_set_faults(dma->slot, &faults);
	lab_dma_expect_read(dma, gate.bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, lab_dma_write(dma, gate.bus, &byte, 1), -EIO);
	lab_dma_expect_read(dma, gate.bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, gate_events(dma, UMLAB_DMA_WRITE, true), 1);
	KUNIT_EXPECT_EQ(test, gate_events(dma, UMLAB_DMA_READ, false), 2);
	gate_end(&gate);
}

static void gate_expect(const struct gate_buffer *gate, unsigned int at,
			unsigned int size, int result)
{
	u8 buffer[GATE_SIZE];

	KUNIT_EXPECT_EQ_MSG(gate->dma.test, result,
			    lab_dma_read(&gate->dma, gate->bus + at, buffer,
					 size), "%u bytes at %u", size, at);
	KUNIT_EXPECT_EQ(gate->dma.test, !memchr_inv(buffer, 0xff, size),
			result < 0);
}

/* Each access to one byte fails, for as long as the test wants it. */
static void gate_fault(struct kunit *test)
{
	struct gate_buffer gate = gate_begin(test);
	struct umlab_faults faults = { .dma_fault = gate.bus + 50 };
	u8 buffer[GATE_SIZE] = { };

	umlab_set_faults(gate.dma.slot, &faults);
	gate_expect(&gate, 0, 50, 0);
	gate_expect(&gate, 0, 51, -EIO);
	gate_expect(&gate, 50, 1, -EIO);
	gate_expect(&gate, 51, 49, 0);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&gate.dma, gate.bus, buffer,
					    GATE_SIZE), -EIO);
	gate_expect(&gate, 0, GATE_SIZE, -EIO);
	faults.dma_fault = 0;
	umlab_set_faults(gate.dma.slot, &faults);
	lab_dma_expect_read(&gate.dma, gate.bus, PAGE_SIZE, 1);
	gate_end(&gate);
}

static void gate_order(struct kunit *test)
{
	struct gate_buffer gate = gate_begin(test);
	struct device *dev = gate.dma.dev;
	dma_addr_t bus = gate.bus;
	u64 value;

	KUNIT_EXPECT_EQ(test, lab_dma_read(&gate.dma, bus, &value, 8), 0);
	dma_sync_single_for_cpu(dev, bus, 16, DMA_BIDIRECTIONAL);
	dma_sync_single_for_device(dev, bus, 16, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, lab_dma_write(&gate.dma, bus, &value, 8), 0);
	gate_end(&gate);
	UMLAB_EXPECT_ORDER(test, gate.dma.slot, gate.dma.begin,
			   UMLAB_DID_DMA(UMLAB_MAP, bus, PAGE_SIZE),
			   UMLAB_DID_DMA(UMLAB_DMA_READ, bus, 8),
			   UMLAB_DID_DMA(UMLAB_SYNC_CPU, bus, 16),
			   UMLAB_DID_DMA(UMLAB_SYNC_DEVICE, bus, 16),
			   UMLAB_DID_DMA(UMLAB_DMA_WRITE, bus, 8),
			   UMLAB_DID_DMA(UMLAB_UNMAP, bus, PAGE_SIZE));
}

/**
 * struct gate_engine - a device that writes to memory in its own time
 * @work: does that
 * @bus: where to
 * @runs: how often it did
 * @result: what came of it
 * @interrupts: it was in an interrupt
 */
struct gate_engine {
	struct umlab_work work;
	dma_addr_t bus;
	unsigned int runs;
	int result;
	bool interrupts;
};

#define GATE_DELAY_NS	NSEC_PER_MSEC

static void gate_engine_run(struct umlab_slot *slot, struct umlab_work *work)
{
	struct gate_engine *engine = umlab_priv(slot);
	u8 byte = engine->runs++ ? 1 : GATE_NEW;

	engine->result = umlab_dma_write(slot, engine->bus, &byte, 1);
	engine->interrupts = !in_task();
}

static int gate_engine_probe(struct umlab_slot *slot)
{
	struct gate_engine *engine = umlab_priv(slot);

	umlab_work_init(slot, &engine->work, gate_engine_run);
	return 0;
}

static const struct umlab_model_ops gate_engine_ops = {
	.probe = gate_engine_probe,
};

static void gate_engine_complete(struct umlab_slot *slot, void *data)
{
	struct gate_engine *engine = umlab_priv(slot);
	const struct gate_buffer *gate = data;

	engine->bus = gate->bus;
	umlab_work_complete(&engine->work);
}

static void gate_engine_after(struct umlab_slot *slot, void *data)
{
	struct gate_engine *engine = umlab_priv(slot);

	umlab_work_after(&engine->work, GATE_DELAY_NS);
}

static struct gate_buffer gate_begin_engine(struct kunit *test)
{
	struct umlab_model model = lab_dma_model;
	struct gate_buffer gate;

	model.ops = &gate_engine_ops;
	model.priv_size = sizeof(struct gate_engine);
	gate = gate_begin_model(test, &model, 0, PAGE_SIZE);
	umlab_set_completion(gate.dma.slot, UMLAB_COMPLETE_DELAYED,
			     GATE_DELAY_NS);
	return gate;
}

static void gate_expect_engine(const struct lab_dma *dma, unsigned int runs,
			       int result)
{
	const struct gate_engine *engine = umlab_priv(dma->slot);

	KUNIT_EXPECT_EQ(dma->test, engine->runs, runs - 1);
	msleep(100);
	KUNIT_EXPECT_EQ(dma->test, engine->runs, runs);
	KUNIT_EXPECT_EQ(dma->test, engine->result, result);
	KUNIT_EXPECT_TRUE(dma->test, engine->interrupts);
}

/* A model's own accesses: when it has done what it was told, and just later */
static void gate_work(struct kunit *test)
{
	struct gate_buffer gate = gate_begin_engine(test);
	u8 byte = 0;

	umlab_run(gate.dma.slot, gate_engine_complete, &gate);
	gate_expect_engine(&gate.dma, 1, 0);
	KUNIT_EXPECT_EQ(test, lab_dma_read(&gate.dma, gate.bus, &byte, 1), 0);
	KUNIT_EXPECT_EQ(test, byte, GATE_NEW);
	umlab_run(gate.dma.slot, gate_engine_after, NULL);
	gate_expect_engine(&gate.dma, 2, 0);
	gate_end(&gate);
}

/* The driver does not wait for it (bug class unmap-busy). */
static void gate_work_too_late(struct kunit *test)
{
	struct gate_buffer gate = gate_begin_engine(test);

	umlab_expect_violation(gate.dma.slot, UMLAB_VIOLATION_DMA_UNMAPPED);
	umlab_run(gate.dma.slot, gate_engine_complete, &gate);
	gate_end(&gate);
	gate_expect_engine(&gate.dma, 1, -EIO);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(gate.memory, PAGE_SIZE, 1));
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
	KUNIT_CASE_PARAM(gate_master, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_power, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_vanished, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_bus_error, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_fault, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_order, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_work, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gate_work_too_late, umlab_topology_gen_params),
	{}
};

static struct kunit_suite gate_suite = {
	.name		= "umlab_dma_gate",
	.test_cases	= gate_cases,
};

kunit_test_suite(gate_suite);
