"""The pictures of a run's report in the documents: made from the sample, and as its pages are now."""

from pathlib import Path

import pytest

from tests.browser import Browser
from tests.end_to_end.test_run import run
from tests.pictures import WIDTH, check_picture

pytestmark = pytest.mark.slow

# A picture, and the page that it shows.
PICTURES = {"report": "index.html", "report-eda": "pages/eda.html", "report-evaluate": "pages/evaluate.html"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the sample."""
    runs = tmp_path_factory.mktemp("screenshots") / "runs"
    done = run("--trials", "6", "--runs", str(runs), "--name", "customers")
    assert done.returncode == 0, done.stdout + done.stderr
    return runs / "customers"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_the_page_as_it_is(name: str, report: Path, browser: Browser) -> None:
    address = (report / PICTURES[name]).as_uri()
    with browser.open_served(address, width=WIDTH, color_scheme="light") as (page, visit):
        check_picture(name, page)
        assert visit.faults == []
