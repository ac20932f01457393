"""The settings of a local run, from the environment: the local cloud's own, and those of the functions.

Used by :mod:`local.__main__`. A setting of the functions is a parameter of the template.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from aliyun_local.serving.server import EVERYWHERE, HOST_VARIABLE, LOOPBACK
from local.real_dashscope.account import RealAccount, RealAccountError, read_real_account

PORT_NAMES = ("oss", "oss_public", "ots", "dashscope", "fc", "sls", "ros", "status")
DEFAULT_PORTS = dict(zip(PORT_NAMES, (9010, 9011, 9020, 9030, 9040, 9060, 9070, 9050), strict=True))

PARAMETERS = {
    "QUIET_SECONDS": "QuietSeconds",
    "MIN_PHOTOS": "MinPhotos",
    "CLOSE_AT_PHOTOS": "CloseAtPhotos",
    "SETTLE_SECONDS": "SettleSeconds",
    "READY_MARKER": "ReadyMarker",
    "FACE_CHECK": "FaceCheck",
    "LOG_NAMES": "LogNames",
    "KEEP_SNAPSHOTS_DAYS": "KeepSnapshotsDays",
    "KEEP_PHOTOS_DAYS": "KeepPhotosDays",
    "KEEP_MODELS_DAYS": "KeepModelsDays",
    "KEEP_RECORDS_DAYS": "KeepRecordsDays",
    "PHOTO_ACCESS": "PhotoAccess",
    "OSS_PUBLIC_DOMAIN": "OssPublicDomain",
    "CONCURRENT_TRAININGS": "ConcurrentTrainings",
    "MAX_ATTEMPTS": "MaxAttempts",
    "MAX_TRAININGS_PER_PERSON_PER_DAY": "MaxTrainingsPerPersonPerDay",
    "TRAININGS": "Trainings",
    "CONSENT": "Consent",
    "CONSENT_TEXT_VERSIONS": "ConsentTextVersions",
    "TRAINING_PRICE_CNY": "TrainingPriceCny",
    "MAX_CNY_PER_DAY": "MaxCnyPerDay",
    "MAX_CNY_PER_MONTH": "MaxCnyPerMonth",
    "MAX_CNY_PER_PERSON": "MaxCnyPerPerson",
    "MAX_CNY_IN_ALL": "MaxCnyInAll",
    "PORTRAITS": "Portraits",
    "PORTRAIT_PRICE_CNY": "PortraitPriceCny",
    "PORTRAIT_LABEL": "PortraitLabel",
    "PORTRAIT_PRODUCER": "PortraitProducer",
    "LIST_GRACE_SECONDS": "ListGraceSeconds",
    "DELETE_SUPERSEDED": "DeleteSuperseded",
    "SWEEP_SECONDS": "SweepSeconds",
    "CARRY_OVER": "CarryOver",
    "LINGER_SECONDS": "LingerSeconds",
    "KEPT_FINE_TUNES": "KeptFineTunes",
    "WEBHOOK_URL": "WebhookUrl",
    "WEBHOOK_SECRET": "WebhookSecret",
    "WEBHOOK_OLD_SECRET": "WebhookOldSecret",
    "WEBHOOK_ALLOW_PRIVATE": "WebhookAllowPrivate",
    "DINGTALK_URL": "DingTalkUrl",
    "DINGTALK_SECRET": "DingTalkSecret",
    "FEISHU_URL": "FeishuUrl",
    "FEISHU_SECRET": "FeishuSecret",
}
"""The functions' settings that a local run takes, with their template parameters.

