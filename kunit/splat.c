// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each kind of report that the kernel's checks make: it fails the test that it comes in,
 * that one alone, and no test that had said it would come
 *
 * Each is made on purpose. With umlab.plant=1 they are not declared, so that each of
 * these cases fails, and nothing else; and one comes before the first test.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <umlab/splat.h>

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"umlab."

static bool splat_plant;
module_param_named(plant, splat_plant, bool, 0444);
MODULE_PARM_DESC(plant, "Make reports that no test has declared");

static void splat_declare(struct kunit *test, enum umlab_splat kind)
{
	if (!splat_plant)
		umlab_expect_splat(test, kind);
}

static void splat_warn(void)
{
	WARN(1, "umlab_splat: on purpose\n");
}

static void splat_warn_once(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		WARN_ONCE(1, "umlab_splat: once, on purpose\n");
}

static void splat_refcount(void)
{
	refcount_t count = REFCOUNT_INIT(1);

	refcount_set(&count, 0);
	refcount_inc(&count);
}

static void splat_list(void)
{
	struct list_head head, entry, other;

	INIT_LIST_HEAD(&head);
	INIT_LIST_HEAD(&other);
	head.next = &other;
	list_add(&entry, &head);
}

/* The size is hidden from the compiler, which would see it as well. */
static void splat_kasan(void)
{
	char *memory = kmalloc(40, GFP_KERNEL);

	if (!memory)
		return;
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(memory[40]);
	kfree(memory);
}

static void splat_kasan_vmalloc(void)
{
	char *memory = vmalloc(PAGE_SIZE - 100);

	if (!memory)
		return;
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(memory[PAGE_SIZE - 100]);
	vfree(memory);
}

static void splat_ubsan(void)
{
	/* What is behind the array is memory as well: KASAN has nothing to say. */
	struct {
		int array[4];
		int behind[4];
	} memory = { };
	unsigned int index = 5;	/* of 4, an address may be taken */

	OPTIMIZER_HIDE_VAR(index);
	READ_ONCE(memory.array[index]);
}

static void splat_locks(void)
{
	static DEFINE_MUTEX(one);
	static DEFINE_MUTEX(two);
	static DEFINE_MUTEX(three);
	static unsigned int turn;

	/* What it has refused once, it does not report again. */
	struct mutex *last = turn++ ? &three : &two;

	mutex_lock(&one);
	mutex_lock(last);
	mutex_unlock(last);
	mutex_unlock(&one);
	mutex_lock(last);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(last);
}

static void splat_no_lock(void)
{
	spinlock_t *lock = kzalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return;
	spin_lock(lock);
	spin_unlock(lock);
	kfree(lock);
}

static void splat_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void splat_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	/* The kernel leaves a bad page alone, for good. */
	page->mapping = (void *)page;
	__free_page(page);
}

static void splat_slab(void)
{
	struct kmem_cache *cache = kmem_cache_create("umlab_splat", 40, 0,
						     SLAB_RED_ZONE |
						     SLAB_CONSISTENCY_CHECKS,
						     NULL);
	u8 *object;

	if (!cache)
		return;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	if (object) {
		OPTIMIZER_HIDE_VAR(object);
		object[40] = 1;
		/* Which mends it, and does not free it */
		kmem_cache_free(cache, object);
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
}

/**
 * struct splat_row - a report
 * @name: what of
 * @make: makes it
 * @kind: how it counts
 * @there: whether the kernel has this check
 */
struct splat_row {
	const char *name;
	void (*make)(void);
	enum umlab_splat kind;
	bool there;
};

/* Out of bounds for SLUB is out of bounds for KASAN, which comes first. */
static const struct splat_row splat_rows[] = {
	{ "WARN", splat_warn, UMLAB_SPLAT_WARN, true },
	{ "WARN_ONCE", splat_warn_once, UMLAB_SPLAT_WARN, true },
	{ "WARN_ONCE again", splat_warn_once, UMLAB_SPLAT_WARN, true },
	{ "refcount", splat_refcount, UMLAB_SPLAT_WARN, true },
	{ "list", splat_list, UMLAB_SPLAT_WARN, IS_ENABLED(CONFIG_DEBUG_LIST) },
	{ "KASAN", splat_kasan, UMLAB_SPLAT_KASAN, IS_ENABLED(CONFIG_KASAN) },
	{ "KASAN of vmalloc", splat_kasan_vmalloc, UMLAB_SPLAT_KASAN,
	  IS_ENABLED(CONFIG_KASAN_VMALLOC) },
	{ "UBSAN", splat_ubsan, UMLAB_SPLAT_UBSAN,
	  IS_ENABLED(CONFIG_UBSAN_BOUNDS) },
	{ "lockdep", splat_locks, UMLAB_SPLAT_LOCKDEP,
	  IS_ENABLED(CONFIG_PROVE_LOCKING) },
	{ "lock not initialised", splat_no_lock, UMLAB_SPLAT_LOCKDEP,
	  IS_ENABLED(CONFIG_PROVE_LOCKING) },
	{ "sleep while atomic", splat_atomic, UMLAB_SPLAT_ATOMIC,
	  IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) },
	{ "bad page", splat_page, UMLAB_SPLAT_PAGE,
	  IS_ENABLED(CONFIG_DEBUG_VM) },
	{ "SLUB", splat_slab, UMLAB_SPLAT_SLAB,
	  IS_ENABLED(CONFIG_SLUB_DEBUG) && !IS_ENABLED(CONFIG_KASAN) },
};

