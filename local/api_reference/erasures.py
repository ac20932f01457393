"""The fields of the documents about people who are erased or exported, for ``fields``."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

ERASURES: dict[str, Document] = {
    "Erasure": Document(
        "An erasure and, once it is done, its certificate, which names nobody. Forgotten after 30 days.",
        (
            Field("erasure_id", "string", "the id of the erasure"),
            Field(
                "status",
                "string",
                "`pending`, `done`, or `partly`: all but `remains` is done, which is tried again each day",
            ),
            Field("waiting_for", "Reason", "what it waits for, in words", "it is done"),
            Field("asked_by", "string", "the name of the token that it was asked with"),
            Field("asked_at", "time", "when it was asked for"),
            Field(
                "erased_before", "time", "everything that was stored up to then goes", "no run has begun yet"
            ),
            Field("done_at", "time", "when everything that can be removed had been", "it is not done"),
            Field("removed", "Removed", "what has been removed"),
            Field("remains", "list of Remains", "what could not be removed; empty until it is done"),
            Field("kept_elsewhere", "list of Kept elsewhere", "what this deployment cannot reach"),
            Field("kept_until", "time", "until when this document can be fetched"),
        ),
    ),
    "Removed": Document(
        "How much an erasure has removed, at least: a run that died has counted nothing.",
        (
            Field("uploads", "integer", "objects under `people/`"),
            Field("snapshots", "integer", "objects under `submissions/`"),
            Field("results", "integer", "objects under `results/`"),
            Field("dashscope_files", "integer", "files in DashScope's store"),
            Field("fine_tunes", "integer", "fine-tunes at DashScope"),
            Field("jobs", "integer", "rows of jobs, with their photos and timelines"),
            Field("remembered_uploads", "integer", "entries of the memory of uploads"),
            Field("ignored_uploads", "integer", "entries of the list of ignored uploads"),
            Field("requests", "integer", "what was asked for about the person"),
            Field("links", "integer", "share links, which are revoked as well"),
            Field("outboxes", "integer", "what receivers had been told, and were to be"),
            Field("exports", "integer", "objects under `exports/`, and uploads in parts"),
        ),
    ),
    "Export": Document(
        "How far the copy of everything that is held about a person has come; [export.md](export.md).",
        (
            Field("request_id", "string", "the id of the request"),
            Field("person_id", "string", "the person"),
            Field("status", "string", "`pending` or `ready`"),
            Field("waiting_for", "Reason", "what it waits for, in words", "it is ready"),
            Field("files", "integer", "how many files it will have; 0: nobody knows yet"),
            Field("files_done", "integer", "how many of them are written"),
            Field("bytes", "integer", "how long the zip is so far", unit="bytes"),
            Field("asked_by", "string", "the name of the token that it was asked with"),
            Field("asked_at", "time", "when it was asked for"),
            Field("ready_at", "time", "when it was ready", "it is not"),
            Field("deleted_at", "time", "when it is deleted", "it is not ready"),
            Field("href", "string", "where it is handed out"),
        ),
    ),
    "Remains": Document(
        "Something that could not be removed.",
        (
            Field("where", "string", "the name of the number in [Removed](#removed)"),
            Field("name", "string", "the id of the fine-tune", "it is none"),
            Field("number", "integer", "how many"),
            Field("reason", "Reason", "the service's code, and what to do"),
            Field("next_try_at", "time", "when it is tried again", "it is given up"),
        ),
    ),
    "Kept elsewhere": Document(
        "A place where something may be left.",
        (
            Field(
                "where", "string", "`logs`, `oss`, `dashscope`, `receivers`, `audit`, `totals` or `versions`"
            ),
            Field("message", "string", "what, and until when"),
        ),
    ),
}
