# SPDX-License-Identifier: GPL-2.0-only
"""python3 lab COMMAND: what the Makefile calls."""

import sys
from pathlib import Path

if __name__ == '__main__':
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    # Found by the path above.  # pylint: disable-next=import-outside-toplevel
    from lab import cli
    commands = {'kunit': cli.kunit, 'shell': cli.shell, 'gdb': cli.gdb,
                'stress': cli.stress, 'soak': cli.soak,
                'report': cli.report, 'coverage': cli.make_coverage,
                'bench': lambda: cli.supervised(cli.bench), 'clean': cli.clean,
                'distclean': cli.distclean}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print(f'umlab: one command, please, of {", ".join(commands)}, with the variables'
              ' of "make help" in the environment', file=sys.stderr)
        sys.exit(2)
    try:
        sys.exit(commands[sys.argv[1]]())
    except KeyboardInterrupt:
        sys.exit(130)
