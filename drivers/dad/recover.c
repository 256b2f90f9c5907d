// SPDX-License-Identifier: GPL-2.0-only
/*
 * dad: a board that is stuck, asleep or gone
 *
 * All ways end alike (recover_quiet()): the board is made to touch memory no more, by a reset
 * or, if none helps, by taking bus mastering from it. Only then is the memory of its requests
 * unmapped and given back.
 */

#include <linux/pci.h>

#include "dad.h"

/* Set a state, unless the board is gone. */
static void recover_set_state(struct dad *dad, enum dad_state state)
{
	scoped_guard(spinlock, &dad->lock)
		if (dad->state != DAD_GONE)
			WRITE_ONCE(dad->state, state);
	wake_up_all(&dad->wait);
}

/* Have the board forget all that it was to do, and all who wait for it know. */
static int recover_quiet(struct dad *dad, int error)
{
	unsigned int nr;
	int ret;

	lockdep_assert_held(&dad->control);

	/* In that order: nobody answers an interrupt once handlers are asleep. */
	dad_hw_quiet(dad);
	dad_irq_sleep(dad);
	/* What is done by now, is done. */
	dad_requests_reap(dad);
	scoped_guard(spinlock, &dad->lock)
		for (nr = 0; nr < DAD_QUEUES; nr++)
			dad->queues[nr].enabled = false;
	ret = dad_hw_reset(dad);
	dad_stream_failed(dad);
	dad_requests_fail(dad, error);
	return ret;
}

/* Have a board that is ready take requests again; or nobody, if @ret is an error. */
static void recover_start(struct dad *dad, int ret)
{
	lockdep_assert_held(&dad->control);

	if (ret) {
		dev_err(&dad->pdev->dev, "does not come back: %pe\n",
			ERR_PTR(ret));
		recover_set_state(dad, DAD_FAILED);
		return;
	}
	if (dad->dma_bits) {
		pci_set_master(dad->pdev);
		WRITE_ONCE(dad->awake, true);
		dad_hw_start(dad);
	}
	recover_set_state(dad, DAD_RUNNING);
	/* Not before: dad_trouble() is for a board that runs. */
	if (dad->dma_bits)
		dad_hw_loud(dad);
}

/**
 * dad_reset() - reset the board, and fail all that is under way
 * @dad: the board
 * @why: for the log
 *
 * Context: dad.control held; may sleep.
 */
void dad_reset(struct dad *dad, const char *why)
{
	recover_set_state(dad, DAD_STOPPED);
	dad_count(dad, DAD_COUNT_RESETS, 1);
	dev_warn(&dad->pdev->dev, "reset: %s\n", why);
	recover_start(dad, recover_quiet(dad, -EIO));
}

static void recover_work(struct work_struct *work)
{
	struct dad *dad = container_of(work, struct dad, recovery);
	enum dad_state state;

	guard(mutex)(&dad->control);
	scoped_guard(spinlock, &dad->lock)
		state = dad->state;
	/* If it is parked, it is reset when it is no longer. */
	if (state == DAD_STOPPED && !dad->parked)
		dad_reset(dad, dad->trouble);
}

/**
 * dad_trouble() - have the board reset, soon
 * @dad: the board
 * @why: for the log
 *
 * Context: dad.lock held.
 */
void dad_trouble(struct dad *dad, const char *why)
{
	lockdep_assert_held(&dad->lock);

	if (dad->state != DAD_RUNNING)
		return;
	WRITE_ONCE(dad->state, DAD_STOPPED);
	dad->trouble = why;
	schedule_work(&dad->recovery);
}

static unsigned long recover_period(const struct dad *dad)
{
	return msecs_to_jiffies(dad->timeout_ms) / 2 + 1;
}

/**
 * dad_watch() - look after the board while it has something to do
 * @dad: the board
 *
 * Context: dad.lock held.
 */
void dad_watch(struct dad *dad)
{
	lockdep_assert_held(&dad->lock);

	/* When dad_quit() has cancelled it, nobody may start it again. */
	if (dad->state != DAD_GONE)
		schedule_delayed_work(&dad->watchdog, recover_period(dad));
}

/**
 * dad_set_timeout() - change how long a request may take
 * @dad: the board
 * @ms: how long, from the next one on
 */
void dad_set_timeout(struct dad *dad, unsigned int ms)
{
	guard(spinlock)(&dad->lock);
	WRITE_ONCE(dad->timeout_ms, ms);
	if (dad->state == DAD_RUNNING && dad->dma_bits)
		mod_delayed_work(system_wq, &dad->watchdog,
				 recover_period(dad));
}

