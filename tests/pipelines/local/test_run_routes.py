"""The list of runs and their pages, by the routes of the app."""

from pathlib import Path

import pytest
from starlette.applications import Starlette

from pipelines.local.run_list import RunList
from pipelines.local.run_routes import build_run_routes
from tests.asgi import fetch
from tests.pipelines.local.test_run_list import write_trained


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    runs = tmp_path / "runs"
    folder = write_trained(runs)
    (folder.path / "secret.html.txt").write_text("no")
    (folder.artifacts / "one" / "index.html").write_text("no")
    (tmp_path / "outside.html").write_text("no")
    (folder.pages / "link.html").symlink_to(tmp_path / "outside.html")
    return Starlette(routes=build_run_routes(runs, RunList(runs)))


def test_a_listed_page_is_there_and_may_do_nothing_but_draw_itself(app: Starlette) -> None:
    (run,) = fetch(app, "/app/runs.json").json()
    assert (run["name"], run["score"]["metric"]) == ("first", "ROC AUC")
    assert [page["title"] for page in run["pages"]] == ["overview", "tune"]
    for page in run["pages"]:
        answer = fetch(app, f"/app/{page['address']}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts allow-popups; default-src 'none'")
        assert "allow-same-origin" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "path",
    [
        "first/pages/run.json",
        "first/pages/secret.html.txt",
        "first/pages/artifacts/one/index.html",
        "first/pages/pages/../run.json",
        "first/pages/../../outside.html",
        "first/pages/..%2F..%2Foutside.html",
        "first/pages/%2e%2e/%2e%2e/outside.html",
        "first/pages/pages/..%2F..%2F..%2Foutside.html",
        "first/pages/pages/%2Fetc%2Fpasswd",
        "first/pages/pages/link.html",
        "first/pages/pages/nothing.html",
        "../pages/outside.html",
        "%2e%2e/pages/outside.html",
        "..%2Fruns%2Ffirst/pages/index.html",
        "first%00/pages/index.html",
        "nothing/pages/index.html",
    ],
)
def test_no_other_file_is_there(app: Starlette, path: str) -> None:
    answer = fetch(app, f"/app/runs/{path}")
    assert (answer.status_code, answer.text == "no") == (404, False)
