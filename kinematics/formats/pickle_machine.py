"""The stack machine of the pickle format, without its power to import or to call.

It ends in lists, tuples, numbers, strings and a `Node` wherever the pickle would
have called something. Opcodes as in CPython's ``pickletools``, protocols 0 to 5.

Files of joblib (``numpy_pickle.py`` of its version 1.6) are pickles that are
interrupted: an array is an object ``NumpyArrayWrapper`` with its shape and type, and
its bytes stand behind the opcode that gave the object its state. Since version 1.2
they are aligned: one byte says how many more to pass over. Where the array is one of
objects, a whole pickle of it stands there instead.
"""

import codecs
import struct
from collections.abc import Callable, Mapping
from typing import Any

from kinematics.formats.pickle_types import JOBLIB_ARRAY, Global, Parts, raw_size

Maker = Callable[[Parts], Any]
# Modules that were renamed: of Python 2, of NumPy 2 and of SciPy 1.8.
_RENAMED = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "numpy._core.numeric": "numpy.core.numeric",
    "scipy.sparse._csc": "scipy.sparse.csc",
    "scipy.sparse._csr": "scipy.sparse.csr",
    "scipy.sparse._coo": "scipy.sparse.coo",
}
_RECONSTRUCTOR = Global("copyreg", "_reconstructor")
_OBJECT = Global("builtins", "object")
_DICT, _SET = Global("builtins", "dict"), Global("builtins", "set")
_FROZENSET = Global("builtins", "frozenset")


class RefusedError(Exception):
    """The pickle asks for something that is not in the table."""


class Node:
    """What is not built yet: whose it is and what has been collected for it."""

    __slots__ = ("args", "items", "name", "state")

    def __init__(self, name: Global, args: tuple = ()):
        self.name, self.args = name, args
        self.state: Any = None
        self.items: list = []


class Machine:
    """The stack machine of the pickle format, without its power to call."""

    def __init__(self, data: bytes, makers: Mapping[Global, Maker]):
        self.data, self.at, self.makers = data, 0, makers
        self.stack: list = []
        self.marks: list[list] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Everything up to STOP; nodes stand where objects will be."""
        while True:
            code = self.take(1)
            if code == b".":
                return self.stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise RefusedError(f"uses opcode {code!r}, which data do not need")
            step(self)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        end = self.at + count
        if count < 0 or end > len(self.data):
            raise ValueError("it is cut off")
        start, self.at = self.at, end
        return self.data[start:end]

    def line(self) -> bytes:
        """The next bytes up to the end of the line."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise ValueError("it is cut off")
        text = self.data[self.at : end]
        self.at = end + 1
        return text

    def number(self, code: str) -> Any:
        """The next binary number, in the codes of `struct`."""
        return struct.unpack(code, self.take(struct.calcsize(code)))[0]

    def since_mark(self) -> list:
        """What was pushed since the last mark, taken from the stack."""
        pushed, self.stack = self.stack, self.marks.pop()
        return pushed

    def several(self, count: int) -> list:
        """The top of the stack, taken from it."""
        if count > len(self.stack):
            raise ValueError("its stack is empty")
        pushed = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return pushed

    def known(self, module: str, name: str) -> Global:
        """The name of something that may be built."""
        found = Global(_RENAMED.get(module, module), name)
        if found not in self.makers and found not in (_RECONSTRUCTOR, _OBJECT):
            raise RefusedError(
                f"names {module[:60]}.{name[:60]}, which is code and no plain data"
            )
        return found

    def build(self, name: Any, args: Any) -> Node:
        """A node for ``name(*args)``."""
        if not isinstance(name, Global) or not isinstance(args, tuple):
            raise ValueError("it calls what is no name")
        if name == _RECONSTRUCTOR:
            name, base, state = args
            if not isinstance(name, Global) or base != _OBJECT or state is not None:
                raise ValueError("an object is not derived from object alone")
            args = ()
        if name not in self.makers:
            raise RefusedError(f"calls {'.'.join(name)}, which is no plain data")
        return Node(name, args)

    def extend(self, more: list) -> None:
        """Append to the list on top of the stack."""
        top = self.stack[-1]
        if not isinstance(top, list):
            raise ValueError("it appends to what is no list")
        top.extend(more)

    def add(self, more: list) -> None:
        """Add items to the node on top of the stack."""
        self.node().items.extend(more)

    def pairs(self, flat: list) -> None:
        """Add keys and values, in turn, to the node on top of the stack."""
        self.add(list(zip(flat[::2], flat[1::2], strict=True)))

    def set_state(self) -> None:
        """Give the state on top of the stack to the node below it."""
        state = self.stack.pop()
        node = self.node()
        node.state = state
        if node.name == JOBLIB_ARRAY:
            node.items.append(self.array_of_joblib(state))

    def array_of_joblib(self, state: Any) -> Any:
        """What follows joblib's description of an array: its bytes, or objects."""
        # Six keys are usual; very many, described again and again, would cost time.
        if not isinstance(state, Node) or len(state.items) > 16:
            raise ValueError("an array of joblib is not described")
        # Other keys may be costly to hash.
        about = {key: value for key, value in state.items if isinstance(key, str)}
        dtype = about["dtype"]
        if not isinstance(dtype, Node):
            raise ValueError("an array of joblib has no type")
        size = raw_size(Parts(dtype.args, dtype.state, []), about["shape"])
        if size is None:
            within = Machine(self.data, self.makers)
            within.at = self.at
            objects = within.run()
            self.at = within.at
            return objects
        if about.get("numpy_array_alignment_bytes") is not None:
            self.take(self.take(1)[0])
        return self.take(size)

    def node(self) -> Node:
        """The node on top of the stack."""
        top = self.stack[-1]
        if not isinstance(top, Node):
            raise ValueError("it changes what is no object")
        return top


