// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage: what ran of our files is written to the host when the kernel halts
 *
 * Neither of the kernel's ways works here (gcc 12): CONFIG_GCOV of UML does not link, and
 * with CONFIG_GCOV_KERNEL the compiler's constructors run before there is a kernel that
 * could take them. So our files are compiled without constructors
 * (-fprofile-info-section), which has the linker collect what they would have
 * registered. The data are in gcov's own format, of the kernel's making, and are written to
 * where gcov looks for them, beside the objects.
 */

#define pr_fmt(fmt) "umlab: coverage: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <kernel/gcov/gcov.h>
#include <os.h>

#include "coverage.h"

static int coverage_store(const char *name, const char *data, size_t size)
{
	int fd = os_open_file(name, of_trunc(of_create(of_write(OPENFLAGS()))),
			      0644);
	int err;

	if (fd < 0)
		return fd;
	/* A host without room may take less than all of it, and says why the next time. */
	do {
		err = os_write_file(fd, data, size);
		if (err > 0) {
			data += err;
			size -= err;
		}
	} while (size && err > 0);
	os_close_file(fd);
	return size ? err ?: -EIO : 0;
}

static int coverage_write(struct gcov_info *info)
{
	size_t size = convert_to_gcda(NULL, info);
	char *data = vmalloc(size);
	int err;

	if (!data)
		return -ENOMEM;
	convert_to_gcda(data, info);
	err = coverage_store(gcov_info_filename(info), data, size);
	vfree(data);
	return err;
}

static int coverage_end(struct notifier_block *block, unsigned long action,
			void *unused)
{
	struct gcov_info *const *info;

	for (info = __start_gcov_info; info < __stop_gcov_info; info++) {
		int err = coverage_write(*info);

		if (err)
			pr_err("%s: %pe\n", gcov_info_filename(*info),
			       ERR_PTR(err));
	}
	return NOTIFY_DONE;
}

static struct notifier_block coverage_block = {
	.notifier_call = coverage_end,
};

static int __init coverage_init(void)
{
	return register_reboot_notifier(&coverage_block);
}
subsys_initcall(coverage_init);
