"""The processes that instances are: started one by one, or forked off one that has the libraries loaded.

An interpreter that imports the runtime's SDKs takes most of a second, and a local cloud starts many. So a
:class:`Nursery`, one process with the libraries of a deployment in it and none of its code, forks each
instance when it is wanted. An instance is no less a process of its own for that: its environment, its output,
its group, its memory and its end are its own, and the handler's module is imported after the fork.

What is less true than in the cloud: a cold start takes some 50 ms rather than a second; a part of a library
that nobody imported may be there all the same; sets are in the same order in all instances; and ``/proc``
shows the nursery's command line and first environment. An environment that speaks to the interpreter itself
(``PYTHON...``, ``LD_...``, another language) comes too late after a fork: with it an instance is started the
long way.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
LANGUAGE = "C.UTF-8"
ANSWER_SECONDS = 60.0
_OF_THE_INTERPRETER = ("PYTHON", "LD_", "DYLD_", "MALLOC_", "LC_")
_LENGTH = struct.Struct(">I")


class NurseryLost(OSError):
    """The nursery has ended or does not answer; its instances see no more of it."""


class Process(Protocol):
    """A process that leads a group of its own."""

    @property
    def pid(self) -> int:
        """Its number, which is also that of its group."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    def end(self) -> None:
        """Kill it and everything it started. May be called from any thread, and again.

        Raises:
            NurseryLost: nobody can tell any more whether the number is still its own.
        """


class OwnProcess:
    """An interpreter of its own, from scratch."""

    def __init__(
        self, environment: Mapping[str, str], code: Path, libraries: Path | None, channel: int, log: int
    ) -> None:
        """Start the process in ``code``; it serves ``channel`` and writes to ``log``."""
        self._closing = threading.Lock()
        self._process = subprocess.Popen(
            [*_interpreter(libraries), str(channel)],
            cwd=code,
            env=with_libraries(environment, libraries),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[channel],
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        # Without reaping: while the number is unreaped, the group can still be killed by it.
        with self._closing:
            if self._process.returncode is not None:
                return False
            options = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self._process.pid, options) is None

    def end(self) -> None:
        """Kill the process and its group."""
        with self._closing:
            # Once waited for, the number may belong to somebody else.
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


class ForkedProcess:
    """A child of the nursery, which alone may wait for it: until then the number is nobody else's."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs; not to be relied on any more without the nursery."""
        try:
            return bool(self._nursery.ask("look", pid=self.pid))
        except NurseryLost:
            return False

    def end(self) -> None:
        """Have the process and its group killed."""
        self._nursery.ask("end", pid=self.pid)


class Nursery:
    """A process with one deployment's libraries loaded, which becomes its instances. Thread-safe.

    It starts when the first instance is wanted, and anew should it have been lost.
    """

    def __init__(self, code: Path, libraries: Path | None, modules: Sequence[str]) -> None:
        """Load ``modules``, those that there are, as a function in ``code`` with ``libraries`` finds them."""
        self._code = code
        self._libraries = libraries
        self._modules = modules
        self._asking = threading.Lock()
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def takes(environment: Mapping[str, str]) -> bool:
        """Whether ``environment`` has its whole effect after a fork, too."""
        return environment.get("LANG", LANGUAGE) == LANGUAGE and not any(
            name.startswith(_OF_THE_INTERPRETER) for name in environment
        )

    @property
    def pid(self) -> int | None:
        """The nursery's own number, while there is one."""
        return self._process.pid if self._process else None

    def start(self, environment: Mapping[str, str], channel: int, log: int) -> ForkedProcess:
        """Fork an instance with exactly ``environment``, which serves ``channel`` and writes to ``log``.

        Raises:
            OSError: there could be no process.
        """
        environment = with_libraries(environment, self._libraries)
        try:
            pid = self.ask("start", fds=(channel, log), environment=environment, anew=True)
        except NurseryLost:
            pid = self.ask("start", fds=(channel, log), environment=environment, anew=True)
        return ForkedProcess(self, pid)

    def ask(self, wanted: str, *, fds: Iterable[int] = (), anew: bool = False, **parts: Any) -> Any:
        """Ask the nursery for something and return its answer; ``anew`` starts one where there is none.

        Raises:
            NurseryLost: there is none, or it is one no more.
            OSError: it could not do it.
        """
        with self._asking:
            if self._channel is None and anew:
                self._open()
            if self._channel is None:
                raise NurseryLost("the nursery has ended")
            text = json.dumps({"do": wanted, **parts}).encode()
            try:
                socket.send_fds(self._channel, [_LENGTH.pack(len(text))], list(fds))
                self._channel.sendall(text)
                answer = self._answer(self._channel)
            except OSError as problem:
                self._close()
                raise NurseryLost("the nursery was lost") from problem
        if "refused" in answer:
            raise OSError(answer["refused"])
        return answer["done"]

    def close(self) -> None:
        """End it, and with it every instance that is left."""
        with self._asking:
            self._close()

    def _open(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(ANSWER_SECONDS)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": LANGUAGE,
            "TZ": "UTC",
            "FC_FUNC_CODE_PATH": str(self._code),
        }
        try:
            self._process = subprocess.Popen(
                [*_interpreter(self._libraries), str(theirs.fileno()), *self._modules],
                cwd=self._code,
                env=with_libraries(environment, self._libraries),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            # It ends its children and itself when the channel closes; a stopped one would not.
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    @staticmethod
    def _answer(channel: socket.socket) -> dict[str, Any]:
        size = _LENGTH.unpack(_read(channel, _LENGTH.size))[0]
        answer: dict[str, Any] = json.loads(_read(channel, size))
        return answer


@functools.cache
def nursery_of(code: Path, libraries: Path | None, modules: tuple[str, ...]) -> Nursery:
    """Return this process's nursery for a deployment; the next one of the same code uses it again."""
    nursery = Nursery(code, libraries, modules)
    atexit.register(nursery.close)
    return nursery


def with_libraries(environment: Mapping[str, str], libraries: Path | None) -> dict[str, str]:
    """Return ``environment`` with the way to ``libraries``, if there is a folder of them."""
    return {**environment, **({"PYTHONPATH": str(libraries.resolve())} if libraries else {})}


def _interpreter(libraries: Path | None) -> list[str]:
    """Return the command; with ``libraries``, this interpreter's own site-packages are not seen."""
    return [sys.executable, *(["-S"] if libraries else []), str(BOOTSTRAP)]


def _read(channel: socket.socket, size: int) -> bytes:
    chunks = []
    while size:
        chunk = channel.recv(size)
        if not chunk:
            raise ConnectionError("the other end closed")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
