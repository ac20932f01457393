"""The fields of the documents about portraits, and the reasons of orders, for ``page``."""

from __future__ import annotations

from local.api_reference.shapes import Document, Field

PORTRAITS: dict[str, Document] = {
    "Portraits": Document(
        "What was ordered of a person's models, the newest 10 of them, and what can be ordered.",
        (
            Field("person_id", "string", "the name of the person"),
            Field("offer", "Offer", "what can be ordered, and its price"),
            Field("portraits", "list of Portrait order", "newest first"),
            Field("is_cut", "boolean", "whether there are older models, or one whose row cannot be read"),
        ),
    ),
    "Offer": Document(
        "What can be ordered. The price of an order is `count` times `price_cny`, and is sent with it.",
        (
            Field("is_allowed", "boolean", "whether portraits are made: `PORTRAITS` is not `off`"),
            Field("price_cny", "number", "`PORTRAIT_PRICE_CNY`: the list price of a picture", unit="CNY"),
            Field("most_pictures", "integer", "the most that one order may have: 4"),
            Field("styles", "list of string", "the styles; a template may take the place of one"),
            Field(
                "revision",
                "integer",
                "whose model makes them, unless another is asked for",
                "no one has a model",
            ),
            Field(
                "why_not", "Reason", "why nothing can be ordered of it, by an [outcome](#outcomes)", "it can"
            ),
        ),
    ),
    "Portrait order": Document(
        "An order of portraits, and what has come of it.",
        (
            Field("number", "integer", "1 for the job's first order"),
            Field("style", "string", "DashScope's name of the style"),
            Field("template", "string", "the picture that the portraits follow", "the style needs none"),
            Field("count", "integer", "how many pictures were ordered"),
            Field(
                "state",
                "string",
                "`QUEUED`, `SUBMITTING`, `GENERATING`, `STORING`, `SUCCEEDED`, `FAILED` or `CANCELED`",
            ),
            Field("reason", "Reason", "why it is in this state", "nothing needs to be explained"),
            Field("pictures", "list of Portrait", "the pictures that are stored"),
            Field("missing", "integer", "pictures that were not made, or could not be stored"),
            Field("billed", "integer", "pictures that DashScope has billed, as far as is known"),
            Field("price_cny", "number", "the price of a picture when it was sent", unit="CNY"),
            Field("cost_cny", "number", "`billed` at that price", unit="CNY"),
            Field("asked_at", "time", "when it was ordered"),
            Field("submitted_at", "time", "when it was last sent to DashScope", "it was not"),
            Field("ended_at", "time", "when it ended", "it has not ended"),
            Field("job_id", "string", "the job whose model makes them"),
            Field("revision", "integer", "the revision of the person"),
            Field("blocked_by", "Blocked", "what keeps it from going on", "nothing does"),
            Field("next_try_at", "time", "when it is tried again", "it is not, or the next run is due"),
        ),
    ),
    "Portrait": Document(
        "A picture in the bucket.",
        (
            Field("key", "string", "the key of the object"),
            Field("size", "integer", "its size", unit="bytes"),
            Field("href", "string", "where it is handed out"),
        ),
    ),
}

ORDER_REASONS: dict[str, str] = {
    "portraits_lost": "The order did not reach DashScope. It is sent once more; nothing needs to be done.",
    "portraits_lost_twice": "The order did not reach DashScope twice in a row. Order again.",
    "function_died": "Runs died while they asked about the portraits. They count as billed.",
    "portraits_unclear": "DashScope did not answer the order, and its list of tasks does not tell which is "
    "ours. It counts as billed, and is asked for once more at most.",
    "portraits_failed": "DashScope did not say why. Ask for other portraits, or train again.",
    "portraits_overdue": "DashScope has not made the portraits in four hours; they count as billed.",
    "portraits_canceled": "An administrator cancelled it before another try; `cost_cny` is what was billed.",
    "task_unknown": "DashScope no longer knows the task; it counts as billed.",
    "portrait_gone": "The portraits were made, and DashScope no longer serves them. Order them again.",
    "portrait_too_large": "The portraits were made, and are too large to be stored. Order them again.",
    "portrait_not_labelled": "The portraits cannot be labelled as generated: none is stored. Order again.",
    "model_released": "The model was deleted at DashScope before the portraits were made. Train again.",
    "canceled_before_submit": "An administrator cancelled it before anything was sent; nothing is billed.",
    "canceled_at_dashscope": "The task was cancelled at DashScope. Order them again.",
    "no_time": "The function was too slow to send the order. It is sent again; nothing needs to be done.",
    "erased": "The person was erased.",
}
"""The reasons of orders that are the product's own; every other code is DashScope's."""
