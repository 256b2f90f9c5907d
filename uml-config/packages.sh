#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what building and running umlab needs and this machine lacks.
#
# As root on Debian the packages are installed; anybody else is shown the line
# that does it.  What is there is found by looking for the thing itself, not
# for the package, so tools from elsewhere count.
#
# usage: packages.sh kunit|check|check-all|coverage|gdb|stress [KERNEL_SRC [BUILD]]
set -u

target=$1
kernel_src=${2:-}
build=${3:-${0%/*}/../build}
missing=

# need PACKAGE TEST...: PACKAGE is missing unless the test command succeeds
need()
{
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

have()
{
	command -v "$1"
}

have_header()
{
	echo "#include <$1>" | cc -E -
}

# Debian's tarball, or what was unpacked from it
have_source()
{
	test -e /usr/src/linux-source-6.12.tar.xz || test -e "$build/source.json"
}

# What modules are compiled against: Debian's, or any of 6.12 or later
have_headers()
{
	for folder in /usr/src/linux-headers-6.12*-amd64 /lib/modules/6.1[2-9].*/build \
		      /lib/modules/6.[2-9][0-9].*/build /lib/modules/[7-9].*/build; do
		test ! -e "$folder/Module.symvers" || return 0
	done
	return 1
}

# What the kernel's own build asks for (Documentation/process/changes.rst)
need gcc have gcc
need make have make
need flex have flex
need bison have bison
need bc have bc
need perl have perl
need python3 have python3
need ccache have ccache
need binutils have ld
# What makes the initramfs
need cpio have cpio
# Run by a suite, inside of UML
need pciutils have lspci
if [ -z "$missing" ]; then
	need libc6-dev have_header stdio.h
else
	missing="$missing libc6-dev"
fi

# Where the kernel comes from
case $kernel_src in
"")	need linux-source-6.12 have_source
	need xz-utils have xz ;;
*.xz)	need xz-utils have xz ;;
*.bz2)	need bzip2 have bzip2 ;;
*.zst)	need zstd have zstd ;;
*)	test ! -d "$kernel_src" || need rsync have rsync ;;
esac

# checkpatch.pl and kernel-doc want more than perl-base, tests copy a tree and read
# YAML, and the drivers are compiled as modules; the other checkers (clang is by far the
# largest of all, 44 MB to fetch, and 240 MB when it is there)
if [ "$target" = check ] || [ "$target" = check-all ]; then
	need perl perl -MPod::Usage -MTerm::ANSIColor -e 1
	need rsync have rsync
	need python3-yaml python3 -c "import yaml"
	need linux-headers-6.12-amd64 have_headers
	need sparse have sparse
	need clang have clang
	need coccinelle have spatch
	need shellcheck have shellcheck
	need pylint have pylint
	need mypy have mypy
	need flake8 have flake8
fi

if [ "$target" = coverage ] || [ "$target" = check-all ]; then
	need lcov have lcov
fi

test "$target" != gdb || need gdb have gdb
if [ "$target" = stress ]; then
	need fio have fio
	need stress-ng have stress-ng
fi

missing=${missing# }
test -n "$missing" || exit 0

line="apt-get install --no-install-recommends $missing"
if ! command -v apt-get >/dev/null; then
	echo "umlab: not installed here: $missing (Debian's names); install them and run again" >&2
	exit 2
fi
if [ "$(id -u)" != 0 ]; then
	echo "umlab: packages are missing; as root: $line" >&2
	exit 2
fi

log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP
echo "umlab: installing $missing ..."
if ! { apt-get -q update &&
       DEBIAN_FRONTEND=noninteractive $line -q -y; } >"$log" 2>&1 </dev/null
then
	cat "$log" >&2
	echo "umlab: apt-get failed, see above; mend it and run again, or by hand: $line" >&2
	exit 2
fi
