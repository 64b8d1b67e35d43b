"""A story: a short program, and what was seen after each of its lines.

The lines that are shown are the lines that ran.
"""

import linecache
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from itertools import filterfalse
from typing import Any

FILE = "story.py"
"""The file that a story would stand in. There is none, but tracebacks and x-rays show its lines."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line that was run, or something else that happened."""

    line: str
    seen: str | None
    """What was seen after it, if somebody looked."""


@dataclass(slots=True)
class Story:
    """A program that is yet to be played."""

    lines: Sequence[str]
    choices: Sequence[str] = ()
    """What the lines are chosen from."""
    steps: list[Step] = field(default_factory=list)

    def play(
        self,
        names: dict[str, Any],
        look: Callable[[str], str | None],
        model: Callable[[str | None, str], str | None],
        *,
        refusal: type[Exception] | None = None,
        leave_out: Callable[[str], bool] = lambda line: False,
    ) -> None:
        """Run the lines, which use `names`, and after each compare what was said and what is seen.

        `look` is given the line that has just run, and an empty one before the first. `model` is
        given what was seen before a line, and the line, and says what will be seen. If it says
        None, nothing is compared. A line that raises `refusal` changes nothing, and "refused" is
        seen. Instead of a line that `leave_out` names, the next one of the choices runs, if any.

        Raises AssertionError, with the story.
        """
        before = look("")
        for chosen in self.lines:
            line = next(filterfalse(leave_out, self._from(chosen)), None)
            if line is None:
                continue
            said = model(before, line)
            seen: str | None = "refused"
            with suppress(refusal) if refusal else nullcontext():
                self._run(line, names)
                seen = before = look(line)
            self.note(line, seen)
            if said is not None and said != seen:
                raise AssertionError(self.told(f"you say: {said}"))

    @property
    def played(self) -> list[str]:
        """The lines so far."""
        return [step.line for step in self.steps]

    def note(self, line: str, seen: str | None = None) -> None:
        """Take down what happened."""
        self.steps.append(Step(line, seen))

    def told(self, end: str) -> str:
        """The story so far, with what was seen as comments, and `end` as the last of them."""
        width = max(map(len, self.played), default=0)
        lines = [
            f"{number:2}  {step.line:{width}}  {f'# {step.seen}' if step.seen else ''}".rstrip()
            for number, step in enumerate(self.steps, start=1)
        ]
        return "\n".join(["this story ends otherwise:", *lines, f"{'':{width + 6}}# {end}"])

    def _from(self, line: str) -> list[str]:
        """The choices, beginning with this one."""
        choices = self.choices if line in self.choices else [line]
        start = choices.index(line)
        return [*choices[start:], *choices[:start]]

    def _run(self, line: str, names: dict[str, Any]) -> None:
        """Run a line where it stands in the program, for the sake of x-rays and tracebacks."""
        lines = [*self.played, line]
        linecache.cache[FILE] = (0, None, [f"{line}\n" for line in lines], FILE)
        code = compile("\n" * len(self.steps) + line, FILE, "exec")
        exec(code.replace(co_name="story"), names)
