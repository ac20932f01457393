"""Where something of a person lies is listed once: whoever erases and whoever exports go by the same list."""

from __future__ import annotations

import inspect

from shared.domain import traces
from shared.domain.exports import MANIFEST
from shared.domain.places import PLACES, SHARED_ROWS
from shared.http_api.erasures import REMOVED
from shared.workflow.export_documents import DOCUMENTS

OF_OBJECTS_AND_JOBS = {"uploads", "snapshots", "results", "jobs"}
"""These are copied one by one; of all others there is a document."""


def test_what_a_certificate_counts_is_what_an_export_copies() -> None:
    counted = set(REMOVED.values())
    assert counted == set(PLACES) - set(SHARED_ROWS)


def test_each_function_that_takes_a_person_out_of_a_shared_row_has_its_place_in_an_export() -> None:
    functions = {
        name.removesuffix("_without")
        for name, _ in inspect.getmembers(traces, inspect.isfunction)
        if name.endswith("_without")
    }
    assert functions == set(SHARED_ROWS)


def test_each_place_has_its_folder_or_a_document_that_is_made() -> None:
    for name, place in PLACES.items():
        assert bool(place.folder) == (name in OF_OBJECTS_AND_JOBS), name
        assert bool(place.folder) != bool(place.document), name
        assert not place.document or place.document in DOCUMENTS, name
    assert PLACES["exports"].document == MANIFEST
