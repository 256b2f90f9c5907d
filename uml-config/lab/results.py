# SPDX-License-Identifier: GPL-2.0-only
"""What a run found, case by case: what verdict, JUnit file and report are made of."""

import re
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from typing import List, Optional, Tuple


# What fails a case, as KUnit, programs, umlab, the kernel and Python say it; and of these
# what ends with a place
_TELLING = re.compile(r'FAILED at |:Expected |(?<!expected )violation \(|BUG: |WARNING: '
                      r'|^\w*(Error|Exception)\b|^The time was up')
_WHERE = re.compile(r'FAILED at \S+$')


class Status(Enum):
    """How a case ended; to crash is also to be planned and never to come."""
    PASSED = 'passed'
    FAILED = 'failed'
    CRASHED = 'crashed'
    SKIPPED = 'skipped'

    @property
    def bad(self) -> bool:
        """Whether it counts as failed."""
        return self in (Status.FAILED, Status.CRASHED)


@dataclass(frozen=True)
class Case:
    """What has no further parts: a case, a parameter of one, a program's subtest.

    @suite: the suite that it is in.
    @name: its name there: "case", "case.param"; "" is the suite itself, such as one that
           failed although its cases passed.
    @status: how it ended.
    @log: what was said of it if it did not pass.
    @seconds: how long it took, where that was measured.
    """
    suite: str
    name: str
    status: Status
    log: str = ''
    seconds: Optional[float] = None

    @property
    def full_name(self) -> str:
        """The name among all suites."""
        return f'{self.suite}.{self.name}' if self.name else self.suite

    @property
    def reason(self) -> str:
        """The line of the log that says most, as far as one can tell."""
        lines = [line.strip() for line in self.log.splitlines() if line.strip()]
        for number, line in enumerate(lines):
            if _TELLING.search(line):
                return ' '.join([line, *_what(line, lines[number + 1:number + 6])])
        return lines[0] if lines else self.status.value


def _what(line: str, after: List[str]) -> List[str]:
    """KUnit says where, then what, and then the values, and what the test says of it."""
    if not _WHERE.search(line):
        return []
    if not after or not after[0].endswith(', but'):
        return after[:1]
    return list(takewhile(lambda said: said[0] != '#' and not _TELLING.search(said), after))


@dataclass(frozen=True)
class Run:
    """One run of suites, or of the host-side tests.

    @name: the configuration, or what else the results are called.
    @cases: each once, in the order in which they were run.
    @facts: what the run was: (what, of which value) for people, such as the kernel.
    @began: when, in seconds since 1970.
    @seconds: how long it took, without what was built for it.
    """
    name: str
    cases: Tuple[Case, ...]
    facts: Tuple[Tuple[str, str], ...]
    began: int
    seconds: float


def count(cases: Tuple[Case, ...]) -> Tuple[int, int, int]:
    """How many of @cases passed, failed and were skipped."""
    failed = sum(case.status.bad for case in cases)
    skipped = sum(case.status is Status.SKIPPED for case in cases)
    return len(cases) - failed - skipped, failed, skipped


# Neither XML nor HTML can hold these, not even escaped; a carriage return would be
# read back as another character.
_UNPRINTABLE = re.compile('[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd'
                          '\U00010000-\U0001fffd]')


def printable(text: str) -> str:
    """@text with each character that no page can show written as in Python."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
