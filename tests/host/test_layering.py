# SPDX-License-Identifier: GPL-2.0-only
"""Who may include what: the table in the README, enforced."""

import re
import subprocess
import unittest
from pathlib import Path
from typing import Callable, List, Set

from .support import OBJECTS, REPO, sources

_INCLUDE = re.compile(r'^\s*#\s*include\s+(<[^>]+>|"[^"]+")', re.M)

# UML's own headers are for the harness alone.
_KERNEL = re.compile(r'<(linux|uapi|asm)/[^>]+>')
_SUITE_KERNEL = re.compile(
    r'<((kunit|linux|uapi|asm)/[^>]+|mm/dmapool_test\.c|mm/slab\.h'
    r'|fs/kernfs/kernfs-internal\.h|fs/sysfs/sysfs\.h)>')
_HARNESS_KERNEL = re.compile(
    r'<((kunit|linux|uapi|asm|trace|umlab)/[^>]+|irq_kern\.h|os\.h'
    r'|kernel/dma/direct\.h|kernel/gcov/gcov\.h|mm/slab\.h)>')
_DRIVER_CONTRACT = re.compile(r'drivers/\w+/[\w-]+-(ioctl|regs|store)\.h$')
_REGISTERS = re.compile(r'drivers/\w+/[\w-]+-regs\.h')

_MODELS = 'harness/models'

# What runs in UML's user space, and what on the host
_USER_SPACE = ('harness/user/init.c', 'harness/user/watch_user.c',
               'harness/user/watch_user.h', 'harness/user/cpu_user.c',
               'harness/user/cpu_user.h')

# What the slot object is composed of
_PARTS = ('harness/bus', 'harness/dma')


def _includes(path: Path) -> List[str]:
    return _INCLUDE.findall((REPO / path).read_text())


def _local(path: Path, include: str) -> str:
    """The included file, relative to the repository."""
    target = (REPO / path.parent / include.strip('"')).resolve()
    return str(target.relative_to(REPO))


def _symbols(arguments: List[str]) -> Set[str]:
    """The symbols that nm names."""
    done = subprocess.run(['nm', '--format=just-symbols', *arguments],
                          stdout=subprocess.PIPE, text=True, check=True)
    return set(done.stdout.split())


def _objects(folder: Path) -> List[str]:
    """The objects below @folder that were compiled of a source."""
    return sorted(str(path) for path in folder.rglob('*.o')
                  if path.name != 'built-in.o')


def _of_model(include: str) -> bool:
    """Whether this is what suites see of a device model that we have."""
    found = re.fullmatch(r'<umlab/(\w+)\.h>', include)
    return found is not None and \
        (REPO / _MODELS / f'{found[1]}.c').is_file()


def driver_may(path: Path, include: str) -> bool:
    """A driver: the kernel's headers and those in its own folder."""
    if include.startswith('<'):
        return bool(_KERNEL.fullmatch(include))
    return '/' not in include and (REPO / path.parent /
                                   include.strip('"')).is_file()


def suite_may(path: Path, include: str) -> bool:
    """A suite: the kernel's, umlab's contracts (that for models if it brings
    one), the models', kunit/lib, and of a driver what user space, the
    hardware or another module sees."""
    if include.startswith('<'):
        return bool(_SUITE_KERNEL.fullmatch(include)) or _of_model(include) or \
            include in ('<umlab/machine.h>', '<umlab/model.h>',
                        '<umlab/splat.h>', '<umlab/user.h>')
    # made of the list of programs
    if (str(path), include) == ('kunit/user.c', '"user_programs.h"'):
        return True
    local = _local(path, include)
    return local.startswith('kunit/lib/') or \
        bool(_DRIVER_CONTRACT.fullmatch(local))


