# SPDX-License-Identifier: GPL-2.0-only
"""The drivers are ordinary: as modules, against a distribution's headers."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import List, Tuple

from lab.configs import OLDEST
from lab.kernel import make_environment

from .support import BUILD, REPO, FolderTest

# What a device of the driver is found by
_ALIASES = {'dad': 'pci:v00006C61d0000DAD0sv*sd*bc*sc*i*'}

# "obj-$(CONFIG_SCULLP) += scullp.o", in a driver's Makefile
_MODULE = re.compile(r'^obj-\$\((CONFIG_\w+)\) \+= (\w+)\.o$', re.M)

# Elsewhere than on Debian, headers may be another compiler's.
_ALLOWED = 'warning: the compiler differs from the one used to build the kernel'

_SOURCE = '''\
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kallsyms.h>
#include <linux/module.h>

static int __init try_init(void)
{{
	{body}
	return 0;
}}
module_init(try_init);
MODULE_DESCRIPTION("A try");
MODULE_LICENSE("GPL");
'''


def _version(name: str) -> Tuple[int, ...]:
    """The numbers that a release begins with."""
    found = re.match(r'\d+(\.\d+)*', name)
    return tuple(map(int, found[0].split('.'))) if found else ()


def find_headers(root: Path) -> Path:
    """The headers to compile against: Debian's of 6.12, else the newest.

    Of Debian's, those of a flavour (rt, cloud) come last.
    """
    prefix = 'linux-headers-'
    debian = [path for path in (root / 'usr/src').glob(f'{prefix}6.12*-amd64')
              if (path / 'Module.symvers').exists()]
    others = [path for path in (root / 'lib/modules').glob('*/build')
              if (path / 'Module.symvers').exists()
              and _version(path.parent.name) >= OLDEST]
    if debian:
        return max(debian, key=lambda path: (
            not re.search('-(rt|cloud)-', path.name),
            _version(path.name[len(prefix):])))
    if others:
        return max(others, key=lambda path: _version(path.parent.name))
    raise AssertionError(
        'there are no headers of Linux 6.12 or later to compile modules against:'
        ' install linux-headers-6.12-amd64 (Debian), or what has'
        ' /lib/modules/<release>/build/Module.symvers elsewhere')


def modules(makefile: str) -> List[Tuple[str, str]]:
    """The modules of a driver's Makefile: the option, and the name."""
    return _MODULE.findall(makefile)


def _section(module: Path) -> List[str]:
    """The lines of .modinfo, "license=GPL" and so on."""
    done = subprocess.run(
        ['objcopy', '-O', 'binary', '--only-section=.modinfo', str(module),
         '/dev/stdout'], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split('\0')


def _symbols(module: Path) -> str:
    """All that it defines, and all that it uses."""
    return subprocess.run(['nm', '--format=just-symbols', str(module)],
                          stdout=subprocess.PIPE, text=True, check=True).stdout


class HeadersTest(FolderTest):
    """Which headers are taken."""

    def have(self, name: str) -> Path:
        """Let there be these headers."""
        return self.write(f'{name}/Module.symvers').parent

    def test_none(self) -> None:
        """It is said, and no reason to skip."""
        with self.assertRaisesRegex(AssertionError, 'linux-headers-6.12-amd64'):
            find_headers(self.folder)
        self.have('lib/modules/6.1.0-29-amd64/build')
        self.have('usr/src/linux-headers-6.1.0-29-amd64')
        self.write('lib/modules/6.14.2/build/Makefile')
        with self.assertRaises(AssertionError):
            find_headers(self.folder)

    def test_preferred(self) -> None:
        """Debian's newest, then the newest."""
        best = []
        for name in ('lib/modules/6.12.8/build', 'lib/modules/6.17.3-200.fc42/build',
                     'usr/src/linux-headers-6.12.117+deb12-rt-amd64',
                     'usr/src/linux-headers-6.12.9+bpo-amd64',
                     'usr/src/linux-headers-6.12.117+deb12-amd64'):
            best.append(self.have(name))
            self.assertEqual(find_headers(self.folder), best[-1])
        self.have('usr/src/linux-headers-6.12.43+deb12-amd64')
        self.have('usr/src/linux-headers-6.16.3+deb12-amd64')
        self.assertEqual(find_headers(self.folder), best[-1])


class ModulesTest(FolderTest):
    """Each driver's folder, copied and built by the kernel's kbuild."""

    def setUp(self) -> None:
        super().setUp()
        self.headers = find_headers(Path('/'))
        # Always the same place, so that ccache knows it.
        self.place = BUILD / 'tmp/modules'
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def make(self, folder: Path, options: List[str]) -> Tuple[int, str]:
        """Build the modules of a copy of @folder: the status, and what was said."""
        copy = self.place / folder.name
        shutil.copytree(folder, copy)
        done = subprocess.run(
            ['make', '--no-print-directory', '-C', str(self.headers), f'M={copy}',
             f'-j{len(os.sched_getaffinity(0))}', 'W=1', 'KCFLAGS=-Werror',
             *(f'{option}=m' for option in options), 'modules'],
            env=make_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        return done.returncode, done.stdout

    def make_try(self, body: str) -> Tuple[int, str]:
        """Build a module that has @body in its function."""
        self.write('try/try.c', _SOURCE.format(body=body))
        makefile = self.write('try/Makefile', 'obj-$(CONFIG_TRY) += try.o\n')
        return self.make(makefile.parent, ['CONFIG_TRY'])

    def check_module(self, module: Path) -> None:
        """What is true of each."""
        self.assertTrue(module.exists(), module.name)
        info = _section(module)
        self.assertIn('license=GPL', info)
        alias = _ALIASES.get(module.stem)
        if alias:
            self.assertIn(f'alias={alias}', info)
        self.assertNotRegex('\n'.join(info) + _symbols(module),
                            r'(?i)umlab|kunit')

    def test_drivers(self) -> None:
        """All of them, without a warning; modpost accepts exported symbols only."""
        folders = sorted(path for path in (REPO / 'drivers').iterdir()
                         if path.is_dir())
        self.assertTrue(folders)
        for folder in folders:
            with self.subTest(folder.name):
                built = modules((folder / 'Makefile').read_text())
                self.assertTrue(built)
                status, said = self.make(folder, [option for option, _ in built])
                self.assertEqual(status, 0, said)
                self.assertNotRegex(said.replace(_ALLOWED, ''), '(?i)warning')
                for _, name in built:
                    self.check_module(self.place / folder.name / f'{name}.ko')

    def test_accepted(self) -> None:
        """A module with nothing wrong: what is refused below is refused for cause."""
        status, said = self.make_try('pr_info("a try\\n");')
        self.assertEqual(status, 0, said)
        self.check_module(self.place / 'try/try.ko')

    def test_not_exported(self) -> None:
        """A symbol that modules cannot have."""
        status, said = self.make_try('kallsyms_lookup_name("a try");')
        self.assertNotEqual(status, 0)
        self.assertRegex(said, r'ERROR: modpost: "kallsyms_lookup_name" .*undefined')

    def test_warning(self) -> None:
        """One of W=1, which is an error here."""
        status, said = self.make_try('int a_try = 1;\n\n\ta_try = 2;')
        self.assertNotEqual(status, 0)
        self.assertIn('[-Werror=unused-but-set-variable]', said)
