# SPDX-License-Identifier: GPL-2.0-only
"""Configure and build a kernel, only as far as something changed.

kunit.py's own build step runs olddefconfig, make and compile_commands.json
every time.  Here a stamp is written after each step that succeeded, dated to
its start; what is newer than the stamp decides what has to run.  That is make's
own criterion, for the cost of one look at the timestamps.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from .configs import Config
from .errors import LabError, disk_full
from .progress import Progress
from .source import Source

# "  CC      kernel/fork.o", as kbuild prints each step
_STEP = re.compile(r'  [A-Z][A-Z0-9_]*( \[[A-Z]+\])? +(?P<what>\S.*)')

# The programs that run inside of UML
INITRAMFS = 'drivers/umlab/harness/user/initramfs.cpio'

_CCACHE = Path('/usr/lib/ccache')


def make_environment() -> Dict[str, str]:
    """The environment of every command: ours, less what steers make."""
    env = {name: value for name, value in os.environ.items()
           if name not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL',
                           'MAKEOVERRIDES', 'KBUILD_OUTPUT', 'ARCH',
                           'CROSS_COMPILE', 'KCFLAGS', 'O', 'V')}
    env['LC_ALL'] = 'C'
    if _CCACHE.is_dir() and os.access(Path.home(), os.W_OK):
        env['PATH'] = f"{_CCACHE}:{env['PATH']}"
    return env


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

    @property
    def kernel_args(self) -> Tuple[str, ...]:
        """The kernel command line of a run in the tree."""
        return (*self.config.kernel_args, f'initrd={self.build_dir}/{INITRAMFS}')

    @property
    def real_time_args(self) -> Tuple[str, ...]:
        """The same, for one in which time is real."""
        return tuple(arg for arg in self.kernel_args
                     if not arg.startswith('time-travel'))

    def kunit_py(self, command: str) -> List[str]:
        """The start of a "kunit.py @command" line for this kernel."""
        script = self.source.tree / 'tools/testing/kunit/kunit.py'
        return [sys.executable, str(script), command,
                f'--build_dir={self.build_dir}',
                *(f'--kunitconfig={path}' for path in self.fragments),
                *(f'--make_options={option}' for option in self.make_options),
                *self.options]


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


def _outputs(kernel: Kernel) -> Dict[str, object]:
    """What a build made and somebody else could have made anew."""
    config, linux = kernel.objects / '.config', kernel.objects / 'linux'
    return {
        'config': (hashlib.sha256(config.read_bytes()).hexdigest()
                   if config.exists() else ''),
        'linux': linux.stat().st_mtime_ns if linux.exists() else 0,
        'initramfs': (kernel.objects / INITRAMFS).exists(),
    }


def _holds(stamp: Path, **facts: object) -> bool:
    """Whether @stamp stands and was written in view of these facts."""
    try:
        found = json.loads(stamp.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return all(found.get(name) == fact for name, fact in facts.items())


def _newer(kernel: Kernel, stamp: Path) -> List[str]:
    """The files and folders newer than @stamp.

    A removed or renamed file shows as its folder.  Other architectures are
    passed over, and what is no part of a kernel.  The overlay's links are
    not followed, so their targets are looked at one by one.
    """
    tree = str(kernel.source.tree)
    overlay = [os.path.realpath(entry) for entry in
               os.scandir(f'{tree}/drivers/umlab') if entry.is_symlink()]
    found = subprocess.run(
        ['find', tree, f'{tree}/tools/testing/kunit/configs', *overlay,
         '(', '-path', f'{tree}/.kunit*', '-o',
         '-path', f'{tree}/Documentation', '-o', '-path', f'{tree}/tools',
         '-o', '-path', f'{tree}/arch/*/*', '!', '-path', f'{tree}/arch/um/*',
         '!', '-path', f'{tree}/arch/x86/*', ')', '-prune', '-o',
         '-newer', str(stamp), '-print'],
        stdout=subprocess.PIPE, text=True, check=True)
    return [path for path in found.stdout.splitlines() if path != tree]


@contextlib.contextmanager
def _stamped(kernel: Kernel, stamp: Path) -> Iterator[None]:
    """Have @stamp stand if the body succeeds, dated to the body's start."""
    stamp.unlink(missing_ok=True)
    inputs, began = _inputs(kernel), time.time_ns()
    yield
    part = stamp.with_suffix('.part')
    part.write_text(json.dumps({'inputs': inputs, **_outputs(kernel)}))
    os.utime(part, ns=(began, began))
    part.rename(stamp)


def _configure(kernel: Kernel) -> None:
    with Progress(f'configuring ({kernel.name})'):
        # kunit.py looks at the fragments only; a Kconfig file may have
        # changed as well.
        (kernel.objects / '.config').unlink(missing_ok=True)
        done = subprocess.run(kernel.kunit_py('config'),
                              env=make_environment(),
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
               *kernel.make_options, *kernel.config.targets]
    env = dict(make_environment(), TMPDIR=str(kernel.tmp))
    log = kernel.objects / 'build.log'
    full = False
    total = kernel.config.steps if cold else 0
    with Progress(f'building ({kernel.name})', total) as progress, \
            open(log, 'w', encoding='utf-8') as output, \
            subprocess.Popen(command, env=env,
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
                if disk_full(line):
                    full = True
        status = make.wait()
        if not status:
            progress.note(progress.summary())
    if full:
        raise LabError(f'the disk of {kernel.objects} is full: make room and'
                       ' run again')
    if status:
        raise LabError(f'the build failed, see above; all of it is in {log}',
                       '\n'.join(log.read_text(errors='replace').splitlines()[-30:]))


def _names_kconfig(paths: List[str]) -> bool:
    return any('Kconfig' in os.path.basename(path) or path.endswith('.config')
               for path in paths)


def build(kernel: Kernel, jobs: int) -> None:
    """Bring @kernel up to date with its sources."""
    built = kernel.objects / 'umlab-built.json'
    configured = kernel.objects / 'umlab-configured.json'
    inputs, outputs = _inputs(kernel), _outputs(kernel)
    changed = None
    if _holds(built, inputs=inputs, **outputs):
        # What is older than this was configured for, too.
        changed = _newer(kernel, built)
        if not changed:
            return
    elif _holds(configured, inputs=inputs, config=outputs['config']):
        changed = _newer(kernel, configured)

    # From here on the old kernel is none, whatever happens.
    kernel.objects.mkdir(exist_ok=True)
    built.unlink(missing_ok=True)
    if changed is None or _names_kconfig(changed):
        with _stamped(kernel, configured):
            _configure(kernel)
    cold = not (kernel.objects / 'vmlinux.a').exists()
    with _stamped(kernel, built):
        _make(kernel, jobs, cold)
