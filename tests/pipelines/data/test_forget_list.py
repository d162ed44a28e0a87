from pathlib import Path

from pipelines.data.forget_list import render_list
from pipelines.data.forget_search import FoundRun, FoundVersion, RowSearch
from pipelines.interface import Command

_RUN = Path("/runs/first")


def test_the_list_says_what_to_do_in_which_order(monkeypatch) -> None:
    monkeypatch.setattr("sys.orig_argv", ["python"])
    command = Command(("run", "training"), {"source": "https://me:secret@host/a.csv", "target": "y"})
    found = RowSearch(
        ("id",),
        [FoundRun("first", _RUN, {"ingest/dataset": 1, "split/train": 1}, ("a.csv",), command)],
        [
            FoundVersion("version 1 of churn (champion)", "first", "a.csv", "file:///files/1"),
            FoundVersion("version 2 of churn", None, "s3://bucket/a.csv", "s3://files/2"),
        ],
        [_RUN / "artifacts" / "inside", Path("/runs/use/register-fetch")],
        5,
        ["score/predictions of the run use"],
        ["the run gone: its table is gone"],
    )
    assert render_list(found) == (
        "# Where the row is\n"
        "\n"
        "Rows were searched by `id`; this list does not repeat the value.\n"
        "5 tables searched. Tables of runs with such a row: 2.\n"
        "Without these columns, so not searched: score/predictions of the run use.\n"
        "2 model versions trained on such a table.\n"
        "\n"
        "## Take the row out of the sources\n"
        "\n"
        "First, because the next training would read it again.\n"
        "\n"
        "- [ ] a.csv\n"
        "- [ ] s3://bucket/a.csv\n"
        "\n"
        "## Train again\n"
        "\n"
        "Each command writes a new run, and a new version if it passes its gates. Promote it in place of "
        "the old version.\n"
        "\n"
        "- [ ] version 1 of churn (champion) of the run first. It learned from the row. `python -m pipelines "
        "run training --source https://***@host/a.csv --target y`\n"
        "- [ ] version 2 of churn. It was trained or tested on the row, by a run that is not on this "
        "machine. Train it from s3://bucket/a.csv with the parameters of its run in MLflow.\n"
        "\n"
        "## Delete\n"
        "\n"
        "Nothing was deleted. The folder of a run has its tables, its model with some of their rows, and "
        "pages with examples of cells.\n"
        "\n"
        "- [ ] /runs/first (ingest/dataset: 1 row, split/train: 1 row)\n"
        "- [ ] version 1 of churn (champion): file:///files/1\n"
        "- [ ] version 2 of churn: s3://files/2\n"
        "- [ ] /runs/use/register-fetch (a copy of such a model)\n"
        "\n"
        "## Could not be searched\n"
        "\n"
        "- [ ] the run gone: its table is gone\n"
        "\n"
        "Only tables that runs on this machine wrote, and tables of registered versions, were searched. Look "
        "yourself in the sources, in logs of predictions, in backups, and where predictions were copied to.\n"
    )


def test_a_list_without_a_find_says_how_many_tables_were_searched() -> None:
    lines = render_list(RowSearch(("id", "month"), n_tables=3)).splitlines()
    assert lines[2:5] == [
        "Rows were searched by `id` and `month`; this list does not repeat the value.",
        "3 tables searched. Tables of runs with such a row: 0.",
        "No table has such a row.",
    ]
    assert not [line for line in lines if line.startswith("## ")]
