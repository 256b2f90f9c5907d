// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: making, changing and removing mappings
 *
 * Each mapping has a window of addresses. For its first pages is known what they are
 * mapped with, so what touching them must come to is known as well, see soak_touch.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "../../../../drivers/dad/dad-ioctl.h"
#include "soak.h"

#define MAP_HUGE_LEN	0x400000000000UL

static unsigned char *map_window(unsigned int nr)
{
	return (unsigned char *)SOAK_MAPS_AT + nr * 2 * SOAK_WINDOW;
}

static void map_forget(struct soak *soak, unsigned int nr)
{
	munmap(map_window(nr), 2 * SOAK_WINDOW);
	soak->maps[nr] = (struct soak_map) { };
}

static size_t map_len(__u64 random)
{
	switch (random % 16) {
	case 0:
		return 0;
	case 1:
		return random >> 8 & (SOAK_WINDOW - 1);
	case 2:
		return MAP_HUGE_LEN;
	case 3:
		return random >> 17 | MAP_HUGE_LEN;
	default:
		return (random >> 8) % (8 * LAB_PAGE) + 1;
	}
}

static __u64 map_offset(enum soak_slot slot, __u64 random)
{
	__u64 base = slot == SOAK_RING && random >> 8 & 3 ? DAD_MAP_RING : 0;
	__u64 page = random >> 12;

	switch (random % 16) {
	case 0:
		return random >> 1 & ~(LAB_PAGE - 1);
	case 1:
		return random >> 24 | 1;
	case 2:
		return -LAB_PAGE;
	case 3 ... 5:
		return base + page % 128 * LAB_PAGE;
	default:
		return base + page % 16 * LAB_PAGE;
	}
}

static bool map_may(const struct soak_file *file, int prot, int flags)
{
	int mode = file->flags & O_ACCMODE;

	return mode == O_RDWR || (mode == O_RDONLY &&
				  !(flags & MAP_SHARED && prot & PROT_WRITE));
}

/* Whether the device has what is to be mapped */
static bool map_inside(const struct soak *soak, enum soak_slot slot,
		       __u64 offset, size_t len)
{
	const struct soak_file *file = &soak->files[slot];
	__u64 size = soak->shared->simple.pages * LAB_PAGE;

	len = (len + LAB_PAGE - 1) & ~(LAB_PAGE - 1);
	if (slot >= SOAK_DAD && slot <= SOAK_RING) {
		size = SOAK_DAD_MEMORY;
		if (offset >= DAD_MAP_RING) {
			offset -= DAD_MAP_RING;
			size = (file->ring + LAB_PAGE - 1) & ~(LAB_PAGE - 1);
		}
	}
	return slot <= SOAK_SCULL || (offset < size && len <= size - offset);
}

static void map_expect(struct soak *soak, enum soak_slot slot, int prot,
		       int flags, __u64 offset, size_t len, long err)
{
	const struct soak_file *file = &soak->files[slot];
	bool odd = !len || offset % LAB_PAGE || len > SOAK_WINDOW ||
		   offset > INT64_MAX - SOAK_WINDOW;

	if (file->fd < 0 || file->flags & O_PATH) {
		soak_expect(soak, err == -EBADF || (err == -EINVAL && odd),
			    "%ld, not EBADF", err);
	} else if (odd) {
		soak_expect(soak, err == -EINVAL || err == -EOVERFLOW ||
			    err == -ENOMEM || err == -EACCES || err == -ENODEV,
			    "%ld", err);
	} else if (!map_may(file, prot, flags)) {
		soak_expect(soak, err == -EACCES, "%ld, not EACCES", err);
	} else if (!map_inside(soak, slot, offset, len)) {
		soak_expect(soak, err == -EINVAL || err == -ENODEV ||
			    err == -ENXIO || err == -EIO, "%ld outside", err);
	} else if (slot >= SOAK_REMAP) {
		soak_expect(soak, !err ||
			    (err == -ENODEV && (file->life & 1 || file->life !=
			     soak->shared->simple.life)), "%ld of simple", err);
	} else if (slot >= SOAK_DAD && soak_dad_tame(soak, file->life)) {
		soak_expect(soak, !err ||
			    (err == -EINVAL && flags & MAP_PRIVATE) ||
			    (err == -ENXIO && (soak->shared->dad.revision == 'P' ||
					       offset >= DAD_MAP_RING)) ||
			    (err == -EIO && soak->shared->dad.rough),
			    "%ld of dad", err);
	} else {
		soak_expect(soak, !err || err == -ENODEV || err == -EIO ||
			    ((err == -EINVAL || err == -ENXIO) &&
			     slot >= SOAK_DAD), "%ld", err);
	}
}

