"""A local Aliyun: wire-level emulators of OSS, Tablestore, DashScope, Function Compute and ROS.

Each service is state without a wire (``state``, ``store``, ``account``) and a wire without state (``http``).
They are used in three ways: ``mock_aliyun`` runs them inside a test, the command ``aliyun-local`` as servers
on loopback, and :class:`aliyun_local.cloud.LocalCloud` inside a program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aliyun_local.mocking import MockCloud, mock_aliyun

__all__ = ["MockCloud", "mock_aliyun"]


def __getattr__(name: str) -> Any:
    """Import the mock when it is asked for: a program that uses one module need not load all services."""
    if name in __all__:
        from aliyun_local import mocking

        return getattr(mocking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
