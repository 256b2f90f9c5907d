# SPDX-License-Identifier: GPL-2.0-only
"""What is made of lcov's result, and what is asked of it."""

from dataclasses import replace
from pathlib import Path
from typing import Tuple

from lab import coverage, tracefile
from lab.errors import LabError

from .support import REPO, FolderTest

_TABLE = '''\
# a comment

drivers/toy/toy.c toy_exit: built in, so never unloaded
'''


def _record(source: str, lines: int, run: int) -> str:
    """A file of two functions; of its @lines the first @run were run."""
    body = [f'SF:{source}', 'FN:1,toy_init', 'FN:9,toy_exit',
            'FNDA:1,toy_init', 'FNDA:0,toy_exit',
            'BRDA:2,0,0,1', 'BRDA:2,0,1,-', 'BRDA:9,0,0,0']
    body += [f'DA:{line},{int(line <= run)}' for line in range(1, lines + 1)]
    return '\n'.join([*body, f'LF:{lines}', f'LH:{run}', 'end_of_record\n'])


class CoverageTest(FolderTest):
    """A repository and a kernel tree that has it by a link."""

    def setUp(self) -> None:
        super().setUp()
        self.repo = self.folder / 'repo'
        self.write('repo/drivers/toy/toy.c')
        self.write('repo/harness/machine.c')
        self.write('repo/kunit/suite.c')
        self.write('linux/mm/slab.h')
        self.tree = self.folder / 'linux'
        (self.tree / 'umlab').symlink_to(self.repo)
        self.table = self.write('exclude', _TABLE)

    def ours(self, *records: str) -> Tuple[tracefile.File, ...]:
        """What is kept of @records."""
        info = self.write('info', coverage.ours(
            'TN:\n' + ''.join(records), self.repo, self.tree / 'objects',
            coverage.left_out(self.table)))
        return tracefile.read(info, self.repo)

    def test_whose(self) -> None:
        """Files of ours that are measured, by our paths; not suites, nor the kernel."""
        files = self.ours(_record('../umlab/drivers/toy/toy.c', 8, 4),
                          _record(str(self.tree / 'umlab/harness/machine.c'), 8, 8),
                          _record('../umlab/kunit/suite.c', 8, 8),
                          _record('../mm/slab.h', 8, 8))
        self.assertEqual([file.path for file in files],
                         ['drivers/toy/toy.c', 'harness/machine.c'])

    def test_left_out(self) -> None:
        """A function that is named goes with its lines and branches, and no other."""
        toy, machine = self.ours(_record('../umlab/drivers/toy/toy.c', 12, 8),
                                 _record('../umlab/harness/machine.c', 12, 8))
        self.assertEqual(toy.coverage.lines, tracefile.Count(8, 8))
        self.assertEqual(toy.coverage.branches, tracefile.Count(2, 1))
        self.assertEqual(toy.coverage.functions, tracefile.Count(1, 1))
        self.assertEqual(machine.coverage.lines, tracefile.Count(12, 8))

    def test_left_out_of_lcov_2(self) -> None:
        """The same, where it says where functions end."""
        record = _record('../umlab/drivers/toy/toy.c', 12, 8)
        toy, = self.ours(record.replace('FN:1,', 'FN:1,8,').replace('FN:9,', 'FN:9,12,'))
        self.assertEqual(toy.coverage.lines, tracefile.Count(8, 8))
        self.assertEqual(toy.coverage.functions, tracefile.Count(1, 1))

    def test_stale(self) -> None:
        """A name that is there no more is an error, which names it."""
        self.table.write_text(_TABLE.replace('toy_exit', 'toy_gone'))
        with self.assertRaisesRegex(LabError, r'toy\.c has no toy_gone\(\)'):
            self.ours(_record('../umlab/drivers/toy/toy.c', 8, 8))

    def test_no_reason(self) -> None:
        """A line without a reason is one, too."""
        self.table.write_text('drivers/toy/toy.c toy_exit\n')
        with self.assertRaisesRegex(LabError, r'exclude:1: write "file function: reason"'):
            coverage.left_out(self.table)

    def test_gate(self) -> None:
        """Each folder is held to its own share, of lines and of branches."""
        good = tracefile.Coverage(tracefile.Count(100, 95), tracefile.Count(100, 85))
        bad = tracefile.Coverage(tracefile.Count(100, 94), tracefile.Count(100, 84))

        def missed(drivers: tracefile.Coverage, harness: tracefile.Coverage) -> int:
            return len(coverage.missed((tracefile.File('drivers/a.c', drivers),
                                        tracefile.File('harness/b.c', harness))))

        self.assertEqual(missed(good, good), 0)
        self.assertGreater(missed(tracefile.Coverage(), good), 0)
        self.assertEqual(coverage.missed(()), [
            'drivers: no lines were measured', 'drivers: no branches were measured',
            'harness: no lines were measured'])
        self.assertEqual(coverage.missed((
            tracefile.File('drivers/a.c', replace(good, branches=tracefile.Count())),
            tracefile.File('harness/b.c', good))),
            ['drivers: no branches were measured'])
        self.assertEqual(missed(bad, good), 2)
        self.assertEqual(missed(good, bad), 0)
        self.assertEqual(missed(good, tracefile.Coverage(tracefile.Count(100, 89))), 1)

    def test_table(self) -> None:
        """The last line is the one that CI systems read."""
        files = self.ours(_record('../umlab/drivers/toy/toy.c', 8, 4))
        self.assertRegex(coverage.table(files), r'(?s)drivers/toy .* 50\.0 % .*'
                         r'\nTotal: lines 50\.0 %, branches 50\.0 %, functions 100\.0 %$')

    def test_exclusions(self) -> None:
        """Ours can be read, and its files are there."""
        for name in coverage.left_out(REPO / 'uml-config/coverage.exclude'):
            self.assertTrue(Path(REPO / name).is_file(), name)
