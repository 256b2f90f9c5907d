// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coherent memory, in each topology
 *
 * It is the CPU's and the device's at once, also where the device is not coherent.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "lib/dma.h"
#include "lib/pci_fixture.h"

/**
 * struct coherent_way - how memory is allocated
 * @gfp: with these flags
 * @attrs: and these, DMA_ATTR_*
 * @scattered: the IOMMU makes it of single pages
 */
struct coherent_way {
	gfp_t gfp;
	unsigned long attrs;
	bool scattered;
};

static const struct coherent_way coherent_ways[] = {
	{ GFP_KERNEL, 0, true },
	{ GFP_KERNEL, DMA_ATTR_FORCE_CONTIGUOUS, false },
	{ GFP_ATOMIC, 0, false },
};

/**
 * struct coherent - memory that was allocated
 * @dma: for this device
 * @cpu: where it is, for the CPU
 * @bus: where it is, for the device
 * @size: in bytes
 * @attrs: DMA_ATTR_*
 */
struct coherent {
	const struct lab_dma *dma;
	u8 *cpu;
	dma_addr_t bus;
	size_t size;
	unsigned long attrs;
};

static struct coherent coherent_new_by(const struct lab_dma *dma, size_t size,
				       const struct coherent_way *way)
{
	struct coherent memory = {
		.dma = dma, .size = size, .attrs = way->attrs,
	};

	memory.cpu = dma_alloc_attrs(dma->dev, size, &memory.bus, way->gfp,
				     way->attrs);
	KUNIT_ASSERT_NOT_NULL(dma->test, memory.cpu);
	return memory;
}

/* As drivers do: by dma_alloc_coherent() */
static struct coherent coherent_new(const struct lab_dma *dma, size_t size)
{
	struct coherent memory = { .dma = dma, .size = size };

	memory.cpu = dma_alloc_coherent(dma->dev, size, &memory.bus,
					GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(dma->test, memory.cpu);
	return memory;
}

static void coherent_free(const struct coherent *memory)
{
	dma_free_attrs(memory->dma->dev, memory->size, memory->cpu,
		       memory->bus, memory->attrs);
}

static bool coherent_is_noncoherent(const struct lab_dma *dma)
{
	return umlab_topology(dma->slot)->noncoherent;
}

/* Where a page of it is */
static u64 coherent_phys(u8 *cpu)
{
	return is_vmalloc_addr(cpu) ? PFN_PHYS(vmalloc_to_pfn(cpu)) :
				      virt_to_phys(cpu);
}

/* It is aligned to its size, and each page has the bus address that it has to. */
static void coherent_expect_bus(const struct coherent *memory)
{
	const struct lab_dma *dma = memory->dma;
	u64 distance = lab_dma_is(dma, UMLAB_DMA_OFFSET) ? UMLAB_DMA_DISTANCE :
							   0;
	size_t at;

	KUNIT_EXPECT_TRUE(dma->test, PAGE_ALIGNED(memory->cpu));
	KUNIT_EXPECT_TRUE_MSG(dma->test,
			      IS_ALIGNED(memory->bus,
					 PAGE_SIZE << get_order(memory->size)),
			      "%zu bytes at %pad", memory->size, &memory->bus);
	/* Above 4 GiB, for the driver that writes half of an address */
	KUNIT_EXPECT_EQ(dma->test, memory->bus > DMA_BIT_MASK(32),
			lab_dma_is(dma, UMLAB_DMA_OFFSET));
	if (lab_dma_is(dma, UMLAB_DMA_IOMMU)) {
		KUNIT_EXPECT_NE(dma->test, memory->bus,
				coherent_phys(memory->cpu));
		return;
	}
	for (at = 0; at < memory->size; at += PAGE_SIZE)
		KUNIT_EXPECT_EQ(dma->test, memory->bus + at,
				coherent_phys(memory->cpu + at) + distance);
}

static void coherent_expect_zero(const struct coherent *memory)
{
	struct kunit *test = memory->dma->test;
	u8 *seen = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	size_t size = min_t(size_t, memory->size, PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(memory->cpu, 0, memory->size),
			    NULL);
	KUNIT_EXPECT_EQ(test, lab_dma_read(memory->dma, memory->bus, seen,
					   size), 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(seen, 0, size), NULL);
	kunit_kfree(test, seen);
}

/* Each side sees at once what the other writes. */
static void coherent_expect_shared(const struct coherent *memory, size_t at,
				   size_t size)
{
	const struct lab_dma *dma = memory->dma;

	lab_dma_fill(memory->cpu + at, size, 1);
	lab_dma_expect_read(dma, memory->bus + at, size, 1);
	lab_dma_put(dma, memory->bus + at, size, 2);
	KUNIT_EXPECT_TRUE_MSG(dma->test,
			      lab_dma_holds(memory->cpu + at, size, 2),
			      "the CPU does not see %zu bytes at %zu of %zu",
			      size, at, memory->size);
}

/* Of much memory, only the ends are looked at. */
#define COHERENT_END	SZ_8K

static void coherent_try(const struct lab_dma *dma, size_t size)
{
	struct coherent memory = coherent_new(dma, size);
	size_t part = min_t(size_t, size, COHERENT_END);

	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 1);
	coherent_expect_bus(&memory);
	coherent_expect_zero(&memory);
	coherent_expect_shared(&memory, 0, part);
	coherent_expect_shared(&memory, size - part, part);
	coherent_free(&memory);
	KUNIT_EXPECT_EQ(dma->test, umlab_mappings(dma->slot), 0);
}

