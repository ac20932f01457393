"""What every command needs: the stage, who calls, the services, and where to show things."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from aliyun_local.template import Template
from local.packaging import ROOT
from local.stages import accounts, layers, ros
from local.stages.accounts import Caller
from local.stages.calls import Api
from local.stages.credentials import Credentials
from local.stages.endpoints import Endpoints
from local.stages.errors import NotStarted, ServiceError
from local.stages.layers import Layers
from local.stages.names import Names, names_of
from local.stages.output import Output
from local.stages.ros import Ros, Stack
from local.stages.secret_values import given_secrets, kept_secrets
from local.stages.stage_file import FOLDER, Stage, read_stage, write_stage
from local.stages.status_api import StatusApi
from local.stages.stores import Stores

REGION = "cn-beijing"
"""DashScope offers FaceChain there only."""


@dataclass(kw_only=True)
class Context:
    """A command on a stage.

    Attributes:
        name: of the stage.
        output: shows.
        endpoints: of the services.
        credentials: who calls.
        environment: the variables, those of the file of endpoints on top.
        secrets_file: that ``--secrets`` names.
        folder: where stages are remembered.
        template_path: the template that is deployed.
        sleep: waits so many seconds.
        now: seconds since the epoch.
        monotonic: seconds of a clock that is never set.
    """

    name: str
    output: Output
    endpoints: Endpoints
    credentials: Credentials
    environment: Mapping[str, str] = field(repr=False)
    secrets_file: Path | None = None
    folder: Path = FOLDER
    template_path: Path = ROOT / "template.yml"
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def api(self, service: str, version: str, endpoint: str) -> Api:
        """Return the API of a service."""
        return Api(service, version, endpoint, self.credentials, sleep=self.sleep)

    @cached_property
    def caller(self) -> Caller:
        """Who calls, in the account that the stage lies in.

        Raises:
            NotStarted: the stage lies in another account.
        """
        try:
            found = accounts.caller(self.api("STS", accounts.VERSION, self.endpoints.sts))
        except ServiceError as problem:
            raise NotStarted(str(problem).partition("\n")[0], problem.remedy) from problem
        remembered = self.stage.account_id
        if remembered and remembered != found.account_id:
            raise NotStarted(
                f"stage {self.name} lies in account {remembered}; the credentials are of {found.account_id}",
                "Choose the profile of that account (ALIBABA_CLOUD_PROFILE), or another stage's name.",
            )
        return found

    @cached_property
    def names(self) -> Names:
        """What the stage calls its resources."""
        return names_of(self.name, self.caller.account_id)

    @cached_property
    def ros(self) -> Ros:
        """ROS, in the region."""
        return Ros(self.api("ROS", ros.VERSION, self.endpoints.ros), REGION)

    @cached_property
    def layers(self) -> Layers:
        """Function Compute, in the region."""
        return Layers(self.api("Function Compute", layers.VERSION, self.endpoints.fc))

    @cached_property
    def stores(self) -> Stores:
        """OSS and Tablestore, in the region."""
        return Stores(self.endpoints, REGION, self.credentials)

    @cached_property
    def template_text(self) -> str:
        """The template as it is written."""
        return self.template_path.read_text(encoding="utf-8")

    @cached_property
    def template(self) -> Template:
        """The template, read."""
        return Template.from_text(self.template_text)

    @property
    def stage(self) -> Stage:
        """What is remembered of the stage."""
        return read_stage(self.name, self.folder)

    def remember(self, stage: Stage) -> Path:
        """Remember ``stage``."""
        return write_stage(stage, self.folder)

    def stack(self) -> Stack | None:
        """Return the stack of the stage; None when there is none. A lost file of the stage does no harm."""
        remembered = self.stage.stack_id
        found = self.ros.stack(remembered) if remembered else None
        return found or self.ros.stack(self.names.stack)

    def needed_stack(self) -> Stack:
        """Return the stack of the stage.

        Raises:
            NotStarted: there is none.
        """
        found = self.stack()
        if found is None or found.was_never_made:
            raise NotStarted(
                f"stage {self.name} is not deployed in account {self.caller.account_id}",
                f"Deploy it: make deploy STAGE={self.name}",
            )
        return found

    def status_api(self, stack: Stack) -> StatusApi:
        """Return the status API of the stack, with the token that is known here.

        Raises:
            NotStarted: the stack has no address.
        """
        url = stack.outputs.get("StatusUrl", "")
        if not url:
            raise NotStarted(f"the stack has no output StatusUrl; it is {stack.status}", "Deploy it again.")
        known = self.tokens()
        token = known.get("AdminToken") or known.get("StatusToken") or ""
        return StatusApi(url, token, sleep=self.sleep, is_local=self.endpoints.is_local)

    def tokens(self) -> dict[str, str]:
        """Return the tokens of the stage that are known here: given ones, then kept ones."""
        given = given_secrets(("StatusToken", "AdminToken"), self.environment, self.secrets_file)
        return {**kept_secrets(self.name, self.folder), **given}
