"""A version of a model in MLflow's registry, without MLflow's library, which takes seconds to import."""

from dataclasses import dataclass
from datetime import datetime

# The tag with all metrics of a version, which is too long to be shown with the others.
EVALUATION = "evaluation"


@dataclass(frozen=True)
class RegistryVersion:
    """A version of a model.

    Attributes
    ----------
    model : str
        The registered model.
    number : str
        The version, from "1".
    aliases : tuple of str
        Its aliases now.
    tags : dict of str to str
        Its tags.
    run : str or None
        MLflow's run that logged the model.
    source : str
        Location of its files, as MLflow writes it.
    created : datetime
        When it was registered.
    """

    model: str
    number: str
    aliases: tuple[str, ...]
    tags: dict[str, str]
    run: str | None
    source: str
    created: datetime

    @property
    def facts(self) -> dict[str, str]:
        """The tags that are short enough to be shown."""
        return {name: value for name, value in self.tags.items() if name != EVALUATION}
