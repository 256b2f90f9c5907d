/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address space, as a program sees its own: touching memory that may not be there,
 * and what /proc says of mappings
 */
#ifndef _SPACE_H
#define _SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab.h"

/* The size of a page */
#define LAB_PAGE	4096UL

/**
 * struct lab_touch - what came of touching memory
 * @signal: 0: nothing happened, else SIGBUS or SIGSEGV
 * @code: its si_code, such as BUS_ADRERR
 * @addr: its si_addr
 */
struct lab_touch {
	int signal;
	int code;
	void *addr;
};

/**
 * lab_read_byte() - read a byte that may not be there
 * @addr: where
 * @byte: for it; NULL: not wanted
 *
 * Context: handlers of SIGBUS and SIGSEGV are replaced meanwhile; one thread at a time.
 */
struct lab_touch lab_read_byte(const void *addr, unsigned char *byte);

/**
 * lab_write_byte() - write a byte to where there may be nothing
 * @addr: where
 * @byte: what
 */
struct lab_touch lab_write_byte(void *addr, unsigned char byte);

/* The signal alone: 0, SIGBUS or SIGSEGV */
static inline int lab_read_signal(const void *addr)
{
	return lab_read_byte(addr, NULL).signal;
}

static inline int lab_write_signal(void *addr)
{
	return lab_write_byte(addr, 1).signal;
}

/**
 * enum lab_fate - what becomes of who touches memory
 * @LAB_GOOD: nothing
 * @LAB_SIGBUS: it is mapped, but there is nothing: SIGBUS, BUS_ADRERR
 * @LAB_UNMAPPED: it is not mapped: SIGSEGV
 * @LAB_DENIED: it is mapped, but not for that: SIGSEGV, SEGV_ACCERR
 */
enum lab_fate {
	LAB_GOOD,
	LAB_SIGBUS,
	LAB_UNMAPPED,
	LAB_DENIED,
};

/**
 * lab_strange() - touch the first and the last byte of pages, and look at what comes
 * @at: the first page
 * @pages: how many
 * @access: "r": reading counts; "w": writing what was read does, "rw": both
 * @fate: what should come of it, at that address
 *
 * Return: a text about the first one with which it is another; empty: there is none.
 */
const char *lab_strange(unsigned char *at, unsigned int pages,
			const char *access, enum lab_fate fate);

/**
 * struct lab_map - a line of /proc/PID/maps
 * @start: its first address
 * @end: the first one after it
 * @perms: "rwxp", "r--s", ...
 * @offset: in the file, in bytes
 * @major: of the device that has the file (not of a device node)
 * @minor: likewise
 * @inode: of the file
 * @path: the file, or what the kernel calls it
 */
struct lab_map {
	unsigned long start;
	unsigned long end;
	char perms[5];
	unsigned long long offset;
	unsigned int major;
	unsigned int minor;
	unsigned long inode;
	char path[128];
};

/**
 * lab_map_of() - the line of a process's maps that has an address
 * @pid: the process; 0: this one
 * @addr: the address
 * @map: for the line
 *
 * Return: 0, -ENOENT: nothing is mapped there; or another error.
 */
int lab_map_of(pid_t pid, const void *addr, struct lab_map *map);

/**
 * lab_map_count() - how many lines of this process's maps have a path
 * @path: the path
 */
unsigned int lab_map_count(const char *path);

/**
 * lab_map_text() - append a mapping to a text, as a line with all of its fields
 * @map: the mapping
 * @text: the text
 * @size: the most that it can have, with the 0 at its end
 */
void lab_map_text(const struct lab_map *map, char *text, size_t size);

/**
 * lab_maps() - all of this process's mappings that have a path, as a text
 * @path: the path
 * @text: for it: lines as of lab_map_text(), by address
 * @size: the most that it can have
 *
 * Return: 0, or a negative errno.
 */
int lab_maps(const char *path, char *text, size_t size);

/**
 * lab_vmflags() - all flags that smaps has for a mapping of this process
 * @addr: an address in it
 * @flags: for them, without the "VmFlags:", such as "rd sh mr ms io "; empty: there
 *	is no mapping
 * @size: of @flags
 */
void lab_vmflags(const void *addr, char *flags, size_t size);

/**
 * lab_vmflag() - whether smaps has a flag for a mapping of this process
 * @addr: an address in it
 * @flag: as in "VmFlags:", two letters: "io", "pf", "mm", "de", "dd", ...
 */
bool lab_vmflag(const void *addr, const char *flag);

/**
 * lab_smaps_kb() - a number of smaps for a mapping of this process
 * @addr: an address in it
 * @name: such as "Rss"
 *
 * Return: KiB, or a negative errno.
 */
long lab_smaps_kb(const void *addr, const char *name);

/**
 * lab_attr() - read a number from a file
 * @format: its path
 *
 * Return: the number, or a negative errno.
 */
__printf(1, 2)
long lab_attr(const char *format, ...);

#endif /* _SPACE_H */
