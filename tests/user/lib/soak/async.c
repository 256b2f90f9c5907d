// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: asynchronous reads and writes, by Linux AIO and by io_uring
 *
 * Several are in flight, each with memory of its own, while the worker goes on. They write
 * only to what is everybody's.
 */

#include <err.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async.h"
#include "soak.h"

#define ASYNC_SLOTS	8
#define ASYNC_SIZE	0x4000UL	/* of the memory of each */

static aio_context_t async_context;
static struct iocb async_iocbs[ASYNC_SLOTS];
static bool async_busy[ASYNC_SLOTS];

static long async_result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static void async_setup(void)
{
	async_context = 0;
	if (syscall(SYS_io_setup, ASYNC_SLOTS, &async_context))
		err(1, "io_setup");
}

void soak_async_init(void)
{
	size_t len = 2 * ASYNC_SLOTS * ASYNC_SIZE;
	void *at = (void *)SOAK_ASYNC_AT;

	if (mmap(at, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at)
		err(1, "memory for asynchronous operations");
	memset(at, 0xa5, len);
	async_setup();
	soak_uring_init();
}

struct soak_async soak_async_draw(const struct soak *soak, unsigned int slot,
				  const __u64 *r)
{
	struct soak_async async = {
		.fd = soak->files[SOAK_SCULL + r[0] % 4].fd,
		.in = r[1] % 2,
		.len = (r[1] >> 8) % (ASYNC_SIZE - LAB_PAGE) + 1,
		.pos = (r[1] >> 32) % SOAK_DAD_WILD,
	};

	async.at = (void *)(SOAK_ASYNC_AT + slot * ASYNC_SIZE +
			    (r[1] >> 48) % LAB_PAGE);
	if (!async.in)
		async.pos += SOAK_DAD_WILD;
	return async;
}

void soak_async_expect(struct soak *soak, long ret, size_t len)
{
	switch (-ret) {
	case EIO:
	case ENODEV:
	case EAGAIN:
	case EBUSY:
	case EBADF:
	case EINVAL:
	case EINTR:
	case ECANCELED:
	case ESPIPE:
	/* scull: behind its limit, which anybody may change */
	case EFBIG:
		break;
	default:
		soak_expect(soak, ret >= 0 && (size_t)ret <= len, "%ld of %zu",
			    ret, len);
	}
}

static unsigned int async_prepare(struct soak *soak, struct iocb **list,
				  const __u64 *r)
{
	unsigned int count = 0, i;

	for (i = 0; i < 3; i++) {
		unsigned int slot = r[i] % ASYNC_SLOTS;
		struct iocb *iocb = &async_iocbs[slot];
		struct soak_async async = soak_async_draw(soak, slot, r + i + 1);

		if (async_busy[slot])
			continue;
		async_busy[slot] = true;
		*iocb = (struct iocb) {
			.aio_data = slot,
			.aio_lio_opcode = async.in ? IOCB_CMD_PREAD :
						     IOCB_CMD_PWRITE,
			.aio_fildes = async.fd,
			.aio_buf = (unsigned long)async.at,
			.aio_nbytes = async.len,
			.aio_offset = async.pos,
		};
		list[count++] = iocb;
	}
	return count;
}

static long async_submit(struct soak *soak, const __u64 *r)
{
	struct iocb *list[ASYNC_SLOTS];
	unsigned int count = async_prepare(soak, list, r);
	long ret = async_result(syscall(SYS_io_submit, async_context, count,
					list));
	unsigned int i;

	if (ret < 0)
		soak_expect(soak, ret == -EBADF || ret == -EINVAL ||
			    ret == -EAGAIN, "%ld of %u", ret, count);
	for (i = ret < 0 ? 0 : ret; i < count; i++)
		async_busy[list[i]->aio_data] = false;
	return ret;
}

static long async_get(struct soak *soak, const __u64 *r)
{
	struct timespec time = { .tv_nsec = r[0] % 500000 };
	struct io_event events[ASYNC_SLOTS];
	long sum = 0, ret, i;

	ret = async_result(syscall(SYS_io_getevents, async_context,
				   r[1] % 2, ASYNC_SLOTS, events, &time));
	if (ret < 0)
		soak_expect(soak, ret == -EINTR, "%ld", ret);
	for (i = 0; i < ret; i++) {
		soak_expect(soak, events[i].data < ASYNC_SLOTS &&
			    async_busy[events[i].data], "an event of nothing");
		async_busy[events[i].data % ASYNC_SLOTS] = false;
		soak_async_expect(soak, events[i].res, ASYNC_SIZE);
		sum = sum * 31 + events[i].res + events[i].data;
	}
	return sum;
}

static long async_cancel(struct soak *soak, const __u64 *r)
{
	struct io_event event;
	long ret = async_result(syscall(SYS_io_cancel, async_context,
					&async_iocbs[r[0] % ASYNC_SLOTS],
					&event));

	soak_expect(soak, ret == -EINVAL || ret == -EINPROGRESS, "%ld", ret);
	return ret;
}

/* End it, with what is in flight */
static long async_reset(struct soak *soak, const __u64 *r)
{
	long ret = async_result(syscall(SYS_io_destroy, async_context));

	soak_expect(soak, !ret, "%ld", ret);
	memset(async_busy, 0, sizeof(async_busy));
	async_setup();
	return ret;
}

/* A child that ends with operations in flight */
static long async_child(struct soak *soak, const __u64 *r)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		memset(async_busy, 0, sizeof(async_busy));
		async_setup();
		async_submit(soak, r);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	soak_expect(soak, !status, "the child's status is %#x", status);
	return status;
}

const struct soak_op soak_async_ops[] = {
	{ "aio submit", 100, async_submit },
	{ "aio get", 100, async_get },
	{ "aio cancel", 20, async_cancel },
	{ "aio reset", 2, async_reset },
	{ "aio child", 1, async_child },
	{ "uring submit", 100, soak_uring_submit },
	{ "uring get", 60, soak_uring_get },
	{ "uring cancel", 20, soak_uring_cancel },
	{ "uring reset", 2, soak_uring_reset },
	{ }
};
