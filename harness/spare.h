/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test that has a driver's allocations fail, one by one (current->fail_nth), does not
 * mean those that the machine makes on the driver's way
 */
#ifndef _UMLAB_SPARE_H
#define _UMLAB_SPARE_H

#include <linux/cleanup.h>
#include <linux/sched.h>

#ifdef CONFIG_FAULT_INJECTION
static __always_inline unsigned int umlab_spare_begin(void)
{
	unsigned int nth = current->fail_nth;

	if (unlikely(nth))
		current->fail_nth = 0;
	return nth;
}

static __always_inline void umlab_spare_end(unsigned int nth)
{
	if (unlikely(nth))
		current->fail_nth = nth;
}
#else
static __always_inline unsigned int umlab_spare_begin(void)
{
	return 0;
}

static __always_inline void umlab_spare_end(unsigned int nth)
{
}
#endif

/* CLASS(umlab_spare, spare)(): until the end of the scope nothing fails, nor counts. */
DEFINE_CLASS(umlab_spare, unsigned int, umlab_spare_end(_T),
	     umlab_spare_begin(), void)

#endif /* _UMLAB_SPARE_H */
