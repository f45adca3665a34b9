"""Flags that benchmarks share, and the report that each of them ends with."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from absl import flags

ROUNDS = flags.DEFINE_integer("rounds", 21, "Rounds of measurement.", 3)
TABLE = flags.DEFINE_string("table", None, "File that the report is also written to.")


class Flags:
    """absl's ways to define flags, for the flags of one binary."""

    def __init__(self, values: flags.FlagValues):
        """Define flags among these."""
        self._values = values

    def __getattr__(self, name: str) -> Callable[..., flags.FlagHolder]:
        """`absl.flags`' function of this name."""
        return functools.partial(getattr(flags, name), flag_values=self._values)


def flags_of(module: str) -> Flags:
    """Flags of a benchmark: the program's where it is run, else its own defaults.

    Benchmarks have flags of the same names, and tests import many of them.
    """
    if module == "__main__":
        return Flags(flags.FLAGS)
    values = flags.FlagValues()
    values.mark_as_parsed()
    return Flags(values)


def publish(lines: Sequence[str]) -> None:
    """Print lines, and write them where ``--table`` says."""
    text = "\n".join(lines)
    print(text)
    if TABLE.value:
        path = Path(TABLE.value)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