static void map_note(struct soak *soak, unsigned int nr, enum soak_slot slot,
		     int prot, bool shared)
{
	const struct soak_file *file = &soak->files[slot];
	struct soak_map *map = &soak->maps[nr];
	size_t i;

	map->slot = slot;
	map->device = file->device;
	map->life = file->life;
	map->shared = shared;
	for (i = 0; i < SOAK_MAP_PAGES; i++)
		map->prot[i] = i < map->pages ? prot : SOAK_ABSENT;
}

static long map_make(struct soak *soak, const __u64 *r)
{
	unsigned int nr = r[0] % SOAK_MAPS;
	enum soak_slot slot = (r[0] >> 8) % SOAK_SLOTS;
	int prot = r[1] % 4 ? PROT_READ | PROT_WRITE : (r[1] >> 8) % 8;
	int flags = (r[1] >> 16) % 4 ? MAP_SHARED : MAP_PRIVATE;
	size_t len = map_len(r[2]);
	__u64 offset = map_offset(slot, r[3]);
	void *at;
	long err;

	map_forget(soak, nr);
	if ((r[1] >> 24) % 32 == 0)
		flags |= MAP_POPULATE | MAP_LOCKED;
	at = mmap(map_window(nr), len, prot, flags | MAP_FIXED,
		  soak->files[slot].fd, offset);
	err = at == MAP_FAILED ? -errno : 0;
	map_expect(soak, slot, prot, flags, offset, len, err);
	if (err)
		return err;
	soak->maps[nr].at = at;
	soak->maps[nr].pages = (len + LAB_PAGE - 1) / LAB_PAGE;
	soak->maps[nr].offset = offset;
	map_note(soak, nr, slot, prot, flags & MAP_SHARED);
	return 0;
}

/* A part of a mapping, or what it may be that is not */
static unsigned char *map_part(const struct soak_map *map, unsigned int nr,
			       const __u64 *r, size_t *first, size_t *count)
{
	*first = r[0] % (r[0] >> 32 & 3 ? 8 : 80);
	*count = r[1] % (r[1] >> 32 & 3 ? 4 : 80);
	return (map->at ? map->at : map_window(nr)) + *first * LAB_PAGE;
}

static void map_set(struct soak_map *map, size_t first, size_t count,
		    unsigned char prot)
{
	size_t i;

	for (i = first; i < first + count && i < SOAK_MAP_PAGES; i++)
		if (map->prot[i] != SOAK_ABSENT)
			map->prot[i] = prot;
}

static long map_unmap(struct soak *soak, const __u64 *r)
{
	unsigned int nr = r[0] % SOAK_MAPS;
	struct soak_map *map = &soak->maps[nr];
	size_t first, count;
	unsigned char *at = map_part(map, nr, r + 1, &first, &count);
	int err;

	if (r[4] % 4 == 0) {
		map_forget(soak, nr);
		return 0;
	}
	err = munmap(at + (r[4] % 32 == 1), count * LAB_PAGE) ? -errno : 0;
	soak_expect(soak, err == (r[4] % 32 == 1 || !count ? -EINVAL : 0), "%d",
		    err);
	if (!err)
		map_set(map, first, count, SOAK_ABSENT);
	return err;
}

/* All of what is asked for has to be there; what comes before a hole is changed. */
static bool map_whole(const struct soak_map *map, size_t first, size_t count)
{
	size_t i;

	for (i = first; i < first + count; i++)
		if (!map->at || i >= map->pages ||
		    (i < SOAK_MAP_PAGES && map->prot[i] == SOAK_ABSENT))
			return false;
	return true;
}

static long map_protect(struct soak *soak, const __u64 *r)
{
	unsigned int nr = r[0] % SOAK_MAPS;
	struct soak_map *map = &soak->maps[nr];
	int prot = r[3] % 8, err;
	size_t first, count;
	unsigned char *at = map_part(map, nr, r + 1, &first, &count);

	err = mprotect(at, count * LAB_PAGE, prot) ? -errno : 0;
	if (!map_whole(map, first, count))
		soak_expect(soak, err == -ENOMEM || err == -EACCES, "%d", err);
	else
		soak_expect(soak, !err || (err == -EACCES && map->shared &&
					   prot & PROT_WRITE), "%d", err);
	if (!err)
		map_set(map, first, count, prot);
	else if (count)
		/* Part of it may be changed. */
		map_forget(soak, nr);
	return err;
}

