// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to memory BARs, whose contents are pages of the memory window
 */

#include "mapping.h"

/* Whether the memory of a memory BAR answers to a copy of any alignment */
static bool memory_takes(const struct bar_mapping *map, unsigned int offset,
			 int size, const char *verb)
{
	if (map->bar->address == map->address && offset >= map->start &&
	    (u64)offset + size <= map->end)
		return true;
	return size && !umlab_mapping_refuses(map, offset, size, verb);
}

static void memory_copy_from(void *priv, void *buffer, unsigned int offset,
			     int size)
{
	const struct bar_mapping *map = priv;

	guard(spinlock_irqsave)(&map->slot->lock);
	umlab_slot_event(map->slot, UMLAB_READ, map->index, offset, size,
			 0);
	if (memory_takes(map, offset, size, "read"))
		memcpy(buffer, map->memory + offset, size);
	else
		memset(buffer, 0xff, size);
}

static void memory_copy_to(void *priv, unsigned int offset, const void *buffer,
			   int size)
{
	const struct bar_mapping *map = priv;

	guard(spinlock_irqsave)(&map->slot->lock);
	umlab_slot_event(map->slot, UMLAB_WRITE, map->index, offset, size,
			 0);
	if (memory_takes(map, offset, size, "write"))
		memcpy(map->memory + offset, buffer, size);
}

static void memory_set(void *priv, unsigned int offset, u8 byte, int size)
{
	const struct bar_mapping *map = priv;

	guard(spinlock_irqsave)(&map->slot->lock);
	umlab_slot_event(map->slot, UMLAB_WRITE, map->index, offset, size,
			 byte);
	if (memory_takes(map, offset, size, "write"))
		memset(map->memory + offset, byte, size);
}

/* A single access is a single access to the memory, so it is never torn. */
static u64 memory_load(const void *memory, unsigned int size)
{
	switch (size) {
	case 1:
		return READ_ONCE(*(const u8 *)memory);
	case 2:
		return READ_ONCE(*(const u16 *)memory);
	case 4:
		return READ_ONCE(*(const u32 *)memory);
	default:
		return READ_ONCE(*(const u64 *)memory);
	}
}

static void memory_store(void *memory, unsigned int size, u64 value)
{
	switch (size) {
	case 1:
		WRITE_ONCE(*(u8 *)memory, value);
		break;
	case 2:
		WRITE_ONCE(*(u16 *)memory, value);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)memory, value);
		break;
	default:
		WRITE_ONCE(*(u64 *)memory, value);
		break;
	}
}

static unsigned long memory_read(void *priv, unsigned int offset, int size)
{
	const struct bar_mapping *map = priv;
	bool on = umlab_slot_lock(map->slot);
	u64 value = ~0ULL >> (64 - 8 * size);

	if (bar_takes(map, offset, size) ||
	    !umlab_mapping_refuses(map, offset, size, "read"))
		value = memory_load(map->memory + offset, size);
	umlab_slot_event(map->slot, UMLAB_READ, map->index, offset, size,
			 value);
	umlab_slot_unlock(map->slot, on);
	return umlab_slot_was_read(map->slot, map->index, offset, value);
}

static void memory_write(void *priv, unsigned int offset, int size,
			 unsigned long value)
{
	const struct bar_mapping *map = priv;
	bool on = umlab_slot_lock(map->slot);

	umlab_slot_event(map->slot, UMLAB_WRITE, map->index, offset, size,
			 value);
	if (bar_takes(map, offset, size) ||
	    !umlab_mapping_refuses(map, offset, size, "write"))
		memory_store(map->memory + offset, size, value);
	umlab_slot_unlock(map->slot, on);
}

const struct logic_iomem_ops umlab_memory_ops = {
	.read = memory_read,
	.write = memory_write,
	.set = memory_set,
	.copy_from = memory_copy_from,
	.copy_to = memory_copy_to,
	.unmap = umlab_mapping_end,
};
