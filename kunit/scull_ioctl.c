// SPDX-License-Identifier: GPL-2.0-only
/*
 * scull: the ioctls, their limits and their errors
 */

#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../drivers/scull/scull-ioctl.h"
#include "lib/scull_dev.h"
#include "lib/space.h"
#include "lib/touch.h"

#define BAD_POINTER	0x1000UL

/**
 * struct ioctl_param - the six ioctls of one parameter
 * @name: the parameter
 * @set: SCULL_IOCS*
 * @tell: SCULL_IOCT*
 * @get: SCULL_IOCG*
 * @query: SCULL_IOCQ*
 * @exchange: SCULL_IOCX*
 * @shift: SCULL_IOCH*
 * @first: what it is at first
 * @min: its lower limit
 * @max: its upper limit
 */
struct ioctl_param {
	const char *name;
	unsigned int set, tell, get, query, exchange, shift;
	int first, min, max;
};

static const struct ioctl_param ioctl_params[] = {
	{ "order", SCULL_IOCSORDER, SCULL_IOCTORDER, SCULL_IOCGORDER,
	  SCULL_IOCQORDER, SCULL_IOCXORDER, SCULL_IOCHORDER,
	  0, 0, SCULL_ORDER_MAX },
	{ "qset", SCULL_IOCSQSET, SCULL_IOCTQSET, SCULL_IOCGQSET,
	  SCULL_IOCQQSET, SCULL_IOCXQSET, SCULL_IOCHQSET,
	  500, 1, SCULL_QSET_MAX },
};

static void ioctl_put(struct kunit *test, unsigned long addr, int value)
{
	KUNIT_ASSERT_EQ(test, lab_store(addr, &value, sizeof(value)), LAB_OK);
}

static int ioctl_fetch(struct kunit *test, unsigned long addr)
{
	int value = 0;

	KUNIT_ASSERT_EQ(test, lab_load(addr, &value, sizeof(value)), LAB_OK);
	return value;
}

static void ioctl_one_param(struct kunit *test, struct file *file,
			    unsigned long user, const struct ioctl_param *p)
{
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->query, 0), p->first);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->tell, 3), 0);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->query, 0), 3);

	ioctl_put(test, user, 5);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->set, user), 0);
	ioctl_put(test, user, -1);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->get, user), 0);
	KUNIT_EXPECT_EQ(test, ioctl_fetch(test, user), 5);

	ioctl_put(test, user, 2);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->exchange, user), 0);
	KUNIT_EXPECT_EQ(test, ioctl_fetch(test, user), 5);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->shift, 4), 2);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->query, 0), 4);

	KUNIT_EXPECT_EQ(test, lab_ioctl(file, SCULL_IOCRESET, 0), 0);
	KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->query, 0), p->first);
}

static void ioctl_all(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long user = lab_mmap_anonymous(test, 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(ioctl_params); i++)
		ioctl_one_param(test, scull->file, user, &ioctl_params[i]);
}

static void ioctl_limits(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long user = lab_mmap_anonymous(test, 1);
	struct file *file = scull->file;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(ioctl_params); i++) {
		const struct ioctl_param *p = &ioctl_params[i];
		const int bad[] = { p->min - 1, p->max + 1, INT_MAX, INT_MIN };

		KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->tell, p->max), 0);
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->tell, p->min), 0);
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->tell, bad[j]),
					-EINVAL);
			KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->shift, bad[j]),
					-EINVAL);
			ioctl_put(test, user, bad[j]);
			KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->set, user),
					-EINVAL);
			KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->exchange,
							user), -EINVAL);
			KUNIT_EXPECT_EQ(test, ioctl_fetch(test, user), bad[j]);
		}
		/* A value that is good only once its high half is cut off */
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->tell,
						(1UL << 32) + p->max), -EINVAL);
		KUNIT_EXPECT_EQ(test, lab_ioctl(file, p->query, 0), p->min);
	}
}

