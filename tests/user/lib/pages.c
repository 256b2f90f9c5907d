// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages that memory consists of
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pages.h"
#include "space.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGES_PRESENT	0x8000000000000000ULL
#define PAGES_FRAME	0x007fffffffffffffULL
#define PAGES_DIRTY	0x10ULL

long lab_pins(void)
{
	FILE *file = fopen("/proc/vmstat", "r");
	unsigned int found = 0;
	long pins = 0, value;
	char name[64];

	if (!file)
		return -errno;
	while (found < 2 && fscanf(file, "%63s %ld", name, &value) == 2) {
		if (!strcmp(name, "nr_foll_pin_acquired"))
			pins += value;
		else if (!strcmp(name, "nr_foll_pin_released"))
			pins -= value;
		else
			continue;
		found++;
	}
	fclose(file);
	return found == 2 ? pins : -ENOENT;
}

/* Entries of a table in /proc with 8 bytes for each page; 0 or a negative errno */
static int pages_entries(const char *path, unsigned long first, size_t count,
			 __u64 *entries)
{
	ssize_t size = count * sizeof(*entries);
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (pread(fd, entries, size, first * sizeof(*entries)) != size)
		err = -EIO;
	close(fd);
	return err;
}

/* The frames of this process's pages, 0 for those that are not there */
static int pages_frames(const void *addr, size_t count, __u64 *frames)
{
	unsigned long first = (unsigned long)addr / LAB_PAGE;
	int err = pages_entries("/proc/self/pagemap", first, count, frames);
	size_t i;

	for (i = 0; i < count; i++)
		frames[i] = frames[i] & PAGES_PRESENT ?
			    frames[i] & PAGES_FRAME : 0;
	return err;
}

unsigned long lab_frame(const void *addr)
{
	__u64 frame;

	return pages_frames(addr, 1, &frame) ? 0 : frame;
}

int lab_page_dirty(const void *addr)
{
	unsigned long frame = lab_frame(addr);
	__u64 flags;
	int err;

	if (!frame)
		return -ENOENT;
	err = pages_entries("/proc/kpageflags", frame, 1, &flags);
	return err ? err : !!(flags & PAGES_DIRTY);
}

/* In a child: how many pages are not those of the parent */
static int pages_differ(const void *addr, const __u64 *frames, size_t count)
{
	__u64 mine[count];
	int differ = 0;
	size_t i;

	if (pages_frames(addr, count, mine))
		return count + 1;
	for (i = 0; i < count; i++)
		differ += mine[i] != frames[i];
	return differ;
}

long lab_copied_by_fork(const void *addr, size_t size)
{
	size_t count = size / LAB_PAGE;
	__u64 frames[count];
	int status, err = pages_frames(addr, count, frames);
	pid_t pid;

	if (err)
		return err;
	pid = fork();
	if (!pid)
		_exit(pages_differ(addr, frames, count));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status);
}
