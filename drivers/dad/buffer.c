// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the memory of a request
 *
 * A request's data is either copied through the slot's own buffer, which is mapped as long
 * as the driver is bound, and changes hands by syncs; or moved from and to the caller's
 * pages, which are pinned and mapped for this one request. What is short is copied, since
 * that costs less than to pin and map a page.
 */

#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "dad.h"

static struct device *buffer_dev(const struct dad_request *req)
{
	return &req->dad->pdev->dev;
}

/* Where a slot's buffer is in the memory of all of them */
static size_t buffer_at(const struct dad_request *req)
{
	return req->tag * DAD_COPY_MAX;
}

static void *buffer_copy(const struct dad_request *req)
{
	return req->dad->copies + buffer_at(req);
}

static void buffer_for_cpu(const struct dad_request *req)
{
	dma_sync_single_range_for_cpu(buffer_dev(req), req->dad->copies_bus,
				      buffer_at(req), req->len,
				      DMA_BIDIRECTIONAL);
}

static void buffer_for_device(const struct dad_request *req)
{
	dma_sync_single_range_for_device(buffer_dev(req), req->dad->copies_bus,
					 buffer_at(req), req->len,
					 DMA_BIDIRECTIONAL);
}

/**
 * dad_buffer_init() - make the slots' own buffers
 * @dad: the board
 *
 * They are one piece of memory. Each is longer than any cache line, so that the CPU may have
 * one while the board has the next.
 *
 * Return: 0 or -ENOMEM.
 */
int dad_buffer_init(struct dad *dad)
{
	struct device *dev = &dad->pdev->dev;

	dad->copies = kzalloc(DAD_COPIES, GFP_KERNEL);
	if (!dad->copies)
		return -ENOMEM;
	dad->copies_bus = dma_map_single(dev, dad->copies, DAD_COPIES,
					 DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, dad->copies_bus)) {
		kfree(dad->copies);
		dad->copies = NULL;
		return -ENOMEM;
	}
	/* They are ours while no request is under way. */
	dma_sync_single_for_cpu(dev, dad->copies_bus, DAD_COPIES,
				DMA_BIDIRECTIONAL);
	return 0;
}

/**
 * dad_buffer_exit() - undo dad_buffer_init()
 * @dad: the board, also if that failed or was not called
 */
void dad_buffer_exit(struct dad *dad)
{
	if (!dad->copies)
		return;
	dma_unmap_single(&dad->pdev->dev, dad->copies_bus, DAD_COPIES,
			 DMA_BIDIRECTIONAL);
	kfree(dad->copies);
	dad->copies = NULL;
}

/**
 * dad_buffer_copy() - have a request use its slot's buffer
 * @req: the request
 * @iter: what is written is copied from here
 * @len: how many bytes; at most DAD_COPY_MAX of them are taken
 *
 * What was read is fetched by dad_buffer_fetch(), when the request is done.
 *
 * Return: 0, or -EFAULT.
 */
int dad_buffer_copy(struct dad_request *req, struct iov_iter *iter, size_t len)
{
	len = min_t(size_t, len, DAD_COPY_MAX);
	/* Nobody else's data is to be seen if the board writes less than it says. */
	if (req->dir == DMA_FROM_DEVICE)
		memset(buffer_copy(req), 0, len);
	else
		len = copy_from_iter(buffer_copy(req), len, iter);
	if (!len)
		return -EFAULT;
	req->len = len;
	buffer_for_device(req);
	req->mapping = DAD_COPY;
	dad_count(req->dad, DAD_COUNT_COPIES, 1);
	return 0;
}

/**
 * dad_buffer_fetch() - copy what was read from a slot's buffer
 * @req: the request; done, and released
 * @iter: to here
 * @len: how many bytes
 *
 * Return: how many bytes were copied, or -EFAULT.
 */
ssize_t dad_buffer_fetch(const struct dad_request *req, struct iov_iter *iter,
			 size_t len)
{
	len = copy_to_iter(buffer_copy(req), len, iter);
	return len ? len : -EFAULT;
}

/*
 * Whether the list's last segment may have @len bytes more, which follow it. The boundary
 * is one of physical addresses here, as in the block layer: bus addresses are further by a
 * multiple of it, or an IOMMU sees to it.
 */
