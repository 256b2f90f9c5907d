// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs: where they answer, and what ioremap() of them is
 *
 * A driver's ioremap() comes here through logic_iomem, which gives each mapping
 * a handle; every access by that handle is checked against the BAR as it is at
 * that moment.
 */

#include <linux/slab.h>

#include "mapping.h"

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
		address = decode ? bar_register(slot, i) : UMLAB_NOWHERE;
		if (decode)
			bar_move(bar, address);
		bar->address = address;
	}
}

void *umlab_bar_contents(const struct umlab_slot *slot, unsigned int bar)
{
	if (slot->model.bars[bar].kind != UMLAB_BAR_MEMORY ||
	    slot->bars[bar].home == UMLAB_NOWHERE)
		return NULL;
	return umlab_bridge_backing(slot->bars[bar].home, slot->bars[bar].size);
}

void umlab_bar_gone(struct umlab_slot *slot)
{
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		void *memory = umlab_bar_contents(slot, i);

		if (memory && slot->bars[i].address == slot->bars[i].home)
			memset(memory, 0xff, slot->bars[i].size);
	}
}

bool umlab_bar_overlaps(const struct umlab_slot *slot, unsigned int index,
			u64 address, u64 size)
{
	u64 start = bar_register(slot, index);

	return address < start + slot->bars[index].size &&
	       start < address + size && slot->bars[index].size;
}

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
		if (umlab_bar_overlaps(slot, i, search->address, 1)) {
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

/*
 * Part of a window is being mapped. Hardware maps whatever is asked for, so
 * there always is a mapping: of a BAR, with a reference to its slot, or of
 * nothing.
 */
static long bar_map(u64 address, size_t size, const struct logic_iomem_ops **ops,
		    void **priv)
{
	unsigned int index;
	struct umlab_slot *slot = umlab_bar_find(address, &index);
	struct umlab_bar_state *bar;
	struct bar_mapping *map;
	u32 offset;

	*ops = &umlab_nothing_ops;
	if (!slot)
		return 0;
	bar = &slot->bars[index];
	offset = address - bar_register(slot, index);
	if (size > bar->size - offset) {
		umlab_slot_violation(slot, UMLAB_VIOLATION_RANGE,
				     "ioremap() of %zu bytes at %#x of BAR %u, which has %#x",
				     size, offset, index, bar->size);
		size = bar->size - offset;
	}
	map = kmalloc(sizeof(*map), GFP_KERNEL | __GFP_NOFAIL);
	*map = (struct bar_mapping) {
		.slot = slot,
		.bar = bar,
		.index = index,
		.widths = bar->widths,
		.address = address - offset,
		.start = offset,
		.end = offset + size,
	};
	*priv = map;
	*ops = &umlab_register_ops;
	if (slot->model.bars[index].kind == UMLAB_BAR_MEMORY) {
		map->memory = umlab_bridge_backing(map->address, bar->size);
		*ops = &umlab_memory_ops;
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
