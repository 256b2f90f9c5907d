// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory beside a dad board, and what is to be in both
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "dad_user.h"
#include "frames.h"
#include "node.h"
#include "region.h"
#include "space.h"
#include "touch.h"

/* Patterns, see lab_dad_byte() */
#define USER_BOARD	1
#define USER_MEMORY	2

KUNIT_DEFINE_ACTION_WRAPPER(user_free, kvfree, const void *);

/* For as long as the test */
static u8 *user_alloc(struct kunit *test, size_t size)
{
	u8 *memory = kvmalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, user_free, memory));
	return memory;
}

static void user_fill(struct lab_dad_user *user)
{
	const struct lab_dad *dad = &user->dad;
	struct kunit *test = dad->test;

	lab_dad_put_user(test, user->addr, user->size, USER_MEMORY, 0);
	KUNIT_ASSERT_EQ(test, lab_load(user->addr, user->want, user->size),
			LAB_OK);
	lab_dad_fill(dad, USER_BOARD);
	memcpy(user->board, dad->memory, dad->size);
}

/* What the CPU has still to do with pages, it holds a reference for. */
static void user_settle(void)
{
	lru_add_drain();
}

static void user_note_refs(struct lab_dad_user *user)
{
	struct kunit *test = user->dad.test;
	struct lab_frame frame;
	size_t at;

	user_settle();
	lab_refs_init(&user->refs);
	if (user->size > LAB_REFS_MAX * PAGE_SIZE)
		return;
	for (at = 0; at < user->size; at += PAGE_SIZE) {
		KUNIT_ASSERT_TRUE(test, lab_frame_at(user->addr + at, &frame));
		lab_refs_add(test, &user->refs, pfn_to_page(frame.pfn));
	}
}

static void user_end(void *data)
{
	struct lab_dad_user *user = data;

	if (user->held)
		lab_dad_user_let_go(user);
}

struct lab_dad_user *lab_dad_user_new(const struct lab_dad *dad,
				      unsigned long addr, unsigned long pages)
{
	struct kunit *test = dad->test;
	struct lab_dad_user *user;

	user = kunit_kzalloc(test, sizeof(*user), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, user);
	user->dad = *dad;
	user->file = lab_dad_open(dad, O_RDWR);
	user->addr = addr;
	user->size = pages * PAGE_SIZE;
	user->want = user_alloc(test, user->size);
	user->seen = user_alloc(test, user->size);
	user->board = user_alloc(test, dad->size);
	user_fill(user);
	user_note_refs(user);
	user->mappings = lab_dad_mappings(dad);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, user_end, user));
	return user;
}

void lab_dad_user_moved(struct lab_dad_user *user, bool write, size_t at,
			loff_t pos, ssize_t ret)
{
	size_t size = user->dad.size, len;

	if (ret <= 0 || at >= user->size || pos >= size)
		return;
	/* More than there is, is what the caller sees in @ret. */
	len = min3((size_t)ret, user->size - at, size - (size_t)pos);
	if (write)
		memcpy(user->board + pos, user->want + at, len);
	else
		memcpy(user->want + at, user->board + pos, len);
}

ssize_t lab_dad_user_move(struct lab_dad_user *user, bool write, size_t at,
			  size_t len, loff_t pos)
{
	unsigned long addr = user->addr + at;
	ssize_t ret = write ? lab_dad_write(user->file, addr, len, pos) :
			      lab_dad_read(user->file, addr, len, pos);

	lab_dad_user_moved(user, write, at, pos, ret);
	return ret;
}

int lab_dad_user_move_all(struct lab_dad_user *user, bool write, size_t at,
			  size_t len, loff_t pos)
{
	int calls = 0;

	while (len) {
		ssize_t ret = lab_dad_user_move(user, write, at, len, pos);

		if (ret <= 0)
			return ret;
		if (ret > len)
			return -EOVERFLOW;
		at += ret;
		pos += ret;
		len -= ret;
		calls++;
	}
	return calls;
}

void lab_dad_user_hold(struct lab_dad_user *user, bool write, size_t at,
		       size_t len, loff_t pos)
{
	ssize_t ret;

	umlab_set_completion(user->dad.slot, UMLAB_COMPLETE_NEVER, 0);
	user->write = write;
	user->at = at;
	user->pos = pos;
	ret = lab_dad_submit(user->file, &user->aio, write, user->addr + at,
			     len, pos);
	user->held = ret == -EIOCBQUEUED;
	KUNIT_ASSERT_EQ(user->dad.test, ret, -EIOCBQUEUED);
}

