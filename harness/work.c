// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device does later, in (virtual) time
 *
 * Each piece of work has a high-resolution timer. Whether it is under way is
 * decided by its state, which the slot's lock guards; a timer that was
 * cancelled too late finds the state changed.
 */

#include "compat.h"
#include "slot.h"

static void work_run(struct umlab_work *work)
{
	work->state = UMLAB_WORK_IDLE;
	work->again = true;
	/* A ring of descriptors is one piece of work that asks for itself. */
	if (work->running)
		return;
	work->running = true;
	while (work->again) {
		work->again = false;
		umlab_slot_event(work->slot, UMLAB_WORK, 0, 0, 0, 0);
		work->fn(work->slot, work);
	}
	work->running = false;
}

static enum hrtimer_restart work_fire(struct hrtimer *timer)
{
	struct umlab_work *work = container_of(timer, struct umlab_work, timer);

	guard(spinlock_irqsave)(&work->slot->lock);
	if (work->state == UMLAB_WORK_TIMED)
		work_run(work);
	return HRTIMER_NORESTART;
}

static bool work_is_nobodys(const struct umlab_work *work)
{
	return WARN_ONCE(!work->slot,
			 "umlab: work without umlab_work_init(), it never runs\n");
}

/* A function that vanished in the middle of an op begins nothing more. */
static bool work_is_off(const struct umlab_work *work)
{
	return work_is_nobodys(work) || !work->slot->present;
}

void umlab_work_init(struct umlab_slot *slot, struct umlab_work *work,
		     void (*fn)(struct umlab_slot *slot,
				struct umlab_work *work))
{
	work->slot = slot;
	work->fn = fn;
	work->running = false;
	work->again = false;
	work->state = UMLAB_WORK_IDLE;
	umlab_hrtimer_setup(&work->timer, work_fire);
	list_add_tail(&work->entry, &slot->work);
}

void umlab_work_after(struct umlab_work *work, u64 delay_ns)
{
	if (work_is_off(work))
		return;
	lockdep_assert_held(&work->slot->lock);
	work->state = UMLAB_WORK_TIMED;
	hrtimer_start(&work->timer, ns_to_ktime(delay_ns), HRTIMER_MODE_REL);
}

void umlab_work_complete(struct umlab_work *work)
{
	struct umlab_slot *slot = work->slot;

	if (work_is_off(work))
		return;
	lockdep_assert_held(&slot->lock);
	switch (slot->completion) {
	case UMLAB_COMPLETE_AT_ONCE:
		work_run(work);
		break;
	case UMLAB_COMPLETE_DEFERRED:
		umlab_work_after(work, 0);
		break;
	case UMLAB_COMPLETE_DELAYED:
		umlab_work_after(work, slot->delay_ns);
		break;
	case UMLAB_COMPLETE_NEVER:
		work->state = UMLAB_WORK_HELD;
		break;
	}
}

void umlab_work_cancel(struct umlab_work *work)
{
	if (work_is_nobodys(work))
		return;
	lockdep_assert_held(&work->slot->lock);
	work->state = UMLAB_WORK_IDLE;
	work->again = false;
	hrtimer_try_to_cancel(&work->timer);
}

void umlab_work_cancel_all(struct umlab_slot *slot)
{
	struct umlab_work *work;

	list_for_each_entry(work, &slot->work, entry)
		umlab_work_cancel(work);
}

void umlab_work_flush(struct umlab_slot *slot)
{
	struct umlab_work *work;

	list_for_each_entry(work, &slot->work, entry)
		hrtimer_cancel(&work->timer);
}

void umlab_set_completion(struct umlab_slot *slot,
			  enum umlab_completion completion, u64 delay_ns)
{
	struct umlab_work *work;

	guard(spinlock_irqsave)(&slot->lock);
	slot->completion = completion;
	slot->delay_ns = delay_ns;
	list_for_each_entry(work, &slot->work, entry) {
		if (work->state == UMLAB_WORK_HELD)
			umlab_work_complete(work);
	}
}
