"""The functions' settings, from the environment that ``template.yml`` gives them.

Endpoints and credentials are settings and nothing more: the code does not know what answers there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared import setting_values as values
from shared.domain.rules import MAX_PHOTOS, Rules, Trainings
from shared.setting_values import SettingsError as SettingsError

if TYPE_CHECKING:
    from shared.domain.photo_access import AccessSettings, Way

PLAIN, HASHED = "plain", "hashed"
"""How log lines name people and files: as they are called, or by a keyed hash."""
AUTO = "auto"
WAYS = (AUTO, "url", "file")
MODES = tuple(mode.value for mode in Trainings)
"""What may be set: to find out, or a way of :class:`shared.domain.photo_access.Way`."""
OF_PORTRAITS = ("PORTRAITS", "PORTRAIT_PRICE_CNY", "PORTRAIT_LABEL", "PORTRAIT_PRODUCER")
"""Settings that most deployments leave alone."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set. Secrets do not show in ``repr``."""

    region: str = "cn-beijing"
    oss_endpoint: str = ""
    oss_public_endpoint: str = ""
    oss_bucket: str = ""
    ots_endpoint: str = ""
    ots_instance: str = ""
    log_endpoint: str = ""
    log_project: str = ""
    audit_logstore: str = ""
    dashscope_base_url: str = "https://dashscope.aliyuncs.com/api/v1"
    dashscope_api_key: str = field(default="", repr=False)
    status_token: str = field(default="", repr=False)
    admin_token: str = field(default="", repr=False)
    link_key: str = field(default="", repr=False)
    erase_key: str = field(default="", repr=False)
    log_names: str = PLAIN
    oss_public_domain: str = ""
    photo_access: str = AUTO
    cors_origins: tuple[str, ...] = ()
    webhook_url: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    webhook_old_secret: str = field(default="", repr=False)
    webhook_allow_private: bool = False
    dingtalk_url: str = field(default="", repr=False)
    dingtalk_secret: str = field(default="", repr=False)
    feishu_url: str = field(default="", repr=False)
    feishu_secret: str = field(default="", repr=False)
    rules: Rules = field(default_factory=Rules)

    @property
    def public_address(self) -> str:
        """Where DashScope downloads from: the domain that is bound to the bucket, or the public endpoint."""
        domain = self.oss_public_domain
        return domain if "://" in domain else f"https://{domain}" if domain else self.oss_public_endpoint

    @property
    def keeps_audit(self) -> bool:
        """Whether there is an audit: its log store, and the key without which it would name people."""
        return all((self.log_endpoint, self.log_project, self.audit_logstore, self.erase_key))

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

    @property
    def has_receivers(self) -> bool:
        """Whether anybody wants to be told of what happens."""
        return bool(self.webhook_url or self.dingtalk_url or self.feishu_url)

    @property
    def message_secrets(self) -> tuple[str, ...]:
        """What nobody may read of the receivers: the robots' URLs hold their tokens."""
        return (
            *(self.webhook_secret, self.webhook_old_secret, self.webhook_url),
            *(self.dingtalk_url, self.dingtalk_secret, self.feishu_url, self.feishu_secret),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read of the settings."""
        of_the_api = (self.status_token, self.admin_token, self.link_key)
        return (self.dashscope_api_key, *of_the_api, self.erase_key, *self.message_secrets)

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
    "log_endpoint": "LOG_ENDPOINT",
    "log_project": "LOG_PROJECT",
    "audit_logstore": "AUDIT_LOGSTORE",
    "dashscope_base_url": "DASHSCOPE_HTTP_BASE_URL",
    "dashscope_api_key": "DASHSCOPE_API_KEY",
    "status_token": "STATUS_TOKEN",
    "admin_token": "ADMIN_TOKEN",
    "link_key": "LINK_KEY",
    "erase_key": "ERASE_KEY",
    "log_names": "LOG_NAMES",
    "oss_public_domain": "OSS_PUBLIC_DOMAIN",
    "photo_access": "PHOTO_ACCESS",
    "webhook_url": "WEBHOOK_URL",
    "webhook_secret": "WEBHOOK_SECRET",
    "webhook_old_secret": "WEBHOOK_OLD_SECRET",
    "dingtalk_url": "DINGTALK_URL",
    "dingtalk_secret": "DINGTALK_SECRET",
    "feishu_url": "FEISHU_URL",
    "feishu_secret": "FEISHU_SECRET",
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
    how = texts.get("log_names", PLAIN)
    if how not in (PLAIN, HASHED):
        raise SettingsError(f"LOG_NAMES is {how!r}; it must be one of {PLAIN}, {HASHED}")
    if how == HASHED and not texts.get("erase_key"):
        raise SettingsError("LOG_NAMES is hashed, which takes a key: set ERASE_KEY too")
    domain = texts.get("oss_public_domain", "")
    if domain and not re.fullmatch(r"(https?://)?[A-Za-z0-9.-]+(:[0-9]{1,5})?", domain):
        raise SettingsError(
            f"OSS_PUBLIC_DOMAIN is {domain!r}; it must be a domain that is bound to the bucket, such as "
            "photos.example.com, or http://photos.example.com where it has no certificate"
        )
    settings = Settings(
        **texts,
        cors_origins=_origins(environment),
        webhook_allow_private=values.switch(environment, "WEBHOOK_ALLOW_PRIVATE", default=False),
        rules=_with_portraits(_read_rules(environment), environment),
    )
    _check_records(settings.rules, settings.erase_key)
    if any(settings.message_secrets):
        # Imported here: most deployments tell nobody.
        from shared.message_settings import problem_with_receivers

        problem = problem_with_receivers(settings)
        if problem:
            raise SettingsError(problem)
    return settings


def _check_records(rules: Rules, erase_key: str) -> None:
    if rules.keep_records_ms and not erase_key:
        raise SettingsError("KEEP_RECORDS_DAYS erases people, which takes a key: set ERASE_KEY too")


def _with_portraits(rules: Rules, environment: Mapping[str, str]) -> Rules:
    if not any(environment.get(name) for name in OF_PORTRAITS):
        return rules
    # Imported here: most deployments make no portraits.
    from shared.portrait_settings import with_portraits

    return with_portraits(rules, environment)


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Read the origins whose pages may read the status API, as browsers name them (RFC 6454)."""
    origins = values.parts(environment, "CORS_ORIGINS")
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
        quiet_ms=values.milliseconds(environment, "QUIET_SECONDS", rules.quiet_ms, 1, 86_400),
        min_photos=values.number(environment, "MIN_PHOTOS", rules.min_photos, 1, 10),
        close_at=values.number(environment, "CLOSE_AT_PHOTOS", rules.close_at, 0, MAX_PHOTOS),
        settle_ms=values.milliseconds(environment, "SETTLE_SECONDS", rules.settle_ms, 1, 3600),
        ready_marker=values.marker(environment, "READY_MARKER", rules.ready_marker),
        carry_over=values.switch(environment, "CARRY_OVER", rules.carry_over),
        face_check=values.switch(environment, "FACE_CHECK", rules.face_check),
        concurrent_trainings=values.number(
            environment, "CONCURRENT_TRAININGS", rules.concurrent_trainings, 1, 100
        ),
        kept_fine_tunes=values.number(environment, "KEPT_FINE_TUNES", rules.kept_fine_tunes, 1, 100_000),
        delete_superseded=values.switch(environment, "DELETE_SUPERSEDED", rules.delete_superseded),
        sweep_rest_ms=values.milliseconds(environment, "SWEEP_SECONDS", rules.sweep_rest_ms, 1, 86_400),
        linger_ms=1000 * values.number(environment, "LINGER_SECONDS", rules.linger_ms // 1000, 0, 3600),
        max_attempts=values.number(environment, "MAX_ATTEMPTS", rules.max_attempts, 1, 5),
        max_trainings_per_person_per_day=values.number(
            environment, "MAX_TRAININGS_PER_PERSON_PER_DAY", rules.max_trainings_per_person_per_day, 0, 1000
        ),
        listing_delay_ms=values.milliseconds(
            environment, "LIST_GRACE_SECONDS", rules.listing_delay_ms, 60, 86_400
        ),
        keep_snapshots_ms=values.days(environment, "KEEP_SNAPSHOTS_DAYS", rules.keep_snapshots_ms),
        keep_photos_ms=values.days(environment, "KEEP_PHOTOS_DAYS", rules.keep_photos_ms),
        keep_models_ms=values.days(environment, "KEEP_MODELS_DAYS", rules.keep_models_ms),
        keep_records_ms=values.days(environment, "KEEP_RECORDS_DAYS", rules.keep_records_ms),
        trainings=Trainings(values.one_of(environment, "TRAININGS", MODES, rules.trainings.value)),
        training_price_fen=values.fen(environment, "TRAINING_PRICE_CNY", rules.training_price_fen),
        max_fen_per_day=values.fen(environment, "MAX_CNY_PER_DAY", rules.max_fen_per_day),
        max_fen_per_month=values.fen(environment, "MAX_CNY_PER_MONTH", rules.max_fen_per_month),
        max_fen_per_person=values.fen(environment, "MAX_CNY_PER_PERSON", rules.max_fen_per_person),
        max_fen_in_all=values.fen(environment, "MAX_CNY_IN_ALL", rules.max_fen_in_all),
        consent_required=values.one_of(environment, "CONSENT", ("off", "required"), "off") == "required",
        consent_versions=_versions(environment),
    )


def _versions(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Read the versions of the text that a consent may be to, the one that is offered first."""
    versions = values.parts(environment, "CONSENT_TEXT_VERSIONS")
    if len(versions) > 20 or any(len(one) > 64 or not one.isprintable() for one in versions):
        raise SettingsError("CONSENT_TEXT_VERSIONS must be at most 20 versions of at most 64 characters each")
    return versions
