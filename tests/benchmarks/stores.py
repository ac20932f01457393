"""The process of the emulated services and their request logs, for ``importing`` and ``uploads``.

Run as ``python -m tests.benchmarks.stores <folder>``. It prints the environment of ``collect`` as one line of
JSON, and ends with its standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aliyun_local.clock import SystemClock
from aliyun_local.control import ControlledServer, Controls
from aliyun_local.credentials import AccessKeys
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.emulators import Emulators
from aliyun_local.serving.server import LoopbackServer
from local.deployment import resolve

KEY_ID, SECRET, API_KEY = "LTAIbench", "secret-of-the-benchmarks", "sk-benchmarks"
BUCKET = "bench-photos"


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    clock = SystemClock()
    keys = AccessKeys(clock)
    keys.add(KEY_ID, SECRET)
    # Photos that a fast machine sends at once would be throttled, and each retry would count as a face check.
    behaviour = Behaviour(detections_per_second=1_000)
    emulators = Emulators(folder, clock, keys, behaviour, api_keys=[API_KEY])
    controls = Controls(
        clock,
        fronts=lambda: emulators.fronts,
        behaviour=lambda: behaviour,
        default_behaviour=Behaviour,
        oss_behaviour=lambda: emulators.oss_behaviour,
        ledger=lambda: emulators.studio.ledger(),
        reset=lambda: None,
    )
    servers = {
        name: LoopbackServer(ControlledServer(front, controls)).start()
        for name, front in emulators.fronts.items()
    }
    resources = resolve(
        {
            "BucketName": BUCKET,
            "InstanceName": "bench",
            "CodeLayer": "acs:fc:cn-beijing:1:layers/bench/versions/1",
            "DashScopeApiKey": API_KEY,
            "DashScopeBaseUrl": f"{servers['dashscope'].url}/api/v1",
            "OssEndpoint": servers["oss"].url,
            "OssPublicEndpoint": servers["oss"].url,
            "OtsEndpoint": servers["ots"].url,
            "StatusToken": "token-of-the-benchmarks",
            # No set becomes due while a slow machine still uploads to it.
            "QuietSeconds": 86_400,
        }
    )
    emulators.create(resources)
    (collect,) = (one for name, one in resources.functions.items() if name.endswith("-collect"))
    print(json.dumps({name: str(value) for name, value in collect.environment.items()}), flush=True)
    sys.stdin.read()
    for server in servers.values():
        server.close()
    emulators.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