def _push(read: Callable[[Machine], Any]) -> Callable[[Machine], None]:
    """The step that pushes what ``read`` returns."""

    def step(machine: Machine) -> None:
        # Reading may exchange the stack for the one below the mark.
        value = read(machine)
        machine.stack.append(value)

    return step


def _counted(length: str, encoding: str | None = None):
    """Bytes, or text, that follow their length."""

    def read(machine: Machine) -> bytes | str:
        data = machine.take(machine.number(length))
        # Unpaired surrogates are allowed in the strings of a pickle.
        return data if encoding is None else data.decode(encoding, "surrogatepass")

    return _push(read)


def _quoted(machine: Machine) -> str:
    text = machine.line().strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"\"'":
        raise ValueError("a string has no quotes")
    return codecs.escape_decode(text[1:-1])[0].decode("latin-1")


def _int(machine: Machine) -> int:
    text = machine.line().strip().rstrip(b"L")
    # Protocol 0 spells truth values so.
    return text == b"01" if text in (b"00", b"01") else int(text)


def _dictionary(machine: Machine) -> Node:
    flat, node = machine.since_mark(), Node(_DICT)
    node.items = list(zip(flat[::2], flat[1::2], strict=True))
    return node


def _global(machine: Machine) -> Global:
    return machine.known(machine.line().decode(), machine.line().decode())


def _stack_global(machine: Machine) -> Global:
    module, name = machine.several(2)
    if not isinstance(module, str) or not isinstance(name, str):
        raise ValueError("a name is no text")
    return machine.known(module, name)


def _called(machine: Machine) -> Node:
    return machine.build(*machine.several(2))


def _keywords(machine: Machine) -> Node:
    name, args, keywords = machine.several(3)
    if not isinstance(keywords, Node) or keywords.name != _DICT or keywords.items:
        raise ValueError("an object is built with keywords")
    return machine.build(name, args)


def _old_instance(machine: Machine) -> Node:
    name = _global(machine)
    return machine.build(name, tuple(machine.since_mark()))


def _old_object(machine: Machine) -> Node:
    name, *args = machine.since_mark()
    return machine.build(name, tuple(args))


def _put(index: Callable[[Machine], int]) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        machine.memo[index(machine)] = machine.stack[-1]

    return step


def _mark(machine: Machine) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


def _long(length: str) -> Callable[[Machine], None]:
    def read(machine: Machine) -> int:
        return int.from_bytes(
            machine.take(machine.number(length)), "little", signed=True
        )

    return _push(read)


_STEPS: dict[bytes, Callable[[Machine], Any]] = {
    b"\x80": lambda m: m.take(1),  # PROTO
    b"\x95": lambda m: m.take(8),  # FRAME
    b"(": _mark,
    b"0": lambda m: m.stack.pop(),
    b"1": lambda m: m.since_mark(),
    b"2": _push(lambda m: m.stack[-1]),
    b"N": _push(lambda m: None),
    b"\x88": _push(lambda m: True),
    b"\x89": _push(lambda m: False),
    b"I": _push(_int),
    b"L": _push(_int),
    b"J": _push(lambda m: m.number("<i")),
    b"K": _push(lambda m: m.number("<B")),
    b"M": _push(lambda m: m.number("<H")),
    b"\x8a": _long("<B"),
    b"\x8b": _long("<i"),
    b"F": _push(lambda m: float(m.line())),
    b"G": _push(lambda m: m.number(">d")),
    b"S": _push(_quoted),
    b"T": _counted("<i", "latin-1"),
    b"U": _counted("<B", "latin-1"),
    b"B": _counted("<I"),
    b"C": _counted("<B"),
    b"\x8e": _counted("<Q"),
    b"\x96": _counted("<Q"),
    b"V": _push(lambda m: m.line().decode("raw-unicode-escape")),
    b"X": _counted("<I", "utf-8"),
    b"\x8c": _counted("<B", "utf-8"),
    b"\x8d": _counted("<Q", "utf-8"),
    b"]": _push(lambda m: []),
    b"l": _push(lambda m: m.since_mark()),
    b"a": lambda m: m.extend(m.several(1)),
    b"e": lambda m: m.extend(m.since_mark()),
    b")": _push(lambda m: ()),
    b"t": _push(lambda m: tuple(m.since_mark())),
    b"\x85": _push(lambda m: tuple(m.several(1))),
    b"\x86": _push(lambda m: tuple(m.several(2))),
    b"\x87": _push(lambda m: tuple(m.several(3))),
    b"}": _push(lambda m: Node(_DICT)),
    b"d": _push(_dictionary),
    b"s": lambda m: m.pairs(m.several(2)),
    b"u": lambda m: m.pairs(m.since_mark()),
    b"\x8f": _push(lambda m: Node(_SET)),
    b"\x90": lambda m: m.add(m.since_mark()),
    b"\x91": _push(lambda m: Node(_FROZENSET, (m.since_mark(),))),
    b"p": _put(lambda m: int(m.line())),
    b"q": _put(lambda m: m.number("<B")),
    b"r": _put(lambda m: m.number("<I")),
    b"\x94": _put(lambda m: len(m.memo)),
    b"g": _push(lambda m: m.memo[int(m.line())]),
    b"h": _push(lambda m: m.memo[m.number("<B")]),
    b"j": _push(lambda m: m.memo[m.number("<I")]),
    b"c": _push(_global),
    b"\x93": _push(_stack_global),
    b"R": _push(_called),
    b"\x81": _push(_called),
    b"\x92": _push(_keywords),
    b"i": _push(_old_instance),
    b"o": _push(_old_object),
    b"b": Machine.set_state,
}
