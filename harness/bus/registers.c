// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to register BARs: each is the model's to answer
 */

#include "mapping.h"

static unsigned long register_read(void *priv, unsigned int offset, int size)
{
	CLASS(umlab_spare, spare)();
	const struct bar_mapping *map = priv;
	struct umlab_slot *slot = map->slot;
	unsigned int bar = map->index;
	bool on = umlab_slot_lock(slot);
	struct umlab_event *event = umlab_slot_event(slot, UMLAB_READ, bar,
						     offset, size, 0);
	u64 value = ~0ULL;

	if (bar_takes(map, offset, size))
		value = umlab_slot_bar_read(slot, bar, offset, size);
	else if (!umlab_mapping_refuses(map, offset, size, "read"))
		value = umlab_msix_read(slot, bar, offset, size);
	value &= ~0ULL >> (64 - 8 * size);
	event->value = value;
	umlab_slot_unlock(slot, on);
	return umlab_slot_was_read(slot, bar, offset, value);
}

static void register_write(void *priv, unsigned int offset, int size,
			   unsigned long value)
{
	CLASS(umlab_spare, spare)();
	const struct bar_mapping *map = priv;
	struct umlab_slot *slot = map->slot;
	unsigned int bar = map->index;
	bool on = umlab_slot_lock(slot);

	value &= ~0ULL >> (64 - 8 * size);
	umlab_slot_event(slot, UMLAB_WRITE, bar, offset, size, value);
	if (bar_takes(map, offset, size))
		umlab_slot_bar_write(slot, bar, offset, size, value);
	else if (!umlab_mapping_refuses(map, offset, size, "write"))
		umlab_msix_write(slot, bar, offset, size, value);
	umlab_slot_unlock(slot, on);
}

/*
 * The copying forms promise no width. As the kernel's generic ones
 * (lib/iomem_copy.c) do, go by words where the bus address is aligned.
 */
static unsigned int register_chunk(unsigned int offset, int left)
{
	return left >= 8 && !(offset % 8) ? 8 : 1;
}

static void register_copy_from(void *priv, void *buffer, unsigned int offset,
			       int size)
{
	unsigned int chunk;

	for (; size > 0; size -= chunk, offset += chunk, buffer += chunk) {
		unsigned long value;

		chunk = register_chunk(offset, size);
		value = register_read(priv, offset, chunk);
		memcpy(buffer, &value, chunk);
	}
}

static void register_copy_to(void *priv, unsigned int offset,
			     const void *buffer, int size)
{
	unsigned int chunk;

	for (; size > 0; size -= chunk, offset += chunk, buffer += chunk) {
		unsigned long value = 0;

		chunk = register_chunk(offset, size);
		memcpy(&value, buffer, chunk);
		register_write(priv, offset, chunk, value);
	}
}

static void register_set(void *priv, unsigned int offset, u8 byte, int size)
{
	unsigned int chunk;

	for (; size > 0; size -= chunk, offset += chunk) {
		chunk = register_chunk(offset, size);
		register_write(priv, offset, chunk, byte * 0x0101010101010101UL);
	}
}

const struct logic_iomem_ops umlab_register_ops = {
	.read = register_read,
	.write = register_write,
	.set = register_set,
	.copy_from = register_copy_from,
	.copy_to = register_copy_to,
	.unmap = umlab_mapping_end,
};
