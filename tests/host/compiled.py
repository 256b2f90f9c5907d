# SPDX-License-Identifier: GPL-2.0-only
"""Our folder, compiled once more, in an object folder of its own.

Warnings are errors, so an object that is there had none, and only what changed
is compiled again.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import List, Tuple

from lab.kernel import make_environment

from .support import OBJECTS, TREE, sources

# "../drivers/umlab/x.c:1:2: warning: ...", a line of a compiler or a checker
_FINDING = re.compile(r'^(?:\.\./)*(?:drivers/umlab/)?(\S+?):\d+(?::\d+)?:'
                      r' (?:warning|error|fatal error): .*', re.M)

# What some of our files are only compiled with
_ALL = '''
CONFIG_DEBUG_KMEMLEAK=y
CONFIG_GCOV_KERNEL=y
CONFIG_UMLAB_COVERAGE=y
'''

# What is compiled for UML's user space, not as a part of the kernel
_PROGRAMS = ('harness/user/init.c',)

# Of what programs are compiled with, what the kernel's own W=1 leaves out, too
_EXTRA = ('-Wextra -Wno-unused-parameter -Wno-sign-compare'
          ' -Wno-missing-field-initializers -Werror')


class Compiled:
    """A way of compiling: the object folder, and what make is told.

    The configuration is that of the kernel that was built, with all of our files, as far
    as the compiler is able to. With W=1, and -Wextra for the programs.
    """

    def __init__(self, name: str, *options: str, flags: str = '') -> None:
        self._objects = TREE / f'.kunit-{name}'
        self._options = ('W=1', f'KCFLAGS=-Werror {flags}',
                         f'USERCFLAGS={_EXTRA}', *options)

    def _make(self, *words: str) -> Tuple[int, str]:
        done = subprocess.run(
            ['make', '--no-print-directory', '-C', str(TREE), 'ARCH=um',
             f'O={self._objects.name}', f'-j{len(os.sched_getaffinity(0))}',
             '-k', *self._options, *words],
            env=make_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        return done.returncode, done.stdout

    def prepare(self) -> None:
        """Have the configuration in the object folder."""
        wanted = (OBJECTS / '.config').read_text() + _ALL
        copy = self._objects / 'umlab-config'
        if copy.exists() and copy.read_text() == wanted:
            return
        self._objects.mkdir(exist_ok=True)
        (self._objects / '.config').write_text(wanted)
        status, said = self._make('olddefconfig')
        assert status == 0, said
        copy.write_text(wanted)

    def all(self) -> Tuple[int, str]:
        """Compile all of it: make's status, and what was said."""
        return self._make('drivers/umlab/')

    def file(self, path: Path) -> Tuple[int, str]:
        """Likewise one file that is none of ours."""
        (path.parent / 'Makefile').write_text(f'obj-y += {path.stem}.o\n')
        return self._make(f'M={path.parent}', f'{path.stem}.o')

    def objects(self) -> List[str]:
        """What is in the archive of all our objects, as our source files."""
        done = subprocess.run(
            ['ar', 't', 'built-in.a'], cwd=self._objects / 'drivers/umlab',
            stdout=subprocess.PIPE, text=True, check=True)
        return sorted(str(Path(name).with_suffix('.c'))
                      for name in done.stdout.split())


def compiled_sources() -> List[str]:
    """Our files that are to be compiled into the kernel."""
    return [str(path) for path in sources('drivers', 'kunit', 'harness')
            if path.suffix == '.c' and str(path) not in _PROGRAMS]


def findings(said: str) -> List[Tuple[str, str]]:
    """The compiler's findings: the file, from our root if it is ours; the line."""
    return [(found[1], found[0]) for found in _FINDING.finditer(said)]
