"""``deploy --dry-run``: all that can be checked without an account, and the parameters as they would be."""

from __future__ import annotations

from collections import Counter

from aliyun_local.template import TemplateError
from local.stages.context import REGION, Context
from local.stages.deploying import Wishes
from local.stages.errors import NotStarted
from local.stages.names import names_of
from local.stages.package import build_code
from local.stages.parameters import first_values, read_parameters, secret_names, shown
from shared.settings import SettingsError, read_settings

NOBODY = "1000000000000000"
"""Stands for the account, of which a dry run asks nothing."""
_MADE_UP = "made-up-for-a-dry-run"


def dry_run(context: Context, wishes: Wishes) -> dict[str, object]:
    """Check template, parameters and code; returns what would be deployed.

    Raises:
        NotStarted: the template or a function would refuse the parameters.
    """
    context.output.step(f"Dry run of stage {context.name}: no account is asked")
    asked = read_parameters(wishes.parameters, wishes.parameters_file, context.template)
    names = names_of(context.name, NOBODY)
    values = {**first_values(names), **context.endpoints.parameters, **asked}
    runtime = str(values.get("Runtime") or context.template.document["Parameters"]["Runtime"]["Default"])
    code = build_code(runtime)
    layer = f"acs:fc:{REGION}:{NOBODY}:layers/{names.layer}/versions/1"
    needed = [
        name
        for name in secret_names(context.template)
        if "Default" not in context.template.document["Parameters"][name] or name == "AdminToken"
    ]
    values = {**values, "CodeLayer": layer, **dict.fromkeys(needed, _MADE_UP)}
    try:
        resources = context.template.resolve(values, {"ALIYUN::TenantId": NOBODY, "ALIYUN::Region": REGION})
        for function in resources.functions.values():
            read_settings(function.environment)
    except (TemplateError, SettingsError) as problem:
        raise NotStarted(f"the template refuses these parameters: {problem}") from problem
    output = context.output
    output.mark("ok", "template.yml takes these parameters, and the functions their settings")
    output.mark("ok", f"the code: {code.name}, {len(code.content) / 1024:,.0f} KB")
    kinds = Counter(str(one["Type"]) for one in context.template.document["Resources"].values())
    output.table(
        "Resources of the template", ("kind", "number"), [(k, str(n)) for k, n in sorted(kinds.items())]
    )
    told = {**shown(context.template, values), "CodeLayer": "the version that is published"}
    told = {name: text.replace(NOBODY, "ACCOUNT") for name, text in told.items()}
    output.table("Parameters that are not the template's own defaults", ("name", "value"), list(told.items()))
    return {
        "stage": context.name,
        "dry_run": True,
        "stack": names.stack,
        "package": {"name": code.name, "bytes": len(code.content), "has_bytecode": code.has_bytecode},
        "parameters": told,
        "resources": dict(sorted(kinds.items())),
    }
