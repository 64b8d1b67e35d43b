"""Which variable held what: names for objects, without a reference to any of them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from inspect import CO_OPTIMIZED
from itertools import count
from types import FrameType
from typing import Any
from weakref import ref

from dojo.xray.proxies import unwrapper


def local(frame: FrameType, *names: str) -> list[Any]:
    """The values of some of a running function's variables, None for one that has no value."""
    variables = frame.f_locals
    values = [variables.get(name) for name in names]
    _release(variables)
    return values


def _release(variables: Mapping[str, Any]) -> None:
    """Undo the one trace that reading `f_locals` leaves.

    Up to Python 3.12 the frame keeps the dictionary, and so keeps alive what a later `del` should
    let go. One that somebody else holds, from `locals()`, stays as it is.
    """
    if isinstance(variables, dict) and sys.getrefcount(variables) <= 4:
        variables.clear()


class Variables:
    """Numbers things, and remembers which of a test's variables held them.

    A thing is known by its `id` until it is gone: `gone` is then called with its number.
    """

    def __init__(self, gone: Callable[[int], None]) -> None:
        self.names: dict[int, tuple[str, ...]] = {}
        self._gone = gone
        self._numbers: dict[int, int] = {}
        self._references: dict[int, ref[object]] = {}
        self._count = count(1)

    def new_number(self) -> int:
        """A number for something that no variable holds."""
        return next(self._count)

    def number(self, thing: object, number: int | None = None) -> int:
        """The number that a thing keeps as long as it lives: `number`, or else a new one."""
        key = id(thing)
        if key not in self._numbers:
            self._numbers[key] = number = number or self.new_number()
            self._references[key] = ref(thing, lambda _: self._forget(key, number))
        return self._numbers[key]

    def known(self, thing: object) -> int | None:
        """The number of a thing that has one."""
        return self._numbers.get(id(thing))

    def _forget(self, key: int, number: int) -> None:
        del self._numbers[key], self._references[key]
        self._gone(number)

    def close(self) -> None:
        """Stop watching. The names stay."""
        self._references.clear()
        self._numbers.clear()

    def read(self, frame: FrameType) -> None:
        """See what the variables of a function hold now."""
        if not frame.f_code.co_flags & CO_OPTIMIZED:  # a class body: f_locals is its namespace
            return
        variables = frame.f_locals
        for name, number in list(self._known(variables)):
            names = self.names.get(number, ())
            if name not in names:
                self.names[number] = (*names, name)
        _release(variables)

    def _known(self, variables: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
        for name, value in variables.items():
            kind: type = type(value)
            unwrap = unwrapper(kind)
            for thing in unwrap(value) if unwrap else (value,):
                number = self._numbers.get(id(thing))
                if number and name.isidentifier():
                    yield name, number
