# SPDX-License-Identifier: GPL-2.0-only
"""Results as JUnit XML: what GitLab and Jenkins read, and what the verdict says."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Dict, Set, Tuple

from lab import junit
from lab.errors import LabError
from lab.folder import tidy
from lab.results import Case, Run, Status
from lab.verdict import Verdict, judge

from .support import TREE, FolderTest
from .test_verdict import PASS

# There is no schema in Debian. These are the elements that Jenkins documents (GitLab reads
# fewer): what they may have in them, which attributes they must have, and which they may.
_SCHEMA: Dict[str, Tuple[Set[str], Set[str], Set[str]]] = {
    'testsuites': ({'testsuite'}, {'tests', 'failures', 'errors'},
                   {'name', 'time', 'skipped'}),
    'testsuite': ({'properties', 'testcase'}, {'name', 'tests', 'failures', 'errors'},
                  {'skipped', 'time', 'timestamp'}),
    'properties': ({'property'}, set(), set()),
    'property': (set(), {'name', 'value'}, set()),
    'testcase': ({'failure', 'error', 'skipped'}, {'name', 'classname'}, {'time'}),
    'failure': (set(), {'message', 'type'}, set()),
    'error': (set(), {'message', 'type'}, set()),
    'skipped': (set(), {'message'}, set()),
}

# What a log or a name may have in it that XML has a use for, or none
_NASTY = '<b>&amp;"\']]> \x00\x01\x1b[31m \r \ufffe \ud800 é😀\u2028'


class JunitTest(FolderTest):
    """One run each, as XML."""

    def write_and_read(self, *cases: Case) -> Tuple[ET.Element, Run]:
        """The XML of a run, which is held to the schema; and the run as read again."""
        run = Run('base', cases, (('kernel', 'Linux 6.12.1'), ('SUITE', _NASTY)),
                  1700000000, 12.5)
        junit.write(run, self.folder)
        path = self.folder / 'results/base.xml'
        self.assertEqual(list(path.parent.iterdir()), [path])
        root = ET.parse(path).getroot()
        self.hold_to_schema(root)
        return root, junit.read(path)

    def hold_to_schema(self, element: ET.Element) -> None:
        """Known elements and attributes only, and the counts are what is there."""
        children, required, optional = _SCHEMA[element.tag]
        self.assertLessEqual({child.tag for child in element}, children)
        self.assertLessEqual(required, set(element.attrib))
        self.assertLessEqual(set(element.attrib), required | optional)
        if 'tests' in required:
            for attribute, tag in (('tests', 'testcase'), ('failures', 'failure'),
                                   ('errors', 'error'), ('skipped', 'skipped')):
                self.assertEqual(element.get(attribute),
                                 str(len(list(element.iter(tag)))))
        for child in element:
            self.hold_to_schema(child)

    def test_statuses(self) -> None:
        """Each is read as it was written, with its log and time."""
        cases = (Case('one', 'a', Status.PASSED, '', 0.25),
                 Case('one', 'b.<0>', Status.FAILED, '\n  why:\n    because\n'),
                 Case('two', '', Status.CRASHED, 'no more'),
                 Case('two', 'c', Status.SKIPPED, 'not here'))
        root, run = self.write_and_read(*cases)
        self.assertEqual(run.cases, cases)
        self.assertEqual((run.name, run.began, run.seconds), ('base', 1700000000, 12.5))
        self.assertIn(('kernel', 'Linux 6.12.1'), run.facts)
        self.assertEqual([suite.get('name') for suite in root], ['one', 'two'])
        failure = root.find('.//failure')
        assert failure is not None
        self.assertEqual(failure.get('message'), 'why:')

    def test_nasty(self) -> None:
        """Whatever is in a name or a log, the file is XML, and the text is legible."""
        root, run = self.write_and_read(Case(_NASTY, f'{_NASTY}2', Status.FAILED, _NASTY),
                                        Case(_NASTY, 'b', Status.SKIPPED, _NASTY))
        case = run.cases[0]
        for text in (case.suite, case.name[:-1], case.log, dict(run.facts)['SUITE']):
            self.assertEqual(text, '<b>&amp;"\']]> \\x00\\x01\\x1b[31m \\r \\ufffe'
                                   ' \\ud800 é😀\u2028')
        self.assertEqual(len(root), 1)

    def test_same_name(self) -> None:
        """GitLab takes two cases of one name for one."""
        root, _ = self.write_and_read(*[Case('one', 'a', Status.PASSED)] * 3,
                                      Case('two', 'a', Status.PASSED))
        self.assertEqual([case.get('name') for case in root.iter('testcase')],
                         ['a', 'a (2)', 'a (3)', 'a'])

    def test_no_results(self) -> None:
        """What is none is said to be none."""
        for text in ('', '<testsuites', '<testsuites/>', '<a><b><c/></b></a>'):
            path = self.write('base.xml', text)
            with self.assertRaises(LabError) as caught:
                junit.read(path)
            self.assertIn('base.xml is no file of results', str(caught.exception))


class AgreementTest(FolderTest):
    """The verdict on a log and the XML of it, in all ways to fail."""

    def both(self, log: str) -> Tuple[Verdict, ET.Element]:
        """What the two say."""
        verdict = judge(TREE, self.write('test.log', log))
        return verdict, junit.document(Run('base', verdict.cases, (), 0, 0))

    def test_totals(self) -> None:
        """They never differ, and a failure of one is one of the other."""
        for what, old, new in (
                ('pass', '', ''),
                ('failed', '        ok 2 y', '        not ok 2 y'),
                ('suite fails alone', 'ok 1 one', 'not ok 1 one'),
                ('case fails alone', '    ok 1 c', '    not ok 1 c'),
                ('a case that never ended', '    ok 2 b # SKIP not here\nok 1 one\n', ''),
                ('no suite after the first', PASS[PASS.index('ok 1 one') + 9:], ''),
                ('died at the end', 'reboot: System halted', 'Kernel panic'),
                ('wrong number', 'ok 2 two', 'ok 7 two'),
                ('empty suite', '1..1\n        KTAP', '1..0\n        KTAP'),
                ('empty log', PASS, ''), ('no plan', '1..2\n    KTAP', '    KTAP')):
            with self.subTest(what):
                self.assertIn(old, PASS)
                verdict, root = self.both(PASS.replace(old, new, 1))
                failed = int(root.get('failures', '')) + int(root.get('errors', ''))
                self.assertEqual(failed, verdict.failed)
                self.assertEqual(root.get('skipped'), str(verdict.skipped))
                self.assertEqual(root.get('tests'), str(
                    verdict.passed + verdict.failed + verdict.skipped))
                self.assertEqual(bool(verdict.failed), what not in ('pass', 'no plan'))
                self.assertEqual([bad.text for bad in root.iter()
                                  if bad.tag in ('failure', 'error')],
                                 [log for _, log in verdict.failures])

    def test_names(self) -> None:
        """A program's subtests are deeper, and the suite is the class."""
        log = PASS.replace('        ok 2 y', (
            '            KTAP version 1\n            1..1\n'
            '            not ok 1 global.z # <&>\n        not ok 2 y'))
        _, root = self.both(log)
        self.assertEqual([(case.get('classname'), case.get('name'))
                          for case in root.iter('testcase')][2:],
                         [('two', 'c.x'), ('two', 'c.y.global.z')])


