"""Facts about the repository as a whole that no single test of a part would notice."""

import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from hypothesis import HealthCheck, settings

from services import launcher
from services.applications import events as applications_events
from services.notifications.domain import choose
from services.quotas import events as quotas_events
from services.run.registry import NAMES
from shared.events.catalogue import ENTRIES
from shared.messaging.broker import KAFKA_VERSION

ROOT = Path(__file__).parents[2]
MODULE_LINES_MAX = 320
FUNCTION_LINES_MAX = 70


def tracked() -> list[Path]:
    """Files of the repository, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """Path and text of every text file."""
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


def registry_hosts(text: str) -> list[str]:
    """Names of package registries' hosts in a text; put together here, so that this file names none."""
    hosts = [
        "pypi" + ".org",
        "python" + "hosted.org",
        "registry." + "npmjs.org",
        "registry." + "yarnpkg.com",
        "repo." + "maven.apache.org",
        "crates" + ".io",
    ]
    return [host for host in hosts if host in text]


CARDS = [f"services/{name}/README.md" for name in NAMES]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_PATH = re.compile(r"`((?:shared|services|tests|docs|deploy|plans)/[\w./-]*\w\.(?:py|md|toml|json|yml|env|sh|sql))`")
_CODE = re.compile(r"```sh\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_COMMAND = re.compile(r"\bpuente ([a-z]+)(?: ([a-z]+))?")


def missing_links(text: str, folder: Path) -> list[str]:
    """Links that lead to no file from `folder`, and paths in code that are none of the repository."""
    links = [link for link in _LINK.findall(text) if not (folder / link).exists()]
    return [*links, *(path for path in _PATH.findall(text) if not (ROOT / path).exists())]


def unknown_commands(text: str) -> list[str]:
    """Commands of ours in code that the program does not know."""
    group = cast(Any, typer.main.get_command(launcher.app))
    code = "\n".join("".join(parts) for parts in _CODE.findall(text))
    found = set()
    for first, second in _COMMAND.findall(code):
        command = group.commands.get(first)
        if command is None:
            found.add(f"puente {first}")
        elif hasattr(command, "commands") and second and second not in command.commands:
            found.add(f"puente {first} {second}")
    return sorted(found)


def test_no_file_names_a_package_registry() -> None:
    """Mirrors and proxies are the machine's business."""
    assert [(str(path), hosts) for path, text in texts() if (hosts := registry_hosts(text))] == []


def test_the_registry_guard_bites() -> None:
    """A lock with an address would be seen."""
    assert registry_hosts("resolved: https://registry." + "npmjs.org/x") == ["registry." + "npmjs.org"]


def test_decision_records_are_numbered_once_and_without_gaps() -> None:
    """Two records of one number have happened to others."""
    numbers = sorted(path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]


@pytest.mark.parametrize(
    "path", [p for p in tracked() if p.suffix == ".py" and "versions" not in p.parts], ids=lambda p: str(p.relative_to(ROOT))
)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    """A module near 300 lines becomes a package; a function fits a screen."""
    import ast

    text = path.read_text()
    assert text.count("\n") <= MODULE_LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or node.lineno) - node.lineno < FUNCTION_LINES_MAX, f"{node.name} is too long"


HANDLED = {
    "applications": frozenset(applications_events.HANDLERS) | {applications_events.CELL_CHANGED},
    "quotas": frozenset(quotas_events.HANDLERS),
    "notifications": frozenset(choose.TABLE) | {"puente.programme.published.v1", "puente.applicant.erased.v1"},
}


@pytest.mark.parametrize("consumer", sorted(HANDLED))
def test_every_event_is_handled_by_exactly_the_consumers_that_the_catalogue_names(consumer: str) -> None:
    """An event that nobody handles, or a handler for an event that never comes, is a hole in the map."""
    assert HANDLED[consumer] == {entry.type for entry in ENTRIES if consumer in entry.consumers}


def test_the_page_on_security_names_every_cookie() -> None:
    code = "\n".join(path.read_text() for folder in ("services", "shared") for path in sorted((ROOT / folder).rglob("*.py")))
    cookies = set(re.findall(r'^\w*COOKIE: Final = "(\w+)"$', code, re.MULTILINE))
    assert {"puente_session", "puente_check"} <= cookies
    told = (ROOT / "docs" / "security.md").read_text().partition("- **Cookies**")[2].partition("\n- ")[0]
    assert set(re.findall(r"`(puente_\w+)`", told)) == cookies


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/operations.md", "docs/security.md", *CARDS])
def test_documents_lead_somewhere(name: str) -> None:
    """A link to a file that was moved, or a path or command that is no more, is worse than none."""
    text = (ROOT / name).read_text()
    assert missing_links(text, (ROOT / name).parent) == []
    assert unknown_commands(text) == []


def test_the_guard_of_documents_bites() -> None:
    """A dead link, a path that is gone, and a command that nobody can type are seen."""
    assert missing_links("see [here](docs/nothing.md) and `shared/nothing.py`", ROOT) == ["docs/nothing.md", "shared/nothing.py"]
    assert unknown_commands("run `puente fly` and\n```sh\npuente events dance KEY\n```") == ["puente events dance", "puente fly"]


def test_compose_and_code_run_the_same_kafka() -> None:
    """Tests on one broker and production on another would prove nothing."""
    compose = (ROOT / "deploy/docker-compose.yml").read_text()
    assert re.findall(r"image: apache/kafka:(\S+)", compose) == [KAFKA_VERSION]


def test_one_place_connects_to_databases() -> None:
    """Any other would read an address otherwise (decision 41)."""
    ours = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    assert [path for path in ours if "asyncpg.connect(" in path.read_text()] == [ROOT / "shared" / "persistence" / "database.py"]


def test_no_image_floats() -> None:
    """Every image has a version."""
    images = re.findall(r"image: (\S+)", (ROOT / "deploy/docker-compose.yml").read_text())
    assert [image for image in images if ":" not in image or image.endswith(":latest")] == []


def test_no_example_has_to_be_quick() -> None:
    """A machine that does other work beside makes no example wrong."""
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check
