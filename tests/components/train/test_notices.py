from typing import Any

import numpy as np
import pytest

from components._dask.choice import LOCAL, EngineChoice
from components._estimators import Facts
from components._problem.metric_scale import MetricScale
from components._sweep.trials import Sweep, TrialResult
from components.train.large_fits import LargeFit
from components.train.latency import LatencyResult
from components.train.limits import SizeResult
from components.train.member_choice import Member, MemberChoice
from components.train.model_parts import ModelPart
from components.train.notices import (
    LearntRows,
    collect_edge_notices,
    collect_engine_notices,
    collect_latency_notices,
    collect_memory_notices,
    collect_refit_notices,
    collect_row_time_notices,
    collect_rows_notices,
    collect_size_notices,
    collect_time_notices,
)


def _make_trials(n: int, **of_last: Any) -> list[TrialResult]:
    trials = [TrialResult(i, 0, "linear", {}, (0.5,), (0,)) for i in range(n - 1)]
    return [*trials, TrialResult(n - 1, 0, "linear", {}, (0.5,), (0,), **of_last)]


def _measure_latency(**values: Any) -> LatencyResult:
    trial = TrialResult(0, 0, "network", {}, (0.5,), (0,))
    free = MemberChoice(
        [Member(trial, 1.0)], 1.0, 0.0, np.zeros((1, 2)), np.ones(1, bool), 0.834, 0.834, "because"
    )
    whole = {"limit_ms": 1.0, "served_ms": 0.5, "recipe_ms": 0.01, "free_ms": 2.5, "is_binding": False}
    return LatencyResult(**{**whole, "free": free, "free_title": "Neural network", **values})


@pytest.mark.parametrize("asked", [0, 1, 30])
def test_a_model_chosen_by_fewer_folds_has_a_warning(asked: int) -> None:
    (notice,) = collect_time_notices(Sweep(_make_trials(1), {}, [], asked, True), n_folds=5)
    assert notice.level == "warning"
    assert notice.text == (
        "Time ran out before a trial was scored in all 5 folds, so the model was chosen by 1 of them. "
        "Another run may give another model."
    )


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (Sweep(_make_trials(30), {}, [], 30, False), []),
        # The time was over just when the last trial had ended.
        (Sweep(_make_trials(30), {}, [], 30, True), []),
        (
            Sweep(_make_trials(17), {}, [], 30, True),
            ["Time ran out after 17 of 30 trials. Another run may give another model."],
        ),
        (
            Sweep(_make_trials(18, is_open=True), {}, [], 30, True),
            ["Time ran out after 17 of 30 trials. Another run may give another model."],
        ),
        (
            Sweep(_make_trials(30, is_hurried=True), {}, [], 30, False),
            [
                "From trial 29, the sweep preferred families that train fast, because time was short. "
                "Another run may give another model."
            ],
        ),
        # A worker that died of other things.
        (Sweep(_make_trials(17), {}, ["Worker 1 lost the sweep's storage"], 30, False), []),
    ],
)
def test_a_sweep_that_time_limited_gives_a_warning(sweep: Sweep, expected: list[str]) -> None:
    notices = collect_time_notices(sweep, n_folds=1)
    assert [notice.text for notice in notices] == expected
    assert all(notice.level == "warning" and "MINUTES" in notice.remedy for notice in notices)


def test_a_sweep_that_only_time_ends_is_told_of_in_a_note() -> None:
    sweep = Sweep(_make_trials(17, is_hurried=True), {}, [], 0, True)
    (notice,) = collect_time_notices(sweep, n_folds=1)
    assert notice.level == "note"
    assert notice.text.startswith("The sweep tried 17 trials in the time given")
    assert "TRIALS=17 (trials)" in notice.remedy


IN_TIME = "The served model takes 0.5 ms of processor time to predict a row; the limit is 1 ms."


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {IN_TIME: "note"}),
        (
            {"is_binding": True},
            {
                "The limit of 1 ms to predict a row changed the model. It has ROC AUC 0.807 and takes 0.5 "
                "ms. Without the limit it would have 0.834 and take 2.5 ms (Neural network).": "warning",
                IN_TIME: "note",
            },
        ),
        ({"served_ms": 1.2}, {IN_TIME.replace("0.5", "1.2"): "warning"}),
        (
            {"recipe_ms": 1.1, "served_ms": 2.5},
            {
                "No model can predict a row within 1 ms: the recipe alone takes 1.1 ms. "
                "The limit was ignored, and the model takes 2.5 ms.": "warning"
            },
        ),
    ],
)
def test_a_notice_says_what_a_limit_cost(values: dict[str, Any], expected: dict[str, str]) -> None:
    notices = collect_latency_notices(_measure_latency(**values), 0.807, MetricScale("roc_auc", False))
    assert {notice.text: notice.level for notice in notices} == expected
    assert all(("MAX_LATENCY_MS" in notice.remedy) == (notice.level == "warning") for notice in notices)


