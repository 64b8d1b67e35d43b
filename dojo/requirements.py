"""Says which version is too old or missing, before something fails for it. Imported for that."""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

COMMAND = "pip install -e ."


def problems(pyproject: Path) -> Iterator[str]:
    """What the environment lacks of the dependencies that a pyproject.toml lists, a line each."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    for requirement in map(Requirement, project["dependencies"]):
        wanted = f"{requirement.name} {requirement.specifier}"
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            yield f"The katas need {wanted}, which is not installed."
        else:
            if not requirement.specifier.contains(installed, prereleases=True):
                yield f"The katas need {wanted}, and this is {installed}."


if found := list(problems(Path(__file__).parents[1] / "pyproject.toml")):
    print(*found, f"This brings what is needed: {COMMAND}", sep="\n", file=sys.stderr)
    raise SystemExit(pytest.ExitCode.USAGE_ERROR)
