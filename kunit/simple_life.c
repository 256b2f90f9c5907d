// SPDX-License-Identifier: GPL-2.0-only
/*
 * simple: which devices it takes, the life of a mapping, and unbinding
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/platform_device.h>

#include "lib/frames.h"
#include "lib/node.h"
#include "lib/refs.h"
#include "lib/simple_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define REGION_PAGES	4UL

struct life_fixture {
	enum lab_simple_node node;
	struct lab_simple *simple;
	struct file *file;
	struct lab_space *space;
};

static struct life_fixture *life_fixture(struct kunit *test)
{
	struct life_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	fx->node = *(enum lab_simple_node *)test->param_value;
	fx->simple = lab_simple_plug(test, REGION_PAGES);
	fx->file = lab_simple_open(test, fx->simple, fx->node);
	fx->space = lab_space_new(test);
	return fx;
}

/**
 * struct life_resource - a resource and what the driver makes of it
 * @name: the case
 * @offset: its start in a region of two pages, in bytes
 * @size: its size, in bytes
 * @pages: how many pages can be mapped; 0: the driver refuses it
 */
struct life_resource {
	const char *name;
	size_t offset;
	size_t size;
	unsigned long pages;
};

static const struct life_resource life_resources[] = {
	{ "one page", 0, PAGE_SIZE, 1 },
	{ "two pages", 0, 2 * PAGE_SIZE, 2 },
	{ "a page and a byte", 0, PAGE_SIZE + 1, 1 },
	{ "two pages less a byte", 0, 2 * PAGE_SIZE - 1, 1 },
	{ "half a page", 0, PAGE_SIZE / 2, 0 },
	{ "a page less a byte", 0, PAGE_SIZE - 1, 0 },
	{ "one byte", 0, 1, 0 },
	{ "unaligned, one page", PAGE_SIZE / 2, PAGE_SIZE, 0 },
	{ "unaligned by a byte", 1, 2 * PAGE_SIZE - 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(life_resource, life_resources, name);

/* What a resource fills only in part is never granted. */
static void life_probe(struct kunit *test)
{
	const struct life_resource *res = test->param_value;
	struct lab_simple *simple =
		lab_simple_plug_bytes(test, 2, res->offset, res->size);
	int node;

	KUNIT_ASSERT_EQ(test, lab_simple_bound(simple), res->pages > 0);
	if (!res->pages)
		return;

	lab_space_new(test);
	for (node = 0; node < LAB_SIMPLE_NODES; node++) {
		struct file *file = lab_simple_open(test, simple, node);
		unsigned long addr;

		addr = lab_mmap(file, res->pages + 1, PROT_READ, MAP_SHARED, 0);
		KUNIT_EXPECT_EQ(test, (long)addr, -EINVAL);
		addr = lab_mmap_shared(test, file, res->pages, 0);
		lab_expect_touch(test, addr, true, LAB_OK);
		KUNIT_EXPECT_EQ(test, lab_munmap(addr, res->pages), 0);
	}
}

static void life_no_resource(struct kunit *test)
{
	struct platform_device *pdev;

	pdev = platform_device_register_simple("simple", PLATFORM_DEVID_AUTO,
					       NULL, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_EXPECT_NULL(test, pdev->dev.driver);
	platform_device_unregister(pdev);
}

static void life_two_devices(struct kunit *test)
{
	struct life_fixture *a = life_fixture(test);
	struct life_fixture *b = life_fixture(test);
	unsigned long addr;

	addr = lab_mmap_shared(test, b->file, 1, 1);
	lab_expect_touch(test, addr, true, LAB_OK);
	lab_expect_range(test, "the second device", addr, 1,
			 lab_region_pfn(&b->simple->region, 1));
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, a->simple), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, b->simple), 1);
}

static void life_flags(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	const vm_flags_t mask = VM_IO | VM_PFNMAP | VM_MIXEDMAP |
				VM_DONTEXPAND | VM_DONTDUMP;
	unsigned long addr = lab_mmap_shared(test, fx->file, 2, 0);

	KUNIT_EXPECT_EQ(test, lab_vm_flags(addr) & mask,
			fx->node == LAB_SIMPLE_REMAP ?
			VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP :
			VM_IO | VM_MIXEDMAP | VM_DONTDUMP);
}

/* Growth is refused to what was mapped at once, and leads to SIGBUS else. */
static void life_grow(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	unsigned long addr = lab_mmap_shared(test, fx->file, REGION_PAGES, 0);
	unsigned long page, grown;

	grown = lab_mremap_to(addr, REGION_PAGES, REGION_PAGES + 2);
	if (fx->node == LAB_SIMPLE_REMAP) {
		KUNIT_EXPECT_EQ(test, (long)grown, -EFAULT);
		lab_expect_range(test, "the refusal", addr, REGION_PAGES,
				 lab_region_pfn(&fx->simple->region, 0));
		return;
	}
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(grown), "mremap: %ld",
			       (long)grown);
	for (page = 0; page < REGION_PAGES + 2; page++)
		lab_expect_touch(test, grown + (page << PAGE_SHIFT), true,
				 page < REGION_PAGES ? LAB_OK : LAB_SIGBUS);
	lab_expect_range(test, "the growth", grown, REGION_PAGES,
			 lab_region_pfn(&fx->simple->region, 0));
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
}

