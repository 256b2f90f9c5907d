# SPDX-License-Identifier: GPL-2.0-only
"""lcov's tracefiles, as lcov 1.16 and 2 write them."""

from typing import Tuple

from lab import tracefile
from lab.errors import LabError
from lab.tracefile import Count, Coverage, File

from .support import FolderTest

INFO = '''\
TN:
SF:/a/repo/drivers/dad/main.c
FN:10,dad_probe
FN:30,40,dad_remove
FNDA:3,dad_probe
FNDA:0,dad_remove
FNF:2
FNH:1
BRDA:12,0,0,3
BRDA:12,0,1,0
BRDA:14,0,0,-
BRDA:14,0,1,-
BRF:4
BRH:1
DA:11,3
DA:12,3,checksum
DA:30,0
LF:3
LH:2
end_of_record
SF:/b/linux/drivers/umlab/harness/dma/gate.c
DA:1,1
end_of_record
SF:../drivers/umlab/harness/bus/bar.c
DA:7,0
DA:8,0
end_of_record
SF:/a/repo/build/linux/include/linux/list.h
DA:5,1
end_of_record
SF:/b/linux/drivers/umlab/drivers/dad/main.c
FNDA:1,dad_remove
BRDA:12,0,1,2
DA:30,1
DA:11,0
end_of_record
'''


class TracefileTest(FolderTest):
    """One tracefile each."""

    def read(self, text: str) -> Tuple[File, ...]:
        """What is in it."""
        return tracefile.read(self.write('coverage.info', text), self.folder / 'repo')

    def files(self) -> Tuple[File, ...]:
        """Those of the example."""
        return self.read(INFO.replace('/a/repo', str(self.folder / 'repo')))

    def test_files(self) -> None:
        """Paths are ours wherever the kernel tree is, and a file counts once."""
        self.assertEqual([file.path for file in self.files()],
                         ['build/linux/include/linux/list.h', 'drivers/dad/main.c',
                          'harness/bus/bar.c', 'harness/dma/gate.c'])
        self.assertEqual([file.ours for file in self.files()],
                         [False, True, True, True])

    def test_counts(self) -> None:
        """Each kind, with what two records say of one file added."""
        main = self.files()[1]
        self.assertEqual(main.coverage, Coverage(Count(3, 3), Count(4, 2), Count(2, 2)))
        self.assertEqual((main.missed_lines, main.missed_branches,
                          main.missed_functions), ((), ((14, 2),), ()))
        alone = self.read(INFO[:INFO.index('SF:/b')])[0]
        self.assertEqual(alone.coverage, Coverage(Count(3, 2), Count(4, 1), Count(2, 1)))
        self.assertEqual((alone.missed_lines, alone.missed_branches,
                          alone.missed_functions),
                         ((30,), ((12, 1), (14, 2)), ('dad_remove',)))

    def test_folders(self) -> None:
        """Sums of each folder alone, and of all."""
        files = self.files()
        folders = tracefile.by_folder(files)
        self.assertEqual(list(folders), ['build/linux/include/linux', 'drivers/dad',
                                         'harness/bus', 'harness/dma'])
        self.assertEqual(folders['harness/bus'].lines, Count(2, 0))
        self.assertEqual(tracefile.total(files).lines, Count(7, 5))
        self.assertEqual(tracefile.total(()), Coverage())

    def test_percent(self) -> None:
        """A file without branches has none that was not taken."""
        self.assertEqual([Count(8, 1).percent, Count(3, 3).percent, Count().percent],
                         [12.5, 100, 100])

    def test_broken(self) -> None:
        """Half a file is none, and the message says where it ends."""
        for text in ('', 'TN:\n', INFO[:INFO.index('end_of_record')],
                     INFO.replace('DA:11,3', 'DA:11'),
                     INFO.replace('DA:11,3', 'DA:11,many')):
            with self.assertRaises(LabError) as caught:
                self.read(text)
            self.assertIn('coverage.info is no tracefile', str(caught.exception))
