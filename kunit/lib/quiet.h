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
 * lab_silent_console() - print no errors, either
 * @test: the test
 *
 * Not even that a test has failed: whoever finds that out calls lab_loud_console() first.
 */
void lab_silent_console(struct kunit *test);

/**
 * lab_loud_console() - end these before the test does
 * @test: the test
 */
void lab_loud_console(struct kunit *test);

#endif /* _LAB_QUIET_H */
