"""Pieces of the page: text and numbers, shades, tables, pictures."""

import base64
import dataclasses
import html
import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np

_JPEG_QUALITY = 80
_NONE = "&ndash;"
_WORDS = ' class="w"'


def escape(text: object) -> str:
    """Text of anybody for any place of the page, bytes of odd file names included."""
    return html.escape(str(text).encode("utf-8", "replace").decode("utf-8"))


def who(person: str) -> str:
    """What a person is called; those without a name have a number."""
    return escape(f"person {person}" if person.isdecimal() else person)


def number(value: float, digits: int = 1) -> str:
    """A number with some decimals, or a dash where there is none."""
    if not math.isfinite(value):
        return _NONE
    return f"{value:,.{digits}f}".replace("-", "&minus;")


def percent(share: float, digits: int = 1) -> str:
    """A share of 1 as a number of hundredths."""
    return number(100 * share, digits)


def measure(value: float, unit: str) -> str:
    """A number with its unit, which stays beside it."""
    return f"{number(value)}&nbsp;{unit}" if math.isfinite(value) else _NONE


def span(seconds: float) -> str:
    """A length of time with its unit, such as 3.4 s, 12.5 min or 2.1 h."""
    for size, unit in ((3600, "h"), (60, "min")):
        if abs(seconds) >= 1.5 * size:
            return measure(seconds / size, unit)
    return measure(seconds, "s")


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
      body: HTML.
      shade: from 0 to 1, how strongly it is coloured, or None for not.
      hint: text that is shown when pointed at.
      words: whether it holds words, which are aligned left.
    """

    body: str
    shade: float | None = None
    hint: str = ""
    words: bool = False

    def __str__(self) -> str:
        style = ""
        if self.shade is not None and math.isfinite(self.shade):
            style = f' style="--a:{min(max(self.shade, 0), 1):.2f}"'
        kinds = " ".join(
            kind for kind, on in (("w", self.words), ("heat", style != "")) if on
        )
        kind = f' class="{kinds}"' if kinds else ""
        hint = f' title="{escape(self.hint)}"' if self.hint else ""
        return f"<td{kind}{style}{hint}>{self.body}</td>"


def table(
    label: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Cell]]],
    totals: int = 0,
    kind: str = "",
) -> str:
    """A table that scrolls by itself where it is too wide.

    Args:
      label: what it is, for those who hear the page.
      columns: HTML of the headings, that of the names of the rows first.
      rows: HTML of a name, and cells.
      totals: how many of the last rows sum the others up.
      kind: class for its colours.
    """
    words = [False, *(cell.words for cell in rows[0][1])] if rows else ()
    head = "".join(
        f'<th scope="col"{_WORDS if left else ""}>{column}</th>'
        for column, left in itertools.zip_longest(columns, words)
    )
    body = []
    for n, (name, cells) in enumerate(rows):
        total = ' class="total"' if n >= len(rows) - totals else ""
        row = "".join(map(str, cells))
        body.append(f'<tr{total}><th scope="row">{name}</th>{row}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def legend(kind: str, low: str, high: str, text: str) -> str:
    """The scale of colours of a table, from its lowest to its highest value."""
    return (
        f'<p class="legend {kind}"><span>{low}</span><i></i><span>{high}</span>'
        f"<span>{text}</span></p>"
    )


def picture(pixels: np.ndarray, text: str) -> str:
    """[H, W, 3] uint8 RGB as an image inside the page."""
    _, data = cv2.imencode(
        ".jpg",
        cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY],
    )
    code = base64.b64encode(data.tobytes()).decode("ascii")
    height, width = pixels.shape[:2]
    return (
        f'<img src="data:image/jpeg;base64,{code}" width="{width}" height="{height}" '
        f'alt="{escape(text)}">'
    )
