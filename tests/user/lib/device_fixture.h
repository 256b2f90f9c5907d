/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixtures for devices that map memory: ``device`` has each of them as a variant, for
 * what all have to do; ``simple`` and ``scull`` have those of one driver. A test has
 * self->dev, with a pattern in it.
 *
 * For the one .c file of a program, after kselftest_harness.h.
 */
#ifndef _DEVICE_FIXTURE_H
#define _DEVICE_FIXTURE_H

#include "device.h"

FIXTURE(device) {
	struct lab_device dev;
};

FIXTURE_VARIANT(device) {
	enum lab_kind kind;
};

FIXTURE_VARIANT_ADD(device, remap) { .kind = LAB_REMAP };
FIXTURE_VARIANT_ADD(device, fault) { .kind = LAB_FAULT };
FIXTURE_VARIANT_ADD(device, scullp) { .kind = LAB_SCULLP };
FIXTURE_VARIANT_ADD(device, scullv) { .kind = LAB_SCULLV };

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, lab_device_begin(&self->dev, variant->kind));
}

FIXTURE_TEARDOWN(device)
{
	EXPECT_TRUE(lab_device_end(&self->dev));
}

FIXTURE(simple) {
	struct lab_device dev;
};

FIXTURE_VARIANT(simple) {
	enum lab_kind kind;
};

FIXTURE_VARIANT_ADD(simple, remap) { .kind = LAB_REMAP };
FIXTURE_VARIANT_ADD(simple, fault) { .kind = LAB_FAULT };

FIXTURE_SETUP(simple)
{
	ASSERT_EQ(0, lab_device_begin(&self->dev, variant->kind));
}

FIXTURE_TEARDOWN(simple)
{
	EXPECT_TRUE(lab_device_end(&self->dev));
}

FIXTURE(scull) {
	struct lab_device dev;
};

FIXTURE_VARIANT(scull) {
	enum lab_kind kind;
};

FIXTURE_VARIANT_ADD(scull, scullp) { .kind = LAB_SCULLP };
FIXTURE_VARIANT_ADD(scull, scullv) { .kind = LAB_SCULLV };

FIXTURE_SETUP(scull)
{
	ASSERT_EQ(0, lab_device_begin(&self->dev, variant->kind));
}

FIXTURE_TEARDOWN(scull)
{
	EXPECT_TRUE(lab_device_end(&self->dev));
}

#endif /* _DEVICE_FIXTURE_H */
