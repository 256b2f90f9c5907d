// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the gate and the ledger are, for "make bench"
 *
 * The kernel's own checks of the DMA API are off here (dma_debug=off), as their cost is
 * not the machine's.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <umlab/model.h>

#include "lib/bench.h"
#include "lib/dma.h"

#define BENCH_BLOCK	SZ_64K
#define BENCH_COPIES	16	/* of a block, in a run */
#define BENCH_PIECE	64	/* bytes of each of many mappings */
#define BENCH_FEW	1000
#define BENCH_MANY	1000000
#define BENCH_LOOKUPS	100000

/**
 * struct bench_copy - a block that a device reads
 * @bus: where
 * @memory: where, as the CPU sees it
 * @buffer: where to
 * @gate_ns: how long it takes, copied through the gate
 * @memcpy_ns: likewise, by memcpy()
 */
struct bench_copy {
	dma_addr_t bus;
	const void *memory;
	void *buffer;
	u64 gate_ns;
	u64 memcpy_ns;
};

static void bench_copy_both(struct umlab_slot *slot, void *data)
{
	struct bench_copy *copy = data;
	u64 begin = ktime_get_ns(), middle;
	unsigned int i;

	for (i = 0; i < BENCH_COPIES; i++)
		umlab_dma_read(slot, copy->bus, copy->buffer, BENCH_BLOCK);
	middle = ktime_get_ns();
	for (i = 0; i < BENCH_COPIES; i++) {
		memcpy(copy->buffer, copy->memory, BENCH_BLOCK);
		barrier_data(copy->buffer);
	}
	copy->memcpy_ns = ktime_get_ns() - middle;
	copy->gate_ns = middle - begin;
}

/* The gate's speed, as a share of memcpy()'s */
static void bench_gate(struct kunit *test,
		       const struct umlab_topology *topology, const char *name)
{
	u64 *shares = lab_bench_samples(test, LAB_BENCH_RUNS);
	struct lab_dma dma = lab_dma_in(test, topology);
	void *memory = lab_dma_pages(test, BENCH_BLOCK);
	struct bench_copy copy = {
		.memory = memory,
		.buffer = lab_dma_pages(test, BENCH_BLOCK),
	};
	unsigned int i;

	copy.bus = lab_dma_map(&dma, memory, BENCH_BLOCK, DMA_TO_DEVICE);
	for (i = 0; i < LAB_BENCH_RUNS; i++) {
		umlab_run(dma.slot, bench_copy_both, &copy);
		shares[i] = div64_u64(copy.memcpy_ns * 1000, copy.gate_ns);
	}
	lab_bench_row(name, "share", shares, LAB_BENCH_RUNS);
	dma_unmap_single(dma.dev, copy.bus, BENCH_BLOCK, DMA_TO_DEVICE);
}

static void bench_gate_direct(struct kunit *test)
{
	bench_gate(test, &umlab_topologies[UMLAB_DMA_DIRECT],
		   "gate_direct_vs_memcpy");
}

static void bench_gate_iommu(struct kunit *test)
{
	bench_gate(test, &umlab_topologies[UMLAB_DMA_IOMMU],
		   "gate_iommu_vs_memcpy");
}

/**
 * struct bench_lookups - small accesses
 * @buses: to these addresses, in turn
 * @count: how many addresses
 * @ns: how long BENCH_LOOKUPS of them take
 */
struct bench_lookups {
	const dma_addr_t *buses;
	unsigned int count;
	u64 ns;
};

static void bench_look_up(struct umlab_slot *slot, void *data)
{
	struct bench_lookups *lookups = data;
	u64 begin = ktime_get_ns();
	unsigned int i;
	u64 value;

	for (i = 0; i < BENCH_LOOKUPS; i++)
		umlab_dma_read(slot, lookups->buses[i % lookups->count],
			       &value, sizeof(value));
	lookups->ns = ktime_get_ns() - begin;
}

static void bench_shuffle(dma_addr_t *buses, unsigned int count)
{
	struct rnd_state random;

	prandom_seed_state(&random, 1);
	while (count > 1) {
		unsigned int other = prandom_u32_state(&random) % count;

		swap(buses[other], buses[count - 1]);
		count--;
	}
}

/**
 * struct bench_ledger - a device with very many mappings
 * @dma: the device
 * @blocks: the memory, in blocks of BENCH_BLOCK
 * @buses: of each piece of it, in the order in which they were mapped
 * @mapped: how many there are
 */
struct bench_ledger {
	struct lab_dma dma;
	u8 **blocks;
	dma_addr_t *buses;
	unsigned int mapped;
};

#define BENCH_BLOCKS	BENCH_FEW
#define BENCH_PIECES	(BENCH_MANY / BENCH_BLOCKS)	/* of a block */

