"""`pactdesk` without its start: a process that has imported everything forks for each command.

Python and the imports take most of the time of a small command. Pages with many commands are
played with this; that the command starts by itself is seen to by `tests/cli/test_processes.py`.

    python -m tests.warm SOCKET
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(told).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(told)
    sys.exit(server.recv(1)[0])
"""
"""The program that asks for a command: it hands over its files and waits for the status."""


def client(address: Path) -> str:
    """The text of the program `pactdesk` that asks at an address."""
    return CLIENT.format(python=sys.executable, address=str(address))


def serve(address: Path, command: Callable[[list[str]], int]) -> None:
    """Fork for each command that is asked for; ends with its process."""
    with socket.socket(socket.AF_UNIX) as server:
        unready = address.with_suffix(".unready")
        server.bind(str(unready))
        server.listen()
        unready.rename(address)  # who finds it is served
        while True:
            asker, _ = server.accept()
            if os.fork() == 0:
                server.close()
                _answer(asker, command)
            asker.close()
            _bury()


def _bury() -> None:
    """Let the processes go that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return


def _answer(asker: socket.socket, command: Callable[[list[str]], int]) -> None:
    """Run one command with the asker's files, folder and environment, and end."""
    size, files, _, _ = socket.recv_fds(asker, 4, 3)
    told = b""
    while len(told) < int.from_bytes(size, "big"):
        told += asker.recv(65536)
    arguments, folder, environment = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    status = 70
    try:
        status = command(arguments)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  # a defect ends this command alone, and is shown
        traceback.print_exc()
    sys.stderr.flush()
    asker.sendall(bytes([status]))
    os._exit(status)


def main(address: Path) -> None:
    """Import what commands use, and serve."""
    from importlib import import_module

    from streams.cli.commands import COMMANDS
    from streams.cli.main import status_of

    for command in COMMANDS.values():
        import_module(f"streams.cli.{command.module}")
    for heavy in ("streams.desk", "streams.understanding.light", "streams.embedded.shift"):
        import_module(heavy)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # as `streams.cli.main.main` does
    serve(address, status_of)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
