"""The interface that a person used: variables of make, or options of the command line.

Messages are written with options (``--target``). A person who typed ``make run TARGET=y`` reads them, and the
commands that they offer, with variables. Every option of a command is a variable of its make target, in upper
case and with underscores.
"""

import os
import re
import shlex
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from components.errors import InvalidSetting, format_list, suggest_name

# The Makefile puts the name of its target here.
MAKE_TARGET = "KFP_TABULAR_MAKE_TARGET"
# Those that the Makefile itself reads.
_OF_MAKE = ("PYTHON", "VENV", "BIN", "SHELL", "PIPELINE", "ARGS", "COMPARE", "PYTHON_IMAGE", "BUILD_FLAGS")
_ON_THIS_MACHINE = ("run", "run-docker", "score", "monitor", "compare")
# Options that take no value.
FLAGS = frozenset({"verbose", "weighs-time", "wait", "pin"})
_OPTION = re.compile(r"""(?:argument )?(?<![\w-])--([a-z][a-z-]+)(?:(:)|[ =]([A-Z][A-Z,]*\b|'[^']*'))?""")
# A message of a stage, which has pipeline parameters: set task=regression.
_PARAMETER = re.compile(r"\b(task|metric|target|seed|unreadable)=(?=\w)", re.IGNORECASE)
_MENTION = re.compile(r"\b[Tt]he parameter '(\w+)'")
_COMMANDS = {
    ("run", "training"): "run",
    ("run", "scoring"): "score",
    ("run", "monitoring"): "monitor",
    ("serve",): "serve",
    ("compare",): "compare",
}
# Folders of runs are for tests and other programs; make has one.
_NOT_OF_MAKE = ("runs",)


def get_make_target() -> str | None:
    """Return the target of make that this process carries out; None for none."""
    return os.environ.get(MAKE_TARGET) or None


def read_variables(parameters: Collection[str], options: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the names and values that were given as variables of make.

    Parameters
    ----------
    parameters : collection of str
        Parameters of the pipeline. For runs on this machine the environment gives them, too:
        ``SOURCE=a.csv make run``.
    options : collection of str
        Options of the command, without dashes before them. They, and whatever is sent to a cluster, come from
        the command line of make only: the environment uses the same names for other purposes.

    Raises
    ------
    InvalidSetting
        A variable on the command line of make means nothing to the target; make itself would ignore it.
    """
    target = get_make_target()
    if target is None:
        return
    # Blanks in values have a backslash before them.
    flags = os.environ.get("MAKEFLAGS", "").partition("-- ")[2]
    given = re.findall(r"(?<!\\)(?:^| )([A-Za-z_]\w*):*=", flags)
    known = {format_variable(name): name for name in (*parameters, *options)}
    wrong = [name for name in given if name not in (*known, *_OF_MAKE)]
    if wrong:
        remedies = (suggest_name(name, list(known), "variable") for name in wrong)
        raise InvalidSetting(
            f"make {target} has no variable {format_list(wrong)}.", " ".join(dict.fromkeys(remedies))
        )
    for variable, name in known.items():
        value = os.environ.get(variable, "")
        if value and (variable in given or (name in parameters and target in _ON_THIS_MACHINE)):
            yield name, value


def format_variable(option: str) -> str:
    """Return the variable of make that stands for an option or a parameter."""
    return option.upper().replace("-", "_")


def reword(message: str) -> str:
    """Return a message in the words of the interface that was used."""
    if get_make_target() is None:
        message = _MENTION.sub(lambda found: f"--{found[1].replace('_', '-')}", message)
        return _PARAMETER.sub(lambda found: f"--{found[1].lower()} ", message)
    message = _MENTION.sub(lambda found: format_variable(found[1]), message)
    message = message.replace("Add --docker", "Use make run-docker")
    message = _PARAMETER.sub(lambda found: f"{found[1].upper()}=", message)
    return _OPTION.sub(_format_option, message)


def _format_option(found: re.Match[str]) -> str:
    option, colon, value = found.groups()
    if option in _NOT_OF_MAKE:
        return found[0]
    name = format_variable(option)
    return f"{name}:" if colon else f"{name}={'1' if option in FLAGS else value or ''}"


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
            f"{format_variable(name)}={_quote_for_make(value)}"
            for name, value in self.options.items()
            if name not in (*_NOT_OF_MAKE, "docker")
        ]
        return " ".join(["make", target, *given])

    def _format_for_shell(self) -> str:
        words = [sys.orig_argv[0] if "-m" in sys.orig_argv else "python", "-m", "pipelines", *self.words]
        for name, value in self.options.items():
            words += [f"--{name}"] if name in (*FLAGS, "docker") else [f"--{name}", value]
        return shlex.join(words)


def _quote_for_make(value: str) -> str:
    # make replaces what stands behind a dollar sign.
    return shlex.quote(value.replace("$", "$$"))
