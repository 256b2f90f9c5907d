// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loops that poll a register: they take time, and they end
 *
 * Where time is virtual, a loop that neither sleeps nor looks at the clock would
 * stand still in time for ever. So a read takes as long as a slow one over PCI
 * Express does; it is charged in lots, because to move the clock costs more than
 * the read.
 *
 * A loop that only the device could end, and that the device does not end, would
 * hang the kernel: nothing preempts it. After SPIN_LIMIT reads by a task that did
 * not sleep in between, that is a violation, and from then on the function answers
 * all-ones and zero by turns, one of which ends almost any loop. What is left, the
 * timeout of kunit.py ends.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/time-internal.h>

#include "slot.h"

#define SPIN_READ_US	4
#define SPIN_LIMIT	(2 * 1024 * 1024)

/* Whether this is the task of last time, and it did not sleep since */
static bool spin_goes_on(struct umlab_spin *spin)
{
	bool same = spin->task == current && spin->sleeps == current->nvcsw;

	spin->task = current;
	spin->sleeps = current->nvcsw;
	return same;
}

static u64 spin_break(struct umlab_spin *spin)
{
	spin->left = 1;
	spin->turn = !spin->turn;
	return spin->turn ? ~0ULL : 0;
}

u64 umlab_slot_read_lot(struct umlab_slot *slot, unsigned int bar, u32 offset,
			u64 value)
{
	struct umlab_spin *spin = &slot->spin;

	if (spin->broken)
		return spin_break(spin);
	spin->left = UMLAB_SPIN_LOT;
	if (time_travel_mode != TT_MODE_OFF)
		udelay(UMLAB_SPIN_LOT * SPIN_READ_US);
	if (!spin_goes_on(spin)) {
		spin->lots = 0;
		return value;
	}
	if (++spin->lots < SPIN_LIMIT / UMLAB_SPIN_LOT)
		return value;
	spin->broken = true;
	umlab_slot_violation(slot, UMLAB_VIOLATION_SPIN,
			     "%u reads without a sleep, the last of BAR %u +%#x: a loop that nothing ends",
			     SPIN_LIMIT, bar, offset);
	return spin_break(spin);
}
