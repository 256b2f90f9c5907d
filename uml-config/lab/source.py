# SPDX-License-Identifier: GPL-2.0-only
"""The kernel source: find it, check it, and have our own copy of it.

The copy is <build>/linux.  A tarball is unpacked once; a tree is copied, and
brought up to date at every run, so that it is only ever read.  What the copy
was made from stands in <build>/source.json, which is written last: without it
there is no copy.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from .configs import NEWEST, OLDEST
from .errors import LabError, disk_full
from .progress import Progress

DEFAULT = Path('/usr/src/linux-source-6.12.tar.xz')

# What a build folder takes: 1.7 GiB of source, and objects.
_NEED_GIB = 3

# For the progress line only: the members of a kernel tarball, about.
_MEMBERS = 92000

# Of a user's tree: what a build in it left behind, and what we put into ours.
_NOT_COPIED = ('/.git', '/.config', '/include/config', '/include/generated',
               '/arch/*/include/generated', '/.kunit*', '*.o', '*.a', '*.ko',
               '*.cmd', '__pycache__', '/drivers/Kconfig', '/drivers/Makefile',
               '/drivers/umlab')


@dataclass(frozen=True)
class Origin:
    """What a copy was made from; @stamp changes when that does."""
    path: str
    stamp: str

    @staticmethod
    def of(path: Path) -> 'Origin':
        """The origin that @path is now."""
        stat = path.stat()
        stamp = 'tree' if path.is_dir() else \
            f'{stat.st_size}-{stat.st_mtime_ns}'
        return Origin(str(path), stamp)


@dataclass(frozen=True)
class Source:
    """Our copy of a kernel.

    @tree: the copy.
    @version: VERSION, PATCHLEVEL, SUBLEVEL.
    @pristine: the tree that holds the files as their authors left them: the
               user's own where there is one, else @tree.
    """
    tree: Path
    version: Tuple[int, int, int]
    pristine: Path

    @property
    def release(self) -> str:
        """The version as it is written."""
        return '.'.join(map(str, self.version))


def _version(tree: Path, name: str) -> Tuple[int, int, int]:
    """Check that @tree is a kernel we can build; its version.

    @name is what the user calls it.
    """
    try:
        text = (tree / 'Makefile').read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError):
        text = ''
    numbers = [re.search(rf'^{key} = (\d+)$', text, re.M)
               for key in ('VERSION', 'PATCHLEVEL', 'SUBLEVEL')]
    if not all(numbers) or not (tree / 'Kbuild').exists():
        raise LabError(f'{name} is no kernel source: give KERNEL_SRC a kernel'
                       ' tree or a tarball of one')
    major, minor, patch = (int(n[1]) for n in numbers if n)
    release = f'{major}.{minor}.{patch}'
    if (major, minor) < OLDEST:
        raise LabError(f'{name} is Linux {release}: umlab needs'
                       f' {OLDEST[0]}.{OLDEST[1]} or later')
    for part, what in (('drivers/Kconfig', 'drivers/Kconfig'),
                       ('drivers/Makefile', 'drivers/Makefile'),
                       ('arch/um/Kconfig', 'User-mode Linux (arch/um)'),
                       ('tools/testing/kunit/kunit.py', 'kunit.py')):
        if not (tree / part).exists():
            raise LabError(f'{name} (Linux {release}) lacks {what}: give'
                           ' KERNEL_SRC a complete kernel source')
    return major, minor, patch


def _check_space(build: Path) -> None:
    free = shutil.disk_usage(build).free / 2**30
    if free < _NEED_GIB:
        raise LabError(f'{build} has {free:.1f} GiB free and a kernel build'
                       f' needs {_NEED_GIB}: make room, or name another'
                       ' folder with BUILD=<folder>')


def _run(command: List[str], progress: Progress, folder: Path,
         failure: str) -> List[str]:
    """Run @command, a step for each line it prints; these lines.

    @folder: where it writes; @failure: what to say if it fails.
    """
    lines = []
    with tempfile.TemporaryFile('w+', errors='replace') as complaints, \
            subprocess.Popen(command, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=complaints,
                             env=dict(os.environ, LC_ALL='C'), text=True,
                             errors='replace') as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line.rstrip('\n'))
            progress.step(lines[-1])
        status = process.wait()
        complaints.seek(0)
        complaint = complaints.read()
    if status and disk_full(complaint):
        raise LabError(f'the disk is full: {folder} needs {_NEED_GIB} GiB;'
                       ' make room, or name another folder with'
                       ' BUILD=<folder>')
    if status:
        first = (complaint.splitlines() or [f'status {status}'])[0]
        raise LabError(f'{failure} ({first})')
    return lines


def _unpack(tarball: Path, tree: Path) -> None:
    with Progress(f'unpacking {tarball.name}', _MEMBERS) as progress:
        _run(['tar', '-xvf', str(tarball), '-C', str(tree), '--no-same-owner',
              '--strip-components=1'], progress, tree.parent,
             f'{tarball} is no kernel source: tar cannot unpack it')


def _copy(origin: Path, tree: Path, title: str) -> List[str]:
    """Bring @tree up to date with @origin; the files that came."""
    excludes = [f'--exclude={pattern}' for pattern in _NOT_COPIED]
    with Progress(title) as progress:
        lines = _run(['rsync', '-a', '--omit-dir-times', '--delete',
                      '--out-format=%n', *excludes, f'{origin}/',
                      f'{tree}/'], progress, tree.parent,
                     f'cannot copy {origin}')
    # What else it lists, new folders and what is gone, make can see.
    return [line for line in lines
            if not line.endswith('/') and not line.startswith('deleting ')]


def _update(origin: Path, tree: Path) -> None:
    """Bring our copy of a user's tree up to date.

    What comes keeps its timestamp, so it may be older than objects made
    before it came (a checkout that restores times, an edit while the first
    copy was under way).  make would not see it: then the objects go.
    """
    changed = _copy(origin, tree, f'comparing with {origin}')
    for stamp in tree.glob('.kunit-*/umlab-*.json'):
        made = stamp.stat().st_mtime_ns
        if any((tree / path).lstat().st_mtime_ns <= made
               for path in changed):
            shutil.rmtree(stamp.parent)
            break


def _recorded(build: Path) -> Optional[Origin]:
    try:
        return Origin(**json.loads((build / 'source.json').read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise LabError(f'{build}/source.json cannot be read: remove the'
                       ' folder with "make distclean"') from None


def _make_copy(build: Path, origin: Path) -> None:
    tree, part = build / 'linux', build / 'linux.part'
    for old in (tree, part):
        shutil.rmtree(old, ignore_errors=True)
    _check_space(build)
    part.mkdir()
    try:
        if origin.is_dir():
            _version(origin, str(origin))
            _copy(origin, part, f'copying {origin}')
            for name in ('Kconfig', 'Makefile'):
                shutil.copy2(origin / 'drivers' / name, part / 'drivers')
        else:
            _unpack(origin, part)
        _version(part, str(origin))
        part.rename(tree)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    record = build / 'source.json.part'
    record.write_text(json.dumps(asdict(Origin.of(origin))) + '\n')
    record.rename(build / 'source.json')


def _find(kernel_src: str, build: Path) -> Path:
    if not kernel_src:
        return DEFAULT
    origin = Path(kernel_src).resolve()
    if not origin.exists():
        raise LabError(f'KERNEL_SRC={kernel_src}: there is no such file or'
                       ' folder')
    if build == origin or build in origin.parents:
        raise LabError(f'KERNEL_SRC={kernel_src} lies in {build}, which is'
                       " umlab's own: give the original source")
    if origin in build.parents:
        raise LabError(f'{build} lies in KERNEL_SRC={kernel_src}, which is'
                       ' only read: name a folder outside with'
                       ' BUILD=<folder>')
    return origin


def prepare(kernel_src: str, build: Path) -> Source:
    """Have a checked, current copy of the kernel source in @build.

    @kernel_src: a kernel tree, a tarball of one, or '' for Debian's.
    @build: the build folder, which the caller has made and locked.
    """
    origin = _find(kernel_src, build)
    recorded = _recorded(build)
    if recorded and recorded.path != str(origin):
        raise LabError(f'{build} belongs to the kernel source'
                       f' {recorded.path}, not to {origin}: name another'
                       ' folder with BUILD=<folder>, or "make distclean"'
                       ' first')
    if not recorded:
        if not origin.exists():
            raise LabError(f'{origin} is missing: install linux-source-6.12,'
                           ' or give KERNEL_SRC=<tree or tarball>')
        _make_copy(build, origin)
    elif origin.is_dir():
        _version(origin, str(origin))
        _update(origin, build / 'linux')
    elif origin.exists() and Origin.of(origin) != recorded:
        print(f'umlab: note: {origin} has changed since {build} was made;'
              ' "make distclean" takes the new one', flush=True)

    tree = build / 'linux'
    source = Source(tree, _version(tree, str(origin)),
                    origin if origin.is_dir() else tree)
    if source.version[:2] > NEWEST:
        print(f'umlab: warning: Linux {source.release} is newer than the'
              f' newest umlab is tested on ({NEWEST[0]}.{NEWEST[1]});'
              ' trying', flush=True)
    return source
