"""The record of processing, as types: for mypy, and for ``openapi.json``."""

from __future__ import annotations

from typing import TypedDict

from shared.view_types import Count, State, Time


class ConsentNumbersDocument(TypedDict):
    """What is asked for, how many people have ever consented, and how many consents are in force."""

    is_required: bool
    accepted_versions: list[str]
    people: Count
    in_force: Count
    withdrawals: Count


class PeopleNumbersDocument(TypedDict):
    """How many people there are; not exact: at least so many."""

    count: Count
    is_exact: bool


class StateCountDocument(TypedDict):
    """How many trainings have ended so."""

    state: State
    count: Count


class RecordEntryDocument(TypedDict):
    """One matter of the record."""

    name: str
    text: str


class RecordSectionDocument(TypedDict):
    """Some matters of the record, under one title."""

    title: str
    entries: list[RecordEntryDocument]


class ProcessingRecordDocument(TypedDict):
    """What is done with personal information, in Chinese, as it may be printed and kept."""

    title: str
    made_at: Time | None
    version: str
    consents: ConsentNumbersDocument
    people: PeopleNumbersDocument
    trainings: list[StateCountDocument]
    sections: list[RecordSectionDocument]
