"""What ``openapi.json`` says of the routes by which everything of a person is erased, and is handed out.

A part of ``operations``, whose table has all routes.
"""

from __future__ import annotations

from shared.http_api import operator_types as operators
from shared.http_api.operation_kinds import FORM, ZIP, Link, Operation, asks, reads

OF_HELD_DATA: dict[str, Operation] = {
    "DELETE /people/{person_id}": asks(
        "[Accepted](#accepted): everything of the person is removed; `href` leads to the certificate",
        *("invalid_person", "erase_key_missing"),
        content={},
        links=(Link("GET /erasures/{erasure_id}", "erasure_id", "/request_id"),),
    ),
    "GET /erasures/{erasure_id}": reads(
        "the [Erasure](#erasure): whether it is done, and its certificate",
        operators.ErasureDocument,
        "unknown_erasure",
    ),
    "GET /people/{person_id}/export": Operation(
        "everything that is held about the person as [one zip](export.md), or how far the "
        "[Export](#export) has come: the first call begins it, and 303 leads to the zip",
        {202: operators.ExportDocument, 303: operators.ExportDocument},
        problems=(
            *("invalid_person", "nothing_held", "being_erased", "export_failed"),
            *("only_in_parts", "invalid_range", "not_from_a_form"),
        ),
        texts=(ZIP,),
        in_parts=True,
    ),
    "POST /people/{person_id}/export": Operation(
        "a new [Export](#export), in the place of the one that is there",
        {202: operators.ExportDocument},
        content=FORM,
        problems=("invalid_person",),
    ),
}
