# SPDX-License-Identifier: GPL-2.0-only
"""Judge a run a second time, from its raw log.

kunit.py's exit status covers failed and crashed cases.  It does not cover
every way of not having passed: a suite that fails while its cases pass, or a
plan that was not fulfilled, or a kernel that dies after its last suite.  The log is read with the tree's own kunit_parser,
and anything in it that is not a pass or a skip makes the verdict a failure.
"""

import contextlib
import importlib
import inspect
import io
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Tuple


# The last that a kernel says which kunit.py booted and which did not die.
_HALTED = 'reboot: System halted'


@dataclass(frozen=True)
class Verdict:
    """What a log says.

    @passed, @failed, @skipped: numbers of cases; what crashed or was planned
                                and never came has failed.
    @failures: the name and the whole log of each case or suite that failed.
    @nothing_run: there was no case at all.
    """
    passed: int
    failed: int
    skipped: int
    failures: Tuple[Tuple[str, str], ...]
    nothing_run: bool = False


def _parse(tree: Path, text: str) -> Any:
    """kunit_parser's Test for a log."""
    sys.path.insert(0, str(tree / 'tools/testing/kunit'))
    # The parser prints as it parses, to the stdout it was imported under.
    with contextlib.redirect_stdout(io.StringIO()):
        parser = importlib.import_module('kunit_parser')
        arguments: List[Any] = [text.splitlines()]
        # Later kernels have the printer given.
        if 'printer' in inspect.signature(parser.parse_run_tests).parameters:
            arguments.append(importlib.import_module('kunit_printer').stdout)
        return parser.parse_run_tests(*arguments)


def _failures(test: Any, path: Tuple[str, ...] = (),
              above: Tuple[str, ...] = ()) -> List[Tuple[str, str]]:
    """The failed leaves below @test, whose parent's log is @above.

    Of a parameterised case the parser gives the first parameter's log to the
    case as a whole.
    """
    found = []
    for subtest in test.subtests:
        found += _failures(subtest, path + (subtest.name or '(missing)',),
                           tuple(test.log))
    if not found and not test.ok_status():
        found = [('.'.join(path) or 'the run',
                  textwrap.dedent('\n'.join(test.log or above)))]
    return found


def judge(tree: Path, log: Path) -> Verdict:
    """Read the verdict from the raw @log of a kernel built from @tree.

    A log that is not there is one in which nothing was run.
    """
    text = log.read_text(errors='backslashreplace') if log.exists() else ''
    test = _parse(tree, text)
    counts = test.counts
    failures = _failures(test)
    if counts.total() and _HALTED not in text:
        failures.append(('the end of the run, which never came',
                         '\n'.join(text.splitlines()[-30:])))
    failed = counts.failed + counts.crashed
    # What is wrong and was not counted as a case counts as one.
    if (failures or counts.errors) and not failed:
        failed = 1
    return Verdict(counts.passed, failed, counts.skipped, tuple(failures),
                   not counts.total())
