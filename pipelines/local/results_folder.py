"""The results of a training in a folder of fixed paths, which DVC and other tools read.

::

    <folder>/
      metrics.json      every metric on the test rows, and the cross-validated score
      model/            the model's folder
      plots/roc.csv     the ROC curve, of a binary task
      plots/trials.csv  the score of each trial of the sweep, and the best so far
"""

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting
from pipelines.local.run_folder import RunFolder

_METRICS, _MODEL, _PLOTS = "metrics.json", "model", "plots"
_NAMES = (_METRICS, _MODEL, _PLOTS)
_CURVE, _TRIALS = "roc.csv", "trials.csv"


def check_results_folder(folder: Path) -> None:
    """Refuse a folder in which writing the results would replace files that are not the results of a run.

    Raises
    ------
    InvalidSetting
        It has such files, or cannot be a folder.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidSetting(
            f"{folder} is a file, so it cannot hold the results.", "Give a folder: --results DIR."
        )
    found = [name for name in _NAMES if (folder / name).exists()]
    plots = folder / _PLOTS
    others = (
        [path.name for path in plots.iterdir() if path.name not in (_CURVE, _TRIALS)]
        if plots.is_dir()
        else []
    )
    if found and (others or not (folder / _MODEL / "signature.json").is_file()):
        raise InvalidSetting(
            f"{folder} has files that the results would replace, and that are not of a run: "
            f"{', '.join([*found, *others])}.",
            "Give a new folder: --results DIR.",
        )


def write_results(run: RunFolder, folder: Path) -> bool:
    """Write the results of a run, and return whether it has any, which takes an evaluated model.

    Earlier results in the folder are replaced.

    Parameters
    ----------
    run : RunFolder
        A finished training.
    folder : Path
        Where to write.
    """
    model, trials = run.find_output("train", "model"), run.find_output("tune-result", "results")
    tested = run.read_metadata("evaluate", "metrics")
    if model is None or trials is None or not tested:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as scratch:
        new = Path(scratch)
        metrics = {"test": tested, "train": _select_scores(run.read_metadata("train", "metrics"))}
        (new / _METRICS).write_text(json.dumps(metrics, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        shutil.copytree(model, new / _MODEL)
        (new / _PLOTS).mkdir()
        curve = run.read_metadata("evaluate", "curves").get("confidenceMetrics")
        if curve:
            _write_rows(new / _PLOTS / _CURVE, (_rename_point(point) for point in curve))
        content = json.loads((trials / "trials.json").read_text(encoding="utf-8"))
        _write_rows(new / _PLOTS / _TRIALS, _list_trials(content["trials"]))
        for name in _NAMES:
            place = folder / name
            if place.is_dir():
                shutil.rmtree(place)
            (new / name).replace(place)
    return True


def _select_scores(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return those metrics of a training that the time of its run does not change."""
    return {
        name: value
        for name, value in metrics.items()
        if name.startswith("cv_") or name in ("models", "threshold")
    }


def _rename_point(point: Mapping[str, float]) -> dict[str, float]:
    return {
        "false_positive_rate": point["falsePositiveRate"],
        "true_positive_rate": point["recall"],
        "threshold": point["confidenceThreshold"],
    }


def _list_trials(trials: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the trials that ended, in their order."""
    best = float("-inf")
    for trial in sorted(trials, key=lambda trial: int(trial["number"])):
        if trial["failure"] or trial["is_pruned"] or trial["is_open"] or not trial["fold_scores"]:
            continue
        score = sum(trial["fold_scores"]) / len(trial["fold_scores"])
        best = max(best, score)
        yield {"trial": trial["number"], "family": trial["family"], "score": score, "best": best}


def _write_rows(file: Path, rows: Iterator[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(text, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
