// SPDX-License-Identifier: GPL-2.0-only
/*
 * An io_uring, by its system calls and its mapped rings
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uring.h"

static void *uring_map(const struct lab_uring *ring, size_t size, off_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, ring->fd, offset);
}

static size_t uring_sqes_size(const struct lab_uring *ring)
{
	return ring->params.sq_entries * sizeof(*ring->sqes);
}

static __u32 *uring_word(const struct lab_uring *ring, __u32 offset)
{
	return (__u32 *)(ring->rings + offset);
}

int lab_uring_begin(struct lab_uring *ring, unsigned int entries)
{
	struct io_uring_params *params = &ring->params;
	size_t sq, cq;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, entries, params);
	if (ring->fd < 0)
		return -errno;
	/* One mapping has both rings. */
	if (!(params->features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	sq = params->sq_off.array + params->sq_entries * sizeof(__u32);
	cq = params->cq_off.cqes +
	     params->cq_entries * sizeof(struct io_uring_cqe);
	ring->rings_size = sq > cq ? sq : cq;
	ring->rings = uring_map(ring, ring->rings_size, IORING_OFF_SQ_RING);
	ring->sqes = uring_map(ring, uring_sqes_size(ring), IORING_OFF_SQES);
	return ring->rings == MAP_FAILED || ring->sqes == MAP_FAILED ? -errno :
								       0;
}

void lab_uring_end(struct lab_uring *ring)
{
	munmap(ring->sqes, uring_sqes_size(ring));
	munmap(ring->rings, ring->rings_size);
	close(ring->fd);
}

struct io_uring_sqe *lab_uring_prepare(struct lab_uring *ring, int opcode,
				       int fd, const void *addr, size_t len,
				       off_t pos, __u64 data)
{
	const struct io_sqring_offsets *off = &ring->params.sq_off;
	__u32 tail = *uring_word(ring, off->tail) + ring->taken++;
	__u32 at = tail & *uring_word(ring, off->ring_mask);
	struct io_uring_sqe *sqe = &ring->sqes[at];

	uring_word(ring, off->array)[at] = at;
	*sqe = (struct io_uring_sqe) {
		.opcode = opcode,
		.fd = fd,
		.addr = (uintptr_t)addr,
		.len = len,
		.off = pos,
		.user_data = data,
	};
	return sqe;
}

int lab_uring_submit(struct lab_uring *ring, unsigned int wait)
{
	__u32 *tail = uring_word(ring, ring->params.sq_off.tail);
	unsigned int taken = ring->taken;
	long ret;

	/* The kernel sees the entries before it sees that they are there. */
	__atomic_store_n(tail, *tail + taken, __ATOMIC_RELEASE);
	ring->taken = 0;
	ret = syscall(SYS_io_uring_enter, ring->fd, taken, wait,
		      wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
	return ret < 0 ? -errno : ret;
}

bool lab_uring_take(struct lab_uring *ring, struct io_uring_cqe *cqe)
{
	const struct io_cqring_offsets *off = &ring->params.cq_off;
	__u32 *head = uring_word(ring, off->head);
	const struct io_uring_cqe *cqes = (void *)(ring->rings + off->cqes);

	if (*head == __atomic_load_n(uring_word(ring, off->tail),
				     __ATOMIC_ACQUIRE))
		return false;
	*cqe = cqes[*head & *uring_word(ring, off->ring_mask)];
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return true;
}

int lab_uring_move(struct lab_uring *ring)
{
	struct io_uring_cqe cqe;
	int ret = lab_uring_submit(ring, 1);

	if (ret != 1)
		return ret < 0 ? ret : -EPROTO;
	return lab_uring_take(ring, &cqe) ? cqe.res : -EPROTO;
}

int lab_uring_register(struct lab_uring *ring, unsigned int opcode,
		       const void *arg, unsigned int count)
{
	return syscall(SYS_io_uring_register, ring->fd, opcode, arg, count) < 0 ?
	       -errno : 0;
}
