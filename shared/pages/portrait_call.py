"""The call that makes portraits of a trained person, ready to run: the reason why anybody waits for a model.

DashScope, "facechain-generation" (AI portraits): asynchronous, four pictures by default, 0.18 CNY each. The
key is read from the environment variable that DashScope's own clients read. Called by ``rendering``.
"""

from __future__ import annotations

import json

_URL = "https://dashscope.aliyuncs.com/api/v1/services/aigc/album/gen_potrait"


def body(finetuned_output: str) -> dict[str, object]:
    """Return the request's content for a model."""
    return {
        "model": "facechain-generation",
        "parameters": {"style": "f_idcard_female", "size": "768*1024", "n": 4},
        "resources": [{"resource_id": finetuned_output, "resource_type": "facelora"}],
    }


def in_curl(finetuned_output: str) -> str:
    """Return the call for a shell."""
    content = json.dumps(body(finetuned_output), ensure_ascii=False).replace("'", "'\\''")
    return "\n".join(
        (
            f"curl -X POST {_URL} \\",
            '  -H "Authorization: Bearer $DASHSCOPE_API_KEY" \\',
            '  -H "Content-Type: application/json" \\',
            '  -H "X-DashScope-Async: enable" \\',
            f"  -d '{content}'",
        )
    )


def in_python(finetuned_output: str) -> str:
    """Return the call as a program, which waits for the pictures and prints their addresses."""
    return f"""\
import os, time, requests

API = "https://dashscope.aliyuncs.com/api/v1"
KEY = {{"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}}

task = requests.post(
    API + "/services/aigc/album/gen_potrait",
    headers={{**KEY, "X-DashScope-Async": "enable"}},
    json={body(finetuned_output)!r},
    timeout=30,
).json()["output"]
while task["task_status"] in ("PENDING", "RUNNING"):
    time.sleep(5)
    task = requests.get(API + "/tasks/" + task["task_id"], headers=KEY, timeout=30).json()["output"]
print(task["task_status"], [picture.get("url") for picture in task.get("results", [])])
"""
