"""Work in a process of its own that something may end at any moment; forked, so that fifty of them take no minute."""

import contextlib
import os
import sys
import warnings


def child(work, said=os.devnull):
    """Start something in a process of its own, and return its id; its result is its exit code.

    What it prints goes to a file, what it says on standard error nowhere.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: what they hold, no child here needs
        pid = os.fork()
    if not pid:
        code = 70
        with contextlib.suppress(BaseException):
            os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            sys.stdout, sys.stderr = (open(each, "w", encoding="utf-8", closefd=False) for each in (1, 2))  # noqa: SIM115
            code = work()
            sys.stdout.flush()
        os._exit(code or 0)
    return pid


def ended(pid):
    """Return the exit code of a child, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
