// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the dad board's descriptors name, section 6: it is checked and held when a
 * descriptor is fetched, and moved later
 *
 * Blocks are fetched and remembered with the descriptor. They are read once more when the
 * data is moved, for a driver has to leave them alone until then.
 */

#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dad.h"

#define REQUEST_FLAGS	(DAD_DESC_TO_HOST | DAD_DESC_CHAIN | DAD_DESC_IRQ)

/* A block without its segments */
#define REQUEST_HEAD	offsetof(struct dad_block, segments)

static_assert(sizeof(struct dad_block) <= sizeof_field(struct board, scratch));

bool board_request_bad(struct board_queue *queue, struct board_request *request,
		       const char *fmt, ...)
{
	struct va_format text;
	va_list args;

	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	umlab_model_violation(queue->board->slot,
			      "queue of %s: descriptor with tag %u: %pV",
			      queue->name, request->tag, &text);
	va_end(args);
	request->status = DAD_COMP_DESC;
	return false;
}

/* Read a block, or a part of it; whether that is done */
static bool request_read(struct board *board, u64 addr, void *buffer,
			 size_t size)
{
	int err = umlab_dma_read(board->slot, addr, buffer, size);

	if (err)
		board_bus_error(board, err);
	return !err;
}

static bool request_crosses(u64 addr, u64 size, u64 boundary)
{
	return (addr ^ (addr + size - 1)) & ~(boundary - 1);
}

/* Whether a segment is as section 2 says */
static bool request_segment_fits(struct board_queue *queue,
				 struct board_request *request, u64 addr,
				 u32 len)
{
	const struct board_limits *limits = queue->board->limits;

	if (!len)
		return board_request_bad(queue, request,
					 "its segment at %#llx has no bytes",
					 addr);
	if (len > limits->segment)
		return board_request_bad(queue, request,
					 "its segment at %#llx has %#x bytes, more than %#x",
					 addr, len, limits->segment);
	if (request_crosses(addr, len, limits->boundary))
		return board_request_bad(queue, request,
					 "its segment of %#x bytes at %#llx crosses a multiple of %#llx",
					 len, addr, limits->boundary);
	return true;
}

static size_t request_block_size(const struct dad_block *block)
{
	return REQUEST_HEAD +
	       le32_to_cpu(block->count) * sizeof(*block->segments);
}

/* Whether a block, of which the head was read, is one */
static bool request_block_fits(struct board_queue *queue,
			       struct board_request *request, u64 addr,
			       const struct dad_block *block)
{
	u32 count = le32_to_cpu(block->count);

	if (!count || count > DAD_BLOCK_SEGMENTS)
		return board_request_bad(queue, request,
					 "its block at %#llx has %u segments, not 1 to %u",
					 addr, count, DAD_BLOCK_SEGMENTS);
	if (block->zero)
		return board_request_bad(queue, request,
					 "its block at %#llx has a reserved %#x",
					 addr, le32_to_cpu(block->zero));
	if (request_crosses(addr, request_block_size(block),
			    DAD_BLOCK_BOUNDARY))
		return board_request_bad(queue, request,
					 "its block of %u segments at %#llx crosses a multiple of %#x",
					 count, addr, DAD_BLOCK_BOUNDARY);
	return true;
}

/* Fetch a block; NULL: the request, or all, is over */
static struct board_part *request_take_block(struct board_queue *queue,
					     struct board_request *request,
					     u64 addr)
{
	struct board *board = queue->board;
	struct board_part *part;

	if (!IS_ALIGNED(addr, DAD_BLOCK_ALIGN)) {
		board_request_bad(queue, request,
				  "its block at %#llx is not at a multiple of %u",
				  addr, DAD_BLOCK_ALIGN);
		return NULL;
	}
	part = kzalloc(sizeof(*part), GFP_ATOMIC);
	if (!part) {
		board_request_bad(queue, request,
				  "the model has no memory for its block, which is not the driver's fault");
		return NULL;
	}
	part->addr = addr;
	list_add_tail(&part->entry, &request->parts);
	if (!request_read(board, addr, &part->block, REQUEST_HEAD) ||
	    !request_block_fits(queue, request, addr, &part->block) ||
	    !request_read(board, addr + REQUEST_HEAD, part->block.segments,
			  request_block_size(&part->block) - REQUEST_HEAD))
		return NULL;
	if (!umlab_dma_hold(board->slot, addr))
		part->held |= BOARD_PART_BLOCK;
	return part;
}

