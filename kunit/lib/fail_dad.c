// SPDX-License-Identifier: GPL-2.0-only
/*
 * A board, of whose driver operations are made to fail
 */

#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "dad_fate.h"
#include "fail_dad.h"
#include "space.h"

struct lab_fail_dad lab_fail_dad_plug(struct kunit *test)
{
	struct lab_fail_dad board = {
		.dad = lab_dad_plug_way(test, test->param_value, 0),
	};

	lab_space_new(test);
	board.node = (struct lab_fail_node) {
		.pages = 2,
		.pos = 100,
		.len = LAB_FAIL_DAD_LEN,
		.file = lab_dad_open(&board.dad, O_RDWR),
	};
	strscpy(board.node.name, board.dad.node);
	return board;
}

struct lab_fail_points lab_fail_dad_each(const struct lab_fail_dad *board,
					 enum lab_fail_point point,
					 const struct lab_fail_op *op, void *data)
{
	const struct lab_fail fail = {
		.test = board->dad.test, .slot = board->dad.slot, .point = point,
	};

	return lab_fail_each(&fail, op, data);
}

void lab_fail_dad_end(const struct lab_fail_dad *board)
{
	lab_dad_expect_works(&board->dad, lab_mmap_anonymous(board->dad.test, 2));
}
