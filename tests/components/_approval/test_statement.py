import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from components._approval.statement import TITLE, ApprovalSubject, hash_folder, render_statement
from components._tracking.registry_version import RegistryVersion
from tests.components._approval.conftest import TAGS


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "model.skops").write_bytes(b"the model")
    (folder / "inner" / "trees").write_bytes(b"trees")
    (folder / "card.md").write_text("# The card\n")
    return folder


def make_version(**tags: str) -> RegistryVersion:
    created = datetime(2026, 11, 30, 4, 20, tzinfo=UTC)
    return RegistryVersion("churn", "3", (), tags, "run-1", "models:/m-1", created)


def test_the_hash_is_that_of_the_lines_of_sha256sum(package: Path) -> None:
    command = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    by_hand = subprocess.run(["sh", "-c", command], cwd=package, capture_output=True, text=True, check=True)
    assert hash_folder(package) == by_hand.stdout.split()[0]


def test_the_hash_follows_content_and_names(package: Path) -> None:
    before = hash_folder(package)
    (package / "model.skops").rename(package / "other.skops")
    assert hash_folder(package) != before


def test_the_text_says_what_an_approver_should_know(package: Path) -> None:
    text = render_statement(make_version(**TAGS), package, "maria")
    card = hashlib.sha256(b"# The card\n").hexdigest()
    assert text == (
        "Approval of a model for deployment, form 1\n"
        "model: churn\n"
        "version: 3\n"
        f"content: {hash_folder(package)}\n"
        "approver: maria\n"
        "\n"
        "Registered: 2026-11-30 04:20 UTC, run run-1\n"
        "Kind of model: Ensemble of 2 models\n"
        f"Training data: s3://data/customers.csv, sha256 {'ab' * 32}\n"
        "Commit: 844d7a1\n"
        f"Model card: sha256 {card}\n"
        "\n"
        "ROC AUC on 2000 test rows: 0.8412 (95 % interval 0.8195 to 0.8617)\n"
        "Compared with the baseline: the model is better (95 % interval of its gain 0.32 to 0.36)\n"
        "Caveat: no better than a linear model\n"
        "Gate 0.75 ≤ roc_auc: 0.8412, passed\n"
        "Other figures: f1 0.5519\n"
        "\n"
        "Comparison with version 1, on the same test rows: better, by 0.021 (95 % interval 0.011 to 0.0312)\n"
    )


def test_a_version_without_figures_says_so(package: Path) -> None:
    (package / "card.md").unlink()
    text = render_statement(make_version(), package, "maria")
    assert "Model card: none\n" in text
    assert text.endswith("\nComparison with the champion: there was none\n")


def test_a_version_that_could_not_be_compared_says_why(package: Path) -> None:
    text = render_statement(
        make_version(compared_with="1", comparison="It has other\nclasses."), package, "maria"
    )
    assert text.endswith("\nComparison with version 1, on the same test rows: It has other classes.\n")


def test_the_subject_is_read_from_the_text(package: Path) -> None:
    text = render_statement(make_version(**TAGS), package, "maria")
    assert ApprovalSubject.parse(text) == ApprovalSubject("churn", "3", hash_folder(package), "maria")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I approve.\n",
        f"{TITLE}\nmodel: churn\n",
        f"{TITLE[:-1]}2\nmodel: churn\nversion: 3\ncontent: ab\napprover: maria\n\n",
        f"{TITLE}\nversion: 3\nmodel: churn\ncontent: ab\napprover: maria\n\n",
    ],
)
def test_another_text_is_no_approval(text: str) -> None:
    with pytest.raises(ValueError, match="its text is not that of an approval"):
        ApprovalSubject.parse(text)
