"""Power BI web on this computer, behind Microsoft's contract: every request and every answer is checked."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from judges.places import HERE, ORACLES, MissingToolError, run, venv_python

SECRETS = {"BUNDEL_TOKEN": "planted-token-4711", "BUNDEL_ODATA_PASSWORD": "planted-password-4711"}


@dataclass
class PowerBI:
    """A running service."""

    address: str

    @property
    def settings(self):
        """The environment in which the command finds it."""
        return {
            "BUNDEL_FABRIC_URL": self.address,
            "BUNDEL_POWERBI_URL": self.address,
            "BUNDEL_CALLS_PER_MINUTE": "90000",
            "BUNDEL_ODATA_USER": "ann@kantoor.example",
            **SECRETS,
        }

    def report(self):
        """What was asked, what broke the contract, and what there is now."""
        return httpx.get(f"{self.address}/judge", timeout=30).json()

    def create_workspace(self, name):
        headers = {"Authorization": "Bearer x"}
        answer = httpx.post(f"{self.address}/v1/workspaces", json={"displayName": name}, headers=headers, timeout=30)
        return answer.json()["id"]


@contextmanager
def serving(delay=0.0, *, strict=True):
    """The service, for as long as it is needed; ``delay`` is how long each answer takes, in seconds.

    Not ``strict``, it carries out a request that breaks the contract, and tells of it under ``violations``.
    """
    command = [venv_python("powerbi"), str(HERE / "judges" / "power_bi_server.py"), str(ORACLES / "powerbi")]
    environment = {**os.environ, "POWER_BI_DELAY": str(delay), "POWER_BI_STRICT": "1" if strict else ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            address = server.stdout.readline().strip()
            if not address:
                raise MissingToolError("the service does not start")
            yield PowerBI(address)
        finally:
            server.kill()


def fabric_cicd(service, folder, workspace):
    """Deploys a folder with Microsoft's fabric-cicd."""
    driver = HERE / "judges" / "fabric_cicd_driver.py"
    return run([venv_python("powerbi"), driver, service.address, folder, workspace], cwd=folder)
