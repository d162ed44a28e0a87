"""Whole runs on a table with free text, whose words decide the target or do not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.mess.model import Client
from components._compiled.model import CompiledModel, ServingForm
from components._model.package import Package
from components._recipe.model_input import to_columns
from components._table.storage import read_frame
from components.serve.server_metrics import Protocol
from tests.end_to_end.test_run import find_artifact, run
from tests.end_to_end.test_scoring import run_command
from tests.texts import draw_hostile_texts, draw_reviews

pytestmark = pytest.mark.slow

PROTOCOLS: tuple[Protocol, ...] = ("v1", "v2")


def write_reviews(path: Path, *, decide: bool, n_rows: int = 900, seed: int = 0) -> Path:
    """Write reviews and a number that hardly helps to tell whether they are good."""
    reviews, worth = draw_reviews(n_rows, seed)
    rng = np.random.default_rng(seed)
    is_good = worth if decide else rng.permutation(worth)
    price = is_good + rng.normal(0, 3, n_rows)
    table = pd.DataFrame(
        {"price": price.round(2), "review": reviews, "good": np.where(is_good > 0, "yes", "no")}
    )
    table.loc[rng.random(n_rows) < 0.05, "review"] = None
    table.to_csv(path, index=False)
    return path


def train(folder: Path, *, decide: bool) -> Path:
    source = write_reviews(folder / "reviews.csv", decide=decide)
    settings = ["--trials", "4", "--seed", "3", "--runs", str(folder / "runs"), "--name", "first"]
    done = run("--source", str(source), "--target", "good", *settings)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "summary.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def read_record(folder: Path) -> dict[str, float]:
    verdict = find_artifact(folder / "runs" / "first", "evaluate", "verdict")
    return dict(json.loads(verdict.read_text(encoding="utf-8"))["record"])


def read_page(folder: Path, stage: str) -> str:
    return find_artifact(folder / "runs" / "first", stage, "report").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("words"), decide=True)


def test_words_that_decide_raise_the_score_and_every_page_says_so(trained: Path) -> None:
    assert read_record(trained)["score"] > 0.85
    summary = (trained / "summary.txt").read_text(encoding="utf-8")
    assert "Words of review (log loss -" in summary
    assert "free text" not in summary
    assert "Free text is not a feature as it is: review." in read_page(trained, "validate")
    assert "Engineer tries its length and its words." in read_page(trained, "preprocess")
    assert "review_words_target" in read_page(trained, "engineer")
    card = find_artifact(trained / "runs" / "first", "evaluate", "card").read_text(encoding="utf-8")
    assert "| review |" in card


def test_a_model_of_words_is_compiled_and_predicts_any_text_alike(trained: Path) -> None:
    model = find_artifact(trained / "runs" / "first", "train", "model")
    package = Package.load(model)
    assert list(package.signature.columns) == ["price", "review"]
    texts = [*draw_hostile_texts(200), *draw_reviews(50, seed=1)[0], None]
    rows = pd.DataFrame({"price": 1.0, "review": pd.Series(texts, dtype=object)})
    expected = package.predict_outputs(rows)
    compiled = CompiledModel(ServingForm.load(model / "compiled"))
    np.testing.assert_allclose(compiled.predict(rows.to_numpy(dtype=object).tolist()), expected, atol=1e-6)
    by_column = compiled.predict_columns(to_columns(rows, package.signature.columns))
    np.testing.assert_allclose(by_column, expected, atol=1e-6)
    profile = json.loads((model / "profile.json").read_text(encoding="utf-8"))
    assert "categories" not in profile["columns"]["review"]


def test_new_reviews_are_scored_and_served_alike(trained: Path) -> None:
    source = write_reviews(trained / "new.csv", decide=True, n_rows=60, seed=1)
    rows = pd.read_csv(source).drop(columns="good")
    rows.to_csv(source, index=False)
    words = ["--source", str(source), "--runs", str(trained / "runs"), "--run", "first", "--name", "scored"]
    done = run_command("run", "scoring", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    scored = read_frame(find_artifact(trained / "runs" / "scored", "score-result", "predictions"))
    client = Client(find_artifact(trained / "runs" / "first", "train", "model"))
    cells = [
        {"price": price, "review": None if pd.isna(review) else review}
        for price, review in zip(rows["price"].tolist(), rows["review"], strict=True)
    ]
    for protocol in PROTOCOLS:
        answers = client.ask(protocol, cells)
        assert not isinstance(answers, str), answers
        np.testing.assert_allclose([answer[-1] for answer in answers], scored["probability"], atol=1e-12)


def test_words_without_a_meaning_are_not_kept(tmp_path: Path) -> None:
    folder = train(tmp_path, decide=False)
    package = Package.load(find_artifact(folder / "runs" / "first", "train", "model"))
    assert list(package.signature.columns) == ["price"]
    summary = (folder / "summary.txt").read_text(encoding="utf-8")
    assert "review (free text, whose words are not kept)" in summary
    assert "0 of 1 blocks kept" in summary
