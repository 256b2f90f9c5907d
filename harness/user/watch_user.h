/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real time: what kernel and host call each other by
 */
#ifndef _UMLAB_USER_WATCH_USER_H
#define _UMLAB_USER_WATCH_USER_H

/**
 * struct watch_time - a time to wait
 * @ms: how long, in milliseconds; 0: for ever
 * @number: which this is
 */
struct watch_time {
	int ms;
	int number;
};

/**
 * watch_thread() - what a thread of the host does
 * @data: int[2]: it reads struct watch_time from the first, one replacing the other, and
 *	writes it to the second when it is over, and then again and again
 *
 * Return: only if a file is closed.
 */
int watch_thread(void *data);

#endif /* _UMLAB_USER_WATCH_USER_H */
