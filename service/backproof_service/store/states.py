"""The states of a job, and which of them mean what."""

QUEUED = "queued"
RUNNING = "running"
CANCELLING = "cancelling"
SUCCEEDED = "succeeded"
FAILED = "failed"
CANCELLED = "cancelled"
INTERRUPTED = "interrupted"

TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELLED})  # never changing again
RESTING = TERMINAL | {INTERRUPTED, "paused"}  # nothing happens until somebody asks for it
UNDER_WAY = frozenset({RUNNING, CANCELLING, "pausing"})  # a worker may be at it
WAITING = UNDER_WAY | {QUEUED}  # counted against max_unfinished_jobs
ALL = ("queued", "running", "pausing", "paused", "cancelling", "succeeded", "failed", "cancelled", "interrupted")
