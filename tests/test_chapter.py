"""What is read from a chapter and its solution."""

from textwrap import dedent

import pytest

from dojo.chapter import Chapter, Hole, compare
from dojo.outline import dependents, outline
from dojo.solution import WrongAnswer, take_apart


def chapter(kata: str, solution: str) -> Chapter:
    return compare(dedent(kata), dedent(solution))


def only_hole(kata: str, solution: str) -> Hole:
    (hole,) = chapter(kata, solution).holes
    return hole


def test_a_value() -> None:
    kata = """
        def test_one():
            assert 1 + 1 == ___, "sum"
    """
    solution = """
        def test_one():
            # hint: Count.
            # hint: On your fingers.
            # wrong: 11 -- that is for strings
            # wrong: 1 -- that is for booleans
            # why: It is a sum,
            # why: of integers.
            assert 1 + 1 == 2, "sum"
    """

    hole = only_hole(kata, solution)

    assert (hole.line, hole.column, hole.katas) == (3, 20, ("test_one",))
    assert (hole.answer, hole.answer_line) == ("2", 9)
    assert hole.note
    assert hole.note.line == 9
    assert hole.note.katas == ("test_one",)
    assert hole.note.hints == ("Count.", "On your fingers.")
    assert hole.note.wrong == (
        WrongAnswer(5, "11", "that is for strings"),
        WrongAnswer(6, "1", "that is for booleans"),
    )
    assert hole.note.why == "It is a sum, of integers."


def test_statements() -> None:
    kata = """
        def test_one():
            ___
            assert done
    """
    solution = """
        def test_one():
            # wrong: with this: -- too short
            #            that()
            #        done = ___
            with this:
                that()

            done = True  # at last
            assert done
    """

    hole = only_hole(kata, solution)

    assert hole.answer == "with this:\n        that()\n\n    done = True  # at last"
    assert hole.note
    assert hole.note.wrong == (WrongAnswer(3, "with this:\n    that()\ndone = ___", "too short"),)


def test_an_answer_of_several_lines_within_a_statement() -> None:
    kata = """
        def test_one():
            assert f(
                ___
            ) == g(1)
    """
    solution = """
        def test_one():
            # why: So it is.
            assert f(
                1,
                2,
            ) == g(1)
    """

    hole = only_hole(kata, solution)

    assert hole.answer == "1,\n        2,"
    assert hole.answer_line == 5
    assert hole.note
    assert hole.note.why == "So it is."


def test_a_nested_function() -> None:
    kata = """
        def test_one():
            def helper():
                ___

            assert helper() == 1
    """
    solution = """
        def test_one():
            def helper():
                # why: So it is.
                return 1

            assert helper() == 1
    """

    hole = only_hole(kata, solution)

    assert (hole.answer, hole.katas) == ("return 1", ("test_one",))
    assert hole.note
    assert hole.note.why == "So it is."


def test_a_method() -> None:
    hole = only_hole("def test_one(): session.___(ada)\n", "def test_one(): session.refresh(ada)\n")

    assert hole.answer == "refresh"
    assert hole.note is None


def test_several_holes() -> None:
    kata = """
        def test_one():
            a = ___
            a = ___
            ___
            assert a
    """
    solution = """
        def test_one():
            # why: First.
            a = 1
            # why: Second.
            a = 2
            # why: Third.
            a = 3
            assert a
    """

    holes = chapter(kata, solution).holes

    assert [hole.answer for hole in holes] == ["1", "2", "a = 3"]
    assert [hole.note and hole.note.why for hole in holes] == ["First.", "Second.", "Third."]


def test_a_helper_and_a_fixture_belong_to_the_tests_that_use_them() -> None:
    kata = """
        def deep():
            ___

        def helper():
            return deep()

        @pytest.fixture
        def thing():
            ___

        @pytest.fixture
        def marked():
            ___

        def test_one():
            helper()

        def test_two(thing):
            pass

        @pytest.mark.usefixtures("marked")
        def test_three():
            pass
    """
    solution = kata.replace("___", "return 1")

    holes = chapter(kata, solution).holes

    assert [hole.katas for hole in holes] == [("test_one",), ("test_two",), ("test_three",)]


def test_async_and_decorated_functions() -> None:
    kata = """
        @pytest.mark.since("2.1")
        async def test_one(session):
            async with session:
                await ___
    """
    solution = """
        @pytest.mark.since("2.1")
        async def test_one(session):
            async with session:
                # why: So it is.
                await session.commit()
    """

    both = chapter(kata, solution)

    assert [block.own_lines for block in both.katas] == [range(2, 6)]
    assert both.holes[0].answer == "session.commit()"
    assert both.holes[0].note


def test_a_compound_statement_has_its_notes_above_it() -> None:
    kata = """
        def test_one():
            with pytest.raises(___):
                f()
    """
    solution = """
        def test_one():
            # why: So it is.
            with pytest.raises(KeyError):
                f()
    """

    hole = only_hole(kata, solution)

    assert hole.answer == "KeyError"
    assert hole.note
    assert hole.note.why == "So it is."


def test_only_comments_are_notes() -> None:
    text = '''
        def test_one():
            """
            # hint: in a string
            """
            x = 1  # hint: behind a statement
            # hint:without a space
            #        behind no wrong answer
            assert x
    '''

    solution = take_apart(dedent(text))

    assert solution.notes == ()
    assert solution.code == dedent(text)


def test_lines_are_counted_as_in_the_file() -> None:
    solution = take_apart("# why: a\nx = 1\n# why: b\n# why: c\ny = 2\n")

    assert solution.code == "x = 1\ny = 2\n"
    assert solution.numbers == (2, 5, 6)
    assert [note.line for note in solution.notes] == [2, 5]


def test_a_function_that_is_another_has_no_holes() -> None:
    kata = "def test_one(): ___\n\n\ndef test_two(): x = ___\n"
    solution = "def test_one(): pass\n\n\ndef test_two(): y = 1\n"

    assert [hole.katas for hole in chapter(kata, solution).holes] == [("test_one",)]


def test_no_answer_reaches_into_another_function() -> None:
    kata = "def test_one():\n    ___\n\n\ndef test_two():\n    pass\n"
    solution = "def test_one():\n    x()\n\n\ndef more():\n    y()\n\n\ndef test_two():\n    pass\n"

    assert [hole.answer for hole in chapter(kata, solution).holes] == ["x()"]


def test_blocks_are_the_whole_text() -> None:
    text = "import a\n\n\n@b\ndef c():\n    pass\n\n\nd = 1\n\n\nclass E:\n    pass\n# end\n"

    blocks = outline(text)

    assert "".join(block.text for block in blocks.values()) == text
    assert {name: block.own_lines for name, block in blocks.items()} == {
        "c": range(4, 7),
        "E": range(12, 14),
        "": range(14, 15),
    }


def test_functions_that_use_each_other() -> None:
    blocks = outline("def a(): b()\ndef b(): a()\ndef test_c(): a()\n")

    assert dependents(blocks)["b"] == ("test_c",)


def test_no_python() -> None:
    with pytest.raises(SyntaxError):
        compare("def", "def")
