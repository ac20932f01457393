"""Server-side encryption, as far as a caller can tell: which headers say how an object is encrypted.

Contents are kept as they are; a reader could not tell, only the headers would. OSS, "Server-side encryption":
what an upload asks for counts before what its bucket asks for.
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
# The key that KMS makes for an account whose writers name none.
_DEFAULT_KEY = "00000000-0000-4000-8000-000000000000"
RULE = {"SSEAlgorithm": ALGORITHM, "KMSMasterKeyID": KEY, "KMSDataEncryption": DATA_ALGORITHM}


def invalid_algorithm() -> OssError:
    """400: the algorithm is not one of those that OSS knows."""
    message = "The encryption request you specified is not valid. Supported value: AES256/KMS/SM4."
    return OssError(400, "InvalidEncryptionAlgorithmError", message)


def encryption_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Read out of a writer's headers how its object is encrypted.

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
    """Return what ``headers`` say besides."""
    return {name: value for name, value in headers.items() if name not in RULE.values()}


def rule_of(store: ObjectStore, bucket: str) -> dict[str, str] | None:
    """Return the elements of the rule by which a bucket encrypts, None where it has none."""
    kept = store.configurations.find(bucket, "encryption")
    if kept is None:
        return None
    node = parse(kept.encode(), "ServerSideEncryptionRule").find("ApplyServerSideEncryptionByDefault")
    return {child.tag: child.text or "" for child in (node if node is not None else ())}


def with_default(store: ObjectStore, bucket: str, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return a writer's ``headers`` with what its bucket says about encryption, if they say nothing."""
    if headers.get(ALGORITHM):
        return headers
    rule = rule_of(store, bucket)
    if not rule:
        return headers
    return {**headers, **{RULE[name]: value for name, value in rule.items() if name in RULE}}
