/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device nodes and sysfs attributes for suites, by the names users know
 *
 * While KUnit runs nothing is mounted at /dev or /sys. These open files in
 * devtmpfs and sysfs all the same: the real nodes, through the drivers' own
 * open().
 */
#ifndef _LAB_NODE_H
#define _LAB_NODE_H

#include <linux/types.h>

struct file;
struct kunit;

/**
 * lab_open_in() - open a file of a file system that need not be mounted
 * @fs: the file system, such as "debugfs"
 * @path: from its root
 * @flags: as for open()
 *
 * Return: the file, for lab_try_close(), or an ERR_PTR.
 */
struct file *lab_open_in(const char *fs, const char *path, int flags);

/**
 * lab_try_open() - open a device node
 * @name: its name below /dev
 * @flags: O_*
 *
 * Return: the file, to be given to lab_try_close(), or an ERR_PTR.
 */
struct file *lab_try_open(const char *name, int flags);

/**
 * lab_try_close() - close a file that lab_try_open() opened
 * @file: the file; its release method has run when this returns
 */
void lab_try_close(struct file *file);

/**
 * lab_open() - open a device node for the length of a test
 * @test: the test; aborted if this fails
 * @name: its name below /dev
 * @flags: O_*
 *
 * Return: the file; closed when the test ends, or by lab_close() before.
 */
struct file *lab_open(struct kunit *test, const char *name, int flags);

/**
 * lab_close() - close a file that lab_open() opened, now
 * @test: the test
 * @file: the file
 */
void lab_close(struct kunit *test, struct file *file);

/**
 * lab_text_read() - read a line from a file of sysfs, debugfs and their like
 * @test: the test; aborted if there is no such file or nothing in it
 * @fs: the file system, such as "debugfs"
 * @path: from its root
 * @text: for the line
 * @size: of @text
 *
 * Context: the test's own thread; enters a space if it is in none.
 * Return: the line, in @text, without blanks around it.
 */
char *lab_text_read(struct kunit *test, const char *fs, const char *path,
		    char *text, size_t size);

/**
 * lab_number_read() - read a number from such a file
 * @test: likewise
 * @fs: likewise
 * @path: likewise
 */
long lab_number_read(struct kunit *test, const char *fs, const char *path);

/**
 * lab_attr_read() - read a number from a sysfs attribute
 * @test: the test; aborted if there is no such attribute or number
 * @path: its path below /sys
 *
 * Return: the number.
 */
long lab_attr_read(struct kunit *test, const char *path);

/**
 * lab_attr_write() - write to a sysfs attribute
 * @test: the test; aborted if there is no such attribute
 * @path: its path below /sys
 * @text: what to write
 *
 * Return: 0 or a negative errno.
 */
int lab_attr_write(struct kunit *test, const char *path, const char *text);

/**
 * lab_proc_read() - read a file of procfs
 * @test: the test; aborted if it cannot be read
 * @path: its path below /proc
 * @text: for its contents, which are cut to fit and end with a 0
 * @size: of @text
 *
 * Context: the test's own thread; enters a space if it is in none.
 */
void lab_proc_read(struct kunit *test, const char *path, char *text,
		   size_t size);

#endif /* _LAB_NODE_H */
