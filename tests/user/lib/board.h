/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dad board, plugged in and open
 *
 * lab_board_end() says what is wrong in the end, in words::
 *
 *	FIXTURE_TEARDOWN(dad) { EXPECT_STREQ("", lab_board_end(&self->board)); }
 */
#ifndef _BOARD_H
#define _BOARD_H

#include <poll.h>

#include "lab.h"

/* Requests that a board can have at a time; one more has to wait */
#define LAB_BOARD_SLOTS	16

/* A read or write of more bytes than that is direct */
#define LAB_BOARD_SHORT	1024

/* What poll() says of a board that has room for a request */
#define LAB_BOARD_READY	(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)

/**
 * struct lab_board - a board
 * @lab: the machine
 * @fd: its node, for reading and writing
 * @pins: how many pins there were before
 * @node: its name
 */
struct lab_board {
	int lab;
	int fd;
	long pins;
	char node[LAB_NAME];
};

/**
 * lab_board_plug() - plug in a board, and open it
 * @board: filled in
 * @options: such as "revision=C topology=iommu"
 *
 * Return: 0, or a negative errno.
 */
int lab_board_plug(struct lab_board *board, const char *options);

/**
 * lab_board_end() - close it and unplug it; also one that was unplugged before
 * @board: the board
 *
 * Return: what is wrong: the machine complained, or pages are still pinned; "" if nothing.
 */
const char *lab_board_end(struct lab_board *board);

/**
 * lab_board_hold() - have the board complete nothing, and the driver be patient
 * @board: the board
 *
 * Return: 0, or a negative errno.
 */
int lab_board_hold(const struct lab_board *board);

/**
 * lab_board_let_go() - have the board complete what is held, and from now on at once
 * @board: the board
 *
 * Return: 0, or a negative errno.
 */
int lab_board_let_go(const struct lab_board *board);

/**
 * lab_board_counter() - what the driver has counted
 * @board: the board
 * @name: a file of dad/dadN in debugfs
 *
 * Return: the number, or a negative errno.
 */
long lab_board_counter(const struct lab_board *board, const char *name);

/**
 * lab_board_set() - write to a file of the board in sysfs
 * @board: the board
 * @name: the file, in /sys/class/dad/dadN
 * @value: what to write
 *
 * Return: 0, or a negative errno.
 */
int lab_board_set(const struct lab_board *board, const char *name,
		  const char *value);

/**
 * lab_board_wait_state() - wait until the driver says a state of the board
 * @board: the board
 * @state: "running", "stopped" or "failed"
 *
 * Return: 0, or -ETIMEDOUT if it does not within seconds.
 */
int lab_board_wait_state(const struct lab_board *board, const char *state);

/**
 * lab_board_map() - map the memory on the board
 * @board: the board
 * @size: how much of it, from its start on
 *
 * Return: the address, or MAP_FAILED.
 */
void *lab_board_map(const struct lab_board *board, size_t size);

/**
 * lab_poll() - what poll() says of a file, at once
 * @fd: the file
 * @events: what is asked for
 *
 * Return: the events, or a negative errno.
 */
int lab_poll(int fd, int events);

#endif /* _BOARD_H */
