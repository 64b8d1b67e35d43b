"""A run of pytest inside a test, in a process of its own, and what came of it.

A process of its own because what is run may be anything: it may hang, or leave modules, mappings
and listeners behind.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests import outcome
from tests.outcome import Run

TESTS = Path(__file__).parent
ROOT = TESTS.parent

SEEDS = 2
MOST_PROCESSES = 4

WARM_UP = """\
from katas.models import User

def test_warm_up(session):
    session.get_one(User, 1)
"""


def copy_house(root: Path, target: Path) -> None:
    """Copy what a run of the katas needs."""
    for folder in ("dojo", "katas", "solutions"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, target / folder, ignore=ignore, dirs_exist_ok=True)
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(root / file, target)


def run(root: Path, *arguments: str, limit: float = 20) -> Run:
    """Run pytest in `root`.

    A test that takes longer than `limit` seconds fails. If it does not notice, the run is ended,
    and in any case after ten minutes. Raises RuntimeError if pytest itself breaks.
    """
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("PYTEST")}
    with TemporaryDirectory() as folder:
        record, counts, output = (Path(folder, name) for name in ("record", "counts", "output"))
        command = [
            *(sys.executable, "-m", "pytest", "--quiet", "--tb=no", "--no-summary"),
            *("-p", "recorder", f"--record={record}", f"--limit={limit}", f"--katas-json={counts}"),
            *("-o", f"faulthandler_timeout={2 * limit}"),
            *("-o", "faulthandler_exit_on_timeout=true"),
            *arguments,
        ]
        environment = inherited | {
            "PYTHONPATH": os.pathsep.join([str(TESTS), inherited.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DEBUG_TEMPROOT": folder,
        }
        status = None
        with output.open("w") as file, suppress(subprocess.TimeoutExpired):
            status = subprocess.run(
                command,
                cwd=root,
                env=environment,
                stdout=file,
                stderr=file,
                timeout=600,
                check=False,
            ).returncode
        if status == pytest.ExitCode.INTERNAL_ERROR or not record.exists():
            last = "\n".join(output.read_text().splitlines()[-30:])
            raise RuntimeError(f"pytest broke:\n{last}")
        run = outcome.read(record.read_text(encoding="utf-8"))
        run.counts = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
        return run


def run_shared(root: Path, paths: Sequence[str], *options: str, limit: float = 20) -> Run:
    """Run pytest in as many processes as pay, each with its share of the paths."""
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    shares = [share for n in range(processes) if (share := paths[n::processes])]
    with ThreadPoolExecutor() as threads:
        runs = threads.map(lambda share: run(root, *share, *options, limit=limit), shares)
        return sum(runs, start=Run())


def run_in_orders(root: Path, *paths: str) -> Run:
    """Run each test of these files alone, and all of them in several orders."""
    warm_up = root / "test_warm_up.py"
    warm_up.write_text(WARM_UP, encoding="utf-8")
    return run(root, warm_up.name, *paths, "-p", "no:randomly", f"--orders={SEEDS}")
