"""Operations on the configurations of a bucket: documents that are checked, stored and returned as they are.

:data:`CONFIGURATIONS` has one entry for each configuration. :mod:`aliyun_local.oss.http.operations` makes
three operations of an entry: Get, Put and Delete. A new configuration therefore needs an entry here and
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from aliyun_local.oss.errors import OssError, malformed_xml
from aliyun_local.oss.http import configuration_checks as checks
from aliyun_local.oss.http import encryption
from aliyun_local.oss.http.xml_documents import Content, document, parse, xml_response
from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A kind of configuration, addressed by a query parameter.

    Attributes:
        parameter: the query parameter.
        title: the name in the names of its operations: ``GetBucket<title>``.
        root: the root of its document; empty for a JSON document.
        default: the content of the document that OSS returns before one is stored.
        missing: the code and message of the error that OSS returns instead of a default.
        choices: paths in the document and the texts that are allowed there.
        check: raises an error for a document that breaks another rule.
        filled: elements that OSS adds if they are left out.
        deletable: whether there is a Delete operation.
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

    def get(self, request: OssRequest) -> Response:
        """Return the document, its default, or the error for a missing one."""
        configured = request.store.configurations.find(request.bucket, self.parameter)
        if configured is not None:
            media_type = "application/xml" if self.root else "application/json"
            return Response(status=200, headers={"Content-Type": media_type}, body=configured.encode())
        code, message = self.missing
        if code:
            raise OssError(404, code, message, BucketName=request.bucket)
        return xml_response(self.root, self.default)

    def put(self, request: OssRequest) -> Response:
        """Check and store a document."""
        body = request.checked_body()
        request.store.configurations.put(request.bucket, self.parameter, self.checked(body))
        return Response(status=200)

    def delete(self, request: OssRequest) -> Response:
        """Delete the document; from tags, only the tags that the parameter names, if it names any."""
        configured = request.store.configurations.find(request.bucket, self.parameter)
        names = [name for name in request.query.get("tagging", "").split(",") if name]
        if self.parameter == "tagging" and names and configured is not None:
            body = checks.without_tags(parse(configured.encode(), self.root), names)
            request.store.configurations.put(request.bucket, self.parameter, body)
            return Response(status=204)
        request.store.configurations.delete(request.bucket, self.parameter)
        return Response(status=204)

    def checked(self, body: bytes) -> str:
        """Return a document as it is stored.

        Raises:
            OssError: the document breaks a rule of OSS.
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


def encryption_rule(request: OssRequest) -> Content:
    """Return the elements of GetBucketInfo about the bucket's encryption."""
    rule = encryption.rule_of(request.store, request.bucket)
    return [("SSEAlgorithm", "None")] if rule is None else list(rule.items())


def store_encryption(request: OssRequest) -> None:
    """Store the encryption in the headers of PutBucket as the bucket's rule."""
    rule = [
        (name, request.header(header)) for name, header in encryption.RULE.items() if request.header(header)
    ]
    if request.header(encryption.ALGORITHM):
        body = document("ServerSideEncryptionRule", [("ApplyServerSideEncryptionByDefault", rule)])
        configuration = next(one for one in CONFIGURATIONS if one.parameter == "encryption")
        request.store.configurations.put(request.bucket, "encryption", configuration.checked(body))


def access_monitor(request: OssRequest) -> str:
    """Return whether OSS tracks the accesses to a bucket: ``Enabled`` or ``Disabled``."""
    configured = request.store.configurations.find(request.bucket, "accessmonitor")
    root = parse(configured.encode(), "AccessMonitorConfiguration") if configured else None
    return (root.findtext("Status") if root is not None else None) or "Disabled"


_BOOLEAN = ("true", "false")
_STATUS = ("Enabled", "Disabled")
CONFIGURATIONS: tuple[Configuration, ...] = (
    # The parameter ``policy`` addresses it too, so it stands before that one.
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
