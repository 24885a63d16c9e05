"""The wheel, installed into an empty environment and used in another project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from tests import matrix
from tests.project.installed import ASGI, ENVIRONMENT, ROOT, Project, closed_connection, run

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

ENDPOINT = "ws/echo/<str:room>/"
#: Where the wheel has what lies elsewhere in the checkout.
MOVED = {
    "dashboard": "lifecycle_dashboard",
    "static/lifecycle": "lifecycle/static/lifecycle",
    "static/lifecycle_dashboard": "lifecycle_dashboard/static/lifecycle_dashboard",
    "static/vendor": "lifecycle_dashboard/static/lifecycle_dashboard/vendor",
    "templates/lifecycle": "lifecycle/templates/lifecycle",
    "templates/lifecycle_dashboard": "lifecycle_dashboard/templates/lifecycle_dashboard",
}
VENDORED = f"{MOVED['static/vendor']}/chart.js"
#: A link or an image of Markdown, except those with a complete address.
RELATIVE_LINK = re.compile(r"\]\((?!https?://)")
#: Tests without a server that need the docs, the tests' own modules, the runnable project, or both apps.
TESTS_OF_THE_SOURCE = [
    "tests/verdict",
    "tests/test_docs.py",
    "tests/test_imports.py",
    "tests/project/test_vendor.py",
]
#: The application of a project that also has the live page.
WITH_DASHBOARD = ASGI.replace(
    "websocket = URLRouter([",
    "from lifecycle_dashboard.routing import websocket_urlpatterns\n\n"
    "websocket = URLRouter([*websocket_urlpatterns, ",
)
OPEN_DASHBOARD = """
from django.contrib.auth.models import User
from django.test import Client

client = Client()
client.force_login(User.objects.create_superuser("operator"))
print(client.get("/dashboard/").status_code)
"""


OPEN_API = OPEN_DASHBOARD.replace("/dashboard/", "/api/v1/live")
#: What the extra ``api`` adds to the other packages.
API_PACKAGES = (
    "annotated-types",
    "django-ninja",
    "pydantic",
    "pydantic_core",
    "typing-inspection",
    "typing_extensions",
)


def sample(metrics: str, name: str, **labels: str) -> float | None:
    """Return the value of one sample in the Prometheus text format, None where it is absent."""
    families = text_string_to_metric_families(metrics)
    found = (each for family in families for each in family.samples)
    return next((each.value for each in found if each.name == name and each.labels == labels), None)


def names_in_checkout() -> set[str]:
    """Return the paths that the wheel must contain: all but the source maps, and what describes them."""
    names: set[str] = set()
    for source, target in {"lifecycle": "lifecycle", **MOVED}.items():
        files = [file for file in (ROOT / source).rglob("*") if file.is_file() and file.suffix != ".pyc"]
        names |= {f"{target}/{file.relative_to(ROOT / source)}" for file in files}
    return names - {f"{VENDORED}/{name}" for name in ("CHECKSUMS", "README.md", "chart.umd.min.js.map")}


def metadata(wheel: Path) -> EmailMessage:
    """Return the metadata of the wheel; its body is the description."""
    archive = zipfile.ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(archive.read(name), policy=policy.default)


@pytest.fixture(scope="module")
def source(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the source archive unpacks to."""
    [archive] = wheel.parent.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    [unpacked] = folder.iterdir()
    return unpacked


