"""The rules that OSS has for the documents of buckets' configurations, and the form in which it returns them.

The table in :mod:`aliyun_local.oss.http.configuration_responses` names these checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from xml.etree import ElementTree

from aliyun_local.oss.errors import OssError, invalid_argument, malformed_xml
from aliyun_local.oss.http import encryption
from aliyun_local.oss.http.callback_parameters import parse_callback

MAX_RULES = 1000
_TLS_VERSIONS = ("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
# In the order in which objects may move from one to the next.
_COLDER_CLASSES = ("IA", "Archive", "ColdArchive", "DeepColdArchive")
_TAG = re.compile(r"[\w +\-=.:/]*")
# oss2 sends Python's True and False, but reads only true and false.
_BOOLEANS = frozenset(
    {
        *("AllowEmptyReferer", "AllowSmallFile", "AllowTruncateQueryString", "BlockPublicAccess", "Enable"),
        *("Enabled", "EnableReplacePrefix", "ExpiredObjectDeleteMarker", "IsAccessTime", "MirrorCheckMd5"),
        *("MirrorFollowRedirect", "MirrorPassOriginalSlashes", "MirrorPassQueryString", "MirrorSNI"),
        *("PassAll", "PassQueryString", "ResponseVary", "ReturnToStdWhenVisit", "SupportSubDir"),
        "TruncatePath",
    }
)


def write_as_oss(root: ElementTree.Element, defaults: Mapping[str, str]) -> None:
    """Rewrite ``root`` as OSS returns it: lower-case booleans, and ``defaults`` for missing elements."""
    for node in root.iter():
        if node.tag in _BOOLEANS and node.text in ("True", "False"):
            node.text = node.text.lower()
    for name, value in defaults.items():
        if root.find(name) is None:
            ElementTree.SubElement(root, name).text = value


def checked_json(body: bytes) -> str:
    """Return the JSON object in ``body`` as text.

    Raises:
        OssError: InvalidArgument.
    """
    try:
        policy = json.loads(body)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        raise invalid_argument("The policy is not a JSON object.")
    return body.decode("utf-8", "replace")


def check_encryption(root: ElementTree.Element) -> None:
    """Check an encryption rule; elements that only KMS uses are removed from other rules.

    Raises:
        OssError: the document breaks a rule of OSS.
    """
    algorithm = root.findtext("ApplyServerSideEncryptionByDefault/SSEAlgorithm") or ""
    key = root.findtext("ApplyServerSideEncryptionByDefault/KMSMasterKeyID") or ""
    if algorithm not in encryption.ALGORITHMS:
        raise encryption.invalid_algorithm()
    if key and algorithm != "KMS":
        raise invalid_argument("KMSMasterKeyID is not applicable if user is not using kms.")
    rule = root.find("ApplyServerSideEncryptionByDefault")
    data = rule.find("KMSDataEncryption") if rule is not None else None
    if rule is not None and data is not None and algorithm != "KMS":
        rule.remove(data)


def check_lifecycle(root: ElementTree.Element) -> None:
    """Check the rules of a lifecycle.

    Raises:
        OssError: the document breaks a rule of OSS.
    """
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
        for tag in rule.iter("Tag"):
            if not all(_TAG.fullmatch(tag.findtext(name) or "") for name in ("Key", "Value")):
                raise invalid_argument("A tag of a lifecycle rule holds a character that tags cannot have.")


def without_tags(root: ElementTree.Element, names: Collection[str]) -> str:
    """Return a document of tags without the tags called ``names``."""
    for tags in root.iter("TagSet"):
        for tag in [tag for tag in tags if tag.findtext("Key") in names]:
            tags.remove(tag)
    return ElementTree.tostring(root, encoding="unicode")


def check_website(root: ElementTree.Element) -> None:
    """Set PassQueryString of redirects to a mirror to their MirrorPassQueryString."""
    for redirect in root.iter("Redirect"):
        passes = redirect.findtext("MirrorPassQueryString")
        if redirect.findtext("RedirectType") == "Mirror" and passes is not None:
            node = redirect.find("PassQueryString")
            node = ElementTree.SubElement(redirect, "PassQueryString") if node is None else node
            node.text = passes


def check_https(root: ElementTree.Element) -> None:
    """Check the TLS versions, and remove repeated ones.

    Raises:
        OssError: the document breaks a rule of OSS.
    """
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


def check_capacity(root: ElementTree.Element) -> None:
    """Check a storage capacity.

    Raises:
        OssError: the document breaks a rule of OSS.
    """
    text = (root.findtext("StorageCapacity") or "").strip()
    if text != "-1" and not text.isdigit():
        raise invalid_argument("The storage capacity must be -1 or a number of GB.")


def check_callback_policy(root: ElementTree.Element) -> None:
    """Check the callback policies.

    Raises:
        OssError: the document breaks a rule of OSS.
    """
    names = [item.findtext("PolicyName") or "" for item in root.findall("PolicyItem")]
    if "" in names or len(set(names)) < len(names):
        raise malformed_xml()
    for item in root.findall("PolicyItem"):
        parse_callback(item.findtext("Callback") or "", item.findtext("CallbackVar") or "")


def _check_order(rule: ElementTree.Element) -> None:
    # An object moves before it expires, and it moves to each colder class later than to the class before.
    expires = _days(rule.find("Expiration"))
    _check_noncurrent(rule)
    moves: list[tuple[int, int]] = []
    for transition in rule.findall("Transition"):
        storage_class = (transition.findtext("StorageClass") or "").strip()
        if storage_class not in _COLDER_CLASSES:
            raise invalid_argument("StorageClass of a Transition action is not one that objects can move to.")
        days = _days(transition)
        if days is None:
            if expires is not None:
                raise OssError(400, "InvalidRequest", "Days and dates cannot stand in one lifecycle rule.")
            continue
        if rule.find("Expiration") is not None and expires is None and not _marks_deleted(rule):
            raise OssError(400, "InvalidRequest", "Days and dates cannot stand in one lifecycle rule.")
        moves.append((_COLDER_CLASSES.index(storage_class), days))
    days_in_order = [days for _, days in sorted(moves)]
    if days_in_order != sorted(days_in_order):
        raise invalid_argument("Days in the Transition actions must grow from class to colder class.")
    if expires is not None and any(days >= expires for days in days_in_order):
        message = "Days in the Expiration action must be greater than Days in the Transition action."
        raise invalid_argument(message)


def _check_noncurrent(rule: ElementTree.Element) -> None:
    moves = [
        (_COLDER_CLASSES.index(storage_class), int(days[:18]))
        for transition in rule.findall("NoncurrentVersionTransition")
        if (storage_class := transition.findtext("StorageClass") or "") in _COLDER_CLASSES
        and (days := transition.findtext("NoncurrentDays") or "").isdigit()
    ]
    in_order = [days for _, days in sorted(moves)]
    if in_order != sorted(in_order):
        raise invalid_argument("NoncurrentDays must grow from class to colder class.")


def _days(action: ElementTree.Element | None) -> int | None:
    text = action.findtext("Days") if action is not None else None
    return int(text[:18]) if text and text.strip().isdigit() else None


def _marks_deleted(rule: ElementTree.Element) -> bool:
    return rule.find("Expiration/ExpiredObjectDeleteMarker") is not None