static void coherent_sizes(struct kunit *test)
{
	static const size_t sizes[] = {
		1, 2, 100, 4095, 4096, 4097, SZ_64K, SZ_1M,
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		coherent_try(&dma, sizes[i]);
}

/* As much as the kernel has in one piece */
static void coherent_largest(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);

	coherent_try(&dma, PAGE_SIZE << MAX_PAGE_ORDER);
}

/* The device goes from end to end in one access, through however many pages. */
static void coherent_in_one(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct coherent memory = coherent_new(&dma, SZ_128K);

	coherent_expect_shared(&memory, 0, SZ_128K);
	coherent_free(&memory);
}

/* In the linear map, or mapped once more as uncached or to be in one piece */
static void coherent_flags(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(coherent_ways); i++) {
		const struct coherent_way *way = &coherent_ways[i];
		struct coherent memory = coherent_new_by(&dma, SZ_16K, way);
		bool scattered = way->scattered &&
				 lab_dma_is(&dma, UMLAB_DMA_IOMMU);
		size_t at;

		KUNIT_EXPECT_EQ_MSG(test, is_vmalloc_addr(memory.cpu),
				    scattered || coherent_is_noncoherent(&dma),
				    "way %u", i);
		for (at = 0; at < SZ_16K && !scattered; at += PAGE_SIZE)
			KUNIT_EXPECT_EQ(test, coherent_phys(memory.cpu + at),
					coherent_phys(memory.cpu) + at);
		coherent_expect_bus(&memory);
		coherent_expect_shared(&memory, 0, SZ_16K);
		coherent_free(&memory);
	}
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* Also of memory that most likely was used before */
static void coherent_zeroed(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(coherent_ways); i++) {
		const struct coherent_way *way = &coherent_ways[i];
		struct coherent memory = coherent_new_by(&dma, SZ_16K, way);

		memset(memory.cpu, 0xff, SZ_16K);
		coherent_free(&memory);
		memory = coherent_new_by(&dma, SZ_16K, way);
		coherent_expect_zero(&memory);
		coherent_free(&memory);
	}
}

/* What the CPU has no address for; behind the IOMMU it gets one nonetheless. */
static void coherent_without_cpu(struct kunit *test)
{
	static const struct coherent_way way = {
		GFP_KERNEL, DMA_ATTR_NO_KERNEL_MAPPING, false,
	};
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct coherent memory = coherent_new_by(&dma, PAGE_SIZE, &way);
	struct coherent other = coherent_new_by(&dma, PAGE_SIZE, &way);
	struct page *page = (void *)memory.cpu;

	lab_dma_put(&dma, memory.bus, PAGE_SIZE, 1);
	lab_dma_expect_read(&dma, memory.bus, PAGE_SIZE, 1);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(lab_dma_is(&dma, UMLAB_DMA_IOMMU) ?
					      memory.cpu : page_address(page),
					      PAGE_SIZE, 1));
	coherent_free(&memory);
	coherent_free(&other);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
}

/* It ends where it ends, not with the page. */
static void coherent_past_end(struct kunit *test)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097 };
	struct lab_dma dma = lab_dma_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct coherent memory = coherent_new(&dma, sizes[i]);

		lab_dma_refuse_read(&dma, memory.bus - 1, 1,
				    UMLAB_VIOLATION_DMA_UNMAPPED);
		lab_dma_refuse_read(&dma, memory.bus + sizes[i], 1,
				    UMLAB_VIOLATION_DMA_UNMAPPED);
		lab_dma_refuse_write(&dma, memory.bus + sizes[i] - 1, 2,
				     UMLAB_VIOLATION_DMA_UNMAPPED);
		KUNIT_EXPECT_EQ(test, memory.cpu[sizes[i] - 1], 0);
		coherent_free(&memory);
	}
}

