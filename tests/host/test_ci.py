# SPDX-License-Identifier: GPL-2.0-only
"""The files for a CI, which nobody here runs: that they are what GitHub and GitLab read.

Their schemas are in no package of Debian's; the keys are those of the documentation.
"""

import re
import unittest
from typing import Any, Dict, Set

import yaml  # type: ignore[import]  # Debian has no types of it.

from lab import junit

from .support import BUILD, REPO, FolderTest

_FOLDER = REPO / 'uml-config/ci'

# What a mapping may have, by where it is; of what is not here, all is allowed.
_GITHUB: Dict[str, Set[str]] = {
    '': {'name', 'on', 'permissions', 'env', 'defaults', 'jobs'},
    'job': {'name', 'needs', 'if', 'runs-on', 'container', 'timeout-minutes', 'env',
            'defaults', 'steps', 'permissions'},
    'container': {'image', 'options', 'env', 'volumes'},
    'step': {'name', 'id', 'if', 'uses', 'with', 'run', 'env', 'shell'},
    'actions/checkout@v4': {'path', 'fetch-depth'},
    'actions/cache/restore@v4': {'path', 'key', 'restore-keys'},
    'actions/cache/save@v4': {'path', 'key'},
    'actions/upload-artifact@v4': {'name', 'path', 'include-hidden-files',
                                   'if-no-files-found', 'retention-days'},
}
_GITLAB: Dict[str, Set[str]] = {
    'job': {'image', 'timeout', 'variables', 'cache', 'before_script', 'script',
            'after_script', 'artifacts', 'coverage', 'extends', 'needs', 'rules'},
    'cache': {'key', 'paths', 'when', 'policy'},
    'artifacts': {'when', 'reports', 'paths', 'expire_in', 'name'},
    'reports': {'junit', 'coverage_report'},
}

# What a job leaves that is to be kept
_KEPT = {'build/results/', 'build/report.html', 'build/linux/.kunit-*/*.log'}

# and what of it the cache has from the build before
_FORGET = ('rm -rf build/results build/coverage build/report.html'
           ' build/linux/.kunit-*/failed.log')

# How "make coverage" ends, for GitLab to read
_TOTAL = 'Total: lines 97.1 %, branches 86.2 %, functions 99.0 %'


# It is yaml that has the ancestors.  # pylint: disable-next=too-many-ancestors
class _OnceOnly(yaml.SafeLoader):  # type: ignore[misc]
    """A loader that does not let a key stand twice, of which YAML takes the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Dict[Any, Any]:
        """See yaml."""
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError(f'twice the same: {sorted(keys)}')
        made: Dict[Any, Any] = super().construct_mapping(node, deep)
        return made


class CiTest(unittest.TestCase):
    """Each file, down to the commands that it runs."""

    def load(self, name: str) -> Dict[str, Any]:
        """What a YAML parser sees."""
        # pylint: disable=consider-using-with
        found: Dict[str, Any] = yaml.load((_FOLDER / name).read_text(),
                                          Loader=_OnceOnly)
        self.assertIsInstance(found, dict)
        return found

    def known(self, found: Dict[str, Any], allowed: Set[str], where: str) -> None:
        """Expect only keys that are @allowed."""
        self.assertLessEqual(set(found), allowed, where)

    def test_github(self) -> None:
        """Jobs of steps that GitHub knows, in a container that has Debian 12."""
        found = self.load('github.yml')
        self.known(found, _GITHUB[''], 'the file')
        self.assertEqual(found['on'], ['push', 'pull_request'])
        self.assertEqual(set(found['jobs']), {'check', 'coverage'})
        for name, job in found['jobs'].items():
            self.known(job, _GITHUB['job'], name)
            self.known(job['container'], _GITHUB['container'], name)
            self.assertEqual(job['container']['image'], 'debian:12')
            for step in job['steps']:
                self.known(step, _GITHUB['step'], name)
                self.assertNotEqual('uses' in step, 'run' in step, step)
                if 'uses' in step:
                    self.known(step.get('with', {}), _GITHUB[step['uses']], step['uses'])
            self.assertIn(f'make {name}', job['steps'][-4]['run'])
            self.assertEqual(job['steps'][2]['run'], _FORGET)

    def test_github_keeps(self) -> None:
        """What a job leaves, even if it failed; the cache is of that job alone."""
        for name, job in self.load('github.yml')['jobs'].items():
            last = job['steps'][-1]
            self.assertEqual(last['if'], 'always()')
            self.assertIs(last['with']['include-hidden-files'], True)
            self.assertLessEqual(_KEPT, set(last['with']['path'].split()))
            self.assertEqual(job['steps'][-3], {'name': 'make report', 'if': 'always()',
                                                'run': 'make report'})
            cache = job['steps'][1]['with']
            self.assertEqual(cache['path'].split(), ['build', '.ccache'])
            self.assertTrue(cache['key'].startswith(cache['restore-keys']))
            self.assertIn(name, cache['restore-keys'])
            # "actions/cache" would keep nothing of a job that failed.
            save = job['steps'][-2]
            self.assertEqual(save['if'], 'always()')
            self.assertEqual(save['with'], {'path': cache['path'], 'key': cache['key']})

    def test_gitlab(self) -> None:
        """Jobs that GitLab knows, and that keep what they leave, even if they failed."""
        found = self.load('gitlab.yml')
        self.assertEqual(set(found), {'.umlab', 'check', 'coverage'})
        for name, job in found.items():
            self.known(job, _GITLAB['job'], name)
        base = found.pop('.umlab')
        self.assertEqual(base['image'], 'debian:12')
        self.assertEqual(base['before_script'][0], _FORGET)
        self.assertEqual(base['after_script'], ['make report'])
        for part in ('cache', 'artifacts'):
            self.known(base[part], _GITLAB[part], part)
            self.assertEqual(base[part]['when'], 'always')
        self.known(base['artifacts']['reports'], _GITLAB['reports'], 'reports')
        self.assertLessEqual(_KEPT, set(base['artifacts']['paths']))
        for name, job in found.items():
            self.assertEqual(job['extends'], '.umlab')
            self.assertEqual(job['script'], [f'make {name}'])

    def test_junit(self) -> None:
        """The results are where they are looked for."""
        wanted = self.load('gitlab.yml')['.umlab']['artifacts']['reports']['junit']
        path = junit.path_of(BUILD, 'base').relative_to(BUILD)
        self.assertTrue(('build' / path).match(wanted), wanted)

    def test_coverage_line(self) -> None:
        """GitLab finds the share of the lines, and there alone."""
        pattern = self.load('gitlab.yml')['coverage']['coverage']
        self.assertRegex(pattern, '^/.*/$')
        found = re.search(pattern[1:-1], _TOTAL)
        assert found
        self.assertEqual(found[1], '97.1')
        self.assertIsNone(re.search(pattern[1:-1], _TOTAL.replace('Total', 'drivers')))

    def test_portable(self) -> None:
        """No path and no host of one machine."""
        for path in sorted(_FOLDER.iterdir()):
            text = path.read_text()
            self.assertNotRegex(text, r'https?:|(?m:(^|[\s=])/(?!dev/shm)\w)')


class LoaderTest(FolderTest):
    """The tests would see what they are there for."""

    def test_twice(self) -> None:
        """A key that stands twice hides one."""
        for text in ('a: 1\na: 2', 'b: {a: 1, a: 2}'):
            with self.assertRaises(yaml.YAMLError):
                yaml.load(text, Loader=_OnceOnly)
