// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that does DMA as a suite tells it, and memory to do it to
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <umlab/model.h>
#include <umlab/splat.h>

#include "dma.h"
#include "pci_card.h"

static const struct umlab_model_ops dma_ops;

const struct umlab_model lab_dma_model = {
	.name = "dma",
	.vendor = LAB_CARD_VENDOR,
	.device = LAB_DMA_DEVICE,
	.class = PCI_CLASS_OTHERS << 16,
	.ops = &dma_ops,
};

struct lab_dma lab_dma_plug_model(struct kunit *test,
				  const struct umlab_model *model,
				  const struct umlab_options *options)
{
	struct lab_dma dma = {
		.test = test,
		.slot = umlab_plug(test, model, options),
	};
	struct pci_dev *pdev = umlab_pdev(dma.slot);

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	dma.dev = &pdev->dev;
	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	pci_set_master(pdev);
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(dma.dev,
							DMA_BIT_MASK(64)), 0);
	dma.begin = umlab_journal_now();
	return dma;
}

struct lab_dma lab_dma_plug(struct kunit *test,
			    const struct umlab_options *options)
{
	return lab_dma_plug_model(test, &lab_dma_model, options);
}

struct lab_dma lab_dma_in(struct kunit *test,
			  const struct umlab_topology *topology)
{
	const struct umlab_options options = { .topology = topology };

	return lab_dma_plug(test, &options);
}

/**
 * struct dma_access - what the device is told to do
 * @bus: the bus address
 * @buffer: from or to
 * @size: in bytes
 * @result: what came of it
 */
struct dma_access {
	dma_addr_t bus;
	void *buffer;
	size_t size;
	int result;
};

static void dma_do_read(struct umlab_slot *slot, void *data)
{
	struct dma_access *access = data;

	access->result = umlab_dma_read(slot, access->bus, access->buffer,
					access->size);
}

static void dma_do_write(struct umlab_slot *slot, void *data)
{
	struct dma_access *access = data;

	access->result = umlab_dma_write(slot, access->bus, access->buffer,
					 access->size);
}

static void dma_do_hold(struct umlab_slot *slot, void *data)
{
	struct dma_access *access = data;

	access->result = umlab_dma_hold(slot, access->bus);
}

static void dma_do_release(struct umlab_slot *slot, void *data)
{
	struct dma_access *access = data;

	umlab_dma_release(slot, access->bus);
	access->result = 0;
}

static int dma_do(const struct lab_dma *dma, dma_addr_t bus, void *buffer,
		  size_t size,
		  void (*fn)(struct umlab_slot *slot, void *data))
{
	struct dma_access access = {
		.bus = bus, .buffer = buffer, .size = size, .result = -ENODEV,
	};

	umlab_run(dma->slot, fn, &access);
	return access.result;
}

int lab_dma_read(const struct lab_dma *dma, dma_addr_t bus, void *buffer,
		 size_t size)
{
	return dma_do(dma, bus, buffer, size, dma_do_read);
}

int lab_dma_write(const struct lab_dma *dma, dma_addr_t bus,
		  const void *buffer, size_t size)
{
	return dma_do(dma, bus, (void *)buffer, size, dma_do_write);
}

int lab_dma_hold(const struct lab_dma *dma, dma_addr_t bus, bool held)
{
	return dma_do(dma, bus, NULL, 0, held ? dma_do_hold : dma_do_release);
}

/* A period that no power of two divides, so that what is moved shows */
#define DMA_PERIOD	251

void lab_dma_fill(void *buffer, size_t size, u8 seed)
{
	u8 *bytes = buffer;
	size_t i, at;

	for (at = 0; at < DMA_PERIOD && at < size; at++)
		bytes[at] = seed + at;
	for (i = at; i < size; i += at)
		memcpy(bytes + i, bytes, min(size - i, at));
}

bool lab_dma_holds(const void *buffer, size_t size, u8 seed)
{
	u8 pattern[DMA_PERIOD];
	size_t i;

	lab_dma_fill(pattern, sizeof(pattern), seed);
	for (i = 0; i < size; i += sizeof(pattern)) {
		if (memcmp(buffer + i, pattern, min(size - i, sizeof(pattern))))
			return false;
	}
	return true;
}

/* For what goes through the device */
static void *dma_buffer(const struct lab_dma *dma, size_t size)
{
	void *buffer = kvmalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(dma->test, buffer);
	return buffer;
}

void lab_dma_expect_read(const struct lab_dma *dma, dma_addr_t bus, size_t size,
			 u8 seed)
{
	void *buffer = dma_buffer(dma, size);

	KUNIT_EXPECT_EQ(dma->test, lab_dma_read(dma, bus, buffer, size), 0);
	KUNIT_EXPECT_TRUE_MSG(dma->test, lab_dma_holds(buffer, size, seed),
			      "the device does not see pattern %u in %zu bytes at %pad",
			      seed, size, &bus);
	kvfree(buffer);
}

void lab_dma_put(const struct lab_dma *dma, dma_addr_t bus, size_t size,
		 u8 seed)
{
	void *buffer = dma_buffer(dma, size);

	lab_dma_fill(buffer, size, seed);
	KUNIT_EXPECT_EQ(dma->test, lab_dma_write(dma, bus, buffer, size), 0);
	kvfree(buffer);
}

/**
 * struct dma_pages - pages of a test
 * @address: where
 * @size: in bytes
 */
