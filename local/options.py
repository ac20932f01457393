"""What can be set about the local cloud; the product's own settings are the template's."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aliyun_local.serving.server import EVERYWHERE, HOST_VARIABLE, LOOPBACK

PORT_NAMES = ("oss", "ots", "dashscope", "fc", "status")
DEFAULT_PORTS = {"oss": 9010, "ots": 9020, "dashscope": 9030, "fc": 9040, "status": 9050}

# Settings of the functions that may be given to a local run as well, with their template parameters.
PARAMETERS = {
    "QUIET_SECONDS": "QuietSeconds",
    "MIN_PHOTOS": "MinPhotos",
    "CLOSE_AT_PHOTOS": "CloseAtPhotos",
    "READY_MARKER": "ReadyMarker",
    "FACE_CHECK": "FaceCheck",
    "TRAINING_FILES": "TrainingFiles",
    "CONCURRENT_TRAININGS": "ConcurrentTrainings",
    "MAX_ATTEMPTS": "MaxAttempts",
    "DELETE_SUPERSEDED": "DeleteSuperseded",
    "SWEEP_SECONDS": "SweepSeconds",
    "CARRY_OVER": "CarryOver",
}


class OptionError(ValueError):
    """An option makes no sense; the message names it and what it should be."""


@dataclass(kw_only=True)
class Options:
    """How the local cloud runs.

    Attributes:
        data: the folder that keeps everything; another run on it goes on where this one stopped.
        host: the address that all endpoints listen on; any other than loopback lets other machines in.
        ports: ports by endpoint; 0 is any free one.
        training_seconds: how long DashScope takes for a training.
        tick_seconds: the timer's interval; None leaves the template's.
        kept_jobs: DashScope's cap on running and succeeded fine-tunes of the account.
        parameters: template parameters that differ from their defaults.
    """

    data: Path = Path(".local/data")
    host: str = LOOPBACK
    ports: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_PORTS))
    training_seconds: float = 20.0
    tick_seconds: float | None = 5.0
    kept_jobs: int = 20
    parameters: dict[str, object] = field(default_factory=dict)


def read_options(environment: Mapping[str, str], defaults: Options) -> Options:
    """Return ``defaults`` changed by what ``environment`` says.

    Raises:
        OptionError: a value is not of its kind.
    """
    ports = {
        name: _whole(environment, f"LOCAL_PORT_{name.upper()}", defaults.ports[name], 0, 65535)
        for name in PORT_NAMES
    }
    given = {
        parameter: environment[name].strip()
        for name, parameter in PARAMETERS.items()
        if environment.get(name, "").strip()
    }
    tick = defaults.tick_seconds
    if environment.get("LOCAL_TICK_SECONDS", "").strip():
        tick = _number(environment, "LOCAL_TICK_SECONDS", 5.0, 0.1, 3600)
    return Options(
        data=Path(environment.get("LOCAL_DATA", "").strip() or defaults.data),
        host=_address(environment, defaults.host),
        ports=ports,
        training_seconds=_number(environment, "LOCAL_TRAINING_SECONDS", defaults.training_seconds, 0, 86_400),
        tick_seconds=tick,
        kept_jobs=_whole(environment, "LOCAL_KEPT_JOBS", defaults.kept_jobs, 1, 100_000),
        parameters={**defaults.parameters, **given},
    )


def _address(environment: Mapping[str, str], default: str) -> str:
    text = environment.get(HOST_VARIABLE, "").strip() or default
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise OptionError(
            f"{HOST_VARIABLE} is {text!r}; it must be an IPv4 address, such as {LOOPBACK} (only this machine)"
            f" or {EVERYWHERE} (every network that this machine is in)"
        ) from None


def _whole(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = _number(environment, name, default, low, high)
    if value != int(value):
        raise OptionError(f"{name} is {environment[name]!r}; it must be a whole number")
    return int(value)


def _number(environment: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise OptionError(f"{name} is {text!r}; it must be a number from {low:g} to {high:g}")
    return value
