// SPDX-License-Identifier: GPL-2.0-only
/*
 * The soak: what becomes of the devices, while workers use them
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../../drivers/dad/dad-ioctl.h"
#include "soak.h"

#define MACHINE_TIMEOUT_MS	20

/* What fits together: a board of so few address bits needs memory that it can reach. */
static const struct {
	char revision;
	const char *options;
} machine_boards[] = {
	{ 'P', "" },
	{ 'A', "topology=iommu irq=intx" },
	{ 'A', "topology=iommu,noncoherent irq=msix" },
	{ 'B', "topology=direct irq=msi" },
	{ 'B', "topology=bounce irq=msix" },
	{ 'B', "topology=iommu irq=intx" },
	{ 'C', "topology=direct irq=msix" },
	{ 'C', "topology=offset irq=intx" },
	{ 'C', "topology=bounce,noncoherent irq=msi" },
	{ 'C', "topology=iommu irq=msix" },
	{ 'C', "topology=offset,noncoherent irq=msix" },
	{ 'C', "topology=direct,noncoherent irq=intx" },
};

#define MACHINE_BOARDS	ARRAY_SIZE(machine_boards)

static const char *const machine_completions[] = {
	"at_once", "deferred", "delayed",
};

static const char *const machine_values[] = {
	"1", "5", "20", "50", "0", "-1", "60000", "60001", "x", "", "4294967296",
};