ssize_t lab_dad_user_wait(struct lab_dad_user *user)
{
	ssize_t ret = lab_dad_wait(&user->aio);

	user->held = false;
	lab_dad_user_moved(user, user->write, user->at, user->pos, ret);
	return ret;
}

ssize_t lab_dad_user_let_go(struct lab_dad_user *user)
{
	umlab_set_completion(user->dad.slot, UMLAB_COMPLETE_AT_ONCE, 0);
	return lab_dad_user_wait(user);
}

void lab_dad_user_expect_counter(const struct lab_dad_user *user,
				 const char *name, long want)
{
	KUNIT_EXPECT_EQ_MSG(user->dad.test, lab_dad_counter(&user->dad, name),
			    want, "%s", name);
}

static void user_compare(struct kunit *test, const char *step,
			 const char *what, const u8 *seen, const u8 *want,
			 size_t size)
{
	const u64 *seen_words = (const u64 *)seen;
	const u64 *want_words = (const u64 *)want;
	size_t i = 0;

	/* By words first, as there is much of it */
	while (i < size && seen_words[i / 8] == want_words[i / 8])
		i += 8;
	while (i < size && seen[i] == want[i])
		i++;
	if (i < size)
		KUNIT_FAIL(test, "%s: byte %#zx of the %s is %#x, expected %#x",
			   step, i, what, seen[i], want[i]);
}

void lab_dad_user_expect_board(struct lab_dad_user *user, const char *step)
{
	const struct lab_dad *dad = &user->dad;

	user_compare(dad->test, step, "board's memory", dad->memory,
		     user->board, dad->size);
	KUNIT_EXPECT_EQ_MSG(dad->test, lab_dad_mappings(dad),
			    user->mappings, "%s: what is mapped", step);
}

void lab_dad_user_expect_more(const struct lab_dad_user *user,
			      const char *step, int more)
{
	const struct lab_refs *refs = &user->refs;
	unsigned int i;

	user_settle();
	for (i = 0; i < refs->count; i++)
		KUNIT_EXPECT_EQ_MSG(user->dad.test, page_count(refs->page[i]),
				    refs->refs[i] + more, "%s: page %u", step,
				    i);
}

void lab_dad_user_expect_refs(const struct lab_dad_user *user,
			      const char *step)
{
	user_settle();
	lab_expect_refs(user->dad.test, step, &user->refs, NULL);
}

void lab_dad_user_expect(struct lab_dad_user *user, const char *step)
{
	struct kunit *test = user->dad.test;

	KUNIT_EXPECT_EQ_MSG(test, lab_load(user->addr, user->seen, user->size),
			    LAB_OK, "%s", step);
	user_compare(test, step, "user memory", user->seen, user->want,
		     user->size);
	lab_dad_user_expect_board(user, step);
	lab_dad_user_expect_refs(user, step);
}

/* A page gets its frame when it is touched: first every second page, then the others. */
void lab_dad_scatter(struct kunit *test, unsigned long addr,
		     unsigned long pages)
{
	unsigned long first, page;

	for (first = 0; first < 2; first++)
		for (page = first; page < pages; page += 2)
			KUNIT_ASSERT_EQ(test, lab_touch(addr + page * PAGE_SIZE,
							true), LAB_OK);
}

unsigned int lab_dad_runs(unsigned long addr, unsigned long pages)
{
	unsigned long page, next = LAB_NO_FRAME;
	unsigned int runs = 0;
	struct lab_frame frame;

	for (page = 0; page < pages; page++) {
		if (!lab_frame_at(addr + page * PAGE_SIZE, &frame))
			continue;
		runs += frame.pfn != next;
		next = frame.pfn + 1;
	}
	return runs;
}

static int user_contiguous_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct page *page = file->private_data;
	unsigned long addr;
	int ret = 0;

	for (addr = vma->vm_start; !ret && addr < vma->vm_end;
	     addr += PAGE_SIZE)
		ret = vm_insert_page(vma, addr, page++);
	return ret;
}

static const struct file_operations user_contiguous_fops = {
	.mmap	= user_contiguous_mmap,
};

static void user_close(void *file)
{
	lab_try_close(file);
}

unsigned long lab_dad_contiguous(struct kunit *test, unsigned long pages)
{
	struct lab_region region;
	struct file *file;

	lab_region_init(test, &region, pages);
	file = anon_inode_getfile("[contiguous]", &user_contiguous_fops,
				  lab_region_page(&region, 0), O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, user_close, file));
	lab_space_new(test);
	return lab_mmap_shared(test, file, pages, 0);
}