KUNIT_ARRAY_PARAM_DESC(splat_row, splat_rows, name);

/**
 * struct splat_maker - somebody who makes a report
 * @make: how
 * @work: in a thread that knows of no test
 * @timer: in an interrupt
 */
struct splat_maker {
	void (*make)(void);
	struct work_struct work;
	struct timer_list timer;
};

static void splat_work(struct work_struct *work)
{
	container_of(work, struct splat_maker, work)->make();
}

static void splat_timer(struct timer_list *timer)
{
	container_of(timer, struct splat_maker, timer)->make();
}

/* In a thread that is not the test's: KASAN and UBSAN fail a test by themselves. */
static void splat_elsewhere(void (*make)(void))
{
	struct splat_maker maker = { .make = make };

	INIT_WORK_ONSTACK(&maker.work, splat_work);
	schedule_work(&maker.work);
	flush_work(&maker.work);
	destroy_work_on_stack(&maker.work);
}

static void splat_in_interrupt(void (*make)(void))
{
	struct splat_maker maker = { .make = make };

	timer_setup_on_stack(&maker.timer, splat_timer, 0);
	mod_timer(&maker.timer, jiffies + 1);
	schedule_timeout_uninterruptible(3);
	timer_delete_sync(&maker.timer);
	destroy_timer_on_stack(&maker.timer);
}

static void splat_comes(struct kunit *test)
{
	const struct splat_row *row = test->param_value;
	unsigned int before = umlab_splats();

	if (!row->there)
		kunit_skip(test, "the kernel is built without this check");
	splat_declare(test, row->kind);
	splat_elsewhere(row->make);
	KUNIT_EXPECT_EQ(test, before + 1, umlab_splats());
}

/* Lockdep is silent from its first report on, until the test has ended. */
static void splat_lockdep_again(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_PROVE_LOCKING))
		kunit_skip(test, "the kernel is built without this check");
	splat_declare(test, UMLAB_SPLAT_LOCKDEP);
	splat_locks();
}

/* It was the test before that has failed, if one has. */
static void splat_is_over(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, KUNIT_SUCCESS, test->status);
	schedule_timeout_uninterruptible(HZ);
	KUNIT_EXPECT_EQ(test, KUNIT_SUCCESS, test->status);
}

static void splat_in_timer(struct kunit *test)
{
	splat_declare(test, UMLAB_SPLAT_WARN);
	splat_in_interrupt(splat_warn);
}

static void splat_last(void *unused)
{
	splat_warn();
}

/* KUnit takes it for skipped, so the run fails. */
static void splat_then_skip(struct kunit *test)
{
	if (splat_plant)
		splat_warn();
	kunit_skip(test, "as it wants");
}

/* By what is undone at the end, in the thread that cleans up */
static void splat_at_the_end(struct kunit *test)
{
	splat_declare(test, UMLAB_SPLAT_WARN);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, splat_last, NULL));
}