static void life_count(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	unsigned long addr = lab_mmap_shared(test, fx->file, REGION_PAGES, 0);
	struct lab_space *child;

	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
	KUNIT_EXPECT_EQ(test, lab_mprotect(addr + PAGE_SIZE, 1, PROT_READ), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 3);
	KUNIT_EXPECT_EQ(test, lab_vma_count(), 3);
	/* Special mappings are never merged again. */
	KUNIT_EXPECT_EQ(test, lab_mprotect(addr + PAGE_SIZE, 1,
					   PROT_READ | PROT_WRITE), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple),
			lab_vma_count());
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 2);

	child = lab_space_fork(test);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 4);
	lab_space_exit(child);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 2);
	lab_space_exit(fx->space);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 0);
}

/* A mapping keeps its file, and so the device, after close(). */
static void life_close_first(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	unsigned long addr = lab_mmap_shared(test, fx->file, 2, 0);

	lab_close(test, fx->file);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 1);
	lab_expect_touch(test, addr + PAGE_SIZE, true, LAB_OK);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 2), 0);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 0);
}

static void life_unbind(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	unsigned long addr = lab_mmap_shared(test, fx->file, REGION_PAGES, 0);
	unsigned long page, later;
	struct lab_refs base;

	lab_refs_init(&base);
	for (page = 0; page < REGION_PAGES; page++)
		lab_refs_add(test, &base,
			     lab_region_page(&fx->simple->region, page));
	for (page = 0; page < REGION_PAGES; page += 2)
		lab_expect_touch(test, addr + (page << PAGE_SHIFT), true,
				 LAB_OK);

	KUNIT_EXPECT_EQ(test, lab_attr_write(test,
					     "bus/platform/drivers/simple/unbind",
					     dev_name(&fx->simple->pdev->dev)),
			0);
	lab_expect_range(test, "unbinding", 0, 0, 0);
	lab_expect_refs(test, "unbinding", &base, NULL);
	for (page = 0; page < REGION_PAGES; page++)
		lab_expect_touch(test, addr + (page << PAGE_SHIFT), page & 1,
				 LAB_SIGBUS);

	later = lab_mmap(fx->file, 1, PROT_READ, MAP_SHARED, 0);
	KUNIT_EXPECT_EQ(test, (long)later, -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, REGION_PAGES), 0);
}

/* Each space, the fork's included, and private copies too. */
static void life_unbind_everywhere(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	struct lab_space *child, *other;
	unsigned long addr, copy, moved, far;
	u64 word = 1;

	addr = lab_mmap_shared(test, fx->file, 2, 0);
	copy = lab_mmap(fx->file, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, 3);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(copy));
	KUNIT_ASSERT_EQ(test, lab_store(copy, &word, sizeof(word)), LAB_OK);
	lab_expect_touch(test, addr, true, LAB_OK);
	child = lab_space_fork(test);
	moved = lab_mremap_to(addr, 2, 2);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(moved));
	other = lab_space_new(test);
	far = lab_mmap_shared(test, fx->file, 2, 1);
	lab_expect_touch(test, far, true, LAB_OK);

	lab_simple_unplug(fx->simple);
	lab_expect_range(test, "another space", 0, 0, 0);
	lab_expect_touch(test, far, false, LAB_SIGBUS);
	lab_space_enter(child);
	lab_expect_range(test, "the child", 0, 0, 0);
	lab_expect_touch(test, addr, true, LAB_SIGBUS);
	lab_expect_touch(test, copy, false, LAB_SIGBUS);
	lab_space_enter(fx->space);
	lab_expect_range(test, "the space itself", 0, 0, 0);
	lab_expect_touch(test, moved, false, LAB_SIGBUS);
	lab_expect_touch(test, copy, true, LAB_SIGBUS);
	lab_space_exit(other);
}

/* Unbound and bound again: the old file stays dead, a new one works. */
static void life_rebind(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	unsigned long addr = lab_mmap_shared(test, fx->file, 1, 0);
	const char *name = dev_name(&fx->simple->pdev->dev);
	struct file *file;

	KUNIT_EXPECT_EQ(test, lab_attr_write(test,
					     "bus/platform/drivers/simple/unbind",
					     name), 0);
	KUNIT_EXPECT_EQ(test, lab_attr_write(test,
					     "bus/platform/drivers/simple/bind",
					     name), 0);
	KUNIT_ASSERT_TRUE(test, lab_simple_bound(fx->simple));
	lab_expect_touch(test, addr, true, LAB_SIGBUS);
	KUNIT_EXPECT_EQ(test, lab_simple_vmas(test, fx->simple), 0);

	file = lab_simple_open(test, fx->simple, fx->node);
	addr = lab_mmap_shared(test, file, 1, 2);
	lab_expect_touch(test, addr, true, LAB_OK);
	lab_expect_range(test, "the new file", addr, 1,
			 lab_region_pfn(&fx->simple->region, 2));
}

static void life_no_node_left(struct kunit *test)
{
	struct life_fixture *fx = life_fixture(test);
	char name[64];

	snprintf(name, sizeof(name), "%pD", fx->file);
	lab_simple_unplug(fx->simple);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(lab_try_open(name, O_RDWR)),
			-ENOENT);
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE_PARAM(life_probe, life_resource_gen_params),
	KUNIT_CASE(life_no_resource),
	KUNIT_CASE_PARAM(life_two_devices, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_flags, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_grow, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_count, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_close_first, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_unbind, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_unbind_everywhere, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_rebind, lab_simple_gen_params),
	KUNIT_CASE_PARAM(life_no_node_left, lab_simple_gen_params),
	{}
};

static struct kunit_suite life_suite = {
	.name		= "umlab_simple_life",
	.test_cases	= life_cases,
};

kunit_test_suite(life_suite);
