/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keep the log readable where a case does something a thousand times
 */
#ifndef _LAB_QUIET_H
#define _LAB_QUIET_H

struct kunit;

/**
 * lab_quiet_console() - print only warnings and worse for the length of a test
 * @test: the test
 */
void lab_quiet_console(struct kunit *test);

/**
 * lab_loud_console() - end lab_quiet_console() before the test does
 * @test: the test
 */
void lab_loud_console(struct kunit *test);

#endif /* _LAB_QUIET_H */
