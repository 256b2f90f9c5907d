/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The soak: a read or a write
 */
#ifndef _SOAK_RW_H
#define _SOAK_RW_H

#include "soak.h"

/**
 * struct soak_rw - a read or a write
 * @slot: of which file
 * @in: it is a read
 * @positioned: by lseek(), then read()
 * @vector: by readv() or the like
 * @alarm: a signal may come meanwhile
 * @split: where the vector's parts meet
 * @buffer: from or to where
 * @pos: where in the device
 * @tame: set by soak_rw(): the board was the file's and untouched before
 */
struct soak_rw {
	enum soak_slot slot;
	bool in;
	bool positioned;
	bool vector;
	bool alarm;
	__u64 split;
	struct soak_buffer buffer;
	__s64 pos;
	bool tame;
};

/**
 * soak_rw_place() - where to read or write; may make the buffer shorter
 * @soak: the worker
 * @rw: what is set up but for that
 * @random: a random number
 */
void soak_rw_place(const struct soak *soak, struct soak_rw *rw, __u64 random);

/**
 * soak_rw() - do it, and see to it that what comes of it is right
 * @soak: the worker
 * @rw: it
 *
 * Return: what came of it: bytes or a negative errno.
 */
long soak_rw(struct soak *soak, struct soak_rw *rw);

#endif /* _SOAK_RW_H */
