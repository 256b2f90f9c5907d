// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: ioctls, right and wrong ones, and the rings of blocks
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../../../drivers/dad/dad-ioctl.h"
#include "../../../../drivers/scull/scull-ioctl.h"
#include "soak.h"

static long control(const struct soak_file *file, unsigned long cmd, void *arg)
{
	int ret = ioctl(file->fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

void soak_scull_reset(unsigned int device)
{
	char path[LAB_NAME];
	int fd;

	soak_scull_path(device, path);
	fd = open(path, O_RDONLY);
	ioctl(fd, SCULL_IOCRESET);
	close(fd);
}

/* Not big ones, as four workers have eight devices. */
static const int control_orders[] = { 0, 0, 0, 0, 0, 1, 2, 4, 9, -1, 1 << 30 };
static const int control_qsets[] = { 1, 2, 500, 500, 1000, 65536, 65537, 0, -5 };

static const unsigned long control_sets[] = {
	SCULL_IOCSORDER, SCULL_IOCTORDER, SCULL_IOCXORDER, SCULL_IOCHORDER,
	SCULL_IOCSQSET, SCULL_IOCTQSET, SCULL_IOCXQSET, SCULL_IOCHQSET,
};

static const unsigned long control_gets[] = {
	SCULL_IOCGORDER, SCULL_IOCQORDER, SCULL_IOCGQSET, SCULL_IOCQQSET,
	SCULL_IOCRESET,
};

static long scull_set(struct soak *soak, const __u64 *r)
{
	const struct soak_file *file = &soak->files[r[0] % SOAK_DAD];
	unsigned int nr = r[1] % 8;
	int value = nr < 4 ? control_orders[(r[2] >> 8) % 11] :
			     control_qsets[(r[2] >> 8) % 9];
	bool good = nr < 4 ? value >= 0 && value <= SCULL_ORDER_MAX :
			     value >= 1 && value <= SCULL_QSET_MAX;
	void *arg = nr % 4 == 1 || nr % 4 == 3 ? (void *)(long)value : &value;
	bool bad = arg == &value && r[3] % 8 == 0;
	long ret;

	if (bad)
		arg = (void *)(SOAK_MEMORY_AT + SOAK_MEMORY);
	ret = control(file, control_sets[nr], arg);
	if (file->fd < 0 || file->flags & O_PATH)
		soak_expect(soak, ret == -EBADF, "%ld, not EBADF", ret);
	else if (bad)
		soak_expect(soak, ret == -EFAULT, "%ld, not EFAULT", ret);
	else if (!good)
		soak_expect(soak, ret == -EINVAL, "%ld, not EINVAL", ret);
	else
		soak_expect(soak, ret >= 0, "%ld", ret);
	return ret;
}

static long scull_get(struct soak *soak, const __u64 *r)
{
	const struct soak_file *file = &soak->files[r[0] % SOAK_DAD];
	int value = -1;
	long ret = control(file, control_gets[r[1] % 5], &value);

	if (file->fd < 0 || file->flags & O_PATH)
		soak_expect(soak, ret == -EBADF, "%ld, not EBADF", ret);
	else
		soak_expect(soak, ret >= 0, "%ld", ret);
	return ret * 100000 + value;
}

/* Any number, and numbers that are nearly right */
static long control_random(struct soak *soak, const __u64 *r)
{
	static const unsigned char magics[] = { SCULL_IOC_MAGIC, DAD_IOC_MAGIC };
	unsigned long cmd = r[1];
	void *arg = (void *)(r[3] % 4 ? SOAK_MEMORY_AT : r[3] >> 2);
	long ret;

	/* A size that none of them has */
	if (r[2] % 2)
		cmd = _IOC((r[2] >> 1) % 4, magics[(r[2] >> 4) % 2],
			   (r[2] >> 8) % 16, 17 + (r[2] >> 16) % 15);
	else if ((cmd >> 8 & 0xff) == SCULL_IOC_MAGIC ||
		 (cmd >> 8 & 0xff) == DAD_IOC_MAGIC || (cmd >> 8 & 0xff) == 'T')
		cmd ^= 0x2000;
	ret = control(&soak->files[r[0] % SOAK_SLOTS], cmd, arg);
	/* The kernel has some for all files. */
	soak_expect(soak, ret == -ENOTTY || ret == -EBADF || r[2] % 2 == 0,
		    "%ld of %#lx", ret, cmd);
	return ret;
}

static void control_dad(struct soak *soak, const struct soak_file *file,
			long ret)
{
	bool tame = soak_dad_tame(soak, file->life);

	if (file->fd < 0 || file->flags & O_PATH)
		soak_expect(soak, ret == -EBADF, "%ld, not EBADF", ret);
	else if (ret == -ENODEV)
		soak_expect(soak, !tame, "ENODEV of a board that is there");
	else if (ret == -EIO)
		soak_expect(soak, !tame || soak->shared->dad.rough, "EIO");
	else if (ret == -EAGAIN)
		soak_expect(soak, file->flags & O_NONBLOCK, "EAGAIN");
	else
		soak_expect(soak, ret != -EBADF ||
			    (file->flags & O_ACCMODE) != O_RDWR, "EBADF");
}

static long dad_info(struct soak *soak, const __u64 *r)
{
	const struct soak_file *file = &soak->files[SOAK_DAD + r[0] % 3];
	struct dad_info info = { };
	bool bad = r[1] % 4 == 0;
	bool tame = soak_dad_tame(soak, file->life);
	long ret = control(file, DAD_IOC_INFO, bad ? NULL : &info);

	control_dad(soak, file, ret);
	if (file->fd >= 0 && !(file->flags & O_PATH) && tame)
		soak_expect(soak, ret == (bad ? -EFAULT : 0), "%ld", ret);
	if (!ret)
		soak_expect(soak, info.abi == DAD_ABI &&
			    info.memory == SOAK_DAD_MEMORY, "abi %u, %llu bytes",
			    info.abi, (unsigned long long)info.memory);
	return ret;
}

static long ring_make(struct soak *soak, const __u64 *r)
{
	struct soak_file *file = &soak->files[SOAK_RING];
	struct dad_ring ring = {
		.abi = DAD_ABI,
		.direction = r[0] % 2,
		.block_size = 64U << r[1] % 7,
		.blocks = 2U << (r[1] >> 8) % 5,
		.sample_ns = 10 + (r[2] >> 8) % 100,
	};
	bool good = r[3] % 4;
	long ret;

	if (!good && r[3] % 8)
		((__u32 *)&ring)[(r[3] >> 8) % 8] ^= 1U << (r[3] >> 16) % 32;
	ret = control(file, DAD_IOC_RING, !good && !(r[3] % 8) ? NULL : &ring);
	control_dad(soak, file, ret);
	if (!ret) {
		soak_expect(soak, !file->ring, "a second ring");
		file->ring = ring.block_size * ring.blocks;
	} else if (good) {
		soak_expect(soak, ret != -EINVAL && ret != -EFAULT &&
			    (ret != -EBUSY || file->ring), "%ld", ret);
	}
	return ret;
}

static long ring_run(struct soak *soak, const __u64 *r)
{
	const struct soak_file *file = &soak->files[r[0] % 8 ? SOAK_RING :
						    SOAK_DAD];
	bool start = r[1] % 4;
	long ret = control(file, start ? DAD_IOC_START : DAD_IOC_STOP, NULL);

	control_dad(soak, file, ret);
	if (ret == -ENXIO)
		soak_expect(soak, !file->ring, "ENXIO with a ring");
	if (!ret)
		soak_expect(soak, file->ring, "0 without a ring");
	return ret;
}

static long ring_advance(struct soak *soak, const __u64 *r)
{
	const struct soak_file *file = &soak->files[r[0] % 8 ? SOAK_RING :
						    SOAK_DAD];
	struct dad_advance advance = {
		.abi = DAD_ABI + !(r[1] % 16),
		.count = r[2] % 4 ? r[3] % 4 : r[3],
		.reserved[1] = r[1] % 16 == 1,
	};
	long ret = control(file, DAD_IOC_ADVANCE, &advance);

	control_dad(soak, file, ret);
	if (ret)
		return ret;
	soak_expect(soak, file->ring && r[1] % 16 > 1, "0 for what is wrong");
	soak_expect(soak, advance.done <= advance.given &&
		    advance.state <= DAD_STATE_FAILED,
		    "%llu of %llu, state %u", (unsigned long long)advance.done,
		    (unsigned long long)advance.given, advance.state);
	return advance.given << 32 ^ advance.done << 8 ^ advance.state;
}

const struct soak_op soak_control_ops[] = {
	{ "scull set", 20, scull_set },
	{ "scull get", 10, scull_get },
	{ "ioctl", 20, control_random },
	{ "dad info", 20, dad_info },
	{ "ring", 30, ring_make },
	{ "ring run", 30, ring_run },
	{ "ring advance", 60, ring_advance },
	{ }
};
