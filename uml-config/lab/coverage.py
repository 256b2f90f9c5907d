# SPDX-License-Identifier: GPL-2.0-only
"""Measure which lines, branches and functions of umlab and its drivers run.

The kernel writes gcov's data as it halts (harness/coverage.c).  lcov reads
them; here its result is told by our own paths, what is left out by name is
left out, and the rest is held to what is asked of it.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

from . import tracefile
from .errors import LabError
from .kernel import INITRAMFS, Kernel, make_environment

# The folders that are measured, and what is asked of them: percents of lines,
# and of branches
GATES = {'drivers': (95.0, 85.0), 'harness': (90.0, 0.0)}

_LCOV = ('lcov', '--quiet', '--rc', 'lcov_branch_coverage=1')

# "drivers/dad/main.c dad_exit: never unloaded, as it is built in"
_LEFT_OUT = re.compile(r'(?P<file>\S+) (?P<function>\w+): \S.*')


@dataclass(frozen=True)
class Places:
    """Where the results go.

    @folder: all of them.
    @info: lcov's tracefile.
    @html: the pages of genhtml.
    """
    folder: Path

    @property
    def info(self) -> Path:
        """See above."""
        return self.folder / 'coverage.info'

    @property
    def html(self) -> Path:
        """See above."""
        return self.folder / 'html'


def _objects(kernel: Kernel) -> Path:
    return kernel.objects / Path(INITRAMFS).parts[0] / 'umlab'


def forget(kernel: Kernel, repo: Path) -> None:
    """Remove what an earlier run has left, which would stand for what this one has not;
    and what the compiler has noted of sources that are no more."""
    for data in _objects(kernel).rglob('*.gcda'):
        data.unlink()
    for folder in GATES:
        for notes in (_objects(kernel) / folder).rglob('*.gcno'):
            source = notes.with_suffix('.c').relative_to(_objects(kernel))
            if not (repo / source).exists():
                notes.unlink()


def left_out(names: Path) -> Dict[str, Set[str]]:
    """The functions that are left out, by file."""
    found: Dict[str, Set[str]] = {}
    for number, line in enumerate(names.read_text().splitlines(), 1):
        if not line or line.startswith('#'):
            continue
        entry = _LEFT_OUT.fullmatch(line)
        if not entry:
            raise LabError(f'{names}:{number}: write "file function: reason"')
        found.setdefault(entry['file'], set()).add(entry['function'])
    return found


def _run(command: List[str], cwd: Path) -> None:
    if not shutil.which(command[0]):
        raise LabError(f'{command[0]} is not installed (Debian: lcov)')
    # lcov 1.16 warns of itself under a newer perl.
    done = subprocess.run(command, cwd=cwd, env=make_environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise LabError(f'{command[0]} failed:\n{done.stdout}')


def _records(text: str) -> Iterator[Tuple[str, List[str]]]:
    """The files of a tracefile: name and lines."""
    for record in text.split('end_of_record\n'):
        lines = record.splitlines()
        for number, line in enumerate(lines):
            if line.startswith('SF:'):
                yield line[3:], lines[number + 1:]


def _spans(lines: List[str], functions: Set[str]) -> List[range]:
    """The lines of @functions: each ends where the next one begins."""
    starts = sorted(tracefile.functions(lines))
    ends = [start for start, _ in starts[1:]] + [1 << 30]
    return [range(start, end) for (start, name), end in zip(starts, ends)
            if name in functions]


def _without(lines: List[str], functions: Set[str]) -> List[str]:
    """A record's lines but those about @functions; without the totals."""
    spans = _spans(lines, functions)
    kept = []
    for line in lines:
        kind, _, rest = line.partition(':')
        if kind in ('FN', 'FNDA'):
            if rest.split(',')[-1] in functions:
                continue
        elif kind in ('DA', 'BRDA'):
            if any(int(rest.split(',')[0]) in span for span in spans):
                continue
        elif kind in ('LF', 'LH', 'BRF', 'BRH', 'FNF', 'FNH'):
            continue
        kept.append(line)
    return kept


