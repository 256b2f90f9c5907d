# SPDX-License-Identifier: GPL-2.0-only
"""Measure how fast the machine is, in real time.

The rows come from the suite umlab_bench, which prints each as a line of the
log, and from looking at the clock while a kernel boots.  Nothing is compared
with a fixed limit: what a row is worth depends on the machine.
"""

import contextlib
import json
import re
import statistics
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Iterator, List

from .errors import LabError
from .files import put
from .kernel import Kernel

_BOOTS = 7
_TIMEOUT = 60  # seconds

_ROW = re.compile(r'umlab-bench: (?P<name>\S+) (?P<unit>\S+) (?P<median>\S+)'
                  r' (?P<min>\S+) (?P<max>\S+) (?P<runs>\d+)')


@dataclass(frozen=True)
class Row:
    """One thing measured, @runs times."""
    name: str
    unit: str
    median: float
    min: float
    max: float
    runs: int


def parse(log: str) -> List[Row]:
    """The rows in a kernel's log."""
    return [Row(found['name'], found['unit'], float(found['median']),
                float(found['min']), float(found['max']), int(found['runs']))
            for found in _ROW.finditer(log)]


def _command(kernel: Kernel, umid: Path, suite: str) -> List[str]:
    """A kernel that runs @suite, in real time, and halts."""
    return [str(kernel.objects / 'linux'), *kernel.real_time_args, f'uml_dir={umid}/', 'mem=1G',
            'console=tty', 'dma_debug=off', 'kunit_shutdown=halt',
            'kunit.enable=1', f'kunit.filter_glob={suite}']


@contextlib.contextmanager
def _running(kernel: Kernel, command: List[str]) -> Iterator[IO[bytes]]:
    """The output of @command, which is ended if it takes too long."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                          cwd=kernel.source.tree,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        timer = threading.Timer(_TIMEOUT, process.kill)
        timer.start()
        assert process.stdout
        try:
            yield process.stdout
            process.wait()
        finally:
            timer.cancel()


def _boot_ms(kernel: Kernel, umid: Path) -> float:
    """From the start of the process to the first test, in milliseconds."""
    began, ended = time.monotonic(), 0.0
    command = _command(kernel, umid, 'umlab_lib.lib_pattern')
    with _running(kernel, command) as output:
        for line in output:
            if not ended and b'# Subtest: umlab_lib' in line:
                ended = time.monotonic()
    if not ended:
        raise LabError('the kernel does not boot to its tests in real time')
    return (ended - began) * 1000


def measure(kernel: Kernel, umid: Path) -> List[Row]:
    """Boot @kernel and measure."""
    print('umlab: measuring ...', flush=True)
    log = kernel.objects / 'bench.log'
    with _running(kernel, _command(kernel, umid, 'umlab_bench*')) as output:
        log.write_bytes(output.read())
    text = log.read_text(errors='backslashreplace')
    rows = parse(text)
    if not re.search(r'^ok \d+ umlab_bench$', text, re.M) or \
            re.search(r'^not ok', text, re.M):
        raise LabError(f'the benchmark failed: its log is {log}')
    boots = [_boot_ms(kernel, umid) for _ in range(_BOOTS)]
    rows.append(Row('boot_to_first_test_ms', 'ms', statistics.median(boots),
                    min(boots), max(boots), _BOOTS))
    return rows


def write(rows: List[Row], path: Path) -> None:
    """Write @rows to @path, whole or not at all."""
    put(path, json.dumps([asdict(row) for row in rows], indent=1) + '\n')


def table(rows: List[Row]) -> str:
    """The rows for a reader."""
    lines = [f'{"":32} {"median":>10} {"min":>10} {"max":>10}  unit   runs']
    lines += [f'{row.name:32} {row.median:10.3f} {row.min:10.3f}'
              f' {row.max:10.3f}  {row.unit:5} {row.runs:5}' for row in rows]
    return '\n'.join(lines)
