// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: io_uring
 */

#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "async.h"
#include "uring.h"

#define URING_SLOTS	8
#define URING_FIRST	8	/* slot: the others are of AIO */
#define URING_OTHER	100	/* user data of what has no slot */

static struct lab_uring uring_ring;
static bool uring_busy[URING_SLOTS];

void soak_uring_init(void)
{
	int ret = lab_uring_begin(&uring_ring, 2 * URING_SLOTS);

	if (ret)
		errx(1, "io_uring: %s", strerror(-ret));
}

long soak_uring_submit(struct soak *soak, const __u64 *r)
{
	unsigned int slot = r[0] % URING_SLOTS;
	struct soak_async async = soak_async_draw(soak, URING_FIRST + slot,
						  r + 1);
	struct io_uring_sqe *sqe;
	int ret;

	if (uring_busy[slot])
		return -EBUSY;
	uring_busy[slot] = true;
	sqe = lab_uring_prepare(&uring_ring, async.in ? IORING_OP_READ :
							IORING_OP_WRITE,
				async.fd, async.at, async.len, async.pos, slot);
	sqe->flags = r[3] % 4 ? 0 : IOSQE_ASYNC;
	ret = lab_uring_submit(&uring_ring, r[4] % 2);
	soak_expect(soak, ret == 1, "%d", ret);
	return ret;
}

static long uring_reap(struct soak *soak)
{
	struct io_uring_cqe cqe;
	long sum = 0;

	while (lab_uring_take(&uring_ring, &cqe)) {
		sum = sum * 31 + cqe.res + cqe.user_data;
		if (cqe.user_data == URING_OTHER)
			continue;
		soak_expect(soak, cqe.user_data < URING_SLOTS &&
			    uring_busy[cqe.user_data], "a result of nothing");
		uring_busy[cqe.user_data % URING_SLOTS] = false;
		soak_async_expect(soak, cqe.res, LAB_PAGE * 4);
	}
	return sum;
}

long soak_uring_get(struct soak *soak, const __u64 *r)
{
	return uring_reap(soak);
}

long soak_uring_cancel(struct soak *soak, const __u64 *r)
{
	int ret;

	lab_uring_prepare(&uring_ring, IORING_OP_ASYNC_CANCEL, -1,
			  (void *)(r[0] % URING_SLOTS), 0, 0, URING_OTHER);
	ret = lab_uring_submit(&uring_ring, 0);
	soak_expect(soak, ret == 1, "%d", ret);
	return uring_reap(soak);
}

/*
 * Close it, and have another. What is in flight first ends, as its memory will be used again;
 * it is at the worker's end that some is not waited for.
 */
long soak_uring_reset(struct soak *soak, const __u64 *r)
{
	long sum = 0;
	unsigned int i;

	for (i = 0; i < URING_SLOTS; i++) {
		while (uring_busy[i]) {
			lab_uring_prepare(&uring_ring, IORING_OP_NOP, -1, NULL,
					  0, 0, URING_OTHER);
			lab_uring_submit(&uring_ring, 1);
			usleep(100);
			sum += uring_reap(soak);
		}
	}
	lab_uring_end(&uring_ring);
	soak_uring_init();
	return sum;
}
