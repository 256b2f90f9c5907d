// SPDX-License-Identifier: GPL-2.0-only
/*
 * BARs in user space: memory is shared, registers are a violation
 */

#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <umlab/machine.h>

#include "lib/klog.h"
#include "lib/pci_card.h"
#include "lib/space.h"
#include "lib/touch.h"

/**
 * struct usermap_target - what a file maps
 * @bar: the BAR
 * @by_fault: page by page, as it is touched
 */
struct usermap_target {
	unsigned int bar;
	bool by_fault;
};

static const struct usermap_target usermap_fault_regs = {
	LAB_CARD_REGS, true
};

struct usermap_fixture {
	struct umlab_slot *slot;
	struct pci_dev *pdev;
	struct usermap_target target;
	struct file *file;
	struct lab_space *space;
};

/* What a driver's mmap does */

static vm_fault_t usermap_fault(struct vm_fault *vmf)
{
	struct usermap_fixture *fx = vmf->vma->vm_private_data;
	phys_addr_t start = pci_resource_start(fx->pdev, fx->target.bar);

	return vmf_insert_pfn(vmf->vma, vmf->address,
			      PHYS_PFN(start) + vmf->pgoff);
}

static const struct vm_operations_struct usermap_vm_ops = {
	.fault = usermap_fault,
};

static int usermap_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct usermap_fixture *fx = file->private_data;
	unsigned long size = vma->vm_end - vma->vm_start;
	unsigned long pfn = PHYS_PFN(pci_resource_start(fx->pdev,
							fx->target.bar));

	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	if (!fx->target.by_fault)
		return io_remap_pfn_range(vma, vma->vm_start,
					  pfn + vma->vm_pgoff, size,
					  vma->vm_page_prot);
	vm_flags_set(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &usermap_vm_ops;
	vma->vm_private_data = fx;
	return 0;
}

static const struct file_operations usermap_fops = {
	.mmap = usermap_mmap,
};

static void usermap_close(void *file)
{
	fput(file);
	flush_delayed_fput();
}

/* A card, a file that maps @target of it, and a space to map it into */
static struct usermap_fixture *
usermap_fixture(struct kunit *test, const struct usermap_target *target)
{
	struct usermap_fixture *fx = kunit_kzalloc(test, sizeof(*fx),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	fx->slot = umlab_plug(test, &lab_card_model, NULL);
	fx->pdev = umlab_pdev(fx->slot);
	fx->target = *target;
	KUNIT_ASSERT_EQ(test, pci_enable_device(fx->pdev), 0);
	fx->file = anon_inode_getfile("usermap", &usermap_fops, fx, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fx->file));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, usermap_close,
							   fx->file));
	fx->space = lab_space_new(test);
	return fx;
}

/* Device memory: user space, driver and device see the same bytes. */
static void usermap_memory(struct kunit *test)
{
	static const struct usermap_target targets[] = {
		{ LAB_CARD_MEMORY, false },
		{ LAB_CARD_MEMORY, true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		struct usermap_fixture *fx = usermap_fixture(test, &targets[i]);
		unsigned long addr = lab_mmap_shared(test, fx->file, 1, 0);
		void __iomem *kernel = pci_iomap(fx->pdev, LAB_CARD_MEMORY, 0);
		u32 *device = umlab_bar_memory(fx->slot, LAB_CARD_MEMORY);
		u32 word = 0x1234;

		KUNIT_ASSERT_TRUE(test, kernel);
		KUNIT_EXPECT_EQ(test, lab_store(addr + 8, &word, 4), LAB_OK);
		KUNIT_EXPECT_EQ(test, ioread32(kernel + 8), word);
		KUNIT_EXPECT_EQ(test, device[2], word);
		iowrite32(0x5678, kernel + SZ_4K - 4);
		KUNIT_EXPECT_EQ(test, lab_load(addr + SZ_4K - 4, &word, 4),
				LAB_OK);
		KUNIT_EXPECT_EQ(test, word, 0x5678);
		device[0] = 0x9abc;
		KUNIT_EXPECT_EQ(test, lab_load(addr, &word, 4), LAB_OK);
		KUNIT_EXPECT_EQ(test, word, 0x9abc);
		pci_iounmap(fx->pdev, kernel);
	}
}

static unsigned int usermap_seen(const struct usermap_fixture *fx)
{
	return umlab_violations(fx->slot, UMLAB_VIOLATION_USERMAP);
}

/*
 * As a process does, so without the looks at page tables of lab_load(). That
 * it does not end UML is part of the test.
 */
static u32 usermap_load(unsigned long addr)
{
	u32 word;

	return copy_from_user(&word, (void __user *)addr, 4) ? 0 : word;
}

/* Registers: a violation, all-ones, and no crash */
static void usermap_at_once(struct kunit *test)
{
	static const struct usermap_target target = { LAB_CARD_REGS, false };
	struct usermap_fixture *fx = usermap_fixture(test, &target);
	struct lab_card *card = umlab_priv(fx->slot);
	struct kmsg_dump_iter begin = lab_klog_now();
	unsigned long addr;
	u32 word = 1;

	umlab_expect_violation(fx->slot, UMLAB_VIOLATION_USERMAP);
	addr = lab_mmap_shared(test, fx->file, 1, 0);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 1);
	KUNIT_EXPECT_TRUE(test, lab_klog_has(begin, "BAR 0 is mapped to user space at"));
	KUNIT_EXPECT_EQ(test, usermap_load(addr), ~0U);
	KUNIT_EXPECT_EQ(test, copy_to_user((void __user *)addr +
					   LAB_CARD_SCRATCH, &word, 4), 0);
	KUNIT_EXPECT_EQ(test, card->reads + card->writes, 0);
	KUNIT_EXPECT_EQ(test, card->scratch, 0);
	/* Told once for a BAR */
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 1);
}

