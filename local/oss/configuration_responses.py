"""The wire of buckets' configurations: small documents that are checked, kept and given back.

One table says of each what it is called and what OSS answers as long as nobody has set it; the operations
that :mod:`local.oss.operations` lists are made from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from local.oss import callbacks, encryption
from local.oss.call import xml_response
from local.oss.errors import OssError, invalid_argument, malformed_xml
from local.oss.xml_documents import Content, parse
from local.wire import Response

if TYPE_CHECKING:
    from local.oss.call import Call

MAX_LIVE_CHANNELS = 1000
DEFAULT_LIVE_CHANNELS = 100
MAX_RULES = 1000
_TLS_VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A configuration by the query parameter that addresses it.

    ``root`` is the root of its document, empty for one that is JSON. As long as nobody has set it OSS answers
    with a ``default`` or refuses with the code and message of ``missing``. ``choices`` says of paths in the
    document which texts they may hold, ``check`` whatever else it must keep to.
    """

    parameter: str
    title: str
    root: str
    default: Content = None
    missing: tuple[str, str] = ("", "")
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    check: Callable[[ElementTree.Element], None] | None = None
    deletable: bool = True

    def get(self, call: Call) -> Response:
        """Return what was set, or what stands for nothing."""
        kept = call.store.configurations.find(call.bucket, self.parameter)
        if kept is not None:
            kind = "application/xml" if self.root else "application/json"
            return Response(status=200, headers={"Content-Type": kind}, body=kept.encode())
        code, message = self.missing
        if code:
            raise OssError(404, code, message, BucketName=call.bucket)
        return xml_response(self.root, self.default)

    def put(self, call: Call) -> Response:
        """Check and keep a document."""
        body = call.checked_body()
        call.store.configurations.put(call.bucket, self.parameter, self._checked(body))
        return Response(status=200)

    def delete(self, call: Call) -> Response:
        """Forget what was set."""
        call.store.configurations.delete(call.bucket, self.parameter)
        return Response(status=204)

    def _checked(self, body: bytes) -> str:
        if not self.root:
            return _checked_json(body)
        root = parse(body, self.root)
        for path, allowed in self.choices.items():
            if any((node.text or "").strip() not in allowed for node in root.findall(path)):
                raise malformed_xml()
        if self.check is not None:
            self.check(root)
        return ElementTree.tostring(root, encoding="unicode")


def list_live_channels(call: Call) -> Response:
    """ListLiveChannel: there are none, pushing streams is not part of the local OSS."""
    limit = call.number("max-keys", 1, MAX_LIVE_CHANNELS, DEFAULT_LIVE_CHANNELS)
    children: list[tuple[str, Content]] = [
        ("Prefix", call.query.get("prefix", "")),
        ("Marker", call.query.get("marker", "")),
        ("MaxKeys", limit),
        ("IsTruncated", False),
        ("NextMarker", ""),
    ]
    return xml_response("ListLiveChannelResult", children)


def encryption_rule(call: Call) -> Content:
    """Return the elements by which GetBucketInfo tells how a bucket encrypts."""
    rule = encryption.rule_of(call.store, call.bucket)
    return [("SSEAlgorithm", "None")] if rule is None else list(rule.items())


def access_monitor(call: Call) -> str:
    """Return whether a bucket's accesses are tracked: ``Enabled`` or ``Disabled``."""
    kept = call.store.configurations.find(call.bucket, "accessmonitor")
    status = parse(kept.encode(), "AccessMonitorConfiguration").findtext("Status") if kept else None
    return status or "Disabled"


def _checked_json(body: bytes) -> str:
    try:
        policy = json.loads(body)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        raise invalid_argument("The policy is not a JSON object.")
    return body.decode("utf-8", "replace")


def _check_encryption(root: ElementTree.Element) -> None:
    algorithm = root.findtext("ApplyServerSideEncryptionByDefault/SSEAlgorithm") or ""
    key = root.findtext("ApplyServerSideEncryptionByDefault/KMSMasterKeyID") or ""
    if algorithm not in encryption.ALGORITHMS:
        raise encryption.invalid_algorithm()
    if key and algorithm != "KMS":
        raise invalid_argument("KMSMasterKeyID is not applicable if user is not using kms.")


def _check_lifecycle(root: ElementTree.Element) -> None:
    rules = root.findall("Rule")
    if not 1 <= len(rules) <= MAX_RULES:
        raise malformed_xml()
    for rule in rules:
        if (rule.findtext("Status") or "").strip() not in ("Enabled", "Disabled"):
            raise malformed_xml()
        for days in rule.iter("Days"):
            if not (days.text or "").strip().isdigit() or int((days.text or "")[:18]) < 1:
                raise invalid_argument("'Days' for an action must be a positive integer.")
        _check_order(rule)


def _check_order(rule: ElementTree.Element) -> None:
    # An object is moved on before it expires, and to each next class later than to the one before.
    moves = [int((node.text or "0")[:18]) for node in rule.findall("Transition/Days")]
    expires = rule.findtext("Expiration/Days")
    if expires and any(days >= int(expires[:18]) for days in moves):
        message = "Days in the Expiration action must be greater than Days in the Transition action."
        raise invalid_argument(message)


