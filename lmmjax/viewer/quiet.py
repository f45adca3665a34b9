"""A viser server that prints nothing and that only this machine can reach."""

import contextlib
from collections.abc import Iterator
from typing import Any

HOST = "127.0.0.1"


@contextlib.contextmanager
def quiet_server(port: int = 0, **options: Any) -> Iterator[Any]:
    """A viser server, stopped at the end.

    Args:
      port: the one to listen on; where it is taken, viser takes the next that is free.
        0 for any.
      **options: of `viser.ViserServer`.

    Raises:
      ImportError: viser is not installed; says how to install it.
    """
    try:
        import rich
        import viser
    except ImportError as error:
        raise ImportError(
            "the viewer needs viser: pip install 'lmmjax[viewer]'"
        ) from error
    console = rich.get_console()
    quiet, console.quiet = console.quiet, True
    try:
        server = viser.ViserServer(host=HOST, port=port, verbose=False, **options)
        try:
            yield server
        finally:
            server.stop()
    finally:
        console.quiet = quiet
