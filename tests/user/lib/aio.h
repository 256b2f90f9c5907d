/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux AIO, by its system calls. Errors are negative errnos.
 */
#ifndef _AIO_H
#define _AIO_H

#include <linux/aio_abi.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * lab_aio_setup() - make a context
 * @count: for so many requests
 * @context: for it
 *
 * Return: 0, or the error.
 */
int lab_aio_setup(unsigned int count, aio_context_t *context);

/**
 * lab_aio_destroy() - free a context; waits for what is under way
 * @context: the context
 *
 * Return: 0, or the error.
 */
int lab_aio_destroy(aio_context_t context);

/**
 * lab_aio_prepare() - fill in a request
 * @fd: the file
 * @opcode: IOCB_CMD_*
 * @buffer: the memory, or for IOCB_CMD_P*V its struct iovec
 * @len: how many bytes, or how many of these
 * @pos: where in the file
 *
 * Return: the request, of which &iocb.aio_data is 0.
 */
struct iocb lab_aio_prepare(int fd, int opcode, void *buffer, size_t len,
			    off_t pos);

/**
 * lab_aio_submit() - submit a request
 * @context: the context
 * @iocb: the request
 *
 * Return: 0, or the error.
 */
int lab_aio_submit(aio_context_t context, struct iocb *iocb);

/**
 * lab_aio_wait() - wait for requests
 * @context: the context
 * @events: what became of them
 * @count: how many
 *
 * Return: how many there are, or the error.
 */
int lab_aio_wait(aio_context_t context, struct io_event *events, int count);

/**
 * lab_aio_ready() - take what has completed, without waiting
 * @context: the context
 * @events: what became of it
 * @count: how many at most
 *
 * Return: likewise.
 */
int lab_aio_ready(aio_context_t context, struct io_event *events, int count);

/**
 * lab_aio_cancel() - try to cancel a request
 * @context: the context
 * @iocb: the request
 *
 * Return: 0, or the error.
 */
int lab_aio_cancel(aio_context_t context, struct iocb *iocb);

/**
 * lab_aio_move() - submit a request, and wait for it
 * @context: the context, with no other request
 * @iocb: the request
 *
 * Return: bytes moved, or the error, of either.
 */
long lab_aio_move(aio_context_t context, struct iocb *iocb);

#endif /* _AIO_H */
