/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An io_uring, by its system calls and its mapped rings. Errors are negative errnos.
 */
#ifndef _URING_H
#define _URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct lab_uring - an io_uring
 * @fd: the file
 * @params: what the kernel has said of it
 * @rings: both rings, mapped
 * @rings_size: of that, in bytes
 * @sqes: the entries for submission, mapped
 * @taken: entries that were taken and not submitted
 */
struct lab_uring {
	int fd;
	struct io_uring_params params;
	unsigned char *rings;
	size_t rings_size;
	struct io_uring_sqe *sqes;
	unsigned int taken;
};

/**
 * lab_uring_begin() - make one
 * @ring: filled in
 * @entries: for so many at once
 *
 * Return: 0, or the error.
 */
int lab_uring_begin(struct lab_uring *ring, unsigned int entries);

/**
 * lab_uring_end() - close it
 * @ring: the ring
 */
void lab_uring_end(struct lab_uring *ring);

/**
 * lab_uring_prepare() - take an entry, to be submitted, and fill it in
 * @ring: the ring; has room
 * @opcode: IORING_OP_*
 * @fd: the file
 * @addr: the memory, or what the opcode wants there
 * @len: how many bytes, or likewise
 * @pos: where in the file
 * @data: for the completion
 *
 * Return: the entry, for what else it needs.
 */
struct io_uring_sqe *lab_uring_prepare(struct lab_uring *ring, int opcode,
				       int fd, const void *addr, size_t len,
				       off_t pos, __u64 data);

/**
 * lab_uring_submit() - submit what was taken
 * @ring: the ring
 * @wait: and wait until so many completions are there
 *
 * Return: how many were submitted, or the error.
 */
int lab_uring_submit(struct lab_uring *ring, unsigned int wait);

/**
 * lab_uring_take() - take a completion
 * @ring: the ring
 * @cqe: for it
 *
 * Return: whether there was one.
 */
bool lab_uring_take(struct lab_uring *ring, struct io_uring_cqe *cqe);

/**
 * lab_uring_move() - submit what was taken, one entry, and wait for it
 * @ring: the ring, with nothing else under way
 *
 * Return: its result, or the error.
 */
int lab_uring_move(struct lab_uring *ring);

/**
 * lab_uring_register() - io_uring_register()
 * @ring: the ring
 * @opcode: IORING_REGISTER_* or IORING_UNREGISTER_*
 * @arg: for it
 * @count: for it
 *
 * Return: 0, or the error.
 */
int lab_uring_register(struct lab_uring *ring, unsigned int opcode,
		       const void *arg, unsigned int count);

#endif /* _URING_H */
