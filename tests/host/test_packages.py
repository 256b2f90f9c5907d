# SPDX-License-Identifier: GPL-2.0-only
"""packages.sh on machines that lack something."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Sequence

from .support import NOBODY, REPO, FolderTest

_SCRIPT = REPO / 'uml-config/packages.sh'

# What the script itself runs, and what it only looks for
_RUN = ('sh', 'id', 'mktemp', 'rm', 'cat', 'test', 'cc')
_LOOKED_FOR = ('gcc', 'make', 'flex', 'bison', 'bc', 'perl', 'python3',
               'ccache', 'ld', 'cpio', 'lspci', 'xz', 'rsync', 'sparse', 'clang',
               'spatch', 'shellcheck', 'pylint', 'mypy', 'flake8')


class PackagesTest(FolderTest):
    """A PATH with the tools that a machine has, and no others."""

    # Anybody can get there, wherever the build folder is.
    where = '/tmp'

    def setUp(self) -> None:
        super().setUp()
        self.folder.chmod(0o755)
        self.bin = self.folder / 'bin'
        self.bin.mkdir()
        for name in _RUN:
            self.have(name)
        for name in _LOOKED_FOR:
            self.fake(name, 'exit 1')

    def have(self, name: str) -> None:
        """Let the machine have @name, as this one does."""
        (self.bin / name).symlink_to(shutil.which(name) or f'/bin/{name}')

    def lack(self, name: str) -> None:
        """Let the machine lack it."""
        (self.bin / name).unlink()

    def fake(self, name: str, text: str) -> None:
        """Let @name be a shell script."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\n{text}\n')
        path.chmod(0o755)

    def run_script(self, *args: str, root: bool = False,
                   target: str = 'kunit'
                   ) -> 'subprocess.CompletedProcess[str]':
        """Run the script there, as nobody unless @root."""
        command: Sequence[str] = ['/bin/sh', str(self.script()), target, *args]
        user = None if root or os.getuid() else NOBODY
        return subprocess.run(command, env={'PATH': str(self.bin)}, user=user,
                              stdin=subprocess.DEVNULL, cwd='/',
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)

    def script(self) -> Path:
        """A copy that anybody can read, wherever the repository is, and that
        finds in the folder of the test what it looks for by its path."""
        copy = self.folder / 'packages.sh'
        copy.write_text(re.sub(r'(?<=\s)/(usr/src|lib)/',
                               rf'{self.folder}/\1/', _SCRIPT.read_text()))
        copy.chmod(0o755)
        return copy

    def test_nothing_missing(self) -> None:
        """Silence, and no root needed."""
        done = self.run_script('/some/tree')
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, '', ''))

    def test_missing_without_root(self) -> None:
        """The exact line is printed."""
        self.lack('flex')
        self.lack('bc')
        self.fake('apt-get', 'echo must not run; exit 1')
        done = self.run_script('/some/tree')
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.splitlines(),
                         ['umlab: packages are missing; as root: apt-get'
                          ' install --no-install-recommends flex bc'
                          ' libc6-dev'])

    def test_no_apt(self) -> None:
        """Elsewhere than on Debian the names have to do."""
        self.lack('bison')
        done = self.run_script('/some/tree')
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'^umlab: not installed here: bison ')
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_source_needs(self) -> None:
        """What a source takes to be read is needed only for it."""
        for tool in ('xz', 'rsync'):
            self.lack(tool)
        tree = self.folder / 'tree'
        tree.mkdir()
        for source, package in (('linux.tar.xz', 'xz-utils'),
                                (str(tree), 'rsync'),
                                ('linux.tar.gz', '')):
            with self.subTest(source):
                done = self.run_script(source)
                self.assertEqual(done.returncode, 2 if package else 0)
                if package:
                    self.assertIn(package, done.stderr)

    def test_check_needs_more(self) -> None:
        """A perl or a python3 without its modules is enough to build, not to check."""
        self.assertEqual(self.run_script('/some/tree').returncode, 0)
        done = self.run_script('/some/tree', target='check')
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'here: perl python3-yaml ')

    def test_checkers(self) -> None:
        """Each is in the package that has it, and only "make check" wants it."""
        self.fake('perl', 'exit 0')
        self.fake('python3', 'exit 0')  # which has yaml
        self.write('usr/src/linux-headers-6.12.9+deb12-amd64/Module.symvers')
        self.assertEqual(self.run_script('/some/tree', target='check').returncode, 0)
        for tool in ('sparse', 'clang', 'spatch', 'shellcheck', 'pylint', 'mypy',
                     'flake8'):
            self.lack(tool)
        self.assertEqual(self.run_script('/some/tree').returncode, 0)
        done = self.run_script('/some/tree', target='check')
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'here: sparse clang coccinelle shellcheck'
                                      r' pylint mypy flake8 ')

    def test_targets_need_more(self) -> None:
        """What one command alone runs is wanted for that command alone."""
        for target, needed in (('gdb', 'gdb'), ('stress', 'fio stress-ng'),
                               ('coverage', 'lcov')):
            with self.subTest(target):
                done = self.run_script('/some/tree', target=target)
                self.assertEqual(done.returncode, 2)
                self.assertRegex(done.stderr, rf'here: {needed} ')

    def test_headers(self) -> None:
        """Debian's of 6.12, or any as new; whole ones, and only to check."""
        self.fake('perl', 'exit 0')
        self.fake('python3', 'exit 0')
        for name, good in (('usr/src/linux-headers-6.12.9+deb12-amd64', True),
                           ('lib/modules/6.12.0/build', True),
                           ('lib/modules/6.20.1-generic/build', True),
                           ('lib/modules/7.0.0/build', True),
                           ('usr/src/linux-headers-6.1.0-29-amd64', False),
                           ('lib/modules/6.1.0-29-amd64/build', False),
                           ('lib/modules/6.2.16/build', False)):
            with self.subTest(name):
                symbols = self.write(f'{name}/Module.symvers')
                done = self.run_script('/some/tree', target='check')
                self.assertEqual(done.returncode, 0 if good else 2, done)
                symbols.unlink()
                done = self.run_script('/some/tree', target='check')
                self.assertRegex(done.stderr, 'here: linux-headers-6.12-amd64 ')
                done = self.run_script('/some/tree')
                self.assertEqual(done.returncode, 0, done)

    def test_install_as_root(self) -> None:
        """apt-get is asked for just what is missing."""
        if os.getuid():
            self.skipTest('needs root')
        self.lack('bison')
        self.fake('apt-get', f'echo "$@" >>{self.folder}/asked')
        done = self.run_script('/some/tree', root=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        asked = (self.folder / 'asked').read_text().splitlines()
        self.assertEqual(asked, ['-q update', 'install'
                                 ' --no-install-recommends bison libc6-dev'
                                 ' -q -y'])

    def test_install_fails(self) -> None:
        """apt-get's own words, and what to do."""
        if os.getuid():
            self.skipTest('needs root')
        self.lack('bison')
        self.fake('apt-get', 'echo E: no network; exit 100')
        done = self.run_script('/some/tree', root=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn('E: no network', done.stderr)
        self.assertIn('umlab: apt-get failed', done.stderr.splitlines()[-1])
