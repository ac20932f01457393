"""Every problem of the API: its code, its status, and its texts in both languages.

Read by ``problems`` for the answers and by ``local/api_reference`` for docs/api.md.
"""

from __future__ import annotations

from shared.domain.object_keys import MAX_PERSON_BYTES
from shared.domain.states import JobState
from shared.domain.words import Words
from shared.http_api.limits import MAX_LIMIT
from shared.http_api.problem_kinds import ProblemKind
from shared.http_api.problems_of_audits import OF_AUDITS
from shared.http_api.problems_of_browsers import OF_BROWSERS
from shared.http_api.problems_of_consent import OF_CONSENT
from shared.http_api.problems_of_erasures import OF_ERASURES
from shared.http_api.problems_of_exports import OF_EXPORTS
from shared.http_api.problems_of_messages import OF_MESSAGES
from shared.http_api.problems_of_portraits import OF_PORTRAITS

REFERENCE_PAGE = "docs/api.md"
"""The reference of the API, as a path in the repository."""
_STATES = ", ".join(state.value for state in JobState)
_STATES_CHINESE = "、".join(state.value for state in JobState)

PROBLEMS: dict[str, ProblemKind] = {
    "unreadable_request": ProblemKind(
        400,
        Words("The request cannot be read.", "无法读取请求。"),
        Words(
            "Call the function through its HTTP trigger, with a path that is percent-encoded UTF-8.",
            "请通过 HTTP 触发器调用函数，路径须为百分号编码的 UTF-8。",
        ),
    ),
    "invalid_person": ProblemKind(
        400,
        Words(
            "No person can have this name.",
            "人员名称无效。",
        ),
        Words(
            f"Send the name of the person's folder: 1 to {MAX_PERSON_BYTES} bytes of UTF-8, without '/' and "
            "control characters, not beginning with '.'.",
            f"请使用人员文件夹的名称：UTF-8 编码 1 到 {MAX_PERSON_BYTES} 字节，不含“/”和控制字符，"
            "不以“.”开头。",
        ),
    ),
    "invalid_job": ProblemKind(
        400,
        Words(
            "No job can have this id.",
            "任务 ID 无效。",
        ),
        Words(
            "Take the id from a job_id field; ids look like 0123456789abcdef0123-1.",
            "请使用 job_id 字段的值，形如 0123456789abcdef0123-1。",
        ),
    ),
    "invalid_state": ProblemKind(
        400,
        Words(
            "There is no such state.",
            "没有这种状态。",
        ),
        Words(
            f"Set state to one of {_STATES}.",
            f"state 须为以下之一：{_STATES_CHINESE}。",
        ),
    ),
    "invalid_format": ProblemKind(
        400,
        Words("There is no such format.", "没有这种格式。"),
        Words("Set format to one of: {known}.", "format 须为以下之一：{known}。"),
    ),
    "invalid_limit": ProblemKind(
        400,
        Words(
            "The limit is not usable.",
            "limit 无效。",
        ),
        Words(
            f"Set limit to a whole number from 1 to {MAX_LIMIT}.",
            f"limit 须为 1 到 {MAX_LIMIT} 的整数。",
        ),
    ),
    "invalid_cursor": ProblemKind(
        400,
        Words(
            "This API did not give the cursor.",
            "cursor 不是本接口给出的。",
        ),
        Words(
            "Start again without cursor, and send the value of next unchanged.",
            "请去掉 cursor 从头查询，并原样使用返回的 next。",
        ),
    ),
    "unknown_parameter": ProblemKind(
        400,
        Words(
            "There is no parameter {parameter}.",
            "没有参数 {parameter}。",
        ),
        Words(
            "Use only {known}.",
            "可用的参数：{known}。",
        ),
    ),
    "invalid_query": ProblemKind(
        400,
        Words(
            "The query is not usable.",
            "query 无效。",
        ),
        Words(
            f"Set query to the beginning of a person's name, {MAX_PERSON_BYTES} bytes of UTF-8 at most.",
            f"query 须为人员名称的开头，UTF-8 编码不超过 {MAX_PERSON_BYTES} 字节。",
        ),
    ),
    "invalid_because": ProblemKind(
        400,
        Words(
            "The content does not say why.",
            "请求体没有说明原因。",
        ),
        Words(
            'Send JSON such as {{"because": "the account is moved"}}, with {most} characters at most.',
            '请发送 JSON，例如 {{"because": "账号迁移"}}，不超过 {most} 个字符。',
        ),
    ),
    "invalid_idempotency_key": ProblemKind(
        400,
        Words(
            "The Idempotency-Key is not usable.",
            "Idempotency-Key 无效。",
        ),
        Words(
            "Send 1 to 255 visible ASCII characters, such as a UUID.",
            "请使用 1 到 255 个可见 ASCII 字符，例如 UUID。",
        ),
    ),
    "unauthorized": ProblemKind(
        401,
        Words(
            "The token is missing or wrong.",
            "缺少令牌，或令牌错误。",
        ),
        Words(
            "Send the header 'Authorization: Bearer <STATUS_TOKEN>'; to change something, <ADMIN_TOKEN>.",
            "请发送请求头“Authorization: Bearer <STATUS_TOKEN>”；管理操作请使用 <ADMIN_TOKEN>。",
        ),
    ),
    "admin_only": ProblemKind(
        403,
        Words(
            "The read token may only read.",
            "读取令牌只能用于读取。",
        ),
        Words(
            "Send the header 'Authorization: Bearer <ADMIN_TOKEN>'.",
            "请发送请求头“Authorization: Bearer <ADMIN_TOKEN>”。",
        ),
    ),
    "admin_not_enabled": ProblemKind(
        403,
        Words(
            "No admin token is set, so nothing can be changed through this API.",
            "尚未设置管理令牌，无法通过本接口进行管理操作。",
        ),
        Words(
            "Set the stack's parameter AdminToken (ADMIN_TOKEN) to 16 characters or more, and deploy again.",
            "请将资源栈参数 AdminToken（ADMIN_TOKEN）设为至少 16 个字符，然后重新部署。",
        ),
    ),
    "unknown_route": ProblemKind(
        404,
        Words(
            "There is no such route.",
            "没有这个路径。",
        ),
        Words(
            f"Use one of {{routes}}; {REFERENCE_PAGE} in the repository describes them.",
            f"可用的路径：{{routes}}；说明见代码仓库中的 {REFERENCE_PAGE}。",
        ),
    ),
    "unknown_person": ProblemKind(
        404,
        Words(
            "No photo of this person has arrived yet.",
            "尚未收到此人的照片。",
        ),
        Words(
            "Upload photos to the person's folder in the bucket, or check the spelling of the name.",
            "请将照片上传到存储空间中此人的文件夹，或检查名称是否正确。",
        ),
    ),
    "unknown_job": ProblemKind(
        404,
        Words(
            "There is no job with this id.",
            "没有这个 ID 的任务。",
        ),
        Words(
            "Take the id from GET /jobs or GET /people/{{person_id}}.",
            "请从 GET /jobs 或 GET /people/{{person_id}} 的结果中取 ID。",
        ),
    ),
    "unknown_link": ProblemKind(
        404,
        Words(
            "This link is not valid, or not any more.",
            "链接无效或已失效。",
        ),
        Words(
            "Ask whoever has sent it for a new one.",
            "请向发送者索取新的链接。",
        ),
    ),
    "unknown_request": ProblemKind(
        404,
        Words(
            "There is no request with this id, or it was made more than a day ago.",
            "没有这个 ID 的请求，或该请求已超过一天。",
        ),
        Words(
            "Take the id from the answer to the request.",
            "请使用发起请求时返回的 ID。",
        ),
    ),
    "method_not_allowed": ProblemKind(
        405,
        Words(
            "This route does not take this method.",
            "该路径不支持此方法。",
        ),
        Words(
            "Use one of {allowed}.",
            "请使用：{allowed}。",
        ),
    ),
    "content_too_large": ProblemKind(
        413,
        Words(
            "The request is too large.",
            "请求过大。",
        ),
        Words(
            "Send less content; routes that read any take a few kilobytes.",
            "请减小请求体：读取请求体的路径只接受几 KB。",
        ),
    ),
    "idempotency_key_reused": ProblemKind(
        422,
        Words(
            "The Idempotency-Key has been used for another request within a day.",
            "该 Idempotency-Key 一天之内已用于另一个请求。",
        ),
        Words(
            "Use a new key for each request, and the same one only to send it again.",
            "每个请求请使用新的键；只有重发同一请求时才使用相同的键。",
        ),
    ),
    "misconfigured": ProblemKind(
        500,
        Words(
            "A setting of the function is missing or wrong.",
            "函数的配置缺失或有误。",
        ),
        Words(
            "Read the function's log, correct the parameter of the stack, and deploy again.",
            "请查看函数日志，修正资源栈的参数后重新部署。",
        ),
    ),
    "unreadable_row": ProblemKind(
        500,
        Words(
            "Newer code has written the row of this job, and this version cannot read it.",
            "该任务的记录由更新版本的代码写入，当前版本无法读取。",
        ),
        Words(
            "Deploy the newer code again; until then the job is left alone.",
            "请重新部署更新的版本，在此之前该任务不会被改动。",
        ),
    ),
    "unavailable": ProblemKind(
        503,
        Words("The job table does not answer.", "任务表暂无响应。"),
        Words(
            "Repeat the request after the seconds that Retry-After gives.",
            "请在 Retry-After 给出的秒数之后重试。",
        ),
    ),
    **OF_BROWSERS,
    **OF_AUDITS,
    **OF_CONSENT,
    **OF_ERASURES,
    **OF_EXPORTS,
    **OF_MESSAGES,
    **OF_PORTRAITS,
}
