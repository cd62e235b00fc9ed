"""The tables: everything the service knows that is not a large array."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),  # the order of submission
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),  # the fence: raised by each claim, never lowered
    Column("lost", Integer, nullable=False, default=0),  # attempts whose worker died; counted against max_attempts
    Column("created_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("config", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("progress", JSON),
    Column("metrics", JSON),
    Column("result", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("environment", JSON(none_as_null=True)),
    Index("jobs_by_state", "state", "seq"),
    sqlite_autoincrement=True,
)

job_labels = Table(
    "job_labels",
    metadata,
    Column("job", Text, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("job_labels_by_pair", "key", "value"),
)

job_datasets = Table(
    "job_datasets",
    metadata,
    Column("job", Text, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("dataset", Text, ForeignKey("datasets.id"), primary_key=True),
    Index("job_datasets_by_dataset", "dataset"),
)

datasets = Table(
    "datasets",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),  # "sha256:" and the hash of the body as uploaded
    Column("rows", Integer, nullable=False),
    Column("features", Integer, nullable=False),
    Column("targets", Integer),
    Column("classes", Integer),
    Column("bytes", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Which blob plays which role for whom; a blob without a row here may be removed.
blobs = Table(
    "blobs",
    metadata,
    Column("owner", Text, primary_key=True),  # a job's or a data set's id
    Column("role", Text, primary_key=True),  # "input", "weights", "answer", "data"
    Column("sha256", Text, nullable=False),
    Index("blobs_by_sha256", "sha256"),
)

# Histories in chunks: each run appends what it saw since its last report.
chunks = Table(
    "chunks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Text, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("series", Text, nullable=False),  # "metrics" or "twins"
    Column("numbers", LargeBinary, nullable=False),
    Index("chunks_by_job", "job", "series"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Text, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index("events_by_job", "job"),
    sqlite_autoincrement=True,
)

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text))
