// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands that a program writes to /dev/umlab
 */

#define pr_fmt(fmt) "umlab: " fmt

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <umlab/machine.h>
#include <umlab/user.h>

#include "user.h"

/* Guarded by session_lock */
static LIST_HEAD(command_kinds);

void umlab_kind_register(struct umlab_kind *kind)
{
	guard(mutex)(&session_lock);
	list_add_tail(&kind->entry, &command_kinds);
}

static struct umlab_kind *command_kind(const char *name)
{
	struct umlab_kind *kind;

	list_for_each_entry(kind, &command_kinds, entry)
		if (!strcmp(kind->name, name))
			return kind;
	pr_err("plug %s: there is no such kind of device\n", name);
	return NULL;
}

static struct session_device *command_find(struct session *session,
					   const char *name)
{
	struct session_device *sd;

	list_for_each_entry(sd, &session->devices, entry)
		if (!strcmp(sd->device.name, name))
			return sd;
	return NULL;
}

/* The device that a command names: the file's, or one that was kept */
static struct session_device *command_device(struct session *session,
					     struct umlab_args *args)
{
	const char *name = args_word(args);
	struct session_device *sd;

	sd = command_find(session, name) ?: command_find(&session_kept, name);
	if (!sd)
		pr_err("%s: there is no device of that name\n", name);
	return sd;
}

/**
 * struct command_plug - what is asked of a kind
 * @sd: the new device
 * @args: how
 * @err: the answer
 */
struct command_plug {
	struct session_device *sd;
	struct umlab_args *args;
	int err;
};

static void command_try_plug(void *data)
{
	struct command_plug *plug = data;
	struct session_device *sd = plug->sd;

	plug->err = sd->kind->plug(&sd->session->test, plug->args, &sd->device);
}

static void command_plug_failed(void *data)
{
	struct command_plug *plug = data;

	kunit_set_failure(&plug->sd->session->test);
	plug->err = -ENODEV;
}

/* A kind may assert, which ends the thread: so it has one of its own. */
static int command_plug_into(struct session_device *sd, struct umlab_args *args)
{
	struct command_plug plug = { .sd = sd, .args = args, .err = -ENODEV };
	struct kunit_try_catch *try_catch = &sd->session->test.try_catch;

	*try_catch = (struct kunit_try_catch) {
		.test = &sd->session->test,
		.try = command_try_plug,
		.catch = command_plug_failed,
	};
	kunit_try_catch_run(try_catch, &plug);
	return plug.err;
}

static int command_plug(struct session *session, struct umlab_args *args)
{
	struct umlab_kind *kind = command_kind(args_word(args));
	struct session_device *sd;
	int err;

	if (!kind)
		return -ENOENT;
	sd = kzalloc(sizeof(*sd), GFP_KERNEL);
	if (!sd)
		return -ENOMEM;
	sd->kind = kind;
	sd->session = umlab_arg(args, "keep") ? &session_kept : session;
	err = command_plug_into(sd, args);
	if (err) {
		kfree(sd);
		return err;
	}
	list_add_tail(&sd->entry, &sd->session->devices);
	return 0;
}

static void command_unplug_one(struct session_device *sd)
{
	sd->kind->unplug(&sd->session->test, &sd->device);
	session_forget(sd);
}

static int command_unplug_all(struct session *session, struct umlab_args *args)
{
	struct session_device *sd, *next;
	int err = umlab_args_end(args);

	if (err)
		return err;
	list_for_each_entry_safe_reverse(sd, next, &session->devices, entry)
		command_unplug_one(sd);
	return 0;
}

static int command_unplug(struct session *session, struct umlab_args *args)
{
	struct session_device *sd;
	int err;

	if (umlab_arg(args, "all"))
		return command_unplug_all(session, args);
	sd = command_device(session, args);
	if (!sd)
		return -ENOENT;
	err = umlab_args_end(args);
	if (!err)
		command_unplug_one(sd);
	return err;
}

/* The PCI function that a command names, or an ERR_PTR */
static struct umlab_slot *command_slot(struct session *session,
				       struct umlab_args *args)
{
	struct session_device *sd = command_device(session, args);

	if (!sd)
		return ERR_PTR(-ENOENT);
	if (sd->device.slot)
		return sd->device.slot;
	pr_err("%s: is not on the PCI bus\n", sd->device.name);
	return ERR_PTR(-EOPNOTSUPP);
}

static int command_vanish(struct session *session, struct umlab_args *args)
{
	struct umlab_slot *slot = command_slot(session, args);
	int err = PTR_ERR_OR_ZERO(slot) ?: umlab_args_end(args);

	if (!err)
		umlab_vanish(slot);
	return err;
}

static int command_complete(struct session *session, struct umlab_args *args)
{
	struct umlab_slot *slot = command_slot(session, args);
	u64 delay = 0;
	int err, when;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	when = args_completion(args_word(args));
	if (when < 0)
		return when;
	err = umlab_arg_number(args, "delay", &delay) ?: umlab_args_end(args);
	if (!err)
		umlab_set_completion(slot, when, delay);
	return err;
}

/* A violation by its name, or -EINVAL */
static int command_violation(const char *name)
{
	int kind;

	for (kind = 0; kind < UMLAB_VIOLATIONS; kind++)
		if (!strcmp(umlab_violation_name(kind), name))
			return kind;
	pr_err("expect %s: there is no such violation\n", name);
	return -EINVAL;
}

static int command_expect(struct session *session, struct umlab_args *args)
{
	struct umlab_slot *slot = command_slot(session, args);
	int err, kind;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	kind = command_violation(args_word(args));
	err = kind < 0 ? kind : umlab_args_end(args);
	if (!err)
		umlab_expect_violation(slot, kind);
	return err;
}

static const struct {
	const char *name;
	int (*run)(struct session *session, struct umlab_args *args);
} command_commands[] = {
	{ "plug", command_plug },
	{ "unplug", command_unplug },
	{ "vanish", command_vanish },
	{ "complete", command_complete },
	{ "expect", command_expect },
};

int command_run(struct session *session, char *text)
{
	struct umlab_args args;
	const char *name;
	unsigned int i;
	int err = args_parse(&args, text);

	if (err || !args.count)
		return err;
	name = args_word(&args);
	for (i = 0; i < ARRAY_SIZE(command_commands); i++)
		if (!strcmp(command_commands[i].name, name))
			return command_commands[i].run(session, &args);
	pr_err("%s: there is no such command\n", name);
	return -EINVAL;
}
