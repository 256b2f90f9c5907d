# SPDX-License-Identifier: GPL-2.0-only
"""The example in a header is the one that is compiled."""

import unittest
from typing import List

from .support import REPO


def _in_comment(text: str) -> List[str]:
    """The indented lines of the comment that @text opens with."""
    comment = text[text.index('/*', 2):text.index('*/', text.index('/*', 2))]
    lines = comment.split('::\n', 1)[1].splitlines()
    return [line[3:] if line.startswith(' *\t') else ''
            for line in lines if line.strip()]


class ExampleTest(unittest.TestCase):
    """umlab/model.h and kunit/machine_example.c."""

    def test_same(self) -> None:
        """Line by line, and short."""
        header = (REPO / 'harness/include/umlab/model.h').read_text()
        suite = (REPO / 'kunit/machine_example.c').read_text()
        shown = [line for line in _in_comment(header) if line]
        begin = suite.index('which a test compares */\n')
        compiled = [line for line in
                    suite[begin:suite.index('/* To here */')].splitlines()[1:]
                    if line]
        self.assertEqual(shown, compiled)
        # What the design promises of a minimal model
        self.assertLess(len(shown), 60)

    def test_program(self) -> None:
        """README.md and tests/user/example.c."""
        program = (REPO / 'tests/user/example.c').read_text()
        self.assertIn(f'```c\n{program.split("*/", 1)[1].lstrip()}```\n',
                      (REPO / 'README.md').read_text())
