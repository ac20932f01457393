"""The entrance to signatures: the signer of a request or of the policy of a form, in any version.

:mod:`aliyun_local.oss.http.responses` authenticates requests here, PostObject its forms. A request without a
signature is anonymous; :mod:`aliyun_local.oss.http.access` decides about the rights of anonymous callers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import invalid_argument
from aliyun_local.oss.signing import signature_v1, signature_v2, signature_v4
from aliyun_local.oss.signing.signed_request import compare, secret_of

if TYPE_CHECKING:
    from aliyun_local.oss.signing.signed_request import Credentials, SignedRequest


def authenticate(request: SignedRequest) -> str | None:
    """Return the access key id that signed ``request``, None for a request without a signature.

    Raises:
        OssError: the signature is not valid.
    """
    authorization = request.headers.get("authorization", "").strip()
    query = request.query
    in_query = "Signature" in query or "x-oss-signature" in query
    if authorization and in_query:
        raise invalid_argument("Only one of the Authorization header and a signature in the URL is allowed.")
    if authorization.startswith("OSS "):
        return signature_v1.header_caller(request, authorization)
    if authorization.startswith("OSS2 "):
        return signature_v2.header_caller(request, authorization)
    if authorization.startswith(signature_v4.ALGORITHM):
        return signature_v4.header_caller(request, authorization)
    if authorization:
        raise invalid_argument("The Authorization header is invalid.", "0002-00000203")
    if query.get("x-oss-signature-version") == signature_v2.VERSION:
        return signature_v2.query_caller(request)
    if "x-oss-signature" in query or "x-oss-signature-version" in query:
        return signature_v4.query_caller(request)
    if in_query or "OSSAccessKeyId" in query:
        return signature_v1.query_caller(request)
    return None


def authenticate_form(
    fields: Mapping[str, str], credentials: Credentials, region: str, now: float
) -> str | None:
    """Return the access key id that signed the policy of a form, None for a form without a signature.

    ``fields`` have lower-case names (OSS, "PostObject": the names of a form's fields do not depend on case).

    Raises:
        OssError: the signature is not valid.
    """
    policy = fields.get("policy", "")
    token = fields.get("x-oss-security-token")
    if fields.get("x-oss-signature-version"):
        if fields["x-oss-signature-version"] != signature_v4.ALGORITHM:
            raise invalid_argument("The signature version of the form is not supported.")
        scope = signature_v4.scope_of(fields.get("x-oss-credential", ""), region)
        signature_v4.check_scope_date(scope, fields.get("x-oss-date", ""))
        secret = secret_of(credentials, scope.access_key_id, token, now)
        expected = signature_v4.sign(secret, scope, policy.encode())
        compare(fields.get("x-oss-signature", ""), expected, scope.access_key_id, policy)
        return scope.access_key_id
    access_key_id = fields.get("ossaccesskeyid", "")
    if not access_key_id and "signature" not in fields:
        return None
    secret = secret_of(credentials, access_key_id, token, now)
    expected = signature_v1.sign(secret, policy)
    compare(fields.get("signature", ""), expected, access_key_id, policy)
    return access_key_id
