# SPDX-License-Identifier: GPL-2.0-only
"""make report: from results made up to a page, and the page in a browser."""

import html
import os
import re
import shutil
import subprocess
import time
import unittest
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import List, Optional, Tuple

from lab import junit, report
from lab.errors import LabError
from lab.html import tag as made
from lab.material import TOPOLOGIES, again, topology
from lab.results import Case, Run, Status

from .support import REPO, FolderTest
from .test_journal import LOG as TAIL
from .test_tracefile import INFO as TRACEFILE

_VOID = {'meta', 'br', 'hr', 'img', 'link', 'input'}

# A browser is no part of umlab; who has one gets one check more.
_BROWSER = shutil.which('chromium') or shutil.which('chromium-browser')

_NASTY = '</pre></style><script>alert(1)</script>&lt; "\' \x00\x1b é'


class Reader(HTMLParser):
    """Holds a page to its form, and to asking for nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.open: List[str] = []
        self.text: List[str] = []
        self.wrong: List[str] = []
        self.links: List[str] = []
        self.ids: List[str] = []

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        """See HTMLParser."""
        if tag in ('script', 'link', 'img', 'iframe', 'object', 'base', 'form'):
            self.wrong.append(f'<{tag}>')
        for name, value in attrs:
            if name in ('src', 'srcset', 'action') or name.startswith('on') or \
                    (name == 'href' and not (value or '').startswith('#')):
                self.wrong.append(f'{name}={value}')
            if name == 'href':
                self.links.append((value or '')[1:])
            if name == 'id':
                self.ids.append(value or '')
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f'</{tag}>')

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if self.open[-1:] != ['style']:
            self.text.append(data)
        elif 'url(' in data or '@import' in data:
            self.wrong.append('a style that loads')


class ResultsTest(FolderTest):
    """A build folder that has results, and one that has none."""

    def setUp(self) -> None:
        super().setUp()
        self.began = int(time.time()) + 100
        self.leave('base', *(Case('umlab_dma_x', f'move.{name}', Status.PASSED)
                             for name in TOPOLOGIES),
                   Case('umlab_dma_x', 'fast.C,iommu,noncoherent,msi', Status.FAILED,
                        f'umlab: violation (DMA: not mapped): why\n{TAIL}'),
                   Case('umlab_two', 'a.' + _NASTY, Status.CRASHED, _NASTY, 1.5),
                   Case('umlab_two', 'b', Status.SKIPPED, 'no'))
        self.leave('host', Case('test_x', 'test_y', Status.PASSED, '', 0.1))

    def leave(self, name: str, *cases: Case, suite: str = _NASTY) -> None:
        """Leave results, as a run with SUITE does."""
        build = self.folder / 'build'
        build.mkdir(exist_ok=True)
        facts = (('kernel', 'Linux 6.12.1'), *((('SUITE', suite),) if suite else ()))
        junit.write(Run(name, cases, facts, self.began, 4.25), build)

    def page(self) -> str:
        """The page that is made of it."""
        return report.make(self.folder / 'build', REPO).read_text()


class ReportTest(ResultsTest):
    """The page, as it is read."""

    def text(self) -> str:
        """What one can read on it; what it is made of is checked."""
        reader = Reader()
        page = self.page()
        reader.feed(page)
        reader.close()
        self.assertEqual((reader.wrong, reader.open), ([], []))
        self.assertLessEqual(set(reader.links), set(reader.ids))
        self.assertTrue(page.startswith('<!DOCTYPE html>'))
        return ' '.join(' '.join(reader.text).split())

    def test_contents(self) -> None:
        """What was run, what failed and why, and what there is none of."""
        text = self.text()
        for words in ('Failed 9 passed, 2 failed, 1 skipped', 'Linux 6.12.1',
                      'umlab_dma_x.fast.C,iommu,noncoherent,msi',
                      'umlab: violation (DMA: not mapped): why',
                      'make kunit SUITE=umlab_dma_x.fast', '4.2 s',
                      'The last 5 events of the bus, function 00.0',
                      'write BAR 0 +0x4, 4 bytes 0x77', '1500 ms',
                      'iommu,noncoherent 1 failed of 2', 'direct 1 ',
                      'umlab_two 1 failed, 1 skipped of 2', '1 files of host-side tests passed',
                      'Not measured: make coverage does.'):
            with self.subTest(words):
                self.assertIn(words, text)
        self.assertNotIn('Older than the sources', text)

    def test_escaped(self) -> None:
        """Names and logs are text, whatever is in them and wherever they are from."""
        legible = _NASTY.replace('\x00', '\\x00').replace('\x1b', '\\x1b')
        self.assertIn(legible, self.text())
        element = made('p', made('b', _NASTY), _NASTY, title=_NASTY)
        self.assertEqual([element[0].text, element[0].tail, element.get('title')],
                         [legible] * 3)

    def test_passed(self) -> None:
        """Without failures there is no section of them, and no times are none."""
        self.leave('base', Case('umlab_two', 'b', Status.PASSED))
        text = self.text()
        self.assertIn('Passed 2 passed, 0 failed', text)
        self.assertIn('Slowest Not measured.', text)
        self.assertIn('No case says its topology', text)
        self.assertNotIn('Failures', text)

    def test_times(self) -> None:
        """The same case with many parameters is one failure, with all of them in it."""
        self.leave('base', *(Case('umlab_two', f'b.{number}', Status.FAILED, 'why')
                             for number in range(130)))
        text = self.text()
        self.assertIn('umlab_two.b base 100 times', text)
        self.assertIn('30 more, by name umlab_two.b.100 (base)', text)

    def test_coverage(self) -> None:
        """Folders of ours, and what was not run."""
        self.write('build/coverage/coverage.info', TRACEFILE.replace('/a/repo', str(REPO)))
        text = self.text()
        self.assertIn('drivers/dad 100.0 % 3/3 50.0 % 2/4 100.0 % 2/2', text)
        self.assertIn('total 66.7 % 4/6', text)
        self.assertIn('harness/bus/bar.c 0.0 % 0/2 7-8', text)
        self.assertNotIn('linux/list.h', text)

    def test_partial(self) -> None:
        """It is said where the results are of a part of the suites."""
        self.leave('kasan', Case('umlab_two', 'b', Status.PASSED), suite='')
        self.leave('stress', Case('umlab_stress', 'b', Status.PASSED), suite='umlab_stress')
        self.assertIn('Perhaps not of all suites: base. See', self.text())
        self.leave('base', Case('umlab_two', 'b', Status.PASSED), suite='')
        self.assertNotIn('Perhaps not of all suites', self.text())

    def test_stale(self) -> None:
        """Results that are older than a source are said to be."""
        self.began = 1000000000
        self.leave('kasan', Case('umlab_two', 'b', Status.PASSED))
        self.assertIn('Older than the sources: kasan.', self.text())
        # The configuration for coverage, and what is measured in it, are one.
        self.leave('coverage', Case('umlab_two', 'b', Status.PASSED))
        info = self.write('build/coverage/coverage.info',
                          TRACEFILE.replace('/a/repo', str(REPO)))
        os.utime(info, (self.began, self.began))
        self.assertIn('Older than the sources: kasan, coverage.', self.text())

    def test_sources(self) -> None:
        """The last one is looked for, but not among what tools keep there."""
        for name, age in (('kunit/a.c', 30), ('uml-config/lab/b.py', 20),
                          ('uml-config/lab/__pycache__/b.pyc', 5),
                          ('tests/.cache/c', 5), ('kunit/.#a.c', 5), ('build/d', 5)):
            path = self.write(f'repo/{name}')
            os.utime(path, (1000 - age, 1000 - age))
        found = report.collect(self.folder / 'build', self.folder / 'repo')
        self.assertEqual((found.changed, found.changed_at), ('uml-config/lab/b.py', 980))
        found = replace(found, changed_at=980.5)
        self.assertEqual([found.stale(when) for when in (979, 980, 981)],
                         [True, False, False])

    def test_topologies(self) -> None:
        """They are those of the kernel, wherever a name says them."""
        source = (REPO / 'harness/machine.c').read_text()
        names = set(re.findall(r'\{ \.name = "(.*?)", \.dma = ', source))
        self.assertEqual(names, set(TOPOLOGIES))
        for name, want in (('move.direct', 'direct'), ('move.P,offset', 'offset'),
                           ('move.C,bounce,noncoherent,msi', 'bounce,noncoherent'),
                           ('dad_direct.dad.iommu_noncoherent.x', 'iommu,noncoherent'),
                           ('direct', ''), ('move.offset > size, whole', ''),
                           ('dad_direct.dad.global.x', ''), ('move.noncoherent', '')):
            self.assertEqual(topology(Case('s', name, Status.PASSED)), want, name)

    def test_again(self) -> None:
        """The command that runs it once more is one that a shell takes."""
        for run, case, want in (
                ('base', Case('s', 'a.p q', Status.FAILED), 'make kunit SUITE=s.a'),
                ('kasan', Case('s', '', Status.FAILED), 'make kunit SUITE=s CONFIG=kasan'),
                ('base', Case('s', '$(x).p', Status.FAILED), "make kunit SUITE='s.$(x)'"),
                ('base', Case('the run', '', Status.CRASHED), ''),
                ('host', Case('test_x', 'test_y.z', Status.FAILED), 'make it test_y'),
                ('soak', Case('s', 'a', Status.FAILED), 'make it')):
            facts = (('command', 'make it'),) if run in ('host', 'soak') else ()
            self.assertEqual(again(Run(run, (), facts, 0, 0), case), want)

    def test_nothing_there(self) -> None:
        """One clear error, and nothing is made."""
        shutil.rmtree(self.folder / 'build')
        done = self.lab('report')
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'^umlab: \S+ has no results yet: run "make check"'
                                      r' first\n$')
        self.assertFalse((self.folder / 'build').exists())

    def test_command(self) -> None:
        """It says where the page is, and builds nothing."""
        before = sorted((self.folder / 'build').rglob('*'))
        done = self.lab('report')
        target = self.folder / 'build/report.html'
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, f'umlab: the report is {target}\n', ''))
        self.assertEqual(sorted((self.folder / 'build').rglob('*')),
                         sorted([*before, target]))

    def test_broken_results(self) -> None:
        """Results that cannot be read are named."""
        self.write('build/results/base.xml', '<testsuites')
        with self.assertRaises(LabError) as caught:
            self.page()
        self.assertIn('base.xml', str(caught.exception))


@unittest.skipUnless(_BROWSER, 'there is no chromium')
class BrowserTest(ResultsTest):
    """The same page as a browser shows it."""

    def chromium(self, page: Path, *options: str) -> str:
        """Have it load @page; what it prints."""
        assert _BROWSER
        done = subprocess.run(
            [_BROWSER, '--headless', '--no-sandbox', '--disable-gpu',
             f'--user-data-dir={self.folder}/profile', *options, page.as_uri()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, timeout=120, check=True, env=dict(os.environ, LC_ALL='C.UTF-8'))
        return done.stdout

    def test_phone(self) -> None:
        """On 390 pixels nothing sticks out, even with all of it open."""
        self.leave('kasan', Case('umlab_long', 'c' * 150, Status.FAILED, 'w' * 500))
        page = self.page().replace('<details', '<details open=""')
        frame = self.write('frame.html', (
            f'<iframe width=390 height=800 srcdoc="{html.escape(page)}"></iframe>'
            '<p id=found>none</p><script>onload = () => {'
            ' const root = document.querySelector("iframe").contentDocument'
            '.documentElement; document.getElementById("found").textContent ='
            ' `${root.scrollWidth} of ${root.clientWidth}`; }</script>'))
        found = re.search('<p id="found">(.*?)</p>',
                          self.chromium(frame, '--dump-dom', '--hide-scrollbars'))
        assert found
        self.assertEqual(found[1], '390 of 390')

    def test_rendered(self) -> None:
        """The figures are there, and a picture that is not of one colour."""
        page = report.make(self.folder / 'build', REPO)
        self.assertRegex(self.chromium(page, '--dump-dom'),
                         '9 passed, 2 failed, 1 skipped')
        for width in (390, 1280):
            picture = self.folder / f'{width}.png'
            self.chromium(page, f'--screenshot={picture}', f'--window-size={width},900')
            # An empty page of this size is some 5 kB.
            self.assertGreater(picture.stat().st_size, 20000)
