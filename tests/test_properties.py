"""What holds for any input of the parts that have one: Hypothesis looks for where it does not."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dojo.attempt import listed_wrong_answer
from dojo.changes import Changes, changes
from dojo.chapter import compare
from dojo.outline import outline
from dojo.progress import Kata, Result, State, counts, next_kata, worse
from dojo.solution import take_apart
from dojo.xray.events import Statement
from dojo.xray.sql import literal, readable

Test = TypeVar("Test", bound=Callable[..., None])


def often(test: Test) -> Test:
    quick = settings(
        max_examples=60,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    return quick(test)


VALUES = (
    "1",
    "-1",
    '"# why: not a note"',
    "{1: [2, 3]}",
    "f(x)[0].y",
    "[\n        1,\n        2,\n    ]",
    "lambda: (yield)",
)
values = st.sampled_from(VALUES)
statements = st.tuples(values, st.sampled_from(["given", "value", "statement"]), st.booleans())
functions = st.lists(statements, min_size=1, max_size=5)
modules = st.lists(functions, min_size=1, max_size=4)

Module = list[list[tuple[str, str, bool]]]


def written(module: Module) -> tuple[str, str, list[tuple[str, str | None]]]:
    """A kata's text, its solution's, and the holes: each one's answer, and its reason why."""
    kata, solution = '"""A chapter."""\n', '"""A chapter."""\n'
    holes: list[tuple[str, str | None]] = []
    for number, function in enumerate(module):
        heading = f"\n\ndef test_{number}():\n"
        kata, solution = kata + heading, solution + heading
        for line, (value, kind, noted) in enumerate(function):
            name = f"name_{line}"
            shown = {"given": f"{name} = {value}", "value": f"{name} = ___", "statement": "___"}
            kata += f"    {shown[kind]}\n    assert name_{line // 2}\n"
            if kind != "given" and noted:
                solution += f"    # hint: Think.\n    # why: Because of {name}.\n"
            solution += f"    {name} = {value}\n    assert name_{line // 2}\n"
            if kind != "given":
                why = f"Because of {name}." if noted else None
                holes.append((value if kind == "value" else f"{name} = {value}", why))
    return kata, solution, holes


@often
@given(modules)
def test_holes_cut_at_random_are_found_with_their_answers(module: Module) -> None:
    kata, solution, cut = written(module)

    chapter = compare(kata, solution)

    assert [(hole.answer, hole.note and hole.note.why) for hole in chapter.holes] == cut
    lines = kata.splitlines()
    assert all(lines[hole.line - 1][hole.column :].startswith("___") for hole in chapter.holes)
    answers = solution.splitlines()
    for hole in chapter.holes:
        assert hole.answer.splitlines()[0] in answers[hole.answer_line - 1]


@often
@given(modules)
def test_a_chapter_that_is_solved_has_no_holes(module: Module) -> None:
    _, solution, _ = written(module)

    assert compare(take_apart(solution).code, solution).holes == ()


@often
@given(modules)
def test_a_module_is_its_blocks(module: Module) -> None:
    for text in written(module)[:2]:
        blocks = outline(text).values()
        assert "".join(block.text for block in blocks) == text
        assert [n for block in blocks for n in block.lines] == list(range(1, text.count("\n") + 1))


@often
@given(modules)
def test_a_solution_without_its_notes_has_the_lines_of_the_file(module: Module) -> None:
    _, text, _ = written(module)

    solution = take_apart(text)

    lines = [*text.splitlines(), ""]
    code = [*solution.code.splitlines(), ""]
    assert code == [lines[number - 1] for number in solution.numbers]


@often
@given(st.lists(st.sampled_from(VALUES[:5]), min_size=2, max_size=4, unique=True), st.data())
def test_a_listed_wrong_answer_is_known_however_it_is_spelt(
    answers: list[str], data: st.DataObject
) -> None:
    right, *wrong = answers
    notes = "".join(f"    # wrong: {value} -- reason {n}\n" for n, value in enumerate(wrong))
    solution = take_apart(f"def test_it():\n    x = 1\n{notes}    assert x == {right}\n")
    given_answer = data.draw(st.sampled_from(answers))
    spelling = data.draw(st.sampled_from(["{}", "({})", "(  {}  )"]))
    attempt = f"def test_it():\n    x = 1\n    assert x == {spelling.format(given_answer)}\n"

    found = listed_wrong_answer(attempt, solution, "test_it")

    assert (found.text if found else right) == given_answer


