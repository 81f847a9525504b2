"""Opening the way to Power BI web from the settings of the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from generator import web
from generator.problems import Problem, Stop
from generator.publish.auth import SignIn
from generator.publish.service import FABRIC_URL, HOSTS, POWERBI_URL, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PER_MINUTE = 200  # Fabric's published share for one identity; Power BI's older half publishes none
_WRONG = 2


def open_service(
    environ: Mapping[str, str] = os.environ,
    *,
    tell: Callable[[str], None] | None = None,
    trace: Callable[[str], None] | None = None,
) -> tuple[Service, SignIn]:
    """Return the service and who signs in; raise ``Stop`` with exit code 2 where a setting is none.

    ``tell`` shows what to do to sign in, ``trace`` gets a line for each request.
    """
    fabric = (environ.get("BUNDEL_FABRIC_URL") or FABRIC_URL).rstrip("/")
    powerbi = (environ.get("BUNDEL_POWERBI_URL") or POWERBI_URL).rstrip("/")
    sign_in = SignIn(environ, tell)
    bucket = web.Bucket(_number(environ, "BUNDEL_CALLS_PER_MINUTE", _PER_MINUTE), clock=web.SystemClock())
    at_home = web.local_origin(fabric) and web.local_origin(powerbi)
    hosts = () if at_home else HOSTS  # a token for this computer stays on this computer
    way = web.Web(hosts, sign_in.headers, local=(fabric, powerbi), bucket=bucket, trace=trace)
    for name, url in (("BUNDEL_FABRIC_URL", fabric), ("BUNDEL_POWERBI_URL", powerbi)):
        if not way.allows(url):
            raise Stop([Problem("B318", None, {"variable": name, "value": web.host_of(url) or "-"})], _WRONG)
    minutes = _number(environ, "BUNDEL_REFRESH_MINUTES", 60)
    service = Service(way, fabric, powerbi, refresh_seconds=60.0 * minutes)
    if token := environ.get("BUNDEL_TOKEN"):
        service.secrets.add(token)
    return service, sign_in


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    """Return a setting that is a whole number from 1."""
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 100_000):  # noqa: PLR2004
        raise Stop([Problem("B318", None, {"variable": name, "value": value[:20]})], _WRONG)
    return int(value)
