"""Headers of published query files: `# key: text`, going on with `#   text`. (After ROBOT's report queries.)"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.errors import RuleError, Where


def parse_header(name: str, text: str, keys: Sequence[str]) -> dict[str, str]:
    """The header of the file `name`. Raises `RuleError` if a key is missing, unknown or repeated."""
    hint = f"A header has the lines {', '.join(f'“# {key}: …”' for key in keys)}; a text goes on with “#   ”."
    header: dict[str, str] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        if match := re.match(r"# ([a-z]+): (.+)", line):
            key = match[1]
            if key not in keys or key in header:
                raise RuleError(f"{key!r} is unknown or given twice", where=Where(name, number), hint=hint)
            header[key] = match[2].strip()
        elif key and line.startswith("#   "):
            header[key] += " " + line[1:].strip()
        else:
            raise RuleError(f"not a header line: {line}", where=Where(name, number), hint=hint)
    if missing := [key for key in keys if key not in header]:
        raise RuleError(f"the header lacks {', '.join(missing)}", where=Where(name, 1), hint=hint)
    return header
