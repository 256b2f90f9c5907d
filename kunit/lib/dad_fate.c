// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to dad boards: they sleep and wake, and go, while somebody waits
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "dad_fate.h"
#include "node.h"
#include "space.h"

struct lab_dad lab_dad_plug_way(struct kunit *test,
				const struct lab_dad_way *way, unsigned int at)
{
	const struct umlab_options options = {
		.at = at,
		.irqs = way->irqs,
		.completion = way->completion,
		.delay_ns = 50 * NSEC_PER_USEC,
		.topology = way->topology,
	};

	return lab_dad_plug_as(test, way->revision, DAD_MEMORY_MIN, &options);
}

/* The second half of waking up: the device is in D0 already. */
static int fate_wake(struct device *dev)
{
	const struct dev_pm_ops *pm = dev->bus->pm;
	int early = pm->resume_early(dev), err;

	device_lock(dev);
	err = pm->resume(dev);
	pm->complete(dev);
	device_unlock(dev);
	return early ?: err;
}

int lab_dad_suspend(const struct lab_dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	const struct dev_pm_ops *pm = dev->bus->pm;
	int err;

	device_lock(dev);
	err = pm->prepare(dev);
	if (err >= 0) {
		/* As device_suspend() has it, or else resuming would do nothing. */
		dev->power.must_resume = true;
		err = pm->suspend(dev);
		if (err)
			pm->complete(dev);
	}
	device_unlock(dev);
	if (err)
		return err;

	err = pm->suspend_late(dev) ?: pm->suspend_noirq(dev);
	if (err)
		fate_wake(dev);
	return err;
}

int lab_dad_resume(const struct lab_dad *dad)
{
	struct device *dev = &dad->pdev->dev;
	int noirq = dev->bus->pm->resume_noirq(dev);
	int err = fate_wake(dev);

	return noirq ?: err;
}

/**
 * struct lab_dad_thread - a thread that reads or writes
 * @test: the test
 * @file: the file, with a reference
 * @mm: the address space, likewise
 * @write: it writes
 * @addr: where
 * @len: how many bytes
 * @pos: where on the board
 * @done: completed when it is back
 * @result: then: with what
 */
struct lab_dad_thread {
	struct kunit *test;
	struct file *file;
	struct mm_struct *mm;
	bool write;
	unsigned long addr;
	size_t len;
	loff_t pos;
	struct completion done;
	ssize_t result;
};

static void fate_thread_put(struct lab_dad_thread *thread)
{
	mmput(thread->mm);
	fput(thread->file);
	/* A kernel thread's fput() is left to a work item. */
	flush_delayed_fput();
}

static int fate_thread_run(void *data)
{
	struct lab_dad_thread *thread = data;

	kthread_use_mm(thread->mm);
	if (thread->write)
		thread->result = lab_dad_write(thread->file, thread->addr,
					       thread->len, thread->pos);
	else
		thread->result = lab_dad_read(thread->file, thread->addr,
					      thread->len, thread->pos);
	kthread_unuse_mm(thread->mm);
	fate_thread_put(thread);
	complete_all(&thread->done);
	return 0;
}

static bool fate_thread_back(struct lab_dad_thread *thread)
{
	return wait_for_completion_timeout(&thread->done,
					   msecs_to_jiffies(LAB_DAD_LONG));
}

static void fate_thread_free(void *data)
{
	struct lab_dad_thread *thread = data;

	if (fate_thread_back(thread))
		kfree(thread);
	else	/* It is still in use. */
		KUNIT_FAIL(thread->test,
			   "a thread does not come back from the driver");
}

struct lab_dad_thread *lab_dad_thread(struct kunit *test, struct file *file,
				      bool write, unsigned long addr,
				      size_t len, loff_t pos)
{
	struct lab_dad_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, thread);
	*thread = (struct lab_dad_thread) {
		.test = test,
		.file = get_file(file),
		.mm = current->mm,
		.write = write,
		.addr = addr,
		.len = len,
		.pos = pos,
	};
	init_completion(&thread->done);
	mmget(thread->mm);
	task = kthread_run(fate_thread_run, thread, "lab_dad");
	if (IS_ERR(task)) {
		fate_thread_put(thread);
		kfree(thread);
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, fate_thread_free,
						  thread));
	return thread;
}

bool lab_dad_thread_waits(struct lab_dad_thread *thread)
{
	msleep(20);
	return !completion_done(&thread->done);
}

ssize_t lab_dad_thread_end(struct lab_dad_thread *thread)
{
	return fate_thread_back(thread) ? thread->result : -ETIME;
}

bool lab_dad_masters(struct pci_dev *pdev)
{
	u16 command = 0;

	pci_read_config_word(pdev, PCI_COMMAND, &command);
	return command & PCI_COMMAND_MASTER;
}

void lab_dad_expect_unbound(struct kunit *test, struct umlab_slot *slot)
{
	struct pci_dev *pdev = umlab_pdev(slot);

	KUNIT_EXPECT_NULL(test, pdev->dev.driver);
	KUNIT_EXPECT_EQ(test, umlab_mappings(slot), 0);
	KUNIT_EXPECT_FALSE(test, lab_dad_masters(pdev));
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(pdev));
}

void lab_dad_mark(const struct lab_dad *dad, u32 seed, size_t len)
{
	size_t pos;

	for (pos = 0; pos < len; pos++)
		dad->memory[pos] = lab_dad_byte(seed, pos);
}

void lab_dad_expect_works(const struct lab_dad *dad, unsigned long addr)
{
	struct file *file = lab_dad_open(dad, O_RDWR);
	struct kunit *test = dad->test;

	lab_dad_mark(dad, 7, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 100, 5), 100);
	lab_dad_expect_user(dad, addr, 100, 7, 5);
	addr += 100;
	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, PAGE_SIZE, 0),
			PAGE_SIZE);
	lab_dad_expect_user(dad, addr, PAGE_SIZE, 7, 0);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, PAGE_SIZE, PAGE_SIZE),
			PAGE_SIZE);
	lab_dad_expect_board(dad, PAGE_SIZE, PAGE_SIZE, 7, 0);
	lab_close(test, file);
}

void lab_dad_expect_gone(struct kunit *test, struct file *file,
			 unsigned long addr)
{
	struct dad_ring shape = {
		.abi = DAD_ABI,
		.block_size = DAD_BLOCK_MIN,
		.blocks = 2,
		.sample_ns = DAD_SAMPLE_MAX,
	};
	struct dad_advance advance = { .abi = DAD_ABI };
	const unsigned int gone = POLLERR | POLLHUP;
	struct dad_info info = { };

	KUNIT_EXPECT_EQ(test, lab_dad_read(file, addr, 100, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_write(file, addr, PAGE_SIZE + 1, 0),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_INFO, &info),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_RING, &shape),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_START, NULL),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_ADVANCE, &advance),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, lab_dad_ioctl(file, DAD_IOC_STOP, NULL),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			(long)lab_mmap(file, 1, PROT_READ, MAP_SHARED, 0));
	KUNIT_EXPECT_EQ(test, lab_dad_poll(file) & gone, gone);
}
