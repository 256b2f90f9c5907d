// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: reads and writes, and what must come of them
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "rw.h"

#define RW_WEIRD	0x10000000000LL	/* positions from here on are only for errors */

static const __s64 rw_far[] = {
	0x10000, 0x100000, 0x1000001, 0x10000fff, 0x40000000, RW_WEIRD,
	INT64_MAX - 4096, INT64_MAX - 1, INT64_MAX, INT64_MIN, -1, -4096,
};

static bool rw_is_scull(enum soak_slot slot)
{
	return slot <= SOAK_SCULL;
}

static bool rw_is_dad(enum soak_slot slot)
{
	return slot >= SOAK_DAD && slot <= SOAK_RING;
}

/* A worker writes to its own region of a board, or to that of nobody. */
static void rw_place_dad(const struct soak *soak, struct soak_rw *rw,
			 __u64 random)
{
	size_t at = (random >> 8) % SOAK_DAD_REGION, left;

	if (rw->in && random % 8 == 0) {
		rw->pos = (random >> 8) % (SOAK_DAD_MEMORY + 100);
		return;
	}
	if (random % 4 == 0 || rw->buffer.len > SOAK_DAD_REGION) {
		rw->pos = SOAK_DAD_WILD + at * 4;
		return;
	}
	rw->pos = soak->index * SOAK_DAD_REGION + at;
	left = SOAK_DAD_REGION - at;
	if (!rw->in && rw->buffer.len > left)
		rw->buffer.len = left;
	if (rw->buffer.good > rw->buffer.len)
		rw->buffer.good = rw->buffer.len;
}

void soak_rw_place(const struct soak *soak, struct soak_rw *rw, __u64 random)
{
	if (rw_is_dad(rw->slot))
		rw_place_dad(soak, rw, random);
	else
		rw->pos = (random >> 8) % SOAK_SCULL_SPAN;
	/* Not where it may be written to somebody else's region */
	if (random >> 60 == 0 && (rw->in || rw_is_scull(rw->slot)))
		rw->pos = rw_far[(random >> 8) % 12];
}

static long rw_vector(const struct soak_rw *rw, int fd, __s64 pos)
{
	const struct soak_buffer *buffer = &rw->buffer;
	size_t first = buffer->len ? rw->split % buffer->len : 0;
	const struct iovec vec[] = {
		{ buffer->at, first },
		{ NULL, 0 },
		{ buffer->at + first, buffer->len - first },
	};

	if (rw->positioned)
		return rw->in ? readv(fd, vec, 3) : writev(fd, vec, 3);
	return rw->in ? preadv(fd, vec, 3, pos) : pwritev(fd, vec, 3, pos);
}

static long rw_plain(const struct soak_rw *rw, int fd, __s64 pos)
{
	const struct soak_buffer *buffer = &rw->buffer;

	if (rw->positioned)
		return rw->in ? read(fd, buffer->at, buffer->len) :
				write(fd, buffer->at, buffer->len);
	return rw->in ? pread(fd, buffer->at, buffer->len, pos) :
			pwrite(fd, buffer->at, buffer->len, pos);
}

static long rw_call(const struct soak *soak, const struct soak_rw *rw)
{
	int fd = soak->files[rw->slot].fd;
	long ret;

	if (rw->positioned && lseek(fd, rw->pos, SEEK_SET) < 0)
		return -errno;
	ret = rw->vector ? rw_vector(rw, fd, rw->pos) :
			   rw_plain(rw, fd, rw->pos);
	return ret < 0 ? -errno : ret;
}

/* What can be said of any device; false: nothing more */
static bool rw_general(struct soak *soak, const struct soak_rw *rw, long ret)
{
	const struct soak_file *file = &soak->files[rw->slot];
	int mode = file->flags & O_ACCMODE;
	bool may = rw->in ? mode == O_RDONLY || mode == O_RDWR :
			    mode == O_WRONLY || mode == O_RDWR;

	if (file->fd < 0 || file->flags & O_PATH) {
		soak_expect(soak, ret == -EBADF || (ret == -EINVAL && rw->pos < 0),
			    "%ld, not EBADF", ret);
		return false;
	}
	/* That there is no such position, may be found first. */
	if (!may || rw->slot >= SOAK_REMAP) {
		soak_expect(soak, ret == -EBADF || ret == -EINVAL ||
			    ret == -ESPIPE, "%ld of a file that cannot", ret);
		return false;
	}
	if (ret >= 0)
		return soak_expect(soak, (size_t)ret <= rw->buffer.len,
				   "%ld, more than %zu", ret, rw->buffer.len);
	if ((rw->pos >= 0 && rw->pos < RW_WEIRD) || rw_is_dad(rw->slot))
		return true;
	soak_expect(soak, ret == -EINVAL || ret == -EOVERFLOW || ret == -EFBIG ||
		    ret == -EFAULT, "%ld at position %lld", ret,
		    (long long)rw->pos);
	return false;
}

