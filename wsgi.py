"""What a web server serves, and what `flask --app wsgi` commands run on."""

from __future__ import annotations

import logging
import os

from portal import commands
from portal.app import check_ready, create_app, preload
from portal.config import NotFit

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # seven lines before the first word of any command

# A command may come before there is anything to guard: the first migration does.
if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
    from portal.commands.migrations import let_owner_migrate
    from portal.web.belongings import refuse_other_vault_key

    try:
        app = create_app()
        with app.app_context():
            refuse_other_vault_key(app.extensions["settings"])
    except NotFit as refusal:
        raise SystemExit(str(refusal)) from None
    let_owner_migrate(app)
    commands.register(app)
else:
    app = create_app()
    commands.register(app)
    preload(check_ready(app))
