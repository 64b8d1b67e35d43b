"""Servers for the tests, on this machine, gone when they are done."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, exc

MARIADB = "mariadbd", "mariadb-install-db"
"""What has to be on the PATH."""


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a MariaDB server on a loopback port, for a user who may do everything."""
    with TemporaryDirectory(prefix="mariadb-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = "mysql" if os.geteuid() == 0 else None  # it refuses to run as root
        if user:
            shutil.chown(folder, user)
        own = [f"--datadir={folder / 'data'}", *([f"--user={user}"] if user else [])]
        quick = "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0"
        port = _free_port()
        subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                *own,
                "--auth-root-authentication-method=normal",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        server = subprocess.Popen(
            [
                *("mariadbd", "--no-defaults", *own, *quick, "--skip-name-resolve"),
                *(f"--socket={folder / 'socket'}", f"--port={port}", "--bind-address=127.0.0.1"),
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"mariadb+pymysql://root@127.0.0.1:{port}/"
            _wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    engine = create_engine(url)
    for _ in range(100):
        with suppress(exc.OperationalError), engine.connect():
            break
        time.sleep(0.1)
    engine.dispose()