def _make_choice(score: float, *numbers: int) -> MemberChoice:
    members = [Member(TrialResult(n, 0, "lightgbm", {}, (0.5,), (0,)), 1 / len(numbers)) for n in numbers]
    return MemberChoice(members, 1.0, 0.0, np.zeros((1, 2)), np.ones(1, bool), score, score, "because")


@pytest.mark.parametrize(
    ("numbers", "score", "sizes", "expected"),
    [
        (
            (0, 1),
            0.9,
            (40e6, 9, 81e6, 25),
            "The model has 9 fits instead of 25, so that its compiled form takes 40 MB instead of 81 MB; the "
            "limit is 50 MB.",
        ),
        (
            (0,),
            0.8,
            (49e6, 1, 81e6, 2),
            "The model is without trial 1 (LightGBM) and has 1 fit instead of 2, so that its compiled form "
            "takes 49 MB instead of 81 MB; the limit is 50 MB. It has ROC AUC 0.8 instead of 0.9.",
        ),
        (
            (0,),
            0.8,
            (60e6, 1, 81e6, 2),
            "The compiled model takes 60 MB, more than 50 MB: no lighter model was found. A server takes "
            "longer to start and needs more memory.",
        ),
    ],
)
def test_a_notice_says_what_the_size_cost(
    numbers: tuple[int, ...], score: float, sizes: tuple[float, int, float, int], expected: str
) -> None:
    n_bytes, n_fits, free_bytes, free_fits = sizes
    size = SizeResult(50_000_000, int(n_bytes), n_fits, int(free_bytes), free_fits, _make_choice(0.9, 0, 1))
    (notice,) = collect_size_notices(size, _make_choice(score, *numbers), MetricScale("roc_auc", False))
    assert (notice.level, notice.text) == ("warning", expected)


def test_a_notice_says_which_trials_there_was_no_time_for() -> None:
    scale = MetricScale("roc_auc", False)
    (notice,) = collect_refit_notices(_make_choice(0.9, 0, 1), _make_choice(0.8, 0), scale)
    assert notice.text == (
        "The model is without trial 1 (LightGBM): there was no time to fit it on all rows. It has ROC AUC "
        "0.8 instead of 0.9."
    )
    assert "MINUTES" in notice.remedy


def test_a_note_says_which_trials_would_be_too_slow_to_predict_with() -> None:
    scale = MetricScale("roc_auc", False)
    (notice,) = collect_row_time_notices(_make_choice(0.9, 0, 1), _make_choice(0.8, 0), scale)
    assert notice.level == "note"
    assert notice.text == (
        "The model is without trial 1 (LightGBM), which would take too long to predict a row. It has ROC AUC "
        "0.8 instead of 0.9."
    )
    assert "MAX_LATENCY_MS" in notice.remedy
    # Other weights of the same trials are nothing to tell.
    assert collect_row_time_notices(_make_choice(0.9, 0), _make_choice(0.8, 0), scale) == []


def test_a_notice_says_that_memory_left_processors_without_work() -> None:
    assert collect_memory_notices(0, 4) == []
    (notice,) = collect_memory_notices(3, 4)
    assert notice.text == "The model was fitted by 1 of 4 processors, because memory was short."


def test_errors_are_shown_positive() -> None:
    free = _measure_latency().free._replace(score=-2.0)
    notice, _ = collect_latency_notices(
        _measure_latency(free=free, is_binding=True), -3.0, MetricScale("rmse", True)
    )
    assert "has rmse 3 and" in notice.text
    assert "would have 2 and" in notice.text


def _make_parts(*families: str) -> list[ModelPart]:
    return [
        ModelPart(TrialResult(i, 0, family, {"learning_rate": 0.05}, (0.5,), (0,)), 0.5, None)
        for i, family in enumerate(families)
    ]


