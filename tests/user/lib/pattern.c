// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that is known from its seed and place
 */

#include "pattern.h"

/* The upper bits of a product change from byte to byte, and do not repeat for long. */
static unsigned char pattern_byte(unsigned int seed, size_t index)
{
	unsigned int mixed = (unsigned int)index * 2654435761U;

	return (mixed >> 24) + (index >> 12) * 17 + seed * 59;
}

void lab_pattern_put(void *to, size_t len, unsigned int seed, size_t first)
{
	unsigned char *byte = to;
	size_t i;

	for (i = 0; i < len; i++)
		byte[i] = pattern_byte(seed, first + i);
}

size_t lab_pattern_length(const void *from, size_t len, unsigned int seed,
			  size_t first)
{
	const unsigned char *byte = from;
	size_t i;

	for (i = 0; i < len && byte[i] == pattern_byte(seed, first + i); i++)
		;
	return i;
}

size_t lab_same_length(const void *from, size_t len, unsigned char byte)
{
	const unsigned char *at = from;
	size_t i;

	for (i = 0; i < len && at[i] == byte; i++)
		;
	return i;
}