static void bench_map_piece(struct bench_ledger *ledger, unsigned int block,
			    unsigned int piece)
{
	ledger->buses[ledger->mapped++] =
		lab_dma_map(&ledger->dma,
			    ledger->blocks[block] + piece * BENCH_PIECE,
			    BENCH_PIECE, DMA_TO_DEVICE);
}

/* One piece of each block is mapped first, and later all the others. */
static void bench_map_few(struct bench_ledger *ledger)
{
	unsigned int block;

	for (block = 0; block < BENCH_BLOCKS; block++)
		bench_map_piece(ledger, block, BENCH_PIECES / 2);
}

static void bench_map_many(struct bench_ledger *ledger)
{
	unsigned int block, piece;

	for (block = 0; block < BENCH_BLOCKS; block++) {
		for (piece = 0; piece < BENCH_PIECES; piece++) {
			if (piece != BENCH_PIECES / 2)
				bench_map_piece(ledger, block, piece);
		}
	}
}

static void bench_unmap_all(struct bench_ledger *ledger)
{
	while (ledger->mapped)
		dma_unmap_single(ledger->dma.dev,
				 ledger->buses[--ledger->mapped], BENCH_PIECE,
				 DMA_TO_DEVICE);
}

/* Access every @step-th of @count mappings; the median in thousandths of a ns */
static u64 bench_spread(struct bench_ledger *ledger, unsigned int count,
			unsigned int step, const char *name)
{
	struct kunit *test = ledger->dma.test;
	u64 *samples = lab_bench_samples(test, LAB_BENCH_RUNS);
	dma_addr_t *buses = kvcalloc(count, sizeof(*buses), GFP_KERNEL);
	struct bench_lookups lookups = { .buses = buses, .count = count };
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, buses);
	for (i = 0; i < count; i++)
		buses[i] = ledger->buses[i * step];
	bench_shuffle(buses, count);
	for (i = 0; i < LAB_BENCH_RUNS; i++) {
		umlab_run(ledger->dma.slot, bench_look_up, &lookups);
		samples[i] = div_u64(lookups.ns * 1000, BENCH_LOOKUPS);
	}
	kvfree(buses);
	lab_bench_row(name, "ns", samples, LAB_BENCH_RUNS);
	return samples[LAB_BENCH_RUNS / 2];
}

static void bench_ratio(const char *name, u64 many, u64 few)
{
	u64 ratio = div64_u64(many * 1000, few);

	lab_bench_row(name, "ratio", &ratio, 1);
}

static struct bench_ledger bench_ledger_new(struct kunit *test)
{
	struct bench_ledger ledger = { .dma = lab_dma_plug(test, NULL) };
	unsigned int block;

	ledger.buses = kvcalloc(BENCH_MANY, sizeof(*ledger.buses), GFP_KERNEL);
	ledger.blocks = kunit_kcalloc(test, BENCH_BLOCKS,
				      sizeof(*ledger.blocks), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ledger.buses);
	KUNIT_ASSERT_NOT_NULL(test, ledger.blocks);
	for (block = 0; block < BENCH_BLOCKS; block++)
		ledger.blocks[block] = lab_dma_pages(test, BENCH_BLOCK);
	return ledger;
}

/*
 * What a lookup of the same thousand mappings costs, before and after there are
 * 999,000 more. The "cold" row looks up a hundred thousand different ones,
 * which no cache holds, so most of it is the cost of memory.
 */
static void bench_ledger(struct kunit *test)
{
	struct bench_ledger ledger = bench_ledger_new(test);
	u64 few, many, cold;

	bench_map_few(&ledger);
	few = bench_spread(&ledger, BENCH_FEW, 1, "ledger_1k_ns");
	bench_map_many(&ledger);
	many = bench_spread(&ledger, BENCH_FEW, 1, "ledger_1m_ns");
	cold = bench_spread(&ledger, BENCH_LOOKUPS,
			    BENCH_MANY / BENCH_LOOKUPS, "ledger_1m_cold_ns");
	bench_ratio("ledger_1m_vs_1k", many, few);
	bench_ratio("ledger_1m_cold_vs_1k", cold, few);
	KUNIT_EXPECT_EQ(test, umlab_mappings(ledger.dma.slot), BENCH_MANY);
	bench_unmap_all(&ledger);
	kvfree(ledger.buses);
}

static struct kunit_case bench_cases[] = {
	LAB_BENCH_CASE(bench_gate_direct),
	LAB_BENCH_CASE(bench_gate_iommu),
	LAB_BENCH_CASE(bench_ledger),
	{}
};

static struct kunit_suite bench_suite = {
	.name		= "umlab_bench_dma",
	.init		= lab_bench_init,
	.test_cases	= bench_cases,
};

kunit_test_suite(bench_suite);
