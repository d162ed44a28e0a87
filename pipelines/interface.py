"""The interface that a person used: variables of make, or options of the command line.

Messages are written with the options (``--target``). Someone who typed ``make run TARGET=y`` reads them, and
commands to go on with, with the variables of make.
"""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from components.errors import InvalidSetting, format_list, suggest_name

# The Makefile puts the name of its target here.
MAKE_TARGET = "KFP_TABULAR_MAKE_TARGET"

_OF_RUN = (
    *("source", "target", "task", "metric", "problem", "trials", "minutes", "seed", "workers", "verbose"),
    *("max-models", "max-latency-ms", "weighs-time", "warm-start", "model-name", "study", "resume"),
)
# The options that the targets of make have a variable for.
_OPTIONS = {
    "run": _OF_RUN,
    "run-docker": (*_OF_RUN, "registry", "tag", "memory"),
    "score": (
        *(
            "source",
            "model-name",
            "version",
            "run",
            "shards",
            "identifiers",
            "output",
            "unreadable",
            "verbose",
        ),
    ),
    "serve": ("run", "port", "grpc-port", "workers", "model-name"),
    "compile": ("registry", "tag", "size", "pin"),
    "submit": ("host", "namespace", "parameters", "wait"),
    "schedule": ("cron", "every", "name", "host", "namespace", "parameters"),
}
# Those that change how make itself works here.
_OF_MAKE = ("PYTHON", "VENV", "BIN", "SHELL")
_FLAGS = frozenset({"verbose", "weighs-time", "wait", "pin"})
_OF_SCORE = {"model-name": "MODEL"}
_OPTION = re.compile(r"""(?:argument )?--([a-z][a-z-]+)(?:(:)|[ =]([A-Z][A-Z,]*\b|'[^']*'))?""")
# A message of a stage, which has pipeline parameters: set task=regression.
_PARAMETER = re.compile(r"\b(task|metric|target|seed|unreadable)=(?=\w)", re.IGNORECASE)
_COMMANDS = {("run", "training"): "run", ("run", "scoring"): "score", ("serve",): "serve"}


def get_make_target() -> str | None:
    """Return the target of make that this process carries out; None for none."""
    return os.environ.get(MAKE_TARGET) or None


def check_variables() -> None:
    """Refuse variables that were given to make and mean nothing to its target, which make ignores.

    Raises
    ------
    InvalidSetting
        There is such a variable; the message names the nearest right one.
    """
    target = get_make_target()
    if target not in ("run", "run-docker", "score", "serve"):
        return
    known = [_name_variable(option, target) for option in _OPTIONS[target]]
    # What make was given on its command line; blanks in values have a backslash before them.
    given = re.findall(
        r"(?<!\\)(?:^| )([A-Za-z_]\w*):*=", os.environ.get("MAKEFLAGS", "").partition("-- ")[2]
    )
    wrong = [name for name in given if name not in (*known, *_OF_MAKE)]
    if wrong:
        remedies = (suggest_name(name, known, "variable") for name in wrong)
        raise InvalidSetting(
            f"make {target} knows no {format_list(wrong)}.", " ".join(dict.fromkeys(remedies))
        )


def reword(message: str) -> str:
    """Return a message in the words of the interface that was used."""
    target = get_make_target()
    if target is None:
        return _PARAMETER.sub(lambda found: f"--{found[1].lower()} ", message)
    message = message.replace("Add --docker", "Use make run-docker")
    message = _PARAMETER.sub(lambda found: f"{found[1].upper()}=", message)
    return _OPTION.sub(lambda found: _as_variable(found, target), message)


def _as_variable(found: re.Match[str], target: str) -> str:
    option, colon, value = found.groups()
    if option not in _OPTIONS.get(target, ()):
        return found[0]
    name = _name_variable(option, target)
    if colon:
        return f"{name}:"
    return f"{name}={'1' if option in _FLAGS else value or ''}"


def _name_variable(option: str, target: str) -> str:
    own = _OF_SCORE if target == "score" else {}
    return own.get(option, option.upper().replace("-", "_"))


@dataclass(frozen=True)
class Command:
    """A command that a person may type.

    Parameters
    ----------
    words : tuple of str
        What to do: ``("run", "training")``.
    options : mapping of str to str
        Its options without dashes, with their values as they were typed.
    """

    words: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)

    def replace_options(self, **changes: str | None) -> "Command":
        """Return the command with other options; None takes one out."""
        options = {**self.options, **{name.replace("_", "-"): value for name, value in changes.items()}}
        return replace(self, options={name: value for name, value in options.items() if value is not None})

    def merge_options(self, earlier: Mapping[str, str]) -> "Command":
        """Return the command with the options of an earlier one that it goes on with, and its own."""
        return replace(self, options={**earlier, **self.options})

    def keep_options(self, words: tuple[str, ...], *names: str) -> "Command":
        """Return another command with those of the options that it has, too."""
        return Command(words, {name: self.options[name] for name in names if name in self.options})

    def __str__(self) -> str:
        return self._format_for_make() if get_make_target() else self._format_for_shell()

    def _format_for_make(self) -> str:
        target = _COMMANDS[self.words]
        if "docker" in self.options:
            target = f"{target}-docker"
        given = [
            f"{_name_variable(name, target)}={_quote_for_make(value)}"
            for name, value in self.options.items()
            if name in _OPTIONS[target]
        ]
        return " ".join(["make", target, *given])

    def _format_for_shell(self) -> str:
        words = [sys.orig_argv[0] if "-m" in sys.orig_argv else "python", "-m", "pipelines", *self.words]
        for name, value in self.options.items():
            words += [f"--{name}"] if name in (*_FLAGS, "docker") else [f"--{name}", value]
        return shlex.join(words)


def _quote_for_make(value: str) -> str:
    # make replaces what stands behind a dollar sign.
    return shlex.quote(value.replace("$", "$$"))
