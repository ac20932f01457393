"""The log of a run: order, format, size, and a handler that closes its output."""

from __future__ import annotations

from pathlib import Path

from tests.emulators.function_compute.support import Deploy


def test_prints_and_log_records_are_kept_in_order_in_the_runtimes_format(
    deploy: Deploy, tmp_path: Path
) -> None:
    compute = deploy(
        """
        import logging, sys
        def handler(event, context):
            print("one")
            logging.getLogger().info("two %s", "值")
            context.getLogger().debug("not shown")
            print("three", file=sys.stderr)
            sys.stdout.write("no end")
        """,
        data=tmp_path / "data",
    )
    result = compute.invoke("f", b"")
    _start, *lines, _end = (tmp_path / "data" / "logs" / "f.log").read_text(encoding="utf-8").splitlines()
    assert [lines[0], *lines[2:]] == ["one", "three", "no end"]
    moment, request_id, rest = lines[1].split(" ", 2)
    assert (request_id, rest) == (result.request_id, "[INFO] two 值")
    assert len(moment) == len("2026-01-01T00:00:00.000Z")
    assert moment.endswith("Z")
    assert result.log_tail.decode().splitlines()[1:-3] == lines


def test_more_log_than_a_pipe_holds_is_not_lost_and_long_lines_are_cut(deploy: Deploy) -> None:
    compute = deploy(
        """
        def handler(event, context):
            print("x" * 100_000)
            for number in range(1500):
                print(number, "y" * 200)
        """
    )
    compute.invoke("f", b"")
    lines = compute.logs("f")
    assert lines[1] == "x" * 32 * 1024
    assert len(lines) == 1 + 1 + 1500 + 1


def test_a_handler_that_closes_its_output_still_answers(deploy: Deploy) -> None:
    compute = deploy(
        "import os\ndef handler(event, context):\n    os.close(1)\n    os.close(2)\n    return 'fine'\n"
    )
    assert compute.invoke("f", b"").body == b"fine"