/* How much there must be, if there are @full bytes and the buffer may be bad */
static void rw_amount(struct soak *soak, const struct soak_rw *rw, size_t full,
		      long ret)
{
	const struct soak_buffer *buffer = &rw->buffer;

	if (full > buffer->len)
		full = buffer->len;
	if (buffer->map) {
		soak_expect(soak, ret == -EFAULT || (size_t)ret <= full,
			    "%ld by way of a mapping, of %zu", ret, full);
	} else if (buffer->good >= full) {
		soak_expect(soak, ret == (long)full ||
			    ((buffer->good < buffer->len || !buffer->len) &&
			     (ret == -EFAULT || ret == -EINVAL)),
			    "%ld of %zu at %lld", ret, full,
			    (long long)rw->pos);
	} else {
		soak_expect(soak, ret == -EFAULT || ret == -EINVAL ||
			    (buffer->good && ret == (long)buffer->good),
			    "%ld of %zu, of which %zu can be used", ret, full,
			    buffer->good);
	}
}

static void rw_scull_read(struct soak *soak, const struct soak_rw *rw, long ret)
{
	struct soak_model *model = &soak->model;
	__s64 left = model->scull_size - rw->pos, pos;
	const unsigned char *at = rw->buffer.at;

	rw_amount(soak, rw, left < 0 ? 0 : left, ret);
	if (rw->buffer.map)
		return;
	for (pos = rw->pos; pos < rw->pos + ret && pos < SOAK_SCULL_SPAN;
	     pos++, at++) {
		if (model->scull_loose[pos / LAB_PAGE])
			model->scull[pos] = *at;
		if (!soak_expect(soak, model->scull[pos] == *at,
				 "byte %#llx is %#x, not %#x", (long long)pos,
				 *at, model->scull[pos]))
			return;
	}
	for (pos = (rw->pos + LAB_PAGE - 1) / LAB_PAGE;
	     pos < SOAK_SCULL_PAGES &&
	     rw->pos + ret >= (pos + 1) * (__s64)LAB_PAGE; pos++)
		model->scull_loose[pos] = false;
}

static void rw_scull_write(struct soak *soak, const struct soak_rw *rw,
			   long ret)
{
	bool append = soak->files[rw->slot].flags & O_APPEND;
	struct soak_model *model = &soak->model;
	__s64 start = append ? model->scull_size : rw->pos, pos;

	if (start == INT64_MAX) {
		soak_expect(soak, ret == -EFBIG || ret == -EFAULT ||
			    ret == -EINVAL || (!ret && !rw->buffer.len),
			    "%ld at the very end", ret);
		return;
	}
	rw_amount(soak, rw, INT64_MAX - start, ret);
	for (pos = start; pos - start < ret && pos < SOAK_SCULL_SPAN; pos++) {
		if (rw->buffer.map)
			model->scull_loose[pos / LAB_PAGE] = true;
		else
			model->scull[pos] = rw->buffer.at[pos - start];
		model->scull_page[pos / LAB_PAGE] = true;
	}
	if (ret > 0 && start + ret > model->scull_size)
		model->scull_size = start + ret;
}

