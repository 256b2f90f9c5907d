# SPDX-License-Identifier: GPL-2.0-only
"""checkpatch, and the compiler's warnings."""

import os
import re
import shutil
import subprocess
import unittest

from .support import OBJECTS, REPO, TREE, sources

# What a file is there for, and checkpatch would have elsewhere
_ALLOWED = {'harness/compat.h': 'LINUX_VERSION_CODE,CONSTANT_COMPARISON'}

_FOLDERS = ('drivers', 'harness', 'kunit', 'tests')


class CheckpatchTest(unittest.TestCase):
    """The kernel's own style checker, strict."""

    def test_checkpatch(self) -> None:
        """Each C file is clean."""
        script = TREE / 'scripts/checkpatch.pl'
        self.assertTrue(script.exists())
        for path in sources(*_FOLDERS):
            ignore = [f'--ignore={_ALLOWED[str(path)]}'
                      ] if str(path) in _ALLOWED else []
            with self.subTest(str(path)):
                done = subprocess.run(
                    ['perl', str(script), '--no-tree', '--strict', '--terse',
                     '--no-summary', *ignore, '-f', str(path)], cwd=REPO,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                    check=False)
                self.assertEqual((done.returncode, done.stdout), (0, ''))


class WarningsTest(unittest.TestCase):
    """A build of our folder with W=1, in object folders of its own."""

    def test_w1(self) -> None:
        """No file of ours has a warning."""
        objects = TREE / '.kunit-w1'
        # What was compiled before would not warn again.
        shutil.rmtree(objects / 'drivers/umlab', ignore_errors=True)
        objects.mkdir(exist_ok=True)
        shutil.copyfile(OBJECTS / '.config', objects / '.config')
        env = dict(os.environ, LC_ALL='C')
        for name in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL'):
            env.pop(name, None)
        if os.path.isdir('/usr/lib/ccache'):
            env['PATH'] = f"/usr/lib/ccache:{env['PATH']}"
        done = subprocess.run(
            ['make', '--no-print-directory', '-C', str(TREE), 'ARCH=um',
             f'O={objects.name}', f'-j{len(os.sched_getaffinity(0))}', 'W=1',
             'drivers/umlab/'], env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        compiled = re.findall(r'^  CC +drivers/umlab/(\S+)\.o$', done.stdout,
                              re.M)
        ours = [str(path.with_suffix('')) for path in
                sources('drivers', 'kunit', 'harness')
                if path.suffix == '.c' and str(path) != 'harness/user/init.c']
        self.assertEqual(sorted(compiled), ours)
        for name in ours:
            with self.subTest(f'{name}.c'):
                # "../drivers/umlab/x.c:1:2: warning:"
                found = re.findall(
                    rf'^\S*drivers/umlab/{re.escape(name)}\.c:.*warning:.*',
                    done.stdout, re.M)
                self.assertEqual(found, [])
        in_headers = re.findall(r'^\S*drivers/umlab/\S+\.h:.*warning:.*',
                                done.stdout, re.M)
        self.assertEqual(in_headers, [])

    def test_kernel_doc(self) -> None:
        """The contracts' kernel-doc, which W=1 reads in .c files only."""
        for path in sources('drivers', 'kunit', 'harness', 'tests'):
            if path.suffix != '.h':
                continue
            with self.subTest(str(path)):
                done = subprocess.run(
                    ['perl', str(TREE / 'scripts/kernel-doc'), '-none',
                     str(REPO / path)], stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True, check=False)
                self.assertEqual(done.stdout, '')
