from pathlib import Path

import numpy as np
import pytest

from components._sweep.cross_validation import cross_validate
from components._sweep.folds import FoldSet
from components._sweep.trials import NoTrialFinished, Sweep, TrialResult
from components.tune.result import join_workers
from tests.components._model.tables import SMALL
from tests.components.tune.sweeps import write_folds

FAMILIES = ("linear", "extra_trees", "lightgbm")


def _evaluate(folds: str) -> Sweep:
    """Return a finished trial per family, with its predictions."""
    trials, predicted = [], {}
    for number, family in enumerate(FAMILIES):
        outcome = cross_validate(family, SMALL[family], FoldSet.load(folds), seed=0, threads=1)
        assert outcome.predicted is not None
        scores, steps = tuple(outcome.fold_scores), tuple(outcome.steps)
        trials.append(TrialResult(number, 0, family, SMALL[family], scores, steps))
        predicted[number] = outcome.predicted.astype(np.float32)
    return Sweep(trials, predicted, asked=len(FAMILIES))


def _join(folder: Path, folds: str, *parts: Sweep) -> Sweep:
    folder.mkdir()
    places = [str(folder / str(worker)) for worker in range(len(parts))]
    for place, part in zip(places, parts, strict=True):
        part.save(place)
    results = str(folder / "results")
    join_workers(folds=folds, parts=places, results=results, report=str(folder / "report.html"), seed=0)
    return Sweep.load([results])


def test_the_trials_of_all_workers_come_together_with_their_predictions(tmp_path: Path) -> None:
    folds = write_folds(tmp_path)
    whole = _evaluate(folds)
    shares = [
        Sweep([whole.trials[number] for number in numbers], {n: whole.out_of_fold[n] for n in numbers})
        for numbers in ((0, 2), (1,))
    ]
    # A worker that died has no trials; what it says is on the page.
    died = Sweep([], {}, ["Worker 2 lost its storage: no route"], len(FAMILIES), True)
    joined = _join(tmp_path / "joined", folds, *shares, died)
    assert joined.trials == whole.trials
    assert joined.out_of_fold.keys() == whole.out_of_fold.keys()
    for number, predicted in whole.out_of_fold.items():
        np.testing.assert_array_equal(joined.out_of_fold[number], predicted)
    assert (joined.notes, joined.asked, joined.is_out_of_time) == (died.notes, len(FAMILIES), True)
    assert died.notes[0] in (tmp_path / "joined" / "report.html").read_text(encoding="utf-8")


def test_predictions_that_were_lost_with_their_worker_are_made_again(tmp_path: Path) -> None:
    folds = write_folds(tmp_path)
    whole = _evaluate(folds)
    # Only the study knows of the trials: no worker that ended had run them.
    joined = _join(tmp_path / "joined", folds, Sweep(whole.trials, {}))
    assert joined.out_of_fold.keys() == whole.out_of_fold.keys()
    for number, predicted in whole.out_of_fold.items():
        np.testing.assert_array_equal(joined.out_of_fold[number], predicted)


def test_only_predictions_that_the_model_is_chosen_by_are_kept(tmp_path: Path) -> None:
    predicted = np.full((240, 2), 0.5, dtype=np.float32)
    trials = [TrialResult(n, 0, "linear", {"strength": 1.0}, (0.5 + n / 100,) * 2, (0, 0)) for n in range(14)]
    everything = Sweep(trials, {trial.number: predicted for trial in trials})
    joined = _join(tmp_path / "joined", write_folds(tmp_path), everything)
    assert list(joined.out_of_fold) == [trial.number for trial in reversed(everything.candidates)]
    assert len(joined.out_of_fold) == 12


def test_the_same_trials_give_the_same_page(tmp_path: Path) -> None:
    folds = write_folds(tmp_path)
    whole = _evaluate(folds)
    for name in ("once", "again"):
        _join(tmp_path / name, folds, whole)
    once, again = (tmp_path / name / "report.html" for name in ("once", "again"))
    assert once.read_bytes() == again.read_bytes()


def test_a_sweep_without_a_finished_trial_is_refused(tmp_path: Path) -> None:
    failed = TrialResult(0, 0, "linear", {"strength": 3.0}, failure="ValueError: it broke")
    with pytest.raises(NoTrialFinished, match="finished: ValueError: it broke, Worker 1 was ended"):
        _join(
            tmp_path / "joined",
            write_folds(tmp_path),
            Sweep([failed], {}),
            Sweep([], {}, ["Worker 1 was ended"]),
        )
    assert not (tmp_path / "joined" / "results").exists()
