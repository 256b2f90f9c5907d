# SPDX-License-Identifier: GPL-2.0-only
"""Files that are there whole or not at all."""

import os
from pathlib import Path


def put(path: Path, text: str) -> None:
    """Have @path hold @text; whoever is interrupted here leaves it as it was."""
    part = path.with_name(f'{path.name}.part')
    part.write_text(text, encoding='utf-8')
    os.replace(part, path)
