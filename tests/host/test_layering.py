# SPDX-License-Identifier: GPL-2.0-only
"""Who may include what: the table in the README, enforced."""

import re
import subprocess
import unittest
from pathlib import Path
from typing import List, Set

from .support import OBJECTS, REPO, sources

_INCLUDE = re.compile(r'^\s*#\s*include\s+(<[^>]+>|"[^"]+")', re.M)

# UML's own headers are for the harness alone.
_KERNEL = re.compile(r'<(linux|uapi|asm)/[^>]+>')
_SUITE_KERNEL = re.compile(
    r'<((kunit|linux|uapi|asm)/[^>]+|mm/dmapool_test\.c)>')
_HARNESS_KERNEL = re.compile(
    r'<((kunit|linux|uapi|asm|trace|umlab)/[^>]+|irq_kern\.h|os\.h'
    r'|kernel/dma/direct\.h|mm/slab\.h)>')
_DRIVER_CONTRACT = re.compile(r'drivers/\w+/[\w-]+-(ioctl|regs)\.h$')


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


def driver_may(path: Path, include: str) -> bool:
    """A driver: the kernel's headers and those in its own folder."""
    if include.startswith('<'):
        return bool(_KERNEL.fullmatch(include))
    return '/' not in include and (REPO / path.parent /
                                   include.strip('"')).is_file()


def suite_may(path: Path, include: str) -> bool:
    """A suite: the kernel's, umlab's contracts (that for models if it brings
    one), kunit/lib, and of a driver what user space or the hardware sees."""
    if include.startswith('<'):
        return bool(_SUITE_KERNEL.fullmatch(include)) or \
            include in ('<umlab/machine.h>', '<umlab/model.h>')
    local = _local(path, include)
    return local.startswith('kunit/lib/') or \
        bool(_DRIVER_CONTRACT.fullmatch(local))


def model_may(path: Path, include: str) -> bool:
    """A device model: its contract, its registers, the kernel's basics."""
    if include.startswith('<'):
        return bool(_KERNEL.fullmatch(include)) or \
            include == '<umlab/model.h>'
    return _local(path, include).startswith('harness/models/')


def harness_may(path: Path, include: str) -> bool:
    """The harness: the kernel's and UML's headers, and its own."""
    if include.startswith('<'):
        return bool(_HARNESS_KERNEL.fullmatch(include))
    return _local(path, include).startswith('harness/')


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


class LayeringTest(unittest.TestCase):
    """Every include of every file."""

    def _check(self, folder: str, may) -> None:  # type: ignore
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
        """The harness knows no driver, no suite and no test."""
        self._check('harness', harness_may)

    def test_parts(self) -> None:
        """The bus and DMA know the slot object alone."""
        for folder in _PARTS:
            self._check(folder, part_may)

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
                                 {'umlab_journal', 'umlab_journal_next'},
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
        for include in ('<umlab/machine.h>', '"../slot.h"', '<kunit/test.h>',
                        '"../../drivers/dad/dad.h"'):
            self.assertFalse(model_may(model, include), include)
        harness = Path('harness/slot.c')
        for include in ('"../kunit/lib/space.h"', '"../drivers/scull/scull.h"',
                        '"../tests/x.h"'):
            self.assertFalse(harness_may(harness, include), include)
        for part, other in (('bus/irq.c', '"../dma/dma.h"'),
                            ('dma/gate.c', '"../bus/bus.h"')):
            path = Path('harness') / part
            for include in ('<umlab/machine.h>', '"../journal.h"', other):
                self.assertFalse(part_may(path, include), include)

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
