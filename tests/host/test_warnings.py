# SPDX-License-Identifier: GPL-2.0-only
"""What compilers and sparse say of our files: nothing.

gcc with W=1, and sparse in the same run of make (C=2, which checks all files
whether they are compiled or not; it works for ARCH=um as it is); clang with
W=1. smatch is not in Debian, so it is not run.
"""

import re
from typing import ClassVar, Dict, List, Set, Tuple

from .compiled import Compiled, compiled_sources, findings
from .support import REPO, FolderTest, sources

# "context imbalance in 'f'": sparse counts locks, and has no idea of ...
_CONTEXT = re.compile(r"warning: context imbalance in '(\w+)'")

# ... guard(), which gives back at the end of the scope what it took. (In functions
# that have one, lockdep is what looks at locks.)
_GUARD = re.compile(r'\b(?:scoped_)?guard\(')

# ... and of these.
_UNBALANCED = {
    'dad_enter': 'takes the lock if it returns true, which sparse has no word for',
    'dad_exit': 'gives back what dad_enter() took',
    'lab_walk_step': 'pte_offset_map() is not declared to take what pte_unmap()'
                     ' gives back',
}

# A function: its name, and its body
_FUNCTION = re.compile(r'^\w[^;{}=]*?\b(\w+)\([^;{}]*\)[^;{}]*\n\{\n(.*?)^\}',
                       re.M | re.S)

_PLANTED = '''\
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/io.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

u32 try_it(void __iomem *reg, const u32 __user *from, spinlock_t *lock);

u32 try_it(void __iomem *reg, const u32 __user *from, spinlock_t *lock)
{{
	u32 value = 0;

	{body}
	return value;
}}
'''


def guarded(text: str) -> Set[str]:
    """The functions of a source that have a guard()."""
    return {name for name, body in _FUNCTION.findall(text)
            if _GUARD.search(body)}


def locks_known(line: str, guards: Set[str]) -> bool:
    """Whether sparse said this because of what it has no idea of."""
    found = _CONTEXT.search(line)
    return found is not None and (found[1] in guards or found[1] in _UNBALANCED)


class _CompiledTest(FolderTest):
    """One way of compiling: all of our files, and one with something planted."""

    way: ClassVar[Compiled]
    # Our files that this compiler is not for
    without: ClassVar[Set[str]] = set()
    # What has to be found in what is planted in the body of a function
    planted: Dict[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        self.way.prepare()
        self.guards: Set[str] = set()
        for path in sources('drivers', 'harness', 'kunit'):
            self.guards |= guarded((REPO / path).read_text())

    def findings(self, said: str) -> List[Tuple[str, str]]:
        """What is to be mended."""
        return [(path, line) for path, line in findings(said)
                if not locks_known(line, self.guards)]

    def test_all(self) -> None:
        """Each file is compiled, without a finding."""
        status, said = self.way.all()
        found = self.findings(said)
        ours = [name for name in compiled_sources()
                if name not in self.without]
        for name in ours:
            with self.subTest(name):
                self.assertEqual([line for path, line in found if path == name],
                                 [])
        self.assertEqual([line for path, line in found if path not in ours], [])
        self.assertEqual(status, 0, said)
        self.assertEqual(self.way.objects(), ours)

    def test_planted(self) -> None:
        """Something of each kind is found, and nothing in a good file."""
        for body, expected in {'value = readl(reg);': '',
                               **self.planted}.items():
            with self.subTest(expected or 'nothing'):
                path = self.write('try/try.c', _PLANTED.format(body=body))
                _, said = self.way.file(path)
                found = '\n'.join(line for _, line in self.findings(said))
                if expected:
                    self.assertIn(expected, found)
                else:
                    self.assertEqual(found, '')


class GccTest(_CompiledTest):
    """gcc and sparse."""

    way = Compiled('w1', 'C=2')
    planted = {
        'int unused;\n\n\tunused = 1;': 'set but not used',
        'value = *from;': 'dereference of noderef expression',
        'value = readl((void *)reg);': "cast removes address space '__iomem'",
        'value = cpu_to_le32(value);': 'different base types',
        'spin_lock(lock);': "context imbalance in 'try_it'",
    }

    def test_guard(self) -> None:
        """Which functions have one: in these alone are locks not looked at."""
        text = (REPO / 'drivers/dad/request.c').read_text()
        self.assertIn('dad_requests_any', guarded(text))
        self.assertEqual(guarded('int a(void)\n{\n\treturn 0;\n}\n\n'
                                 'static int\nb(int c)\n\t__must_hold(d)\n{\n'
                                 '\tguard(mutex)(&e);\n}\n'), {'b'})


class ClangTest(_CompiledTest):
    """clang; our objects alone, nothing of the kernel's."""

    # UML has no I/O ports: asm-generic/io.h adds to a base that is NULL. That
    # is the kernel's, so its header is taken for the compiler's own.
    way = Compiled('clang', 'CC=clang',
                   flags='--system-header-prefix=asm-generic/')
    without = {'harness/coverage.c'}  # of gcc's data
    planted = {
        'if (reg)\n\t\treturn value;\n\telse\n\t\tvalue = value;':
            'explicitly assigning value of variable',
        'value = !value == 2;': 'logical not is only applied',
    }


del _CompiledTest
