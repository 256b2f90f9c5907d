/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A board, of whose driver operations are made to fail
 */
#ifndef _LAB_FAIL_DAD_H
#define _LAB_FAIL_DAD_H

#include "dad.h"
#include "fail.h"
#include "fail_node.h"

/* So many bytes are moved: pages, of which the first and the last are not whole */
#define LAB_FAIL_DAD_LEN	(3 * PAGE_SIZE)

/**
 * struct lab_fail_dad - a board, and its node
 * @dad: the board
 * @node: its node, open
 */
struct lab_fail_dad {
	struct lab_dad dad;
	struct lab_fail_node node;
};

/**
 * lab_fail_dad_plug() - plug a board of the test's parameter, and open its node
 * @test: the test, whose parameter is a struct lab_dad_way; aborted if it cannot be
 *
 * Return: the board; unplugged when the test ends.
 */
struct lab_fail_dad lab_fail_dad_plug(struct kunit *test);

/**
 * lab_fail_dad_each() - have an operation on a board fail at each point
 * @board: the board
 * @point: what fails
 * @op: the operation
 * @data: for it
 *
 * Return: as lab_fail_each() does.
 */
struct lab_fail_points lab_fail_dad_each(const struct lab_fail_dad *board,
					 enum lab_fail_point point,
					 const struct lab_fail_op *op, void *data);

/**
 * lab_fail_dad_end() - expect that a board does what it did before
 * @board: the board
 */
void lab_fail_dad_end(const struct lab_fail_dad *board);

#endif /* _LAB_FAIL_DAD_H */
