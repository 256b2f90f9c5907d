# SPDX-License-Identifier: GPL-2.0-only
"""What is rebuilt, and when: on the kernel that was built."""

import contextlib
import dataclasses
import io
import os
import unittest
from pathlib import Path
from typing import List

from lab import overlay
from lab.configs import CONFIGS
from lab.errors import LabError
from lab.kernel import Kernel, build
from lab.source import Source

from .support import BUILD, OBJECTS, REPO, TREE


class RebuildTest(unittest.TestCase):
    """Steps of one kernel build after another."""

    def setUp(self) -> None:
        name = OBJECTS.name.partition('-')[2]
        fragments = tuple(REPO / 'uml-config' / fragment
                          for fragment in CONFIGS[name].fragments)
        self.source = Source(TREE, (6, 12, 0), TREE)
        self.kernel = Kernel(self.source, name, CONFIGS[name], fragments, (),
                             (), BUILD / 'tmp')
        # Kconfig's mktemp wants it, or finds that the tools lack something.
        self.kernel.tmp.mkdir(exist_ok=True)
        # Whatever the run before was told in ARGS
        self.build()

    def build(self) -> List[str]:
        """Build; the objects that were compiled, [] if make did not run."""
        log = OBJECTS / 'build.log'
        log.unlink(missing_ok=True)
        build(self.kernel, len(os.sched_getaffinity(0)))
        if not log.exists():
            return []
        return [line.split()[-1] for line in log.read_text().splitlines()
                if line.startswith('  CC ')]

    def touch(self, path: Path) -> None:
        """Make @path new, and give it its time back later: the results of the suites
        are older than it only if somebody changes it."""
        times = path.stat()
        self.addCleanup(os.utime, path, ns=(times.st_atime_ns, times.st_mtime_ns))
        os.utime(path)

    def test_nothing_changed(self) -> None:
        """make is not even asked; nor by an overlay that is put in again."""
        overlay.place(REPO, self.source)
        before = (OBJECTS / 'linux').stat().st_mtime_ns
        self.build()
        self.assertFalse((OBJECTS / 'build.log').exists())
        self.assertEqual((OBJECTS / 'linux').stat().st_mtime_ns, before)

    def test_one_driver_file(self) -> None:
        """That file, and what carries the version."""
        self.touch(REPO / 'drivers/simple/mmap.c')
        self.assertEqual(self.build(),
                         ['drivers/umlab/drivers/simple/mmap.o',
                          'init/version-timestamp.o'])
        self.assertEqual(self.build(), [])

    def test_one_kernel_file(self) -> None:
        """A change of the kernel's own is seen as well."""
        self.touch(TREE / 'mm/mmap.c')
        self.assertIn('mm/mmap.o', self.build())

    def test_removed_file(self) -> None:
        """A new file's and a removed one's folder has changed."""
        path = TREE / 'drivers/umlab/umlab-test-file'
        self.addCleanup(path.unlink, missing_ok=True)
        path.touch()
        self.build()
        self.assertTrue((OBJECTS / 'build.log').exists())
        path.unlink()
        self.build()
        self.assertTrue((OBJECTS / 'build.log').exists())

    def test_other_config(self) -> None:
        """A .config that somebody else wrote is not built on."""
        config = OBJECTS / '.config'
        before = config.read_text()
        config.write_text(before.replace('CONFIG_UMLAB=y',
                                         '# CONFIG_UMLAB is not set'))
        self.build()
        self.assertEqual(config.read_text(), before)

    def test_refused_config(self) -> None:
        """After a configuration that failed, the next is made anew."""
        before = (OBJECTS / '.config').read_text()
        bad = dataclasses.replace(
            self.kernel, options=('--kconfig_add=CONFIG_NO_SUCH_SYMBOL=y',))
        with self.assertRaises(LabError), \
                contextlib.redirect_stdout(io.StringIO()):
            build(bad, 1)
        self.build()
        self.assertEqual((OBJECTS / '.config').read_text(), before)

    def test_missing_kernel(self) -> None:
        """The binary itself."""
        (OBJECTS / 'linux').unlink()
        self.build()
        self.assertTrue((OBJECTS / 'linux').exists())
