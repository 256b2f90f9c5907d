// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: what is left of mappings when the board is gone, or its driver
 *
 * Nothing: no entry in any page table, and each access is SIGBUS.
 */

#include <kunit/test.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <umlab/machine.h>

#include "lib/dad.h"
#include "lib/dad_ring.h"
#include "lib/frames.h"
#include "lib/node.h"
#include "lib/space.h"
#include "lib/touch.h"

#define GONE_UNBIND	"bus/pci/drivers/dad/unbind"
#define GONE_BIND	"bus/pci/drivers/dad/bind"

/* The space has no entries, and from here on these pages none to be had. */
static void gone_expect(struct kunit *test, const char *step,
			unsigned long addr, unsigned long pages)
{
	unsigned long page;

	lab_expect_range(test, step, 0, 0, 0);
	for (page = 0; page < pages; page++)
		lab_expect_touch(test, addr + (page << PAGE_SHIFT), page & 1,
				 LAB_SIGBUS);
	lab_expect_range(test, step, 0, 0, 0);
}

/* Nor does an old file give any. */
static void gone_expect_file(struct kunit *test, struct file *file)
{
	unsigned long prot = PROT_READ | PROT_WRITE;

	KUNIT_EXPECT_EQ(test, -ENODEV, (long)lab_mmap(file, 1, prot,
						      MAP_SHARED, 0));
	KUNIT_EXPECT_EQ(test, -ENODEV, (long)lab_mmap(file, 1, prot, MAP_SHARED,
						      LAB_RING_PGOFF));
}

/**
 * struct gone_way - how a board goes
 * @name: the case
 * @unbind: it stays, but its driver goes
 * @vanish: by surprise
 */
struct gone_way {
	const char *name;
	bool unbind;
	bool vanish;
};

static const struct gone_way gone_ways[] = {
	{ "unbound", true, false },
	{ "unplugged", false, false },
	{ "vanished", false, true },
};

KUNIT_ARRAY_PARAM_DESC(gone_way, gone_ways, name);

static void gone_leave(const struct lab_areas *areas)
{
	struct kunit *test = areas->dad.test;
	const struct gone_way *way = test->param_value;

	if (way->vanish)
		umlab_vanish(areas->dad.slot);
	if (way->unbind)
		KUNIT_EXPECT_EQ(test, 0, lab_attr_write(test, GONE_UNBIND,
							pci_name(areas->dad.pdev)));
	else
		umlab_unplug(test, areas->dad.slot);
}

/* In each space: a child's, another process's, moved ones, with holes, and new ones */
static void gone_everywhere(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	unsigned long memory = lab_area_map(areas, LAB_AREA_MEMORY, 0, 4);
	unsigned long ring = lab_area_map(areas, LAB_AREA_RING, 0, 4);
	struct file *file = lab_dad_open(&areas->dad, O_RDWR);
	struct lab_space *child = lab_space_fork(test), *other, *late;
	unsigned long moved = lab_mremap_to(memory, 4, 4), far;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(moved));
	KUNIT_ASSERT_EQ(test, lab_munmap(ring, 2), 0);
	other = lab_space_new(test);
	far = lab_mmap_shared(test, file, 3, 7);
	lab_expect_touch(test, far, true, LAB_OK);

	gone_leave(areas);
	gone_expect(test, "another process", far, 3);
	gone_expect_file(test, file);
	lab_space_enter(child);
	gone_expect(test, "the child, memory", memory, 4);
	gone_expect(test, "the child, ring", ring, 4);
	lab_space_enter(areas->space);
	gone_expect(test, "memory", moved, 4);
	gone_expect(test, "ring", ring + 2 * PAGE_SIZE, 2);
	gone_expect_file(test, areas->file);

	late = lab_space_fork(test);
	lab_space_enter(late);
	gone_expect(test, "a fork of it, memory", moved, 4);
	gone_expect(test, "a fork of it, ring", ring + 2 * PAGE_SIZE, 2);
	lab_space_exit(other);
	lab_space_exit(child);
	lab_space_exit(late);
	lab_space_enter(areas->space);
	KUNIT_EXPECT_EQ(test, lab_munmap(moved, 4), 0);
	KUNIT_EXPECT_EQ(test, lab_munmap(ring, 4), 0);
}

/* A ring may be in pages or in frames; either way nothing of it is left. */
static void gone_in_topology(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	unsigned long memory = lab_area_map(areas, LAB_AREA_MEMORY, 0, 4);
	unsigned long ring = lab_area_map(areas, LAB_AREA_RING, 0, 4);

	device_release_driver(&areas->dad.pdev->dev);
	gone_expect(test, "memory", memory, 4);
	gone_expect(test, "ring", ring, 4);
	gone_expect_file(test, areas->file);
	KUNIT_EXPECT_EQ(test, umlab_mappings(areas->dad.slot), 0);
}