def model_may(path: Path, include: str) -> bool:
    """A device model: its contracts, its registers, the kernel's basics; the
    part of it that suites call may look at the machine as they do."""
    if include.startswith('<'):
        return bool(_KERNEL.fullmatch(include)) or _of_model(include) or \
            include == '<umlab/model.h>' or \
            (include == '<umlab/machine.h>' and
             path.name.endswith(('_suite.c', '_kind.c'))) or \
            (include == '<umlab/user.h>' and path.name.endswith('_kind.c'))
    local = _local(path, include)
    return local.startswith(f'{_MODELS}/') or bool(_REGISTERS.fullmatch(local))


def harness_may(path: Path, include: str) -> bool:
    """The harness: the kernel's and UML's headers, and its own, but for the
    models, which have a stricter rule."""
    if path.is_relative_to(_MODELS):
        return model_may(path, include)
    if str(path) in _USER_SPACE:
        return not include.startswith(('<umlab/', '<kunit/'))
    if include.startswith('<'):
        return bool(_HARNESS_KERNEL.fullmatch(include)) and not _of_model(include)
    local = _local(path, include)
    return local.startswith('harness/') and not local.startswith(f'{_MODELS}/')


def part_may(path: Path, include: str) -> bool:
    """A part of the slot, the bus or DMA, knows the slot and itself, and of
    umlab nothing else."""
    if include.startswith('<umlab/'):
        return include in ('<umlab/model.h>', '<umlab/topology.h>')
    if include.startswith('<'):
        return harness_may(path, include)
    local = _local(path, include)
    return local.startswith(f'{path.parent}/') or \
        local in ('harness/slot.h', 'harness/compat.h')


def program_may(path: Path, include: str) -> bool:
    """A program: what any program includes, what programs share, and of a driver what
    user space sees."""
    if include.startswith('<'):
        return not re.match(r'<(umlab|kunit)/', include)
    name = include.strip('"')
    return (REPO / 'tests/user/lib' / name).is_file() or \
        (REPO / path.parent / name).is_file() and '/' not in name or \
        bool(re.fullmatch(r'(\.\./)+drivers/\w+/[\w-]+-ioctl\.h', name))


