"""Server-side encryption as far as callers can see it: the headers that say how an object is encrypted.

Writers of objects and the configuration of buckets call this. Contents are stored unencrypted, because
callers see only the headers. The encryption that an upload asks for takes precedence over the rule of its
bucket (OSS, "Server-side encryption").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.http.xml_documents import parse

if TYPE_CHECKING:
    from aliyun_local.oss.state.models import ObjectStore

ALGORITHMS = ("AES256", "KMS", "SM4")
ALGORITHM = "x-oss-server-side-encryption"
KEY = "x-oss-server-side-encryption-key-id"
DATA_ALGORITHM = "x-oss-server-side-data-encryption"
# The elements of a bucket's rule, and the headers that say the same for one object.
RULE = {"SSEAlgorithm": ALGORITHM, "KMSMasterKeyID": KEY, "KMSDataEncryption": DATA_ALGORITHM}
HEADERS = frozenset(RULE.values())
# The key that KMS makes for an account whose writers name none.
_DEFAULT_KEY = "00000000-0000-4000-8000-000000000000"


def invalid_algorithm() -> OssError:
    """400: OSS does not have the algorithm."""
    message = "The encryption request you specified is not valid. Supported value: AES256/KMS/SM4."
    return OssError(400, "InvalidEncryptionAlgorithmError", message)


def encryption_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that describe the encryption which a writer's ``headers`` ask for.

    Raises:
        OssError: InvalidEncryptionAlgorithmError.
    """
    algorithm, data = headers.get(ALGORITHM, ""), headers.get(DATA_ALGORITHM, "")
    if algorithm and algorithm not in ALGORITHMS:
        raise invalid_algorithm()
    if algorithm != "KMS":
        return {ALGORITHM: algorithm} if algorithm else {}
    key = {ALGORITHM: algorithm, KEY: headers.get(KEY, "") or _DEFAULT_KEY}
    return key | ({DATA_ALGORITHM: data} if data else {})


def without_encryption(headers: Mapping[str, str]) -> dict[str, str]:
    """Return ``headers`` without those about encryption."""
    return {name: value for name, value in headers.items() if name not in HEADERS}


def rule_of(store: ObjectStore, bucket: str) -> dict[str, str] | None:
    """Return the elements of a bucket's encryption rule, None if it has no rule."""
    configured = store.configurations.find(bucket, "encryption")
    if configured is None:
        return None
    node = parse(configured.encode(), "ServerSideEncryptionRule").find("ApplyServerSideEncryptionByDefault")
    return {child.tag: child.text or "" for child in (node if node is not None else ())}


def with_default(store: ObjectStore, bucket: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return a writer's ``headers``, completed by the bucket's rule if they ask for no encryption."""
    if headers.get(ALGORITHM):
        return headers
    rule = rule_of(store, bucket)
    if not rule:
        return headers
    return {**headers, **{RULE[name]: value for name, value in rule.items() if name in RULE}}
