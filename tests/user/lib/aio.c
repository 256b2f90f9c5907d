// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux AIO, by its system calls
 */

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aio.h"

static int aio_result(long result)
{
	return result < 0 ? -errno : result;
}

int lab_aio_setup(unsigned int count, aio_context_t *context)
{
	*context = 0;
	return aio_result(syscall(SYS_io_setup, count, context));
}

int lab_aio_destroy(aio_context_t context)
{
	return aio_result(syscall(SYS_io_destroy, context));
}

struct iocb lab_aio_prepare(int fd, int opcode, void *buffer, size_t len,
			    off_t pos)
{
	return (struct iocb) {
		.aio_lio_opcode = opcode,
		.aio_fildes = fd,
		.aio_buf = (uintptr_t)buffer,
		.aio_nbytes = len,
		.aio_offset = pos,
	};
}

int lab_aio_submit(aio_context_t context, struct iocb *iocb)
{
	int ret = aio_result(syscall(SYS_io_submit, context, 1, &iocb));

	return ret == 1 ? 0 : ret;
}

int lab_aio_wait(aio_context_t context, struct io_event *events, int count)
{
	return aio_result(syscall(SYS_io_getevents, context, count, count,
				  events, NULL));
}

int lab_aio_ready(aio_context_t context, struct io_event *events, int count)
{
	struct timespec none = { };

	return aio_result(syscall(SYS_io_getevents, context, 0, count, events,
				  &none));
}

int lab_aio_cancel(aio_context_t context, struct iocb *iocb)
{
	struct io_event event;

	return aio_result(syscall(SYS_io_cancel, context, iocb, &event));
}

long lab_aio_move(aio_context_t context, struct iocb *iocb)
{
	struct io_event event;
	int ret = lab_aio_submit(context, iocb);

	if (!ret)
		ret = lab_aio_wait(context, &event, 1);
	return ret == 1 ? event.res : ret;
}
