"""``mock_aliyun``: one object for the context manager and the decorator; the fixture is made of it too."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from aliyun_local.mocking.cloud import MockCloud
from aliyun_local.mocking.interception import INTERCEPTION
from aliyun_local.oss.behaviour import OssBehaviour

F = TypeVar("F", bound=Callable[..., Any])


class MockAliyun:
    """A mock that can be entered many times; each time the cloud is a new, empty one.

    A mock within a mock has a cloud of its own. At its end the outer cloud answers again.
    """

    def __init__(self, template: Path | str | None, options: Mapping[str, Any]) -> None:
        """Take the options of :func:`mock_aliyun`."""
        self._template = template
        self._options = options
        self._entered: list[MockCloud] = []
        self._lock = threading.Lock()

    def __enter__(self) -> MockCloud:
        """Turn the mock on, for every thread of this process."""
        options = dict(self._options)
        parameters = options.pop("parameters", None) or {}
        cloud = MockCloud(**options)
        try:
            if self._template:
                cloud.deploy(self._template, **parameters)
            INTERCEPTION.turn_on(cloud)
        except BaseException:
            cloud.close()
            raise
        with self._lock:
            self._entered.append(cloud)
        return cloud

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Turn it off."""
        with self._lock:
            cloud = self._entered.pop()
        INTERCEPTION.turn_off(cloud)
        cloud.close()

    async def __aenter__(self) -> MockCloud:
        """Turn the mock on."""
        return self.__enter__()

    async def __aexit__(self, *exc_info: Any) -> None:
        """Turn it off."""
        self.__exit__(*exc_info)

    def __call__(self, function: F) -> F:
        """Return ``function`` with the mock on while it runs; a coroutine function stays one.

        A function with a parameter ``cloud`` gets the :class:`MockCloud` in it, unless the caller gives one.
        """
        signature = inspect.signature(function)
        wants_cloud = "cloud" in signature.parameters

        def arguments(cloud: MockCloud, given: dict[str, Any]) -> dict[str, Any]:
            return {"cloud": cloud, **given} if wants_cloud else given

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def mocked_coroutine(*positional: Any, **named: Any) -> Any:
                with self._another() as cloud:
                    return await function(*positional, **arguments(cloud, named))

            wrapper: Callable[..., Any] = mocked_coroutine
        else:

            @functools.wraps(function)
            def mocked(*positional: Any, **named: Any) -> Any:
                with self._another() as cloud:
                    return function(*positional, **arguments(cloud, named))

            wrapper = mocked
        # pytest takes the names of fixtures from the signature, and the cloud is not a fixture.
        shown = [parameter for name, parameter in signature.parameters.items() if name != "cloud"]
        wrapper.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]  # any function takes the attribute
        return cast("F", wrapper)

    def _another(self) -> MockAliyun:
        """Return a mock like this one, so that calls in several threads do not share an exit."""
        return MockAliyun(self._template, self._options)


@overload
def mock_aliyun(function: F, /) -> F: ...


@overload
def mock_aliyun(
    *,
    template: Path | str | None = None,
    parameters: Mapping[str, object] | None = None,
    keys: Mapping[str, str] | None = None,
    api_keys: Sequence[str] | None = None,
    instances: Sequence[str] | None = None,
    passthrough: Sequence[str] | bool = False,
    oss_behaviour: OssBehaviour | None = None,
) -> MockAliyun: ...


def mock_aliyun(
    function: F | None = None,
    /,
    *,
    template: Path | str | None = None,
    parameters: Mapping[str, object] | None = None,
    keys: Mapping[str, str] | None = None,
    api_keys: Sequence[str] | None = None,
    instances: Sequence[str] | None = None,
    passthrough: Sequence[str] | bool = False,
    oss_behaviour: OssBehaviour | None = None,
) -> MockAliyun | F:
    """Let the production host names of OSS, Tablestore, DashScope and Function Compute lead to emulators.

    The mock applies to every client in this process, in all threads, until the end of the ``with`` or of the
    decorated function. The account is empty at first. Host names are those of cn-beijing. Other hosts are
    refused, except loopback.

    Args:
        function: the decorated function, where ``@mock_aliyun`` stands without brackets.
        template: a template whose bucket, tables, functions and triggers exist from the start; the
            functions' code is in the template's folder.
        parameters: the template's parameters, as for :meth:`MockCloud.deploy`.
        keys: access key ids with their secrets; signatures are checked then. By default any key is accepted
            and no signature is compared.
        api_keys: DashScope's keys; by default any key is accepted.
        instances: the Tablestore instances that exist; by default an instance is made by the first request
            that names it.
        passthrough: host names, with all names below them, that are reached for real; True for all.
        oss_behaviour: the switches of the OSS account, at first and after a reset. By default it is an
            account of today: data is at the internal host names and at bound domains only.
    """
    options = {
        "parameters": parameters,
        "keys": keys,
        "api_keys": api_keys,
        "instances": instances,
        "passthrough": passthrough,
        "oss_behaviour": oss_behaviour,
    }
    mock = MockAliyun(template, options)
    return mock if function is None else mock(function)
