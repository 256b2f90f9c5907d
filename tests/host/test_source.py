# SPDX-License-Identifier: GPL-2.0-only
"""The kernel source: what is refused, and that a user's own is only read."""

import contextlib
import io
import os
import subprocess
import tarfile
import unittest
from pathlib import Path
from typing import Dict, Tuple

from lab import overlay, source
from lab.folder import build_folder

from .support import REPO, FolderTest


def _state(tree: Path) -> Dict[str, Tuple[int, int]]:
    """Everything in @tree, with what a write to it would change."""
    return {str(path.relative_to(tree)):
            (path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in [tree, *tree.rglob('*')]}


class RefusalTest(FolderTest):
    """Each gets one clear line and a status, and leaves nothing."""

    def tearDown(self) -> None:
        self.assertFalse((self.folder / 'build').exists())

    def test_nothing_there(self) -> None:
        """A path that is none."""
        self.expect_refusal('no such file', KERNEL_SRC='/nowhere/linux')

    def test_no_kernel_tree(self) -> None:
        """A folder of something else."""
        tree = self.write('other/Makefile', 'all:\n').parent
        self.expect_refusal('is no kernel source', KERNEL_SRC=str(tree))

    def test_no_kernel_tarball(self) -> None:
        """A tarball of something else."""
        self.write('other/Makefile', 'all:\n')
        with tarfile.open(self.folder / 'other.tar', 'w') as tar:
            tar.add(self.folder / 'other', 'other')
        self.expect_refusal('is no kernel source',
                            KERNEL_SRC=str(self.folder / 'other.tar'))

    def test_no_tarball(self) -> None:
        """A file that tar cannot read."""
        path = self.write('linux.tar.xz', 'nothing of the kind')
        self.expect_refusal('tar cannot unpack it', KERNEL_SRC=str(path))

    def test_too_old(self) -> None:
        """6.11 and 5.19."""
        for version in ('6.11.3', '5.19.0'):
            tree = self.kernel_tree(f'linux-{version}', version)
            self.expect_refusal(f'is Linux {version}', 'needs 6.12',
                                KERNEL_SRC=str(tree))

    def test_lacks_uml(self) -> None:
        """No arch/um."""
        tree = self.kernel_tree('linux')
        (tree / 'arch/um/Kconfig').unlink()
        self.expect_refusal('lacks User-mode Linux', KERNEL_SRC=str(tree))

    def test_lacks_kunit_py(self) -> None:
        """No kunit.py."""
        tree = self.kernel_tree('linux')
        (tree / 'tools/testing/kunit/kunit.py').unlink()
        self.expect_refusal('lacks kunit.py', KERNEL_SRC=str(tree))

    def test_lacks_drivers(self) -> None:
        """A tree with a piece missing that we append to."""
        tree = self.kernel_tree('linux')
        (tree / 'drivers/Makefile').unlink()
        self.expect_refusal('lacks drivers/Makefile', KERNEL_SRC=str(tree))

    def test_build_in_source(self) -> None:
        """The user's tree is not written to, so no build folder in it."""
        tree = self.kernel_tree('linux')
        self.expect_refusal('only read', KERNEL_SRC=str(tree),
                            BUILD=str(tree / 'build'))
        self.assertFalse((tree / 'build').exists())

    def test_bad_path(self) -> None:
        """Where kbuild refuses to build."""
        for name in ('b b', 'b:b'):
            self.expect_refusal('space or a colon',
                                BUILD=str(self.folder / name))

    def test_bad_variables(self) -> None:
        """Variables that make no sense."""
        self.expect_refusal('no such configuration', CONFIG='fast')
        self.expect_refusal('give one pattern', SUITE='umlab_lib umlab_scull*')
        self.expect_refusal('at least 1', ARGS='--timeout=0')
        self.expect_refusal('at least 1', JOBS='0')
        self.expect_refusal('at least 1', JOBS='many')
        self.expect_refusal('No closing quotation', ARGS="'half")
        self.expect_refusal('BUILD=<folder>', ARGS='--build_dir=x')
        self.expect_refusal('umlab is ARCH=um', ARGS='--arch x86_64')
        self.expect_refusal('write --kconfig_add in full',
                            ARGS='--kconfig CONFIG_KASAN=y')
        self.expect_refusal('--kunitconfig', ARGS='--alltests')
        self.expect_refusal("argument --timeout: invalid int value: 'soon'",
                            ARGS='--timeout=soon')
        self.expect_refusal('no such file', ARGS='--kunitconfig /nowhere')

    def test_misspelt_variable(self) -> None:
        """make itself would pass over it."""
        for word, status in (('SUIT=umlab_lib', 2), ('SUITE=umlab_lib', 0)):
            done = subprocess.run(['make', '-C', str(REPO), 'help', word],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  text=True, check=False)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual('SUIT: there is no such variable' in done.stderr, status == 2)

    def test_commands(self) -> None:
        """One that there is, and one only, is what it takes."""
        for words in ((), ('nosuch',), ('--help',), ('report', '--help')):
            done = self.lab(*words)
            self.assertEqual(done.returncode, 2, done)
            self.assertRegex(done.stderr, r'\Aumlab: one command, .*\n\Z')

    def test_useless_variables(self) -> None:
        """A variable that a command would ignore is refused."""
        for command, name, value in (
                ('kunit', 'DEVICES', 'dad'), ('kunit', 'SEED', '7'),
                ('soak', 'SUITE', 'umlab_lib'), ('stress', 'OPERATIONS', '5'),
                ('bench', 'SLOW', '1'), ('shell', 'ARGS', '--json'),
                ('clean', 'SUITE', 'umlab_lib')):
            with self.subTest(command):
                # Were it not, there would be nothing to build, either.
                done = self.lab(command, **{name: value, 'KERNEL_SRC': '/nowhere'})
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr, f'umlab: {name} is of no use for this'
                                              ' command: see "make help"\n')


