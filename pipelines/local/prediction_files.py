"""The predictions of a scoring run at the top of its folder: as Parquet, and as CSV for spreadsheets."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from pipelines.local.run_folder import RunFolder

# A CSV of more rows is larger than what people open, and takes minutes to write.
MOST_ROWS_OF_CSV = 5_000_000


def write_prediction_files(folder: RunFolder) -> None:
    """Write ``predictions/`` and ``predictions.csv`` into the folder of a run, if it made predictions.

    The files of the first are those of the artifact, which take no more of the disk where it knows links.
    There is no CSV of more than 5 million rows. The table is read batch by batch.
    """
    artifact = folder.find_output("score-result", "predictions")
    if artifact is None:
        return
    folder.predictions.mkdir()
    parts = sorted(artifact.glob("*.parquet"))
    for part in parts:
        _link(part, folder.predictions / part.name)
    # The image of submit has the command line without pyarrow.
    import pyarrow.parquet as pq

    if sum(pq.read_metadata(part).num_rows for part in parts) <= MOST_ROWS_OF_CSV:
        _write_csv(parts, folder.predictions_csv)


def _link(part: Path, place: Path) -> None:
    with suppress(OSError):
        os.link(part, place)
        return
    shutil.copyfile(part, place)


def _write_csv(parts: list[Path], path: Path) -> None:
    import pyarrow.parquet as pq
    from pyarrow.csv import CSVWriter

    temporary = path.with_suffix(".part")
    with CSVWriter(temporary, pq.read_schema(parts[0])) as writer:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches():
                writer.write_batch(batch)
    temporary.replace(path)
