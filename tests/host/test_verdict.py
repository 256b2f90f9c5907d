# SPDX-License-Identifier: GPL-2.0-only
"""The verdict, from logs that pass and logs that only seem to."""

from lab.verdict import Verdict, judge

from .support import TREE, FolderTest

_PASS = '''\
KTAP version 1
1..2
    KTAP version 1
    # Subtest: one
    1..2
    ok 1 a
    ok 2 b # SKIP not here
ok 1 one
    KTAP version 1
    # Subtest: two
    1..1
        KTAP version 1
        # Subtest: c
        ok 1 x
        ok 2 y
    ok 1 c
ok 2 two
reboot: System halted
'''


class VerdictTest(FolderTest):
    """One log each."""

    def judge(self, log: str) -> Verdict:
        """The verdict on @log."""
        return judge(TREE, self.write('test.log', log))

    def expect_failure(self, old: str, new: str, name: str) -> None:
        """With @old become @new, the log fails, and @name is named."""
        self.assertIn(old, _PASS)
        verdict = self.judge(_PASS.replace(old, new))
        self.assertGreater(verdict.failed, 0)
        self.assertIn(name, [failure for failure, _ in verdict.failures])

    def test_pass(self) -> None:
        """Cases and parameters count, suites do not."""
        self.assertEqual(self.judge(_PASS), Verdict(3, 0, 1, ()))

    def test_failed_case(self) -> None:
        """Its log comes with it, and its name in full."""
        verdict = self.judge(_PASS.replace(
            '        ok 2 y', '        # why: because\n        not ok 2 y')
            .replace('    ok 1 c', '    not ok 1 c')
            .replace('ok 2 two', 'not ok 2 two'))
        self.assertEqual((verdict.passed, verdict.failed), (2, 1))
        self.assertEqual(verdict.failures, (('two.c.y', '# why: because'),))

    def test_first_parameter(self) -> None:
        """The parser gives its log to the case; it is found there."""
        verdict = self.judge(_PASS.replace(
            '        ok 1 x', '    # why: because\n        not ok 1 x')
            .replace('    ok 1 c', '    not ok 1 c'))
        self.assertEqual(verdict.failures, (('two.c.x', '# why: because'),))

    def test_suite_fails_alone(self) -> None:
        """kunit.py counts cases only."""
        self.expect_failure('ok 1 one', 'not ok 1 one', 'one')

    def test_died_between_suites(self) -> None:
        """A planned suite that never came."""
        verdict = self.judge(_PASS[:_PASS.index('ok 1 one') + 9])
        self.assertGreater(verdict.failed, 0)

    def test_died_in_a_case(self) -> None:
        """A case that never ended."""
        self.expect_failure('    ok 2 b # SKIP not here\nok 1 one\n', '',
                            'one')

    def test_died_after_the_last_suite(self) -> None:
        """kunit.py has what it wants to know by then."""
        self.expect_failure('reboot: System halted', 'Kernel panic - not'
                            ' syncing', 'the end of the run, which never came')

    def test_nothing_run(self) -> None:
        """No KTAP, an empty plan, no log."""
        for log in ('', 'Linux version 6.12\nKernel panic\n',
                    'KTAP version 1\n1..0\n'):
            verdict = self.judge(log)
            self.assertEqual(verdict.passed, 0)
            self.assertTrue(verdict.nothing_run)
        self.assertFalse(self.judge(_PASS).nothing_run)
        self.assertEqual(judge(TREE, self.folder / 'none').passed, 0)
