"""Work in a process of its own that something may end at any moment; forked, so that fifty of them take no minute."""

import contextlib
import os
import warnings


def child(work):
    """Start something in a process of its own, and return its id; it says nothing, and its result is its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: what they hold, no child here needs
        pid = os.fork()
    if not pid:
        code = 70
        with contextlib.suppress(BaseException):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            code = work()
        os._exit(code or 0)
    return pid


def ended(pid):
    """Return the exit code of a child, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
