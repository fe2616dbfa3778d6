"""Every setting is in `deploy/example.env` with its one line of meaning, and nothing else is."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from services.applications.settings import ApplicationsSettings
from services.notifications.settings import NotificationsSettings
from services.quotas.settings import QuotasSettings
from shared.settings import CommonSettings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "deploy/docker-compose.yml").read_text()
DEMO = (ROOT / "deploy/demo.env").read_text()
CLASSES = (CommonSettings, ApplicationsSettings, QuotasSettings, NotificationsSettings)
SETTINGS = {f"PUENTE_{name.upper()}": field for one in CLASSES for name, field in one.model_fields.items()}
OF_COMMANDS = {"PUENTE_HOME"}
"""Read before there are settings, by commands of a checkout."""


def documented() -> dict[str, tuple[str, str]]:
    """Name -> value shown and the line above it."""
    lines = (ROOT / "deploy/example.env").read_text().splitlines()
    found: dict[str, tuple[str, str]] = {}
    for above, line in pairwise(lines):
        if entry := re.fullmatch(r"#?(PUENTE_[A-Z_]+)=(.*)", line):
            assert entry[1] not in found, f"{entry[1]} is there twice"
            found[entry[1]] = (entry[2], above.removeprefix("# "))
    return found


EXAMPLE = documented()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_setting_is_documented_in_the_words_of_its_class(name: str) -> None:
    """One sentence, kept once."""
    assert name in EXAMPLE, f"add to deploy/example.env:\n# {SETTINGS[name].description}\n#{name}="
    assert EXAMPLE[name][1] == SETTINGS[name].description


def test_nothing_is_documented_that_nobody_reads() -> None:
    """A setting that does nothing is a trap."""
    in_compose = set(re.findall(r"PUENTE_[A-Z_]+", COMPOSE))
    assert set(EXAMPLE) <= SETTINGS.keys() | in_compose | OF_COMMANDS


def test_everything_that_the_containers_take_is_documented() -> None:
    """Whoever reads the example knows all of it."""
    assert set(re.findall(r"PUENTE_[A-Z_]+", COMPOSE + DEMO)) <= set(EXAMPLE)


def test_every_setting_reaches_the_containers() -> None:
    """A setting that the env file holds and no container gets would be obeyed by nobody."""
    assert {name for name in SETTINGS if not re.search(rf"^  {name}:", COMPOSE, re.MULTILINE)} == set()


def test_what_has_no_default_is_to_be_filled_in() -> None:
    """The lines without a '#' are exactly those that compose insists on."""
    insisted = set(re.findall(r"\$\{(PUENTE_[A-Z_]+):\?", COMPOSE))
    open_lines = {name for name in EXAMPLE if re.search(rf"^{name}=$", (ROOT / "deploy/example.env").read_text(), re.MULTILINE)}
    assert open_lines == insisted


def test_shown_defaults_are_those_that_count() -> None:
    """The value after '#NAME=' is the compose file's default where it has one, the class's otherwise."""
    by_compose = dict(re.findall(r"\$\{(PUENTE_[A-Z_]+):-([^}]*)\}", COMPOSE))
    for name, (value, _) in EXAMPLE.items():
        if name in by_compose:
            assert value == by_compose[name], name
        elif name in SETTINGS and name not in set(re.findall(r"\$\{(PUENTE_[A-Z_]+):\?", COMPOSE)):
            default = SETTINGS[name].default
            shown = default.get_secret_value() if hasattr(default, "get_secret_value") else str(default if default is not None else "")
            assert value == (shown.lower() if isinstance(default, bool) else shown), name
