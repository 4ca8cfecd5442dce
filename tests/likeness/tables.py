"""How rows are called, what is not compared and why, and what has moved. A new column is compared; a new table must be given
its name here."""

from __future__ import annotations

# A row's name is made of these columns; one that refers to a row stands for that row's name. Never a number of the database.
NAMES: dict[str, tuple[str, ...]] = {
    "absence": ("person_id", "from_on", "made_at"),
    "address_change": ("person_id", "channel", "asked_at"),
    "appointment": ("person_id", "unit_id", "role", "proposed_at"),
    "attachment": ("record_id", "paper_id", "added_at", "size"),
    "audience": ("record_id", "person_id", "cause", "from_at"),
    "calendar_day": ("day",),
    "channel_address": ("person_id", "channel"),
    "channel_pace": ("channel",),
    "city": ("slug",),
    "clock": ("record_id", "kind"),
    "co_unit": ("matter_id", "unit_id"),
    "collection": ("unit_id", "title", "opened_at"),
    "collection_answer": ("asked_id",),
    "collection_unit": ("collection_id", "unit_id"),
    "contact": ("post_id",),
    "content": ("record_id",),
    "counter": ("unit_id", "series", "year"),
    "demonstration": ("city_id",),
    "delegation": ("post_id", "to_person_id", "from_at", "made_at"),
    "delivery": ("person_id", "channel", "message_id", "digest_on", "address_change_id"),
    "entry": ("record_id", "at", "kind"),
    "extension": ("record_id", "asked_at"),
    "filed_form": ("key", "person_id"),
    "former_password": ("person_id", "replaced_at"),
    "handover": ("person_id", "made_at"),
    "handover_item": ("handover_id", "record_id", "task"),
    "handover_post": ("handover_id", "post_id"),
    "handover_receiver": ("handover_id", "person_id"),
    "import_preview": ("person_id", "kind", "made_at"),
    "installation": ("id",),
    "issue": ("paper_id",),
    "journal_entry": ("subject_kind", "subject_id", "at", "act"),
    "kept_form": ("person_id", "path", "kept_at"),
    "link": ("from_record_id", "to_record_id", "relation"),
    "matter": ("id",),
    "message": ("person_id", "at", "kind", "record_id"),
    "milestone": ("record_id", "at", "kind"),
    "nomination": ("asked_id",),
    "notification_setting": ("person_id",),
    "pace": ("who", "act"),
    "paper": ("record_id", "kind", "draft"),
    "person": ("sign_in_name",),
    "post": ("person_id", "role", "unit_id", "from_on"),
    "reading": ("record_id", "person_id", "at", "what"),
    "record": ("number",),
    "recovery_code": ("person_id",),
    "reminder": ("clock_id", "generation", "rung", "ordinal"),
    "rule_set": ("kind", "version"),
    "search_entry": ("record_id", "part"),
    "second_factor": ("person_id",),
    "security_rules": ("city_id",),
    "sensitive_act": ("kind", "person_id", "proposed_at"),
    "sign_in_failure": ("sign_in_name", "source"),
    "sign_in_session": ("person_id", "started_at"),
    "sign_off": ("paper_id", "generation"),
    "signature": ("sign_off_id", "step"),
    "signer": ("sign_off_id", "step", "person_id"),
    "step": ("sign_off_id", "number"),
    "submission": ("sign_off_id",),
    "sweep": ("city_id",),
    "unit": ("code",),
    "unit_change": ("unit_id", "kind", "made_at"),
    "unit_word": ("unit_id",),
    "viewer": ("record_id", "principal"),
}

