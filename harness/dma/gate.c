// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: every access of a device to memory
 *
 * In this order: is the device there, and may it be a bus master; does it drive so
 * many address bits; and for each byte: does the ledger have a mapping of it that
 * lets the device do this now, and does it translate. Only when all of that is
 * true of all bytes, and they are one mapping's, are they copied. The ledger is
 * asked before the IOMMU, since it knows better what is wrong.
 */

#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/string_choices.h>

#include "gate.h"
#include "ledger.h"
#include "topology.h"

/**
 * struct gate_access - what the device wants
 * @slot: the device
 * @bus: from where
 * @size: how much
 * @write: it writes
 */
struct gate_access {
	struct umlab_slot *slot;
	u64 bus;
	size_t size;
	bool write;
};

/* So many pieces of memory are noted; of more, all are found twice */
#define GATE_PIECES	16

/**
 * struct gate_piece - memory that goes on
 * @memory: where
 * @size: in bytes
 */
struct gate_piece {
	void *memory;
	u64 size;
};

/**
 * struct gate_pieces - the memory of an access
 * @piece: its pieces, in order
 * @count: how many
 * @more: there are more
 */
struct gate_pieces {
	struct gate_piece piece[GATE_PIECES];
	unsigned int count;
	bool more;
};

__printf(3, 4)
static void gate_refuse(const struct gate_access *access,
			enum umlab_violation kind, const char *fmt, ...)
{
	struct va_format text;
	va_list args;

	va_start(args, fmt);
	text.fmt = fmt;
	text.va = &args;
	umlab_slot_violation(access->slot, kind, "%s of %#zx bytes at %#llx: %pV",
			     str_write_read(access->write), access->size,
			     access->bus, &text);
	va_end(args);
}

/* Addresses that drivers take for bus addresses. Whether this is one, and told */
static bool gate_looks_like(const struct gate_access *access, u64 bus,
			    const struct ledger_segment *nearest)
{
	struct ledger_segment *seg = ledger_find_memory(access->slot, bus);
	char text[LEDGER_TEXT];
	u64 whole;

	if (seg) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
			    "%#llx is not mapped, it is the physical address of %s",
			    bus, ledger_describe(seg, text));
		return true;
	}
	whole = (nearest->bus & ~(u64)U32_MAX) | bus;
	seg = bus > U32_MAX ? NULL : ledger_find(access->slot, whole);
	if (!seg)
		return false;
	gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
		    "%#llx is not mapped, it is the low half of an address in %s",
		    bus, ledger_describe(seg, text));
	return true;
}

/* Nothing is mapped for the device at @bus, which is part of an access */
static void gate_unmapped(const struct gate_access *access, u64 bus)
{
	const struct umlab_dma_past *past = ledger_past(access->slot, bus);
	struct ledger_segment *seg;
	char text[LEDGER_TEXT];

	if (bus == DMA_MAPPING_ERROR) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
			    "the address is DMA_MAPPING_ERROR, of a mapping that failed");
		return;
	}
	if (past) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
			    "%#llx is mapped no longer, it was in %s", bus,
			    ledger_describe_past(past, text));
		return;
	}
	seg = ledger_nearest(access->slot, bus);
	if (seg && gate_looks_like(access, bus, seg))
		return;
	if (seg)
		gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
			    "%#llx is not mapped, it is %#llx %s the nearest %s",
			    bus, bus < seg->bus ? seg->bus - bus :
						  bus - seg->bus - seg->size,
			    bus < seg->bus ? "before" : "past the end of",
			    ledger_describe(seg, text));
	else
		gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
			    "nothing is mapped for this device");
}

