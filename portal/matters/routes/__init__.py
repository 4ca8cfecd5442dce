"""One matter in the browser: its page, the acts on it, its report, its files."""

from __future__ import annotations

from flask import Blueprint, Flask

from portal.config import Settings
from portal.matters.service import attaching
from portal.vault.files import FileStore

blueprint = Blueprint("matters", __name__)

from portal.matters.routes import acts, drafts, files, grants, matter, reports  # noqa: E402, F401


def install(app: Flask) -> None:
    """Say where attachments are kept, and give each verb its page."""
    said: Settings = app.extensions["settings"]
    attaching.configure(FileStore(said.files_dir))
    acts.install(app)
