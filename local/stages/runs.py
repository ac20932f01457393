"""Each command of the operator: what it calls, and what it shows in the end.

Called by :mod:`local.stages.command_line`; each returns the exit status. Modules are imported where they
are used: most of them load a client.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import asdict

from local.stages.context import Context
from local.stages.deploying import Wishes
from local.stages.errors import DONE, FAILED, NotStarted, StageError
from local.stages.ros import Stack
from local.stages.smoke import Link

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def deploy(context: Context, given: argparse.Namespace) -> int:
    """Deploy the stage, and try it."""
    wishes = _wishes(given)
    if given.dry_run:
        from local.stages.dry_run import dry_run

        document = dry_run(context, wishes)
        context.output.result(document, ["Nothing was changed: this was a dry run."])
        return DONE
    from local.stages import deploying

    done = deploying.deploy(context, wishes)
    links = [] if given.no_smoke else _smoked(context, done.stack)
    document = {
        "stage": context.name,
        "stack": done.stack.status,
        "release": asdict(done.release),
        "changes": [asdict(one) for one in done.changes],
        "outputs": dict(done.stack.outputs),
        "smoke": [asdict(one) for one in links],
    }
    context.output.result(document, _outputs(context, done.stack.outputs))
    return DONE


def diff(context: Context, given: argparse.Namespace) -> int:
    """Show what ``deploy`` would change."""
    from local.stages import deploying

    changes = deploying.diff(context, _wishes(given))
    context.output.result({"stage": context.name, "changes": [asdict(one) for one in changes]})
    return DONE


def status(context: Context, _: argparse.Namespace) -> int:
    """Show how the stage stands."""
    from local.stages.standing import lines_of, standing

    document = standing(context)
    context.output.result(document, lines_of(document))
    return DONE


def logs(context: Context, given: argparse.Namespace) -> int:
    """Show what the functions logged."""
    from local.stages.log_command import show_logs

    return show_logs(
        context,
        since=int(context.now()) - seconds_of(given.since),
        person=given.person,
        job=given.job,
        request_id=given.request_id,
        errors=given.errors,
        follow=given.follow,
        as_json=given.json,
    )


def smoke(context: Context, given: argparse.Namespace) -> int:
    """Prove that the stage works."""
    stack = context.needed_stack()
    links = _smoked(context, stack)
    if given.train:
        from local.stages.paid_smoke import train

        links += train(context, stack, given.photos)
    lines = [f"The smoke test of stage {context.name} has passed."]
    context.output.result({"stage": context.name, "smoke": [asdict(one) for one in links]}, lines)
    return DONE


def rollback(context: Context, given: argparse.Namespace) -> int:
    """Run the code that ran before, and try it."""
    from local.stages import rolling_back

    stack, release = rolling_back.rollback(context, given.to)
    links = [] if given.no_smoke else _smoked(context, stack)
    document = {"stage": context.name, "release": asdict(release), "smoke": [asdict(one) for one in links]}
    context.output.result(document, [f"Stage {context.name} runs {release.package} again."])
    return DONE


def destroy(context: Context, given: argparse.Namespace) -> int:
    """Remove the stage."""
    from local.stages import destroying

    going = destroying.Going(bucket=given.bucket, tables=given.tables, models=given.models)
    left = destroying.destroy(context, going, given.confirm)
    lines = [f"Stage {context.name} is removed."]
    lines += [f"  stays: {one.what}; costs {one.costs}" for one in left]
    document = {"stage": context.name, "left": [one._asdict() for one in left]}
    context.output.result(document, lines)
    return DONE


def erase(context: Context, given: argparse.Namespace) -> int:
    """Erase a person."""
    from local.stages import erasing

    erased = erasing.erase(context, given.person, given.confirm, wait=not given.no_wait)
    document = {"stage": context.name, "done": erased.is_done, "certificate": erased.certificate}
    context.output.result(document, erasing.lines_of(erased))
    return DONE


def export(context: Context, given: argparse.Namespace) -> int:
    """Fetch everything that is held about a person."""
    from local.stages import exporting

    exported = exporting.export(context, given.person, given.to, anew=given.anew)
    document = {"stage": context.name, **exported._asdict(), "path": str(exported.path)}
    context.output.result(document, exporting.lines_of(exported))
    return DONE


def doctor(context: Context, _: argparse.Namespace) -> int:
    """Check account and stage."""
    from local.stages import doctor as checks
    from local.stages.secret_values import given_secrets

    key = given_secrets(("DashScopeApiKey",), context.environment, context.secrets_file)
    findings = checks.check_services(context, key.get("DashScopeApiKey", ""))
    stack = context.stack()
    if stack is None:
        context.output.mark("skipped", f"stage {context.name} is not deployed")
    else:
        findings += checks.check_stage(context, stack)
    failed = [one for one in findings if one.state == "failed"]
    document = {"stage": context.name, "findings": [asdict(one) for one in findings]}
    context.output.result(document, [f"{len(failed)} things need attention." if failed else "All is well."])
    return FAILED if failed else DONE


def open_(context: Context, given: argparse.Namespace) -> int:
    """Open the pages or a console."""
    from local.stages.opening import address_of, open_address

    address = address_of(context, given.what)
    is_open = not given.json and open_address(address)
    context.output.result({"address": address, "opened": is_open}, [address])
    return DONE


def seconds_of(text: str) -> int:
    """Return a duration such as ``15m`` in seconds.

    Raises:
        NotStarted: it is none.
    """
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise NotStarted(f"--since {text!r} is no duration", "Write 30s, 15m, 2h or 3d.")
    return int(match[1]) * _SECONDS[match[2]]


def _smoked(context: Context, stack: Stack) -> list[Link]:
    from local.stages import smoke as trying

    try:
        return trying.smoke(context, stack)
    except StageError as problem:
        raise StageError(
            str(problem).partition("\n")[0],
            f"{problem.remedy}\nThe stack itself is {stack.status}. After the remedy: make smoke "
            f"STAGE={context.name}. To run the code before: make rollback STAGE={context.name}",
        ) from problem


def _wishes(given: argparse.Namespace) -> Wishes:
    return Wishes(
        parameters=tuple(given.parameter),
        parameters_file=given.parameters,
        checks=not getattr(given, "no_checks", False),
    )


def _outputs(context: Context, outputs: Mapping[str, str]) -> list[str]:
    lines = [f"Stage {context.name} is deployed."]
    lines += [f"  {name:<14} {value}" for name, value in outputs.items()]
    tokens = f"{context.folder / context.name}.secrets"
    lines.append(f"  tokens         {tokens} (for your eyes only)")
    url = outputs.get("StatusUrl", "").rstrip("/")
    authorized = '-H "Authorization: Bearer $ADMIN_TOKEN"'
    # The tokens are not exported: given by the environment, they would become those of the next stage.
    lines += [
        "Train somebody, which is paid for, and look:",
        f"  . {tokens}",
        f"  curl -T photo.jpg {authorized} {url}/people/maria/photos/photo.jpg",
        f"  curl -X POST {authorized} {url}/people/maria/done",
        f"  curl {authorized} {url}/people/maria",
    ]
    # Without it there is only Function Compute's own domain, from which browsers save pages.
    pages = outputs.get("PagesUrl", "").rstrip("/")
    return [*lines, f"Or sign in with ADMIN_TOKEN at {pages}/people/maria"] if pages else lines
