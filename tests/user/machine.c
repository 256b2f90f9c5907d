// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine itself, as a program sees it: /dev/umlab, and where programs run
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <kselftest_harness.h>

#include "lab.h"

FIXTURE(machine) {
	int lab;
	char name[LAB_NAME];
};

FIXTURE_SETUP(machine)
{
	self->lab = lab_begin();
	ASSERT_LE(0, self->lab);
}

FIXTURE_TEARDOWN(machine)
{
	EXPECT_TRUE(lab_end(self->lab));
}

/* Each with one thing wrong, and nothing is plugged in for it */
TEST_F(machine, bad_commands)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "plugg dad", -EINVAL },
		{ "plug", -ENOENT },
		{ "plug none", -ENOENT },
		{ "plug dad revision=D", -EINVAL },
		{ "plug dad memory=many", -EINVAL },
		{ "plug dad memory=65537", -EINVAL },
		{ "plug dad topology=straight", -EINVAL },
		{ "plug dad irq=nmi", -EINVAL },
		{ "plug dad completion=soon", -EINVAL },
		{ "plug dad delay=-1", -EINVAL },
		{ "plug dad colour=red", -EINVAL },
		{ "plug simple pages=0", -EINVAL },
		{ "plug simple pages=100000", -EINVAL },
		{ "plug simple topology=iommu", -EINVAL },
		{ "unplug", -ENOENT },
		{ "unplug dad0", -ENOENT },
		{ "vanish dad0", -ENOENT },
		{ "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", -E2BIG },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *text = bad[i].text;

		EXPECT_EQ(bad[i].err, lab_command(self->lab, "%s", text))
			TH_LOG("%s", text);
	}
	EXPECT_EQ(0, lab_command(self->lab, "\n \t"));
	EXPECT_EQ(-ENOENT, lab_open(O_RDWR, "dad0"));
}

/* What a device cannot do */
TEST_F(machine, bad_devices)
{
	char dad[LAB_NAME];

	ASSERT_EQ(0, lab_plug(self->lab, self->name, "simple"));
	ASSERT_EQ(0, lab_plug(self->lab, dad, "dad"));
	EXPECT_EQ(-EOPNOTSUPP, lab_command(self->lab, "vanish %s", self->name));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "complete %s soon", dad));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "complete %s", dad));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "expect %s none", dad));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "expect %s", dad));
	/* One word too many, and nothing is done */
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "vanish %s now", dad));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "unplug %s now", dad));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "unplug all now"));
	EXPECT_EQ(-EINVAL, lab_command(self->lab, "complete %s never x", dad));
	EXPECT_LE(0, lab_open(O_RDWR, "%s", dad));
}

/* It is there as long as anybody has the file. */
TEST_F(machine, lives_as_long_as_the_file)
{
	int lab = lab_begin(), hold[2], status;
	pid_t child;

	ASSERT_LE(0, lab);
	ASSERT_EQ(0, lab_plug(lab, self->name, "dad"));
	ASSERT_EQ(0, pipe(hold));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		char byte;

		close(hold[1]);
		_exit(read(hold[0], &byte, 1) != 0);
	}
	close(hold[0]);
	close(lab);
	EXPECT_LE(0, lab_open(O_RDWR, "%s", self->name));
	close(hold[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-ENOENT, lab_open(O_RDWR, "%s", self->name));
}

/* Others see and name it, but it is not theirs. */
TEST_F(machine, kept)
{
	int other = lab_begin();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, lab_plug(other, self->name, "dad keep"));
	EXPECT_TRUE(lab_end(other));
	EXPECT_LE(0, lab_open(O_RDWR, "%s", self->name));
	EXPECT_EQ(0, lab_command(self->lab, "unplug all"));
	EXPECT_LE(0, lab_open(O_RDWR, "%s", self->name));
	EXPECT_EQ(0, lab_command(self->lab, "unplug %s", self->name));
	EXPECT_EQ(-ENOENT, lab_open(O_RDWR, "%s", self->name));
}

/* A file of its own each, and nobody else's devices in it */
TEST_F(machine, two_files)
{
	char one[LAB_NAME], two[LAB_NAME];
	int other = lab_begin();

	ASSERT_LE(0, other);
	ASSERT_EQ(0, lab_plug(self->lab, one, "dad revision=A"));
	ASSERT_EQ(0, lab_plug(other, two, "dad revision=C irq=msix"));
	EXPECT_STRNE(one, two);
	EXPECT_EQ(-ENOENT, lab_command(other, "unplug %s", one));
	EXPECT_EQ(0, lab_command(other, "unplug %s", two));
	EXPECT_TRUE(lab_end(other));
	EXPECT_LE(0, lab_open(O_RDWR, "%s", one));
}

/* A root that nobody can change, and a /tmp that everybody can */
TEST_F(machine, file_systems)
{
	struct stat info;

	EXPECT_EQ(-1, open("/new", O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(-1, open("/dev/dad0", O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(EROFS, errno);
	EXPECT_LE(0, open("/tmp/new", O_CREAT | O_WRONLY, 0600));
	EXPECT_LE(0, open("/dev/shm/new", O_CREAT | O_WRONLY, 0600));
	EXPECT_EQ(0, stat("/proc/1/maps", &info));
	EXPECT_EQ(0, stat("/sys/bus/pci/devices", &info));
	EXPECT_EQ(0, stat("/sys/kernel/debug/dma-api", &info));
	EXPECT_EQ(0, stat("/dev/null", &info));
	EXPECT_TRUE(S_ISCHR(info.st_mode));
}

TEST_HARNESS_MAIN
