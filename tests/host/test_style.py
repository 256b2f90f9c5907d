# SPDX-License-Identifier: GPL-2.0-only
"""checkpatch, and kernel-doc."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Iterable, List

from .support import REPO, TREE, FolderTest, sources

# What a file is there for, and checkpatch would have elsewhere
_ALLOWED = {'harness/compat.h': 'LINUX_VERSION_CODE,CONSTANT_COMPARISON'}

_CHECKPATCH = ('perl', str(TREE / 'scripts/checkpatch.pl'), '--no-tree',
               '--strict', '--terse', '--no-summary')

# Not -Wreturn, which wants "Return:" even below "whether it is gone".
_KERNEL_DOC = ('perl', str(TREE / 'scripts/kernel-doc'), '-none', '-Wshort-desc',
               '-Wcontents-before-sections', '-Werror')

_FOLDERS = ('drivers', 'harness', 'kunit', 'tests')


def _said(*command: str) -> List[str]:
    """The lines that a checker says; no status but 0 comes without any. How many they
    are is not for a reader."""
    done = subprocess.run(command, cwd=REPO, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in done.stdout.splitlines()
             if not line.endswith(' warnings as Errors')]
    return lines or ['failed'] * bool(done.returncode)


class StyleTest(FolderTest):
    """The kernel's own checkers, strict."""

    def check_all(self, said: Iterable[str]) -> None:
        """Each C file is clean: nothing is said that begins with its name."""
        lines = list(said)
        for path in sources(*_FOLDERS):
            with self.subTest(str(path)):
                about = [line for line in lines if
                         re.match(rf'(ERROR: )?{re.escape(str(path))}:', line)]
                self.assertEqual(about, [])
                lines = [line for line in lines if line not in about]
        self.assertEqual(lines, [])

    def test_checkpatch(self) -> None:
        """All C files; by each processor a part of them."""
        paths = [str(path) for path in sources(*_FOLDERS)
                 if str(path) not in _ALLOWED]
        jobs = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(jobs) as pool:
            said = pool.map(lambda job: _said(*_CHECKPATCH, '-f', *paths[job::jobs]),
                            range(jobs))
        lines = [line for part in said for line in part]
        for path, types in _ALLOWED.items():
            lines += _said(*_CHECKPATCH, f'--ignore={types}', '-f', path)
        self.check_all(lines)

    def test_checkpatch_planted(self) -> None:
        """What only --strict says is found."""
        path = self.write('try.c', '// SPDX-License-Identifier: GPL-2.0-only\n'
                          'int *try_it(int a)\n{\n\n\treturn !a ? NULL : 0;\n}\n')
        self.assertIn("Blank lines aren't necessary after an open brace",
                      '\n'.join(_said(*_CHECKPATCH, '-f', str(path))))

    def test_kernel_doc(self) -> None:
        """The contracts, and what documents itself."""
        self.check_all(_said(*_KERNEL_DOC, *map(str, sources(*_FOLDERS))))

    def test_kernel_doc_planted(self) -> None:
        """A parameter that has another name by now is found."""
        path = self.write('try.h', '/**\n * try_it() - try it\n * @a: what\n */\n'
                          'int try_it(int b);\n')
        self.assertIn("parameter or struct member 'b' not described",
                      '\n'.join(_said(*_KERNEL_DOC, str(path))))
