"""What both job handles are: an id, and the job as it was last seen."""

from __future__ import annotations

from dataclasses import dataclass

from backproof.errors import Problem
from backproof.flows import Observer
from backproof.results import JobInfo, Progress


@dataclass(repr=False, eq=False)
class Handle:
    """A job on a service. `info` is the job as it was last seen: it changes with every answer about the job."""

    info: JobInfo

    @property
    def id(self) -> str:
        """The id under which the service knows the job."""
        return self.info.id

    @property
    def state(self) -> str:
        """The state in which the job was last seen."""
        return self.info.state

    @property
    def progress(self) -> Progress | None:
        """How far the job was when it was last seen."""
        return self.info.progress

    @property
    def error(self) -> Problem | None:
        """Why it failed, if it was last seen failed."""
        return self.info.error

    def see(self, info: JobInfo) -> None:
        """Nothing; from now on the handle shows the job as it is in `info`."""
        self.info = info

    def seen_by(self, show: Observer) -> Observer:
        """The observer that keeps this handle up to date and shows the job on."""

        def see(info: JobInfo) -> None:
            self.see(info)
            show(info)

        return see

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id}, {self.state})"
