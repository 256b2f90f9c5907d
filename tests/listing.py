# SPDX-License-Identifier: GPL-2.0-only
"""How the host-side tests are run, shown and counted.

A line for each: how many there are and which it is, its name, what it is about, and how
it ended. A test with subtests counts as those, one without as one.
"""

import re
import sys
import time
import unittest
from typing import List, TextIO, Tuple

from lab.results import Case, Status

_COLOURS = {Status.PASSED: '32', Status.FAILED: '1;31', Status.CRASHED: '1;31',
            Status.SKIPPED: '33'}
_WORDS = {Status.PASSED: 'ok', Status.FAILED: 'FAILED', Status.CRASHED: 'ERROR',
          Status.SKIPPED: 'skipped'}


def _place(test: unittest.TestCase) -> Tuple[str, str]:
    """The module and the name of @test, which may be part of one: "test_x.part"."""
    where, _, part = test.id().partition(' ')
    if '.' not in where:
        return test.id(), ''  # what is done before or after several tests
    module, _, name = where.split('.')[-3:]
    # "[part] (value=1)", and no brackets if there is but a name
    part = re.sub(r'^\[(.*)\]$', r'\1', part)
    return module, f'{name}.{part}' if part else name


def sentence(test: unittest.TestCase) -> str:
    """The first paragraph of a test's docstring, as one line without its full stop."""
    method = getattr(test, getattr(test, '_testMethodName', ''), None)
    paragraph = (getattr(method, '__doc__', None) or '').strip().split('\n\n')[0]
    return ' '.join(paragraph.split()).rstrip('.')


class Listing(unittest.TestResult):
    """Shows tests as they end, and remembers them as cases."""

    def __init__(self, total: int, out: TextIO = sys.stdout) -> None:
        super().__init__()
        self.cases: List[Case] = []
        self._total = total
        self._out = out
        self._colour = out.isatty()
        self._subtests = False
        self._open = False  # whether a line is not at its end
        self._began = 0.0

    def _say(self, text: str, end: str = '\n') -> None:
        print(text, end=end, file=self._out, flush=True)
        self._open = not end

    def _word(self, status: Status) -> str:
        if not self._colour:
            return _WORDS[status]
        return f'\033[{_COLOURS[status]}m{_WORDS[status]}\033[0m'

    def _add(self, test: unittest.TestCase, status: Status, log: str = '') -> None:
        now = time.monotonic()
        self.cases.append(Case(*_place(test), status, log, now - self._began))
        self._began = now

    def startTest(self, test: unittest.TestCase) -> None:
        """See unittest."""
        super().startTest(test)
        self._subtests = False
        self._began = time.monotonic()
        number = f'{self.testsRun:{len(str(self._total))}}'
        about = sentence(test)
        self._say(f'[{number}/{self._total}] {".".join(_place(test))}'
                  f'{": " + about if about else ""} ... ', end='')

    def _end(self, test: unittest.TestCase, status: Status, log: str = '') -> None:
        self._add(test, status, log)
        self._say(('\n  as a whole: ' if self._subtests else '') + self._word(status))

    def addSuccess(self, test: unittest.TestCase) -> None:
        """See unittest."""
        if self._subtests:
            self._say(self._word(Status.PASSED))
        else:
            self._end(test, Status.PASSED)

    def addFailure(self, test, err) -> None:  # type: ignore[no-untyped-def]
        """See unittest."""
        super().addFailure(test, err)
        self._end(test, Status.FAILED, self.failures[-1][1])

    def addError(self, test, err) -> None:  # type: ignore[no-untyped-def]
        """See unittest."""
        super().addError(test, err)
        self._end(test, Status.CRASHED, self.errors[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        """See unittest."""
        super().addSkip(test, reason)
        self._add(test, Status.SKIPPED, reason)
        self._say(f'{self._word(Status.SKIPPED)}: {reason}')

    def addSubTest(self, test, subtest, err) -> None:  # type: ignore
        """See unittest."""
        super().addSubTest(test, subtest, err)
        self._subtests = True
        status, log = Status.PASSED, ''
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            status = Status.FAILED if failed else Status.CRASHED
            log = (self.failures if failed else self.errors)[-1][1]
            self._say(f'\n  {_place(subtest)[1]}: {self._word(status)}', end='')
        self._add(subtest, status, log)

    def stopTest(self, test: unittest.TestCase) -> None:
        """See unittest; of a test whose parts failed, nothing else is told."""
        super().stopTest(test)
        if self._open:
            self._say('')

    def summary(self) -> None:
        """Show the logs of what failed, once more and in full."""
        for case in self.cases:
            if case.status.bad:
                self._say(f'\numlab: FAILED: {case.full_name}\n{case.log.rstrip()}')