struct dma_pages {
	void *address;
	size_t size;
};

static void dma_free_pages_of(void *data)
{
	struct dma_pages *pages = data;

	free_pages_exact(pages->address, pages->size);
}

void *lab_dma_pages(struct kunit *test, size_t size)
{
	struct dma_pages *pages = kunit_kzalloc(test, sizeof(*pages),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pages);
	pages->size = PAGE_ALIGN(size);
	pages->address = alloc_pages_exact(pages->size,
					   GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, pages->address);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, dma_free_pages_of,
						  pages));
	return pages->address;
}

dma_addr_t lab_dma_map(const struct lab_dma *dma, void *buffer, size_t size,
		       enum dma_data_direction dir)
{
	dma_addr_t bus = dma_map_single(dma->dev, buffer, size, dir);

	KUNIT_ASSERT_EQ(dma->test, dma_mapping_error(dma->dev, bus), 0);
	return bus;
}

/* What is around a buffer, and what a write that is refused would leave */
#define DMA_FENCE	0x5a
#define DMA_LOST	0xa7

struct lab_dma_buffer lab_dma_begin(struct kunit *test,
				    const struct umlab_model *model,
				    size_t offset, size_t size)
{
	struct lab_dma_buffer buffer = {
		.dma = lab_dma_plug_model(test, model, NULL),
		.pages = lab_dma_pages(test, offset + size),
		.size = size,
	};

	buffer.memory = buffer.pages + offset;
	memset(buffer.pages, DMA_FENCE, PAGE_ALIGN(offset + size));
	lab_dma_fill(buffer.memory, size, 1);
	buffer.bus = lab_dma_map(&buffer.dma, buffer.memory, size,
				 DMA_BIDIRECTIONAL);
	return buffer;
}

void lab_dma_end(const struct lab_dma_buffer *buffer)
{
	size_t before = buffer->memory - buffer->pages;
	u8 *end = buffer->memory + buffer->size;
	struct kunit *test = buffer->dma.test;

	dma_unmap_single(buffer->dma.dev, buffer->bus, buffer->size,
			 DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, lab_dma_holds(buffer->memory, buffer->size, 1));
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer->pages, DMA_FENCE, before));
	KUNIT_EXPECT_NULL(test, memchr_inv(end, DMA_FENCE,
					   PTR_ALIGN(end, PAGE_SIZE) - end));
}

void lab_dma_declare(const struct lab_dma *dma, enum umlab_violation kind,
		     unsigned int times)
{
	while (times--)
		umlab_expect_violation(dma->slot, kind);
}

void lab_dma_expect_warn(const struct lab_dma *dma, unsigned int in)
{
	if (in & BIT(umlab_topology(dma->slot)->dma))
		umlab_expect_splat(dma->test, UMLAB_SPLAT_WARN);
}

/* The longest access that is refused, in bytes */
#define DMA_REFUSED	256

void lab_dma_refuse_read(const struct lab_dma *dma, dma_addr_t bus, size_t size,
			 enum umlab_violation kind)
{
	unsigned int before = umlab_violations(dma->slot, kind);
	u8 buffer[DMA_REFUSED] = { };

	KUNIT_ASSERT_LE(dma->test, size, sizeof(buffer));
	umlab_expect_violation(dma->slot, kind);
	KUNIT_EXPECT_EQ_MSG(dma->test, lab_dma_read(dma, bus, buffer, size),
			    -EIO, "read of %zu bytes at %pad", size, &bus);
	KUNIT_EXPECT_NULL(dma->test, memchr_inv(buffer, 0xff, size));
	lab_dma_expect_violations(dma, kind, before + 1);
}

void lab_dma_refuse_write(const struct lab_dma *dma, dma_addr_t bus,
			  size_t size, enum umlab_violation kind)
{
	unsigned int before = umlab_violations(dma->slot, kind);
	u8 buffer[DMA_REFUSED];

	KUNIT_ASSERT_LE(dma->test, size, sizeof(buffer));
	memset(buffer, DMA_LOST, sizeof(buffer));
	umlab_expect_violation(dma->slot, kind);
	KUNIT_EXPECT_EQ_MSG(dma->test, lab_dma_write(dma, bus, buffer, size),
			    -EIO, "write of %zu bytes at %pad", size, &bus);
	lab_dma_expect_violations(dma, kind, before + 1);
}

void lab_dma_refuse(const struct lab_dma *dma, dma_addr_t bus, size_t size,
		    enum umlab_violation kind)
{
	lab_dma_refuse_read(dma, bus, size, kind);
	lab_dma_refuse_write(dma, bus, size, kind);
}

unsigned int lab_dma_events(const struct lab_dma *dma,
			    enum umlab_event_kind kind, bool failed)
{
	const struct umlab_event pattern = {
		.kind = kind,
		.where = failed,
		.any = UMLAB_ANY_VALUE | UMLAB_ANY_SIZE | UMLAB_ANY_OFFSET,
	};

	return umlab_journal_count(dma->slot, dma->begin, pattern);
}

void lab_dma_expect_violations(const struct lab_dma *dma,
			       enum umlab_violation kind, unsigned int count)
{
	KUNIT_EXPECT_EQ(dma->test, umlab_violations(dma->slot, kind), count);
}

bool lab_dma_is(const struct lab_dma *dma, enum umlab_dma kind)
{
	return umlab_topology(dma->slot)->dma == kind;
}