/* Whether a mapping lets the device do this to @size bytes at @bus */
static bool gate_allowed(const struct gate_access *access,
			 const struct ledger_segment *seg, u64 bus, u64 size)
{
	enum dma_data_direction never = access->write ? DMA_TO_DEVICE :
							DMA_FROM_DEVICE;
	depot_stack_handle_t owner;
	char text[LEDGER_TEXT], site[SITE_TEXT];
	u64 at;

	if (seg->mapping->kind == LEDGER_RESOURCE) {
		umlab_slot_lost(access->slot,
				"it accesses another device's BAR, which is not emulated");
		return false;
	}
	if (seg->mapping->dir == never) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_DIRECTION,
			    "it is not mapped for that: %s",
			    ledger_describe(seg, text));
		return false;
	}
	if (ledger_owned(access->slot, bus, size, &at, &owner)) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_OWNER,
			    "%#llx is the CPU's, to which %s gave it: %s", at,
			    site_name(owner, site), ledger_describe(seg, text));
		return false;
	}
	if (seg->mapping->pool &&
	    pool_is_free(access->slot->dma.dev, seg, bus, size)) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_POOL,
			    "the block is free: %s",
			    ledger_describe(seg, text));
		return false;
	}
	return true;
}

/* What an IOMMU does when the device goes where it has no business */
static void gate_iommu_fault(const struct gate_access *access, u64 bus)
{
	u64 phys, run;

	if (access->slot->dma.topology.dma == UMLAB_DMA_IOMMU &&
	    !topology_translate(access->slot, bus, access->write, &phys, &run))
		umlab_slot_event(access->slot, UMLAB_IOMMU_FAULT, 0, 0,
				 access->size, bus);
}

/* The memory at @bus, which a mapping grants; 0: it does not translate */
static u64 gate_memory(const struct gate_access *access,
		       const struct ledger_segment *seg, u64 bus, u64 size,
		       void **memory)
{
	struct umlab_slot *slot = access->slot;
	u64 phys, run;

	if (!topology_translate(slot, bus, access->write, &phys, &run)) {
		gate_iommu_fault(access, bus);
		gate_refuse(access, UMLAB_VIOLATION_DMA_FAULT,
			    "%#llx is mapped, and does not translate", bus);
		return 0;
	}
	size = min(size, run);
	if (!slot->dma.topology.noncoherent || !ledger_streams(seg->mapping)) {
		*memory = __va(phys);
		return size;
	}
	*memory = shadow_memory(phys, &size);
	if (*memory)
		return size;
	ledger_lost(slot);
	return 0;
}

/* Whether a segment has all of an access */
static bool gate_is_whole(const struct ledger_segment *seg, const void *data)
{
	const struct gate_access *access = data;

	return access->bus - seg->bus <= seg->size - access->size &&
	       access->size <= seg->size;
}

/* Whether an access goes on into a mapping that it did not begin in */
static bool gate_strays(const struct gate_access *access,
			const struct ledger_segment *seg, u64 bus,
			const struct ledger_mapping *first)
{
	char text[LEDGER_TEXT];

	if (!first || seg->mapping == first)
		return false;
	gate_refuse(access, UMLAB_VIOLATION_DMA_UNMAPPED,
		    "at %#llx it goes on into another mapping, a %s", bus,
		    ledger_describe(seg, text));
	return true;
}

/* The part of an access that one segment grants; NULL: none */
static struct ledger_segment *gate_segment(const struct gate_access *access,
					   u64 bus, u64 left, u64 *granted,
					   const struct ledger_mapping *first)
{
	struct ledger_segment *seg = ledger_find_fit(access->slot, bus,
						     gate_is_whole, access);

	if (unlikely(!seg)) {
		gate_iommu_fault(access, bus);
		gate_unmapped(access, bus);
		return NULL;
	}
	*granted = min(left, seg->bus + seg->size - bus);
	if (likely(!gate_strays(access, seg, bus, first) &&
		   gate_allowed(access, seg, bus, *granted)))
		return seg;
	gate_iommu_fault(access, bus);
	return NULL;
}

