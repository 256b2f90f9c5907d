# SPDX-License-Identifier: GPL-2.0-only
"""What a run leaves, however it ends. The kernel is played by its log."""

import contextlib
import io
from pathlib import Path
from typing import List
from unittest import mock

from lab import junit, runs
from lab.configs import CONFIGS
from lab.errors import LabError
from lab.kernel import Kernel
from lab.request import Request
from lab.results import Status
from lab.source import Source

from .support import TREE, FolderTest
from .test_verdict import PASS

_DIED = PASS[:PASS.index('    ok 2 b')].replace('    ok 1 a', '    not ok 1 a')


class RunsTest(FolderTest):
    """From the log to the build folder."""

    def setUp(self) -> None:
        super().setUp()
        build = self.folder / 'build'
        tree = build / 'linux'
        (build / 'results').mkdir(parents=True)
        tree.mkdir()
        (tree / 'tools').symlink_to(TREE / 'tools')
        self.request = Request(build, '', 'coverage', '', False, 1, ())
        self.kernel = Kernel(Source(tree, (6, 12, 1), tree), 'coverage',
                             CONFIGS['coverage'], (), (), (), self.folder)
        self.kernel.objects.mkdir()

    @property
    def failed_log(self) -> Path:
        """Where the log of a run that failed stays."""
        return self.kernel.objects / 'failed.log'

    def run_it(self, log: str, cover: bool = False) -> List[str]:
        """Run the suites, of which @log is left; the names of what failed."""
        def boot(*_: object) -> int:
            if log:
                (self.kernel.objects / 'test.log').write_text(log)
            return int(log != PASS)

        with mock.patch('lab.runs.built_kernel', lambda _: (self.kernel, [])), \
                mock.patch('lab.runs._exec', boot), \
                contextlib.redirect_stdout(io.StringIO()):
            run = runs.cover if cover else runs.run_suites
            status, verdict = run(self.request)
        assert verdict
        names = [name for name, _ in verdict.failures]
        self.assertEqual(status, int(bool(names)))
        kept = junit.read(junit.path_of(self.request.build, 'coverage'))
        self.assertEqual([case.full_name for case in kept.cases if case.status.bad], names)
        return names

    def test_failed_log(self) -> None:
        """It stays until another run fails."""
        self.assertEqual(self.run_it(PASS), [])
        self.assertFalse(self.failed_log.exists())
        self.assertIn('one.a', self.run_it(_DIED))
        self.assertEqual(self.run_it(PASS), [])
        self.assertEqual(self.failed_log.read_text(), _DIED)

    def test_died_and_not_measured(self) -> None:
        """That there is no coverage does not hide why."""
        notes = self.kernel.objects / 'drivers/umlab/drivers/dad/main.gcno'
        notes.parent.mkdir(parents=True)
        notes.touch()
        names = self.run_it(_DIED, cover=True)
        self.assertIn('one.a', names)
        self.assertIn('coverage', names)
        self.assertTrue(self.failed_log.exists())

    def test_sources_that_are_gone(self) -> None:
        """What the compiler has noted of them is not waited for."""
        notes = self.kernel.objects / 'drivers/umlab/drivers/dad/no_such_file.gcno'
        notes.parent.mkdir(parents=True)
        notes.touch()
        self.run_it(_DIED, cover=True)
        self.assertFalse(notes.exists())

    def test_not_booted(self) -> None:
        """kunit.py has refused a word, and said so."""
        with self.assertRaisesRegex(LabError, 'has not booted the kernel'):
            self.run_it('')
        case, = junit.read(junit.path_of(self.request.build, 'coverage')).cases
        self.assertEqual(case.status, Status.CRASHED)
