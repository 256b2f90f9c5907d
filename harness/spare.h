/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test that has a driver's allocations fail, one by one (current->fail_nth) or all
 * (current->make_it_fail), does not mean those that the machine makes on the driver's way
 */
#ifndef _UMLAB_SPARE_H
#define _UMLAB_SPARE_H

#include <linux/cleanup.h>
#include <linux/sched.h>

/**
 * struct umlab_spare - what was to fail
 * @nth: which one
 * @all: whether all
 */
struct umlab_spare {
	unsigned int nth;
	int all;
};

#ifdef CONFIG_FAULT_INJECTION
static __always_inline struct umlab_spare umlab_spare_begin(void)
{
	const struct umlab_spare spare = {
		.nth = current->fail_nth,
		.all = current->make_it_fail,
	};

	if (unlikely(spare.nth))
		current->fail_nth = 0;
	if (unlikely(spare.all))
		current->make_it_fail = 0;
	return spare;
}

static __always_inline void umlab_spare_end(struct umlab_spare spare)
{
	if (unlikely(spare.nth))
		current->fail_nth = spare.nth;
	if (unlikely(spare.all))
		current->make_it_fail = spare.all;
}
#else
static __always_inline struct umlab_spare umlab_spare_begin(void)
{
	return (struct umlab_spare) { };
}

static __always_inline void umlab_spare_end(struct umlab_spare spare)
{
}
#endif

/* CLASS(umlab_spare, spare)(): until the end of the scope nothing fails, nor counts. */
DEFINE_CLASS(umlab_spare, struct umlab_spare, umlab_spare_end(_T),
	     umlab_spare_begin(), void)

#endif /* _UMLAB_SPARE_H */
