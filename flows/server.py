"""Server: the Prefect server of a run, which ends with the process that started it, however that ends.

Run as a module it is that server: it stops when its standard input is closed, as the system does with the pipe of a
process that was killed.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from prefect.context import refresh_global_settings_context
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

PATIENCE_S = 300.0
ATTEMPTS = 3  # another process may take the port that was free


@contextmanager
def server(*, services: bool = False) -> Iterator[str]:
    """The address of the Prefect server that PREFECT_API_URL names, else of one of our own that ends with the block.

    `services` has it start scheduled runs too. Worker processes find the address in their environment. Raises
    RuntimeError where the server does not start.
    """
    refresh_global_settings_context()  # they were read at the last server's end, and may be others by now
    if named := get_current_settings().api.url:
        yield str(named)
        return
    started, address = _start(services=services)
    os.environ["PREFECT_API_URL"] = address  # for worker processes
    refresh_global_settings_context()  # for Prefect's own threads, which would start a server of their own
    try:
        with temporary_settings({PREFECT_API_URL: address}):
            yield address
    finally:
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()
        if started.stdin:
            started.stdin.close()
        started.wait(PATIENCE_S)


def _start(*, services: bool) -> tuple[subprocess.Popen[bytes], str]:
    """A server process that answers, and its address."""
    environment = environment_of(services=services)
    until = time.monotonic() + PATIENCE_S
    for _ in range(ATTEMPTS):
        port = _free_port()
        command = [sys.executable, "-m", "flows.server", str(port)]
        started = subprocess.Popen(  # noqa: S603  our own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the run, which then ends the server
        )
        address = f"http://127.0.0.1:{port}/api"
        while started.poll() is None and time.monotonic() < until:
            if _answers(f"{address}/health"):
                return started, address
            time.sleep(0.1)
        started.kill()
    raise RuntimeError("the Prefect server did not start; `prefect server start` says why, or set PREFECT_API_URL")


def environment_of(*, services: bool) -> dict[str, str]:
    """The environment of a server process: Prefect's settings and the variables as they are now."""
    kind = {} if services else {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"}
    own = {"PREFECT__SERVER_FINAL": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"} | kind
    refresh_global_settings_context()
    return os.environ | get_current_settings().to_environment_variables(exclude_unset=True) | own


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):  # noqa: S310  our own server on this machine
            return True
    except (URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """End when standard input is closed; what is cut off by that has nobody to complain to."""
    sys.stdin.buffer.read()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve Prefect's API on the port given as first argument until standard input is closed."""
    import uvicorn

    threading.Thread(target=_end_with_parent, daemon=True).start()
    port = int(sys.argv[1])
    uvicorn.run("prefect.server.api.server:create_app", factory=True, port=port, log_level="error", lifespan="on")


if __name__ == "__main__":
    main()
