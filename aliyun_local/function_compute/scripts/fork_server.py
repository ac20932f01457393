"""The program of a fork server: loads a deployment's libraries, then forks an instance for every order.

Started as a plain script by :mod:`aliyun_local.function_compute.running.fork_server`, which explains why
instances are forked. The first argument is the number of its socket, the others are the modules to load. An
order is a frame without a body (see ``bootstrap.py``) and is answered by one:

- ``fork`` brings ``environment`` and two file descriptors, the instance's own socket and the pipe for its
  output; answered with the process's number;
- ``is_running`` and ``kill`` name a forked process by its ``pid``.

The fork server has one thread and only ever this one: a fork copies the locks of the other threads as they
stand, and nothing would ever release them. It alone waits for its children, so a child's number stays the
child's until ``kill`` has seen it dead: no signal can hit a stranger.
"""

import sys

if __name__ == "__main__":
    # The folder of this script leaves the path first, before anything is imported from it by accident.
    sys.path.pop(0)

import contextlib
import gc
import importlib
import os
import signal
import socket
import time
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any


class ForkServer:
    """Forks instances on demand, and tells whether they run: only their parent can."""

    def __init__(self, channel: socket.socket, bootstrap: ModuleType) -> None:
        """Take orders from ``channel``."""
        self._channel = channel
        self._bootstrap = bootstrap
        self._children: set[int] = set()

    def load(self, modules: list[str]) -> None:
        """Import ``modules``; an error in one is for the function that imports it to find."""
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        # The loaded modules stay; looking through them for garbage would copy their pages into every child.
        gc.collect()
        gc.freeze()

    def serve_orders(self) -> socket.socket:
        """Carry out orders until the other end closes; returns in a child alone, with its own socket."""
        try:
            while True:
                order, fds = self._next_order()
                if self._carry_out(order, fds):
                    break
        except OSError:
            # Whether the parent closed the socket or was killed: its instances end with it.
            for child in self._children:
                self._kill_group(child)
            os._exit(0)
        return self._become_instance(order["environment"], *fds)

    def _carry_out(self, order: dict[str, Any], fds: list[int]) -> bool:
        """Carry out an order and answer it; returns True in a child."""
        if order["do"] != "fork":
            self._answer({"done": self._look_after(order["do"], order["pid"])})
            return False
        try:
            child = os.fork()
        except OSError as problem:
            self._answer({"refused": str(problem)})
        else:
            if child == 0:
                return True
            # The child does the same, so that either may rely on it, whichever runs first.
            with contextlib.suppress(OSError):
                os.setpgid(child, child)
            self._children.add(child)
            self._answer({"done": child})
        for fd in fds:
            os.close(fd)
        return False

    def _become_instance(self, environment: dict[str, str], channel: int, log: int) -> socket.socket:
        os.setpgid(0, 0)
        self._channel.close()
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(log, number)
            # The fork server's own streams are set up for the files that they were opened on.
            stream = open(number, "w", closefd=False)  # noqa: SIM115 (a descriptor, open to the end)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        os.close(log)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        return socket.socket(fileno=channel)

    def _look_after(self, order: str, child: int) -> bool:
        """Return whether ``child`` is running; after ``kill`` it is not, and its number is free."""
        if child not in self._children:
            return False
        if order == "is_running":
            return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        self._kill_group(child)
        os.waitpid(child, 0)
        self._children.discard(child)
        return False

    @staticmethod
    def _kill_group(child: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)

    def _next_order(self) -> tuple[dict[str, Any], list[int]]:
        begun, fds, _, _ = socket.recv_fds(self._channel, self._bootstrap.FRAME_LENGTHS.size, 2)
        if not begun:
            raise ConnectionError("the other end closed")
        return self._bootstrap.read_frame(self._channel, begun)[0], fds

    def _answer(self, answer: dict[str, Any]) -> None:
        self._channel.sendall(self._bootstrap.frame(answer, b""))


def load_bootstrap() -> ModuleType:
    """Return ``bootstrap.py`` as a module that no function can import by its name."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap.py")  # noqa: PTH100, PTH118, PTH120
    bootstrap = ModuleType("bootstrap")
    bootstrap.__file__ = path
    SourceFileLoader(bootstrap.__name__, path).exec_module(bootstrap)
    return bootstrap


def main() -> None:
    """Be the fork server, and after a fork the instance."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    modules = sys.argv[2:]
    del sys.argv[1:]
    bootstrap = load_bootstrap()
    bootstrap.find_function_code()
    server = ForkServer(channel, bootstrap)
    server.load(modules)
    channel = server.serve_orders()
    # A function with a source has a folder of its own; the fork server's stays on the path, as the layer.
    bootstrap.enter_function_folder()
    bootstrap.serve(channel)


if __name__ == "__main__":
    main()
