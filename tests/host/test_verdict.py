# SPDX-License-Identifier: GPL-2.0-only
"""The verdict, from logs that pass and logs that only seem to."""

from lab.results import Case, Status
from lab.verdict import Verdict, conclude, judge

from .support import TREE, FolderTest

PASS = '''\
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
        self.assertIn(old, PASS)
        verdict = self.judge(PASS.replace(old, new))
        self.assertGreater(verdict.failed, 0)
        self.assertIn(name, [failure for failure, _ in verdict.failures])

    def test_pass(self) -> None:
        """Cases and parameters count, suites do not."""
        verdict = self.judge(PASS)
        self.assertEqual((verdict.passed, verdict.failed, verdict.skipped), (3, 0, 1))
        self.assertEqual(verdict.failures, ())
        self.assertEqual(verdict.cases, (
            Case('one', 'a', Status.PASSED), Case('one', 'b', Status.SKIPPED),
            Case('two', 'c.x', Status.PASSED), Case('two', 'c.y', Status.PASSED)))

    def test_failed_case(self) -> None:
        """Its log comes with it, and its name in full."""
        verdict = self.judge(PASS.replace(
            '        ok 2 y', '        # why: because\n        not ok 2 y')
            .replace('    ok 1 c', '    not ok 1 c')
            .replace('ok 2 two', 'not ok 2 two'))
        self.assertEqual((verdict.passed, verdict.failed), (2, 1))
        self.assertEqual(verdict.failures, (('two.c.y', '# why: because'),))

    def test_first_parameter(self) -> None:
        """The parser gives its log to the case; it is found there."""
        verdict = self.judge(PASS.replace(
            '        ok 1 x', '    # why: because\n        not ok 1 x')
            .replace('    ok 1 c', '    not ok 1 c'))
        self.assertEqual(verdict.failures, (('two.c.x', '# why: because'),))

    def test_reason(self) -> None:
        """One line has what is said of a failure, the values and the test's words, too."""
        for log, want in (
                ('x: y\n    # a: EXPECTATION FAILED at b.c:1\nleft alone\n# next',
                 '# a: EXPECTATION FAILED at b.c:1 left alone'),
                ('# a: EXPECTATION FAILED at b.c:1\n  Expected growth <= most, but\n'
                 '    growth == 19\n    most == 10\nopen: kmalloc-32: 19 more\n'
                 '# a: open: 2 points fail it', '# a: EXPECTATION FAILED at b.c:1 Expected'
                 ' growth <= most, but growth == 19 most == 10 open: kmalloc-32: 19'
                 ' more'),
                ('one\ntwo', 'one'), ('', 'failed')):
            self.assertEqual(Case('s', 'a', Status.FAILED, log).reason, want)

    def test_strays(self) -> None:
        """A report of a bug that came while there was no test."""
        self.expect_failure('reboot:', 'umlab: 2 reports of bugs have failed no'
                            ' test\nreboot:', 'reports that failed no test')

    def test_after_the_last_result(self) -> None:
        """A report when nobody counts any more, and what the kernel says of itself."""
        for said, name in (
                ('WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2', 'the end of the run'),
                ('WARNING: possible circular locking dependency', 'the end of the run'),
                ('[ BUG: Invalid wait context ]', 'the end of the run'),
                ('BUG kmalloc-64 (Not tainted): Poison', 'the end of the run'),
                ('INFO: trying to register non-static key.', 'the end of the run'),
                ('umlab: coverage: a.gcda: -ENOSPC', 'coverage: a.gcda: -ENOSPC'),
                ('umlab: one: 2 leaks, see above', 'one.(leaks)')):
            with self.subTest(said):
                self.expect_failure('reboot:', f'{said}\nreboot:', name)

    def test_leaks_of_a_failed_suite(self) -> None:
        """They are a failure of their own, with what was said of them."""
        verdict = self.judge(PASS.replace('    ok 1 a', '    not ok 1 a').replace(
            'ok 1 one', 'unreferenced object 0x1\numlab: one: 1 leaks, see above\n'
            'not ok 1 one'))
        self.assertEqual([name for name, _ in verdict.failures], ['one.a', 'one.(leaks)'])
        self.assertEqual(verdict.failures[1][1],
                         'unreferenced object 0x1\numlab: one: 1 leaks, see above')

    def test_never_came(self) -> None:
        """What is planned and never comes, is one failure, and it says where it was."""
        log = PASS[:PASS.index('    ok 2 b')].replace('    1..2', '    1..7')
        self.assertIn(('one.(planned, never came)', '6 of 7: after a'),
                      self.judge(log).failures)
        log = log.replace('    ok 1 a\n', '')
        self.assertIn(('one.(planned, never came)', '7 of 7: not even the first'),
                      self.judge(log).failures)

    def test_suite_fails_alone(self) -> None:
        """kunit.py counts cases only."""
        self.expect_failure('ok 1 one', 'not ok 1 one', 'one')

    def test_died_between_suites(self) -> None:
        """A planned suite that never came."""
        verdict = self.judge(PASS[:PASS.index('ok 1 one') + 9])
        self.assertGreater(verdict.failed, 0)

    def test_died_in_a_case(self) -> None:
        """A case that never ended."""
        self.expect_failure('    ok 2 b # SKIP not here\nok 1 one\n', '',
                            'one')

    def test_died_after_the_last_suite(self) -> None:
        """kunit.py has what it wants to know by then."""
        self.expect_failure('reboot: System halted', 'Kernel panic - not'
                            ' syncing', 'the end of the run, which never came')

    def test_wrong_number(self) -> None:
        """The parser complains of it, and fails nothing."""
        self.expect_failure('ok 2 two', 'ok 3 two', 'the form of the log')
        verdict = self.judge(PASS.replace('ok 2 two', 'ok 3 two'))
        self.assertEqual((verdict.passed, verdict.failed), (3, 1))
        self.assertIn('Expected test number 2 but found 3', verdict.failures[0][1])

    def test_status_of_kunit_py(self) -> None:
        """What kunit.py alone knows fails a run that seems to have passed; and so
        does that every case was skipped."""
        log = self.write('test.log', PASS)
        self.assertEqual(conclude(TREE, log, 0).failures, ())
        self.assertEqual(conclude(TREE, log, 1).failures,
                         (('kunit.py', 'its exit status was 1'),))
        log.write_text('KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: one\n'
                       '    1..1\n    ok 1 a # SKIP no\nok 1 one # SKIP no\n'
                       'reboot: System halted\n')
        verdict = conclude(TREE, log, 0)
        self.assertEqual((verdict.passed, verdict.failed, verdict.skipped), (0, 1, 1))
        self.assertEqual(verdict.failures,
                         (('the run', 'all cases were skipped, and none was run'),))

    def test_overdue(self) -> None:
        """A run that was ended says so, and what it said last."""
        log = self.write('test.log', PASS[:PASS.index('ok 2 two')])
        said = 'The time was up: it was ended after 60 s. Its last words:'
        for overdue in (0, 60):
            logs = dict(conclude(TREE, log, 1, overdue).failures)
            lines = logs['the end of the run, which never came'].splitlines()
            self.assertEqual(lines[0] == said, overdue == 60)
            self.assertEqual(lines[-1], '    ok 1 c')

    def test_times(self) -> None:
        """The kernel's last words on how long a case took."""
        verdict = self.judge(PASS.replace('reboot:', (
            'umlab: slow: 1250.500 ms two.c.x\numlab: slow: 2 ms other.c.x\n'
            'umlab: slow: none ms one.a\nreboot:')))
        self.assertEqual([case.seconds for case in verdict.cases],
                         [None, None, 1.2505, None])

    def test_nothing_run(self) -> None:
        """No KTAP, an empty plan, no log."""
        for log in ('', 'Linux version 6.12\nKernel panic\n',
                    'KTAP version 1\n1..0\n'):
            verdict = self.judge(log)
            self.assertEqual(verdict.passed, 0)
            self.assertTrue(verdict.nothing_run)
        self.assertFalse(self.judge(PASS).nothing_run)
        self.assertEqual(judge(TREE, self.folder / 'none').passed, 0)
