"""The text of an approval: what the approver saw of a version, and signs."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components._problem.metrics import describe_metric
from components._problem.registration import CARD
from components._tracking.registry_version import EVALUATION, RegistryVersion

TITLE = "Approval of a model for deployment, form 1"


@dataclass(frozen=True)
class ApprovalSubject:
    """What an approval is about: the lines at the beginning of its text.

    Attributes
    ----------
    model, version : str
        The registered model and the number of its version.
    content : str
        SHA-256 of the version's files, by ``hash_folder``.
    approver : str
        Name of the approver.
    """

    model: str
    version: str
    content: str
    approver: str

    def __str__(self) -> str:
        lines = (TITLE, *(f"{name}: {value}" for name, value in vars(self).items()))
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str) -> "ApprovalSubject":
        """Read the subject of an approval's text.

        Raises
        ------
        ValueError
            The text is not that of an approval.
        """
        head = text.partition("\n\n")[0].split("\n")
        values = dict(line.partition(": ")[::2] for line in head[1:])
        try:
            subject = cls(**values)
        except TypeError:
            raise ValueError("its text is not that of an approval") from None
        if str(subject) != "\n".join(head) + "\n":
            raise ValueError("its text is not that of an approval")
        return subject


def hash_folder(folder: Path) -> str:
    """Return the SHA-256 of a folder's files: that of the lines of ``sha256sum``, sorted by path."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    names = sorted(file.relative_to(folder).as_posix() for file in files)
    lines = (f"{_hash_file(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def render_statement(version: RegistryVersion, package: Path, approver: str) -> str:
    """Return the text that an approver is shown and signs.

    Parameters
    ----------
    version : RegistryVersion
        The version.
    package : Path
        Its model folder.
    approver : str
        Name of the approver.
    """
    subject = ApprovalSubject(version.model, version.number, hash_folder(package), approver)
    evaluation = json.loads(version.tags.get(EVALUATION, "{}"))
    card = package / CARD
    facts = {
        "Registered": f"{version.created:%Y-%m-%d %H:%M} UTC, run {version.run or 'unknown'}",
        "Kind of model": evaluation.get("model", version.tags.get("family", "unknown")),
        "Training data": _describe_data(version.tags),
        "Commit": version.tags.get("commit", "unknown"),
        "Model card": f"sha256 {_hash_file(card)}" if card.exists() else "none",
    }
    lines = [*(f"{name}: {value}" for name, value in facts.items()), "", *_describe_evaluation(evaluation)]
    lines += ["", _describe_comparison(version.tags)]
    # A line end within a value would show as a line of its own.
    return f"{subject}\n" + "".join(f"{' '.join(line.split())}\n" for line in lines)


def _hash_file(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _describe_data(tags: dict[str, str]) -> str:
    digest = tags.get("dataset_sha256") or tags.get("sha256")
    parts = (tags.get("source", "unknown"), tags.get("source_version"), digest and f"sha256 {digest}")
    return ", ".join(filter(None, parts))


def _describe_evaluation(record: dict[str, Any]) -> Iterator[str]:
    """Yield the main metric with its interval, the gates, and all other metrics."""
    name = record.get("metric", "")
    if name:
        title, low, high = describe_metric(name), record.get("low"), record.get("high")
        interval = f" (95 % interval {low:.4g} to {high:.4g})" if low is not None and high is not None else ""
        value = _format_number(record.get("score"))
        yield f"{title[0].upper()}{title[1:]} on {record.get('rows_test', 0)} test rows: {value}{interval}"
    for key, rival in (("against_baseline", "the baseline"), ("against_simple", "a simple model")):
        if words := record.get(key, {}).get("words"):
            yield f"Compared with {rival}: {words}"
    if caveat := record.get("caveat"):
        yield f"Caveat: {caveat}"
    for gate in record.get("gates", ()):
        result = "passed" if gate["passed"] else "failed"
        yield f"Gate {gate['gate']}: {_format_number(gate['value'])}, {result}"
    said = (name, f"{name}_low", f"{name}_high")
    others = {key: value for key, value in record.get("metrics", {}).items() if key not in said}
    if others:
        yield "Other figures: " + ", ".join(f"{key} {value:.4g}" for key, value in others.items())


def _format_number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"


def _describe_comparison(tags: dict[str, str]) -> str:
    if "compared_with" not in tags:
        return "Comparison with the champion: there was none"
    outcome = tags.get("comparison", "unknown")
    text = f"Comparison with version {tags['compared_with']}, on the same test rows: {outcome}"
    if "better_by" not in tags:
        return text
    by, low, high = (f"{float(tags[f'better_by{end}']):.4g}" for end in ("", "_low", "_high"))
    return f"{text}, by {by} (95 % interval {low} to {high})"