static bool buffer_may_grow(struct device *dev, struct scatterlist *sg,
			    phys_addr_t addr, size_t len)
{
	phys_addr_t start = sg_phys(sg), last = addr + len - 1;

	return start + sg->length == addr &&
	       sg->length + len <= dma_get_max_seg_size(dev) &&
	       (start | dma_get_seg_boundary(dev)) ==
	       (last | dma_get_seg_boundary(dev));
}

/* Append @len bytes from @offset in the first of @pages to the request's list. */
static void buffer_append(struct dad_request *req, struct page **pages,
			  size_t offset, size_t len)
{
	struct scatterlist *sg = req->sgt.sgl + req->sgt.orig_nents;

	for (; len; pages++, offset = 0) {
		size_t part = min_t(size_t, len, PAGE_SIZE - offset);
		phys_addr_t addr = page_to_phys(*pages) + offset;

		if (req->sgt.orig_nents &&
		    buffer_may_grow(buffer_dev(req), sg - 1, addr, part)) {
			sg[-1].length += part;
		} else {
			sg_set_page(sg++, *pages, part, offset);
			req->sgt.orig_nents++;
		}
		len -= part;
	}
}

/**
 * dad_buffer_unpin() - give a request's pages back to the caller
 * @req: the request; dad_buffer_unmap() was called, or it was never mapped
 * @dirty: the board may have written to them
 *
 * Context: may sleep, for as long as a file system keeps a page locked.
 */
void dad_buffer_unpin(struct dad_request *req, bool dirty)
{
	if (req->pinned && req->pages)
		unpin_user_pages_dirty_lock(req->pages, req->page_count, dirty);
	kvfree(req->pages);
	kvfree(req->sgt.sgl);
	req->pages = NULL;
	req->sgt = (struct sg_table) { };
}

/*
 * Pin up to @len bytes of the caller's memory, less if less can be had, and make a
 * list of them. @iter goes on by as much.
 */
static ssize_t buffer_pin(struct dad_request *req, struct iov_iter *iter,
			  size_t len)
{
	unsigned int most = iov_iter_npages(iter, DAD_PAGES_MAX);
	ssize_t got = -EFAULT;
	size_t pinned = 0;

	req->page_count = 0;
	req->pinned = iov_iter_extract_will_pin(iter);
	req->pages = kvmalloc_array(most, sizeof(*req->pages), GFP_KERNEL);
	req->sgt.sgl = kvmalloc_array(most, sizeof(*req->sgt.sgl), GFP_KERNEL);
	if (!req->pages || !req->sgt.sgl) {
		dad_buffer_unpin(req, false);
		return -ENOMEM;
	}
	sg_init_table(req->sgt.sgl, most);

	while (pinned < len && req->page_count < most) {
		struct page **pages = req->pages + req->page_count;
		size_t offset;

		got = iov_iter_extract_pages(iter, &pages, len - pinned,
					     most - req->page_count, 0, &offset);
		if (got <= 0)
			break;
		buffer_append(req, pages, offset, got);
		req->page_count += DIV_ROUND_UP(offset + got, PAGE_SIZE);
		pinned += got;
	}
	if (!pinned) {
		dad_buffer_unpin(req, false);
		return got < 0 ? got : -EFAULT;
	}
	sg_mark_end(req->sgt.sgl + req->sgt.orig_nents - 1);
	return pinned;
}

static void buffer_free_chain(struct dad_request *req)
{
	while (req->chain_len) {
		struct dad_chain_block *last = &req->chain[--req->chain_len];

		dma_pool_free(req->dad->blocks, last->block, last->bus);
	}
}

/* Write the list, as it is mapped, to blocks of the pool. */
static int buffer_build_chain(struct dad_request *req)
{
	struct dad_block *block = NULL;
	struct scatterlist *sg;
	unsigned int i, nr;

	for_each_sgtable_dma_sg(&req->sgt, sg, i) {
		nr = i % DAD_BLOCK_SEGMENTS;
		if (!nr) {
			struct dad_chain_block *next =
				&req->chain[req->chain_len];

			next->block = dma_pool_zalloc(req->dad->blocks,
						      GFP_KERNEL, &next->bus);
			if (!next->block) {
				buffer_free_chain(req);
				return -ENOMEM;
			}
			if (block)
				block->next = cpu_to_le64(next->bus);
			block = next->block;
			req->chain_len++;
		}
		block->segments[nr].addr = cpu_to_le64(sg_dma_address(sg));
		block->segments[nr].len = cpu_to_le32(sg_dma_len(sg));
		block->count = cpu_to_le32(nr + 1);
	}
	req->bus = req->chain[0].bus;
	dad_count(req->dad, DAD_COUNT_CHAINS, 1);
	return 0;
}

