// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address space, as a program sees its own
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "space.h"

#define SPACE_LINE	512

static sigjmp_buf space_back;
static struct lab_touch space_caught;

static void space_handler(int signal, siginfo_t *info, void *context)
{
	space_caught = (struct lab_touch) {
		.signal = signal,
		.code = info->si_code,
		.addr = info->si_addr,
	};
	siglongjmp(space_back, 1);
}

/* Catch SIGBUS and SIGSEGV; their handlers until now are kept. */
static void space_catch(struct sigaction kept[2])
{
	/* Not blocked while it is handled: so the way back needs no system call. */
	const struct sigaction action = {
		.sa_sigaction = space_handler,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGBUS, &action, &kept[0]);
	sigaction(SIGSEGV, &action, &kept[1]);
}

static void space_release(const struct sigaction kept[2])
{
	sigaction(SIGBUS, &kept[0], NULL);
	sigaction(SIGSEGV, &kept[1], NULL);
}

/* With the signals caught. Atomic, for the compiler may not leave it out */
static struct lab_touch space_touch(unsigned char *at, bool write,
				    unsigned char *byte)
{
	space_caught = (struct lab_touch) { };
	if (!sigsetjmp(space_back, 0)) {
		if (write)
			__atomic_store_n(at, *byte, __ATOMIC_RELAXED);
		else
			*byte = __atomic_load_n(at, __ATOMIC_RELAXED);
	}
	return space_caught;
}

struct lab_touch lab_read_byte(const void *addr, unsigned char *byte)
{
	struct sigaction kept[2];
	unsigned char unwanted;
	struct lab_touch touch;

	space_catch(kept);
	touch = space_touch((unsigned char *)addr, false,
			    byte ? byte : &unwanted);
	space_release(kept);
	return touch;
}

struct lab_touch lab_write_byte(void *addr, unsigned char byte)
{
	struct sigaction kept[2];
	struct lab_touch touch;

	space_catch(kept);
	touch = space_touch(addr, true, &byte);
	space_release(kept);
	return touch;
}

static struct lab_touch space_fate(enum lab_fate fate, void *at)
{
	switch (fate) {
	case LAB_SIGBUS:
		return (struct lab_touch) { SIGBUS, BUS_ADRERR, at };
	case LAB_UNMAPPED:
		return (struct lab_touch) { SIGSEGV, SEGV_MAPERR, at };
	case LAB_DENIED:
		return (struct lab_touch) { SIGSEGV, SEGV_ACCERR, at };
	default:
		return (struct lab_touch) { };
	}
}

/* Make a text of a touch that is not as it should be; false: it is */
static bool space_strange(char *text, size_t size, const char *access,
			  size_t at, const struct lab_touch *got,
			  const struct lab_touch *want)
{
	if (got->signal == want->signal && got->code == want->code &&
	    got->addr == want->addr)
		return false;
	snprintf(text, size,
		 "%s of byte %zu of page %zu: signal %d, code %d, %p; wanted signal %d, code %d, %p",
		 access, at % LAB_PAGE, at / LAB_PAGE, got->signal, got->code,
		 got->addr, want->signal, want->code, want->addr);
	return true;
}

/* Touch a byte; true: something is strange, and what, is in @text */
static bool space_try(unsigned char *page, size_t at, const char *access,
		      enum lab_fate fate, char *text, size_t size)
{
	struct lab_touch want = space_fate(fate, page + at), got = { };
	unsigned char byte = 0;

	/* What is only written, has to be read for its value. */
	if (strchr(access, 'r') || fate == LAB_GOOD)
		got = space_touch(page + at, false, &byte);
	if (strchr(access, 'r') &&
	    space_strange(text, size, "read", at, &got, &want))
		return true;
	if (!strchr(access, 'w'))
		return false;
	got = space_touch(page + at, true, &byte);
	return space_strange(text, size, "write", at, &got, &want);
}

