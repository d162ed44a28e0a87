"""The record of a registered model: register writes it, score, deploy and the command line read it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

# Beside the record: test rows with the pipeline's predictions, by which deploy checks a server.
HELD_OUT = "held_out.json"
# In the model folder of a registered version: the model card that evaluate wrote.
CARD = "card.md"
# In both folders: how the version was made, as an in-toto statement.
STATEMENT = "statement.json"
# In the run in MLflow: test rows with the target, as Parquet, for notebooks.
TEST_ROWS = "test_rows"
# How the id of a request begins by which deploy checks a server: such requests are no traffic.
CHECK_ID = "kfp-tabular-check-"
_FILE = "registration.json"


@dataclass(frozen=True)
class RegisteredModel:
    """One version of a model.

    Attributes
    ----------
    model : str
        Name in the registry.
    version : str or None
        The version's number; None without a registry.
    package : str or None
        Address of the model folder, as MLflow writes it; None without a registry.
    champion : str or None
        Number of the version that was the champion at registration; None if there was no champion.
    tags : dict of str to str
        The version's tags in the registry.
    n_approvals : int
        How many approvals deploy requires.
    """

    model: str
    version: str | None
    package: str | None = None
    champion: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    n_approvals: int = 0

    @property
    def title(self) -> str:
        """Model and version, for people."""
        return f"{self.model}, version {self.version}"

    @classmethod
    def load(cls, folder: str | Path) -> "RegisteredModel":
        """Read the record in a registration's folder."""
        return cls(**json.loads((Path(folder) / _FILE).read_text(encoding="utf-8")))

    @classmethod
    def find(cls, folder: Path) -> "RegisteredModel | None":
        """Read the record in a folder; None if the folder has no record."""
        return cls.load(folder) if (folder / _FILE).exists() else None

    def save(self, folder: str | Path) -> None:
        """Write the record into a folder, which is created if need be."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False, allow_nan=False)
        (place / _FILE).write_text(text + "\n", encoding="utf-8")