static int machine_attr(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	int err;

	if (fd < 0)
		return -errno;
	err = write(fd, value, strlen(value)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int machine_timeout(const struct soak_shared *shared)
{
	char path[80], value[8];

	snprintf(path, sizeof(path), "/sys/class/dad/%s/timeout_ms",
		 shared->dad.name);
	snprintf(value, sizeof(value), "%d", MACHINE_TIMEOUT_MS);
	return machine_attr(path, value);
}

static int machine_plug_dad(int lab, struct soak_shared *shared,
			    __u64 random)
{
	unsigned int board = random % MACHINE_BOARDS;
	int err;

	err = lab_plug(lab, shared->dad.name,
		       "dad revision=%c %s completion=%s memory=%lu",
		       machine_boards[board].revision,
		       machine_boards[board].options,
		       machine_completions[(random >> 8) % 3], SOAK_DAD_MEMORY);
	if (!err)
		err = machine_timeout(shared);
	shared->dad.revision = machine_boards[board].revision;
	shared->dad.rough = false;
	return err;
}

static int machine_plug_simple(int lab, struct soak_shared *shared,
			       __u64 random)
{
	shared->simple.pages = random % SOAK_SIMPLE_PAGES + 1;
	return lab_plug(lab, shared->simple.name, "simple pages=%u",
			shared->simple.pages);
}

static const char *machine_replug_dad(int lab, struct soak_shared *shared,
				      __u64 random)
{
	int err = 0;

	shared->dad.life++;
	if (random >> 32 & 1) {
		err = lab_command(lab, "vanish %s", shared->dad.name);
		if (err)
			return "vanish";
		usleep((random >> 40) % 300);
	}
	err = lab_command(lab, "unplug %s", shared->dad.name);
	if (err)
		return "unplug dad";
	usleep((random >> 48) % 100);
	err = machine_plug_dad(lab, shared, random);
	shared->dad.life++;
	return err ? "plug dad" : NULL;
}

static const char *machine_replug_simple(int lab, struct soak_shared *shared,
					 __u64 random)
{
	int err;

	shared->simple.life++;
	err = lab_command(lab, "unplug %s", shared->simple.name);
	if (err)
		return "unplug simple";
	usleep((random >> 48) % 100);
	err = machine_plug_simple(lab, shared, random);
	shared->simple.life++;
	return err ? "plug simple" : NULL;
}

static const char *machine_complete(int lab, struct soak_shared *shared,
				    __u64 random)
{
	return lab_command(lab, "complete %s %s", shared->dad.name,
			   machine_completions[random % 3]) ? "complete" : NULL;
}

/* For a while the board completes nothing, so the driver has to reset it. */
static const char *machine_never(int lab, struct soak_shared *shared,
				 __u64 random)
{
	shared->dad.rough = true;
	if (lab_command(lab, "complete %s never", shared->dad.name))
		return "complete never";
	usleep(random % 60000);
	return machine_complete(lab, shared, random >> 32);
}

static const char *machine_sysfs(int lab, struct soak_shared *shared,
				 __u64 random)
{
	static const char *const names[] = {
		"timeout_ms", "coalesce_count", "coalesce_us", "revision",
		"dma_bits", "state", "memory_size", "dev",
	};
	const char *value = machine_values[random % 11];
	const char *name = names[(random >> 8) % 8];
	char path[80];
	int err;

	snprintf(path, sizeof(path), "/sys/class/dad/%s/%s", shared->dad.name,
		 name);
	if (lab_attr("%s", path) < 0 && (random >> 8) % 8 != 5 &&
	    (random >> 8) % 8 != 7)
		return "an attribute cannot be read";
	/* Short enough that waiting for them takes no time worth mentioning */
	if (strlen(value) > 2 || (random >> 8) % 8 > 2)
		value = "x";
	err = machine_attr(path, value);
	if ((random >> 8) % 8 == 0 && machine_timeout(shared))
		return "the timeout cannot be set";
	if (err && err != -EINVAL && err != -EACCES && err != -ERANGE)
		return "an attribute's error";
	return !err && value[0] == 'x' ? "an attribute that is x" : NULL;
}

static const char *machine_look(int lab, struct soak_shared *shared,
				__u64 random)
{
	char text[4096];
	ssize_t got = pread(lab, text, sizeof(text) - 1, random % 8 ? 0 : 100);

	if (got < 0)
		return "reading the machine";
	text[got] = '\0';
	return strstr(text, "failed") ? "a violation" : NULL;
}

static const struct {
	const char *name;
	unsigned int weight;
	const char *(*run)(int lab, struct soak_shared *shared, __u64 random);
} machine_ops[] = {
	{ "replug dad", 4, machine_replug_dad },
	{ "replug simple", 3, machine_replug_simple },
	{ "complete", 3, machine_complete },
	{ "never", 1, machine_never },
	{ "sysfs", 4, machine_sysfs },
	{ "look", 2, machine_look },
	{ }
};

const char *soak_machine_step(int lab, struct soak_shared *shared, bool verbose,
			      __u64 *state)
{
	__u64 what = soak_random(state), random = soak_random(state);
	unsigned int sum = 0, i;

	for (i = 0; machine_ops[i].name; i++)
		sum += machine_ops[i].weight;
	what %= sum;
	for (i = 0; what >= machine_ops[i].weight; i++)
		what -= machine_ops[i].weight;
	if (verbose)
		printf("# machine: %s %#llx\n", machine_ops[i].name,
		       (unsigned long long)random);
	return machine_ops[i].run(lab, shared, random);
}

/* Both parameters and the data of all scull devices back to what they were */
static const char *machine_clean_scull(void)
{
	unsigned int device;
	char path[LAB_NAME];
	int fd;

	for (device = 0; device < 8; device++) {
		soak_scull_path(device, path);
		if (lab_attr("/sys/class/scull/%s/vmas", path + 5))
			return "mappings of scull are left";
		soak_scull_reset(device);
		fd = open(path, O_WRONLY);
		if (fd < 0)
			return "scull cannot be trimmed";
		close(fd);
		if (lab_attr("/sys/class/scull/%s/size", path + 5))
			return "data of scull is left";
	}
	return NULL;
}

int soak_machine_begin(struct soak_shared *shared)
{
	int lab = lab_begin(), err;

	if (lab < 0)
		return lab;
	err = machine_clean_scull() ? -EBUSY : 0;
	if (!err)
		err = machine_plug_dad(lab, shared, 3);
	if (!err)
		err = machine_plug_simple(lab, shared, 3);
	if (err)
		lab_end(lab);
	return err ? err : lab;
}

/* The board works still. */
static bool machine_works(const struct soak_shared *shared)
{
	static char out[5000], in[5000];
	int fd = lab_open(O_RDWR, "%s", shared->dad.name);
	bool works;

	memset(out, 0x5a, sizeof(out));
	works = pwrite(fd, out, sizeof(out), 77) == sizeof(out) &&
		pread(fd, in, sizeof(in), 77) == sizeof(in) &&
		!memcmp(in, out, sizeof(in));
	close(fd);
	return works;
}

const char *soak_machine_end(int lab, struct soak_shared *shared)
{
	const char *wrong = machine_clean_scull();

	if (!wrong && lab_attr("/sys/class/misc/%s-remap/device/vmas",
			       shared->simple.name))
		wrong = "mappings of simple are left";
	if (!wrong)
		wrong = machine_replug_dad(lab, shared, 6);
	if (!wrong && !machine_works(shared))
		wrong = "dad does not work any more";
	if (!lab_end(lab) && !wrong)
		wrong = "there was a violation";
	return wrong;
}
