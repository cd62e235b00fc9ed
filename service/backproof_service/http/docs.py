"""GET /docs."""

from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Adds the page."""