static void recover_watchdog(struct work_struct *work)
{
	struct dad *dad = container_of(to_delayed_work(work), struct dad,
				       watchdog);
	unsigned int found;
	bool late, any;

	guard(mutex)(&dad->control);
	scoped_guard(spinlock, &dad->lock)
		if (dad->state != DAD_RUNNING)
			return;
	/* A cause that nobody has cleared would keep the board from interrupting. */
	dad_irq_recheck(dad);
	dad_stream_overruns(dad);
	found = dad_requests_reap(dad) + dad_stream_reap(dad);
	if (found)
		dad_count(dad, DAD_COUNT_LOST_INTERRUPTS, found);
	late = dad_requests_late(dad) || dad_stream_late(dad);
	any = dad_requests_any(dad);

	guard(spinlock)(&dad->lock);
	if (dad->state != DAD_RUNNING)
		return;
	if (late) {
		dad_count(dad, DAD_COUNT_TIMEOUTS, 1);
		dad_trouble(dad, "it takes too long");
	} else if (any || dad->stream) {
		dad_watch(dad);
	}
}

/**
 * dad_wait_running() - wait until the board is no longer stopped
 * @dad: the board
 *
 * Return: 0, whatever it is now, or -ERESTARTSYS.
 */
int dad_wait_running(struct dad *dad)
{
	return wait_event_interruptible(dad->wait, READ_ONCE(dad->state) !=
					DAD_STOPPED);
}

/**
 * dad_control_begin() - have the board to oneself
 * @dad: the board
 * @nowait: do not wait
 *
 * Return: 0 with dad.control held, for dad_control_end(), and the board running, though it
 * may be in trouble the next moment; or -EAGAIN, -EIO if it failed, -ENODEV if it is gone,
 * -ERESTARTSYS.
 */
int dad_control_begin(struct dad *dad, bool nowait)
{
	static const int errors[] = {
		[DAD_RUNNING] = 0,
		[DAD_STOPPED] = -EAGAIN,
		[DAD_FAILED] = -EIO,
		[DAD_GONE] = -ENODEV,
	};
	int ret;

	for (;;) {
		if (nowait && !mutex_trylock(&dad->control))
			return -EAGAIN;
		if (!nowait && mutex_lock_interruptible(&dad->control))
			return -ERESTARTSYS;
		scoped_guard(spinlock, &dad->lock)
			ret = errors[dad->state];
		if (!ret)
			return 0;
		mutex_unlock(&dad->control);
		if (ret != -EAGAIN || nowait)
			return ret;
		ret = dad_wait_running(dad);
		if (ret)
			return ret;
	}
}

/**
 * dad_control_end() - undo dad_control_begin()
 * @dad: the board
 */
void dad_control_end(struct dad *dad)
{
	mutex_unlock(&dad->control);
}

/**
 * dad_park() - leave the board in reset, until dad_unpark()
 * @dad: the board
 * @drain: first wait for the requests that it has, if it is not too long
 *
 * Requests and all else that needs the board wait meanwhile. A stream has failed.
 *
 * Context: may sleep.
 */
void dad_park(struct dad *dad, bool drain)
{
	guard(mutex)(&dad->control);
	recover_set_state(dad, DAD_STOPPED);
	dad->parked = true;
	if (!dad->dma_bits)
		return;
	if (drain && !wait_event_timeout(dad->wait, !dad_requests_any(dad),
					 msecs_to_jiffies(READ_ONCE(dad->timeout_ms))))
		dev_warn(&dad->pdev->dev,
			 "requests are still under way; they fail\n");
	recover_quiet(dad, -EIO);
}

/**
 * dad_unpark() - have the board run again
 * @dad: the board, which may have been reset or without power
 *
 * Context: may sleep.
 * Return: 0, or a negative errno if it does not.
 */
int dad_unpark(struct dad *dad)
{
	int ret;

	guard(mutex)(&dad->control);
	ret = dad_hw_reset(dad);
	dad->parked = false;
	recover_start(dad, ret);
	return ret;
}

/**
 * dad_recover_init() - set up what recovery needs
 * @dad: the board
 */
void dad_recover_init(struct dad *dad)
{
	INIT_WORK(&dad->recovery, recover_work);
	INIT_DELAYED_WORK(&dad->watchdog, recover_watchdog);
}

/**
 * dad_quit() - have nothing to do with the board any more
 * @dad: the board, be it there or not
 *
 * When this returns, nobody uses the board or waits for it, and nobody will.
 *
 * Context: may sleep.
 */
void dad_quit(struct dad *dad)
{
	scoped_guard(spinlock, &dad->lock)
		WRITE_ONCE(dad->state, DAD_GONE);
	wake_up_all(&dad->wait);
	cancel_work_sync(&dad->recovery);
	cancel_delayed_work_sync(&dad->watchdog);
	scoped_guard(mutex, &dad->control) {
		if (dad->dma_bits)
			recover_quiet(dad, -ENODEV);
		pci_clear_master(dad->pdev);
	}
	dad_requests_flush(dad);
	synchronize_srcu(&dad->srcu);
}
