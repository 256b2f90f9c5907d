// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: opening, closing, seeking, reading and writing files
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "rw.h"

/* One of these with each open(); half of the time none */
static const int file_flags[] = {
	O_NONBLOCK, O_APPEND, O_DIRECT, O_SYNC, O_TRUNC, O_CREAT,
	O_CREAT | O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_PATH,
};

void soak_scull_path(unsigned int device, char path[LAB_NAME])
{
	snprintf(path, LAB_NAME, "/dev/scull%c%u", "pv"[device / 4 % 2],
		 device % 4);
}

static unsigned int file_own_scull(unsigned int index)
{
	return index % 2 ? 4 + index : index;
}

/* Whose writes its owner would not expect */
static bool file_owned(unsigned int device)
{
	unsigned int i;

	for (i = 0; i < SOAK_WORKERS; i++)
		if (device == file_own_scull(i))
			return true;
	return false;
}

static void file_path(struct soak *soak, enum soak_slot slot, char *path,
		      __u64 random)
{
	struct soak_file *file = &soak->files[slot];

	switch (slot) {
	case SOAK_SCULL_OWN:
	case SOAK_SCULL_OWN_TOO:
		file->device = file_own_scull(soak->index);
		soak_scull_path(file->device, path);
		break;
	case SOAK_SCULL:
		file->device = random % 8;
		soak_scull_path(file->device, path);
		break;
	case SOAK_DAD:
	case SOAK_DAD_TOO:
	case SOAK_RING:
		snprintf(path, 64, "/dev/%s", soak->shared->dad.name);
		break;
	default:
		snprintf(path, 64, "/dev/%s-%s", soak->shared->simple.name,
			 slot == SOAK_REMAP ? "remap" : "fault");
	}
}

static unsigned int file_life(const struct soak *soak, enum soak_slot slot)
{
	return slot <= SOAK_SCULL ? 0 : slot <= SOAK_RING ?
	       soak->shared->dad.life : soak->shared->simple.life;
}

static void file_trimmed(struct soak_model *model)
{
	memset(model->scull, 0, sizeof(model->scull));
	memset(model->scull_page, 0, sizeof(model->scull_page));
	memset(model->scull_loose, 0, sizeof(model->scull_loose));
	model->scull_size = 0;
}

static void file_expect(struct soak *soak, enum soak_slot slot, int flags,
			long err)
{
	bool comes_and_goes = slot >= SOAK_DAD;

	if (flags & O_DIRECTORY)
		soak_expect(soak, err == -ENOTDIR || err == -ENOENT,
			    "%ld with O_DIRECTORY", err);
	else if (err == -EEXIST)
		soak_expect(soak, flags & O_EXCL, "EEXIST");
	else if (err == -EINVAL)
		soak_expect(soak, flags & O_DIRECT, "EINVAL");
	else if (err == -EBUSY)
		soak_expect(soak, slot <= SOAK_SCULL &&
			    (flags & O_ACCMODE) == O_WRONLY, "EBUSY");
	else if (err == -ENODEV || err == -ENXIO || err == -ENOENT)
		soak_expect(soak, comes_and_goes, "%ld", err);
	else
		/* A new file in /dev instead of a node that is gone */
		soak_expect(soak, !err && !(flags & O_EXCL), "%ld", err);
}

static long file_close(struct soak_file *file)
{
	int fd = file->fd;

	*file = (struct soak_file) { .fd = -1, .device = file->device };
	return close(fd) ? -errno : 0;
}

void soak_files_close(struct soak *soak)
{
	enum soak_slot slot;

	for (slot = 0; slot < SOAK_SLOTS; slot++)
		file_close(&soak->files[slot]);
}

static bool file_is_owned(enum soak_slot slot, const struct soak_file *file)
{
	return slot == SOAK_SCULL && file_owned(file->device);
}

static long file_open(struct soak *soak, const __u64 *r)
{
	enum soak_slot slot = r[0] % SOAK_SLOTS;
	struct soak_file *file = &soak->files[slot];
	int flags = r[1] % 8 < 5 ? O_RDWR : r[1] % 8 - 5;
	unsigned int life = file_life(soak, slot);
	char path[64];
	long err;

	file_close(file);
	file_path(soak, slot, path, r[2]);
	if ((r[3] >> 8) % 4 == 0)
		flags |= file_flags[r[3] % 10];
	/* Not a new file in /dev, if the node is not there now */
	if (slot >= SOAK_DAD && life & 1)
		flags &= ~(O_CREAT | O_EXCL);
	if (file_is_owned(slot, file))
		flags &= ~O_ACCMODE;
	file->fd = open(path, flags, 0600);
	err = file->fd < 0 ? -errno : 0;
	file->flags = flags;
	file->life = life | (life != file_life(soak, slot));
	file_expect(soak, slot, flags, err);
	if (slot <= SOAK_SCULL_OWN_TOO && (flags & O_ACCMODE) == O_WRONLY &&
	    (!err || (err == -EINVAL && flags & O_DIRECT)) && !(flags & O_PATH))
		file_trimmed(&soak->model);
	return err;
}