static bool map_uniform(const struct soak_map *map)
{
	size_t i;

	for (i = 0; i < map->pages && i < SOAK_MAP_PAGES; i++)
		if (map->prot[i] != map->prot[0] || map->prot[i] == SOAK_ABSENT)
			return false;
	return true;
}

static long map_remap(struct soak *soak, const __u64 *r)
{
	unsigned int nr = r[0] % SOAK_MAPS;
	struct soak_map *map = &soak->maps[nr];
	size_t pages = r[1] % 4 ? map->pages : (r[1] >> 8) % 24;
	bool uniform = map_uniform(map);
	unsigned char *to;
	size_t i;

	if (!map->at)
		return -ENOENT;
	to = map_window(nr) + (map->at == map_window(nr) ? SOAK_WINDOW : 0);
	/* In the same place, or in the other half */
	if (r[2] % 4 == 0)
		to = mremap(map->at, map->pages * LAB_PAGE, pages * LAB_PAGE, 0);
	else
		to = mremap(map->at, map->pages * LAB_PAGE, pages * LAB_PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (to == MAP_FAILED || !uniform) {
		int err = to == MAP_FAILED ? -errno : 0;

		soak_expect(soak, !err || err == -EINVAL || err == -EFAULT ||
			    err == -ENOMEM, "%d", err);
		/* Who knows what is left of it. */
		map_forget(soak, nr);
		return err;
	}
	map->at = to;
	for (i = map->pages; i < pages && i < SOAK_MAP_PAGES; i++)
		map->prot[i] = map->prot[0];
	for (i = pages; i < SOAK_MAP_PAGES; i++)
		map->prot[i] = SOAK_ABSENT;
	map->pages = pages;
	return 0;
}

static const int map_advices[] = {
	MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
	MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE,
	MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_HUGEPAGE,
	MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_COLD, MADV_PAGEOUT,
	MADV_POPULATE_READ, MADV_POPULATE_WRITE, 25 /* MADV_COLLAPSE */,
	1000,
};

#define MAP_ADVICES	ARRAY_SIZE(map_advices)

/* Advice, and all else that changes nothing that can be seen */
static long map_advise(struct soak *soak, const __u64 *r)
{
	unsigned int nr = r[0] % SOAK_MAPS;
	struct soak_map *map = &soak->maps[nr];
	size_t first, count;
	unsigned char *at = map_part(map, nr, r + 1, &first, &count);
	int advice = map_advices[(r[3] >> 8) % MAP_ADVICES], ret;

	switch (r[3] % 8) {
	case 0:
		ret = mlock(at, count * LAB_PAGE);
		break;
	case 1:
		ret = munlock(at, count * LAB_PAGE);
		break;
	case 2:
		ret = msync(at, count * LAB_PAGE, (r[3] >> 8) % 8);
		break;
	default:
		ret = madvise(at, count * LAB_PAGE, advice);
		break;
	}
	return ret < 0 ? -errno : ret;
}

/* What another process has mapped, by the kernel */
static long map_peek(struct soak *soak, const __u64 *r)
{
	unsigned int whose = r[0] % SOAK_WORKERS;
	size_t len = r[1] % (4 * LAB_PAGE);
	struct iovec local = { (void *)SOAK_MEMORY_AT, len };
	struct iovec remote = {
		map_window(r[2] % SOAK_MAPS) + (r[3] >> 8) % SOAK_SCULL_SPAN,
		len,
	};
	pid_t pid = soak->shared->workers[whose].pid;
	struct soak_map *map = &soak->maps[r[2] % SOAK_MAPS];
	bool out = r[3] % 2 || map->slot >= SOAK_DAD;
	long ret;

	if (out)
		ret = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	else
		ret = process_vm_readv(pid, &remote, 1, &local, 1, 0);
	if (ret >= 0)
		soak_expect(soak, (size_t)ret <= len, "%ld of %zu", ret, len);
	else
		soak_expect(soak, errno == EFAULT || errno == ESRCH, "%d",
			    -errno);
	if (!out && map->at)
		soak_adopt(soak, map, remote.iov_base, len);
	return ret < 0 ? -errno : ret;
}

const struct soak_op soak_map_ops[] = {
	{ "map", 100, map_make },
	{ "unmap", 40, map_unmap },
	{ "protect", 30, map_protect },
	{ "remap", 20, map_remap },
	{ "advise", 50, map_advise },
	{ "peek", 20, map_peek },
	{ }
};
