// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces for suites
 *
 * kthread_use_mm() attaches an address space to the test's thread. A test that
 * ends, or is aborted, in a space takes it along: do_exit() puts the mm_users
 * reference of current->mm. So each space that is entered holds one more
 * mm_users reference for that, and lab_space_release(), which runs afterwards
 * in another thread, knows from @entered that it was used up.
 *
 * KUnit is told that a thread has ended before that thread has put its mm, so
 * the release waits for it.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/kernel.h>	/* do_exit() */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/syscalls.h>
#include <linux/vmalloc.h>

#include "space.h"

/* How long to wait for a dead thread's last steps, in jiffies of virtual time */
#define LAB_EXIT_JIFFIES	(10 * HZ)

/**
 * struct lab_space - an address space
 * @test: the test that has it
 * @mm: it; holds an mm_users reference until it is torn down
 * @entered: it is current->mm of the test's thread
 */
struct lab_space {
	struct kunit *test;
	struct mm_struct *mm;
	bool entered;
};

/* The space that the running test is in. KUnit runs one test at a time. */
static struct lab_space *lab_current_space;

static void lab_space_leave(void)
{
	struct lab_space *space = lab_current_space;

	if (!space)
		return;
	kthread_unuse_mm(space->mm);
	mmput(space->mm);
	space->entered = false;
	lab_current_space = NULL;
}

void lab_space_enter(struct lab_space *space)
{
	lab_space_leave();
	mmget(space->mm);
	kthread_use_mm(space->mm);
	space->entered = true;
	lab_current_space = space;
}

/* The last reference: runs exit_mmap() here and now. */
static void lab_space_put(struct lab_space *space)
{
	int left = LAB_EXIT_JIFFIES;

	while (atomic_read(&space->mm->mm_users) > 1 && left--)
		schedule_timeout_uninterruptible(1);
	if (left < 0)
		KUNIT_FAIL(space->test, "a reference to an address space leaked");
	mmput(space->mm);
	space->mm = NULL;
	/* A kernel thread's fput() is left to a work item. */
	flush_delayed_fput();
}

void lab_space_exit(struct lab_space *space)
{
	if (space->entered)
		lab_space_leave();
	lab_space_put(space);
}

static void lab_space_release(void *data)
{
	struct lab_space *space = data;

	if (space->entered) {
		/* The test's thread died in it; its mmgrab() is left over. */
		mmdrop(space->mm);
		lab_current_space = NULL;
	}
	if (space->mm)
		lab_space_put(space);
	kfree(space);
}

/* Take over the caller's reference to @mm. */
static struct lab_space *lab_space_wrap(struct kunit *test,
					struct mm_struct *mm)
{
	struct lab_space *space;

	KUNIT_ASSERT_NOT_NULL(test, mm);
	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		mmput(mm);
	KUNIT_ASSERT_NOT_NULL(test, space);
	space->test = test;
	space->mm = mm;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, lab_space_release,
						  space));
	return space;
}

struct lab_space *lab_space_new(struct kunit *test)
{
	struct mm_struct *mm;
	struct lab_space *space;

	/*
	 * An address space is a process of the host, born with all mappings that the kernel
	 * has there: without those of kernel memory that was freed and not yet unmapped.
	 */
	vm_unmap_aliases();
	mm = mm_alloc();
	if (mm) {
		mm->task_size = TASK_SIZE;
		arch_pick_mmap_layout(mm, &current->signal->rlim[RLIMIT_STACK]);
	}
	space = lab_space_wrap(test, mm);
	lab_space_enter(space);
	return space;
}

struct lab_fork {
	struct mm_struct *mm;
	struct completion done;
};

/* Hands the address space it was born with to the parent, and is gone. */
static int lab_child(void *data)
{
	struct lab_fork *fork = data;

	mmget(current->mm);
	fork->mm = current->mm;
	complete(&fork->done);
	do_exit(0);
}

struct lab_space *lab_space_fork(struct kunit *test)
{
	struct lab_fork fork = {};
	struct kernel_clone_args args = {
		.exit_signal	= SIGCHLD,
		.flags		= CLONE_FS | CLONE_FILES | CLONE_UNTRACED,
		.fn		= lab_child,
		.fn_arg		= &fork,
	};

	KUNIT_ASSERT_NOT_NULL(test, current->mm);
	init_completion(&fork.done);
	KUNIT_ASSERT_GT(test, kernel_clone(&args), 0);
	wait_for_completion(&fork.done);
	return lab_space_wrap(test, fork.mm);
}

unsigned long lab_mmap(struct file *file, unsigned long pages,
		       unsigned long prot, unsigned long flags,
		       unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr, populate = 0;
	LIST_HEAD(uf);

	mmap_write_lock(mm);
	addr = do_mmap(file, 0, pages << PAGE_SHIFT, prot, flags, 0, pgoff,
		       &populate, &uf);
	mmap_write_unlock(mm);
	if (populate)
		mm_populate(addr, populate);
	flush_delayed_fput();
	return addr;
}

unsigned long lab_mmap_shared(struct kunit *test, struct file *file,
			      unsigned long pages, unsigned long pgoff)
{
	unsigned long addr = lab_mmap(file, pages, PROT_READ | PROT_WRITE,
				      MAP_SHARED, pgoff);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_VALUE(addr),
			       "mmap of %lu pages at page %lu: %ld", pages,
			       pgoff, (long)addr);
	return addr;
}

unsigned long lab_mmap_anonymous(struct kunit *test, unsigned long pages)
{
	unsigned long addr;

	lab_space_new(test);
	addr = lab_mmap(NULL, pages, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	return addr;
}

int lab_munmap(unsigned long addr, unsigned long pages)
{
	int ret = vm_munmap(addr, pages << PAGE_SHIFT);

	flush_delayed_fput();
	return ret;
}

unsigned long lab_mremap(unsigned long addr, unsigned long from,
			 unsigned long to)
{
	unsigned long ret = sys_mremap(addr, from << PAGE_SHIFT,
				       to << PAGE_SHIFT, MREMAP_MAYMOVE, 0);

	flush_delayed_fput();
	return ret;
}

unsigned long lab_mremap_to(unsigned long addr, unsigned long from,
			    unsigned long to)
{
	unsigned long ret, place;

	place = vm_mmap(NULL, 0, to << PAGE_SHIFT, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(place))
		return place;
	ret = sys_mremap(addr, from << PAGE_SHIFT, to << PAGE_SHIFT,
			 MREMAP_MAYMOVE | MREMAP_FIXED, place);
	/* MREMAP_FIXED may have unmapped it before it failed. */
	if (IS_ERR_VALUE(ret))
		vm_munmap(place, to << PAGE_SHIFT);
	flush_delayed_fput();
	return ret;
}

int lab_mprotect(unsigned long addr, unsigned long pages, unsigned long prot)
{
	return sys_mprotect(addr, pages << PAGE_SHIFT, prot);
}

vm_flags_t lab_vm_flags(unsigned long addr)
{
	struct vm_area_struct *vma;
	vm_flags_t flags;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, addr);
	flags = vma ? vma->vm_flags : 0;
	mmap_read_unlock(current->mm);
	return flags;
}

int lab_vma_count(void)
{
	return current->mm->map_count;
}
