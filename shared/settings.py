"""The functions' settings, from the environment that ``template.yml`` gives them.

Endpoints and credentials are settings and nothing more: the code does not know what answers there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.domain.object_keys import problem_with_marker
from shared.domain.rules import MAX_PHOTOS, Rules, Trainings

if TYPE_CHECKING:
    from shared.domain.photo_access import AccessSettings, Way

MAX_CNY = 1_000_000
AUTO = "auto"
WAYS = (AUTO, "url", "file")
"""What may be set: to find out, or a way of :class:`shared.domain.photo_access.Way`."""


class SettingsError(ValueError):
    """A setting is missing or makes no sense; the message names it and what it should be."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set. Secrets do not show in ``repr``."""

    region: str = "cn-beijing"
    oss_endpoint: str = ""
    oss_public_endpoint: str = ""
    oss_bucket: str = ""
    ots_endpoint: str = ""
    ots_instance: str = ""
    dashscope_base_url: str = "https://dashscope.aliyuncs.com/api/v1"
    dashscope_api_key: str = field(default="", repr=False)
    status_token: str = field(default="", repr=False)
    admin_token: str = field(default="", repr=False)
    link_key: str = field(default="", repr=False)
    oss_public_domain: str = ""
    photo_access: str = AUTO
    cors_origins: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)

    @property
    def public_address(self) -> str:
        """Where DashScope downloads from: the domain that is bound to the bucket, or the public endpoint."""
        domain = self.oss_public_domain
        return domain if "://" in domain else f"https://{domain}" if domain else self.oss_public_endpoint

    @property
    def way(self) -> Way | None:
        """The way to DashScope that is set; None: it is found out."""
        if self.photo_access == AUTO:
            return None
        # Imported here and below: ``status`` seldom asks.
        from shared.domain.photo_access import Way

        return Way(self.photo_access)

    @property
    def access(self) -> AccessSettings:
        """How DashScope gets photos, as far as is set."""
        from shared.domain.photo_access import AccessSettings

        return AccessSettings(way=self.way, door=self.public_address.partition("://")[2].rstrip("/").lower())

    def require(self, *names: str) -> None:
        """Raise :class:`SettingsError` unless each of these settings has a value."""
        missing = [ENVIRONMENT_NAMES[name] for name in names if not getattr(self, name)]
        if missing:
            raise SettingsError(f"set {', '.join(missing)} in the function's environment")


ENVIRONMENT_NAMES: dict[str, str] = {
    "region": "FC_REGION",
    "oss_endpoint": "OSS_ENDPOINT",
    "oss_public_endpoint": "OSS_PUBLIC_ENDPOINT",
    "oss_bucket": "OSS_BUCKET",
    "ots_endpoint": "OTS_ENDPOINT",
    "ots_instance": "OTS_INSTANCE",
    "dashscope_base_url": "DASHSCOPE_HTTP_BASE_URL",
    "dashscope_api_key": "DASHSCOPE_API_KEY",
    "status_token": "STATUS_TOKEN",
    "admin_token": "ADMIN_TOKEN",
    "link_key": "LINK_KEY",
    "oss_public_domain": "OSS_PUBLIC_DOMAIN",
    "photo_access": "PHOTO_ACCESS",
}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings; absent ones keep their defaults.

    Raises:
        SettingsError: a value is not of its kind.
    """
    texts = {
        name: environment[variable].strip()
        for name, variable in ENVIRONMENT_NAMES.items()
        if environment.get(variable, "").strip()
    }
    texts.setdefault("oss_public_endpoint", texts.get("oss_endpoint", ""))
    key = texts.get("dashscope_api_key", "")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError("DASHSCOPE_API_KEY holds characters that no API key has; copy it again")
    if texts.get("photo_access", AUTO) not in WAYS:
        raise SettingsError(f"PHOTO_ACCESS is {texts['photo_access']!r}; it must be one of {', '.join(WAYS)}")
    domain = texts.get("oss_public_domain", "")
    if domain and not re.fullmatch(r"(https?://)?[A-Za-z0-9.-]+(:[0-9]{1,5})?", domain):
        raise SettingsError(
            f"OSS_PUBLIC_DOMAIN is {domain!r}; it must be a domain that is bound to the bucket, such as "
            "photos.example.com, or http://photos.example.com where it has no certificate"
        )
    return Settings(**texts, cors_origins=_origins(environment), rules=_read_rules(environment))


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Read the origins whose pages may read the status API, as browsers name them (RFC 6454)."""
    text = environment.get("CORS_ORIGINS", "")
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|\*", origin):
            raise SettingsError(
                f"CORS_ORIGINS names {origin!r}; name origins in full, in lower case, with commas between, "
                "such as https://app.example.com"
            )
    return origins


