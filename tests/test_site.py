"""The site of the documents, and what its build refuses."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the site is made of."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    for name in ("mkdocs.yml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copyfile(ROOT / name, folder / name)
    # Links lead into these.
    for name in ("components", "images", "manifests", "clouds", ".github", ".circleci"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".gitlab-ci.yml", ".travis.yml", "bitbucket-pipelines.yml"):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def build(sources: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=sources,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


def test_each_page_is_on_it(sources: Path) -> None:
    done = build(sources)
    assert done.returncode == 0, done.stderr
    site = sources / "build" / "site"
    pages = {str(page.relative_to(site).parent) for page in site.rglob("index.html")}
    assert pages >= {".", *(page.stem for page in (ROOT / "docs").glob("*.md")), "decisions/0001-one-recipe"}
    first = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="tutorial/"' in first
    assert 'src="images/report.png"' in first
    assert 'href="https://github.com/kfp-tabular/kfp-tabular/blob/main/CONTRIBUTING.md"' in first
    assert not (site / "site_pages.py").exists()


def test_wrong_links_and_pages_in_no_list_are_refused(sources: Path) -> None:
    with (sources / "docs" / "glossary.md").open("a", encoding="utf-8") as page:
        page.write("\n[gone](gone.md) and [here](cluster.md#gone)\n")
    (sources / "docs" / "extra.md").write_text("# A page in no list\n", encoding="utf-8")
    done = build(sources)
    assert done.returncode == 1
    for part in ("'gone.md'", "'cluster.md#gone'", "- extra.md"):
        assert part in done.stderr
    assert "Aborted with 3 warnings" in done.stdout
