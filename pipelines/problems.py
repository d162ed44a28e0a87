"""What is asked of a table: read from a file, or the sample's."""

import json
from pathlib import Path
from typing import Any

from components.errors import InvalidSetting

_SAMPLE = {"source": "sample:churn", "target": "churned"}
_SAMPLE_PROBLEM = Path(__file__).parent / "samples" / "churn.yaml"


def sample_run() -> dict[str, Any]:
    """Return the parameters of a run without a table of its own: customers who leave."""
    return {**_SAMPLE, "problem": read_problem(str(_SAMPLE_PROBLEM))}


def read_problem(text: str) -> dict[str, Any]:
    """Return the details of a problem, from a YAML or JSON file or from JSON itself.

    Raises
    ------
    InvalidSetting
        There is no such file, or it is no mapping of JSON values.
    """
    import yaml

    is_file = not text.lstrip().startswith("{")
    try:
        content = Path(text).expanduser().read_text(encoding="utf-8") if is_file else text
        problem = yaml.safe_load(content) if is_file else json.loads(content)
        json.dumps(problem, allow_nan=False)
    except OSError as error:
        raise InvalidSetting(
            f"The problem file {text} cannot be read: {error.strerror}.",
            'Name a YAML file, or write JSON: --problem \'{"identifiers": ["id"]}\'.',
        ) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        place = f"The problem file {text}" if is_file else "The problem"
        raise InvalidSetting(f"{place} does not hold: {error}.", "Correct it there.") from None
    if not isinstance(problem, dict):
        raise InvalidSetting(
            f"The problem is {type(problem).__name__}, not a mapping of keys to values.",
            "Write it as in pipelines/samples/churn.yaml.",
        )
    return problem
