"""Why something is there yet whose time has come, in plain words, with what to do.

Read by :mod:`shared.domain.remedies_of_our_own`; :mod:`shared.workflow.retaining` has the codes.
"""

from __future__ import annotations

from shared.domain.words import Told, Words

_AT_OSS = Words(
    "Compare the rights of reconcile with template.yml, and look for a retention policy of the bucket. It is "
    "tried again within a day.",
    "请对照 template.yml 检查 reconcile 的权限，并检查存储空间的合规保留策略；系统会在一天内重试。",
)

OF_RETENTION: dict[str, Told] = {
    "snapshots_not_removed": Told(
        Words(
            "The prepared photos have been kept for KEEP_SNAPSHOTS_DAYS, and OSS does not delete them.",
            "处理后的照片已到 KEEP_SNAPSHOTS_DAYS 规定的期限，但 OSS 未能删除。",
        ),
        _AT_OSS,
    ),
    "photos_not_removed": Told(
        Words(
            "The uploads have been kept for KEEP_PHOTOS_DAYS, and OSS does not delete them.",
            "上传的照片已到 KEEP_PHOTOS_DAYS 规定的期限，但 OSS 未能删除。",
        ),
        _AT_OSS,
    ),
    "model_not_removed": Told(
        Words(
            "The model has been kept for KEEP_MODELS_DAYS, and DashScope does not delete it.",
            "模型已到 KEEP_MODELS_DAYS 规定的期限，但 DashScope 未能删除。",
        ),
        Words(
            "Delete it in the console of Model Studio. Until then it is tried again each week, and what "
            "passes within a day.",
            "请在百炼控制台中删除模型；在此之前系统每周重试一次，暂时性故障则在一天内重试。",
        ),
    ),
}