@pytest.mark.parametrize(
    ("families", "n_rows", "limited_by", "rate", "expected"),
    [
        (
            ["lightgbm", "linear"],
            9_000,
            "",
            0.05,
            [
                "1 of 2 models learnt from 9,000 of 9,900 training rows, trial 1 (Linear model) from the "
                "sample of 800 rows. Raise MEMORY (memory)."
            ],
        ),
        (["lightgbm"], 9_000, "", 0.05, []),
        (
            ["lightgbm"],
            4_000,
            "memory",
            0.05,
            [
                "There was too little memory for all rows; a row's hash decided if it was used. Raise MEMORY "
                "(memory)."
            ],
        ),
        (
            ["lightgbm"],
            4_000,
            "time",
            0.1,
            [
                "There was too little time for all rows; a row's hash decided if it was used. Raise MINUTES "
                "(budget_minutes).",
                "Trial 0 has the learning rate 0.1 instead of 0.05: time was short. Raise MINUTES "
                "(budget_minutes).",
            ],
        ),
        (
            ["linear"],
            0,
            "",
            0.05,
            [
                "The model learnt from the sample of 800 rows, not from all 9,900 training rows. "
                "Raise MEMORY (memory)."
            ],
        ),
    ],
)
def test_a_person_reads_which_rows_each_model_learnt_from(
    families: list[str], n_rows: int, limited_by: str, rate: float, expected: list[str]
) -> None:
    parts = _make_parts(*families)
    fit = LargeFit(None, n_rows, 1e6, {"learning_rate": rate}, 80, limited_by)
    fits = {part.key: fit for part in parts if part.trial.family == "lightgbm"}
    notices = collect_rows_notices(parts, fits, LearntRows(9_900, 800, 100))
    assert [str(notice) for notice in notices if notice.level == "warning"] == expected
    notes = [notice.text for notice in notices if notice.level == "note"]
    if fits:
        assert notes[-2:] == [
            "100 training rows were kept out: half of them decided when the fits stop, half judge the "
            "learning curve.",
            "The cross-validated score is that of the same trials on the sample of 800 rows.",
        ]


def test_the_engine_of_the_fits_is_told_if_dask_was_chosen() -> None:
    dask = EngineChoice("dask", "engine=dask was asked for")
    fit = LargeFit(None, 90, 1e6, {}, 80, "memory of the workers", n_workers=3)
    assert collect_engine_notices(LOCAL, None, {}) == []
    (notice,) = collect_engine_notices(dask, None, {(1, None): fit})
    assert notice.text.startswith("3 Dask workers fitted LightGBM: engine=dask was asked for. Another number")
    (notice,) = collect_engine_notices(dask, None, {})
    assert notice.text.startswith("Dask's workers fitted nothing, although engine=dask was asked for: the")


def test_workers_without_memory_for_all_rows_have_a_remedy_of_their_own() -> None:
    fit = LargeFit(None, 90, 1e6, {"learning_rate": 0.1}, 80, "memory of the workers", n_workers=3)
    trial = TrialResult(1, 0, "lightgbm", {"learning_rate": 0.1}, (0.5,), (80,))
    notices = collect_rows_notices([ModelPart(trial, 1.0, None)], {(1, None): fit}, LearntRows(100, 10, 0))
    (warning,) = [notice for notice in notices if notice.level == "warning"]
    assert "too little memory of the workers for all rows" in warning.text
    assert warning.remedy == "Give the Dask workers more memory, or use more of them."


@pytest.mark.parametrize(
    ("n_neighbors", "texts"),
    [
        (30, []),
        (100, ["n_neighbors 100 (searched from 3 to 100)"]),
        (3, ["n_neighbors 3 (searched from 3 to 100)"]),
    ],
)
def test_a_parameter_at_the_end_of_its_search_is_named(n_neighbors: int, texts: list[str]) -> None:
    trial = TrialResult(4, 0, "neighbours", {"n_neighbors": n_neighbors}, (0.5,), (0,))
    choice = MemberChoice(
        [Member(trial, 1.0)], 1.0, 0.0, np.zeros((1, 2)), np.ones(1, bool), 0.8, 0.8, "because"
    )
    notices = collect_edge_notices(choice, Facts("binary", "roc_auc", 1_000, 12))
    assert [notice.level for notice in notices] == ["note"] * len(texts)
    for notice, text in zip(notices, texts, strict=True):
        assert notice.text.startswith("Parameters of trial 4 (")
        assert text in notice.text