/* One more piece of memory, or a part of the last one */
static void gate_add(struct gate_pieces *pieces, void *memory, u64 size)
{
	struct gate_piece *last = NULL;

	if (pieces->count)
		last = &pieces->piece[pieces->count - 1];
	if (last && last->memory + last->size == memory)
		last->size += size;
	else if (pieces->count < GATE_PIECES)
		pieces->piece[pieces->count++] = (struct gate_piece) {
			.memory = memory, .size = size,
		};
	else
		pieces->more = true;
}

static void gate_copy(const struct gate_access *access, void *memory,
		      void *buffer, u64 size)
{
	if (access->write)
		memcpy(memory, buffer, size);
	else
		memcpy(buffer, memory, size);
}

/*
 * Go through an access from end to end: note its pieces, or copy them if it was
 * gone through before. Whether all of it is granted.
 */
static bool gate_walk(const struct gate_access *access,
		      struct gate_pieces *pieces, void *buffer)
{
	const struct ledger_mapping *first = NULL;
	struct ledger_segment *seg;
	u64 done = 0, granted;

	while (done < access->size) {
		seg = gate_segment(access, access->bus + done,
				   access->size - done, &granted, first);
		if (!seg)
			return false;
		first = seg->mapping;
		for (granted += done; done < granted;) {
			void *memory;
			u64 piece = gate_memory(access, seg,
						access->bus + done,
						granted - done, &memory);

			if (!piece)
				return false;
			if (buffer)
				gate_copy(access, memory, buffer + done,
					  piece);
			else
				gate_add(pieces, memory, piece);
			done += piece;
		}
	}
	return true;
}

/* Do an access, all of it or nothing */
static bool gate_transfer(const struct gate_access *access, void *buffer)
{
	struct gate_pieces pieces;
	unsigned int i;

	pieces.count = 0;
	pieces.more = false;
	if (!gate_walk(access, &pieces, NULL))
		return false;
	if (pieces.more)
		return gate_walk(access, NULL, buffer);
	for (i = 0; i < pieces.count; i++) {
		const struct gate_piece *piece = &pieces.piece[i];

		gate_copy(access, piece->memory, buffer, piece->size);
		buffer += piece->size;
	}
	return true;
}

/* Whether the test wants this access to fail */
static bool gate_fault(const struct gate_access *access)
{
	struct umlab_faults *faults = &access->slot->faults;

	if (faults->dma_error && !--faults->dma_error)
		return true;
	return faults->dma_fault &&
	       faults->dma_fault - access->bus < access->size;
}

/* Whether the device drives the address bits */
static bool gate_decodes(const struct gate_access *access)
{
	unsigned int bits = access->slot->model.dma_bits ?: 64;
	u64 last = access->bus + access->size - 1;

	if (last >= access->bus && last <= DMA_BIT_MASK(bits))
		return true;
	/* What an unchecked mapping gives; told as what it is */
	if (access->bus == DMA_MAPPING_ERROR)
		gate_unmapped(access, access->bus);
	else if (last < access->bus)
		gate_refuse(access, UMLAB_VIOLATION_DMA_WIDTH,
			    "it goes past the last address there is");
	else
		gate_refuse(access, UMLAB_VIOLATION_DMA_WIDTH,
			    "the device drives %u address bits", bits);
	return false;
}

int umlab_dma_access(struct umlab_slot *slot, u64 bus, void *buffer,
		     size_t size, bool write)
{
	const struct gate_access access = {
		.slot = slot, .bus = bus, .size = size, .write = write,
	};
	struct umlab_event *event;

	lockdep_assert_held(&slot->lock);
	if (!slot->present) {
		if (!write)
			memset(buffer, 0xff, size);
		return -ENODEV;
	}
	event = umlab_slot_event(slot, write ? UMLAB_DMA_WRITE :
					       UMLAB_DMA_READ, 0, 0, size, bus);
	if (!size)
		return 0;
	if (likely(!gate_fault(&access) && umlab_slot_masters(slot, "DMA") &&
		   gate_decodes(&access) && gate_transfer(&access, buffer)))
		return 0;
	event->where = 1;
	if (!write)
		memset(buffer, 0xff, size);
	return -EIO;
}
