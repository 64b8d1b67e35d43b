"""What a command costs, from its start to its end."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter


class CommandError(Exception):
    """A command did not end as it should, so its time says nothing. The message is its output."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process used, together with those that it started."""

    elapsed: float
    """Seconds on the clock."""
    processor: float
    """Seconds of computing, for the user and in the kernel."""
    memory: int
    """The most that it held at a time, in the units of `ru_maxrss` (KiB on Linux)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, where it runs, and the exit status that it has to have."""

    words: Sequence[str]
    folder: Path
    status: int = 0

    def run(self) -> Cost:
        """Run it. Raises CommandError."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as scratch:
            start = perf_counter()
            process = subprocess.Popen(
                self.words,
                cwd=self.folder,
                env=_environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            _, status, usage = os.wait4(process.pid, 0)
            elapsed = perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != self.status:
                output.seek(0)
                raise CommandError(output.read().decode(errors="replace").strip())
        return Cost(elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def _environment(scratch: str) -> dict[str, str]:
    """As a learner has it: bytecode is kept, and pytest has no old folders to clear away.

    Plugins are named by who wants them. What else is installed would be measured with them.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return inherited | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_DEBUG_TEMPROOT": scratch}
