/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The soak: asynchronous operations, and those by io_uring
 */
#ifndef _SOAK_ASYNC_H
#define _SOAK_ASYNC_H

#include "soak.h"

/**
 * struct soak_async - a read or write that is asynchronous
 * @fd: of which file
 * @in: it is a read
 * @at: from or to where
 * @len: how many bytes
 * @pos: where in the device
 */
struct soak_async {
	int fd;
	bool in;
	void *at;
	size_t len;
	__s64 pos;
};

/**
 * soak_async_draw() - what to do
 * @soak: the worker
 * @slot: for which it has memory
 * @r: two random numbers
 */
struct soak_async soak_async_draw(const struct soak *soak, unsigned int slot,
				  const __u64 *r);

/**
 * soak_async_expect() - see to it that a result may be
 * @soak: the worker
 * @ret: the result
 * @len: at most so many bytes
 */
void soak_async_expect(struct soak *soak, long ret, size_t len);

/**
 * soak_uring_init() - have a ring
 */
void soak_uring_init(void);

/* Operations: see struct soak_op */
long soak_uring_submit(struct soak *soak, const __u64 *r);
long soak_uring_get(struct soak *soak, const __u64 *r);
long soak_uring_cancel(struct soak *soak, const __u64 *r);
long soak_uring_reset(struct soak *soak, const __u64 *r);

#endif /* _SOAK_ASYNC_H */
