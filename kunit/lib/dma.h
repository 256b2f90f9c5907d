/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that does DMA as a suite tells it, and memory to do it to
 *
 * The suite plays both sides: the driver, by the DMA API on @dev, and the device,
 * by lab_dma_read() and lab_dma_write().
 */
#ifndef _LAB_DMA_H
#define _LAB_DMA_H

#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <umlab/machine.h>

struct kunit;
struct scatterlist;
struct sg_table;
struct umlab_model;

/* Sets of topologies, by places in umlab_topologies: coherent ones are first */
#define LAB_DMA_ALL		GENMASK(UMLAB_TOPOLOGIES - 1, 0)
#define LAB_DMA_COHERENT	GENMASK(UMLAB_TOPOLOGIES / 2 - 1, 0)

/**
 * struct lab_dma - a device that was plugged in, as a bus master
 * @test: the test
 * @slot: the machine's
 * @dev: the kernel's
 * @begin: the journal when it was there
 */
struct lab_dma {
	struct kunit *test;
	struct umlab_slot *slot;
	struct device *dev;
	u64 begin;
};

/* The device's ID; its vendor is LAB_CARD_VENDOR */
#define LAB_DMA_DEVICE	0x00d0

/* A device without a driver that drives 64 address bits */
extern const struct umlab_model lab_dma_model;

/**
 * lab_dma_plug() - plug in a device, enabled, with a mask of 64 bits
 * @test: the test; aborted if this fails
 * @options: how; NULL: in the topology that the test's parameter names
 */
struct lab_dma lab_dma_plug(struct kunit *test,
			    const struct umlab_options *options);

/**
 * lab_dma_plug_model() - the same of another model
 * @test: as for lab_dma_plug()
 * @model: the model
 * @options: likewise
 */
struct lab_dma lab_dma_plug_model(struct kunit *test,
				  const struct umlab_model *model,
				  const struct umlab_options *options);

/**
 * lab_dma_in() - plug in a device in a topology
 * @test: as for lab_dma_plug()
 * @topology: which
 */
struct lab_dma lab_dma_in(struct kunit *test,
			  const struct umlab_topology *topology);

/**
 * lab_dma_read() - have the device read memory
 * @dma: the device
 * @bus: the bus address
 * @buffer: for what it reads
 * @size: in bytes
 *
 * Return: as umlab_dma_read().
 */
int lab_dma_read(const struct lab_dma *dma, dma_addr_t bus, void *buffer,
		 size_t size);

/**
 * lab_dma_write() - have the device write memory
 * @dma: the device
 * @bus: the bus address
 * @buffer: what it writes
 * @size: in bytes
 *
 * Return: as umlab_dma_write().
 */
int lab_dma_write(const struct lab_dma *dma, dma_addr_t bus,
		  const void *buffer, size_t size);

/**
 * lab_dma_hold() - have the device take a buffer, or be done with it
 * @dma: the device
 * @bus: an address in it
 * @held: take it
 *
 * Return: as umlab_dma_hold(), or 0.
 */
int lab_dma_hold(const struct lab_dma *dma, dma_addr_t bus, bool held);

/**
 * lab_dma_expect_read() - expect that the device can read a pattern
 * @dma: the device
 * @bus: the bus address
 * @size: in bytes
 * @seed: of the pattern, see lab_dma_fill()
 */
void lab_dma_expect_read(const struct lab_dma *dma, dma_addr_t bus, size_t size,
			 u8 seed);

/**
 * lab_dma_put() - have the device write a pattern
 * @dma: the device
 * @bus: the bus address
 * @size: in bytes
 * @seed: of the pattern
 */
void lab_dma_put(const struct lab_dma *dma, dma_addr_t bus, size_t size,
		 u8 seed);

/**
 * lab_dma_fill() - write a pattern, as the CPU
 * @buffer: where
 * @size: in bytes
 * @seed: tells patterns apart
 */
void lab_dma_fill(void *buffer, size_t size, u8 seed);

/**
 * lab_dma_holds() - whether a pattern is there, in view of the CPU
 * @buffer: where
 * @size: in bytes
 * @seed: of the pattern
 */
bool lab_dma_holds(const void *buffer, size_t size, u8 seed);