/* Take the segments of a block, at most so many bytes as are left */
static bool request_take_segments(struct board_queue *queue,
				  struct board_request *request,
				  struct board_part *part, u32 *left)
{
	unsigned int i;

	for (i = 0; i < le32_to_cpu(part->block.count); i++) {
		const struct dad_segment *segment = &part->block.segments[i];
		u64 addr = le64_to_cpu(segment->addr);
		u32 len = le32_to_cpu(segment->len);

		if (!request_segment_fits(queue, request, addr, len))
			return false;
		if (segment->zero)
			return board_request_bad(queue, request,
						 "its segment at %#llx has a reserved %#x",
						 addr,
						 le32_to_cpu(segment->zero));
		if (len > *left)
			return board_request_bad(queue, request,
						 "its segments have more bytes than it says, %#x",
						 request->len);
		*left -= len;
		if (!umlab_dma_hold(queue->board->slot, addr))
			part->held |= BIT(i);
	}
	return true;
}

/* This ends, as each block has a byte at least. */
static void request_take_chain(struct board_queue *queue,
			       struct board_request *request)
{
	u64 addr = request->addr;
	u32 left = request->len;

	do {
		struct board_part *part = request_take_block(queue, request,
							     addr);

		if (!part || !request_take_segments(queue, request, part,
						    &left))
			return;
		addr = le64_to_cpu(part->block.next);
	} while (addr);
	if (left)
		board_request_bad(queue, request,
				  "its segments have %#x of the %#x bytes it says",
				  request->len - left, request->len);
}

/* Hold all memory that a request names */
static void request_take(struct board_queue *queue,
			 struct board_request *request)
{
	if (request->flags & DAD_DESC_CHAIN)
		request_take_chain(queue, request);
	else if (request_segment_fits(queue, request, request->addr,
				      request->len))
		request->held = !umlab_dma_hold(queue->board->slot,
						request->addr);
}

static bool request_fits_memory(struct board_queue *queue,
				struct board_request *request)
{
	u32 size = queue->board->memory_size;

	if (request->offset <= size && request->len <= size - request->offset)
		return true;
	return board_request_bad(queue, request,
				 "%#x bytes at %#llx of the memory, which has %#x",
				 request->len, request->offset, size);
}

static bool request_fits_converter(struct board_queue *queue,
				   struct board_request *request)
{
	if (!request->offset && request->len % 4 == 0 &&
	    !(request->flags & DAD_DESC_CHAIN))
		return true;
	return board_request_bad(queue, request,
				 "offset %#llx, %#x bytes, flags %#x: the converter takes whole samples, no chains and no offset",
				 request->offset, request->len,
				 request->flags);
}

/* Whether a descriptor is as section 6 says, but for what is at its address */
static bool request_fits(struct board_queue *queue,
			 struct board_request *request,
			 const struct dad_desc *desc)
{
	if (request->flags & ~REQUEST_FLAGS || desc->zero)
		return board_request_bad(queue, request,
					 "reserved bits are set: flags %#x, at the end %#x",
					 request->flags,
					 le32_to_cpu(desc->zero));
	if (!request->len)
		return board_request_bad(queue, request, "it has no bytes");
	return queue->index == DAD_STREAM ?
	       request_fits_converter(queue, request) :
	       request_fits_memory(queue, request);
}

/* The request of a descriptor, pending; NULL: it cannot be one */
static struct board_request *request_new(struct board_queue *queue,
					 const struct dad_desc *desc)
{
	u32 tag = le32_to_cpu(desc->tag);
	struct board_request *request;

	if (board_queue_find(queue, tag)) {
		board_queue_broken(queue, "tag %u is under way already", tag);
		return NULL;
	}
	/* There is one left, unless a lie has confused the driver. */
	request = list_first_entry_or_null(&queue->free, struct board_request,
					   entry);
	if (!request) {
		board_queue_broken(queue, "more than %u are under way",
				   DAD_QUEUE_MAX);
		return NULL;
	}
	request->addr = le64_to_cpu(desc->addr);
	request->offset = le64_to_cpu(desc->offset);
	request->len = le32_to_cpu(desc->len);
	request->flags = le32_to_cpu(desc->flags);
	request->tag = tag;
	request->status = DAD_COMP_OK;
	list_move_tail(&request->entry, &queue->pending);
	return request;
}

