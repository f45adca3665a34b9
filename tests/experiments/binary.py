"""Run a binary within this process, which saves the start of another one."""

import contextlib
import io
import runpy
import sys
from typing import NamedTuple

from absl import flags


class Result(NamedTuple):
    """What a binary left behind."""

    code: int
    out: str
    err: str


def run(name: str, *arguments: object) -> Result:
    """The binary ``experiments.<name>``, as from a command line."""
    _forget_flags()
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = [f"{name}.py", *map(str, arguments)]
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            runpy.run_module(f"experiments.{name}", run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.argv = before
    if isinstance(code, str):  # the interpreter prints it and ends with 1
        err.write(code + "\n")
        code = 1
    return Result(code, out.getvalue(), err.getvalue())


def _forget_flags() -> None:
    """Two binaries define flags of the same names."""
    for module, defined in flags.FLAGS.flags_by_module_dict().items():
        if module.endswith(".py"):  # scripts; libraries go by their names
            for flag in list(defined):
                if flag.name in flags.FLAGS:
                    delattr(flags.FLAGS, flag.name)
    flags.FLAGS.unparse_flags()
