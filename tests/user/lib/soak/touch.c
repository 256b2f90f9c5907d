// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: touching what is mapped, what is not, and what is not any more
 */

#include <signal.h>
#include <sys/mman.h>

#include "../../../../drivers/dad/dad-ioctl.h"
#include "soak.h"

/* What touching may come to */
#define TOUCH_GOOD	1
#define TOUCH_BUS	2
#define TOUCH_SEGV	4

/* Who has a page of a device to himself; SOAK_WORKERS or more: nobody */
static unsigned int touch_owner(const struct soak_map *map, __u64 offset)
{
	if (map->slot < SOAK_DAD || offset >= DAD_MAP_RING)
		return SOAK_WORKERS;
	if (map->slot <= SOAK_RING)
		return offset / SOAK_DAD_REGION;
	return offset / LAB_PAGE % SOAK_SIMPLE_CYCLE;
}

bool soak_may_write(const struct soak *soak, const struct soak_map *map,
		    const unsigned char *at)
{
	unsigned int owner = touch_owner(map, map->offset + (at - map->at));

	return owner == soak->index || owner >= SOAK_WORKERS || !map->shared;
}

static int touch_scull(const struct soak *soak, const struct soak_map *map,
		       __u64 offset)
{
	const struct soak_model *model = &soak->model;

	if (map->slot == SOAK_SCULL || offset >= SOAK_SCULL_SPAN)
		return TOUCH_GOOD | TOUCH_BUS;
	return model->scull_page[offset / LAB_PAGE] ? TOUCH_GOOD : TOUCH_BUS;
}

/* Of a device that was unplugged, nothing is left. */
static int touch_gone(const struct soak_device *device, unsigned int life)
{
	if (life & 1 || device->life == life + 1)
		return TOUCH_GOOD | TOUCH_BUS;
	return device->life == life ? TOUCH_GOOD : TOUCH_BUS;
}

static int touch_device(const struct soak *soak, const struct soak_map *map,
			__u64 offset)
{
	const struct soak_device *simple = &soak->shared->simple;

	if (map->slot <= SOAK_SCULL)
		return touch_scull(soak, map, offset);
	if (map->slot <= SOAK_RING)
		return touch_gone(&soak->shared->dad, map->life);
	if (map->life == simple->life && offset >= simple->pages * LAB_PAGE)
		return TOUCH_BUS;
	return touch_gone(simple, map->life);
}

static int touch_outcome(const struct soak *soak, const struct soak_map *map,
			 size_t page, bool write)
{
	int prot, device;

	if (!map->at || page >= map->pages)
		return TOUCH_SEGV;
	device = touch_device(soak, map, map->offset + page * LAB_PAGE);
	if (page >= SOAK_MAP_PAGES)
		return device | TOUCH_SEGV;
	prot = map->prot[page];
	if (prot == SOAK_ABSENT || !(prot & 7))
		return TOUCH_SEGV;
	if (write)
		return prot & PROT_WRITE ? device : TOUCH_SEGV;
	/* What can only be written, may be read once it is there. */
	return prot & (PROT_READ | PROT_EXEC) ? device : device | TOUCH_SEGV;
}

/* Where the model has a byte, and whether it is known; NULL: it does not have it */
static unsigned char *touch_model(struct soak *soak, const struct soak_map *map,
				  __u64 offset, bool **known)
{
	struct soak_model *model = &soak->model;
	struct soak_device *simple = &soak->shared->simple;
	size_t i;

	*known = NULL;
	if (!map->shared)
		return NULL;
	if (map->slot <= SOAK_SCULL_OWN_TOO)
		return offset >= SOAK_SCULL_SPAN ||
		       model->scull_loose[offset / LAB_PAGE] ? NULL :
		       &model->scull[offset];
	if (touch_owner(map, offset) != soak->index)
		return NULL;
	if (map->slot <= SOAK_RING) {
		if (!soak_dad_tame(soak, map->life))
			return NULL;
		soak_dad_sync(soak);
		offset -= soak->index * SOAK_DAD_REGION;
		*known = &model->dad_known[offset];
		return &model->dad[offset];
	}
	if (map->life != simple->life || map->life & 1 ||
	    offset >= simple->pages * LAB_PAGE)
		return NULL;
	if (model->simple_life != simple->life)
		for (i = 0; i < sizeof(model->simple_known); i++)
			model->simple_known[i] = false;
	model->simple_life = simple->life;
	*known = &model->simple_known[offset];
	return &model->simple[offset];
}

