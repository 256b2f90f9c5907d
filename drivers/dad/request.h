/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dad: requests, and their memory: see request.c and buffer.c
 */
#ifndef _DAD_REQUEST_H
#define _DAD_REQUEST_H

#include <linux/completion.h>
#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "dad-ioctl.h"
#include "dad-regs.h"

struct dad;
struct iov_iter;
struct kiocb;

#define DAD_SLOTS		16	/* requests under way at a time */
#define DAD_COPY_MAX		1024	/* bytes that are copied, not pinned */
#define DAD_COPIES		(DAD_SLOTS * DAD_COPY_MAX)
#define DAD_PAGES_MAX		(DAD_TRANSFER_MAX / PAGE_SIZE + 1)

/**
 * struct dad_chain_block - a block of a chain
 * @block: what the board reads
 * @bus: where that is, to the board
 */
struct dad_chain_block {
	struct dad_block *block;
	dma_addr_t bus;
};

#define DAD_CHAIN_MAX	DIV_ROUND_UP(DAD_PAGES_MAX, DAD_BLOCK_SEGMENTS)

/**
 * enum dad_mapping - how a request's memory is mapped
 * @DAD_UNMAPPED: not at all
 * @DAD_COPY: it is the slot's own buffer
 * @DAD_PAGE: it is a page
 * @DAD_LIST: it is a list
 */
enum dad_mapping {
	DAD_UNMAPPED,
	DAD_COPY,
	DAD_PAGE,
	DAD_LIST,
};

/**
 * struct dad_request - a transfer between memory and the board, and its slot
 * @dad: the board
 * @tag: of its descriptor; its place in dad.requests
 * @dir: where to
 * @offset: where on the board
 * @len: how many bytes
 * @mapping: how its memory is mapped
 * @pages: the caller's pages
 * @page_count: how many
 * @pinned: they have to be unpinned
 * @sgt: the list of them
 * @bus: of the page, or of the first block of the chain
 * @chain: the blocks, if there is a chain
 * @chain_len: how many
 * @iocb: whom to tell, or NULL: who waits for @done
 * @work: tells @iocb
 * @done: the board has no part in it any more
 * @result: then: bytes moved, or a negative errno
 * @queued: the board has it; guarded by dad.lock, as the next ones
 * @aborted: it was told to abort it
 * @deadline: when it is late, in jiffies
 */
struct dad_request {
	struct dad *dad;
	u32 tag;
	enum dma_data_direction dir;
	u64 offset;
	u32 len;
	enum dad_mapping mapping;
	struct page **pages;
	unsigned int page_count;
	bool pinned;
	struct sg_table sgt;
	dma_addr_t bus;
	struct dad_chain_block chain[DAD_CHAIN_MAX];
	unsigned int chain_len;
	struct kiocb *iocb;
	struct work_struct work;
	struct completion done;
	ssize_t result;
	bool queued;
	bool aborted;
	unsigned long deadline;
};

/* buffer.c: the memory of a request */
int dad_buffer_init(struct dad *dad);
void dad_buffer_exit(struct dad *dad);
int dad_buffer_copy(struct dad_request *req, struct iov_iter *iter, size_t len);
ssize_t dad_buffer_fetch(const struct dad_request *req, struct iov_iter *iter,
			 size_t len);
int dad_buffer_direct(struct dad_request *req, struct iov_iter *iter,
		      size_t len);
void dad_buffer_describe(const struct dad_request *req, struct dad_desc *desc);
void dad_buffer_unmap(struct dad_request *req);
void dad_buffer_unpin(struct dad_request *req, bool dirty);

/* request.c: the life of a request */
void dad_requests_init(struct dad *dad);
void dad_requests_flush(struct dad *dad);
struct dad_request *dad_request_get(struct dad *dad);
void dad_request_put(struct dad_request *req);
int dad_request_submit(struct dad_request *req);
void dad_request_abort(struct dad_request *req);
unsigned int dad_requests_reap(struct dad *dad);
void dad_requests_fail(struct dad *dad, int error);
bool dad_requests_late(struct dad *dad);
bool dad_requests_any(struct dad *dad);
bool dad_slot_free(struct dad *dad);

#endif /* _DAD_REQUEST_H */
