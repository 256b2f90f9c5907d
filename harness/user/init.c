// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in user space before anything else: file systems, and then the program
 *
 *	init program PATH [ARGUMENT]...	run a program of the initramfs
 *	init host PATH [ARGUMENT]...	run one of the machine that UML runs on
 *	init [DEVICE]...	as the first process: plug these in, and be a shell; with
 *			UMLAB_SCRIPT in the environment, one that reads a script
 *
 * A program has file systems and processes of its own: when it ends, or is ended, so
 * do they. The machine's file system is read only, what is written there goes to
 * memory.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Exit code: it could not even be tried, as of env(1) */
#define EXIT_CANNOT	125

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

static noreturn void die(const char *what)
{
	fprintf(stderr, "umlab: %s: %s\n", what, strerror(errno));
	exit(EXIT_CANNOT);
}

static void must(int result, const char *what)
{
	if (result < 0)
		die(what);
}

static const struct {
	const char *type;
	const char *at;
} mounts[] = {
	{ "devtmpfs", "/dev" },
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "debugfs", "/sys/kernel/debug" },
	{ "tmpfs", "/tmp" },
};

static void make_folder(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		die(path);
}

static void mount_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		make_folder(mounts[i].at);
		must(mount(mounts[i].type, mounts[i].at, mounts[i].type, 0,
			   NULL), mounts[i].at);
	}
}

/* Have the machine's file system as root, with our devices and processes */
static void enter_host(void)
{
	char at[64];
	unsigned int i;

	make_folder("/tmp/host");
	make_folder("/tmp/upper");
	make_folder("/tmp/work");
	make_folder("/tmp/root");
	must(mount("hostfs", "/tmp/host", "hostfs", MS_RDONLY, NULL), "hostfs");
	must(mount("overlay", "/tmp/root", "overlay", 0,
		   "lowerdir=/tmp/host,upperdir=/tmp/upper,workdir=/tmp/work"),
	     "overlay");
	for (i = 0; i < ARRAY_SIZE(mounts) - 1; i++) {
		snprintf(at, sizeof(at), "/tmp/root%s", mounts[i].at);
		must(mount(mounts[i].at, at, NULL, MS_BIND | MS_REC, NULL), at);
	}
	must(mount("tmpfs", "/tmp/root/tmp", "tmpfs", 0, NULL), "/tmp");
	must(chroot("/tmp/root"), "chroot");
	must(chdir("/"), "/");
}

/* Nobody makes files there: not in the initramfs, and not beside device nodes. */
static void make_read_only(const char *path)
{
	must(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL),
	     path);
}

static void enter(bool host)
{
	mount_all();
	make_folder("/dev/shm");
	must(mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL), "/dev/shm");
	make_folder("/dev/pts");
	must(mount("devpts", "/dev/pts", "devpts", 0, NULL), "/dev/pts");
	make_read_only("/dev");
	if (host)
		enter_host();
	else
		make_read_only("/");
	must(chdir("/tmp"), "/tmp");
}

static noreturn void become(char **argv)
{
	int fd = open("/dev/null", O_RDWR);

	must(fd, "/dev/null");
	must(dup2(fd, 0), "standard input");
	if (fd)
		close(fd);
	setsid();
	execv(argv[0], argv);
	die(argv[0]);
}

/* Wait for @pid, and for whatever else ends; as from wait() */
static int reap_until(pid_t pid)
{
	int status;

	for (;;) {
		pid_t ended = wait(&status);

		if (ended == pid)
			return status;
		if (ended < 0 && errno != EINTR)
			die("wait");
	}
}

/* The first process of a namespace; with it end all others. */
static noreturn void first_process(bool host, char **argv, int report)
{
	int status;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	enter(host);
	pid = fork();
	must(pid, "fork");
	if (!pid) {
		close(report);
		become(argv);
	}
	status = reap_until(pid);
	if (write(report, &status, sizeof(status)) != sizeof(status))
		die("the status");
	_exit(0);
}

/* End as the program did */
static int end_as(int status)
{
	const struct rlimit none = { };

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return EXIT_CANNOT;
}

static int run(bool host, char **argv)
{
	int report[2], status, ended;
	pid_t pid;

	must(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC), "unshare");
	must(pipe2(report, O_CLOEXEC), "pipe");
	pid = fork();
	must(pid, "fork");
	if (!pid) {
		close(report[0]);
		first_process(host, argv, report[1]);
	}
	close(report[1]);
	must(waitpid(pid, &ended, 0), "wait");
	/* Without a report the first process was ended, or has said why. */
	if (read(report[0], &status, sizeof(status)) != sizeof(status))
		status = ended;
	return end_as(status);
}

/* "dad:revision=C" as a command to /dev/umlab */
static void plug_in(int umlab, const char *device)
{
	char command[512];
	char *at;

	snprintf(command, sizeof(command), "plug %s keep", device);
	for (at = command; *at; at++)
		if (*at == ':')
			*at = ' ';
	if (write(umlab, command, strlen(command)) < 0)
		fprintf(stderr, "umlab: %s: %s\n", command, strerror(errno));
}

/* Nobody sees what is typed. Who has the script, waits for this line. */
static void expect_script(void)
{
	struct termios termios;

	must(tcgetattr(0, &termios), "the terminal");
	termios.c_lflag &= ~ECHO;
	must(tcsetattr(0, TCSANOW, &termios), "the terminal");
	must(write(1, "umlab: ready\n", strlen("umlab: ready\n")), "ready");
}

static noreturn void be_shell(void)
{
	char *const shell[] = { "bash", "--norc", "-i", NULL };
	char *const script[] = { "bash", "/dev/tty0", NULL };
	bool scripted = getenv("UMLAB_SCRIPT");
	int fd = open("/dev/tty0", O_RDWR);

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	       1);
	setenv("HOME", "/root", 1);
	setenv("PS1", "umlab# ", 1);
	setsid();
	must(fd, "/dev/tty0");
	must(ioctl(fd, TIOCSCTTY, 1), "the terminal");
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	if (scripted)
		expect_script();
	execv("/bin/bash", scripted ? script : shell);
	die("/bin/bash");
}

/* The first process of the kernel */
static int machine(int count, char **devices)
{
	int umlab, i;
	pid_t pid;

	enter(true);
	umlab = open("/dev/umlab", O_WRONLY | O_CLOEXEC);
	must(umlab, "/dev/umlab");
	for (i = 0; i < count; i++)
		plug_in(umlab, devices[i]);
	close(umlab);
	pid = fork();
	must(pid, "fork");
	if (!pid)
		be_shell();
	reap_until(pid);
	sync();
	return reboot(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	bool host = argc > 2 && !strcmp(argv[1], "host");

	if (getpid() == 1)
		return machine(argc - 1, argv + 1);
	if (!host && (argc < 3 || strcmp(argv[1], "program"))) {
		fprintf(stderr, "usage: %s program|host PATH [ARGUMENT]...\n",
			argv[0]);
		return EXIT_CANNOT;
	}
	return run(host, argv + 2);
}
