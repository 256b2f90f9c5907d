# SPDX-License-Identifier: GPL-2.0-only
"""Coverage, read from an lcov tracefile (geninfo(1) has the format).

Found and hit are counted from what was measured, not taken from the file's own sums: a
file that several tests or folders of objects tell of counts once.
"""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterable, List, Tuple

from .errors import LabError

# Where we are in a kernel tree, and what we have there
_OVERLAY = '/drivers/umlab/'
_OURS = ('drivers', 'harness', 'kunit', 'tests')


@dataclass(frozen=True)
class Count:
    """How many there are, and how many of them were run."""
    found: int = 0
    hit: int = 0

    def __add__(self, other: 'Count') -> 'Count':
        return Count(self.found + other.found, self.hit + other.hit)

    @property
    def percent(self) -> float:
        """The share that was run; all, if there are none."""
        return 100 * self.hit / self.found if self.found else 100.0


@dataclass(frozen=True)
class Coverage:
    """Of a file, or of many."""
    lines: Count = Count()
    branches: Count = Count()
    functions: Count = Count()

    def __add__(self, other: 'Coverage') -> 'Coverage':
        return Coverage(self.lines + other.lines, self.branches + other.branches,
                        self.functions + other.functions)


@dataclass(frozen=True)
class File:
    """One source file.

    @path: relative to the repository where it is ours, else as the tracefile has it.
    @coverage: of all of it.
    @missed_lines: the numbers of the lines that were not run.
    @missed_branches: (line, how many of its branches were not taken).
    @missed_functions: the names of those that were not called.
    """
    path: str
    coverage: Coverage
    missed_lines: Tuple[int, ...] = ()
    missed_branches: Tuple[Tuple[int, int], ...] = ()
    missed_functions: Tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The folder that it is in."""
        return os.path.dirname(self.path)

    @property
    def ours(self) -> bool:
        """Whether it is in the repository, and no header of the kernel's."""
        return self.path.partition('/')[0] in _OURS


def total(files: Iterable[File]) -> Coverage:
    """The coverage of all @files."""
    return sum((file.coverage for file in files), Coverage())


def by_folder(files: Iterable[File]) -> Dict[str, Coverage]:
    """The coverage of the files of each folder, sorted; folders below are not in it."""
    found: Dict[str, List[File]] = defaultdict(list)
    for file in files:
        found[file.folder].append(file)
    return {folder: total(found[folder]) for folder in sorted(found)}


def functions(lines: Iterable[str]) -> List[Tuple[int, str]]:
    """Where the functions of a record begin, and their names."""
    # "FN:<first line>,<name>"; lcov 2 has the last line between them.
    return [(int(line[3:].split(',')[0]), line.split(',')[-1])
            for line in lines if line.startswith('FN:')]


@dataclass
class _Counts:
    """What was read of a file so far: how often each was run."""
    lines: Counter[int] = field(default_factory=Counter)
    branches: Counter[Tuple[int, str, str]] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)

    def add(self, tag: str, values: List[str]) -> None:
        """Take in a record; those not known tell nothing new."""
        if tag == 'DA':
            self.lines[int(values[0])] += int(values[1])
        elif tag == 'BRDA':
            line, block, branch, taken = values
            self.branches[int(line), block, branch] += \
                0 if taken == '-' else int(taken)
        elif tag == 'FN':
            self.functions[values[-1]] += 0
        elif tag == 'FNDA':
            self.functions[values[1]] += int(values[0])

    def finish(self, path: str) -> File:
        """What it comes to."""
        def count(counts: Iterable[int]) -> Count:
            hit = [taken > 0 for taken in counts]
            return Count(len(hit), sum(hit))

        branches = Counter(line for (line, _, _), taken in self.branches.items()
                           if not taken)
        return File(path, Coverage(count(self.lines.values()),
                                   count(self.branches.values()),
                                   count(self.functions.values())),
                    tuple(sorted(line for line, taken in self.lines.items()
                                 if not taken)),
                    tuple(sorted(branches.items())),
                    tuple(sorted(name for name, taken in self.functions.items()
                                 if not taken)))


def _ours(path: str, repo: Path) -> str:
    """@path relative to @repo, be it named by the kernel tree's links or not."""
    if _OVERLAY in path:
        return path.rpartition(_OVERLAY)[2]
    relative = os.path.relpath(path, repo)
    return path if relative.startswith('..') else relative


def read(tracefile: Path, repo: Path) -> Tuple[File, ...]:
    """The files of @tracefile, sorted by their paths.

    @repo: what paths are made relative to.
    """
    found: Dict[str, _Counts] = defaultdict(_Counts)
    path = ''
    number = 0
    try:
        for number, line in enumerate(tracefile.read_text().splitlines(), 1):
            tag, _, rest = line.partition(':')
            if tag == 'SF':
                path = _ours(rest, repo)
                found[path].add('', [])
            elif tag == 'end_of_record':
                path = ''
            elif path:
                found[path].add(tag, rest.split(','))
        if path or not found:
            raise ValueError('it ends too early')
    except (ValueError, IndexError) as e:
        raise LabError(f'{tracefile} is no tracefile (line {number}: {e}): remove it,'
                       ' and run "make coverage" again') from None
    return tuple(found[name].finish(name) for name in sorted(found))