/* What a fault put in is seen later: here, when it is unmapped */
static void usermap_by_fault(struct kunit *test)
{
	struct usermap_fixture *fx = usermap_fixture(test, &usermap_fault_regs);
	unsigned long addr = lab_mmap_shared(test, fx->file, 1, 0);

	KUNIT_EXPECT_EQ(test, usermap_load(addr), ~0U);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 0);
	umlab_expect_violation(fx->slot, UMLAB_VIOLATION_USERMAP);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 1);
}

/* Or at the end of the address space */
static void usermap_exit(struct kunit *test)
{
	struct usermap_fixture *fx = usermap_fixture(test, &usermap_fault_regs);
	unsigned long addr = lab_mmap_shared(test, fx->file, 1, 0);

	KUNIT_EXPECT_EQ(test, usermap_load(addr), ~0U);
	umlab_expect_violation(fx->slot, UMLAB_VIOLATION_USERMAP);
	lab_space_exit(fx->space);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 1);
}

/* Or when somebody asks */
static void usermap_asked(struct kunit *test)
{
	struct usermap_fixture *fx = usermap_fixture(test, &usermap_fault_regs);
	unsigned long addr = lab_mmap_shared(test, fx->file, 1, 0);

	umlab_check_user(current->mm);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 0);
	KUNIT_EXPECT_EQ(test, usermap_load(addr), ~0U);
	umlab_expect_violation(fx->slot, UMLAB_VIOLATION_USERMAP);
	umlab_check_user(current->mm);
	KUNIT_EXPECT_EQ(test, usermap_seen(fx), 1);
}

/* After a surprise removal memory reads as all-ones in user space, too. */
static void usermap_vanished(struct kunit *test)
{
	static const struct usermap_target target = { LAB_CARD_MEMORY, false };
	struct usermap_fixture *fx = usermap_fixture(test, &target);
	unsigned long addr = lab_mmap_shared(test, fx->file, 1, 0);

	KUNIT_EXPECT_EQ(test, usermap_load(addr), 0);
	umlab_vanish(fx->slot);
	KUNIT_EXPECT_EQ(test, usermap_load(addr), ~0U);
}

/* Of BARs that share a page, all are mapped with it. */
static void usermap_shared_page(struct kunit *test)
{
	static const struct usermap_target target = { LAB_CARD_REGS, false };
	struct usermap_fixture *fx = usermap_fixture(test, &target);
	struct umlab_model model = lab_bare_model;
	struct umlab_slot *a, *b;

	model.bars[0].size = 16;
	a = umlab_plug(test, &model, NULL);
	b = umlab_plug(test, &model, NULL);
	fx->pdev = umlab_pdev(b);
	KUNIT_ASSERT_EQ(test, PHYS_PFN(pci_resource_start(fx->pdev, 0)),
			PHYS_PFN(pci_resource_start(umlab_pdev(a), 0)));
	umlab_expect_violation(a, UMLAB_VIOLATION_USERMAP);
	umlab_expect_violation(b, UMLAB_VIOLATION_USERMAP);
	lab_mmap_shared(test, fx->file, 1, 0);
}

static struct kunit_case usermap_cases[] = {
	KUNIT_CASE(usermap_memory),
	KUNIT_CASE(usermap_at_once),
	KUNIT_CASE(usermap_by_fault),
	KUNIT_CASE(usermap_exit),
	KUNIT_CASE(usermap_asked),
	KUNIT_CASE(usermap_vanished),
	KUNIT_CASE(usermap_shared_page),
	{}
};

static struct kunit_suite usermap_suite = {
	.name		= "umlab_bus_usermap",
	.test_cases	= usermap_cases,
};

kunit_test_suite(usermap_suite);