static void rw_dad_errno(struct soak *soak, const struct soak_rw *rw, long ret)
{
	const struct soak_file *file = &soak->files[rw->slot];
	bool tame = soak_dad_tame(soak, file->life) && rw->tame;
	bool full = rw->buffer.good == rw->buffer.len && rw->buffer.len &&
		    !rw->buffer.map;

	switch (-ret) {
	case ENODEV:
		soak_expect(soak, !tame, "ENODEV of a board that is there");
		break;
	case EIO:
		soak_expect(soak, !tame || soak->shared->dad.rough,
			    "EIO of a board that does nothing wrong");
		break;
	case EINTR:
		soak_expect(soak, rw->alarm, "EINTR without a signal");
		break;
	case EAGAIN:
		soak_expect(soak, file->flags & O_NONBLOCK, "EAGAIN");
		break;
	case EBUSY:
		soak_expect(soak, file->ring, "EBUSY without a ring");
		break;
	case ENOSPC:
		soak_expect(soak, !rw->in && rw->pos >= (__s64)SOAK_DAD_MEMORY,
			    "ENOSPC at %lld", (long long)rw->pos);
		break;
	case EINVAL:	/* a position that lseek() does not go to */
	case EOVERFLOW:
		soak_expect(soak, rw->pos > (__s64)SOAK_DAD_MEMORY ||
			    rw->pos < 0 || rw->buffer.len > SSIZE_MAX, "%ld",
			    ret);
		break;
	default:
		soak_expect(soak, ret == -EFAULT && !full, "%ld", ret);
	}
}

/* What the own region is known to have; adopted where it is not known */
static void rw_dad_data(struct soak *soak, const struct soak_rw *rw, long ret)
{
	__s64 start = soak->index * SOAK_DAD_REGION, pos;
	struct soak_model *model = &soak->model;
	size_t len = ret > 0 || !rw->in ? rw->buffer.len : 0, i;

	for (i = 0; i < len; i++) {
		unsigned char *at = &rw->buffer.at[i], *is;
		bool *known;

		pos = rw->pos + i - start;
		if (pos < 0)
			continue;
		if (pos >= (__s64)SOAK_DAD_REGION)
			break;
		is = &model->dad[pos];
		known = &model->dad_known[pos];
		if ((long)i >= ret || rw->buffer.map) {
			*known = *known && rw->in;
			continue;
		}
		if (rw->in && *known &&
		    !soak_expect(soak, *is == *at,
				 "byte %#llx is %#x, not %#x",
				 (long long)pos + start, *at, *is))
			return;
		*is = *at;
		*known = true;
	}
}

static void rw_dad(struct soak *soak, const struct soak_rw *rw, long ret)
{
	const struct soak_file *file = &soak->files[rw->slot];
	__s64 left = SOAK_DAD_MEMORY - rw->pos;

	soak_dad_sync(soak);
	if (ret < 0)
		rw_dad_errno(soak, rw, ret);
	else
		soak_expect(soak, ret <= left || !ret, "%ld at %lld", ret,
			    (long long)rw->pos);
	if (!ret)
		soak_expect(soak, left <= 0 || !rw->buffer.len,
			    "nothing at %lld", (long long)rw->pos);
	if (!rw->buffer.map && ret > 0)
		soak_expect(soak, (size_t)ret <= rw->buffer.good,
			    "%ld, of which %zu can be used", ret,
			    rw->buffer.good);
	if (ret == -EBADF || ret == -EFAULT || ret == -EBUSY || ret == -EAGAIN)
		return;
	if (soak_dad_tame(soak, file->life) && rw->tame)
		rw_dad_data(soak, rw, ret);
}

long soak_rw(struct soak *soak, struct soak_rw *rw)
{
	const struct soak_map *map = rw->buffer.map;
	long ret;

	/* No two may have the board move data to the same memory at a time. */
	if (map && rw_is_dad(rw->slot) && map->slot == SOAK_SCULL &&
	    rw->buffer.len > 1000)
		rw->buffer.len = 1000;
	rw->tame = soak_dad_tame(soak, soak->files[rw->slot].life);
	ret = rw_call(soak, rw);
	if (rw_general(soak, rw, ret)) {
		if (rw_is_dad(rw->slot))
			rw_dad(soak, rw, ret);
		else if (rw->slot != SOAK_SCULL && rw->in)
			rw_scull_read(soak, rw, ret);
		else if (rw->slot != SOAK_SCULL)
			rw_scull_write(soak, rw, ret);
		else
			soak_expect(soak, ret >= 0 || ret == -EFAULT ||
				    ret == -EINVAL || ret == -EFBIG, "%ld",
				    ret);
	}
	if (map && rw->in)
		soak_adopt(soak, map, rw->buffer.at, rw->buffer.len);
	return ret;
}
