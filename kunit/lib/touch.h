/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Touch user memory as a process would, and live to tell
 */
#ifndef _LAB_TOUCH_H
#define _LAB_TOUCH_H

#include <linux/types.h>

/**
 * enum lab_access - what an access to user memory comes to
 * @LAB_OK: it succeeds
 * @LAB_SIGBUS: the process gets SIGBUS
 * @LAB_SIGSEGV: the process gets SIGSEGV
 * @LAB_OOM: there is no memory
 * @LAB_LOOP: each fault claims success and changes nothing: the process would
 *	      fault for ever, and so would UML's copy_from_user()
 * @LAB_WILD: the page table entry leads outside of memory: to follow it would
 *	      end UML
 */
enum lab_access {
	LAB_OK,
	LAB_SIGBUS,
	LAB_SIGSEGV,
	LAB_OOM,
	LAB_LOOP,
	LAB_WILD
};

/**
 * lab_access_name() - an access's outcome in words
 * @access: the outcome
 */
const char *lab_access_name(enum lab_access access);

/**
 * lab_touch() - fault a page in
 * @addr: an address in it
 * @write: for writing
 *
 * Context: in a space, see lab_space_new().
 */
enum lab_access lab_touch(unsigned long addr, bool write);

/**
 * lab_load() - read user memory
 * @addr: where
 * @buf: where to put it
 * @len: how much, in bytes; may cross pages
 *
 * Each page is touched and its page table entry looked at first.
 *
 * Return: LAB_OK, or what the first page that cannot be read comes to.
 */
enum lab_access lab_load(unsigned long addr, void *buf, size_t len);

/**
 * lab_store() - write user memory
 * @addr: where
 * @buf: what
 * @len: how much, in bytes; may cross pages
 *
 * Return: as lab_load().
 */
enum lab_access lab_store(unsigned long addr, const void *buf, size_t len);

/**
 * lab_expect_touch() - expect a touch to have an outcome
 * @test: the test
 * @addr: an address
 * @write: for writing
 * @want: the outcome
 */
#define lab_expect_touch(test, addr, write, want)			\
do {									\
	enum lab_access __want = (want);				\
	enum lab_access __got = lab_touch(addr, write);			\
									\
	KUNIT_EXPECT_EQ_MSG(test, __got, __want,			\
			    "access to %s: %s, expected %s", #addr,	\
			    lab_access_name(__got),			\
			    lab_access_name(__want));			\
} while (0)

#endif /* _LAB_TOUCH_H */
