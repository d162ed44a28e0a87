"""The stage's settings."""

import re
from dataclasses import dataclass

from components.errors import InvalidSetting

# Characters with a meaning in MLflow's addresses of models and versions.
_RESERVED = "/:%\"'"


@dataclass(frozen=True)
class Settings:
    """How to register a model.

    Attributes
    ----------
    model_name : str
        Name in the registry, without / : % and quotes; empty for the target's name.
    must_beat : str
        Number of the version in use, or an alias, than which the model must be better on the test rows to
        replace it; empty for a comparison with the champion that decides nothing.
    seed : int
        Seed of the bootstrap.
    """

    model_name: str = ""
    must_beat: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if set(_RESERVED) & set(self.model_name) or self.model_name != self.model_name.strip():
            expected = f"a name without {' '.join(_RESERVED)} and without blanks around it"
            raise InvalidSetting.from_out_of_range("model_name", self.model_name, expected)

    def name_for(self, target: str) -> str:
        """Return the registered model's name for a target."""
        return self.model_name or re.sub(f"[{re.escape(_RESERVED)}]", "-", target.strip())
