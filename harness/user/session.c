// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/umlab: what a program asks of the machine
 *
 * Each open file is a test of its own to KUnit's eyes: devices are plugged in for it,
 * violations fail it, and when it is closed for the last time all is undone, whatever
 * its owner died of. It fails the program in its turn (run.c). What is to stay after
 * that, belongs to one more such test, which ends with the program, or never if
 * there is none: with a shell.
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <umlab/machine.h>
#include <umlab/user.h>

#include "user.h"

/* The longest that can be written at once */
#define SESSION_TEXT	512

/* Guards all sessions, and who plugs in or out */
DEFINE_MUTEX(session_lock);

struct session session_kept;
static bool session_has_failed;

static void session_begin(struct session *session, const char *name)
{
	kunit_init_test(&session->test, name, NULL);
	INIT_LIST_HEAD(&session->devices);
}

void session_forget(struct session_device *sd)
{
	list_del(&sd->entry);
	kfree(sd);
}

/* Unplugs what is left, and may find that something leaked. */
static void session_end(struct session *session)
{
	/* A suite's own, which kunit_cleanup() takes for the one that ends */
	struct kunit *test = current->kunit_test;
	struct session_device *sd, *next;

	lockdep_assert_held(&session_lock);
	list_for_each_entry_safe(sd, next, &session->devices, entry)
		session_forget(sd);
	kunit_cleanup(&session->test);
	current->kunit_test = test;
	if (session->test.status == KUNIT_FAILURE)
		WRITE_ONCE(session_has_failed, true);
}

void session_start_anew(void)
{
	/* Without the lock, which one that is stuck may still have */
	WRITE_ONCE(session_has_failed, false);
}

int session_verdict(void)
{
	bool failed;

	/* Who is stuck in the kernel may have it. */
	if (!mutex_trylock(&session_lock))
		return -EBUSY;
	session_end(&session_kept);
	session_begin(&session_kept, "kept");
	failed = session_has_failed;
	mutex_unlock(&session_lock);
	return failed ? -EIO : 0;
}

static int session_open(struct inode *inode, struct file *file)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return -ENOMEM;
	/* Nobody else knows it yet; and misc_open() has a lock that unplugging takes. */
	session_begin(session, "/dev/umlab");
	file->private_data = session;
	return 0;
}

static int session_release(struct inode *inode, struct file *file)
{
	struct session *session = file->private_data;

	scoped_guard(mutex, &session_lock)
		session_end(session);
	kfree(session);
	return 0;
}

static ssize_t session_write(struct file *file, const char __user *from,
			     size_t size, loff_t *pos)
{
	char *text __free(kfree) = NULL;
	char *line, *rest;
	int err = 0;

	if (size > SESSION_TEXT)
		return -E2BIG;
	text = memdup_user_nul(from, size);
	if (IS_ERR(text))
		return PTR_ERR(no_free_ptr(text));
	rest = text;
	guard(mutex)(&session_lock);
	while (!err && (line = strsep(&rest, "\n")))
		err = command_run(file->private_data, line);
	return err ?: size;
}

static int session_list(const struct session *session, char *text, int size)
{
	const struct session_device *sd;
	int len = 0;

	list_for_each_entry(sd, &session->devices, entry) {
		const struct umlab_slot *slot = sd->device.slot;
		/* There is none once it was removed by sysfs. */
		const struct pci_dev *pdev = slot ? umlab_pdev(slot) : NULL;

		len += scnprintf(text + len, size - len, "%s %s %s\n",
				 sd->device.name, sd->kind->name,
				 pdev ? pci_name(pdev) : "-");
	}
	return len;
}

static ssize_t session_read(struct file *file, char __user *to, size_t size,
			    loff_t *pos)
{
	char *text __free(kfree) = kzalloc(PAGE_SIZE, GFP_KERNEL);
	struct session *session = file->private_data;
	int len;

	if (!text)
		return -ENOMEM;
	mutex_lock(&session_lock);
	len = session_list(&session_kept, text, PAGE_SIZE);
	len += session_list(session, text + len, PAGE_SIZE - len);
	len += scnprintf(text + len, PAGE_SIZE - len, "%s\n",
			 session->test.status == KUNIT_FAILURE ? "failed" :
			 "passed");
	mutex_unlock(&session_lock);
	return simple_read_from_buffer(to, size, pos, text, len);
}

static const struct file_operations session_fops = {
	.open = session_open,
	.release = session_release,
	.read = session_read,
	.write = session_write,
	.llseek = default_llseek,
};

static struct miscdevice session_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "umlab",
	.fops = &session_fops,
};

static int __init session_init(void)
{
	scoped_guard(mutex, &session_lock)
		session_begin(&session_kept, "kept");
	return misc_register(&session_misc);
}
device_initcall(session_init);
