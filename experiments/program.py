"""What every binary here does first and last."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

# Set before jax is imported: compiled programs are kept from run to run.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(".cache/jax").absolute()))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")

from absl import app, flags

from experiments.settings import SettingError
from kinematics.formats import FormatError
from lmmjax.capture import CaptureError
from lmmjax.data.catalog import DataError
from lmmjax.generation.continuation import PromptError
from lmmjax.pretrained import PretrainedError
from lmmjax.training.checkpoint import CheckpointError, quiet_logs

_MISTAKES = (
    SettingError,
    CaptureError,
    DataError,
    FormatError,
    PromptError,
    CheckpointError,
    PretrainedError,
    FloatingPointError,
)


def run(main: Callable[[], None]) -> None:
    """Run a binary: a user's mistake ends in one sentence and exit code 1."""

    def guarded(arguments: list[str]) -> None:
        if len(arguments) > 1:
            sys.exit(
                f"error: {arguments[1]!r} is not understood; write --flag=value, and "
                "--help to see the flags"
            )
        quiet_logs()
        try:
            main()
        except _MISTAKES as error:
            sys.exit(f"error: {error}")
        except KeyboardInterrupt as stop:
            sys.exit(str(stop) or "stopped")
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            sys.exit(f"error: {where}{error.strerror or error}")

    app.run(guarded, flags_parser=_parse)


def _parse(arguments: list[str]) -> list[str]:
    """Parse the flags; --help is no failure, and a mistake is one sentence."""
    try:
        return flags.FLAGS(arguments)
    except flags.Error as error:
        mistake = re.sub(r"^flag --(\w+)=None: .*", r"--\1=... is needed", str(error))
        sys.exit(f"error: {mistake}; --help shows the flags")
    except SystemExit:
        # Raised by --help alone, with the code of a failure.
        sys.exit(0)