def _check_https(root: ElementTree.Element) -> None:
    versions = [(node.text or "").strip() for node in root.findall("TLS/TLSVersion")]
    enabled = (root.findtext("TLS/Enable") or "").strip() == "true"
    if (enabled and not versions) or any(version not in _TLS_VERSIONS for version in versions):
        raise malformed_xml()
    tls = root.find("TLS")
    for node in root.findall("TLS/TLSVersion"):
        version = (node.text or "").strip()
        if versions.count(version) > 1 and tls is not None:
            versions.remove(version)
            tls.remove(node)


def _check_capacity(root: ElementTree.Element) -> None:
    text = (root.findtext("StorageCapacity") or "").strip()
    if text != "-1" and not text.isdigit():
        raise invalid_argument("The storage capacity must be -1 or a number of GB.")


def _check_callback_policy(root: ElementTree.Element) -> None:
    names = [item.findtext("PolicyName") or "" for item in root.findall("PolicyItem")]
    if "" in names or len(set(names)) < len(names):
        raise malformed_xml()
    for item in root.findall("PolicyItem"):
        callbacks.parse(item.findtext("Callback") or "", item.findtext("CallbackVar") or "")


_BOOLEAN = ("true", "false")
_STATUS = ("Enabled", "Disabled")
CONFIGURATIONS: tuple[Configuration, ...] = (
    # It is addressed by ``policy`` too, so it stands before that.
    Configuration(
        parameter="comp=callback",
        title="CallbackPolicy",
        root="BucketCallbackPolicy",
        missing=("BucketCallbackPolicyNotExist", "The bucket callback policy does not exist."),
        check=_check_callback_policy,
    ),
    Configuration(
        parameter="cors",
        title="Cors",
        root="CORSConfiguration",
        missing=("NoSuchCORSConfiguration", "The CORS Configuration does not exist."),
    ),
    Configuration(
        parameter="lifecycle",
        title="Lifecycle",
        root="LifecycleConfiguration",
        missing=("NoSuchLifecycle", "No Row found in Lifecycle Table."),
        check=_check_lifecycle,
    ),
    Configuration(
        parameter="website",
        title="Website",
        root="WebsiteConfiguration",
        missing=("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration."),
    ),
    Configuration(parameter="logging", title="Logging", root="BucketLoggingStatus", default=[]),
    Configuration(
        parameter="referer",
        title="Referer",
        root="RefererConfiguration",
        default=[("AllowEmptyReferer", True), ("RefererList", [])],
        choices={"AllowEmptyReferer": _BOOLEAN},
        deletable=False,
    ),
    Configuration(
        parameter="policy",
        title="Policy",
        root="",
        missing=("NoSuchBucketPolicy", "The bucket policy does not exist."),
    ),
    Configuration(
        parameter="encryption",
        title="Encryption",
        root="ServerSideEncryptionRule",
        missing=("NoSuchServerSideEncryptionRule", "The server side encryption rule does not exist."),
        check=_check_encryption,
    ),
    Configuration(parameter="tagging", title="Tags", root="Tagging", default=[("TagSet", [])]),
    Configuration(
        parameter="requestPayment",
        title="RequestPayment",
        root="RequestPaymentConfiguration",
        default=[("Payer", "BucketOwner")],
        choices={"Payer": ("BucketOwner", "Requester")},
        deletable=False,
    ),
    Configuration(
        parameter="accessmonitor",
        title="AccessMonitor",
        root="AccessMonitorConfiguration",
        default=[("Status", "Disabled")],
        choices={"Status": _STATUS},
        deletable=False,
    ),
    Configuration(
        parameter="transferAcceleration",
        title="TransferAcceleration",
        root="TransferAccelerationConfiguration",
        missing=(
            "NoSuchTransferAccelerationConfiguration",
            "The bucket you specified does not have transfer acceleration configuration.",
        ),
        choices={"Enabled": _BOOLEAN},
        deletable=False,
    ),
    Configuration(
        parameter="httpsConfig",
        title="HttpsConfig",
        root="HttpsConfiguration",
        default=[("TLS", [("Enable", False)])],
        choices={"TLS/Enable": _BOOLEAN},
        check=_check_https,
        deletable=False,
    ),
    Configuration(
        parameter="publicAccessBlock",
        title="PublicAccessBlock",
        root="PublicAccessBlockConfiguration",
        default=[("BlockPublicAccess", False)],
        choices={"BlockPublicAccess": _BOOLEAN},
    ),
    Configuration(
        parameter="bucketArchiveDirectRead",
        title="ArchiveDirectRead",
        root="ArchiveDirectReadConfiguration",
        default=[("Enabled", False)],
        choices={"Enabled": _BOOLEAN},
        deletable=False,
    ),
    Configuration(
        parameter="qos",
        title="StorageCapacity",
        root="BucketUserQos",
        default=[("StorageCapacity", -1)],
        check=_check_capacity,
        deletable=False,
    ),
)
