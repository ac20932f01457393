"""``python -m local up`` as a process of its own, which a test may kill and start again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.options import PORT_NAMES
from local.packaging import ROOT

from .support import Studio, eventually

SETTINGS = {
    "LOCAL_TRAINING_SECONDS": "0.5",
    "LOCAL_TICK_SECONDS": "0.4",
    "LOCAL_KEPT_JOBS": "1000",
    "QUIET_SECONDS": "1",
    "SETTLE_SECONDS": "1",
    "SWEEP_SECONDS": "2",
}


# The kernel gives ports of its ephemeral range (from 32768 on) to whatever asks for any: a port from
# there, let go of between two starts, may have become the near end of somebody's connection. Nobody is
# given those below without asking for them; each worker of a run takes from a slice of its own.
FIRST_FIXED_PORT = 10240
FIXED_PORTS_OF_A_WORKER = 2000


def free_ports() -> dict[str, str]:
    """Return ports for a run that shall be found at the same place after a restart."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
    first = FIRST_FIXED_PORT + worker * FIXED_PORTS_OF_A_WORKER
    ports = range(first, first + FIXED_PORTS_OF_A_WORKER)
    unused = (port for port in random.sample(ports, len(ports)) if _unused(port))
    return {f"LOCAL_PORT_{name.upper()}": str(next(unused)) for name in PORT_NAMES}


def _unused(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return a whole environment: any free ports, a quick cloud on ``data``, and ``settings`` over that."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ports = {f"LOCAL_PORT_{name.upper()}": "0" for name in PORT_NAMES}
    return {
        **kept,
        **ports,
        **SETTINGS,
        "PYTHONPATH": str(ROOT),
        "LOCAL_DATA": str(data),
        **settings,
    }


def run_local(
    *arguments: str, cwd: Path, env: Mapping[str, str], seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m local …`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Up:
    """A run of ``python -m local up`` in ``folder``; start it with :meth:`start`, as often as wanted."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.arguments: tuple[str, ...] = ("up",)
        self.environment = environment(folder / "data", **settings)
        self.endpoints_file = folder / ".local" / "endpoints.env"
        self.output = folder / "up.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._studios: list[Studio] = []

    def start(self) -> Studio:
        """Start it and return a user of it, once it has said where it answers."""
        self.endpoints_file.unlink(missing_ok=True)
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local", *self.arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        eventually(lambda: self.endpoints_file.exists() or not self.running, why=self.output.read_text)
        assert self.running, self.output.read_text()
        lines = self.endpoints_file.read_text(encoding="utf-8").splitlines()
        studio = Studio(endpoints=dict(line.split("=", 1) for line in lines))
        self._studios.append(studio)
        return studio

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Kill the process and its group, as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does, and return its exit status.

        The look at the people that is under way ends first: a cold start of ``status``, on a busy machine.
        """
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(15)

    def close(self) -> None:
        for studio in self._studios:
            studio.close()
        if self.running:
            self.kill()