static void coherent_use_after_free(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct coherent memory = coherent_new(&dma, PAGE_SIZE);

	coherent_expect_shared(&memory, 0, PAGE_SIZE);
	coherent_free(&memory);
	lab_dma_refuse_read(&dma, memory.bus, 1, UMLAB_VIOLATION_DMA_UNMAPPED);
	lab_dma_refuse_write(&dma, memory.bus, 2, UMLAB_VIOLATION_DMA_UNMAPPED);
}

#define COHERENT_MANY	16

/* Several at once: each has its own bytes, and the order they end in is any. */
static void coherent_many(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);
	struct coherent memory[COHERENT_MANY];
	unsigned int i;

	for (i = 0; i < COHERENT_MANY; i++) {
		memory[i] = coherent_new(&dma, 300 * (i + 1));
		lab_dma_fill(memory[i].cpu, memory[i].size, i);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), i + 1);
	}
	for (i = 0; i < COHERENT_MANY; i++) {
		lab_dma_expect_read(&dma, memory[i].bus, memory[i].size, i);
		lab_dma_put(&dma, memory[i].bus, memory[i].size, i + 100);
	}
	for (i = 0; i < COHERENT_MANY; i++)
		KUNIT_EXPECT_TRUE(test, lab_dma_holds(memory[i].cpu,
						      memory[i].size,
						      i + 100));
	for (i = 0; i < COHERENT_MANY; i++) {
		coherent_free(&memory[i * 5 % COHERENT_MANY]);
		KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot),
				COHERENT_MANY - 1 - i);
	}
}

/* What is left to the kernel is freed when the driver is unbound, and no leak. */
static void coherent_managed(struct kunit *test)
{
	struct lab_pci pci = lab_pci_drive(test, NULL, &lab_card_model);
	struct lab_dma dma = {
		.test = test, .slot = pci.slot, .dev = &pci.pdev->dev,
	};
	struct coherent kept = { .dma = &dma, .size = SZ_8K };
	dma_addr_t bus;
	void *cpu;

	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(dma.dev,
							DMA_BIT_MASK(64)), 0);
	kept.cpu = dmam_alloc_coherent(dma.dev, SZ_8K, &kept.bus, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kept.cpu);
	cpu = dmam_alloc_coherent(dma.dev, PAGE_SIZE, &bus, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cpu);
	coherent_expect_shared(&kept, 0, SZ_8K);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 2);
	dmam_free_coherent(dma.dev, PAGE_SIZE, cpu, bus);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 1);
	device_release_driver(dma.dev);
	KUNIT_EXPECT_EQ(test, umlab_mappings(dma.slot), 0);
	lab_dma_expect_violations(&dma, UMLAB_VIOLATION_DMA_LEAK, 0);
	UMLAB_EXPECT_ORDER(test, dma.slot, pci.begin,
			   UMLAB_DID_DMA(UMLAB_ALLOC, kept.bus, SZ_8K),
			   UMLAB_DID_DMA(UMLAB_ALLOC, bus, PAGE_SIZE),
			   UMLAB_DID_DMA(UMLAB_FREE, bus, PAGE_SIZE),
			   UMLAB_DID_DMA(UMLAB_FREE, kept.bus, SZ_8K));
}

/* To free nothing is fine, as for kfree(). */
static void coherent_free_nothing(struct kunit *test)
{
	struct lab_dma dma = lab_dma_plug(test, NULL);

	dma_free_coherent(dma.dev, PAGE_SIZE, NULL, 0);
	KUNIT_EXPECT_EQ(test, lab_dma_events(&dma, UMLAB_FREE, false), 0);
}

static struct kunit_case coherent_cases[] = {
	KUNIT_CASE_PARAM(coherent_sizes, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_largest, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_in_one, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_flags, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_zeroed, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_without_cpu, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_past_end, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_use_after_free, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_many, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_managed, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(coherent_free_nothing, umlab_topology_gen_params),
	{}
};

static struct kunit_suite coherent_suite = {
	.name		= "umlab_dma_coherent",
	.test_cases	= coherent_cases,
};

kunit_test_suite(coherent_suite);
