"""Clocks for tests: time that passes only while someone waits."""


class Still:
    """A clock that stands still but for sleeping, which takes no time at all."""

    def __init__(self):
        self.time, self.slept = 0.0, []

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    def halt(self):
        """Nobody waits."""
