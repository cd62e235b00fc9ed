"""The service inside another process: what the entry point `app` of group `backproof.inprocess` stands for."""

from pathlib import Path

from fastapi import FastAPI

from backproof_service.app import create_app
from backproof_service.settings import Settings


def app(data: Path) -> FastAPI:
    """The application on that data folder, its jobs run in threads; it is started by its lifespan."""
    return create_app(Settings(data=data, in_process_engine=True))