@pytest.fixture(scope="module")
def project(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with both apps."""
    patterns = '[path("dashboard/", include("lifecycle_dashboard.urls")), path("", include("lifecycle.urls"))]'
    return Project(
        tmp_path_factory.mktemp("both"), python, ["lifecycle", "lifecycle_dashboard"], patterns, WITH_DASHBOARD
    )


@pytest.fixture(scope="module")
def lean_project(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with `lifecycle` alone; importing `lifecycle_dashboard` fails in it."""
    folder = tmp_path_factory.mktemp("alone")
    refuse = 'raise ImportError("lifecycle has to work without the dashboard")\n'
    (folder / "lifecycle_dashboard.py").write_text(refuse)
    return Project(folder, python, ["lifecycle"], '[path("", include("lifecycle.urls"))]')


def test_wheel__carries_both_apps_whole_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packaged = {name for name in names if ".dist-info/" not in name}
    assert packaged == names_in_checkout()


def test_wheel__vendored_script_is_as_published_but_names_no_source_map(wheel: Path) -> None:
    published = (ROOT / "static" / "vendor" / "chart.js" / "chart.umd.min.js").read_bytes()
    packaged = zipfile.ZipFile(wheel).read(f"{VENDORED}/chart.umd.min.js")
    assert published.partition(b"\n//# sourceMappingURL=")[0] == packaged.rstrip(b"\n")
    assert b"sourceMappingURL" not in packaged


def test_wheel__description_links_to_nothing_that_a_package_index_lacks(wheel: Path) -> None:
    told = metadata(wheel)
    description = told.get_payload()
    assert told["Description-Content-Type"] == "text/markdown"
    assert "# Channels lifecycle monitor\n" in description
    assert "Settings (`docs/settings.md`)" in description
    assert RELATIVE_LINK.findall(description) == []
    assert "dashboard.png" not in description


def test_wheel__metadata_names_authors_and_supported_versions(wheel: Path) -> None:
    told = metadata(wheel)
    classifiers = set(told.get_all("Classifier", []))
    assert told["Author"] == "The authors of channels-lifecycle-monitor"
    assert {f"Framework :: Django :: {version}" for version in matrix.DJANGOS} <= classifiers
    assert {f"Programming Language :: Python :: {version}" for version in matrix.PYTHONS} <= classifiers
    assert "Framework :: AsyncIO" in classifiers


def test_source__has_the_tests_and_the_docs_and_they_pass(source: Path) -> None:
    environment = {**ENVIRONMENT, "DATA_DIR": str(source / "var")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS_OF_THE_SOURCE]
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_wheel__carries_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize("fixture", ["project", "lean_project"])
def test_installed__records_and_counts_another_projects_sockets(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    project: Project = request.getfixturevalue(fixture)
    with project.served() as address:
        with connect(f"ws://{address}/ws/echo/kitchen/?secret=1") as socket:
            socket.send("hello")
            assert socket.recv(timeout=10) == "hello"
            socket.close(4001, "why")
        row = closed_connection(project.folder, ENDPOINT)
        metrics = urlopen(f"http://{address}/metrics", timeout=10).read().decode()

    told = {name: row[name] for name in ("endpoint", "path", "close_code", "initiator", "cause")}
    assert told == {
        "endpoint": ENDPOINT,
        "path": "/ws/echo/kitchen/",
        "close_code": 4001,
        "initiator": "client",
        "cause": "client_application",
    }
    assert (row["messages_in"], row["messages_out"]) == (1, 1)
    assert "secret" not in str(row)
    assert sample(metrics, "websocket_connections_opened_total", endpoint=ENDPOINT) == 1
    closed = {"code": "4001", "endpoint": ENDPOINT, "initiator": "client"}
    assert sample(metrics, "websocket_connections_closed_total", **closed) == 1


@pytest.mark.parametrize("fixture", ["project", "lean_project"])
def test_installed__has_nothing_to_complain_of(fixture: str, request: pytest.FixtureRequest) -> None:
    project: Project = request.getfixturevalue(fixture)
    project.manage("check", "--fail-level", "WARNING")
    project.manage("makemigrations", "--check")


def test_installed__shows_the_dashboard_from_hashed_static_files(project: Project) -> None:
    project.manage("collectstatic", "--no-input")
    manifest = json.loads((project.folder / "collected" / "staticfiles.json").read_text())["paths"]
    assert "lifecycle_dashboard/vendor/chart.js/chart.umd.min.js" in manifest
    assert project.manage("shell", "--verbosity", "0", "-c", OPEN_DASHBOARD).strip() == "200"


def test_installed__serves_the_api_if_its_extra_is_installed(
    python: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("api")
    patterns = (
        '[path("dashboard/", include("lifecycle_dashboard.urls")), path("", include("lifecycle.urls")), '
        'path("api/v1/", include("lifecycle_dashboard.api.urls"))]'
    )
    pins = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines()
    packages = [pin for pin in pins if pin.partition("==")[0] in API_PACKAGES]
    # The folder of the project is on the path of this project only.
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *packages, cwd=folder)
    project = Project(folder, python, ["lifecycle", "lifecycle_dashboard", "ninja"], patterns, WITH_DASHBOARD)
    project.manage("check", "--fail-level", "WARNING")
    assert project.manage("lifecycle_api_token", "test").strip().startswith("lcm_")
    assert project.manage("shell", "--verbosity", "0", "-c", OPEN_API).strip() == "200"