@often
@given(modules, st.data())
def test_what_is_taken_out_of_a_chapter_is_missed(module: Module, data: st.DataObject) -> None:
    kata, solution, _ = written(module)
    assert changes(kata, solution) == Changes()
    name = data.draw(st.sampled_from([f"test_{number}" for number in range(len(module))]))
    block = outline(kata)[name]
    check = next(line for line in block.text.splitlines() if line.lstrip().startswith("assert"))

    weakened = block.text.replace(f"{check}\n", "", 1)

    assert changes(kata.replace(block.text, ""), solution) == Changes(missing=frozenset({name}))
    weaker = changes(kata.replace(block.text, weakened), solution)
    assert weaker == Changes(weakened=frozenset({name}))


katas = st.builds(
    Kata,
    st.sampled_from(["katas/test_01_one.py", "katas/test_02_two.py"]),
    st.integers(1, 9),
    st.sampled_from(["test_a", "test_b"]),
)
results = st.builds(Result, st.sampled_from(State), st.none() | st.integers(1, 9))


@often
@given(st.dictionaries(katas, results))
def test_every_kata_is_counted_once(run: Mapping[Kata, Result]) -> None:
    counted = counts(run)

    assert sum(sum(chapter.values()) for chapter in counted.values()) == len(run)
    assert list(counted) == sorted(counted)


@often
@given(st.dictionaries(katas, results))
def test_the_next_kata_is_wrong_or_else_to_do(run: Mapping[Kata, Result]) -> None:
    kata = next_kata(run)

    left = {result.state for result in run.values()} & {State.WRONG, State.TO_DO}
    assert (kata is None) == (not left)
    if kata:
        state = State.WRONG if State.WRONG in left else State.TO_DO
        assert run[kata].state is state
        assert kata == min(other for other in run if run[other].state is state)


@often
@given(results, results, results)
def test_the_order_of_reports_does_not_matter(one: Result, two: Result, three: Result) -> None:
    assert worse(one, two).state is worse(two, one).state
    assert worse(worse(one, two), three) == worse(one, worse(two, three))
    assert worse(one, one) == one
    assert worse(Result(State.SOLVED), one).state is one.state
    assert worse(Result(State.WRONG), one).state is State.WRONG


names = st.sampled_from(["id", "user_account", '"order"', "user_account.fullname", "x" * 45])
columns = st.lists(names, min_size=1, max_size=12)
literals = st.sampled_from(["NULL", "1", "'?'", "'it''s'", "''", f"'{'long ' * 7}'"])
parameters = st.lists(literals, min_size=1, max_size=6).map(tuple)


@often
@given(columns, names, parameters, st.integers(40, 120))
def test_sql_is_cut_to_three_lines_that_fit(
    selected: list[str], table: str, given_values: tuple[str, ...], width: int
) -> None:
    where = " AND ".join(f"{table}.c{n} = ?" for n in range(len(given_values)))
    sql = f"SELECT {', '.join(selected)} \nFROM {table} \nWHERE {where}"

    lines = readable(Statement(sql, given_values, 1), width)

    assert 1 <= len(lines) <= 3
    assert all(len(line) <= width for line in lines)
    assert lines[0].startswith("SELECT ")


@often
@given(st.lists(names, min_size=1, max_size=2), names, parameters)
def test_sql_that_fits_is_whole(
    selected: list[str], table: str, given_values: tuple[str, ...]
) -> None:
    where = " AND ".join(f"{table}.c{n} = ?" for n in range(len(given_values)))
    sql = f"SELECT {', '.join(selected)} \nFROM {table} \nWHERE {where}"

    (line,) = readable(Statement(sql, given_values, 1), 10_000)

    start, *rest = where.split("?")
    filled = start + "".join(value + part for value, part in zip(given_values, rest, strict=True))
    assert line == f"SELECT {', '.join(selected)} FROM {table} WHERE {filled}"


@often
@given(st.text(max_size=100))
def test_a_literal_is_one_line_and_closed(value: str) -> None:
    text = literal(value)

    assert text[0] == text[-1] == "'"
    assert len(text.splitlines()) == 1
    assert "'" not in text[1:-1].replace("''", "")
