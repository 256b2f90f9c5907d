// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of the machine that UML runs on, run inside of UML
 *
 * A usermode helper whose root is a mount of hostfs. No namespace has that
 * mount, so the program cannot have /sys at its usual place; the working folder
 * is UML's instead.
 */

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/umh.h>

#include "host.h"

#define HOST_OUTPUT	(256 * 1024)

/**
 * struct host_setup - how a program is started
 * @root: its root folder
 * @pwd: its working folder
 * @out: its standard output
 * @err: its standard error output
 */
struct host_setup {
	struct path root;
	struct path pwd;
	struct file *out;
	struct file *err;
};

KUNIT_DEFINE_ACTION_WRAPPER(host_unmount, mntput, struct vfsmount *);
KUNIT_DEFINE_ACTION_WRAPPER(host_path_put, path_put, struct path *);

static void host_fput(void *file)
{
	fput(file);
	flush_delayed_fput();
}

static struct vfsmount *host_mount(struct kunit *test, const char *fs)
{
	struct file_system_type *type = get_fs_type(fs);
	struct vfsmount *mnt;

	KUNIT_ASSERT_NOT_NULL_MSG(test, type, "there is no %s", fs);
	mnt = vfs_kern_mount(type, 0, fs, NULL);
	put_filesystem(type);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(mnt), "mounting %s: %pe", fs, mnt);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, host_unmount, mnt));
	return mnt;
}

static struct file *host_file(struct kunit *test, const char *name)
{
	struct file *file = shmem_file_setup(name, HOST_OUTPUT, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, host_fput, file));
	return file;
}

static char *host_contents(struct kunit *test, struct file *file)
{
	size_t size = min_t(loff_t, file->f_pos, HOST_OUTPUT);
	char *text = kunit_kzalloc(test, size + 1, GFP_KERNEL);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_EQ(test, kernel_read(file, text, size, &pos), size);
	return text;
}

/* In the new process, before its program is loaded */
static int host_enter(struct subprocess_info *info, struct cred *new)
{
	struct host_setup *setup = info->data;
	int err;

	set_fs_root(current->fs, &setup->root);
	set_fs_pwd(current->fs, &setup->pwd);
	err = replace_fd(1, setup->out, 0);
	if (err >= 0)
		err = replace_fd(2, setup->err, 0);
	return err < 0 ? err : 0;
}

struct lab_host_run *lab_host_run(struct kunit *test,
				  const char *const *argv, const char *sys)
{
	static const char *const envp[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
	struct lab_host_run *run = kunit_kzalloc(test, sizeof(*run),
						 GFP_KERNEL);
	struct host_setup *setup = kunit_kzalloc(test, sizeof(*setup),
						 GFP_KERNEL);
	struct vfsmount *sysfs = host_mount(test, "sysfs");
	struct subprocess_info *info;

	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_ASSERT_NOT_NULL(test, setup);
	setup->root.mnt = host_mount(test, "hostfs");
	setup->root.dentry = setup->root.mnt->mnt_root;
	KUNIT_ASSERT_EQ(test, vfs_path_lookup(sysfs->mnt_root, sysfs, sys, 0,
					      &setup->pwd), 0);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, host_path_put,
						  &setup->pwd));
	setup->out = host_file(test, "stdout");
	setup->err = host_file(test, "stderr");
	info = call_usermodehelper_setup(argv[0], (char **)argv, (char **)envp,
					 GFP_KERNEL, host_enter, NULL, setup);
	KUNIT_ASSERT_NOT_NULL(test, info);
	run->status = call_usermodehelper_exec(info, UMH_WAIT_PROC);
	run->out = host_contents(test, setup->out);
	run->err = host_contents(test, setup->err);
	return run;
}
