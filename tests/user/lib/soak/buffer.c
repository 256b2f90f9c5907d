// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: memory for reads and writes, good and bad
 */

#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "soak.h"

#define fallthrough	__attribute__((fallthrough))

#define BUFFER_NAMES	0x1234567	/* of the first bytes that are written */

/* Behind the memory is nothing, then what can only be read, then what cannot. */
#define BUFFER_HOLE	(SOAK_MEMORY_AT + SOAK_MEMORY)
#define BUFFER_CONST	(BUFFER_HOLE + 16 * LAB_PAGE)
#define BUFFER_CONSTS	(4 * LAB_PAGE)

static void buffers_map(unsigned long at, size_t len, int prot)
{
	void *map = mmap((void *)at, len, prot,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0);

	if (map != (void *)at)
		err(1, "memory for buffers");
}

void soak_buffers_init(void)
{
	__u64 random = BUFFER_NAMES, *word = (__u64 *)SOAK_MEMORY_AT;
	size_t i;

	buffers_map(SOAK_MEMORY_AT, SOAK_MEMORY, PROT_READ | PROT_WRITE);
	for (i = 0; i < SOAK_MEMORY / sizeof(*word); i++)
		word[i] = soak_random(&random);
	buffers_map(BUFFER_CONST, BUFFER_CONSTS, PROT_READ);
	buffers_map(BUFFER_CONST + BUFFER_CONSTS, LAB_PAGE, PROT_NONE);
}

/* Short ones are many, as they cost little. */
static size_t buffer_len(__u64 random)
{
	size_t len = random >> 8;

	switch (random % 32) {
	case 0:
		return 0;
	case 1:
		return len % 0xc000;
	case 2 ... 7:
		return len % (3 * LAB_PAGE);
	case 8 ... 15:
		return len % 1500;
	default:
		return len % 64 + 1;
	}
}

static const size_t buffer_huge[] = {
	0x7ffff000, 0x80000000, 1UL << 40, SIZE_MAX / 2, SIZE_MAX / 2 + 1,
	SIZE_MAX,
};

/* What the kernel writes to, must not be another worker's. */
static struct soak_buffer buffer_of_map(const struct soak *soak, bool in,
					const struct soak_map *map, size_t len,
					__u64 random)
{
	struct soak_buffer buffer = {
		.at = map->at + random % (map->pages * LAB_PAGE),
		.len = len,
		.map = map,
	};
	size_t left = LAB_PAGE - random % LAB_PAGE;

	if (in && map->slot >= SOAK_DAD && len > left)
		buffer.len = left;
	if (in && !soak_may_write(soak, map, buffer.at))
		buffer.at = NULL;
	return buffer;
}

struct soak_buffer soak_buffer(struct soak *soak, bool in, const __u64 *r)
{
	const struct soak_map *map = &soak->maps[r[1] % SOAK_MAPS];
	struct soak_buffer buffer = { .len = buffer_len(r[0]) };
	unsigned long at = SOAK_MEMORY_AT;
	size_t back = (r[1] >> 8) % (2 * LAB_PAGE);

	switch ((r[0] >> 48) % 32) {
	case 0:
		at = 0;
		break;
	case 1:
		at = BUFFER_HOLE + back;
		break;
	case 2:
		at = -(back + 1);
		break;
	case 3:
		at = 0xffff800000000000UL + back;
		break;
	case 4:	/* only half of it is there */
		buffer.good = back < buffer.len ? back : buffer.len;
		at = BUFFER_HOLE - back;
		break;
	case 5:
		back %= BUFFER_CONSTS;
		at = BUFFER_CONST + BUFFER_CONSTS - back;
		if (!in)
			buffer.good = back < buffer.len ? back : buffer.len;
		break;
	case 6:
		buffer.len = buffer_huge[r[1] % 6];
		buffer.good = SOAK_MEMORY;
		break;
	case 7 ... 10:
		if (map->at)
			return buffer_of_map(soak, in, map, buffer.len,
					     r[1] >> 8);
		/* There is none. */
		fallthrough;
	default:
		at += (r[1] >> 8) % (SOAK_MEMORY - buffer.len);
		buffer.good = buffer.len;
		break;
	}
	buffer.at = (unsigned char *)at;
	return buffer;
}
