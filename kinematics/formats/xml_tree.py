"""XML files in: a tree of elements that know their lines, and numbers in them.

A document type definition is refused, and with it every entity a file could
declare: entities are how a file of some hundred bytes becomes gigabytes of text, or
reads other files.
"""

import dataclasses
import os
from xml.parsers import expat
from xml.sax import saxutils

import numpy as np

from kinematics.formats.errors import FormatError, problem
from kinematics.formats.text import number, read_text

# Far beyond any body or robot; elements take memory by the hundred bytes.
_MAX_ELEMENTS = 200_000
_MAX_DEPTH = 2_000


@dataclasses.dataclass
class Element:
    """An element as written.

    Attributes:
      path: the file.
      line: where it starts, counted from 1.
      tag: its name.
      attributes: value by name, in the order of the file.
      children: the elements inside of it; text between them is not kept.
    """

    path: str
    line: int
    tag: str
    attributes: dict[str, str]
    children: list["Element"] = dataclasses.field(default_factory=list)

    def all(self, tag: str) -> list["Element"]:
        """The children of one name."""
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> "Element | None":
        """The first child of one name."""
        return next((child for child in self.children if child.tag == tag), None)

    def error(self, wrong: str, remedy: str) -> FormatError:
        """The error to raise about this element."""
        return problem(self.path, self.line, wrong, remedy)

    def word(self, name: str) -> str:
        """An attribute that must be there."""
        if not self.attributes.get(name):
            raise self.error(f"<{self.tag}> has no {name!r}", "add it")
        return self.attributes[name]

    def numbers(
        self, name: str, count: int, default: list[float] | None = None
    ) -> np.ndarray:
        """An attribute of ``count`` finite numbers, [count]; without it the default.

        Raises:
          FormatError: it is something else, or missing where there is no default.
        """
        if default is not None and name not in self.attributes:
            return np.array(default, float)
        words = self.word(name).split()
        values = [number(word) for word in words]
        found = [value for value in values if value is not None]
        if len(words) != count or len(found) != count:
            amount = "a finite number" if count == 1 else f"{count} finite numbers"
            raise self.error(
                f"{name!r} of <{self.tag}> is {self.attributes[name][:60]!r}",
                f"give {amount}",
            )
        return np.array(found)


def parse(path: str | os.PathLike) -> Element:
    """The root element of a file; FormatError where it is not plain XML."""
    return parse_text(path, read_text(path))


def parse_text(path: str | os.PathLike, text: str) -> Element:
    """The root element of a text that was read from ``path``."""
    # As text, whose encoding is settled: one that it declares must not count again.
    parser = expat.ParserCreate("utf-8")
    stack: list[Element] = []
    roots: list[Element] = []
    count = 0

    def start(tag, attributes):
        nonlocal count
        count += 1
        line = parser.CurrentLineNumber
        if count > _MAX_ELEMENTS or len(stack) >= _MAX_DEPTH:
            raise problem(path, line, "too many elements", "give a single body")
        element = Element(os.fspath(path), line, tag, attributes)
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def doctype(*_):
        raise problem(
            path, parser.CurrentLineNumber, "it has a DOCTYPE", "remove that line"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise problem(
            path, error.lineno, f"this is no XML: {reason}", "correct it"
        ) from error
    return roots[0]


def tag(name: str, /, *, empty: bool = True, **attributes: object) -> str:
    """Text of an element's start, or with ``empty`` of all of it.

    Args:
      name: of the element.
      empty: whether nothing is inside of it.
      **attributes: text as it is, numbers and arrays as `spell` writes them; those
        that are None are left out, and a trailing ``_`` of a name is.
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            text = value if isinstance(value, str) else spell(value)
            words.append(f"{key.rstrip('_')}={saxutils.quoteattr(text)}")
    return f"<{' '.join(words)}{'/' if empty else ''}>"


def spell(values: object) -> str:
    """Numbers of any shape as text from which float32 comes back exactly."""
    flat = np.asarray(values, float).ravel() + 0.0
    return " ".join(f"{value:.9g}" for value in flat)


def check_name(name: str, reserved: tuple[str, ...] = ()) -> None:
    """Raise ValueError where a joint's name cannot stand in such a file."""
    if not name.strip() or not name.isprintable() or name in reserved:
        raise ValueError(
            f"joint {name!r} cannot be named in this format; rename it with printable "
            f"characters" + (f" and not {' or '.join(reserved)!r}" if reserved else "")
        )
