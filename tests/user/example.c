// SPDX-License-Identifier: GPL-2.0-only
/*
 * The README's example of a program
 */

#include <fcntl.h>
#include <sys/mman.h>
#include <kselftest_harness.h>

#include "lab.h"
#include "space.h"

FIXTURE(example) {
	int lab;
	char name[LAB_NAME];
};

FIXTURE_SETUP(example)
{
	self->lab = lab_begin();
	ASSERT_EQ(0, lab_plug(self->lab, self->name, "simple pages=4"));
}

FIXTURE_TEARDOWN(example)
{
	EXPECT_TRUE(lab_end(self->lab));	/* no violation, not even at the end */
}

TEST_F(example, unplugged)
{
	int fd = lab_open(O_RDWR, "%s-remap", self->name);
	unsigned char *map = mmap(NULL, LAB_PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, lab_read_signal(map));
	EXPECT_EQ(0, lab_command(self->lab, "unplug %s", self->name));
	EXPECT_EQ(SIGBUS, lab_read_signal(map));
}

TEST_HARNESS_MAIN