static void ioctl_bad_pointers(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long user = lab_mmap_anonymous(test, 1);
	int i;

	for (i = 0; i < ARRAY_SIZE(ioctl_params); i++) {
		const struct ioctl_param *p = &ioctl_params[i];
		const unsigned int cmds[] = { p->set, p->get, p->exchange };
		int j;

		for (j = 0; j < ARRAY_SIZE(cmds); j++)
			KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, cmds[j],
							BAD_POINTER), -EFAULT);
		/* Can be read, not written: the exchange must not half happen */
		ioctl_put(test, user, 3);
		KUNIT_ASSERT_EQ(test, lab_mprotect(user, 1, PROT_READ), 0);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->exchange, user),
				-EFAULT);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->query, 0),
				p->first);
		KUNIT_ASSERT_EQ(test, lab_mprotect(user, 1,
						   PROT_READ | PROT_WRITE), 0);
	}
}

static void ioctl_unknown(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	const unsigned int cmds[] = {
		0,
		_IO(SCULL_IOC_MAGIC, 13),
		_IO('k', 4),
		_IOW(SCULL_IOC_MAGIC, 1, long),		/* size */
		_IOR(SCULL_IOC_MAGIC, 1, int),		/* direction */
		SCULL_IOCQORDER | _IOC_READ << _IOC_DIRSHIFT,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, cmds[i], 0),
				-ENOTTY);
}

static void ioctl_permission(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long user = lab_mmap_anonymous(test, 1);
	const struct cred *saved;
	struct cred *weak;
	int i;

	weak = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, weak);
	cap_lower(weak->cap_effective, CAP_SYS_ADMIN);
	saved = override_creds(weak);

	for (i = 0; i < ARRAY_SIZE(ioctl_params); i++) {
		const struct ioctl_param *p = &ioctl_params[i];

		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->set, user),
				-EPERM);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->tell, 2),
				-EPERM);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->exchange, user),
				-EPERM);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->shift, 2),
				-EPERM);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->get, user), 0);
		KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, p->query, 0),
				p->first);
	}
	KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, SCULL_IOCRESET, 0),
			-EPERM);

	revert_creds(saved);
	put_cred(weak);
}

/* What is stored keeps its layout until the next trim. */
static void ioctl_takes_effect_at_trim(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	unsigned long addr;

	lab_space_new(test);
	lab_pwrite(test, scull->file, 0, 2 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, SCULL_IOCTORDER, 2), 0);
	KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, SCULL_IOCTQSET, 3), 0);
	lab_pwrite(test, scull->file, 2 * PAGE_SIZE, PAGE_SIZE, 1);
	lab_expect_pattern(test, scull->file, 0, 3 * PAGE_SIZE, 1);
	addr = lab_mmap_shared(test, scull->file, 1, 0);
	KUNIT_EXPECT_EQ(test, lab_munmap(addr, 1), 0);

	KUNIT_EXPECT_EQ(test, lab_scull_trim(scull), 0);
	addr = lab_mmap(scull->file, 1, PROT_READ, MAP_SHARED, 0);
	KUNIT_EXPECT_EQ(test, (long)addr, -ENODEV);
}

/* One device's parameters are not another's. */
static void ioctl_per_device(struct kunit *test)
{
	struct lab_scull *scull = test->priv;
	struct file *other = lab_scull_open(test, scull->store, 1, O_RDWR);

	KUNIT_EXPECT_EQ(test, lab_ioctl(scull->file, SCULL_IOCTORDER, 2), 0);
	KUNIT_EXPECT_EQ(test, lab_ioctl(other, SCULL_IOCQORDER, 0), 0);
}

static struct kunit_case ioctl_cases[] = {
	KUNIT_CASE_PARAM(ioctl_all, lab_scull_gen_params),
	KUNIT_CASE_PARAM(ioctl_limits, lab_scull_gen_params),
	KUNIT_CASE_PARAM(ioctl_bad_pointers, lab_scull_gen_params),
	KUNIT_CASE_PARAM(ioctl_unknown, lab_scull_gen_params),
	KUNIT_CASE_PARAM(ioctl_permission, lab_scull_gen_params),
	KUNIT_CASE_PARAM(ioctl_takes_effect_at_trim, lab_scull_gen_params),
	KUNIT_CASE_PARAM(ioctl_per_device, lab_scull_gen_params),
	{}
};

static struct kunit_suite ioctl_suite = {
	.name		= "umlab_scull_ioctl",
	.init		= lab_scull_init,
	.test_cases	= ioctl_cases,
};

kunit_test_suite(ioctl_suite);