class LayeringTest(unittest.TestCase):
    """Every include of every file."""

    def _check(self, folder: str,
               may: Callable[[Path, str], bool]) -> None:
        files = sources(folder)
        self.assertTrue(files)
        for path in files:
            with self.subTest(str(path)):
                bad = [name for name in _includes(path)
                       if not may(path, name)]
                self.assertEqual(bad, [])

    def test_drivers(self) -> None:
        """Drivers are ordinary."""
        self._check('drivers', driver_may)

    def test_suites(self) -> None:
        """Suites do not look behind the contracts."""
        self._check('kunit', suite_may)

    def test_harness(self) -> None:
        """The harness knows no driver, no model, no suite and no test."""
        self._check('harness', harness_may)

    def test_models(self) -> None:
        """A model knows its registers, and of umlab what is meant for it."""
        self._check(_MODELS, model_may)

    def test_parts(self) -> None:
        """The bus and DMA know the slot object alone."""
        for folder in _PARTS:
            self._check(folder, part_may)

    def test_programs(self) -> None:
        """A program knows nothing but what user space does."""
        self._check('tests/user', program_may)

    def test_card_driver(self) -> None:
        """The driver for the PCI suites is an ordinary one, too."""
        for name in ('pci_drv.c', 'pci_drv.h', 'pci_card-regs.h'):
            path = Path('kunit/lib') / name
            bad = [include for include in _includes(path)
                   if not driver_may(path, include)]
            self.assertEqual(bad, [], name)

    def test_part_calls(self) -> None:
        """The bus and DMA call the slot object, themselves and the kernel;
        nobody else calls them."""
        ours = OBJECTS / 'drivers/umlab'
        harness = ours / 'harness'
        slot = _symbols(['--defined-only', str(harness / 'slot.o'),
                         str(harness / 'violation.o'),
                         str(harness / 'spin.o')])
        slot = {name for name in slot if name.startswith('umlab_slot_')}
        all_of_us = _symbols(['--defined-only', *_objects(ours)])
        suites = _symbols(['--undefined-only', *_objects(ours / 'kunit')])
        for part in _PARTS:
            with self.subTest(part):
                objects = _objects(ours / part)
                self.assertTrue(objects)
                own = _symbols(['--defined-only', *objects])
                used = _symbols(['--undefined-only', *objects])
                self.assertEqual((used & all_of_us) - own - slot -
                                 {'umlab_journal', 'umlab_journal_next', 'umlab_debugfs'},
                                 set())
                self.assertIn('umlab_slot_violation', used)
                self.assertEqual(suites & own, set())

    def test_rules_refuse(self) -> None:
        """The rules would see what they are there for."""
        driver = Path('drivers/simple/main.c')
        suite = Path('kunit/scull_data.c')
        for include in ('<umlab/model.h>', '<kunit/test.h>',
                        '"../../kunit/lib/space.h"', '"../scull/scull.h"'):
            self.assertFalse(driver_may(driver, include), include)
        for include in ('"../drivers/scull/scull.h"', '<os.h>',
                        '"../harness/bus/bus.h"'):
            self.assertFalse(suite_may(suite, include), include)
        model = Path('harness/models/dad.c')
        for include in ('<umlab/machine.h>', '<umlab/journal.h>', '"../slot.h"',
                        '"../dma/dma.h"', '<kunit/test.h>', '<os.h>',
                        '"../../drivers/dad/dad.h"', '"../../kunit/lib/dad.h"',
                        '"../../drivers/dad/dad-ioctl.h"'):
            for path in (model, model.with_name('dad_suite.c'),
                         model.with_suffix('.h')):
                if include == '<umlab/machine.h>' and 'suite' in path.name:
                    continue
                for may in (model_may, harness_may):
                    self.assertFalse(may(path, include), (path, include))
        harness = Path('harness/slot.c')
        for include in ('"../kunit/lib/space.h"', '"../drivers/scull/scull.h"',
                        '"../drivers/dad/dad-regs.h"', '<umlab/dad.h>',
                        '"models/dad.h"', '"../tests/x.h"'):
            self.assertFalse(harness_may(harness, include), include)
        for part, other in (('bus/irq.c', '"../dma/dma.h"'),
                            ('dma/gate.c', '"../bus/bus.h"')):
            path = Path('harness') / part
            for include in ('<umlab/machine.h>', '"../journal.h"', other):
                self.assertFalse(part_may(path, include), include)

    def test_rules_accept(self) -> None:
        """What a model and those that use it are made with."""
        for name, includes in (
                ('dad.c', ('<umlab/model.h>', '<umlab/dad.h>', '"dad.h"',
                           '<linux/bits.h>', '"../../drivers/dad/dad-regs.h"')),
                ('dad_suite.c', ('<umlab/machine.h>', '<umlab/dad.h>'))):
            path = Path(_MODELS) / name
            for include in includes:
                for may in (model_may, harness_may):
                    self.assertTrue(may(path, include), (path, include))
        self.assertTrue(suite_may(Path('kunit/lib/dad.c'), '<umlab/dad.h>'))
        self.assertFalse(suite_may(Path('kunit/lib/dad.c'), '<umlab/none.h>'))

    def test_no_umlab_in_drivers(self) -> None:
        """Nothing in a driver knows of umlab."""
        for path in sources('drivers'):
            with self.subTest(str(path)):
                self.assertNotRegex((REPO / path).read_text(),
                                    r'(?i)umlab|kunit')


class LicenceTest(unittest.TestCase):
    """An SPDX line in every file."""

    def test_spdx(self) -> None:
        """In the first two lines, GPL-2.0."""
        for folder in ('drivers', 'harness', 'kunit', 'tests', 'uml-config'):
            for path in sorted((REPO / folder).rglob('*')):
                if not path.is_file() or '__pycache__' in path.parts or \
                        path.name in ('__init__.py', 'help.txt'):
                    continue
                with self.subTest(str(path.relative_to(REPO))):
                    head = path.read_text().splitlines()[:2]
                    self.assertIn('SPDX-License-Identifier: GPL-2.0',
                                  '\n'.join(head))