void soak_adopt(struct soak *soak, const struct soak_map *map,
		const unsigned char *at, size_t len)
{
	__u64 offset;
	bool *known;
	size_t i;

	for (i = 0; i < len; i++) {
		if (at + i < map->at || at + i >= map->at + map->pages * LAB_PAGE)
			continue;
		offset = map->offset + (at + i - map->at);
		if (!touch_model(soak, map, offset, &known))
			continue;
		if (known)
			*known = false;
		else
			soak->model.scull_loose[offset / LAB_PAGE] = true;
	}
}

static int touch_came(const struct lab_touch *touch)
{
	switch (touch->signal) {
	case 0:
		return TOUCH_GOOD;
	case SIGBUS:
		return TOUCH_BUS;
	default:
		return TOUCH_SEGV;
	}
}

static long touch_byte(struct soak *soak, const struct soak_map *map,
		       unsigned char *at, bool write, unsigned char value)
{
	size_t page = (at - map->at) / LAB_PAGE;
	int expected = touch_outcome(soak, map, page, write), came;
	__u64 offset = map->offset + (at - map->at);
	struct lab_touch touch;
	unsigned char *model;
	bool *known;

	touch = write ? lab_write_byte(at, value) : lab_read_byte(at, &value);
	came = touch_came(&touch);
	soak_expect(soak, came & expected,
		    "%s page %zu: signal %d, not one of %#x (slot %u, offset %#llx)",
		    write ? "writing" : "reading", page, touch.signal, expected,
		    map->slot, (unsigned long long)offset);
	if (touch.signal)
		return -touch.signal;
	model = touch_model(soak, map, offset, &known);
	if (!model)
		return value;
	if (!write && (!known || *known))
		soak_expect(soak, *model == value,
			    "byte %#llx of slot %u is %#x, not %#x",
			    (unsigned long long)offset, map->slot, value,
			    *model);
	*model = value;
	if (known)
		*known = true;
	return value;
}

static unsigned char *touch_where(const struct soak *soak, unsigned int nr,
				  __u64 random)
{
	const struct soak_map *map = &soak->maps[nr];
	size_t page = random >> 16 & 7 ? (random >> 20) % 16 :
					 (random >> 20) % 0x4000;

	if (!map->at)
		return (unsigned char *)SOAK_MAPS_AT + nr * 2 * SOAK_WINDOW +
		       page * LAB_PAGE;
	if (random >> 40 & 7)
		page %= map->pages;
	return map->at + page * LAB_PAGE + random % LAB_PAGE;
}

static long touch_run(struct soak *soak, const __u64 *r)
{
	unsigned int nr = r[0] % SOAK_MAPS;
	const struct soak_map *map = &soak->maps[nr];
	unsigned char *at = touch_where(soak, nr, r[1]);
	bool write = r[2] % 2;

	if (!map->at)
		return write ? -lab_write_signal(at) : -lab_read_signal(at);
	return touch_byte(soak, map, at,
			  write && soak_may_write(soak, map, at), r[3]);
}

long soak_touch_all(struct soak *soak, __u64 random)
{
	unsigned int nr;
	long sum = 0;

	for (nr = 0; nr < SOAK_MAPS; nr++) {
		sum = sum * 31 +
		      lab_read_signal(touch_where(soak, nr, random));
		random = random * 5 + 1;
	}
	return sum;
}

const struct soak_op soak_touch_ops[] = {
	{ "touch", 400, touch_run },
	{ }
};
