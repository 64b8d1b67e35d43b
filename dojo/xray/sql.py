"""SQL for reading: with its parameters in place, and cut to what fits."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from textwrap import wrap
from typing import Any

from dojo.xray.events import Statement

_LONGEST_VALUE = 40
_MOST_LINES = 3
_MOST_PARAMETERS = 40
_SCHEMA = ("CREATE", "DROP", "ALTER", "PRAGMA")
_INDENT = "    "

_STRING = r"'(?:[^']|'')*'"
_BY_NAME = r"%\((?P<py>\w+)\)s|(?<!:):(?P<colon>[A-Za-z_]\w*)"
_BY_PLACE = r"\?|%s"
_BY_NUMBER = r"\$(?P<number>\d+)"
_CAST = r"(?:::[A-Z]+(?: PRECISION| VARYING| WITH(?:OUT)? TIME ZONE)?(?:\(\d+\))?)?"

_ROW = rf"\((?:{_STRING}|[^()']|\([^()]*\))*\)"
_ROWS = re.compile(rf"(?<=VALUES ){_ROW}(?:, {_ROW})+")
_COLUMN = r'[\w."]+(?: AS [\w"]+)?'
_COLUMNS = re.compile(rf"(?<=SELECT )(?:{_COLUMN}, ){{2,}}{_COLUMN}(?= FROM )")
_CLAUSE = re.compile(
    r" (?=(?:FROM|WHERE|VALUES|SET|RETURNING|ORDER BY|GROUP BY|LIMIT|(?:LEFT OUTER )?JOIN) )"
)


def literal(value: object) -> str:
    """A parameter as SQL would write it, a long one cut."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    text = " ".join(str(value).split())
    if len(text) > _LONGEST_VALUE:
        text = f"{text[: _LONGEST_VALUE - 1]}…"
    return "'" + text.replace("'", "''") + "'"


def statement(sql: str, parameters: Any) -> Statement:
    """The record of a statement. `parameters` are as a driver takes them: one set, or a list."""
    many = isinstance(parameters, list) and isinstance(parameters[0], tuple | dict)
    first = parameters[0] if many else parameters or ()
    shown: Mapping[str, str] | tuple[str, ...]
    if isinstance(first, Mapping):
        shown = {name: literal(first[name]) for name in islice(first, _MOST_PARAMETERS)}
    else:
        shown = tuple(map(literal, islice(first, _MOST_PARAMETERS)))
    return Statement(sql, shown, len(parameters) if many else 1)


def shape(sql: str) -> str:
    """What statements have in common that are told as one."""
    verb = sql.lstrip().partition(" ")[0].upper()
    return verb if verb in _SCHEMA else sql


def readable(statement: Statement, width: int) -> list[str]:
    """A statement in at most three lines of `width` columns.

    Three columns or more are left out: they are there to make an object. Of what is too long for
    one line, all rows but one are left out, and then its end.
    """
    text = _COLUMNS.sub("…", _with_parameters(statement))
    if len(text) > width:
        text = _ROWS.sub(_first_row, text)
    if len(text) <= width:
        return [text]
    lines = list(_folded(text, width))
    most = 1 if shape(text) in _SCHEMA else _MOST_LINES
    if len(lines) > most:
        lines[most - 1] = f"{lines[most - 1][: width - 2]} …"
    return lines[:most]


def _with_parameters(statement: Statement) -> str:
    sql, given = " ".join(statement.sql.split()), statement.parameters
    if isinstance(given, tuple):
        mark = _BY_NUMBER if "$1" in sql else _BY_PLACE
        values = {str(number): value for number, value in enumerate(given, start=1)}
    else:
        mark, values = _BY_NAME, dict(given)
    places = iter(given)

    def fill(match: re.Match[str]) -> str:
        found = match.groupdict()
        if found.pop("quoted"):
            return match[0]
        name = next(filter(None, found.values()), None)
        return values.get(name, match[0]) if name else next(places, match[0])

    return re.sub(rf'(?P<quoted>{_STRING}|"[^"]*")|(?:{mark}){_CAST}', fill, sql)


def _first_row(rows: re.Match[str]) -> str:
    first, *others = re.findall(_ROW, rows[0])
    return f"{first}, … {len(others)} more"


def _folded(text: str, width: int) -> Iterator[str]:
    line = ""
    for clause in _CLAUSE.split(text):
        if line and len(line) + 1 + len(clause) <= width:
            line += f" {clause}"
            continue
        yield from _wrapped(line, width)
        line = _INDENT + clause if line else clause
    yield from _wrapped(line, width)


def _wrapped(line: str, width: int) -> list[str]:
    return wrap(line, width, subsequent_indent=_INDENT, break_on_hyphens=False)
