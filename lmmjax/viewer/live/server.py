"""A server for people at this machine, and nobody else."""

import contextlib
from collections.abc import Iterator
from typing import Any

from lmmjax.viewer.quiet import quiet_server


@contextlib.contextmanager
def serve(port: int = 0, label: str = "lmmjax") -> Iterator[Any]:
    """A viser server that only this machine can reach, stopped at the end.

    Nothing is printed, and pages cannot ask for the tunnel through which viser shares
    them with others.

    Args:
      port: the one to listen on; where it is taken, viser takes the next that is free.
        0 for any.
      label: heading of the panel.

    Yields:
      The server; ``get_port()`` tells where it listens.

    Raises:
      ImportError: viser is not installed; says how to install it.
    """
    with quiet_server(port, label=label) as server:
        server.request_share_url = _not_shared
        server.gui.configure_theme(show_logo=False, show_share_button=False)
        yield server


def _not_shared(verbose: bool = True) -> None:
    """In place of the tunnel: there is no address for others."""
    del verbose
