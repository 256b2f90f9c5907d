// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: where they answer, what ioremap() of them is, and each access
 *
 * A driver's ioremap() comes here through logic_iomem, which gives each mapping
 * a handle; every access by that handle is checked against the BAR as it is at
 * that moment. What real hardware would refuse or corrupt reads as all-ones or
 * is dropped, and is a violation. All-ones because the function is gone is none:
 * the driver cannot know.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/logic_iomem.h>
#include <linux/slab.h>

#include "../slot.h"

/**
 * struct bar_mapping - what one ioremap() returned
 * @slot: the function, with a reference
 * @bar: the BAR
 * @address: where it was when it was mapped
 * @start: the first byte mapped, from the BAR's start
 * @end: one past the last
 * @memory: of a memory BAR: its contents; NULL: a register BAR
 */
struct bar_mapping {
	struct umlab_slot *slot;
	struct umlab_bar_state *bar;
	u64 address;
	u32 start;
	u32 end;
	u8 *memory;
};

void umlab_bar_init(struct umlab_slot *slot)
{
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const struct umlab_bar *desc = &slot->model.bars[i];

		slot->bars[i] = (struct umlab_bar_state) {
			.slot = slot,
			.index = i,
			.widths = desc->widths ?: 0xf,
			.size = desc->kind ? desc->size : 0,
			.address = UMLAB_NOWHERE,
			.home = UMLAB_NOWHERE,
		};
	}
}

/* The address in the register, whether or not it is decoded */
static u64 bar_register(const struct umlab_slot *slot, unsigned int index)
{
	unsigned int where = PCI_BASE_ADDRESS_0 + 4 * index;
	u64 address = umlab_config_get(&slot->config, where, 4) &
		      PCI_BASE_ADDRESS_MEM_MASK;

	if (slot->model.bars[index].is_64)
		address |= (u64)umlab_config_get(&slot->config, where + 4, 4)
			   << 32;
	return address;
}

/* A BAR got an address: its contents come along */
static void bar_move(struct umlab_bar_state *bar, u64 address)
{
	bool memory = bar->slot->model.bars[bar->index].kind ==
		      UMLAB_BAR_MEMORY;
	void *to = umlab_bridge_backing(address, bar->size);

	if (!to || address == bar->home)
		return;
	if (!memory)
		memset(to, 0xff, bar->size);
	else if (bar->home == UMLAB_NOWHERE)
		memset(to, 0, bar->size);
	else
		memmove(to, umlab_bridge_backing(bar->home, bar->size),
			bar->size);
	bar->home = address;
}

void umlab_bar_decode(struct umlab_slot *slot)
{
	bool decode = slot->present && umlab_config_awake(slot) &&
		      umlab_config_command(slot, PCI_COMMAND_MEMORY);
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct umlab_bar_state *bar = &slot->bars[i];
		u64 address;

		if (!bar->size)
			continue;
		address = bar_register(slot, i);
		bar_move(bar, address);
		bar->address = decode ? address : UMLAB_NOWHERE;
	}
}

void *umlab_bar_memory(struct umlab_slot *slot, unsigned int bar)
{
	if (slot->model.bars[bar].kind != UMLAB_BAR_MEMORY ||
	    slot->bars[bar].home == UMLAB_NOWHERE)
		return NULL;
	return umlab_bridge_backing(slot->bars[bar].home, slot->bars[bar].size);
}

static __always_inline bool bar_in_msix(const struct bar_mapping *map,
					unsigned int offset)
{
	return unlikely(map->slot->irqs.msix) &&
	       umlab_msix_holds(map->slot, map->bar->index, offset);
}

/*
 * The access is not simply fine: say what is wrong with it. Not the width of an
 * access to the MSI-X table, which has widths of its own (PCI 3.0, 6.8.2).
 *
 * Return: whether it is refused.
 */
static bool bar_refuses(const struct bar_mapping *map, unsigned int offset,
			unsigned int size, const char *verb)
{
	const struct umlab_bar_state *bar = map->bar;
	struct umlab_slot *slot = map->slot;
	bool table;

	if (!slot->present)
		return true;
	table = bar_in_msix(map, offset);
	if (!umlab_config_awake(slot))
		umlab_slot_violation(slot, UMLAB_VIOLATION_POWER,
				     "%u-byte %s at %#x of BAR %u while not in D0",
				     size, verb, offset, bar->index);
	else if (bar->address == UMLAB_NOWHERE)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DECODE,
				     "%u-byte %s at %#x of BAR %u while memory decoding is disabled",
				     size, verb, offset, bar->index);
	else if (bar->address != map->address)
		umlab_slot_violation(slot, UMLAB_VIOLATION_DECODE,
				     "%u-byte %s at %#x of BAR %u, which was mapped at %#llx and is at %#llx now",
				     size, verb, offset, bar->index,
				     map->address, bar->address);
	else if (offset < map->start || (u64)offset + size > map->end)
		umlab_slot_violation(slot, UMLAB_VIOLATION_RANGE,
				     "%u-byte %s at %#x of BAR %u, of which %#x to %#x is mapped",
				     size, verb, offset, bar->index, map->start,
				     map->end);
	else if (offset & (size - 1))
		umlab_slot_violation(slot, UMLAB_VIOLATION_ALIGN,
				     "%u-byte %s at %#x of BAR %u is not aligned",
				     size, verb, offset, bar->index);
	else if (table ? size < 4 : !(bar->widths & size))
		umlab_slot_violation(slot, UMLAB_VIOLATION_WIDTH,
				     "%u-byte %s at %#x of BAR %u, which takes no such width%s",
				     size, verb, offset, bar->index,
				     table ? " in the MSI-X structures" : "");
	else
		return false;
	/* An unsupported request, as the function sees it (PCIe 4.0, 7.5.3.5) */
	if (slot->config.exp)
		umlab_config_set(&slot->config, slot->config.exp +
				 PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_URD, true);
	return true;
}

