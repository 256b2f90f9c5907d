// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: random numbers, hashes, and what goes wrong
 */

#include <stdarg.h>
#include <stdio.h>

#include "soak.h"

/* Messages of a worker; if one thing is wrong, many are. */
#define MODEL_MESSAGES	5

/* SplitMix64, by Sebastiano Vigna; public domain */
__u64 soak_random(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void soak_hash(__u64 *hash, __u64 value)
{
	__u64 state = *hash ^ value;

	*hash = soak_random(&state);
}

const struct soak_op *soak_pick(const struct soak_op *ops, __u64 random)
{
	unsigned int sum = 0, i;

	for (i = 0; ops[i].name; i++)
		sum += ops[i].weight;
	random %= sum;
	for (i = 0; random >= ops[i].weight; i++)
		random -= ops[i].weight;
	return &ops[i];
}

bool soak_expect(struct soak *soak, bool good, const char *format, ...)
{
	char text[200];
	va_list args;

	if (good || soak->own->failures++ >= MODEL_MESSAGES)
		return good;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("# seed %lu, worker %u, operation %lu, %s: %s\n", soak->seed,
	       soak->index, soak->own->done, soak->name, text);
	return false;
}

bool soak_dad_tame(const struct soak *soak, unsigned int life)
{
	return !(life & 1) && life == soak->shared->dad.life;
}

void soak_dad_sync(struct soak *soak)
{
	struct soak_model *model = &soak->model;
	size_t i;

	if (model->dad_life == soak->shared->dad.life)
		return;
	model->dad_life = soak->shared->dad.life;
	for (i = 0; i < SOAK_DAD_REGION; i++)
		model->dad_known[i] = false;
}