class RunTest(FolderTest):
    """When there are results, and when there are none."""

    def old(self, name: str = 'base') -> Path:
        """Results of an earlier run."""
        self.write('build/.umlab-lock')
        self.write(f'build/results/{name}.json')
        return self.write(f'build/results/{name}.xml', 'old')

    def test_failed_start(self) -> None:
        """What cannot be built has one result: the reason, in place of old ones."""
        old, other = self.old(), self.old('kasan')
        self.expect_refusal('no such file', KERNEL_SRC='/nowhere/linux')
        case, = junit.read(old).cases
        self.assertEqual((case.suite, case.status), ('the run', Status.CRASHED))
        self.assertIn('no such file', case.log)
        self.assertFalse(old.with_suffix('.json').exists())
        self.assertEqual(other.read_text(), 'old')

    def test_interrupted(self) -> None:
        """Nothing half-written stays."""
        self.old()
        half = self.write('build/results/base.xml.part')
        tidy(self.folder / 'build')
        self.assertFalse(half.exists())
        self.assertTrue((self.folder / 'build/results/base.xml').exists())

    def test_write_fails(self) -> None:
        """The old file stands until the new one is whole."""
        old = self.old()
        old.with_name('base.xml.part').mkdir()
        run = Run('base', (Case('a', 'b', Status.PASSED),), (), 0, 0)
        with self.assertRaises(OSError):
            junit.write(run, self.folder / 'build')
        self.assertEqual(old.read_text(), 'old')