# `table`, `table.column` or `*.column`, and why it is not compared.
LEFT_OUT: dict[str, str] = {
    "pace": "counts of the last hour, by numbers of the database",
    "installation": "which database and keys these are, no row of a city",
    "alembic_version": "how far the schema is, no row of a city",
    "*.city_id": "there is one city",
    "*.sealed": "opened: its words are compared, each as a column of its own; what is no record's words is sealed anew each time",
    "record.request_key": "random: the key of the form that registered it",
    "message.key": "made of numbers of the database; that nobody is told twice shows in the messages",
    "attachment.stored_name": "random: the name of the sealed file",
    "second_factor.last_counter": "the half-minute of the last code",
    "sign_in_session.token_digest": "random: of the browser's token",
    "recovery_code.digest": "random: of the code",
    "person.password_hash": "salted; the demonstration's is a constant",
    "former_password.password_hash": "salted",
}

# Where something stands now -> where it stood when it was kept: `table.column` or a whole `table`. What has moved is compared
# under its former name, with the former row of the same name. Example, when a matter's number goes to a table `record` and
# matter_content is renamed: {"record.number": "matter.number", "content": "matter_content", "entry.record_id": "entry.matter_id"}
MOVED: dict[str, str] = {
    "viewer.begun_on": "viewer.received_on",
    "viewer.unit_id": "viewer.lead_unit_id",
    "viewer.flag": "viewer.returned",
    "record": "matter",
    "record.unit_id": "matter.registering_unit_id",
    "record.created_at": "matter.registered_at",
    "record.created_by_id": "matter.registered_by_id",
    "content": "matter_content",
    "content.record_id": "matter_content.matter_id",
    "viewer.record_id": "viewer.matter_id",
    "audience.record_id": "audience.matter_id",
    "search_entry.record_id": "search_entry.matter_id",
    "entry.record_id": "entry.matter_id",
    "paper": "report",
    "paper.record_id": "report.matter_id",
    "entry.paper_id": "entry.report_id",
    "attachment.paper_id": "attachment.report_id",
    "sign_off.paper_id": "sign_off.report_id",
    "issue.paper_id": "issue.report_id",
    "submission.record_id": "submission.matter_id",
    "attachment.record_id": "attachment.matter_id",
    "clock.record_id": "clock.matter_id",
    "milestone.record_id": "milestone.matter_id",
    "extension.record_id": "extension.matter_id",
    "sign_off.record_id": "sign_off.matter_id",
    "step.record_id": "step.matter_id",
    "signer.record_id": "signer.matter_id",
    "signature.record_id": "signature.matter_id",
    "issue.record_id": "issue.matter_id",
    "message.record_id": "message.matter_id",
    "reminder.record_id": "reminder.matter_id",
    "reading.record_id": "reading.matter_id",
    "handover_item.record_id": "handover_item.matter_id",
    "collection": "drive",
    "collection_unit": "nomination",
    "collection_answer": "nomination",
    "collection_answer.given_at": "nomination.answered_at",
    "collection_answer.given_by_id": "nomination.answered_by_id",
    "collection_answer.accepted_at": "nomination.settled_at",
}

# Columns that refer to a row without a foreign key. `principal` and `subject` are read as the code writes them.
REFERS: dict[str, str] = {"unit_word.unit_id": "unit", "viewer.unit_id": "unit"}
PATHS: dict[str, str] = {"unit.path": "unit"}  # arrays of references
PRINCIPALS = frozenset({"viewer.principal"})
SUBJECTS: dict[str, str] = {"journal_entry.subject_id": "subject_kind"}  # which column names the table, or what follows:
CALLED: dict[str, str] = {"drive": "collection", "nomination": "collection_unit", "report": "paper"}

# Tables whose rows are one item a name: a derived index, of which only what it holds together is worth a line.
TOGETHER = frozenset({"unit_word"})

# Numbers of the database that are kept: the network comes in whole, in the workbook's order, before anything is played. All
# others are given anew in the order of the row's moment, then of its name; within one whole the order of writing is kept.
KEPT_NUMBERS = frozenset({"city", "unit", "person", "post", "calendar_day"})

# Renamed tables of sealed records -> the name in the seal.
SEALED_AS: dict[str, str] = {"content": "matter_content", "paper": "report"}
