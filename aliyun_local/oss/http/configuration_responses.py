"""The wire of buckets' configurations: small documents that are checked, kept and given back.

One table says of each what it is called and what OSS answers as long as nobody has set it; the operations
that :mod:`aliyun_local.oss.http.operations` lists are made from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from aliyun_local.oss.errors import OssError, malformed_xml
from aliyun_local.oss.http import configuration_checks as checks
from aliyun_local.oss.http import encryption
from aliyun_local.oss.http.call import xml_response
from aliyun_local.oss.http.xml_documents import Content, document, parse
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call

MAX_LIVE_CHANNELS = 1000
DEFAULT_LIVE_CHANNELS = 100


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A configuration by the query parameter that addresses it.

    ``root`` is the root of its document, empty for one that is JSON. As long as nobody has set it OSS answers
    with a ``default`` or refuses with the code and message of ``missing``. ``choices`` says of paths in the
    document which texts they may hold, ``check`` whatever else it must keep to, ``filled`` what OSS
    adds where it is left out.
    """

    parameter: str
    title: str
    root: str
    default: Content = None
    missing: tuple[str, str] = ("", "")
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    check: Callable[[ElementTree.Element], None] | None = None
    filled: dict[str, str] = field(default_factory=dict, hash=False)
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
        call.store.configurations.put(call.bucket, self.parameter, self.checked(body))
        return Response(status=200)

    def delete(self, call: Call) -> Response:
        """Forget what was set; of tags only those that the parameter names, if it names any."""
        kept = call.store.configurations.find(call.bucket, self.parameter)
        names = [name for name in call.query.get("tagging", "").split(",") if name]
        if self.parameter == "tagging" and names and kept is not None:
            body = checks.without_tags(parse(kept.encode(), self.root), names)
            call.store.configurations.put(call.bucket, self.parameter, body)
            return Response(status=204)
        call.store.configurations.delete(call.bucket, self.parameter)
        return Response(status=204)

    def checked(self, body: bytes) -> str:
        """Return a document as it is kept.

        Raises:
            OssError: it breaks a rule of OSS.
        """
        if not self.root:
            return checks.checked_json(body)
        root = parse(body, self.root)
        checks.write_as_oss(root, self.filled)
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


def keep_encryption(call: Call) -> None:
    """Keep what the headers of PutBucket say about encryption as the bucket's rule."""
    rule = [(name, call.header(header)) for name, header in encryption.RULE.items() if call.header(header)]
    if call.header(encryption.ALGORITHM):
        body = document("ServerSideEncryptionRule", [("ApplyServerSideEncryptionByDefault", rule)])
        configuration = next(one for one in CONFIGURATIONS if one.parameter == "encryption")
        call.store.configurations.put(call.bucket, "encryption", configuration.checked(body))


def access_monitor(call: Call) -> str:
    """Return whether a bucket's accesses are tracked: ``Enabled`` or ``Disabled``."""
    kept = call.store.configurations.find(call.bucket, "accessmonitor")
    status = parse(kept.encode(), "AccessMonitorConfiguration").findtext("Status") if kept else None
    return status or "Disabled"


_BOOLEAN = ("true", "false")
_STATUS = ("Enabled", "Disabled")
CONFIGURATIONS: tuple[Configuration, ...] = (
    # It is addressed by ``policy`` too, so it stands before that.
    Configuration(
        parameter="comp=callback",
        title="CallbackPolicy",
        root="BucketCallbackPolicy",
        missing=("BucketCallbackPolicyNotExist", "The bucket callback policy does not exist."),
        check=checks.check_callback_policy,
    ),
    Configuration(
        parameter="cors",
        title="Cors",
        root="CORSConfiguration",
        filled={"ResponseVary": "false"},
        missing=("NoSuchCORSConfiguration", "The CORS Configuration does not exist."),
    ),
    Configuration(
        parameter="lifecycle",
        title="Lifecycle",
        root="LifecycleConfiguration",
        missing=("NoSuchLifecycle", "No Row found in Lifecycle Table."),
        check=checks.check_lifecycle,
    ),
    Configuration(
        parameter="website",
        title="Website",
        root="WebsiteConfiguration",
        missing=("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration."),
        check=checks.check_website,
    ),
    Configuration(parameter="logging", title="Logging", root="BucketLoggingStatus", default=[]),
    Configuration(
        parameter="referer",
        title="Referer",
        root="RefererConfiguration",
        default=[("AllowEmptyReferer", True), ("AllowTruncateQueryString", True), ("RefererList", [])],
        filled={"AllowTruncateQueryString": "true"},
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
        check=checks.check_encryption,
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
        check=checks.check_https,
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
        check=checks.check_capacity,
        deletable=False,
    ),
)
