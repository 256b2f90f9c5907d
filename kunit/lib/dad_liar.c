// SPDX-License-Identifier: GPL-2.0-only
/*
 * A board that lies, and what is asked of it meanwhile
 *
 * Nothing is printed while it goes on, as the driver has much to complain about then.
 * What was wrong first is remembered, and told afterwards.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "dad_bed.h"
#include "dad_liar.h"
#include "dad_ring.h"
#include "node.h"
#include "quiet.h"
#include "touch.h"

#define LIAR_TIMEOUT	20	/* ms: a request may take so long */
#define LIAR_LONGEST	3000	/* ms: so long may a call take */
#define LIAR_CASE	240	/* s: KUnit ends a case that takes 300 */
#define LIAR_SIZE	(LAB_BED_PAGES * PAGE_SIZE)
#define LIAR_DEPTH	4	/* requests at a time */
#define LIAR_SHORT	1024	/* bytes that are copied */
#define LIAR_BLOCKS	8
#define LIAR_SLOWER	4	/* than the line usually is */

static u32 liar_random(struct lab_liar *liar, u32 below)
{
	return prandom_u32_state(&liar->random) % below;
}

static void liar_wrong(struct lab_liar *liar, const char *what, long value)
{
	if (liar->wrong)
		return;
	liar->wrong = what;
	liar->value = value;
}

