import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines.local.artifact_comparison import compare_tasks, list_task_folders


def write_task(run: Path, task: str, **files: Any) -> Path:
    """Write files of a task, with the dots of their names as double underscores."""
    folder = run / "training-1" / task
    for name, content in files.items():
        file = folder / name.replace("__", ".").replace("_in_", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def compare(one: Path, other: Path, renamed: dict[str, str] | None = None, **how: bool) -> list[str]:
    """Return the differences between two runs, each with its file."""
    tasks = [list_task_folders(run) for run in (one, other)]
    found = compare_tasks(tasks[0], tasks[1], sorted({*tasks[0], *tasks[1]}), renamed or {}, **how)
    return [f"{one.task}/{one.file}: {one.what}" for task in found for one in task.differences]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "first", tmp_path / "again"


def test_what_is_measured_or_named_at_random_does_not_count(runs: tuple[Path, Path]) -> None:
    for i, run in enumerate(runs):
        trial = {"number": 0, "fold_scores": [0.5], "seconds": i, "started": i, "process": i}
        write_task(run, "tune-result", report=f"{i} s", results_in_trials__json={"trials": [trial]})
        lineage = {"seed": 0, "machine": {"processors": i}, "commit": "abc" * i, "source_version": f"{i}"}
        lineage |= {"versions": {"python": f"3.11.{i}", "numpy": "2.4.6"}}
        write_task(run, "train", model_in_lineage__json=lineage, model_in_mlflow__json={"run": i})
        write_task(run, "register", summary=f"version {i}", verdict=f"{i}")
        write_task(run, "ingest-plan", executor_output__json={"parameterValues": {"Output": i}})
        write_task(run, "for-loop-1-iteration-0", tune_in_results=f"{i}")
        uri = {"name": "dataset", "uri": f"/{i}/dataset", "metadata": {"rows": 3, "etag": f"{i}"}}
        write_task(run, "ingest", executor_output__json={"artifacts": {"dataset": {"artifacts": [uri]}}})
    assert compare(*runs) == []


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (
            {"a": {"b": 1.5}},
            {"a": {"b": 1.5000000000000002}},
            "a.b is 1.5 in the recorded run and 1.50000000",
        ),
        ({"a": [1, 2]}, {"a": [1, 3]}, "a[1] is 2 in the recorded run and 3 now"),
        ({"a": [1, 2]}, {"a": [1]}, "a is a list of 2 in the recorded run and a list of 1 now"),
        ({"a": 1}, {}, "a is only in the recorded run"),
        ({}, {"a": 1}, "a is only in the repetition"),
        ({"a": "yes"}, {"a": None}, 'a is "yes" in the recorded run and null now'),
        ("text", "other", 'line 1 is "text" in the recorded run and "other" now'),
        ("a\nb", "a", 'line 2 is "b" in the recorded run and null now'),
        ([1], "other", 'line 1 is "[1]" in the recorded run'),
    ],
)
def test_a_difference_names_the_key_and_both_values(
    was: Any, now: Any, expected: str, runs: tuple[Path, Path]
) -> None:
    for run, content in zip(runs, (was, now), strict=True):
        write_task(run, "eda", findings=content)
    (found,) = compare(*runs)
    assert found.startswith(f"eda/findings: {expected}")


def test_what_is_no_text_is_told_by_its_hash(runs: tuple[Path, Path]) -> None:
    for run, content in zip(runs, (b"\xff1", b"\xff2"), strict=True):
        (write_task(run, "split", a="") / "part.parquet").write_bytes(content)
    (found,) = compare(*runs)
    assert found.startswith("split/part.parquet: its content, SHA-256 ")


def test_arrays_are_the_same_however_they_are_packed(runs: tuple[Path, Path]) -> None:
    for run, save in zip(runs, (np.savez, np.savez_compressed), strict=True):
        folder = write_task(
            run, "train", model_in_compiled_in_plan__json={"sha256": {"arrays.npz": str(save)}}
        )
        save(folder / "model" / "compiled" / "arrays.npz", weights=np.arange(100.0))
    assert compare(*runs) == []
    np.savez(folder / "model" / "compiled" / "arrays.npz", weights=np.arange(100.0) + 1e-9)
    (found,) = compare(*runs)
    assert found.startswith("train/model/compiled/arrays.npz: its part weights.npy, SHA-256 ")


def test_measured_times_on_the_card_do_not_count(runs: tuple[Path, Path]) -> None:
    for i, run in enumerate(runs):
        write_task(run, "evaluate", card=f"| latency served ms | {i} |\n| time for fits seconds | {i} |\n")
    assert compare(*runs) == []
    write_task(runs[1], "evaluate", card="| latency served ms | 7 |\n| time for leave | 0 |\n")
    (found,) = compare(*runs)
    assert found.startswith('evaluate/card: line 2 is "| time for fits seconds')


def test_a_file_or_a_task_that_one_run_does_not_have_is_a_difference(runs: tuple[Path, Path]) -> None:
    write_task(runs[0], "eda", findings="a", report="b")
    write_task(runs[0], "evaluate", card="c")
    write_task(runs[1], "eda", findings="a", extra="d")
    assert compare(*runs) == [
        "eda/extra: only the repetition has the file",
        "eda/report: only the recorded run has the file",
        "evaluate/: the task did not end in the repetition",
    ]


def test_of_a_run_that_is_known_in_part_only_this_part_is_compared(runs: tuple[Path, Path]) -> None:
    write_task(runs[0], "train", model_in_signature__json={})
    for task in ("train", "eda"):
        write_task(runs[1], task, report="a", model_in_signature__json={})
    assert compare(*runs, is_complete=False) == []


def test_a_source_may_have_another_name(runs: tuple[Path, Path]) -> None:
    new = "s3://b/k.csv?versionId=7"
    for run, source in zip(runs, ("s3://b/k.csv", new), strict=True):
        write_task(run, "ingest", facts={"source": source}, page=f"<p>{source}")
    assert compare(*runs, {new: "s3://b/k.csv"}) == []
    assert len(compare(*runs)) == 2


def _save(run: Path, shift: float) -> None:
    file = write_task(run, "select") / "recipe" / "recipe.skops"
    file.parent.mkdir(parents=True)
    rows = np.array([[0.0], [1.0 + shift]])
    # Objects in memory before it move those of the recipe to other addresses.
    _kept.append(np.zeros(1000 + int(shift)))
    skops.io.dump(make_pipeline(StandardScaler(), StandardScaler()).fit(rows), file)


_kept: list[np.ndarray] = []


def test_a_fitted_recipe_is_compared_without_its_addresses_in_memory(runs: tuple[Path, Path]) -> None:
    for run in runs:
        _save(run, 0.0)
    files = [run / "training-1/select/recipe/recipe.skops" for run in runs]
    assert files[0].read_bytes() != files[1].read_bytes()
    assert compare(*runs) == []


def test_a_recipe_that_learned_another_number_differs(runs: tuple[Path, Path]) -> None:
    for shift, run in enumerate(runs):
        _save(run, 1e-9 * shift)
    (found,) = compare(*runs)
    assert found.startswith("select/recipe/recipe.skops: its part object-")


def test_a_damaged_recipe_is_a_difference(runs: tuple[Path, Path]) -> None:
    _save(runs[0], 0.0)
    write_task(runs[1], "select", recipe_in_recipe__skops="not an archive")
    assert compare(*runs) == ["select/recipe/recipe.skops: one of both files is damaged"]
