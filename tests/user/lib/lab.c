// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine, as programs see it
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"

/* What /dev/umlab takes and gives at once */
#define LAB_TEXT	4096

int lab_begin(void)
{
	int lab = open("/dev/umlab", O_RDWR | O_CLOEXEC);

	return lab < 0 ? -errno : lab;
}

static int lab_write(int lab, const char *text)
{
	return write(lab, text, strlen(text)) < 0 ? -errno : 0;
}

int lab_command(int lab, const char *format, ...)
{
	char text[LAB_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return lab_write(lab, text);
}

/* What the machine says: a line for each device, and the verdict */
static int lab_state(int lab, char text[LAB_TEXT])
{
	ssize_t got = pread(lab, text, LAB_TEXT - 1, 0);

	if (got < 0)
		return -errno;
	text[got] = '\0';
	return 0;
}

/* The name of the last device: its line is the last but one. */
static int lab_newest(int lab, char name[LAB_NAME])
{
	char text[LAB_TEXT], *line, *rest = text, *newest = NULL;
	int err = lab_state(lab, text);

	if (err)
		return err;
	while ((line = strsep(&rest, "\n")))
		if (strchr(line, ' '))
			newest = line;
	if (!newest)
		return -ENODEV;
	return sscanf(newest, "%31s", name) == 1 ? 0 : -EPROTO;
}

int lab_plug(int lab, char name[LAB_NAME], const char *format, ...)
{
	char text[LAB_TEXT] = "plug ";
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(text + strlen(text), sizeof(text) - strlen(text), format,
		  args);
	va_end(args);
	err = lab_write(lab, text);
	return err ? err : lab_newest(lab, name);
}

bool lab_end(int lab)
{
	char text[LAB_TEXT];
	bool passed = !lab_command(lab, "unplug all") &&
		      !lab_state(lab, text) && strstr(text, "passed\n");

	close(lab);
	return passed;
}

int lab_open(int flags, const char *format, ...)
{
	char path[64] = "/dev/";
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(path + strlen(path), sizeof(path) - strlen(path), format,
		  args);
	va_end(args);
	fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}
