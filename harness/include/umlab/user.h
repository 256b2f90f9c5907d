/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User-space programs as KUnit cases, and what they may ask for
 *
 * A program is in the initramfs (tests/user), or of the machine that UML runs on. It
 * runs with a /dev, /proc, /sys and /tmp of its own, as root, in a PID namespace. What
 * it prints as KTAP, become subtests of the case; its exit code is the verdict, as of a
 * kernel selftest: 0 pass, 4 skip, anything else is a failure::
 *
 *	static void example(struct kunit *test)
 *	{
 *		static const char *const argv[] = { "/tests/user/example", NULL };
 *
 *		umlab_user_run(test, argv);
 *	}
 *
 * A program plugs in devices by /dev/umlab. It is a file of commands, a line each:
 *
 *	plug KIND [KEY=VALUE]...	plug in a device. PCI functions of all kinds know
 *			topology=NAME (see umlab_topologies), irq=intx|msi|msix,
 *			completion=at_once|deferred|delayed|never and delay=NS; any
 *			device knows keep: it stays when the file is closed
 *	unplug DEVICE	unplug it; or ``all``
 *	vanish DEVICE	it is gone by surprise, see umlab_vanish(); it still has to be
 *			unplugged
 *	complete DEVICE WHEN [delay=NS]	completion=WHEN from now on
 *	expect DEVICE "NAME"	a violation of this name is provoked on purpose. If the
 *			kernel reports a bug as well, as for those of the DMA API, the
 *			program fails all the same
 *
 * A DEVICE is named as reading the file does, which gives a line for each device of
 * the file, and each that was kept: its name, kind, and place on the bus, if any. The
 * last line is ``passed`` or ``failed``: whether there was a violation so far. When the
 * file is closed for the last time, its devices are unplugged. A violation fails the
 * file, and that fails the program.
 */
#ifndef _UMLAB_USER_H
#define _UMLAB_USER_H

#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/types.h>

struct kunit;
struct umlab_args;
struct umlab_options;
struct umlab_slot;

/* Exit codes, as of kernel selftests (tools/testing/selftests/kselftest.h) */
#define UMLAB_EXIT_PASS	0
#define UMLAB_EXIT_SKIP	4

/**
 * enum umlab_outcome - what became of a program
 * @UMLAB_PASSED: it says so, nobody has anything against it
 * @UMLAB_SKIPPED: it says so
 * @UMLAB_FAILED: anything else
 */
enum umlab_outcome {
	UMLAB_PASSED,
	UMLAB_SKIPPED,
	UMLAB_FAILED,
};

/**
 * struct umlab_program - a program to run
 * @argv: its path and its arguments, with a NULL at the end
 * @host: it is the machine's own: its root is the machine's file system, to which
 *	what it writes does not come
 * @subtests: its KTAP becomes subtests of the case, else it is only looked at
 * @quiet: what it prints is kept, but does not go to the log
 * @ms: milliseconds of virtual time that it may take; 0: UMLAB_USER_MS, or what the
 *	kernel's command line says by umlab.ms=
 * @real_ms: the same of real time: UMLAB_USER_REAL_MS, umlab.real_ms=
 */
struct umlab_program {
	const char *const *argv;
	bool host;
	bool subtests;
	bool quiet;
	unsigned int ms;
	unsigned int real_ms;
};

#define UMLAB_USER_MS		120000
#define UMLAB_USER_REAL_MS	20000

/* So much of what a program prints is kept, in bytes */
#define UMLAB_USER_OUTPUT	SZ_64K

/**
 * struct umlab_end - how a program ended
 * @outcome: what became of it
 * @why: if it failed: in words
 * @status: as from wait(); a negative errno: it could not be started
 * @plans: how often it announced subtests
 * @planned: how many, the last time
 * @passed: how many of them passed, skipped ones included
 * @failed: how many did not
 * @disorder: their numbers were not those from 1 on
 * @output: the first UMLAB_USER_OUTPUT bytes that it printed; ends with a 0
 */
struct umlab_end {
	enum umlab_outcome outcome;
	char why[160];
	int status;
	unsigned int plans;
	unsigned int planned;
	unsigned int passed;
	unsigned int failed;
	bool disorder;
	char *output;
};

/**
 * umlab_user_try() - run a program
 * @test: the test; aborted if there is no memory
 * @program: which, and how
 *
 * It is ended, with all its children, if it takes too long.
 *
 * Context: the test's thread. One at a time.
 * Return: how it ended; freed when the test ends.
 */
struct umlab_end *umlab_user_try(struct kunit *test,
				 const struct umlab_program *program);

/**
 * umlab_user_run() - run a program; the test fails or is skipped if it does
 * @test: the test: of a case without parameters, once in it, as what the program prints
 *	as KTAP, become the case's subtests
 * @argv: its path in the initramfs and its arguments, with a NULL at the end
 */
void umlab_user_run(struct kunit *test, const char *const *argv);

/**
 * struct umlab_device - a device that a program asked for
 * @name: what the program calls it: of the driver's choosing
 * @slot: the PCI function; NULL: it is none
 * @priv: the kind's own
 */
struct umlab_device {
	char name[32];
	struct umlab_slot *slot;
	void *priv;
};

/**
 * struct umlab_kind - a kind of device that programs can ask for
 * @name: its name
 * @plug: plug one in for the length of @test, and fill in @device. May assert, but
 *	first takes all it knows from @args, and leaves it to umlab_args_end() to refuse
 *	the rest. Returns 0 or a negative errno
 * @unplug: unplug it before the test ends; must not assert
 * @entry: in the list of kinds
 */
struct umlab_kind {
	const char *name;
	int (*plug)(struct kunit *test, struct umlab_args *args,
		    struct umlab_device *device);
	void (*unplug)(struct kunit *test, struct umlab_device *device);
	struct list_head entry;
};

/**
 * umlab_kind_register() - make a kind known
 * @kind: the kind; stays ours
 *
 * Context: may sleep.
 */
void umlab_kind_register(struct umlab_kind *kind);

/**
 * umlab_arg() - take what was given for a key
 * @args: what was given
 * @key: the key
 *
 * Return: the value, as long as @args; an empty one if there was only the key; NULL:
 * it was not given.
 */
const char *umlab_arg(struct umlab_args *args, const char *key);

/**
 * umlab_arg_number() - take a number
 * @args: what was given
 * @key: the key
 * @number: set if it was given; decimal, or hexadecimal with 0x
 *
 * Return: 0, or -EINVAL if it is no number, which the log says.
 */
int umlab_arg_number(struct umlab_args *args, const char *key, u64 *number);

/**
 * umlab_args_options() - take the options of a PCI function
 * @args: what was given
 * @options: set to it; as long as @args
 *
 * Return: 0, or -EINVAL if there is no such topology or the like, which the log says.
 */
int umlab_args_options(struct umlab_args *args, struct umlab_options *options);

/**
 * umlab_args_end() - nobody knows more keys
 * @args: what was given
 *
 * Return: 0, or -EINVAL if something is left that nobody took, which the log says.
 */
int umlab_args_end(const struct umlab_args *args);

#endif /* _UMLAB_USER_H */
