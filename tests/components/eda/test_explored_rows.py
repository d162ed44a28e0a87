import numpy as np
import pandas as pd
import pytest

from components._table.engine import TableEngine
from components._table.kinds import Kind
from components._table.long_texts import LONGEST_TEXT, is_shortened
from components.eda import explored_rows, grouped_values
from components.eda.explored_rows import ExploredRows
from tests.explored_rows import BINARY, open_explored_rows
from tests.tables import write_frame

N_ROWS = 100
FRAME = pd.DataFrame({"x": np.arange(N_ROWS), "X": np.arange(N_ROWS) * 2.0, "y": ["no", "yes"] * 50})
KINDS: dict[str, Kind] = {"x": "integer", "X": "float", "y": "string"}


def test_rows_without_a_target_are_left_out_everywhere():
    frame = FRAME.assign(y=FRAME["y"].where(FRAME["x"] < 90))
    with open_explored_rows(frame, KINDS, BINARY) as rows:
        assert rows.n_rows == 90
        assert rows.query_values(["x"], [f"max({rows.get_column('x')})"]) == [89]
        ((batch, y),) = rows.iterate_batches(["x"])
        assert (batch.num_rows, y.tolist()) == (90, [0, 1] * 45)
        chosen, _ = rows.choose_rows(["x"], 200, seed=0)
    assert sorted(chosen["x"]) == list(range(90))


def test_names_may_differ_in_case_only():
    with open_explored_rows(FRAME, KINDS, BINARY) as rows:
        found = rows.query_values(["x", "X"], [f"sum({rows.get_column(name)})" for name in ("x", "X")])
    assert [int(value) for value in found] == [4950, 9900]


def test_chosen_rows_are_whole_in_random_order_and_of_the_seed(monkeypatch):
    monkeypatch.setattr(explored_rows, "_BATCH_ROWS", 7)
    monkeypatch.setattr(explored_rows, "_MOST_COLUMNS", 1)
    with open_explored_rows(FRAME, KINDS, BINARY) as rows:
        chosen, y = rows.choose_rows(["x", "X"], 30, seed=0)
        again, _ = rows.choose_rows(["x", "X"], 30, seed=0)
        other, _ = rows.choose_rows(["x"], 30, seed=1)
    expected = np.random.default_rng(0).permutation(N_ROWS)[:30]
    assert chosen["x"].tolist() == again["x"].tolist() == expected.tolist()
    assert chosen["X"].tolist() == (2 * expected).tolist()
    assert y.tolist() == (expected % 2).tolist()
    assert other["x"].tolist() != chosen["x"].tolist()


def test_rows_of_a_table_without_features_are_their_targets():
    with open_explored_rows(FRAME[["y"]], KINDS, BINARY) as rows:
        chosen, y = rows.choose_rows([], 30, seed=0)
    assert (chosen.shape, len(y)) == ((30, 0), 30)


def test_rows_of_very_many_are_uniform_without_a_permutation(monkeypatch):
    monkeypatch.setattr(explored_rows, "_MOST_PERMUTED_ROWS", 50)
    counts = np.zeros(N_ROWS)
    with open_explored_rows(FRAME, KINDS, BINARY) as rows:
        for seed in range(100):
            chosen, _ = rows.choose_rows(["x"], 20, seed=seed)
            assert chosen["x"].is_unique
            counts[chosen["x"]] += 1
    # A sum of squares of 100 standard normal values, nearly: above 149 once in 1,000 times.
    assert ((counts - 20) ** 2 / (20 * 0.8)).sum() < 149


@pytest.mark.parametrize("is_varied", [False, True])
def test_numbers_are_given_in_order_grouped_or_not(is_varied, monkeypatch):
    monkeypatch.setattr(explored_rows, "_BATCH_ROWS", 10)
    monkeypatch.setattr(grouped_values, "_BATCH_ROWS", 10)
    monkeypatch.setattr(explored_rows, "_VARIED_SHARE", 0 if is_varied else 2)
    values = pd.Series([*[3.0, 1.0, None, 2.0] * 20, -0.0])
    with (
        open_explored_rows(pd.DataFrame({"x": values}), {"x": "float"}) as rows,
        rows.group_values("x") as found,
    ):
        batches = list(found.iterate())
    ordered = np.concatenate([batch.column(0).to_numpy() for batch in batches])
    counts = np.concatenate([batch.column(1).to_numpy() for batch in batches])
    assert len(batches) == (7 if is_varied else 1)
    assert np.repeat(ordered, counts).tolist() == sorted(values.dropna())


def test_rows_of_very_many_are_chosen_from_their_sample(tmp_path, monkeypatch):
    write_frame(FRAME[::3], KINDS, tmp_path / "train")
    write_frame(FRAME[::9], KINDS, tmp_path / "sample")
    write_frame(FRAME[:0], KINDS, tmp_path / "none")
    found = []
    for limit, sample in ((50, "sample"), (20, "sample"), (20, "none")):
        monkeypatch.setattr(explored_rows, "_MOST_PERMUTED_ROWS", limit)
        with TableEngine(256 << 20, tmp_path / "scratch") as engine:
            rows = ExploredRows(str(tmp_path / "train"), BINARY, engine, str(tmp_path / sample))
            chosen, y = rows.choose_rows(["x"], 10, seed=0)
        assert y.tolist() == (chosen["x"] % 2).tolist()
        found.append(chosen["x"] % 9 == 0)
    assert [bool(is_sampled.all()) for is_sampled in found] == [False, True, False]
    assert [len(is_sampled) for is_sampled in found] == [10, 10, 10]


def test_long_texts_are_shortened_in_batches_as_in_queries():
    long = "x" * (LONGEST_TEXT + 1)
    frame = pd.DataFrame({"s": [long, "a", long]})
    with open_explored_rows(frame, {"s": "string"}) as rows:
        with rows.group_values("s") as values:
            ((found, n),) = values.iterate("WHERE n = 2")
        ((batch, _),) = rows.iterate_batches(["s"])
    assert (n.to_pylist(), is_shortened(found[0].as_py())) == ([2], True)
    assert batch["s"].to_pylist() == [found[0].as_py(), "a", found[0].as_py()]