/* The file was closed, and lives by its mappings alone. */
static void gone_closed(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	unsigned long memory = lab_area_map(areas, LAB_AREA_MEMORY, 0, 4);
	unsigned long ring = lab_area_map(areas, LAB_AREA_RING, 0, 4);

	lab_close(test, areas->file);
	gone_leave(areas);
	gone_expect(test, "memory", memory, 4);
	gone_expect(test, "ring", ring, 4);
	KUNIT_EXPECT_EQ(test, lab_munmap(memory, 4), 0);
	KUNIT_EXPECT_EQ(test, lab_munmap(ring, 4), 0);
}

/* Before the driver knows: the board answers all-ones, what is in the host stays. */
static void gone_by_surprise(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	unsigned long memory = lab_area_map(areas, LAB_AREA_MEMORY, 0, 4);
	unsigned long ring = lab_area_map(areas, LAB_AREA_RING, 0, 4);
	u32 word = 0x1234;

	KUNIT_EXPECT_EQ(test, lab_store(memory, &word, sizeof(word)), LAB_OK);
	KUNIT_EXPECT_EQ(test, lab_store(ring, &word, sizeof(word)), LAB_OK);
	umlab_vanish(areas->dad.slot);
	KUNIT_EXPECT_EQ(test, lab_load(ring, &word, sizeof(word)), LAB_OK);
	KUNIT_EXPECT_EQ(test, word, 0x1234);
	KUNIT_EXPECT_EQ(test, lab_load(memory, &word, sizeof(word)), LAB_OK);
	KUNIT_EXPECT_EQ(test, word, ~0U);
	umlab_unplug(test, areas->dad.slot);
	gone_expect(test, "memory", memory, 4);
	gone_expect(test, "ring", ring, 4);
}

static int gone_is_node(struct device *dev, void *data)
{
	return dev->class && !strcmp(dev->class->name, "dad");
}

/* The node of the board's new driver, which need not have the old one's name */
static void gone_find_node(struct lab_dad *dad)
{
	struct device *dev = device_find_child(&dad->pdev->dev, NULL,
					       gone_is_node);

	KUNIT_ASSERT_NOT_NULL(dad->test, dev);
	strscpy(dad->node, dev_name(dev));
	put_device(dev);
}

/* Bound again: what is old stays dead, and what is new is the same memory. */
static void gone_and_back(struct kunit *test)
{
	struct lab_areas *areas = lab_areas_plug(test);
	const char *name = pci_name(areas->dad.pdev);
	unsigned long memory = lab_area_map(areas, LAB_AREA_MEMORY, 0, 4);
	unsigned long ring = lab_area_map(areas, LAB_AREA_RING, 0, 4), addr;
	struct lab_dad dad = areas->dad;
	struct file *file;
	u32 word = 0x1234;

	KUNIT_EXPECT_EQ(test, LAB_OK, lab_store(memory + PAGE_SIZE, &word,
						sizeof(word)));
	KUNIT_EXPECT_EQ(test, lab_attr_write(test, GONE_UNBIND, name), 0);
	KUNIT_EXPECT_EQ(test, lab_attr_write(test, GONE_BIND, name), 0);
	gone_find_node(&dad);
	gone_expect(test, "memory", memory, 4);
	gone_expect(test, "ring", ring, 4);
	gone_expect_file(test, areas->file);

	file = lab_dad_open(&dad, O_RDWR);
	addr = lab_mmap_shared(test, file, 2, 1);
	lab_area_expect(areas, LAB_AREA_MEMORY, "the new file", addr, 1, 2);
	KUNIT_EXPECT_EQ(test, lab_load(addr, &word, sizeof(word)), LAB_OK);
	KUNIT_EXPECT_EQ(test, word, 0x1234);
	KUNIT_EXPECT_EQ(test, -ENXIO, (long)lab_mmap(file, 1, PROT_READ,
						     MAP_SHARED,
						     LAB_RING_PGOFF));
	lab_expect_touch(test, memory, false, LAB_SIGBUS);
}

static struct kunit_case gone_cases[] = {
	KUNIT_CASE_PARAM(gone_everywhere, gone_way_gen_params),
	KUNIT_CASE_PARAM(gone_in_topology, umlab_topology_gen_params),
	KUNIT_CASE_PARAM(gone_closed, gone_way_gen_params),
	KUNIT_CASE(gone_by_surprise),
	KUNIT_CASE(gone_and_back),
	{}
};

static struct kunit_suite gone_suite = {
	.name		= "umlab_dad_map_gone",
	.test_cases	= gone_cases,
};

kunit_test_suite(gone_suite);
