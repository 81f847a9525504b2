"""How the tests run: shared out over the processors, a file at a time, where pytest-xdist is installed."""

import pytest
from hypothesis import HealthCheck, settings

# A computer that has more to do is no fault of the program; what must be quick says so itself, in processor time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

MOST = 8  # processes; each loads the program, and there are not so many files with slow tests


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Ask for as many processes as there are processors, unless the command line says how many (``-n 0``: none)."""
    here = config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput")
    here = here and not getattr(config.option, "cov_source", None)  # pytest-cov has looked for ``-n`` already
    if here and config.option.numprocesses is None and not config.option.usepdb and "::" not in "".join(config.args):
        config.option.numprocesses, config.option.dist = "auto", "loadfile"
        config.option.maxprocesses = config.option.maxprocesses or MOST


def pytest_terminal_summary(terminalreporter):
    """Print what tests have counted: how many faults were tried."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", ()):
            if name == "faults":
                terminalreporter.write_line(value)