const char *lab_strange(unsigned char *at, unsigned int pages,
			const char *access, enum lab_fate fate)
{
	size_t i, len = pages * LAB_PAGE;
	struct sigaction kept[2];
	static char text[256];
	bool strange = false;

	space_catch(kept);
	for (i = 0; i < len && !strange; i += i % LAB_PAGE ? 1 : LAB_PAGE - 1)
		strange = space_try(at, i, access, fate, text, sizeof(text));
	space_release(kept);
	return strange ? text : "";
}

static bool space_parse(const char *line, struct lab_map *map)
{
	map->path[0] = '\0';
	return sscanf(line, "%lx-%lx %4s %llx %x:%x %lu %127[^\n]", &map->start,
		      &map->end, map->perms, &map->offset, &map->major,
		      &map->minor, &map->inode, map->path) >= 7;
}

static FILE *space_open(pid_t pid, const char *name)
{
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	return fopen(path, "r");
}

/* Go to the line that has @addr; 0 or a negative errno */
static int space_find(FILE *file, const void *addr, struct lab_map *map)
{
	unsigned long at = (unsigned long)addr;
	char line[SPACE_LINE];

	while (fgets(line, sizeof(line), file))
		if (space_parse(line, map) && at >= map->start && at < map->end)
			return 0;
	return -ENOENT;
}

int lab_map_of(pid_t pid, const void *addr, struct lab_map *map)
{
	FILE *file = space_open(pid, "maps");
	int err;

	if (!file)
		return -errno;
	err = space_find(file, addr, map);
	fclose(file);
	return err;
}

unsigned int lab_map_count(const char *path)
{
	FILE *file = space_open(0, "maps");
	char line[SPACE_LINE];
	unsigned int count = 0;
	struct lab_map map;

	while (file && fgets(line, sizeof(line), file))
		count += space_parse(line, &map) && !strcmp(map.path, path);
	if (file)
		fclose(file);
	return count;
}

void lab_map_text(const struct lab_map *map, char *text, size_t size)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%lx-%lx %s %08llx %02x:%02x %lu %s\n",
		 map->start, map->end, map->perms, map->offset, map->major,
		 map->minor, map->inode, map->path);
}

int lab_maps(const char *path, char *text, size_t size)
{
	FILE *file = space_open(0, "maps");
	char line[SPACE_LINE];
	struct lab_map map;

	text[0] = '\0';
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		if (space_parse(line, &map) && !strcmp(map.path, path))
			lab_map_text(&map, text, size);
	fclose(file);
	return 0;
}

/* A line of smaps that starts with @name, about the mapping that has @addr */
static int space_smaps(const void *addr, const char *name, char *line)
{
	FILE *file = space_open(0, "smaps");
	struct lab_map map, next;
	int err;

	if (!file)
		return -errno;
	err = space_find(file, addr, &map);
	while (!err) {
		if (!fgets(line, SPACE_LINE, file) || space_parse(line, &next))
			err = -ENOENT;
		else if (!strncmp(line, name, strlen(name)))
			break;
	}
	fclose(file);
	return err;
}

bool lab_vmflag(const void *addr, const char *flag)
{
	char line[SPACE_LINE], wanted[8];

	snprintf(wanted, sizeof(wanted), " %s ", flag);
	return !space_smaps(addr, "VmFlags:", line) && strstr(line, wanted);
}

void lab_vmflags(const void *addr, char *flags, size_t size)
{
	char line[SPACE_LINE];

	flags[0] = '\0';
	if (!space_smaps(addr, "VmFlags: ", line))
		snprintf(flags, size, "%.*s", (int)strcspn(line, "\n") - 9,
			 line + 9);
}

long lab_smaps_kb(const void *addr, const char *name)
{
	char line[SPACE_LINE], prefix[32];
	int err;

	snprintf(prefix, sizeof(prefix), "%s:", name);
	err = space_smaps(addr, prefix, line);
	return err ? err : strtol(line + strlen(prefix), NULL, 10);
}

long lab_attr(const char *format, ...)
{
	char path[256];
	va_list args;
	FILE *file;
	long value;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	file = fopen(path, "r");
	if (!file)
		return -errno;
	if (fscanf(file, "%ld", &value) != 1)
		value = -EPROTO;
	fclose(file);
	return value;
}