static __always_inline bool bar_takes(const struct bar_mapping *map,
				      unsigned int offset, unsigned int size,
				      const char *verb)
{
	const struct umlab_bar_state *bar = map->bar;

	if (likely(bar->address == map->address && bar->widths & size &&
		   !(offset & (size - 1)) && offset >= map->start &&
		   offset + size <= map->end && !bar_in_msix(map, offset)))
		return true;
	return !bar_refuses(map, offset, size, verb);
}

static unsigned long bar_read(void *priv, unsigned int offset, int size)
{
	const struct bar_mapping *map = priv;
	struct umlab_slot *slot = map->slot;
	unsigned int bar = map->bar->index;
	bool on = umlab_slot_lock(slot);
	struct umlab_event *event = umlab_slot_event(slot, UMLAB_READ, bar,
						     offset, size, 0);
	u64 value = ~0ULL;

	if (bar_takes(map, offset, size, "read"))
		value = bar_in_msix(map, offset) ?
			umlab_msix_read(slot, bar, offset, size) :
			umlab_slot_bar_read(slot, bar, offset, size);
	value &= ~0ULL >> (64 - 8 * size);
	event->value = value;
	umlab_slot_unlock(slot, on);
	return value;
}

static void bar_write(void *priv, unsigned int offset, int size,
		      unsigned long value)
{
	const struct bar_mapping *map = priv;
	struct umlab_slot *slot = map->slot;
	unsigned int bar = map->bar->index;
	bool on = umlab_slot_lock(slot);

	value &= ~0ULL >> (64 - 8 * size);
	umlab_slot_event(slot, UMLAB_WRITE, bar, offset, size, value);
	if (!bar_takes(map, offset, size, "write"))
		;
	else if (bar_in_msix(map, offset))
		umlab_msix_write(slot, bar, offset, size, value);
	else
		umlab_slot_bar_write(slot, bar, offset, size, value);
	umlab_slot_unlock(slot, on);
}

/*
 * The copying forms promise no width. As the kernel's generic ones
 * (lib/iomem_copy.c) do, go by words where the bus address is aligned.
 */
static unsigned int bar_chunk(unsigned int offset, int left)
{
	return left >= 8 && !(offset % 8) ? 8 : 1;
}

static void bar_copy_from(void *priv, void *buffer, unsigned int offset,
			  int size)
{
	unsigned int chunk;

	for (; size > 0; size -= chunk, offset += chunk, buffer += chunk) {
		unsigned long value;

		chunk = bar_chunk(offset, size);
		value = bar_read(priv, offset, chunk);
		memcpy(buffer, &value, chunk);
	}
}

static void bar_copy_to(void *priv, unsigned int offset, const void *buffer,
			int size)
{
	unsigned int chunk;

	for (; size > 0; size -= chunk, offset += chunk, buffer += chunk) {
		unsigned long value = 0;

		chunk = bar_chunk(offset, size);
		memcpy(&value, buffer, chunk);
		bar_write(priv, offset, chunk, value);
	}
}

static void bar_set(void *priv, unsigned int offset, u8 byte, int size)
{
	unsigned int chunk;

	for (; size > 0; size -= chunk, offset += chunk) {
		chunk = bar_chunk(offset, size);
		bar_write(priv, offset, chunk, byte * 0x0101010101010101UL);
	}
}

/* Whether the memory of a memory BAR answers to a copy of any alignment */
static bool memory_takes(const struct bar_mapping *map, unsigned int offset,
			 int size, const char *verb)
{
	if (map->bar->address == map->address && offset >= map->start &&
	    (u64)offset + size <= map->end)
		return true;
	return size && !bar_refuses(map, offset, size, verb);
}

