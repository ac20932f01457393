"""Promises about unknown callers and about operations that are not served."""

from __future__ import annotations

import platform
import sys

from tests.contracts.tablestore_client.contract.calls import SECRET, disconnect, refused
from tests.contracts.tablestore_client.contract.case import Case, promise, since


@promise
def unknown_callers_are_refused_with_the_reason(case: Case) -> None:
    for options, message in (
        ({"secret": "wrong"}, "Signature mismatch."),
        ({"key_id": "LTAInobody"}, "The AccessKeyID does not exist."),
        ({"instance": "nowhere"}, "The instance is not found."),
    ):
        client = case.connect(**options)
        assert refused(client.list_table) == (403, "OTSAuthFailed", message)
        disconnect(client)


@promise
def sql_is_not_served(case: Case) -> None:
    unsupported = (400, "OTSUnsupportOperation", "Unsupported operation: 'SQLQuery'.")
    assert refused(case.client.exe_sql_query, "show tables") == unsupported


@promise
def search_indexes_are_not_served(case: Case) -> None:
    case.table()
    for name, arguments in (
        ("DeleteSearchIndex", ("t", "i")),
        ("DescribeSearchIndex", ("t", "i")),
        ("ComputeSplits", ("t", "i")),
    ):
        method = {"DeleteSearchIndex": "delete_search_index", "DescribeSearchIndex": "describe_search_index"}
        call = getattr(case.client, method.get(name, "compute_splits"))
        answer = (400, "OTSUnsupportOperation", f"Unsupported operation: '{name}'.")
        assert refused(call, *arguments) == answer


@since(6)
def timeseries_are_not_served(case: Case) -> None:
    unsupported = (400, "OTSUnsupportOperation", "Unsupported operation: 'ListTimeseriesTable'.")
    assert refused(case.client.list_timeseries_table) == unsupported


@since(6, 4)
def knowledge_bases_are_not_served_and_say_so_in_json(case: Case) -> None:
    unsupported = (400, "OTSUnsupportOperation", "Unsupported operation: 'ListKnowledgeBase'.")
    assert refused(case.client.list_knowledge_base, {}) == unsupported


@since(6, 4)
def the_native_codec_is_used_where_it_loads(case: Case) -> None:
    from tablestore import decoder, encoder

    built = sys.version_info[:2] == (3, 12) and (sys.platform, platform.machine()) == ("linux", "x86_64")
    assert decoder.NATIVE_DECODER_AVAILABLE is built
    assert encoder.NATIVE_ENCODER_AVAILABLE is built


@promise
def no_answer_shows_a_secret(case: Case) -> None:
    client = case.connect(secret="wrong-" + SECRET)
    assert SECRET not in str(refused(client.list_table))
    disconnect(client)
