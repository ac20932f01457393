"""Checks of parameters and rules: what is chosen, what is secret, what the form shows, and the region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aliyun_local.template import Template, TemplateError

CHOSEN = ("BucketName", "InstanceName", "DashScopeApiKey", "StatusToken")
"""Names that are unique beyond the account, and secrets: a default would be somebody else's."""
SECRETS = (
    *("DashScopeApiKey", "StatusToken", "AdminToken", "LinkKey", "EraseKey", "StatusPrivateKey"),
    *("WebhookUrl", "WebhookSecret", "WebhookOldSecret"),
    # The URL of a robot holds its token.
    *("DingTalkUrl", "DingTalkSecret", "FeishuUrl", "FeishuSecret"),
)
LANGUAGES = ("en", "zh-cn")
"""What the console shows texts in (ROS, "Parameters")."""
REGION = "cn-beijing"
"""The region of DashScope's FaceChain."""
REFUSED: Mapping[str, tuple[str, ...]] = {
    # Tablestore, "CreateInstance": form, length, and words that no instance's name may hold.
    "InstanceName": (
        "ab",
        "a" * 17,
        "Faces",
        "1face",
        "face-",
        "aliface",
        "today",
        "robots",
        "taobaoo",
        "admin1",
    ),
    # OSS, "Bucket naming conventions".
    "BucketName": ("ab", "a" * 64, "Photos", "-photos", "photos-", "my_photos"),
    "AdminToken": ("short",),
    "LinkKey": ("short",),
    "EraseKey": ("short",),
    "WebhookUrl": ("a.example", "ftp://a.example"),
    "WebhookSecret": ("whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    "VpcId": ("10.0.0.0/8",),
}
_VPC = {
    "VpcId": "vpc-0123456789abcdef",
    "VSwitchId": "vsw-0123456789abcdef",
    "SecurityGroupId": "sg-0123456789abcdef",
}
HALF: tuple[Mapping[str, object], ...] = (
    # Function Compute needs a VPC with its vSwitch and security group, and a way to DashScope.
    {**_VPC, "VSwitchId": ""},
    {**_VPC, "SecurityGroupId": ""},
    {**dict.fromkeys(_VPC, ""), "InternetThroughVpc": "on"},
    {"BindOssPublicDomain": "on", "OssPublicDomain": ""},
    {"BindOssPublicDomain": "on", "OssPublicDomain": "https://photos.example.com"},
)
"""Choices that need another one, which is missing."""


def findings(template: Template, given: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the parameters and rules of ``template``."""
    declared = template.document.get("Parameters") or {}
    found = [
        f"Parameters.{name}: it has a default, which would be one name or secret for all stacks"
        for name in CHOSEN
        if "Default" in declared.get(name, {})
    ]
    found += [
        f"Parameters.{name}: a secret without NoEcho is shown to whoever may read the stack"
        for name in SECRETS
        if declared.get(name, {}).get("NoEcho") is not True
    ]
    found += _of_the_form(template)
    for name, values in REFUSED.items():
        for value in values:
            if name in declared and not _is_refused(template, {**given, name: value}, REGION):
                found.append(f"Parameters.{name}: {value!r} is taken, and the service refuses it later")
    found += [
        f"Rules: {half} is taken, and leads to functions that do not work"
        for half in HALF
        if half.keys() <= declared.keys() and not _is_refused(template, {**given, **half}, REGION)
    ]
    if not _is_refused(template, given, "cn-hangzhou"):
        found.append(f"Rules: a stack outside {REGION} is not refused")
    return found


def _of_the_form(template: Template) -> Iterator[str]:
    """Find what the form of ROS's console would not show, or in one language alone."""
    declared = template.document.get("Parameters") or {}
    for name, one in declared.items():
        for member in ("Label", "Description"):
            text = one.get(member)
            if not isinstance(text, Mapping) or not all(text.get(language) for language in LANGUAGES):
                yield f"Parameters.{name}: it has no {member} in {' and '.join(LANGUAGES)}"
    interface = (template.document.get("Metadata") or {}).get("ALIYUN::ROS::Interface") or {}
    grouped = [name for group in interface.get("ParameterGroups") or [] for name in group["Parameters"]]
    for name in {*declared, *grouped}:
        if grouped.count(name) != 1 or name not in declared:
            yield f"Metadata: {name} is to stand in one group of the form, once"


def _is_refused(template: Template, given: Mapping[str, object], region: str) -> bool:
    try:
        template.resolve(given, {"ALIYUN::Region": region})
    except TemplateError:
        return True
    return False
