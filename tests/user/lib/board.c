// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dad board, plugged in and open
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "pages.h"
#include "space.h"

/* Looks, 1 ms apart, before it is given up */
#define BOARD_LOOKS	5000

static void board_pause(void)
{
	nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
}

int lab_board_plug(struct lab_board *board, const char *options)
{
	int err;

	board->pins = lab_pins();
	if (board->pins < 0)
		return board->pins;
	board->lab = lab_begin();
	if (board->lab < 0)
		return board->lab;
	err = lab_plug(board->lab, board->node, "dad %s", options);
	if (err)
		return err;
	board->fd = lab_open(O_RDWR | O_CLOEXEC, "%s", board->node);
	return board->fd < 0 ? board->fd : 0;
}

/* An io_uring that was closed gives its pages back a little later. */
static long board_pins_left(const struct lab_board *board)
{
	unsigned int i;

	for (i = 0; i < 100 && lab_pins() != board->pins; i++)
		board_pause();
	return lab_pins() - board->pins;
}

const char *lab_board_end(struct lab_board *board)
{
	static char wrong[64];
	long pins;

	close(board->fd);
	if (!lab_end(board->lab))
		return "the machine complained";
	pins = board_pins_left(board);
	if (!pins)
		return "";
	snprintf(wrong, sizeof(wrong), "%ld more pins than before", pins);
	return wrong;
}

int lab_board_set(const struct lab_board *board, const char *name,
		  const char *value)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/sys/class/dad/%s/%s", board->node, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int lab_board_hold(const struct lab_board *board)
{
	int err = lab_board_set(board, "timeout_ms", "60000");

	return err ? err : lab_command(board->lab, "complete %s never",
				       board->node);
}

int lab_board_let_go(const struct lab_board *board)
{
	return lab_command(board->lab, "complete %s at_once", board->node);
}

long lab_board_counter(const struct lab_board *board, const char *name)
{
	return lab_attr("/sys/kernel/debug/dad/%s/%s", board->node, name);
}

static bool board_in_state(const struct lab_board *board, const char *state)
{
	char path[128], line[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/dad/%s/state", board->node);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file))
		line[strcspn(line, "\n")] = '\0';
	fclose(file);
	return !strcmp(line, state);
}

int lab_board_wait_state(const struct lab_board *board, const char *state)
{
	unsigned int i;

	for (i = 0; i < BOARD_LOOKS; i++) {
		if (board_in_state(board, state))
			return 0;
		board_pause();
	}
	return -ETIMEDOUT;
}

void *lab_board_map(const struct lab_board *board, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, board->fd,
		    0);
}

int lab_poll(int fd, int events)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return poll(&pollfd, 1, 0) < 0 ? -errno : pollfd.revents;
}
