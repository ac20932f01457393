"""This product on the local cloud: its template, its code as a deployment has it, and its endpoints.

Used by ``make up``, ``make demo`` and the end-to-end tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from aliyun_local.clock import Clock
from aliyun_local.cloud import HTTP, Application, CloudOptions, LocalCloud, PortInUse
from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.data_folder import DataFolderInUse, DataFolderNotDisposable
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.template import TemplateError
from local.deployment import (
    ADMIN_TOKEN_PURPOSE,
    ENDPOINT_PARAMETERS,
    REQUIRED_PARAMETERS,
    STATUS_TOKEN_PURPOSE,
    TEMPLATE,
    FunctionCode,
    function_code,
    resolve,
)
from local.options import OLD, PARAMETERS, TODAY, OptionError, Options
from local.real_dashscope.forwarder import Forwarder
from shared.http_api.sessions import make_ticket
from shared.settings import SettingsError

FUNCTIONS = ("collect", "reconcile", "status")
PUBLIC_PORT = "{oss_public_port}"
"""Filled in by the local cloud."""
TICK_SECONDS = 60.0
"""The timer's interval in the template."""


class Stack(LocalCloud):
    """The deployed product. A context manager, like every :class:`LocalCloud`."""

    def __init__(
        self,
        options: Options,
        *,
        clock: Clock | None = None,
        on_log: Callable[[str, str], object] | None = None,
        forwarder: Forwarder | None = None,
        code: FunctionCode | None = None,
    ) -> None:
        """Check the settings, bind the ports and open the state; nothing answers before ``start``.

        Args:
            options: how it runs.
            clock: the time of the services.
            on_log: gets a function's name and each line that it logs.
            forwarder: the way to the real DashScope, which the functions then use; its owner closes it.
            code: what the functions run from; None: the zip of this checkout, which is built.

        Raises:
            OptionError: the data folder or a port cannot be used, or a setting makes no sense.
        """
        self._forwarder = forwarder
        parameters = {**_parameters(options), **_real_parameters(forwarder)}
        _check(parameters)
        self._application = _application(parameters, code or function_code())
        cloud_options = CloudOptions(
            data=options.data,
            disposable=options.disposable,
            host=options.host,
            ports={HTTP if name == "status" else name: port for name, port in self._ports(options).items()},
            behaviour=_behaviour(options),
            oss_behaviour=_oss_behaviour(options.oss_account, str(parameters["BucketName"])),
            tick_seconds=options.tick_seconds,
            # Pages are looked at through a domain of one's own; the default one makes browsers save them.
            default_domain=False,
        )
        try:
            super().__init__(cloud_options, self._application, clock=clock, on_log=on_log)
        except (DataFolderInUse, DataFolderNotDisposable) as problem:
            raise OptionError(f"{problem} (set LOCAL_DATA)") from problem
        except PortInUse as problem:
            variable = f"LOCAL_PORT_{'status' if problem.endpoint == HTTP else problem.endpoint}".upper()
            raise OptionError(f"{problem}; set {variable} to another, or 0") from problem

    def _ports(self, options: Options) -> dict[str, int]:
        """Return the ports; that of DashScope is the forwarder's where there is one."""
        return options.ports if self._forwarder is None else {**options.ports, "dashscope": 0}

    def url(self, name: str) -> str:
        """Return the base URL of an endpoint; DashScope's is the forwarder's where there is one."""
        if name == "dashscope" and self._forwarder is not None:
            return self._forwarder.url
        return super().url(name)

    @property
    def bucket(self) -> str:
        """The photo bucket's name."""
        return self.resources.buckets[0].name

    @property
    def parameters(self) -> Mapping[str, object]:
        """The template's parameters as this run gives them."""
        return self._application.parameters

    @property
    def code(self) -> Path:
        """The folder of the functions' code."""
        return self._application.code

    @property
    def status_url(self) -> str:
        """The base URL of the status function."""
        return self.url(HTTP)

    @property
    def status_token(self) -> str:
        """The token that readers of the status API send."""
        return self.account.token(STATUS_TOKEN_PURPOSE)

    @property
    def admin_token(self) -> str:
        """The token that administrators send."""
        return self.account.token(ADMIN_TOKEN_PURPOSE)

    @property
    def sign_in_url(self) -> str:
        """The overview, signed in as administrator by one click; good for a quarter of an hour."""
        ticket = make_ticket(self.admin_token, "admin", int(self.clock.now() * 1000))
        return f"{self.status_url}/sign-in?ticket={ticket}"

    @property
    def endpoints(self) -> dict[str, str]:
        """The lines of ``.local/endpoints.env``."""
        names = {
            name.rpartition("-")[2]: name
            for name in sorted(function.name for function in self.resources.functions.values())
        }
        general = super().endpoints
        del general["HTTP_TRIGGER_URL"]
        if self._forwarder is not None:
            general["DASHSCOPE_API_KEY"] = self._forwarder.account.local_key
        return {
            **general,
            "OSS_BUCKET": self.bucket,
            "OTS_INSTANCE": self.resources.instances[0].name,
            **{f"FC_{name.upper()}": names[name] for name in FUNCTIONS},
            "STATUS_URL": self.status_url,
            "STATUS_TOKEN": self.status_token,
            "ADMIN_TOKEN": self.admin_token,
        }


