"""What a learner's chapter lacks of what was handed out: katas, and assertions.

It is their copy, and they may change it. But then the counts should say so. This is asked on every
run, so it looks at lines and does not parse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_FUNCTION = re.compile(r"^(?:async )?def (\w+)", re.MULTILINE)
_CHECK = re.compile(r"\s*(assert|with pytest\.raises)\b")
_NOTE = re.compile(r"\s*# (hint|wrong|why): |\s*#  ")


@dataclass(frozen=True, slots=True)
class Changes:
    """The names of the katas that are no longer there, and of those that check less."""

    missing: frozenset[str] = frozenset()
    weakened: frozenset[str] = frozenset()


def changes(source: str, solved: str) -> Changes:
    """Compare a chapter, as the learner has it, with its solution."""
    given, handed_out = dict(_functions(source)), dict(_functions(solved))
    katas = {name for name in handed_out if name.startswith("test")}
    return Changes(
        missing=frozenset(katas - given.keys()),
        weakened=frozenset(
            name for name in katas & given.keys() if _lacks_check(given[name], handed_out[name])
        ),
    )


def _functions(text: str) -> Iterator[tuple[str, list[str]]]:
    starts = [match.start() for match in _FUNCTION.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        function = text[start:end]
        name = _FUNCTION.match(function)
        assert name
        yield name[1], function.splitlines()


def _lacks_check(given: list[str], handed_out: list[str]) -> bool:
    """A check that holds a hole has its notes above it, and may read as it likes."""
    kept = [line for line in given if _CHECK.match(line)]
    wanted = [line for line in handed_out if _CHECK.match(line)]
    with_hole = {line for above, line in pairwise(handed_out) if _NOTE.match(above)}
    return len(kept) < len(wanted) or not set(kept).issuperset(set(wanted) - with_hole)
