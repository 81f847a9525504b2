"""An office that publishes, for tests: two clients with bundles of a few small files, on a service that is made up."""

from __future__ import annotations

import functools
import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import bundles
from clocks import Still
from power_bi import PowerBI

from generator.publish import apply, fabric, guard, plan, rebind, schedule
from generator.publish.definition import Target
from generator.publish.job import Job, Settings
from generator.publish.service import HOSTS, Service
from generator.publish.state import Record, load
from generator.web import Bucket, Web

OFFICE = """
## Kantoor
| Naam | Taal | Geconsolideerde URL |
| Van Dam | nl | https://bridge-online.cloud/vd-kantoor/odata4 |

## Klanten
| Code | Naam | URL | Verversen |
| bakker | Bakkerij | https://bridge-online.cloud/vd-bakker/odata4 | 06:30, 12:30 |
| oneill | O'Neill | https://bridge-online.cloud/vd-oneill/odata4 | 07:00 |

## Administraties
| Klant | Code |
| bakker | `710001` |
| oneill | `710002` |

## Toegang
| Klant | E-mail | Rol |
| bakker | bas@bakker.example | Viewer |
| oneill | olga@oneill.example | Viewer |
"""
SECRET = 'planted-Pa55-\u00e9"word'  # noqa: S105
ENVIRON = {"BUNDEL_ODATA_USER": "ann@kantoor.example", "BUNDEL_ODATA_PASSWORD": SECRET}


def bundle(out, client, version="1"):
    """Write a small bundle, and return it as what may be published."""
    files = {}
    for report in client.reports:
        url = f'expression P_INVANTIVE_URL = "{client.url}" meta [IsParameterQuery = true, Type = "Text"]\n'
        pbir = {"version": "4.0", "datasetReference": {"byPath": {"path": f"../{report.name}.SemanticModel"}}}
        files |= {
            f"{report.name}.SemanticModel/.platform": "{}",
            f"{report.name}.SemanticModel/definition.pbism": '{"version": "4.2"}',
            f"{report.name}.SemanticModel/definition/expressions.tmdl": url,
            f"{report.name}.SemanticModel/definition/model.tmdl": f"model Model {client.code} {version}\n",
            f"{report.name}.Report/.platform": "{}",
            f"{report.name}.Report/definition.pbir": json.dumps(pbir),
            f"{report.name}.Report/definition/report.json": json.dumps({"of": client.code, "version": version}),
        }
    for path, text in files.items():
        place = out / client.code / path
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="")
    hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
    return Target(client, out, hashes, f"spec {version} {client.url}", client.url)


@functools.cache
def clients_of(tables):
    """Return the clients of a workbook of these tables; read once."""
    with tempfile.TemporaryDirectory() as folder:
        return bundles.load(Path(folder), tables).clients


_BUNDLES = tempfile.TemporaryDirectory()


class Office:
    """The office, its output folder and the service; ``publish`` and ``rebind`` are runs from nothing but the disk."""

    def __init__(self, folder, tables=OFFICE, *, service=None, codes=("bakker",), titles=(), **how):
        self.out = folder / "output"
        self.out.mkdir(parents=True, exist_ok=True)
        self.clients = clients_of(tables)
        self.codes, self.version, self.how, self.titles = codes, "1", how, titles
        self.power_bi = service or PowerBI()
        self.clock, self.trace, self.moved = Still(), [], {}

    def client(self, code):
        found = next(each for each in self.clients if each.code == code)
        if self.titles:
            (report,) = found.reports
            reports = tuple(replace(report, name=title.lower(), title=name) for title, name in self.titles)
            found = replace(found, reports=reports)
        return replace(found, url=self.moved.get(code, found.url))

    def service(self):
        web = Web(
            HOSTS,
            lambda *_: {"Authorization": "Bearer token"},
            bucket=Bucket(100_000, clock=self.clock),
            transport=self.power_bi.transport(),
            trace=self.trace.append,
        )
        return Service(web, operation_seconds=60, refresh_seconds=120, secrets={"token"})

    def bundle(self, code):
        """Write a client's bundle, where no other office of these tests has."""
        client = self.client(code)
        folder = Path(_BUNDLES.name) / f"{self.version} {client.url.split('/')[3]} {len(client.reports)}"
        return bundle(folder, client, self.version)

    def jobs(self):
        service = self.service()
        every = [self.client(each.code) for each in self.clients]
        known = guard.directory(every, [load(self.out, each.code) for each in every])
        times = schedule.spread({each.code: each.refresh for each in every})
        settings = Settings(
            environ=ENVIRON | self.how.get("environ", {}), **{k: v for k, v in self.how.items() if k != "environ"}
        )
        return [
            Job(
                service,
                self.bundle(code),
                Record(self.out, code),
                settings,
                known,
                times[code],
            )
            for code in self.codes
        ]

    def plan(self):
        jobs = self.jobs()
        workspaces = plan.Workspaces(fabric.workspaces(jobs[0].service))
        return [plan.plan(job, workspaces) for job in jobs]

    def publish(self):
        return [apply.publish(planned.job) for planned in self.plan()]

    def rebind(self):
        return [rebind.rebind(job) for job in self.jobs()]