static long file_close_one(struct soak *soak, const __u64 *r)
{
	struct soak_file *file = &soak->files[r[0] % SOAK_SLOTS];
	bool open = file->fd >= 0;
	long err = file_close(file);

	soak_expect(soak, err == (open ? 0 : -EBADF), "%ld", err);
	return err;
}

static long file_rw(struct soak *soak, bool in, const __u64 *r)
{
	struct soak_rw rw = {
		.slot = r[0] % (r[0] >> 32 & 7 ? SOAK_REMAP : SOAK_SLOTS),
		.in = in,
		.positioned = r[0] >> 40 & 1,
		.vector = r[0] >> 41 & 1,
		.split = r[4],
		.buffer = soak_buffer(soak, in, &r[1]),
	};

	soak_rw_place(soak, &rw, r[3]);
	return soak_rw(soak, &rw);
}

static long file_read(struct soak *soak, const __u64 *r)
{
	return file_rw(soak, true, r);
}

static long file_write(struct soak *soak, const __u64 *r)
{
	return file_rw(soak, false, r);
}

/* A transfer that a signal may interrupt */
static long file_alarm(struct soak *soak, const __u64 *r)
{
	const struct itimerval off = { };
	struct itimerval timer = { .it_value.tv_usec = r[5] % 20 + 1 };
	struct soak_rw rw = {
		.slot = SOAK_DAD + r[0] % 2,
		.in = r[0] >> 8 & 1,
		.alarm = true,
		.buffer = soak_buffer(soak, r[0] >> 8 & 1, &r[1]),
	};
	long ret;

	soak_rw_place(soak, &rw, r[3]);
	setitimer(ITIMER_REAL, &timer, NULL);
	ret = soak_rw(soak, &rw);
	setitimer(ITIMER_REAL, &off, NULL);
	return ret;
}

static long file_seek(struct soak *soak, const __u64 *r)
{
	enum soak_slot slot = r[0] % SOAK_SLOTS;
	int whence = r[1] % 8;
	off_t offset = r[2] % 4 ? r[3] % SOAK_SCULL_SPAN :
				  (off_t)r[3] >> (r[2] >> 8) % 64;
	off_t at = lseek(soak->files[slot].fd, offset, whence);

	if (at < 0) {
		soak_expect(soak, errno == EBADF || errno == EINVAL ||
			    errno == ENXIO || errno == ESPIPE ||
			    errno == EOVERFLOW, "%d", -errno);
		return -errno;
	}
	soak_expect(soak, slot < SOAK_DAD || at <= (off_t)SOAK_DAD_MEMORY,
		    "to %lld", (long long)at);
	if (whence == SEEK_SET)
		soak_expect(soak, at == offset, "to %lld, not %lld",
			    (long long)at, (long long)offset);
	return at;
}

static void file_events(struct soak *soak, const struct soak_file *file,
			short events)
{
	if (soak_dad_tame(soak, file->life) && !(file->flags & O_PATH))
		soak_expect(soak, !(events & (POLLHUP | POLLNVAL)) &&
			    (file->ring || soak->shared->dad.rough ||
			     !(events & POLLERR)), "events %#x of dad", events);
}

static long file_poll(struct soak *soak, const __u64 *r)
{
	struct pollfd fds[SOAK_SLOTS];
	int slot, ret, sum = 0;

	for (slot = 0; slot < SOAK_SLOTS; slot++)
		fds[slot] = (struct pollfd) {
			.fd = soak->files[slot].fd,
			.events = r[1] >> 4 * slot & 0xf,
		};
	ret = poll(fds, SOAK_SLOTS, r[0] % 4 ? 0 : r[0] >> 8 & 3);
	soak_expect(soak, ret >= 0, "%d", -errno);
	for (slot = 0; slot < SOAK_SLOTS; slot++) {
		if (fds[slot].fd < 0)
			soak_expect(soak, !fds[slot].revents,
				    "events of no file");
		else if (slot >= SOAK_DAD && slot <= SOAK_RING)
			file_events(soak, &soak->files[slot],
				    fds[slot].revents);
		sum = sum * 31 + fds[slot].revents;
	}
	return sum;
}

const struct soak_op soak_file_ops[] = {
	{ "open", 120, file_open },
	{ "close", 20, file_close_one },
	{ "read", 300, file_read },
	{ "write", 300, file_write },
	{ "alarm", 20, file_alarm },
	{ "seek", 60, file_seek },
	{ "poll", 30, file_poll },
	{ }
};