def _application(parameters: Mapping[str, object], code: FunctionCode) -> Application:
    """Return the product as it is deployed; ``code`` may be for another runtime than the default one."""
    runtime = {} if code.runtime is None else {"Runtime": code.runtime}
    return Application(
        template=TEMPLATE,
        code=code.folder,
        parameters={**parameters, **runtime},
        libraries=code.libraries,
        preloaded=code.preloaded,
        interpreter=code.interpreter,
    )


def _parameters(options: Options) -> dict[str, object]:
    """Return the template's parameters; names in braces are filled in by the local cloud."""
    lingers = (options.tick_seconds or TICK_SECONDS) >= TICK_SECONDS
    return {
        **REQUIRED_PARAMETERS,
        **ENDPOINT_PARAMETERS,
        "KeptFineTunes": options.kept_jobs,
        # With a tick every few seconds there is nothing to stay for.
        **({} if lingers else {"LingerSeconds": 0}),
        **({} if options.oss_account in (TODAY, OLD) else {"OssPublicDomain": _domain(options.oss_account)}),
        **options.parameters,
    }


def _real_parameters(forwarder: Forwarder | None) -> dict[str, object]:
    """Return what the functions need for the real DashScope, which cannot download from this machine."""
    if forwarder is None:
        return {}
    return {"DashScopeApiKey": forwarder.account.local_key, "PhotoAccess": "file"}


def _domain(name: str) -> str:
    """Return a domain of the local account as a setting: it has no certificate, and a port of its own."""
    return f"http://{name}:{PUBLIC_PORT}"


def _check(parameters: dict[str, object]) -> None:
    """Refuse settings that the template or a function would refuse."""
    try:
        domain = str(parameters.get("OssPublicDomain", "")).replace(PUBLIC_PORT, "80")
        resolve({**parameters, "StatusToken": "0" * 32, "OssPublicDomain": domain})
    except (TemplateError, SettingsError) as problem:
        name = next((name for name, parameter in PARAMETERS.items() if parameter in str(problem)), "")
        raise OptionError(f"{name}: {problem}" if name else str(problem)) from problem


def _behaviour(options: Options) -> Behaviour:
    seconds = options.training_seconds
    return Behaviour(
        training_seconds=seconds,
        pending_seconds=min(4.0, seconds / 10),
        rejection_seconds=min(5.0, seconds / 4),
        task_pending_seconds=min(1.0, seconds / 10),
        # In the documents' samples a portrait takes a fifth of the time of a training.
        task_seconds=seconds / 5,
        kept_fine_tunes=options.kept_jobs,
        concurrent_fine_tunes=options.concurrent_trainings,
    )


def _oss_behaviour(account: str, bucket: str) -> OssBehaviour:
    return OssBehaviour(
        public_data_access=account == OLD, domains={} if account in (TODAY, OLD) else {account: bucket}
    )
