// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real time
 *
 * A program that spins does not let virtual time go on, so no timer of the kernel ends
 * it. A thread of the host looks at the clock instead, and raises an interrupt as
 * hardware would, by a pipe. It is asleep unless a program hangs, so that it changes
 * nothing.
 */

#include <linux/interrupt.h>
#include <linux/sched.h>

#include <irq_kern.h>
#include <os.h>

#include "user.h"
#include "watch_user.h"

/* Flags of clone(), as arch/um/os-Linux/sigio.c has them */
#define WATCH_CLONE	(CLONE_FILES | CLONE_VM)

/* To the thread, and from it; read by watch_thread() as long as the kernel runs */
static int watch_to[2], watch_from[2], watch_fds[2];

/* Whom to tell; NULL: nobody */
static void (*watch_expired)(void);

/* How often there was a time to wait */
static int watch_number;

static irqreturn_t watch_irq(int irq, void *unused)
{
	struct watch_time time;

	if (os_read_file(watch_from[0], &time, sizeof(time)) != sizeof(time))
		return IRQ_NONE;
	/* It may come when the next one has begun. */
	if (watch_expired && time.number == watch_number)
		watch_expired();
	return IRQ_HANDLED;
}

static int watch_start(void)
{
	unsigned long stack;
	int err;

	err = os_pipe(watch_to, 1, 1);
	if (!err)
		err = os_pipe(watch_from, 1, 1);
	if (err)
		return err;
	watch_fds[0] = watch_to[0];
	watch_fds[1] = watch_from[1];
	err = um_request_irq(UM_IRQ_ALLOC, watch_from[0], IRQ_READ, watch_irq, 0,
			     "umlab-watch", watch_fds);
	if (err < 0)
		return err;
	err = run_helper_thread(watch_thread, watch_fds, WATCH_CLONE, &stack);
	return err < 0 ? err : 0;
}

static void watch_set(int ms)
{
	struct watch_time time = { .ms = ms, .number = ++watch_number };

	os_write_file(watch_to[1], &time, sizeof(time));
}

int watch_begin(unsigned int ms, void (*expired)(void))
{
	static bool started;
	static int err;

	if (!started)
		err = watch_start();
	started = true;
	if (err)
		return err;
	WRITE_ONCE(watch_expired, expired);
	watch_set(ms);
	return 0;
}

void watch_end(void)
{
	WRITE_ONCE(watch_expired, NULL);
	watch_set(0);
}
