"""The values that a stack gets: what is sent to ROS, and all of them, for checking.

What ``destroy`` has left behind is taken over: a bucket, an instance or tables of ours under the stage's
names are its own from before, and a new stack could not make them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from local.stages.context import Context
from local.stages.errors import NotStarted
from local.stages.parameters import HIDDEN, first_values, secret_names
from local.stages.ros import Stack
from local.stages.secret_values import (
    MADE,
    ask_for_key,
    given_secrets,
    keep_secrets,
    kept_secrets,
    made_token,
)
from local.stages.stores import TABLES, Taken

KEY = "DashScopeApiKey"
_HIDDEN_URL = "https://hidden.example.com/"
_HIDDEN_SIGNING_SECRET = f"whsec_{'hidden' * 6}"
_STANDS_FOR_SECRETS = {
    "StatusPrivateKey": "-----BEGIN PRIVATE KEY-----\nhidden",
    "WebhookUrl": _HIDDEN_URL,
    "WebhookSecret": _HIDDEN_SIGNING_SECRET,
    "WebhookOldSecret": _HIDDEN_SIGNING_SECRET,
    "DingTalkUrl": _HIDDEN_URL,
    "FeishuUrl": _HIDDEN_URL,
}
_HIDDEN_VALUE = "hidden-hidden-hidden"


@dataclass(frozen=True, kw_only=True)
class Values:
    """Values of the template's parameters.

    Attributes:
        sent: what ROS is told; it keeps the others as they are.
        checked: all values, with something in the place of secrets that ROS hides.
        key: DashScope's API key if it is known here, else empty.
        taken_over: what is there already and is not made, in words.
    """

    sent: Mapping[str, str] = field(repr=False)
    checked: Mapping[str, str] = field(repr=False)
    key: str = field(repr=False, default="")
    taken_over: tuple[str, ...] = ()

    @property
    def runtime(self) -> str:
        """The runtime of the functions."""
        return self.checked["Runtime"]


def values_for(context: Context, stack: Stack | None, asked: Mapping[str, str]) -> Values:
    """Return the values for a new stack or for an update, with ``asked`` on top.

    Made tokens are kept before anything is deployed with them.

    Raises:
        NotStarted: a secret is missing and nobody can be asked, or a name is taken by another account.
    """
    declared = context.template.document["Parameters"]
    hidden = secret_names(context.template)
    given = given_secrets(hidden, context.environment, context.secrets_file)
    tokens = _tokens(context, given, is_new=stack is None)
    secrets = {name: value for name, value in {**tokens, **given}.items() if name in declared}
    if stack is None:
        if KEY not in secrets:
            secrets[KEY] = ask_for_key()
        first = {**first_values(context.names), **context.endpoints.parameters, **asked}
        found, taken_over = _left_behind(context, first, asked)
        sent = {**first, **found, **secrets}
        before: Mapping[str, str] = {}
    else:
        taken_over = ()
        sent = {**context.endpoints.parameters, **asked, **secrets}
        before = {name: value for name, value in stack.parameters.items() if name in declared}
    defaults = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    checked = {**defaults, **before, **sent}
    for name in hidden:
        if checked.get(name) == HIDDEN or name not in checked:
            checked[name] = stands_for(name)
    return Values(sent=sent, checked=checked, key=secrets.get(KEY, ""), taken_over=taken_over)


def stands_for(secret: str) -> str:
    """Return what is checked in the place of a secret that ROS hides: a value that the template takes."""
    return _STANDS_FOR_SECRETS.get(secret, _HIDDEN_VALUE)


def _tokens(context: Context, given: Mapping[str, str], *, is_new: bool) -> dict[str, str]:
    """Return the tokens of the stage; of a new one they are made, and kept at once.

    Those of a stack that was deployed from elsewhere are known to ROS alone and stay as they are.
    """
    kept = kept_secrets(context.name, context.folder)
    if is_new:
        made = {name: made_token() for name in MADE if name not in kept and name not in given}
        kept |= made
    changed = {name: value for name, value in {**kept, **given}.items() if name in MADE}
    if changed:
        keep_secrets(context.name, changed, context.folder)
    return kept


def _left_behind(
    context: Context, values: Mapping[str, str], asked: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the parameters by which a new stack takes over what is there already, and what that is."""
    found: dict[str, str] = {}
    told: list[str] = []
    bucket, instance = values["BucketName"], values["InstanceName"]
    if "CreateBucket" not in asked:
        taken = context.stores.bucket_taken(bucket)
        if taken is Taken.OTHERS:
            raise NotStarted(
                f"the bucket name {bucket} is another account's", "Choose one: --parameter BucketName=..."
            )
        if taken is Taken.OURS:
            found["CreateBucket"] = "off"
            told.append(f"bucket {bucket} with what is in it")
    if "CreateInstance" not in asked:
        tables = context.stores.tables(instance)
        if tables is not None:
            found["CreateInstance"] = "off"
            told.append(f"Tablestore instance {instance}")
            if "CreateTables" not in asked and _tables_left(context, instance, tables):
                found["CreateTables"] = "off"
                told.append(f"tables {', '.join(TABLES)} with their rows")
    return found, tuple(told)


def _tables_left(context: Context, instance: str, there: Sequence[str]) -> bool:
    """Whether all tables of a stage are left in an instance.

    A creation that failed halfway may have left some; while they are empty they are removed and made anew.

    Raises:
        NotStarted: only some are left, and one of these has rows.
    """
    ours = [name for name in TABLES if name in there]
    if len(ours) == len(TABLES):
        return True
    full = [name for name in ours if context.stores.has_rows(instance, name)]
    if full:
        missing = ", ".join(name for name in TABLES if name not in there)
        raise NotStarted(
            f"instance {instance} lacks the tables {missing}, and {', '.join(full)} there have rows",
            f"Delete {', '.join(ours)} in the console if nobody needs them, or choose another InstanceName.",
        )
    if ours:
        context.stores.delete_tables(instance)
    return False
