# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own semantic patches (scripts/coccinelle), in mode report.

By spatch itself: "make coccicheck" takes a folder, of which spatch leaves out
files that it thinks cannot match, and then misses some that do.
"""

import hashlib
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, Iterable, List

from .support import OBJECTS, REPO, TREE, FolderTest, sources

_RULES = TREE / 'scripts/coccinelle'

# Half of the time for something that is right either way: not in "make check"
_SLOW = ('misc/minmax',)

# Cannot be run: they are OCaml's, which Debian's spatch needs a compiler for
_OCAML = ('api/check_bq27xxx_data', 'null/badzero')

# "file:1:2-3: what is wrong", or "ERROR: ... on line 4"
_FINDING = re.compile(r'^(\S+?):\d+:\d+-\d+: (.*)', re.M)

# What is no mistake: the file, what is said, and why that is wrong
_ABORTS = 'KUNIT_ASSERT_*() does not return if it fails'
_NO_MACRO = 'programs have no min() and max()'
_FALSE = {
    ('harness/user/session.c', 'inconsistent IS_ERR and PTR_ERR'):
        'no_free_ptr(x) is x',
    ('kunit/lib/dad_fate.c', 'ERROR: reference preceded by free'): _ABORTS,
    ('kunit/lib/region.c', 'ERROR: reference preceded by free'): _ABORTS,
    ('kunit/lib/region.c', 'alloc with no test'): _ABORTS,
    ('tests/user/lib/soak/buffer.c', 'WARNING opportunity for min()'): _NO_MACRO,
    ('tests/user/lib/soak/process.c', 'WARNING opportunity for max()'): _NO_MACRO,
    ('tests/user/lib/uring.c', 'WARNING opportunity for max()'): _NO_MACRO,
}

_PLANTED = '''\
#include <linux/slab.h>

int try_it(char *text)
{
	kfree(text);
	return text[0];
}
'''


def _name(rule: Path) -> str:
    return str(rule.relative_to(_RULES).with_suffix(''))


def rules(slow: bool) -> List[Path]:
    """The rules to be run, those that take long first."""
    found = [rule for rule in _RULES.rglob('*.cocci')
             if _name(rule) not in _OCAML
             and (slow or _name(rule) not in _SLOW)]
    return sorted(found, key=lambda rule: (_name(rule) not in _SLOW, rule))


class CoccinelleTest(FolderTest):
    """All of our C files, and one with something planted."""

    def apply(self, rule: Path, paths: Iterable[Path]) -> str:
        """Run a rule; what it finds."""
        # Each file is a group, or they would all be one.
        groups = self.folder / f'{rule.stem}.files'
        groups.write_text('\n\n'.join(map(str, paths)))
        options = re.search(r'^//\s*Options:(.*)', rule.read_text(), re.M)
        done = subprocess.run(
            ['spatch', '--very-quiet', '-D', 'report', '--no-show-diff',
             *(options[1].split() if options else ()), '--cocci-file', str(rule),
             '--file-groups', str(groups)], cwd=REPO,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def apply_all(self, chosen: List[Path], paths: List[Path]) -> str:
        """Run these rules, as many at once as there are processors."""
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return ''.join(pool.map(lambda rule: self.apply(rule, paths), chosen))

    def findings(self, chosen: List[Path]) -> Dict[str, List[str]]:
        """What is found in each of our files; run only on those that changed."""
        memory = OBJECTS / 'umlab-coccinelle.json'
        before = json.loads(memory.read_text()) if memory.exists() else {}
        common = b''.join(rule.read_bytes() for rule in chosen)
        common += Path(__file__).read_bytes()
        now, changed = {}, []
        for path in sources('drivers', 'harness', 'kunit', 'tests'):
            text = (REPO / path).read_bytes()
            key = hashlib.sha256(common + text).hexdigest()
            now[str(path)] = before.get(str(path), {'key': ''})
            if now[str(path)]['key'] != key:
                now[str(path)] = {'key': key, 'found': []}
                changed.append(path)
        said = self.apply_all(chosen, changed) if changed else ''
        for found in _FINDING.finditer(said):
            now[found[1]]['found'].append(found[2])
        self.assertEqual(_FINDING.sub('', said).strip(), '')
        memory.write_text(json.dumps(now))
        return {path: entry['found'] for path, entry in now.items()}

    def test_all(self) -> None:
        """Nothing is found but what is known to be none, and that still is."""
        slow = os.environ.get('SLOW') == '1'
        known = {finding for finding, why in _FALSE.items()
                 if slow or why != _NO_MACRO}
        for path, found in self.findings(rules(slow)).items():
            with self.subTest(path):
                bad = [line for line in found if not
                       any(line.startswith(what) for where, what in _FALSE
                           if where == path)]
                self.assertEqual(bad, [])
                for where, what in known:
                    self.assertTrue(where != path or
                                    any(line.startswith(what) for line in found),
                                    f'{what}: is not found any more')

    def test_planted(self) -> None:
        """A pointer that is used after it is freed."""
        said = self.apply(_RULES / 'free/kfree.cocci', [self.write('try.c', _PLANTED)])
        self.assertIn(':6:8-12: ERROR: reference preceded by free on line 5', said)
