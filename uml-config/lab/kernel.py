# SPDX-License-Identifier: GPL-2.0-only
"""Configure and build a kernel, only as far as something changed.

kunit.py's own build step runs olddefconfig, make and compile_commands.json
every time.  Here a stamp is written after each step that succeeded, dated to
its start; what is newer than the stamp decides what has to run.  That is make's
own criterion, for the cost of one look at the timestamps.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from .configs import Config
from .errors import LabError
from .progress import Progress
from .source import Source

# "  CC      kernel/fork.o", as kbuild prints each step
_STEP = re.compile(r'  [A-Z][A-Z0-9_]*( \[[A-Z]+\])? +(?P<what>\S.*)')

_CCACHE = Path('/usr/lib/ccache')

# A build that fails with less than this free has filled the disk.
_FULL_MIB = 16


@dataclass(frozen=True)
class Kernel:
    """One kernel to be built.

    @source: the tree, with umlab in it.
    @name: the configuration's name.
    @config: the configuration.
    @fragments: all kunitconfig files, the user's own included.
    @options: further options of "kunit.py config", as the user gave them.
    @make_options: X=Y for make.
    @tmp: where compilers may put temporary files.
    """
    source: Source
    name: str
    config: Config
    fragments: Tuple[Path, ...]
    options: Tuple[str, ...]
    make_options: Tuple[str, ...]
    tmp: Path

    @property
    def build_dir(self) -> str:
        """kunit.py's --build_dir: relative to the tree and directly in it.

        Only then does kbuild use relative paths, and ccache finds the
        objects of another clone.
        """
        return f'.kunit-{self.name}'

    @property
    def objects(self) -> Path:
        """The same, as a path."""
        return self.source.tree / self.build_dir

    def kunit_py(self, command: str) -> List[str]:
        """The start of a "kunit.py @command" line for this kernel."""
        script = self.source.tree / 'tools/testing/kunit/kunit.py'
        return [sys.executable, str(script), command,
                f'--build_dir={self.build_dir}',
                *(f'--kunitconfig={path}' for path in self.fragments),
                *(f'--make_options={option}' for option in self.make_options),
                *self.options]

    def environment(self) -> Dict[str, str]:
        """The environment of every command: ours, less what steers make."""
        env = {name: value for name, value in os.environ.items()
               if name not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL',
                               'MAKEOVERRIDES', 'KBUILD_OUTPUT', 'ARCH',
                               'CROSS_COMPILE', 'KCFLAGS', 'O', 'V')}
        env['LC_ALL'] = 'C'
        env['TMPDIR'] = str(self.tmp)
        if _CCACHE.is_dir() and os.access(Path.home(), os.W_OK):
            env['PATH'] = f"{_CCACHE}:{env['PATH']}"
        return env


def _inputs(kernel: Kernel) -> Dict[str, object]:
    """What a build depends on that has no timestamp in the tree."""
    compiler = shutil.which('gcc') or 'gcc'
    return {
        'compiler': [os.path.realpath(compiler),
                     os.stat(compiler).st_mtime_ns],
        'fragments': [[str(path), path.read_text()]
                      for path in kernel.fragments],
        'options': list(kernel.options),
        'make_options': list(kernel.make_options),
    }


def _changed(kernel: Kernel, stamp: Path) -> Optional[List[str]]:
    """The files and folders newer than @stamp; None: it says nothing.

    A removed or renamed file shows as its folder.
    """
    if not stamp.exists() or json.loads(stamp.read_text()) != _inputs(kernel):
        return None
    tree = str(kernel.source.tree)
    configs = f'{tree}/tools/testing/kunit/configs'
    found = subprocess.run(
        ['find', '-L', tree, configs, '(', '-path', f'{tree}/.kunit*', '-o',
         '-path', f'{tree}/Documentation', '-o', '-path', f'{tree}/tools',
         ')', '-prune', '-o', '-newer', str(stamp), '-print'],
        stdout=subprocess.PIPE, text=True, check=True)
    return [path for path in found.stdout.splitlines() if path != tree]


@contextlib.contextmanager
def _stamped(kernel: Kernel, stamp: Path) -> Iterator[None]:
    """Have @stamp stand if the body succeeds, dated to the body's start."""
    stamp.unlink(missing_ok=True)
    inputs, began = _inputs(kernel), time.time_ns()
    yield
    part = stamp.with_suffix('.part')
    part.write_text(json.dumps(inputs))
    os.utime(part, ns=(began, began))
    part.rename(stamp)


def _configure(kernel: Kernel) -> None:
    with Progress(f'configuring ({kernel.name})'):
        # kunit.py looks at the fragments only; a Kconfig file may have
        # changed as well.
        (kernel.objects / '.config').unlink(missing_ok=True)
        done = subprocess.run(kernel.kunit_py('config'),
                              env=kernel.environment(),
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              check=False)
    if done.returncode:
        sys.stdout.write(done.stdout)
        raise LabError('the kernel cannot be configured, see above')


def _make(kernel: Kernel, jobs: int, cold: bool) -> None:
    command = ['make', '--no-print-directory', '-C', str(kernel.source.tree),
               'ARCH=um', f'O={kernel.build_dir}', f'-j{jobs}',
               *kernel.make_options, 'linux']
    log = kernel.objects / 'build.log'
    total = kernel.config.steps if cold else 0
    with Progress(f'building ({kernel.name})', total) as progress, \
            open(log, 'w', encoding='utf-8') as output, \
            subprocess.Popen(command, env=kernel.environment(),
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True,
                             errors='replace') as make:
        assert make.stdout
        for line in make.stdout:
            output.write(line)
            step = _STEP.match(line)
            if step:
                progress.step(step['what'])
            elif not line.startswith('make['):
                progress.note(line.rstrip())
        status = make.wait()
        if not status:
            progress.note(progress.summary())
    if status:
        free = shutil.disk_usage(kernel.objects).free / 2**20
        if free < _FULL_MIB:
            raise LabError(f'the build failed because the disk of'
                           f' {kernel.objects} is full: make room and run'
                           ' again')
        raise LabError(f'the build failed, see above; all of it is in {log}')


def _names_kconfig(paths: List[str]) -> bool:
    return any('Kconfig' in os.path.basename(path) or path.endswith('.config')
               for path in paths)


def build(kernel: Kernel, jobs: int) -> None:
    """Bring @kernel up to date with its sources."""
    built = kernel.objects / 'umlab-built.json'
    configured = kernel.objects / 'umlab-configured.json'
    changed = None
    if (kernel.objects / 'linux').exists():
        changed = _changed(kernel, built)
    if changed == []:
        return
    if changed is None:
        changed = _changed(kernel, configured)

    kernel.objects.mkdir(exist_ok=True)
    if changed is None or _names_kconfig(changed):
        with _stamped(kernel, configured):
            _configure(kernel)
    cold = not (kernel.objects / 'vmlinux.a').exists()
    with _stamped(kernel, built):
        _make(kernel, jobs, cold)
