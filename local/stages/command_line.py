"""The operator's commands as they are typed: ``python -m local deploy --stage NAME`` and the others.

Exit statuses stand in :data:`local.stages.errors.EXIT_STATUSES`. With ``--json`` the standard output has
one JSON document, also for an error; ``logs`` has one line of JSON for each log line.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from local.stages import cost
from local.stages.context import REGION, Context
from local.stages.credentials import Credentials
from local.stages.endpoints import endpoints_of, with_endpoints_file
from local.stages.errors import DONE, EXIT_STATUSES, INTERRUPTED, NotStarted, StageError
from local.stages.names import checked_stage
from local.stages.output import Output

Run = Callable[[Context, argparse.Namespace], int]
_MISSING = "Install what it needs: make deploy installs it, or pip install -r requirements/deploy.txt"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the operator's commands to a parser."""
    from local.stages import runs

    deploy = _command(commands, "deploy", "bring a stage to what this checkout says, and try it", runs.deploy)
    _parameters(deploy)
    deploy.add_argument("--dry-run", action="store_true", help="check and show everything; needs no account")
    deploy.add_argument("--no-smoke", action="store_true", help="do not try the stage afterwards")
    deploy.add_argument("--no-checks", action="store_true", help="do not check the account first")
    _parameters(_command(commands, "diff", "show what deploy would change", runs.diff))
    _command(
        commands, "status", "how a stage stands: stack, functions, queue, what is in the way", runs.status
    )
    logs = _command(commands, "logs", "what the functions logged", runs.logs)
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("--since", default="1h", help="how far back: 30s, 15m, 2h, 3d (default: 1h)")
    logs.add_argument("--person", default="", help="lines about this person")
    logs.add_argument("--job", default="", help="lines about this job")
    logs.add_argument("--request-id", default="", help="all lines of this run")
    logs.add_argument("--errors", action="store_true", help="warnings, errors and failed runs")
    smoke = _command(commands, "smoke", "prove that a stage works, link by link; free", runs.smoke)
    smoke.add_argument("--train", action="store_true", help="pay for one training too (asks first)")
    smoke.add_argument("--photos", type=Path, help="with --train: a folder of photos of one person")
    rollback = _command(commands, "rollback", "run the code that ran before", runs.rollback)
    rollback.add_argument("--to", default="", metavar="VERSION", help="the version of the code's layer")
    rollback.add_argument("--no-smoke", action="store_true", help="do not try the stage afterwards")
    destroy = _command(commands, "destroy", "remove a stage; keeps the data unless told to", runs.destroy)
    destroy.add_argument(
        "--bucket", action="store_true", help="the bucket goes too, with all photos and results"
    )
    destroy.add_argument("--tables", action="store_true", help="the tables go too, with all rows")
    destroy.add_argument("--models", action="store_true", help="the models at DashScope go too")
    destroy.add_argument(
        "--confirm", default="", metavar="NAME", help="the stage's name, instead of typing it"
    )
    _add_commands_about_people(commands, runs.erase, runs.export)
    _command(commands, "doctor", "check account and stage, and say what to do", runs.doctor)
    month = commands.add_parser(
        "cost", help="estimate a month", description="estimate a month; needs no stage and no account."
    )
    month.add_argument("--people", type=int, default=100, help="people trained in a month (default: 100)")
    month.add_argument("--json", action="store_true", help="one JSON document on the standard output")
    month.set_defaults(run=_cost)
    opened = _command(commands, "open", "open the pages, or a console", runs.open_)
    opened.add_argument("what", nargs="?", default="pages", choices=("pages", "stack", "logs", "functions"))


def _add_commands_about_people(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], erase_person: Run, export_person: Run
) -> None:
    erase = _command(commands, "erase", "erase a person, and show the certificate", erase_person)
    erase.add_argument("person", metavar="PERSON", help="the person's id, as its folder is called")
    erase.add_argument(
        "--confirm", default="", metavar="NAME", help="the person's id once more, instead of typing it"
    )
    erase.add_argument("--no-wait", action="store_true", help="do not wait until it is done")
    export = _command(commands, "export", "fetch everything held about a person, as one zip", export_person)
    export.add_argument("person", metavar="PERSON", help="the person's id, as its folder is called")
    export.add_argument("--to", type=Path, metavar="FILE", help="the zip (default: export-PERSON.zip)")
    export.add_argument("--anew", action="store_true", help="not one that was made within the last day")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, run: Run
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text}.", epilog=_statuses())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--stage", required=True, metavar="NAME", help="which stage, such as production")
    parser.add_argument("--json", action="store_true", help="one JSON document on the standard output")
    parser.add_argument(
        "--yes", action="store_true", help="answer questions with yes (destroy, erase: --confirm NAME)"
    )
    parser.add_argument("--profile", default="", help="a profile of ~/.aliyun/config.json")
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="NAME=value lines, for your eyes only")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="a local cloud: .local/endpoints.env")
    parser.set_defaults(run=lambda given: _guarded(run, given))
    return parser


def _cost(given: argparse.Namespace) -> int:
    """Estimate a month; this needs no stage, no account and no credentials."""
    output = Output(as_json=given.json)
    try:
        month = cost.estimated(given.people)
    except StageError as problem:
        return _failed(output, given, problem)
    output.result(cost.document_of(month), cost.lines_of(month))
    return DONE


def _parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter of template.yml"
    )
    parser.add_argument("--parameters", type=Path, metavar="FILE", help="parameters as YAML or JSON")


def _statuses() -> str:
    return "exit statuses:\n" + "\n".join(f"  {status:<4} {text}" for status, text in EXIT_STATUSES.items())


def context_of(given: argparse.Namespace, output: Output) -> Context:
    """Return the context of a command as it was typed.

    Raises:
        NotStarted: the stage's name or a file is wrong.
    """
    environment = with_endpoints_file(os.environ, given.endpoints)
    if given.endpoints is not None:
        # The official chain of credentials looks into the environment of this process.
        for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
            os.environ[name] = environment.get(name, "")
    return Context(
        name=checked_stage(given.stage),
        output=output,
        endpoints=endpoints_of(REGION, environment),
        credentials=Credentials(given.profile),
        environment=environment,
        secrets_file=given.secrets,
    )


def _guarded(run: Run, given: argparse.Namespace) -> int:
    """Run a command; say how it ended."""
    output = Output(as_json=given.json, assume_yes=given.yes)
    context: Context | None = None
    try:
        context = context_of(given, output)
        return run(context, given)
    except StageError as problem:
        return _failed(output, given, problem)
    except ModuleNotFoundError as problem:
        missing = NotStarted(f"{problem.name} is not installed", _MISSING)
        output.say(f"{given.command}: {missing}", "red")
        return missing.status
    except KeyboardInterrupt:
        output.say(_how_to_go_on(context, given), "yellow")
        return INTERRUPTED


def _failed(output: Output, given: argparse.Namespace, problem: StageError) -> int:
    output.say(f"{given.command}: {problem}", "red")
    output.result({"error": str(problem), "remedy": problem.remedy, "status": problem.status})
    return problem.status


def _how_to_go_on(context: Context | None, given: argparse.Namespace) -> str:
    again = f"make {given.command} STAGE={given.stage}"
    try:
        operation = context.stage.operation if context is not None else ""
    except StageError:
        operation = ""
    if operation:
        return (
            f"\nInterrupted. ROS goes on with what was begun. '{again}' waits for it and goes on from there; "
            f"'make status STAGE={given.stage}' shows how far it is."
        )
    return f"\nInterrupted; nothing goes on. '{again}' begins again, and uses what is there already."