Endpoints and keys are missing: the local cloud gives its own, also in a shell that has read
``endpoints.env``.
"""
TODAY, OLD = "today", "old"
"""Accounts of OSS: since 2025-03-20 no data goes through the default public domain, before it did."""
REAL_DATA = Path(".local/real")
"""Its own folder: the real DashScope knows nothing of the trainings that the local one has made."""
REAL_TRAINING_SECONDS = 302.0
"""DashScope, "facechain-finetune": from the start to the end of the training in the sample."""
_DOMAIN = re.compile(r"(?=.{3,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
LOCAL_NAMES = (
    "LOCAL_DATA",
    "LOCAL_HOST",
    "LOCAL_TRAINING_SECONDS",
    "LOCAL_TICK_SECONDS",
    "LOCAL_KEPT_JOBS",
    "LOCAL_OSS_ACCOUNT",
    "LOCAL_DASHSCOPE",
    *(f"LOCAL_PORT_{name.upper()}" for name in PORT_NAMES),
)


class OptionError(ValueError):
    """An option makes no sense; the message names it and what it should be."""


@dataclass(kw_only=True)
class Options:
    """How the local cloud runs.

    Attributes:
        data: the folder that keeps everything; another run on it continues where this one stopped.
        disposable: the folder begins empty, as the demo's does.
        host: the address that all endpoints listen on; any other than loopback lets other machines in.
        ports: ports by endpoint; 0 is any free one.
        training_seconds: how long DashScope takes for a training.
        tick_seconds: the timer's interval; None leaves the template's.
        kept_jobs: DashScope's cap on running and succeeded fine-tunes of the account.
        oss_account: the kind of the OSS account: :data:`TODAY`, :data:`OLD`, or the domain that is bound to
            the bucket of an account of today.
        real: the account of the real DashScope that trains in place of the local one, if any.
        parameters: template parameters that differ from their defaults.
    """

    data: Path = Path(".local/data")
    disposable: bool = False
    host: str = LOOPBACK
    ports: dict[str, int] = field(default_factory=lambda: dict(DEFAULT_PORTS))
    training_seconds: float = 20.0
    tick_seconds: float | None = 5.0
    kept_jobs: int = 20
    oss_account: str = TODAY
    real: RealAccount | None = None
    parameters: dict[str, object] = field(default_factory=dict)

    @property
    def concurrent_trainings(self) -> int:
        """Trainings that may run at once: the slot's capacity, and the local DashScope's."""
        given = str(self.parameters.get("ConcurrentTrainings", ""))
        return int(given) if given.isdigit() else 1


def read_options(environment: Mapping[str, str], defaults: Options) -> Options:
    """Return ``defaults`` changed by what ``environment`` says.

    Raises:
        OptionError: a value is not of its kind, or a name is nearly one of ours.
    """
    _refuse_misspelt(environment)
    real = _real_account(environment)
    if real is not None:
        defaults = replace(defaults, data=REAL_DATA, training_seconds=REAL_TRAINING_SECONDS)
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
        disposable=defaults.disposable,
        host=_address(environment, defaults.host),
        ports=ports,
        training_seconds=_number(environment, "LOCAL_TRAINING_SECONDS", defaults.training_seconds, 0, 86_400),
        tick_seconds=tick,
        kept_jobs=_whole(environment, "LOCAL_KEPT_JOBS", defaults.kept_jobs, 1, 100_000),
        oss_account=_account(environment, defaults.oss_account),
        real=real,
        parameters={**defaults.parameters, **given},
    )


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    """Refuse a name that was most likely meant as a setting; a setting without effect would mislead."""
    for name in sorted(environment):
        if name.startswith("LOCAL_") and name not in LOCAL_NAMES:
            near = get_close_matches(name, LOCAL_NAMES, n=1, cutoff=0.8)
            if near:
                raise OptionError(f"{name} is not a setting; did you mean {near[0]}?")


def _address(environment: Mapping[str, str], default: str) -> str:
    text = environment.get(HOST_VARIABLE, "").strip() or default
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise OptionError(
            f"{HOST_VARIABLE} is {text!r}; it must be an IPv4 address, such as {LOOPBACK} (only this machine)"
            f" or {EVERYWHERE} (every network that this machine is in)"
        ) from None


def _real_account(environment: Mapping[str, str]) -> RealAccount | None:
    try:
        account = read_real_account(environment)
    except RealAccountError as problem:
        raise OptionError(str(problem)) from None
    if account is not None and environment.get("PHOTO_ACCESS", "").strip() == "url":
        raise OptionError(
            "PHOTO_ACCESS=url: the real DashScope cannot download from this machine; leave it out"
        )
    return account


def _account(environment: Mapping[str, str], default: str) -> str:
    text = environment.get("LOCAL_OSS_ACCOUNT", "").strip().lower() or default
    if text in (TODAY, OLD) or _DOMAIN.fullmatch(text):
        return text
    raise OptionError(
        f"LOCAL_OSS_ACCOUNT is {text!r}; it must be {TODAY}, {OLD} or a domain that is bound to the bucket,"
        " such as photos.localhost"
    )


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