static int buffer_map_page(struct dad_request *req)
{
	struct scatterlist *sg = req->sgt.sgl;

	req->bus = dma_map_page(buffer_dev(req), sg_page(sg), sg->offset,
				sg->length, req->dir);
	if (dma_mapping_error(buffer_dev(req), req->bus))
		return -ENOMEM;
	req->mapping = DAD_PAGE;
	dad_count(req->dad, DAD_COUNT_PAGES, 1);
	return 0;
}

static int buffer_map_list(struct dad_request *req)
{
	int ret;

	ret = dma_map_sgtable(buffer_dev(req), &req->sgt, req->dir, 0);
	if (ret)
		return ret;
	/* An IOMMU may have made one of them all. */
	if (req->sgt.nents > 1)
		ret = buffer_build_chain(req);
	else
		req->bus = sg_dma_address(req->sgt.sgl);
	if (ret) {
		dma_unmap_sgtable(buffer_dev(req), &req->sgt, req->dir, 0);
		return ret;
	}
	req->mapping = DAD_LIST;
	dad_count(req->dad, DAD_COUNT_LISTS, 1);
	return 0;
}

/**
 * dad_buffer_direct() - have a request use the caller's memory
 * @req: the request
 * @iter: the memory; goes on by what is taken of it
 * @len: how many bytes; fewer may be taken
 *
 * What cannot be mapped is tried again by halves, as bounce buffers and addresses may be
 * scarce.
 *
 * Context: may sleep; in the address space of @iter.
 * Return: 0, -EFAULT if not one byte of it is the caller's to use, -ENOMEM or another
 * error if not one page of it can be mapped.
 */
int dad_buffer_direct(struct dad_request *req, struct iov_iter *iter,
		      size_t len)
{
	ssize_t pinned;
	int ret;

	len = min_t(size_t, len, DAD_TRANSFER_MAX);
	for (;;) {
		pinned = buffer_pin(req, iter, len);
		if (pinned < 0)
			return pinned;
		req->len = pinned;
		ret = req->page_count == 1 ? buffer_map_page(req) :
					     buffer_map_list(req);
		if (!ret)
			return 0;
		dad_buffer_unpin(req, false);
		iov_iter_revert(iter, pinned);
		if (pinned <= PAGE_SIZE)
			return ret;
		len = pinned / 2;
		dad_count(req->dad, DAD_COUNT_MAP_RETRIES, 1);
	}
}

/**
 * dad_buffer_describe() - tell the board where the memory of a request is
 * @req: the request
 * @desc: its descriptor, of which the address, length and flags are set
 */
void dad_buffer_describe(const struct dad_request *req, struct dad_desc *desc)
{
	dma_addr_t addr = req->bus;
	u32 flags = DAD_DESC_IRQ;

	if (req->mapping == DAD_COPY)
		addr = req->dad->copies_bus + buffer_at(req);
	if (req->dir == DMA_FROM_DEVICE)
		flags |= DAD_DESC_TO_HOST;
	if (req->chain_len)
		flags |= DAD_DESC_CHAIN;
	desc->addr = cpu_to_le64(addr);
	desc->len = cpu_to_le32(req->len);
	desc->flags = cpu_to_le32(flags);
}

/**
 * dad_buffer_unmap() - the board does not need a request's memory any more
 * @req: the request; mapped or not
 *
 * What was pinned is still to be unpinned, by dad_buffer_unpin().
 */
void dad_buffer_unmap(struct dad_request *req)
{
	switch (req->mapping) {
	case DAD_UNMAPPED:
		break;
	case DAD_COPY:
		buffer_for_cpu(req);
		break;
	case DAD_PAGE:
		dma_unmap_page(buffer_dev(req), req->bus, req->len, req->dir);
		break;
	case DAD_LIST:
		buffer_free_chain(req);
		dma_unmap_sgtable(buffer_dev(req), &req->sgt, req->dir, 0);
		break;
	}
	req->mapping = DAD_UNMAPPED;
}
