"""The processes of instances: started from scratch, looked at, and killed with all that they started.

Every process leads a group of its own, and is killed with all of it: a handler may have started others. A
process that has ended keeps its number until its parent has waited for it; afterwards the system may give the
number to a stranger. So a process is looked at without being waited for, and is waited for after the kill.

``instances`` starts a process here or has it forked (``fork_server``).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from aliyun_local.function_compute import scripts
from aliyun_local.function_compute.running.deployed import Code

SCRIPTS = Path(scripts.__file__).parent


class Process(Protocol):
    """A process that leads a group of its own."""

    @property
    def pid(self) -> int:
        """Its number, which is also that of its group."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""

    def kill(self) -> None:
        """Kill it and everything it started. May be called from any thread, and again.

        Raises:
            ForkServerLost: its parent has ended, so the number may be a stranger's by now.
        """


class OwnProcess:
    """An instance in an interpreter of its own, started from scratch; a :class:`Process`."""

    def __init__(self, environment: Mapping[str, str], code: Code, channel: int, log: int) -> None:
        """Start the process; it serves the socket ``channel`` and writes to the pipe ``log``."""
        self._waiting = threading.Lock()
        self._process = start_script("bootstrap.py", [], environment, code, channel, log)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet; it is looked at without being waited for."""
        with self._waiting:
            if self._process.returncode is not None:
                return False
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self._process.pid, options) is None

    def kill(self) -> None:
        """Kill the process and its group."""
        with self._waiting:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def start_script(
    script: str, arguments: Sequence[str], environment: Mapping[str, str], code: Code, channel: int, log: int
) -> subprocess.Popen[bytes]:
    """Start one of the scripts in the function's folder, with the socket ``channel`` as first argument.

    With ``code.libraries`` this interpreter's own site-packages are not seen.

    Raises:
        OSError: no process could be started.
    """
    isolation = ["-S"] if code.libraries else []
    return subprocess.Popen(
        [
            str(code.interpreter or sys.executable),
            *isolation,
            str(SCRIPTS / script),
            str(channel),
            *arguments,
        ],
        cwd=environment["FC_FUNC_CODE_PATH"],
        env=with_libraries(environment, code),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[channel],
        start_new_session=True,
    )


def with_libraries(environment: Mapping[str, str], code: Code) -> dict[str, str]:
    """Return ``environment`` with the way to the layer and the libraries of ``code``, if there are some."""
    is_layer = environment["FC_FUNC_CODE_PATH"] != str(code.folder)
    places = [*([code.folder] if is_layer else []), *([code.libraries] if code.libraries else [])]
    return {**environment, **({"PYTHONPATH": os.pathsep.join(map(str, places))} if places else {})}
