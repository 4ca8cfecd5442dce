"""What the operator can say: each command is of one feature, and none takes another's place."""

from __future__ import annotations

import click
import pytest
from flask import Flask

from portal import commands
from portal.features import FEATURES
from portal.registry.commands import COMMANDS, Command
from portal.registry.feature import Feature, refuse_contradictions
from portal.registry.registered import ByName, Unregistrable


def test_each_feature_brings_its_commands() -> None:
    brought = {feature.name: {one.name for one in feature.commands} for feature in FEATURES if feature.commands}
    assert brought == {
        "web": {"secret-key"},
        "network": {"network"},
        "notify": {"deliveries"},
        "matters": {"files", "viewers"},
        "officers": {"restored"},
    }


def test_a_command_that_another_feature_has_is_refused() -> None:
    files = Feature(name="bells", commands=(Command(click.Command("files")),))
    with pytest.raises(Unregistrable, match="bells: the command files is registered by matters already"):
        refuse_contradictions((*FEATURES, files))
    with pytest.raises(Unregistrable, match="bells: a command has no name"):
        refuse_contradictions((*FEATURES, Feature(name="bells", commands=(Command(click.Command(None)),))))


def test_all_can_be_said_and_none_takes_the_place_of_the_portals_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "show_names", lambda _app: None)
    app = Flask("bells")
    commands.register(app)
    assert {*COMMANDS.names, "city", "demo", "permissions"} <= app.cli.commands.keys()
    city: ByName[Command] = ByName(COMMANDS.what)
    city.fill([("bells", Command(click.Command("city")))])
    monkeypatch.setattr(commands, "COMMANDS", city)
    with pytest.raises(Unregistrable, match="the command city is here already"):
        commands.register(Flask("more bells"))