static void memory_copy_from(void *priv, void *buffer, unsigned int offset,
			     int size)
{
	const struct bar_mapping *map = priv;

	guard(spinlock_irqsave)(&map->slot->lock);
	umlab_slot_event(map->slot, UMLAB_READ, map->bar->index, offset, size,
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
	umlab_slot_event(map->slot, UMLAB_WRITE, map->bar->index, offset, size,
			 0);
	if (memory_takes(map, offset, size, "write"))
		memcpy(map->memory + offset, buffer, size);
}

static void memory_set(void *priv, unsigned int offset, u8 byte, int size)
{
	const struct bar_mapping *map = priv;

	guard(spinlock_irqsave)(&map->slot->lock);
	umlab_slot_event(map->slot, UMLAB_WRITE, map->bar->index, offset, size,
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

	if (bar_takes(map, offset, size, "read"))
		value = memory_load(map->memory + offset, size);
	umlab_slot_event(map->slot, UMLAB_READ, map->bar->index, offset, size,
			 value);
	umlab_slot_unlock(map->slot, on);
	return value;
}

static void memory_write(void *priv, unsigned int offset, int size,
			 unsigned long value)
{
	const struct bar_mapping *map = priv;
	bool on = umlab_slot_lock(map->slot);

	umlab_slot_event(map->slot, UMLAB_WRITE, map->bar->index, offset, size,
			 value);
	if (bar_takes(map, offset, size, "write"))
		memory_store(map->memory + offset, size, value);
	umlab_slot_unlock(map->slot, on);
}

static void bar_unmap(void *priv)
{
	struct bar_mapping *map = priv;

	umlab_slot_put(map->slot);
	kfree(map);
}

static const struct logic_iomem_ops bar_ops = {
	.read = bar_read,
	.write = bar_write,
	.set = bar_set,
	.copy_from = bar_copy_from,
	.copy_to = bar_copy_to,
	.unmap = bar_unmap,
};

static const struct logic_iomem_ops memory_ops = {
	.read = memory_read,
	.write = memory_write,
	.set = memory_set,
	.copy_from = memory_copy_from,
	.copy_to = memory_copy_to,
	.unmap = bar_unmap,
};

/**
 * struct bar_search - the BAR at an address
 * @address: the address
 * @index: the BAR it was found in
 */
struct bar_search {
	u64 address;
	unsigned int index;
};

static bool bar_holds(struct umlab_slot *slot, void *data)
{
	struct bar_search *search = data;
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const struct umlab_bar_state *bar = &slot->bars[i];

		if (bar->size &&
		    search->address - bar_register(slot, i) < bar->size) {
			search->index = i;
			return true;
		}
	}
	return false;
}

struct umlab_slot *umlab_bar_find(u64 address, unsigned int *index)
{
	struct bar_search search = { .address = address };
	struct umlab_slot *slot = umlab_bridge_find(bar_holds, &search);

	*index = search.index;
	return slot;
}

/* Part of a window is being mapped; with a BAR there, the slot's reference */
static long bar_map(u64 address, size_t size, const struct logic_iomem_ops **ops,
		    void **priv)
{
	unsigned int index;
	struct umlab_slot *slot = umlab_bar_find(address, &index);
	struct umlab_bar_state *bar;
	struct bar_mapping *map;
	u32 offset;

	if (!slot)
		return -ENXIO;
	bar = &slot->bars[index];
	offset = address - bar_register(slot, index);
	if (size > bar->size - offset) {
		umlab_slot_violation(slot, UMLAB_VIOLATION_RANGE,
				     "ioremap() of %zu bytes at %#x of BAR %u, which has %#x",
				     size, offset, index, bar->size);
		umlab_slot_put(slot);
		return -EINVAL;
	}
	map = kmalloc(sizeof(*map), GFP_KERNEL);
	if (!map) {
		umlab_slot_put(slot);
		return -ENOMEM;
	}
	*map = (struct bar_mapping) {
		.slot = slot,
		.bar = bar,
		.address = address - offset,
		.start = offset,
		.end = offset + size,
	};
	*priv = map;
	*ops = &bar_ops;
	if (slot->model.bars[index].kind == UMLAB_BAR_MEMORY) {
		map->memory = umlab_bridge_backing(map->address, bar->size);
		*ops = &memory_ops;
	}
	return offset;
}

/* logic_iomem gives an offset into the window, but not which window it is. */
static struct resource *bar_windows[2];

static long bar_map_first(unsigned long offset, size_t size,
			  const struct logic_iomem_ops **ops, void **priv)
{
	return bar_map(bar_windows[0]->start + offset, size, ops, priv);
}

static long bar_map_second(unsigned long offset, size_t size,
			   const struct logic_iomem_ops **ops, void **priv)
{
	return bar_map(bar_windows[1]->start + offset, size, ops, priv);
}

static const struct logic_iomem_region_ops bar_region_ops[] = {
	{ .map = bar_map_first },
	{ .map = bar_map_second },
};

int umlab_bar_add_window(unsigned int index, struct resource *window)
{
	bar_windows[index] = window;
	return logic_iomem_add_region(window, &bar_region_ops[index]);
}
