# SPDX-License-Identifier: GPL-2.0-only
"""Judge a run a second time, from its raw log.

kunit.py's exit status covers failed and crashed cases.  It does not cover
every way of not having passed: a suite that fails while its cases pass, or a
plan that was not fulfilled, or a kernel that dies after its last suite.  The log is
read with the tree's own kunit_parser, and anything in it that is not a pass or a skip
makes the verdict a failure.
"""

import importlib
import inspect
import io
import re
import sys
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Pattern, Tuple

from .results import Case, Status, count

# The last that a kernel says which kunit.py booted and which did not die.
_HALTED = 'reboot: System halted'

# As the kernel says at its end that it reported bugs and nobody was to blame
_STRAYS = re.compile(r'umlab: \d+ reports of bugs have failed no test')

# What else says that something is wrong: coverage that was not written, and leaks of a
# suite, which may have failed already, by its cases
_ASIDE = re.compile(r'^umlab: (coverage: .*|(?P<suite>\S+): \d+ leaks, see above)', re.M)

# The result of a case or of a suite, in any depth
_ANY_RESULT = re.compile(r'^ *(?:not )?ok \d+ .*\n', re.M)

# The last result; reports of bugs after it, which the kernel does not count any more
_RESULT = re.compile(r'^(?:not )?ok \d+ ', re.M)
_REPORT = re.compile(r'^(?:WARNING: |(?:\[ )?BUG[: ]|UBSAN: |INFO: trying ).*', re.M)

# As the kernel says at its end which cases were slow, by their full names
_SLOW = re.compile(r'umlab: slow: (?P<ms>[0-9]+(\.[0-9]+)?) ms (?P<name>\S.*)')


@dataclass(frozen=True)
class Verdict:
    """What a log says.

    @cases: all of them, and one more for each thing that is wrong and is no case.
    @nothing_run: there was no case at all.
    @json: the same as kunit.py has it.
    """
    cases: Tuple[Case, ...]
    nothing_run: bool = False
    json: str = ''

    @property
    def passed(self) -> int:
        """How many cases passed."""
        return count(self.cases)[0]

    @property
    def failed(self) -> int:
        """How many failed, crashed, or were planned and never came."""
        return count(self.cases)[1]

    @property
    def skipped(self) -> int:
        """How many were skipped."""
        return count(self.cases)[2]

    @property
    def failures(self) -> Tuple[Tuple[str, str], ...]:
        """The name and the whole log of each case or suite that failed."""
        return tuple((case.full_name, case.log) for case in self.cases
                     if case.status.bad)

    def with_case(self, case: Case) -> 'Verdict':
        """The same, and one case more."""
        return replace(self, cases=(*self.cases, case))

    def with_failure(self, name: str, why: str) -> 'Verdict':
        """The same, and one failure more, of no suite in particular."""
        return self.with_case(Case(name, '', Status.CRASHED, why))


def _parse(tree: Path, text: str) -> Tuple[Any, str]:
    """kunit_parser's Test for a log, and what it prints meanwhile."""
    path = str(tree / 'tools/testing/kunit')
    if path not in sys.path:
        sys.path.insert(0, path)
    parser: Any = importlib.import_module('kunit_parser')
    printed = io.StringIO()
    printer = importlib.import_module('kunit_printer').Printer(output=printed)
    lines = text.splitlines()
    # Later kernels have the printer given.
    if 'printer' in inspect.signature(parser.parse_run_tests).parameters:
        return parser.parse_run_tests(lines, printer), printed.getvalue()
    parser.stdout = printer
    return parser.parse_run_tests(lines), printed.getvalue()


def _json(test: Any, build_dir: str) -> str:
    kunit_json = importlib.import_module('kunit_json')
    result: str = kunit_json.get_json_result(
        test, kunit_json.Metadata(arch='um', build_dir=build_dir))
    return result


_STATUS = {'SUCCESS': Status.PASSED, 'SKIPPED': Status.SKIPPED,
           'FAILURE': Status.FAILED}


def _case(path: Tuple[str, ...], status: Status, log: Tuple[str, ...]) -> Case:
    suite, *rest = path or ('the run',)
    return Case(suite, '.'.join(rest), status,
                '' if status is Status.PASSED else textwrap.dedent('\n'.join(log)))