class BuildFolderTest(FolderTest):
    """Whose a build folder is."""

    def test_not_ours(self) -> None:
        """A folder with something in it is not taken over."""
        path = self.write('build/precious', 'data')
        self.expect_refusal('is no build folder of umlab')
        self.assertEqual(path.read_text(), 'data')
        done = self.lab('distclean')
        self.assertEqual(done.returncode, 2)
        self.assertEqual(path.read_text(), 'data')

    def test_a_file(self) -> None:
        """A file is none either."""
        self.write('build', 'data')
        self.expect_refusal('is no build folder of umlab')

    def test_other_source(self) -> None:
        """Made from one kernel, asked for another."""
        one, two = self.kernel_tree('one'), self.kernel_tree('two')
        build = self.folder / 'build'
        build.mkdir()
        (build / '.umlab-lock').touch()
        source.prepare(str(one), build)
        self.expect_refusal('belongs to the kernel source', str(one),
                            'distclean', KERNEL_SRC=str(two))
        self.assertTrue((build / 'linux/Makefile').exists())
        self.assertEqual(self.lab('distclean').returncode, 0)
        self.assertFalse(build.exists())

    def test_own_copy(self) -> None:
        """Our copy as the source of itself."""
        one = self.kernel_tree('one')
        build = self.folder / 'build'
        build.mkdir()
        (build / '.umlab-lock').touch()
        source.prepare(str(one), build)
        self.expect_refusal("umlab's own", KERNEL_SRC=str(build / 'linux'))

    def test_in_use(self) -> None:
        """Another run has it."""
        with build_folder(self.folder / 'build'):
            self.expect_refusal('another run is using')

    def test_full_disk(self) -> None:
        """A file system that is too small."""
        build = self.folder / 'build'
        build.mkdir()
        mount = subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', str(build)],
            stderr=subprocess.PIPE, text=True, check=False)
        if mount.returncode:
            self.skipTest(f'cannot mount: {mount.stderr.strip()}')
        try:
            self.expect_refusal('GiB free', 'BUILD=<folder>')
            self.assertEqual(list(build.iterdir()),
                             [build / '.umlab-lock'][:0])
        finally:
            subprocess.run(['umount', str(build)], check=True)


