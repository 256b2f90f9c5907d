// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine in the eyes of somebody else: Debian's lspci
 */

#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <umlab/machine.h>
#include <umlab/splat.h>
#include <umlab/user.h>

#include "lib/pci_fixture.h"

#define LSPCI_PROGRAM	"/usr/bin/lspci"

struct lspci_fixture {
	struct umlab_slot *slots[3];
	struct umlab_end *run;
};

/* Run lspci over a card that is in use, a bare one, and one asleep */
static struct lspci_fixture lspci_fixture(struct kunit *test)
{
	static const struct lab_drv_setup setup = {
		.irqs = PCI_IRQ_MSIX,
		.vectors = LAB_CARD_MSIX,
	};
	static const char *const argv[] = {
		LSPCI_PROGRAM, "-D", "-n", "-vvv", "-xxxx", "-s", "10:",
		"-A", "linux-sysfs", NULL
	};
	static const struct umlab_program program = {
		.argv = argv,
		.host = true,
		.quiet = true,
	};
	struct umlab_options options = { .irqs = UMLAB_IRQ_INTX };
	struct umlab_model sleeper = lab_card_model;
	struct lspci_fixture fx;

	lab_drv_register(test, &setup);
	fx.slots[0] = umlab_plug(test, &lab_card_model, NULL);
	fx.slots[1] = umlab_plug(test, &lab_bare_model, NULL);
	sleeper.device = 0x0003;
	fx.slots[2] = umlab_plug(test, &sleeper, &options);
	pci_set_power_state(umlab_pdev(fx.slots[2]), PCI_D3hot);
	fx.run = umlab_user_try(test, &program);
	if (strstr(fx.run->output, LSPCI_PROGRAM ": No such file"))
		kunit_skip(test, "%s is not installed", LSPCI_PROGRAM);
	return fx;
}

/* It is content: all it misses are kernel modules, which there are none of. */
static void lspci_complains_not(struct kunit *test, struct lspci_fixture *fx)
{
	static const char *const complaints[] = {
		"!!!", "<access denied>", "<chain", "unknown", "lspci: ",
	};
	char *output = fx->run->output;
	unsigned int i;

	KUNIT_EXPECT_EQ_MSG(test, fx->run->outcome, UMLAB_PASSED, "%s",
			    fx->run->why);
	output = strstr(output, "lspci: Unable to load libkmod resources: error -2\n");
	if (output)
		memset(output, ' ', strlen("lspci:"));
	for (i = 0; i < ARRAY_SIZE(complaints); i++)
		KUNIT_EXPECT_NULL_MSG(test, strstr(fx->run->output,
						   complaints[i]), "%s",
				      fx->run->output);
}

/* The part of the output about one function: up to an empty line */
static char *lspci_part(struct kunit *test, struct lspci_fixture *fx,
			unsigned int index)
{
	const char *name = pci_name(umlab_pdev(fx->slots[index]));
	const char *begin = strstr(fx->run->output, name);
	char *part, *end;

	KUNIT_ASSERT_NOT_NULL_MSG(test, begin, "%s is not in it:\n%s", name,
				  fx->run->output);
	part = kunit_kstrdup(test, begin, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, part);
	end = strstr(part, "\n\n");
	if (end)
		end[1] = '\0';
	return part;
}

static void lspci_expect(struct kunit *test, const char *part,
			 const char *const *lines, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(part, lines[i]),
					  "\"%s\" is not in it:\n%s", lines[i],
					  part);
}

static void lspci_card(struct kunit *test, struct lspci_fixture *fx)
{
	static const char *const lines[] = {
		"0000:10:00.0 ff00: 6c61:0001 (rev 0a)\n",
		"Subsystem: 5678:9abc\n",
		"Control: I/O- Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+\n",
		"Status: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- <TAbort- <MAbort- >SERR- <PERR- INTx-\n",
		"Interrupt: pin A routed to IRQ",
		"(32-bit, non-prefetchable) [size=4K]\n",
		"(64-bit, prefetchable) [size=64K]\n",
		"Capabilities: [40] Power Management version 3\n",
		"Flags: PMEClk- DSI- D1+ D2- AuxCurrent=0mA PME(D0-,D1-,D2-,D3hot-,D3cold-)\n",
		"Status: D0 NoSoftRst- PME-Enable- DSel=0 DScale=0 PME-\n",
		"Capabilities: [50] MSI: Enable- Count=1/8 Maskable+ 64bit+\n",
		"Masking: 00000000  Pending: 00000000\n",
		"Capabilities: [70] MSI-X: Enable+ Count=4 Masked-\n",
		"Vector table: BAR=0 offset=00000800\n",
		"PBA: BAR=0 offset=00000c00\n",
		"Capabilities: [80] Express (v2) Root Complex Integrated Endpoint, MSI 00\n",
		"FLReset+",
		"Capabilities: [c0] Vendor Specific Information: Len=08 <?>\n",
	};

	lspci_expect(test, lspci_part(test, fx, 0), lines, ARRAY_SIZE(lines));
}

static void lspci_others(struct kunit *test, struct lspci_fixture *fx)
{
	static const char *const bare[] = {
		"0000:10:01.0 ff00: 6c61:0002\n",
		"Control: I/O- Mem+ BusMaster-",
		"Status: Cap- ",
	};
	static const char *const sleeper[] = {
		"0000:10:02.0 ff00: 6c61:0003 (rev 0a)\n",
		"Control: I/O- Mem- BusMaster-",
		"Status: D3 NoSoftRst-",
	};
	char *part = lspci_part(test, fx, 2);

	lspci_expect(test, part, sleeper, ARRAY_SIZE(sleeper));
	KUNIT_EXPECT_NULL(test, strstr(part, "MSI:"));
	KUNIT_EXPECT_NULL(test, strstr(part, "MSI-X:"));
	lspci_expect(test, lspci_part(test, fx, 1), bare, ARRAY_SIZE(bare));
}

/* Its dump is config space, byte for byte. */
static void lspci_dump(struct kunit *test, struct lspci_fixture *fx)
{
	int index;

	for (index = 0; index < 3; index++) {
		struct pci_dev *pdev = umlab_pdev(fx->slots[index]);
		char *part = lspci_part(test, fx, index);
		int where, i;

		for (where = 0; where < pdev->cfg_size; where += 16) {
			char line[64];
			int len = snprintf(line, sizeof(line), "\n%02x:",
					   where);

			for (i = 0; i < 16; i++) {
				u8 byte;

				pci_read_config_byte(pdev, where + i, &byte);
				len += snprintf(line + len, sizeof(line) - len,
						" %02x", byte);
			}
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(part, line),
						  "function %d has no \"%s\"",
						  index, line + 1);
		}
	}
}

/* One run for all of it: to start a process costs more than all the rest. */
static void lspci_reads_every_device(struct kunit *test)
{
	struct lspci_fixture fx = lspci_fixture(test);

	lspci_complains_not(test, &fx);
	lspci_card(test, &fx);
	lspci_others(test, &fx);
	lspci_dump(test, &fx);
}

static struct kunit_case lspci_cases[] = {
	KUNIT_CASE(lspci_reads_every_device),
	{}
};

/* The kernel's hostfs forgets a string at each unmount, which is no fault of the test. */
static void lspci_exit(struct kunit_suite *suite)
{
	if (umlab_scan_leaks() > 1)
		suite->suite_init_err = -ENOMEM;
}

static struct kunit_suite lspci_suite = {
	.name		= "umlab_bus_lspci",
	.suite_exit	= lspci_exit,
	.test_cases	= lspci_cases,
};

kunit_test_suite(lspci_suite);
