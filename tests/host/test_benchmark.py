# SPDX-License-Identifier: GPL-2.0-only
"""make bench: what it reads and what it writes."""

import json

from lab import benchmark

from .support import REPO, FolderTest

_LOG = """\
umlab-bench: mmio_read32_ns ns 19.250 18.900 40.125 101
some other line
[    0.5] umlab-bench: plug_256_cost_ratio ratio 1.200 1.100 1.900 11
umlab-bench: cut off ns 1
"""


class BenchmarkTest(FolderTest):
    """The rows of a log."""

    def test_parse(self) -> None:
        """What is a row, and what is not."""
        rows = benchmark.parse(_LOG)
        self.assertEqual(rows, [
            benchmark.Row('mmio_read32_ns', 'ns', 19.25, 18.9, 40.125, 101),
            benchmark.Row('plug_256_cost_ratio', 'ratio', 1.2, 1.1, 1.9, 11)])
        self.assertEqual(benchmark.parse(''), [])

    def test_write(self) -> None:
        """A list of objects, and no part of it left beside."""
        path = self.folder / 'bench.json'
        benchmark.write(benchmark.parse(_LOG), path)
        self.assertEqual(json.loads(path.read_text())[0], {
            'name': 'mmio_read32_ns', 'unit': 'ns', 'median': 19.25,
            'min': 18.9, 'max': 40.125, 'runs': 101})
        self.assertEqual([entry.name for entry in self.folder.iterdir()],
                         ['bench.json'])

    def test_table(self) -> None:
        """A line for each, below the heading."""
        table = benchmark.table(benchmark.parse(_LOG)).splitlines()
        self.assertEqual(len(table), 3)
        self.assertRegex(table[1], r'^mmio_read32_ns +19\.250 ')

    def test_names(self) -> None:
        """The suite prints the rows that others rely on."""
        suites = ''.join(path.read_text() for path in
                         (REPO / 'kunit').glob('bench*.c'))
        for name in ('mmio_read32_ns', 'irq_raise_to_handler_us',
                     'plug_to_bound_us', 'plug_256_cost_ratio',
                     'gate_direct_vs_memcpy', 'gate_iommu_vs_memcpy',
                     'ledger_1m_vs_1k', 'dad_read_1mib_vs_memcpy'):
            self.assertIn(f'"{name}"', suites)
