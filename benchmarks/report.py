"""Flags that benchmarks share, and the report that each of them ends with."""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

ROUNDS = flags.DEFINE_integer("rounds", 21, "Rounds of measurement.", 3)
TABLE = flags.DEFINE_string("table", None, "File that the report is also written to.")


def publish(lines: Sequence[str]) -> None:
    """Print lines, and write them where ``--table`` says."""
    text = "\n".join(lines)
    print(text)
    if TABLE.value:
        path = Path(TABLE.value)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