def _read_rules(environment: Mapping[str, str]) -> Rules:
    rules = Rules()
    return Rules(
        quiet_ms=_milliseconds(environment, "QUIET_SECONDS", rules.quiet_ms, 1, 86_400),
        min_photos=_number(environment, "MIN_PHOTOS", rules.min_photos, 1, 10),
        close_at=_number(environment, "CLOSE_AT_PHOTOS", rules.close_at, 0, MAX_PHOTOS),
        settle_ms=_milliseconds(environment, "SETTLE_SECONDS", rules.settle_ms, 1, 3600),
        ready_marker=_marker(environment, "READY_MARKER", rules.ready_marker),
        carry_over=_switch(environment, "CARRY_OVER", rules.carry_over),
        face_check=_switch(environment, "FACE_CHECK", rules.face_check),
        concurrent_trainings=_number(environment, "CONCURRENT_TRAININGS", rules.concurrent_trainings, 1, 100),
        kept_fine_tunes=_number(environment, "KEPT_FINE_TUNES", rules.kept_fine_tunes, 1, 100_000),
        delete_superseded=_switch(environment, "DELETE_SUPERSEDED", rules.delete_superseded),
        sweep_rest_ms=_milliseconds(environment, "SWEEP_SECONDS", rules.sweep_rest_ms, 1, 86_400),
        linger_ms=1000 * _number(environment, "LINGER_SECONDS", rules.linger_ms // 1000, 0, 3600),
        max_attempts=_number(environment, "MAX_ATTEMPTS", rules.max_attempts, 1, 5),
        max_trainings_per_person_per_day=_number(
            environment, "MAX_TRAININGS_PER_PERSON_PER_DAY", rules.max_trainings_per_person_per_day, 0, 1000
        ),
        listing_delay_ms=_milliseconds(environment, "LIST_GRACE_SECONDS", rules.listing_delay_ms, 60, 86_400),
        trainings=_trainings(environment, "TRAININGS", rules.trainings),
        training_price_fen=_fen(environment, "TRAINING_PRICE_CNY", rules.training_price_fen),
        max_fen_per_day=_fen(environment, "MAX_CNY_PER_DAY", rules.max_fen_per_day),
        max_fen_per_month=_fen(environment, "MAX_CNY_PER_MONTH", rules.max_fen_per_month),
        max_fen_per_person=_fen(environment, "MAX_CNY_PER_PERSON", rules.max_fen_per_person),
        max_fen_in_all=_fen(environment, "MAX_CNY_IN_ALL", rules.max_fen_in_all),
    )


def _number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Read a whole number, which may come as 120.0: ROS's type Number knows no difference to 120."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}(\.0{1,9})?", text) or not low <= int(text.partition(".")[0]) <= high:
        raise SettingsError(f"{name} is {text!r}; it must be a whole number from {low} to {high}")
    return int(text.partition(".")[0])


def _milliseconds(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Read a duration in seconds, which may have decimals, since the template's numbers may."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", text) or not low <= float(text) <= high:
        raise SettingsError(f"{name} is {text!r}; it must be a number of seconds from {low} to {high}")
    return round(float(text) * 1000)


def _fen(environment: Mapping[str, str], name: str, default: int) -> int:
    """Read a sum in yuan as whole fen; nothing is rounded, but the template's numbers may end with zeros."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,2}0{0,9})?", text) or float(text) > MAX_CNY:
        raise SettingsError(
            f"{name} is {text!r}; it must be a sum in CNY from 0 to {MAX_CNY}, with at most two decimals"
        )
    yuan, _, rest = text.partition(".")
    return 100 * int(yuan) + int(rest[:2].ljust(2, "0"))


def _trainings(environment: Mapping[str, str], name: str, default: Trainings) -> Trainings:
    text = environment.get(name, "").strip().lower()
    modes = [mode.value for mode in Trainings]
    if text and text not in modes:
        raise SettingsError(f"{name} is {text!r}; it must be one of {', '.join(modes)}")
    return Trainings(text) if text else default


def _marker(environment: Mapping[str, str], name: str, default: str) -> str:
    text = environment.get(name, "").strip() or default
    problem = problem_with_marker(text)
    if problem:
        raise SettingsError(f"{name} is {text!r}; {problem}")
    return text


def _switch(environment: Mapping[str, str], name: str, default: bool) -> bool:
    text = environment.get(name, "").strip().lower()
    if text in ("", "on", "off"):
        return default if not text else text == "on"
    raise SettingsError(f"{name} is {text!r}; it must be on or off")