/* Another test, which is @test's to look at and does not run */
static struct kunit *splat_other(struct kunit *test)
{
	struct kunit *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	kunit_init_test(other, "other", NULL);
	return other;
}

/* End it, and be one's own again */
static void splat_end_other(struct kunit *test, struct kunit *other)
{
	kunit_cleanup(other);
	current->kunit_test = test;
}

static void splat_fails(struct kunit *test)
{
	struct kunit *other = splat_other(test);

	current->kunit_test = other;
	splat_warn();
	KUNIT_EXPECT_EQ(test, KUNIT_FAILURE, other->status);
	kunit_init_test(other, "other", NULL);
	splat_elsewhere(splat_warn);
	KUNIT_EXPECT_EQ(test, KUNIT_FAILURE, other->status);
	kunit_init_test(other, "other", NULL);
	splat_in_interrupt(splat_warn);
	KUNIT_EXPECT_EQ(test, KUNIT_FAILURE, other->status);
	current->kunit_test = test;
	KUNIT_EXPECT_EQ(test, KUNIT_SUCCESS, test->status);
}

/* As many as are made, or not */
static void splat_declared(struct kunit *test, unsigned int declared,
			   unsigned int made, enum kunit_status status)
{
	struct kunit *other = splat_other(test);
	unsigned int i;

	current->kunit_test = other;
	for (i = 0; i < declared; i++)
		umlab_expect_splat(other, UMLAB_SPLAT_WARN);
	for (i = 0; i < made; i++)
		splat_warn();
	splat_end_other(test, other);
	KUNIT_EXPECT_EQ_MSG(test, status, other->status,
			    "%u declared, %u made", declared, made);
}

static void splat_counts(struct kunit *test)
{
	splat_declared(test, 1, 1, KUNIT_SUCCESS);
	splat_declared(test, 2, 2, KUNIT_SUCCESS);
	splat_declared(test, 1, 2, KUNIT_FAILURE);
	splat_declared(test, 2, 1, KUNIT_FAILURE);
	splat_declared(test, 1, 0, KUNIT_FAILURE);
	splat_declared(test, 0, 0, KUNIT_SUCCESS);
}

/* A report of one kind is none of another. */
static void splat_kinds(struct kunit *test)
{
	struct kunit *other = splat_other(test);

	current->kunit_test = other;
	umlab_expect_splat(other, UMLAB_SPLAT_UBSAN);
	splat_warn();
	KUNIT_EXPECT_EQ(test, KUNIT_FAILURE, other->status);
	splat_end_other(test, other);
}

static void splat_forget(void)
{
	void *memory = kmalloc(123, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
}

/* Where a stale pointer may still be, kmemleak looks as well. */
static void splat_wipe_stack(void)
{
	char wiped[1024];

	memset(wiped, 0, sizeof(wiped));
	barrier_data(wiped);
}

static struct kunit_case splat_cases[] = {
	KUNIT_CASE_PARAM(splat_comes, splat_row_gen_params),
	KUNIT_CASE(splat_lockdep_again),
	KUNIT_CASE(splat_is_over),
	KUNIT_CASE(splat_in_timer),
	KUNIT_CASE(splat_at_the_end),
	KUNIT_CASE(splat_then_skip),
	KUNIT_CASE(splat_fails),
	KUNIT_CASE(splat_counts),
	KUNIT_CASE(splat_kinds),
	{}
};

/* Before the first test, so that it is nobody's */
static int splat_stray(struct kunit_suite *suite)
{
	if (splat_plant)
		splat_warn();
	return 0;
}

static struct kunit_suite splat_suite = {
	.name		= "umlab_splat",
	.suite_init	= splat_stray,
	.test_cases	= splat_cases,
};

/* Its only case passes, and then, where there is kmemleak, the suite fails. */
static void leak_plant(struct kunit *test)
{
	if (!splat_plant)
		kunit_skip(test, "nothing is planted");
	splat_elsewhere(splat_forget);
	splat_elsewhere(splat_wipe_stack);
}

static struct kunit_case leak_cases[] = {
	KUNIT_CASE(leak_plant),
	{}
};

static struct kunit_suite leak_suite = {
	.name		= "umlab_splat_leak",
	.test_cases	= leak_cases,
};

kunit_test_suites(&splat_suite, &leak_suite);