class CopyTest(FolderTest):
    """Our copy of a user's tree, and what is put into it."""

    def setUp(self) -> None:
        super().setUp()
        self.build = self.folder / 'build'
        self.build.mkdir()
        self.tree = self.kernel_tree('linux')

    def prepare(self) -> source.Source:
        """Have the copy, with umlab in it."""
        prepared = source.prepare(str(self.tree), self.build)
        overlay.place(REPO, prepared)
        return prepared

    def test_tree_is_only_read(self) -> None:
        """Not a timestamp changes in the user's tree."""
        before = _state(self.tree)
        self.prepare()
        self.prepare()
        self.assertEqual(_state(self.tree), before)

    def test_only_these_change(self) -> None:
        """A folder, and a line each in two files."""
        prepared = self.prepare()
        for name, line in (('Kconfig', 'source "drivers/umlab/Kconfig"\n'),
                           ('Makefile', 'obj-$(CONFIG_UMLAB) += umlab/\n')):
            self.assertEqual((prepared.tree / 'drivers' / name).read_text(),
                             (self.tree / 'drivers' / name).read_text() + line)
        ours = {str(path.relative_to(prepared.tree))
                for path in prepared.tree.rglob('*')
                if 'umlab' not in path.relative_to(prepared.tree).parts}
        theirs = {str(path.relative_to(self.tree))
                  for path in self.tree.rglob('*')}
        self.assertEqual(ours, theirs)

    def test_second_run_writes_nothing(self) -> None:
        """make would rebuild what has a new timestamp."""
        prepared = self.prepare()
        before = _state(prepared.tree)
        self.prepare()
        self.assertEqual(_state(prepared.tree), before)

    def test_follows_the_tree(self) -> None:
        """Changed, new and removed files; the appended lines stay."""
        prepared = self.prepare()
        (self.tree / 'Kbuild').write_text('changed\n')
        (self.tree / 'new.c').touch()
        (self.tree / 'arch/um/gone.c').touch()
        self.prepare()
        (self.tree / 'arch/um/gone.c').unlink()
        (self.tree / 'drivers/Kconfig').write_text('menu "y"\nendmenu\n')
        self.prepare()
        self.assertEqual((prepared.tree / 'Kbuild').read_text(), 'changed\n')
        self.assertTrue((prepared.tree / 'new.c').exists())
        self.assertFalse((prepared.tree / 'arch/um/gone.c').exists())
        self.assertEqual((prepared.tree / 'drivers/Kconfig').read_text(),
                         'menu "y"\nendmenu\nsource "drivers/umlab/Kconfig"\n')

    def test_timestamps_survive(self) -> None:
        """A file of ours has in the tree the timestamp that it has here."""
        prepared = self.prepare()
        name = 'drivers/simple/mmap.c'
        self.assertEqual(
            (prepared.tree / 'drivers/umlab' / name).stat().st_mtime_ns,
            (REPO / name).stat().st_mtime_ns)

    def test_stale_links_go(self) -> None:
        """The overlay of another clone, or of an older umlab."""
        prepared = self.prepare()
        folder = prepared.tree / 'drivers/umlab'
        (folder / 'old').symlink_to('/nowhere')
        (folder / 'kunit').unlink()
        (folder / 'kunit').symlink_to('/nowhere')
        overlay.place(REPO, prepared)
        self.assertFalse(os.path.lexists(folder / 'old'))
        self.assertEqual((folder / 'kunit').resolve(), REPO / 'kunit')

    def test_interrupted_copy(self) -> None:
        """Without its record a copy counts as none and is made again."""
        prepared = self.prepare()
        (self.build / 'source.json').unlink()
        (prepared.tree / 'Makefile').write_text('half')
        self.assertEqual(self.prepare().version, (6, 12, 1))

    def test_newer_warns(self) -> None:
        """A kernel nobody has tried is tried."""
        newer = self.kernel_tree('newer', '7.9.0')
        build = self.folder / 'build2'
        build.mkdir()
        with contextlib.redirect_stdout(io.StringIO()) as said:
            prepared = source.prepare(str(newer), build)
        self.assertEqual(prepared.release, '7.9.0')
        self.assertRegex(said.getvalue(),
                         'umlab: warning: Linux 7.9.0 is newer')

    def test_old_timestamps(self) -> None:
        """A file that comes late with an old timestamp: the objects go."""
        prepared = self.prepare()
        stamp = prepared.tree / '.kunit-x/umlab-built.json'
        stamp.parent.mkdir()
        stamp.touch()
        # The folders' own times are of no interest.
        os.utime(prepared.tree / 'drivers')
        os.utime(self.tree / 'drivers', (1e9, 1e9))
        self.prepare()
        self.assertTrue(stamp.exists())
        path = self.tree / 'Kbuild'
        path.write_text('older, but new here\n')
        os.utime(path, (1e9, 1e9))
        self.prepare()
        self.assertFalse(stamp.exists())

    def test_tarball(self) -> None:
        """The same from a tarball, whose own top folder has any name."""
        with tarfile.open(self.folder / 'k.tar.gz', 'w:gz') as tar:
            tar.add(self.tree, 'some-name-1.0')
        build = self.folder / 'build3'
        build.mkdir()
        prepared = source.prepare(str(self.folder / 'k.tar.gz'), build)
        overlay.place(REPO, prepared)
        self.assertEqual(prepared.version, (6, 12, 1))
        self.assertFalse((build / 'linux.part').exists())


if __name__ == '__main__':
    unittest.main()
