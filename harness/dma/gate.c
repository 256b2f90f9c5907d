// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: every access of a device to memory
 *
 * In this order: is the device there, and may it be a bus master; does it drive so
 * many address bits; and for each byte: does the ledger have a mapping of it that
 * lets the device do this now, and does it translate. Only when all of that is
 * true of all bytes, are they copied. The ledger is asked before the IOMMU, since
 * it knows better what is wrong.
 */

#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/string.h>

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

#define gate_refuse(access, kind, fmt, ...)				\
	umlab_slot_violation((access)->slot, kind,			\
			     "%s of %#zx bytes at %#llx: " fmt,		\
			     (access)->write ? "write" : "read",	\
			     (access)->size, (access)->bus, ##__VA_ARGS__)

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

	if (seg->mapping->dir == never) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_DIRECTION,
			    "it is not mapped for that: %s",
			    ledger_describe(seg, text));
		return false;
	}
	owner = ledger_owned(access->slot, bus, size, &at);
	if (owner) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_OWNER,
			    "%#llx is the CPU's, to which %s gave it: %s", at,
			    site_name(owner, site), ledger_describe(seg, text));
		return false;
	}
	if (seg->mapping->pool && pool_is_free(seg, bus, size)) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_POOL,
			    "the block is free: %s",
			    ledger_describe(seg, text));
		return false;
	}
	return true;
}

/* The next bytes of an access that are one piece of memory; 0: it is refused */
static u64 gate_piece(const struct gate_access *access, u64 bus, u64 size,
		      void **memory)
{
	struct umlab_slot *slot = access->slot;
	struct ledger_segment *seg = ledger_find(slot, bus);
	bool there;
	u64 phys, run;

	there = topology_translate(slot, bus, access->write, &phys, &run);
	if (unlikely(!there) && slot->dma.topology.dma == UMLAB_DMA_IOMMU)
		umlab_slot_event(slot, UMLAB_IOMMU_FAULT, 0, 0, size, bus);
	if (!seg) {
		gate_unmapped(access, bus);
		return 0;
	}
	size = min(size, seg->bus + seg->size - bus);
	if (!gate_allowed(access, seg, bus, size))
		return 0;
	if (!there) {
		gate_refuse(access, UMLAB_VIOLATION_DMA_FAULT,
			    "%#llx is mapped, and does not translate", bus);
		return 0;
	}
	size = min(size, run);
	if (slot->dma.topology.noncoherent && ledger_streams(seg->mapping))
		*memory = shadow_memory(phys, &size);
	else
		*memory = __va(phys);
	if (!*memory) {
		ledger_lost(slot);
		return 0;
	}
	return size;
}

static bool gate_check(const struct gate_access *access)
{
	u64 done = 0, piece;
	void *memory;

	for (; done < access->size; done += piece) {
		piece = gate_piece(access, access->bus + done,
				   access->size - done, &memory);
		if (!piece)
			return false;
	}
	return true;
}

static void gate_copy(const struct gate_access *access, void *buffer)
{
	u64 done = 0, piece;
	void *memory;

	for (; done < access->size; done += piece) {
		piece = gate_piece(access, access->bus + done,
				   access->size - done, &memory);
		if (!piece)
			return;
		if (access->write)
			memcpy(memory, buffer + done, piece);
		else
			memcpy(buffer + done, memory, piece);
	}
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
		   gate_decodes(&access) && gate_check(&access))) {
		gate_copy(&access, buffer);
		return 0;
	}
	event->where = 1;
	if (!write)
		memset(buffer, 0xff, size);
	return -EIO;
}