def ours(text: str, repo: Path, base: Path, out: Dict[str, Set[str]]) -> str:
    """lcov's result for the files of @repo that are measured.

    @base: what relative names are relative to.
    @out: from left_out(); each has to be there.
    """
    stale = {(name, function) for name, functions in out.items()
             for function in functions}
    result = []
    for source, lines in _records(text):
        path = Path(os.path.realpath(base / source))
        if not path.is_relative_to(repo):
            continue
        name = str(path.relative_to(repo))
        if name.partition('/')[0] not in GATES:
            continue
        stale -= {(name, function) for _, function in tracefile.functions(lines)}
        result += [f'SF:{path}', *_without(lines, out.get(name, set())),
                   'end_of_record']
    for name, function in sorted(stale):
        raise LabError(f'coverage.exclude: {name} has no {function}():'
                       ' remove the line')
    return '\n'.join(result) + '\n'


def _check_all_there(kernel: Kernel) -> None:
    """lcov passes over objects without data, as if there were no such files."""
    lost = [str(notes.with_suffix('.c').relative_to(_objects(kernel)))
            for folder in GATES for notes in (_objects(kernel) / folder).rglob('*.gcno')
            if not notes.with_suffix('.gcda').exists()]
    if lost:
        raise LabError(f'nothing was measured of {", ".join(sorted(lost)[:5])}'
                       f'{" ..." if len(lost) > 5 else ""}: the kernel writes its data'
                       ' when it halts, see the end of its log')


def collect(kernel: Kernel, repo: Path, places: Places,
            out: Dict[str, Set[str]]) -> None:
    """Make tracefile and pages of what the last run has left; @out: from left_out()."""
    _check_all_there(kernel)
    places.folder.mkdir(parents=True)
    raw = kernel.tmp / 'raw.info'
    _run([*_LCOV, '--capture', '--directory', str(_objects(kernel)),
          '--base-directory', str(kernel.objects), '--output-file', str(raw)],
         kernel.source.tree)
    part = kernel.tmp / 'ours.info'
    part.write_text(ours(raw.read_text(), repo, kernel.objects, out))
    # lcov counts anew what is left.
    _run([*_LCOV, '--add-tracefile', str(part), '--output-file',
          str(places.info)], kernel.source.tree)
    _run(['genhtml', '--quiet', '--rc', 'genhtml_branch_coverage=1',
          '--prefix', str(repo), '--title', 'umlab', '--output-directory',
          str(places.html), str(places.info)], repo)


def _row(name: str, cover: tracefile.Coverage, width: int) -> str:
    counts = (cover.lines, cover.branches, cover.functions)
    cells = [f'{count.percent:6.1f} % {count.hit:5}/{count.found:<5}'
             for count in counts]
    return f'{name:{width}}  ' + '  '.join(cells)


def table(files: Tuple[tracefile.File, ...]) -> str:
    """The coverage by folder, what each of the measured ones has in all, and the sum."""
    folders = tracefile.by_folder(files)
    rows = [(f'  {name}', cover) for name, cover in folders.items()]
    rows += [(f'{name}, all', _below(files, name)) for name in GATES]
    width = max(len(name) for name, _ in rows)
    head = f'{"":{width}}  {"lines":20}  {"branches":20}  functions'
    sums = tracefile.total(files)
    return '\n'.join([head, *(_row(name, cover, width) for name, cover in rows),
                      f'Total: lines {sums.lines.percent:.1f} %,'
                      f' branches {sums.branches.percent:.1f} %,'
                      f' functions {sums.functions.percent:.1f} %'])


def _below(files: Tuple[tracefile.File, ...], folder: str) -> tracefile.Coverage:
    return tracefile.total(file for file in files
                           if file.path.partition('/')[0] == folder)


def missed(files: Tuple[tracefile.File, ...]) -> List[str]:
    """What is below what is asked of it, in words."""
    found = []
    for folder, (lines, branches) in GATES.items():
        cover = _below(files, folder)
        for what, count, asked in (('lines', cover.lines, lines),
                                   ('branches', cover.branches, branches)):
            if asked and not count.found:
                found.append(f'{folder}: no {what} were measured')
            elif count.percent < asked:
                found.append(f'{folder}: {count.percent:.1f} % of {what},'
                             f' less than {asked:.0f} %')
    return found