def _cases(test: Any, path: Tuple[str, ...] = (),
           above: Tuple[str, ...] = ()) -> List[Case]:
    """The leaves below @test, whose parent's log is @above; and what has failed although
    nothing below it has.

    Of a parameterised case the parser gives the first parameter's log to the
    case as a whole.
    """
    found: List[Case] = []
    came = [subtest for subtest in test.subtests if subtest.name]
    for subtest in came:
        found += _cases(subtest, (*path, subtest.name), tuple(test.log))
    if len(came) < len(test.subtests):
        after = f'after {came[-1].name}' if came else 'not even the first'
        found.append(_case((*path, '(planned, never came)'), Status.CRASHED, (
            f'{len(test.subtests) - len(came)} of {len(test.subtests)}: {after}',)))
    log = tuple(test.log) or above
    if not test.ok_status() and not any(case.status.bad for case in found):
        found.append(_case(path, _STATUS.get(test.status.name, Status.CRASHED), log))
    elif not test.subtests:
        found.append(_case(path, _STATUS[test.status.name], log))
    return found


def _timed(cases: List[Case], text: str) -> Tuple[Case, ...]:
    """@cases with the times that the log has."""
    seconds: Dict[str, float] = {
        found['name'].strip(): float(found['ms']) / 1000
        for found in _SLOW.finditer(text)}
    return tuple(replace(case, seconds=seconds.get(case.full_name))
                 for case in cases)


def _last_end(pattern: Pattern[str], text: str, before: int) -> int:
    """Where the last match that begins @before a place ends; else 0."""
    return max((found.end() for found in pattern.finditer(text, 0, before)), default=0)


def judge(tree: Path, log: Path, overdue: int = 0) -> Verdict:
    """Read the verdict from the raw @log of a kernel built from @tree, which was ended
    after @overdue seconds if it did not end by itself.

    A log that is not there is one in which nothing was run.
    """
    text = log.read_text(errors='backslashreplace') if log.exists() else ''
    test, printed = _parse(tree, text)
    cases = _cases(test)
    verdict = Verdict(_timed(cases, text), not test.counts.total(),
                      _json(test, log.parent.name))
    if not verdict.nothing_run and _HALTED not in text:
        ended = [f'The time was up: it was ended after {overdue} s. Its last words:'
                 ] if overdue else []
        verdict = verdict.with_failure('the end of the run, which never came',
                                       '\n'.join(ended + text.splitlines()[-30:]))
    alone = {name for name, _ in verdict.failures}
    for aside in _ASIDE.finditer(text):
        if not aside['suite']:
            verdict = verdict.with_failure(aside[1], aside[0])
        elif aside['suite'] not in alone:
            # They are found at the end of the suite, after the last of its results.
            above = text[:aside.end()][_last_end(_ANY_RESULT, text, aside.start()):]
            verdict = verdict.with_case(Case(aside['suite'], '(leaks)', Status.FAILED,
                                             above))
    end = [found.end() for found in _RESULT.finditer(text)][-1:]
    late = _REPORT.search(text, *end) if end else None
    if late and not _STRAYS.search(text):
        verdict = verdict.with_failure('the end of the run', late[0])
    if strays := _STRAYS.search(text):
        verdict = verdict.with_failure('reports that failed no test', strays[0])
    # What the parser only complained of, such as a number that is not the next
    if test.counts.errors and not verdict.failed:
        verdict = verdict.with_failure('the form of the log', '\n'.join(
            re.findall(r'\[ERROR\] .*', printed)))
    return verdict


def conclude(tree: Path, log: Path, status: int, overdue: int = 0) -> Verdict:
    """The verdict on a run whose exit status was @status, and see judge(): kunit.py knows
    more than its log."""
    verdict = judge(tree, log, overdue)
    if verdict.failed:
        return verdict
    if status:
        return verdict.with_failure('kunit.py', f'its exit status was {status}')
    if not verdict.passed:
        return verdict.with_failure('the run', 'all cases were skipped, and none was run'
                                    if verdict.skipped else 'no case was run')
    return verdict
