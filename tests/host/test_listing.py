# SPDX-License-Identifier: GPL-2.0-only
"""How the host-side tests themselves are shown and counted."""

import io
import unittest
from typing import Tuple

from lab.results import Case
from listing import Listing


class ListingTest(unittest.TestCase):
    """Tests that are made up, below."""

    def listing(self, *wanted: str, colour: bool = False) -> Tuple[str, Tuple[Case, ...]]:
        """What is shown of some of the tests below, and what is remembered."""
        out = Output()
        out.terminal = colour
        suite = unittest.TestSuite(Example(name) for name in wanted)
        listing = Listing(suite.countTestCases(), out)
        suite.run(listing)
        return out.getvalue(), tuple(listing.cases)

    def test_lines(self) -> None:
        """One whole sentence for each, its number of how many, and how it ended."""
        text, cases = self.listing('passes', 'fails', 'breaks', 'skips', 'parts', 'both')
        self.assertEqual(text.replace('... \n', '...\n'), '''\
[1/6] test_listing.passes: A sentence that goes on in the next line ... ok
[2/6] test_listing.fails ... FAILED
[3/6] test_listing.breaks ... ERROR
[4/6] test_listing.skips ... skipped: not now
[5/6] test_listing.parts ...
  parts.two: FAILED
[6/6] test_listing.both ...
  both.one: FAILED
  as a whole: FAILED
''')
        self.assertEqual([(case.name, case.status.value) for case in cases],
                         [('passes', 'passed'), ('fails', 'failed'),
                          ('breaks', 'crashed'), ('skips', 'skipped'),
                          ('parts.one', 'passed'), ('parts.two', 'failed'),
                          ('both.one', 'failed'), ('both', 'failed')])
        self.assertIn('1 != 2', cases[1].log)

    def test_colour(self) -> None:
        """On a terminal, and there alone."""
        self.assertIn('\033[32mok\033[0m', self.listing('passes', colour=True)[0])
        self.assertNotIn('\033', self.listing('passes')[0])


class Output(io.StringIO):
    """A terminal, or a file."""

    terminal = False

    def isatty(self) -> bool:
        """Which of them it is."""
        return self.terminal


class Example(unittest.TestCase):
    """Tests that are no tests of ours."""

    def passes(self) -> None:
        """A sentence that goes
        on in the next line.

        And more.
        """

    def fails(self) -> None:  # pylint: disable=missing-function-docstring
        self.assertEqual(1, 2)

    def breaks(self) -> None:  # pylint: disable=missing-function-docstring
        raise KeyError('none')

    def skips(self) -> None:  # pylint: disable=missing-function-docstring
        self.skipTest('not now')

    def parts(self) -> None:  # pylint: disable=missing-function-docstring
        for part in ('one', 'two'):
            with self.subTest(part):
                self.assertEqual(part, 'one')

    def both(self) -> None:  # pylint: disable=missing-function-docstring
        with self.subTest('one'):
            self.assertEqual(1, 2)
        self.assertEqual(1, 2)
