"""Instances forked off one process that has the libraries loaded: a fork server, and its children.

An interpreter that imports the runtime's SDKs takes most of a second, and a local cloud starts many. So the
fork server, one process with the libraries of a deployment in it and none of its code, forks an instance when
one is wanted. The instance is a process of its own all the same: its environment, its output, its group, its
memory and its end are its own, and the handler's module is imported after the fork.

Some things differ from the cloud. A cold start takes some 50 ms rather than a second. A part of a library
that no import named may be there all the same. Sets have the same order in all instances. ``/proc`` shows the
fork server's command line and first environment. An environment that speaks to the interpreter itself
(``PYTHON...``, ``LD_...``, another language) comes too late after a fork; an instance that has one is started
from scratch.

A child's parent is the fork server. It alone may wait for the child, so it alone can tell whether the number
still is the child's: this side asks it, over a socket. The script at the other end is
``scripts/fork_server``.

Each side may be killed at any moment:

- This process is killed: the sockets close. The fork server kills its children's groups and ends; each
  instance notices the end of its own socket and does the same for itself.
- The fork server is killed: its children run on, as orphans, with their sockets open. The next order fails
  with :class:`ForkServerLost`. The instance to be killed is then told by closing its socket, and the next
  instance to be started gets a new fork server.
- An instance is killed: it stays a zombie with its number until the fork server is asked to kill it.
"""

from __future__ import annotations

import atexit
import functools
import socket
import subprocess
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from aliyun_local.function_compute.running.deployed import Code
from aliyun_local.function_compute.running.environment import LANGUAGE, base_environment
from aliyun_local.function_compute.running.processes import start_script, with_libraries
from aliyun_local.function_compute.scripts.bootstrap import FRAME_LENGTHS, frame, read_frame

ANSWER_SECONDS = 60.0
END_SECONDS = 2.0
_OF_THE_INTERPRETER = ("PYTHON", "LD_", "DYLD_", "MALLOC_", "LC_")


class ForkServerLost(OSError):
    """The fork server has ended or does not answer; nothing more can be learned of its children."""


class ForkedProcess:
    """A child of the fork server; a :class:`aliyun_local.function_compute.running.processes.Process`."""

    def __init__(self, fork_server: ForkServer, pid: int) -> None:
        """Take the child's number."""
        self._fork_server = fork_server
        self.pid = pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet; a child of a lost fork server counts as ended."""
        try:
            return bool(self._fork_server.order("is_running", pid=self.pid))
        except ForkServerLost:
            return False

    def kill(self) -> None:
        """Have the process and its group killed."""
        self._fork_server.order("kill", pid=self.pid)


class ForkServer:
    """A process with one deployment's libraries loaded, which becomes its instances. Thread-safe.

    It starts when the first instance is wanted, and again after it has been lost.
    """

    def __init__(self, code: Code) -> None:
        """Load the modules of ``code.preloaded``, as far as they can be found."""
        self._code = code
        self._ordering = threading.Lock()
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def can_give(environment: Mapping[str, str]) -> bool:
        """Whether ``environment`` has its whole effect after a fork, too."""
        return environment.get("LANG", LANGUAGE) == LANGUAGE and not any(
            name.startswith(_OF_THE_INTERPRETER) for name in environment
        )

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._process.pid if self._process else None

    def fork(self, environment: Mapping[str, str], channel: int, log: int) -> ForkedProcess:
        """Fork an instance with exactly ``environment``, which serves ``channel`` and writes to ``log``.

        Raises:
            OSError: no process could be started.
        """
        environment = with_libraries(environment, self._code)
        try:
            pid = self.order("fork", fds=(channel, log), environment=environment)
        except ForkServerLost:
            # Lost since the last order; a new one is started for this.
            pid = self.order("fork", fds=(channel, log), environment=environment)
        return ForkedProcess(self, pid)

    def order(self, wanted: str, *, fds: Iterable[int] = (), **arguments: Any) -> Any:
        """Send an order and return its answer; an order to ``fork`` starts the fork server if need be.

        Raises:
            ForkServerLost: the fork server has ended.
            OSError: it could not carry the order out.
        """
        with self._ordering:
            if self._channel is None:
                if wanted != "fork":
                    raise ForkServerLost("the fork server has ended")
                self._channel = self._open()
            sent = frame({"do": wanted, **arguments}, b"")
            try:
                socket.send_fds(self._channel, [sent[: FRAME_LENGTHS.size]], list(fds))
                self._channel.sendall(sent[FRAME_LENGTHS.size :])
                answer, _ = read_frame(self._channel)
            except OSError as problem:
                self._close()
                raise ForkServerLost("the fork server was lost") from problem
        if "refused" in answer:
            raise OSError(answer["refused"])
        return answer["done"]

    def close(self) -> None:
        """End it, and with it every instance that is left."""
        with self._ordering:
            self._close()

    def _open(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(ANSWER_SECONDS)
        try:
            self._process = start_script(
                "fork_server.py",
                self._code.preloaded,
                {**base_environment(), "FC_FUNC_CODE_PATH": str(self._code.folder)},
                self._code,
                theirs.fileno(),
                subprocess.DEVNULL,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            # It kills its children and ends when the channel closes; a stopped process would not.
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@functools.cache
def fork_server_of(code: Code) -> ForkServer:
    """Return this process's fork server for ``code``; the next deployment of the same code uses it again."""
    fork_server = ForkServer(code)
    atexit.register(fork_server.close)
    return fork_server
