"""The page: a legend on top of a recorded scene, as a file or in a notebook."""

import dataclasses
import html
import os
import pathlib
import re
import tempfile
from collections.abc import Sequence

from lmmjax.viewer.tracks import Track

_STYLE = """
#lmmjax-legend { position: fixed; bottom: 56px; left: 12px; z-index: 2;
  max-width: 45%; max-height: 70%; overflow: auto; padding: 8px 12px;
  border-radius: 6px; background: rgba(255, 255, 255, 0.86); color: #222;
  font: 13px/1.5 system-ui, sans-serif; box-shadow: 0 1px 4px rgba(0, 0, 0, 0.2) }
#lmmjax-legend.dark { background: rgba(30, 32, 36, 0.86); color: #ddd }
#lmmjax-legend summary { cursor: pointer; font-weight: 600 }
#lmmjax-legend ul { list-style: none; margin: 4px 0; padding: 0 }
#lmmjax-legend i { display: inline-block; width: 12px; height: 12px;
  margin-right: 8px; border-radius: 3px; vertical-align: -1px }
#lmmjax-legend small { opacity: 0.7 }
@media (max-height: 560px), (max-width: 640px) {
  #lmmjax-legend { font-size: 11px; line-height: 1.35; padding: 5px 8px }
  #lmmjax-legend > small { display: none } }
"""
_HINT = (
    "space: play or pause · drag: orbit · right drag: move · wheel: zoom<br>"
    "button at the lower right: show or hide each motion"
)


@dataclasses.dataclass(frozen=True)
class Page:
    """A self-contained page; a notebook shows it as the value of a cell.

    Attributes:
      html: the whole document.
      height: pixels that it takes in a notebook.
    """

    html: str = dataclasses.field(repr=False)
    height: int = 480

    def _repr_html_(self) -> str:
        document = html.escape(self.html, quote=True)
        return (
            f'<iframe srcdoc="{document}" width="100%" height="{self.height}" '
            'style="border: 1px solid #ddd; display: block"></iframe>'
        )

    def save(self, path: str | os.PathLike) -> pathlib.Path:
        """Write the page; a file that stood there is replaced in one step.

        Args:
          path: where to; missing folders are created.

        Returns:
          The path.

        Raises:
          OSError: it could not be written (a full disk, no permission). What stood
            there before is untouched.
        """
        path = pathlib.Path(path)
        partial = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.html)
            # mkstemp makes files that only their owner can read.
            os.chmod(partial, 0o666 & ~_umask())
            os.replace(partial, path)
        except OSError as error:
            size = len(self.html.encode()) / 2**20
            raise OSError(
                error.errno,
                f"could not write the page of {size:.1f} MiB: {error.strerror}",
                str(path),
            ) from error
        finally:
            if partial is not None and os.path.exists(partial):
                os.unlink(partial)
        return path


def decorate(scene: str, tracks: Sequence[Track], title: str, fps: float, dark: bool):
    """A recorded scene with its title and legend.

    Args:
      scene: an HTML document.
      tracks: what is in it, with colors; rows of one label and color are joined.
      title: of the page and of the legend.
      fps: frames per second of the recording.
      dark: whether the scene has a dark background.

    Returns:
      The HTML document; title and labels are escaped.
    """
    rows: dict[tuple, int] = {}
    for track in tracks:
        key = (track.label, track.color, *_interval(track))
        rows[key] = rows.get(key, 0) + 1
    differ = len({key[2:] for key in rows}) > 1
    items = []
    for (label, color, start, end), count in rows.items():
        many = f" &times; {count}" if count > 1 else ""
        when = f" <small>{start:.1f}&ndash;{end:.1f} s</small>" if differ else ""
        items.append(
            f'<li><i style="background: rgb{color}"></i>'
            f"{html.escape(label)}{many}{when}</li>"
        )
    heading = html.escape(title)
    legend = (
        f"<style>{_STYLE}</style>"
        f'<details open id="lmmjax-legend" class="{"dark" if dark else "light"}">'
        f"<summary>{heading}</summary><ul>{''.join(items)}</ul>"
        f"<small>{fps:g} frames per second<br>{_HINT}</small></details>"
    )
    scene = re.sub(
        "<title>.*?</title>", lambda _: f"<title>{heading}</title>", scene, count=1
    )
    # The last one: the page's own script may speak of a body too.
    head, end, tail = scene.rpartition("</body>")
    return head + legend + end + tail if end else scene + legend


def _interval(track: Track) -> tuple[float, float]:
    start = track.start_seconds
    return round(start, 3), round(start + len(track.motion) / track.motion.fps, 3)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