/**
 * lab_dma_pages() - pages for the length of a test
 * @test: the test; aborted if there are none
 * @size: in bytes; at least so many, contiguous
 *
 * Return: their address; the pages are zero.
 */
void *lab_dma_pages(struct kunit *test, size_t size);

/**
 * lab_dma_map() - dma_map_single(), which has to succeed
 * @dma: the device; the test is aborted if it fails
 * @buffer: the memory
 * @size: in bytes
 * @dir: the direction
 */
dma_addr_t lab_dma_map(const struct lab_dma *dma, void *buffer, size_t size,
		       enum dma_data_direction dir);

/**
 * struct lab_dma_buffer - a device with a buffer mapped both ways
 * @dma: the device
 * @pages: what the buffer is in, with a fence around it
 * @memory: the buffer; pattern 1 is in it, see lab_dma_fill()
 * @size: in bytes
 * @bus: where the device finds it
 */
struct lab_dma_buffer {
	struct lab_dma dma;
	u8 *pages;
	u8 *memory;
	size_t size;
	dma_addr_t bus;
};

/**
 * lab_dma_begin() - plug in a device, and map a buffer for it
 * @test: as for lab_dma_plug()
 * @model: the device's
 * @offset: where in the pages the buffer begins, in bytes
 * @size: of the buffer, in bytes
 */
struct lab_dma_buffer lab_dma_begin(struct kunit *test,
				    const struct umlab_model *model,
				    size_t offset, size_t size);

/**
 * lab_dma_end() - unmap it, and expect the pattern and the fence to be there
 * @buffer: from lab_dma_begin()
 */
void lab_dma_end(const struct lab_dma_buffer *buffer);

/**
 * lab_dma_declare() - umlab_expect_violation(), so many times
 * @dma: the device
 * @kind: of this kind
 * @times: so many
 */
void lab_dma_declare(const struct lab_dma *dma, enum umlab_violation kind,
		     unsigned int times);

/**
 * lab_dma_expect_warn() - umlab_expect_splat(): the kernel's DMA code will warn by itself
 * @dma: the device
 * @in: if this is between the device and memory: BIT(UMLAB_DMA_*), or'ed
 *
 * Of what is not in the device's reach the direct ones and the bounce buffers warn once,
 * and dma-iommu does of an unmap where nothing is.
 */
void lab_dma_expect_warn(const struct lab_dma *dma, unsigned int in);

/**
 * lab_dma_refuse_read() - expect that the device may not read: it gets all-ones
 * @dma: the device
 * @bus: the bus address
 * @size: in bytes, 256 at most
 * @kind: the violation that it is, once; declared here
 */
void lab_dma_refuse_read(const struct lab_dma *dma, dma_addr_t bus, size_t size,
			 enum umlab_violation kind);

/**
 * lab_dma_refuse_write() - expect that the device may not write
 * @dma: as for lab_dma_refuse_read()
 * @bus: likewise
 * @size: likewise
 * @kind: likewise
 */
void lab_dma_refuse_write(const struct lab_dma *dma, dma_addr_t bus,
			  size_t size, enum umlab_violation kind);

/**
 * lab_dma_refuse() - expect that the device may do neither
 * @dma: as for lab_dma_refuse_read()
 * @bus: likewise
 * @size: likewise
 * @kind: the violation that each of both is
 */
void lab_dma_refuse(const struct lab_dma *dma, dma_addr_t bus, size_t size,
		    enum umlab_violation kind);

/**
 * lab_dma_events() - how many events the journal has since the device is there
 * @dma: the device
 * @kind: of this kind
 * @failed: of accesses: those that failed, or those that did not
 */
unsigned int lab_dma_events(const struct lab_dma *dma,
			    enum umlab_event_kind kind, bool failed);

/**
 * lab_dma_expect_violations() - expect that there were so many
 * @dma: the device
 * @kind: of this kind
 * @count: so many
 */
void lab_dma_expect_violations(const struct lab_dma *dma,
			       enum umlab_violation kind, unsigned int count);

/**
 * lab_dma_is() - whether the device is in a topology of a kind
 * @dma: the device
 * @kind: which
 */
bool lab_dma_is(const struct lab_dma *dma, enum umlab_dma kind);

#endif /* _LAB_DMA_H */