static u8 *liar_buffer(struct kunit *test)
{
	u8 *buffer = kunit_kzalloc(test, LIAR_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	return buffer;
}

/* A board that was honest so far */
static struct lab_liar *liar_plug(struct kunit *test,
				  const struct lab_liar_run *run)
{
	struct lab_liar *liar = kunit_kzalloc(test, sizeof(*liar), GFP_KERNEL);
	const struct umlab_options options = {
		.topology = &umlab_topologies[run->topology],
		.irqs = run->irqs,
		.completion = run->completion,
		.delay_ns = 20 * NSEC_PER_USEC,
	};

	KUNIT_ASSERT_NOT_NULL(test, liar);
	liar->run = run;
	liar->want = liar_buffer(test);
	liar->seen = liar_buffer(test);
	prandom_seed_state(&liar->random, run->seed);
	liar->bed = lab_bed_plug_as(test, run->revision, &options);
	lab_bed_timeout(liar->bed, LIAR_TIMEOUT);
	prandom_bytes_state(&liar->random, liar->want, LIAR_SIZE);
	KUNIT_ASSERT_EQ(test, LAB_OK,
			lab_store(liar->bed->addr, liar->want, LIAR_SIZE));
	return liar;
}

/* Begin to lie. Only what ends the kernel is printed from here on. */
static void liar_begin(struct lab_liar *liar)
{
	struct lab_bed *bed = liar->bed;

	lab_quiet_console(bed->test);
	console_loglevel = LOGLEVEL_ERR;
	liar->begin = ktime_get();
	umlab_dad_behave(bed->dad.slot, &(struct umlab_dad_manners) {
		.lies = liar->run->lies, .seed = liar->run->seed,
	});
}

/* A call has ended: with this, of at most so much, and it took so long */
static void liar_judge(struct lab_liar *liar, ktime_t begin, ssize_t ret,
		       size_t most)
{
	s64 ms = ktime_ms_delta(ktime_get(), begin);

	if (ret > (ssize_t)most)
		liar_wrong(liar, "more bytes than were asked for", ret);
	if (ret < 0 && ret != -EIO)
		liar_wrong(liar, "an error that is none of these", ret);
	if (umlab_time_is_virtual() && ms > LIAR_LONGEST)
		liar_wrong(liar, "a call took too long, in ms", ms);
}

/**
 * struct liar_call - a read or write
 * @write: write
 * @at: where in the user memory
 * @len: how many bytes
 * @pos: where on the board
 * @queued: it is asynchronous, and under way
 * @ret: what came of it
 */
struct liar_call {
	bool write;
	u32 at;
	u32 len;
	u32 pos;
	bool queued;
	ssize_t ret;
};

/* One of @of, each of which has its own part of the user memory */
static struct liar_call liar_make_call(struct lab_liar *liar, unsigned int nr,
				       unsigned int of)
{
	u32 size = LIAR_SIZE / of;
	struct liar_call call = {
		.write = liar_random(liar, 2),
		.at = 1 + liar_random(liar, size / 2),
	};

	call.len = 1 + liar_random(liar, size - call.at - 1);

	/* So that each way of mapping has its share */
	if (liar_random(liar, 2))
		call.len = min(call.len, 1 + liar_random(liar, LIAR_SHORT));
	call.at += nr * size;
	call.pos = liar_random(liar, LAB_DAD_MEMORY - call.len);
	return call;
}

/* Nothing but what was read has changed; put that back. */
static void liar_check_memory(struct lab_liar *liar,
			      const struct liar_call *calls,
			      unsigned int count)
{
	unsigned long addr = liar->bed->addr;
	unsigned int i;

	if (lab_load(addr, liar->seen, LIAR_SIZE) != LAB_OK)
		liar_wrong(liar, "user memory cannot be read", 0);
	for (i = 0; i < count; i++) {
		const struct liar_call *call = &calls[i];

		if (call->write)
			continue;
		memcpy(liar->seen + call->at, liar->want + call->at,
		       call->len);
		if (lab_store(addr + call->at, liar->want + call->at,
			      call->len) != LAB_OK)
			liar_wrong(liar, "user memory cannot be written", 0);
	}
	if (memcmp(liar->seen, liar->want, LIAR_SIZE))
		liar_wrong(liar, "user memory has changed", 0);
}

static void liar_synchronous(struct lab_liar *liar)
{
	struct liar_call call = liar_make_call(liar, 0, 1);
	unsigned long addr = liar->bed->addr + call.at;
	ktime_t begin = ktime_get();

	call.ret = call.write ?
		   lab_dad_write(liar->bed->file, addr, call.len, call.pos) :
		   lab_dad_read(liar->bed->file, addr, call.len, call.pos);
	liar_judge(liar, begin, call.ret, call.len);
	liar_check_memory(liar, &call, 1);
}

/* Several at a time, which the board may take for each other */
static void liar_asynchronous(struct lab_liar *liar)
{
	struct liar_call calls[LIAR_DEPTH];
	struct lab_bed *bed = liar->bed;
	ktime_t begin = ktime_get();
	unsigned int i;

	for (i = 0; i < LIAR_DEPTH; i++) {
		struct liar_call *call = &calls[i];

		*call = liar_make_call(liar, i, LIAR_DEPTH);
		call->ret = lab_dad_submit(bed->file, &bed->aio[i], call->write,
					   bed->addr + call->at, call->len,
					   call->pos);
		call->queued = call->ret == -EIOCBQUEUED;
	}
	for (i = 0; i < LIAR_DEPTH; i++) {
		if (calls[i].queued)
			calls[i].ret = lab_dad_wait(&bed->aio[i]);
		liar_judge(liar, begin, calls[i].ret, calls[i].len);
	}
	/* A completion may be there twice; a caller is told once. */
	for (i = 0; i < LIAR_DEPTH; i++)
		if (bed->aio[i].calls != calls[i].queued)
			liar_wrong(liar, "ended so often",
				   bed->aio[i].calls);
	liar_check_memory(liar, calls, LIAR_DEPTH);
}

/* How far it says that it is: it can only be done with what it was given. */
static bool liar_advance(struct lab_liar *liar, struct file *file,
			 struct dad_advance *seen)
{
	u32 ours = LIAR_BLOCKS - (seen->given - seen->done);
	ktime_t begin = ktime_get();
	u64 done = seen->done;
	long ret;

	*seen = (struct dad_advance) { .abi = DAD_ABI, .count = ours };
	ret = lab_dad_ioctl(file, DAD_IOC_ADVANCE, seen);
	/* It does not run any more: that is not the caller's mistake. */
	if (ret == -EPIPE)
		return false;
	liar_judge(liar, begin, ret, 0);
	if (ret)
		return false;
	if (seen->done < done || seen->done > seen->given ||
	    seen->given - seen->done > LIAR_BLOCKS)
		liar_wrong(liar, "so many blocks cannot be done", seen->done);
	return seen->state == DAD_STATE_RUNNING;
}

/* A stream for some time, with transfers meanwhile; it is stopped, or just closed. */
static void liar_stream(struct lab_liar *liar)
{
	bool out = liar_random(liar, 2), stop = liar_random(liar, 2);
	struct dad_ring ring = lab_ring_shape(out ? DAD_RING_OUT : DAD_RING_IN,
					      DAD_BLOCK_MIN, LIAR_BLOCKS);
	struct dad_advance seen = { .given = out ? 0 : LIAR_BLOCKS };
	struct file *file = lab_try_open(liar->bed->dad.node, O_RDWR);
	ktime_t begin = ktime_get();
	unsigned int i;
	long ret;

	if (IS_ERR(file)) {
		liar_wrong(liar, "open() failed", PTR_ERR(file));
		return;
	}
	ring.sample_ns *= LIAR_SLOWER;
	ret = lab_dad_ioctl(file, DAD_IOC_RING, &ring);
	if (!ret)
		ret = lab_dad_ioctl(file, DAD_IOC_START, NULL);
	liar_judge(liar, begin, ret, 0);
	for (i = 0; i < 4 && !ret; i++) {
		if (!liar_advance(liar, file, &seen))
			break;
		msleep(20);
		liar_synchronous(liar);
	}
	begin = ktime_get();
	if (stop && !ret)
		liar_judge(liar, begin,
			   lab_dad_ioctl(file, DAD_IOC_STOP, NULL), 0);
	lab_try_close(file);
	liar_judge(liar, begin, 0, 0);
}

/* A board that failed is reset, as often as it takes; gone it is not. */
static void liar_revive(struct lab_liar *liar)
{
	unsigned int events = lab_dad_poll(liar->bed->file);

	if (events & POLLHUP)
		liar_wrong(liar, "it is said to be gone", 0);
	else if (events & POLLERR)
		pci_reset_function(liar->bed->dad.pdev);
}

static void liar_do_something(struct lab_liar *liar)
{
	const struct lab_liar_run *run = liar->run;
	u32 what = liar_random(liar, 8);

	if (!what || run->lies == UMLAB_DAD_LIE_ORDER)
		liar_stream(liar);
	else if (what < 3)
		liar_asynchronous(liar);
	else
		liar_synchronous(liar);
}

/* Until it has told all its lies */
static void liar_go(struct lab_liar *liar)
{
	const struct lab_liar_run *run = liar->run;
	struct umlab_slot *slot = liar->bed->dad.slot;
	unsigned int calls;

	for (calls = 0; umlab_dad_lies(slot) < run->count && !liar->wrong;
	     calls++) {
		if (calls > 100 * run->count)
			liar_wrong(liar, "it does not come to lie", calls);
		if (umlab_time_is_virtual() &&
		    ktime_ms_delta(ktime_get(), liar->begin) >
		    LIAR_CASE * MSEC_PER_SEC)
			liar_wrong(liar, "all in all it took too long", calls);
		liar_do_something(liar);
		liar_revive(liar);
	}
}

/* Honest again; the first call may still find what was left behind. */
static void liar_end(struct lab_liar *liar)
{
	struct lab_bed *bed = liar->bed;
	unsigned int kind;

	umlab_dad_behave(bed->dad.slot, NULL);
	liar_synchronous(liar);
	msleep(10 * LIAR_TIMEOUT);
	liar_revive(liar);
	lab_loud_console(bed->test);
	/* They fail the test anyway; what they said was not printed. */
	for (kind = 0; kind < UMLAB_VIOLATIONS; kind++)
		KUNIT_EXPECT_EQ_MSG(bed->test, 0,
				    umlab_violations(bed->dad.slot, kind),
				    "violations of kind %u", kind);
	KUNIT_EXPECT_TRUE_MSG(bed->test, !liar->wrong, "%s: %ld", liar->wrong,
			      liar->value);
	KUNIT_EXPECT_GE(bed->test, umlab_dad_lies(bed->dad.slot),
			liar->run->count);
	lab_bed_works(bed);
	lab_bed_rest(bed);
}

struct lab_liar *lab_liar_play(struct kunit *test, const struct lab_liar_run *run)
{
	struct lab_liar *liar = liar_plug(test, run);

	liar_begin(liar);
	liar_go(liar);
	liar_end(liar);
	return liar;
}
