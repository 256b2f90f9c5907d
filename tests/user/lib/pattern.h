/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data that is known from its seed and place: each byte can be told from its neighbours
 */
#ifndef _PATTERN_H
#define _PATTERN_H

#include <stddef.h>

/**
 * lab_pattern_put() - write a part of the pattern
 * @to: to here
 * @len: how many bytes
 * @seed: of which pattern
 * @first: which byte of it comes first
 */
void lab_pattern_put(void *to, size_t len, unsigned int seed, size_t first);

/**
 * lab_pattern_length() - how much of the pattern is there
 * @from: from here on
 * @len: as many bytes at most
 * @seed: of which pattern
 * @first: which byte of it should come first
 *
 * Return: how many bytes are as they should before the first one that is not; @len if all
 * are.
 */
size_t lab_pattern_length(const void *from, size_t len, unsigned int seed,
			  size_t first);

/**
 * lab_same_length() - how many bytes have a value
 * @from: from here on
 * @len: as many bytes at most
 * @byte: the value
 *
 * Return: likewise.
 */
size_t lab_same_length(const void *from, size_t len, unsigned char byte);

#endif /* _PATTERN_H */
