// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: the memory of a request
 *
 * A request's data is either copied through the slot's own buffer, which is mapped as long
 * as the driver is bound and changes hands by syncs; or moved from and to the caller's
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

/**
 * dad_buffer_init() - make a slot's own buffer
 * @req: the slot
 *
 * Return: 0 or a negative errno.
 */
int dad_buffer_init(struct dad_request *req)
{
	req->copy = kmalloc(DAD_COPY_MAX, GFP_KERNEL);
	if (!req->copy)
		return -ENOMEM;
	req->copy_bus = dma_map_single(buffer_dev(req), req->copy,
				       DAD_COPY_MAX, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(buffer_dev(req), req->copy_bus)) {
		kfree(req->copy);
		req->copy = NULL;
		return -ENOMEM;
	}
	/* It is ours while no request is under way. */
	dma_sync_single_for_cpu(buffer_dev(req), req->copy_bus, DAD_COPY_MAX,
				DMA_BIDIRECTIONAL);
	return 0;
}

/**
 * dad_buffer_exit() - undo dad_buffer_init()
 * @req: the slot, also if that failed or was not called
 */
void dad_buffer_exit(struct dad_request *req)
{
	if (!req->copy)
		return;
	dma_unmap_single(buffer_dev(req), req->copy_bus, DAD_COPY_MAX,
			 DMA_BIDIRECTIONAL);
	kfree(req->copy);
	req->copy = NULL;
}

/**
 * dad_buffer_copy() - have a request use its slot's buffer
 * @req: the request
 * @iter: what is written is copied from here
 * @len: how many bytes; at most DAD_COPY_MAX of them are taken
 *
 * What was read is copied by the caller, from the buffer, when the request is done.
 *
 * Return: 0, or -EFAULT.
 */
int dad_buffer_copy(struct dad_request *req, struct iov_iter *iter, size_t len)
{
	len = min_t(size_t, len, DAD_COPY_MAX);
	/* Nobody else's data is to be seen if the board writes less than it says. */
	if (req->dir == DMA_FROM_DEVICE)
		memset(req->copy, 0, len);
	else
		len = copy_from_iter(req->copy, len, iter);
	if (!len)
		return -EFAULT;
	dma_sync_single_for_device(buffer_dev(req), req->copy_bus, len,
				   DMA_BIDIRECTIONAL);
	req->len = len;
	req->mapping = DAD_COPY;
	dad_count(req->dad, DAD_COUNT_COPIES, 1);
	return 0;
}

/* Whether the list's last segment may have @len bytes more, which follow it */
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

static void buffer_unpin(struct dad_request *req, bool dirty)
{
	if (req->pinned)
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
		buffer_unpin(req, false);
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
		buffer_unpin(req, false);
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
 * Context: may sleep; in the address space of @iter. Return: 0, -EFAULT if not one byte of it
 * is the caller's to use, -ENOMEM or another error if not one page of it can be mapped.
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
		buffer_unpin(req, false);
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
	u32 flags = DAD_DESC_IRQ;

	if (req->dir == DMA_FROM_DEVICE)
		flags |= DAD_DESC_TO_HOST;
	if (req->chain_len)
		flags |= DAD_DESC_CHAIN;
	desc->addr = cpu_to_le64(req->mapping == DAD_COPY ? req->copy_bus :
							    req->bus);
	desc->len = cpu_to_le32(req->len);
	desc->flags = cpu_to_le32(flags);
}

/**
 * dad_buffer_release() - a request does not need its memory any more
 * @req: the request; the board is done with it
 * @dirty: the board may have written to it
 *
 * Context: may sleep.
 */
void dad_buffer_release(struct dad_request *req, bool dirty)
{
	switch (req->mapping) {
	case DAD_UNMAPPED:
		return;
	case DAD_COPY:
		dma_sync_single_for_cpu(buffer_dev(req), req->copy_bus,
					req->len, DMA_BIDIRECTIONAL);
		break;
	case DAD_PAGE:
		dma_unmap_page(buffer_dev(req), req->bus, req->len, req->dir);
		buffer_unpin(req, dirty);
		break;
	case DAD_LIST:
		buffer_free_chain(req);
		dma_unmap_sgtable(buffer_dev(req), &req->sgt, req->dir, 0);
		buffer_unpin(req, dirty);
		break;
	}
	req->mapping = DAD_UNMAPPED;
}
