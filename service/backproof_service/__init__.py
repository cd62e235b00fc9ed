"""The REST service: the only part that knows HTTP, JSON, SQL and files."""