bool board_request_fetch(struct board_queue *queue, u64 addr)
{
	struct board *board = queue->board;
	struct board_request *request;
	struct dad_desc desc;

	if (!request_read(board, addr, &desc, sizeof(desc)))
		return false;
	request = request_new(queue, &desc);
	if (!request)
		return false;
	if (request_fits(queue, request, &desc))
		request_take(queue, request);
	return !board->regs.error;
}

/* A block is read again; whether that is done. What was fetched is what counts */
static bool request_verify(struct board_queue *queue,
			   struct board_request *request,
			   const struct board_part *part)
{
	struct board *board = queue->board;
	size_t size = request_block_size(&part->block);

	if (!request_read(board, part->addr, board->scratch, size))
		return false;
	if (memcmp(board->scratch, &part->block, size))
		umlab_model_violation(board->slot,
				      "queue of %s: the block at %#llx, of the descriptor with tag %u, was changed while it is under way",
				      queue->name, part->addr, request->tag);
	return true;
}

/* Move a segment, at most up to a limit */
static int request_move_segment(struct board *board,
				const struct board_request *request, u64 addr,
				u32 len, u32 limit, u32 *moved)
{
	void *memory = board_memory(board) + request->offset + *moved;
	int err;

	len = min(len, limit - *moved);
	if (request->flags & DAD_DESC_TO_HOST)
		err = umlab_dma_write(board->slot, addr, memory, len);
	else
		err = umlab_dma_read(board->slot, addr, memory, len);
	if (!err)
		*moved += len;
	return err;
}

static int request_move_chain(struct board_queue *queue,
			      struct board_request *request, u32 limit,
			      u32 *moved)
{
	const struct dad_segment *segment;
	struct board_part *part;
	unsigned int i;
	int err;

	list_for_each_entry(part, &request->parts, entry) {
		if (!request_verify(queue, request, part))
			return -EIO;
		for (i = 0; i < le32_to_cpu(part->block.count); i++) {
			if (*moved == limit)
				return 0;
			segment = &part->block.segments[i];
			err = request_move_segment(queue->board, request,
						   le64_to_cpu(segment->addr),
						   le32_to_cpu(segment->len),
						   limit, moved);
			if (err)
				return err;
		}
	}
	return 0;
}

int board_request_move(struct board_queue *queue, struct board_request *request,
		       u32 *moved)
{
	struct board *board = queue->board;
	u32 limit = min_not_zero(board->manners.partial, request->len);

	*moved = 0;
	if (!board_memory(board))
		return -EIO;
	if (request->flags & DAD_DESC_CHAIN)
		return request_move_chain(queue, request, limit, moved);
	return request_move_segment(board, request, request->addr, request->len,
				    limit, moved);
}

void board_request_drop(struct board_queue *queue,
			struct board_request *request)
{
	struct umlab_slot *slot = queue->board->slot;
	const struct dad_segment *segments;
	const struct board_part *part;
	unsigned int i;

	if (request->held)
		umlab_dma_release(slot, request->addr);
	list_for_each_entry(part, &request->parts, entry) {
		segments = part->block.segments;
		for_each_set_bit(i, &part->held, DAD_BLOCK_SEGMENTS)
			umlab_dma_release(slot, le64_to_cpu(segments[i].addr));
		if (part->held & BOARD_PART_BLOCK)
			umlab_dma_release(slot, part->addr);
	}
	board_request_free(request);
	list_move_tail(&request->entry, &queue->free);
}

void board_request_free(struct board_request *request)
{
	struct board_part *part, *next;

	list_for_each_entry_safe(part, next, &request->parts, entry)
		kfree(part);
	INIT_LIST_HEAD(&request->parts);
	request->held = false;
}
