"""What a web server serves, and what `flask --app wsgi` commands run on."""

from __future__ import annotations

import logging
import os

from portal import commands
from portal.app import create_app, settle, stand

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

app = create_app()
commands.register(app)
# A command may come before there is anything to guard: the first migration does.
if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
    from portal.commands.migrations import let_owner_migrate

    let_owner_migrate(app)
else:
    settle(stand(app))
