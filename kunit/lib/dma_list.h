/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scatter/gather lists, mapped for a device that goes through their segments
 *
 * What the CPU writes and sees are the entries, one after another; what the
 * device goes through are the segments.
 */
#ifndef _LAB_DMA_LIST_H
#define _LAB_DMA_LIST_H

#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "dma.h"

#define LAB_LIST_ENTRIES	4
#define LAB_LIST_SIZE		SZ_32K

/**
 * struct lab_list_shape - what a list is to be made of
 * @name: in messages
 * @nents: how many entries
 * @merged: how many segments the IOMMU makes of them
 * @entry: the entries
 * @entry.offset: where it is in LAB_LIST_SIZE bytes of pages
 * @entry.size: in bytes
 */
struct lab_list_shape {
	const char *name;
	unsigned int nents;
	unsigned int merged;
	struct {
		unsigned int offset;
		unsigned int size;
	} entry[LAB_LIST_ENTRIES];
};

/* All of its entries are merged. */
extern const struct lab_list_shape lab_list_contiguous;

/* The first two are merged. */
extern const struct lab_list_shape lab_list_mixed;

/**
 * struct lab_list - a list, and the device that it is mapped for
 * @dma: the device
 * @name: in messages
 * @table: the list
 * @pages: the memory that its entries are parts of
 * @stream: for what is in the entries, one after another
 * @bytes: how much that is
 * @mapped: how many segments the entries have become
 */
struct lab_list {
	const struct lab_dma *dma;
	const char *name;
	struct sg_table table;
	u8 *pages;
	u8 *stream;
	size_t bytes;
	unsigned int mapped;
};

/**
 * lab_list_new() - make a list without memory in it yet
 * @dma: the device; the test is aborted if this fails
 * @name: in messages
 * @nents: how many entries; 0: the caller has them
 * @size: of the pages, in bytes
 *
 * Return: the list; freed when the test ends.
 */
struct lab_list *lab_list_new(const struct lab_dma *dma, const char *name,
			      unsigned int nents, size_t size);

/**
 * lab_list_set() - give an entry its memory
 * @list: the list
 * @sg: the entry
 * @offset: where in the pages it begins, in bytes
 * @size: in bytes
 */
void lab_list_set(struct lab_list *list, struct scatterlist *sg, size_t offset,
		  unsigned int size);

/**
 * lab_list_of() - make a list of a shape
 * @dma: as for lab_list_new()
 * @shape: the shape
 *
 * Return: likewise.
 */
struct lab_list *lab_list_of(const struct lab_dma *dma,
			     const struct lab_list_shape *shape);

/**
 * lab_list_map() - dma_map_sg(), which has to succeed
 * @list: the list; the test is aborted if it fails
 * @dir: the direction
 *
 * The segments are as long as the entries, and respect the device's limits.
 */
void lab_list_map(struct lab_list *list, enum dma_data_direction dir);

/**
 * lab_list_unmap() - dma_unmap_sg(), after which nothing is mapped
 * @list: the list
 * @dir: the direction
 */
void lab_list_unmap(struct lab_list *list, enum dma_data_direction dir);

/**
 * lab_list_expect_mapped() - expect that a list has become so many segments
 * @list: the list
 * @merged: so many behind the IOMMU; elsewhere each entry is one
 */
void lab_list_expect_mapped(const struct lab_list *list, unsigned int merged);

/**
 * lab_list_last() - the last segment
 * @list: the list, mapped
 */
struct scatterlist *lab_list_last(const struct lab_list *list);

/**
 * lab_list_fill() - write a pattern to the entries, as the CPU
 * @list: the list
 * @seed: of the pattern, see lab_dma_fill()
 */
void lab_list_fill(struct lab_list *list, u8 seed);

/**
 * lab_list_holds() - whether a pattern is in the entries, in view of the CPU
 * @list: the list
 * @seed: of the pattern
 */
bool lab_list_holds(struct lab_list *list, u8 seed);

/**
 * lab_list_expect_holds() - expect that it is
 * @list: the list
 * @seed: of the pattern
 */
void lab_list_expect_holds(struct lab_list *list, u8 seed);

/**
 * lab_list_access() - have the device go through the segments
 * @list: the list, mapped
 * @write: from the stream to the segments, not the other way
 */
void lab_list_access(struct lab_list *list, bool write);

/**
 * lab_list_device_reads() - expect that the device can read a pattern
 * @list: the list, mapped
 * @seed: of the pattern
 */
void lab_list_device_reads(struct lab_list *list, u8 seed);

/**
 * lab_list_device_writes() - have the device write a pattern
 * @list: the list, mapped
 * @seed: of the pattern
 */
void lab_list_device_writes(struct lab_list *list, u8 seed);

/**
 * lab_list_check() - expect that each side sees the other's writes
 * @list: the list; mapped for it, and unmapped again
 * @merged: as for lab_list_expect_mapped()
 * @seed: of the CPU's pattern; the device's is the next one
 */
void lab_list_check(struct lab_list *list, unsigned int merged, u8 seed);

#endif /* _LAB_DMA_LIST_H */
