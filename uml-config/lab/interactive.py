# SPDX-License-Identifier: GPL-2.0-only
"""A kernel to look around in by hand: make shell, make gdb.

It is the kernel of the suites, in real time. Its first process is the one that starts
programs for the suites as well: with the machine's own file system below it, and the
devices plugged in that were asked for, it starts a shell.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Iterator, List, Tuple

from .errors import LabError
from .kernel import Kernel, make_environment

# What the shell says when it expects a script (harness/user/init.c)
_READY = b'umlab: ready'

# The signals that UML lives by
_SIGNALS = 'SIGSEGV SIGUSR1 SIGALRM SIGVTALRM SIGIO SIGWINCH'


@contextlib.contextmanager
def terminal() -> Iterator[None]:
    """Give the terminal back as it was, whatever becomes of the body."""
    if not sys.stdin.isatty():
        yield
        return
    try:
        attributes, group = termios.tcgetattr(0), os.tcgetpgrp(0)
    except OSError:  # a terminal, but not ours to control
        yield
        return
    try:
        yield
    finally:
        _take_terminal(group)
        termios.tcsetattr(0, termios.TCSADRAIN, attributes)


def _take_terminal(group: int) -> None:
    # Who is not in the foreground is stopped for trying.
    old = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, group)
    signal.signal(signal.SIGTTOU, old)


def _to_foreground() -> None:
    """In the new process: Ctrl-C is for it and its children alone."""
    os.setpgid(0, 0)
    with contextlib.suppress(OSError):
        _take_terminal(os.getpgrp())


def _run_on_terminal(kernel: Kernel, command: List[str]) -> int:
    """Run @command in the foreground; its exit status."""
    # We have no threads.  # pylint: disable=subprocess-popen-preexec-fn
    return subprocess.run(command, cwd=kernel.source.tree,
                          env=make_environment(), check=False,
                          preexec_fn=_to_foreground).returncode


def check_terminal() -> None:
    """gdb is for people."""
    if not sys.stdin.isatty():
        raise LabError('gdb needs a terminal as its input')


def _check_output() -> None:
    if sys.stdin.isatty() and not sys.stdout.isatty():
        raise LabError('the shell needs a terminal as its output, or a script'
                       ' as its input')


def _run_script(kernel: Kernel, command: List[str]) -> int:
    """Run @command with our input, at whose end the shell is to end."""
    script = sys.stdin.buffer.read()
    # UML's console wants pipes, and hangs when its input ends: so that stays open.
    with subprocess.Popen(command, cwd=kernel.source.tree,
                          env=make_environment(), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        for line in process.stdout:
            if line.strip() == _READY:
                process.stdin.write(script + b'\nexit\n')
                process.stdin.flush()
                continue
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
        return process.wait()


def _terminal_words() -> List[str]:
    """What the shell is to know of its terminal: its environment."""
    if not sys.stdin.isatty():
        return ['TERM=dumb', 'UMLAB_SCRIPT=yes']
    term = os.environ.get('TERM', '')
    return [f'TERM={term if re.fullmatch("[a-zA-Z0-9.+-]+", term) else "dumb"}']


def arguments(kernel: Kernel, umid: Path, suite: str,
              devices: Tuple[str, ...]) -> List[str]:
    """The command line of a kernel that runs @suite, or else is a shell."""
    ours = [f'uml_dir={umid}/', 'mem=1G']
    if suite:
        # A program that stands at a breakpoint does not hang.
        return [*kernel.kernel_args, *ours, 'console=tty',
                'kunit_shutdown=halt', 'kunit.enable=1', 'umlab.real_ms=0',
                f'kunit.filter_glob={suite}']
    return [*kernel.real_time_args, *ours, 'console=tty0', 'quiet',
            'kunit.enable=0', 'root=none', 'rdinit=/harness/user/init',
            *_terminal_words(), '--', *devices]


def shell(kernel: Kernel, umid: Path, devices: Tuple[str, ...]) -> int:
    """make shell"""
    _check_output()
    print('umlab: the file system is this machine\'s, what you write is lost;'
          ' "exit" ends it', flush=True)
    run = _run_on_terminal if sys.stdin.isatty() else _run_script
    return run(kernel, [str(kernel.objects / 'linux'),
                        *arguments(kernel, umid, '', devices)])


def gdb(kernel: Kernel, umid: Path, suite: str,
        devices: Tuple[str, ...]) -> int:
    """make gdb: with the kernel's own scripts (Documentation/process/
    debugging/gdb-kernel-debugging.rst)"""
    command = ['gdb', '-q', '-iex',
               f'add-auto-load-safe-path {kernel.source.tree}']
    for action in (f'handle {_SIGNALS} nostop noprint pass',
                   f'directory {kernel.objects}'):
        command += ['-ex', action]
    return _run_on_terminal(kernel, [
        *command, '--args', str(kernel.objects / 'vmlinux'),
        *arguments(kernel, umid, suite, devices)])
