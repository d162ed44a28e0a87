"""A parser whose options and parameters can also be given as variables of make."""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from components.errors import InvalidSetting, suggest_name
from pipelines.interface import get_make_target, read_variables
from pipelines.parameters import SHORT_NAMES, Parameter, read_signature, read_words, resolve_parameters

NO_VALUES: Mapping[str, Any] = MappingProxyType({})
_BAD_CHOICE = re.compile(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)")


class CommandParser(argparse.ArgumentParser):
    """A parser of one command, with short messages: ``--help`` shows the whole usage."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.flags: dict[str, bool] = {}
        self.switches: set[str] = set()
        self.parameters: dict[str, Parameter] = {}
        super().__init__(*args, **settings)

    def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
        """Add an option or an argument, and note whether the option takes a value and can be turned off."""
        is_switch = settings.get("action") is argparse.BooleanOptionalAction
        is_flag = is_switch or settings.get("action") in ("store_true", "help")
        options = [name.removeprefix("--") for name in names if name.startswith("--")]
        self.flags |= dict.fromkeys(options, is_flag)
        self.switches |= {*options} if is_switch else set()
        return super().add_argument(*names, **settings)

    def add_settings(self) -> None:
        """Add words such as ``trials=50``; argparse would require one without the default."""
        help_text = "a parameter, such as trials=50"
        self.add_argument("settings", nargs="*", default=[], metavar="NAME=VALUE", help=help_text)

    def add_parameters(self, pipeline: str) -> None:
        """Add a pipeline's parameters: as options, and as words such as ``trials=50``."""
        self.parameters = read_signature(pipeline)
        self.add_settings()
        group = self.add_argument_group("parameters")
        for parameter in self.parameters.values():
            names = list_option_names(pipeline, parameter.name)
            default = "" if parameter.default in (None, "", {}, []) else f" ({parameter.default})"
            self.flags |= dict.fromkeys(names, False)
            settings: dict[str, Any] = {"nargs": "?", "const": "true"} if parameter.kind == "BOOLEAN" else {}
            group.add_argument(
                *(f"--{name}" for name in names),
                dest=parameter.name,
                metavar="VALUE",
                help=f"{parameter.description}{default}".replace("%", "%%"),
                **settings,
            )

    def error(self, message: str) -> NoReturn:
        """Raise InvalidSetting with a short message, which offers the nearest name."""
        choice = _BAD_CHOICE.match(message)
        if choice:
            allowed = re.findall(r"'?([\w-]+)'?(?:, |$)", choice[3])
            raise InvalidSetting.from_unknown_name(choice[1].lower(), choice[2], allowed)
        manual = "make help" if get_make_target() else f"{self.prog} --help"
        raise InvalidSetting(message, f"See {manual}.")


def list_option_names(pipeline: str, parameter: str) -> list[str]:
    """Return the names of a parameter's option, without dashes before them; the one to show comes first."""
    short = SHORT_NAMES.get(pipeline, {}).get(parameter)
    return [name.replace("_", "-") for name in (short, parameter) if name]


def list_variable_words(parser: CommandParser, pipeline: str | None) -> Iterator[str]:
    """Yield the words of the command line that the variables of make stand for.

    Parameters
    ----------
    parser : CommandParser
        The parser of the command.
    pipeline : str or None
        The pipeline that it starts, whose parameters are variables, too.

    Raises
    ------
    InvalidSetting
        make was given a variable that means nothing to the target.
    """
    if get_make_target() is None:
        return
    parameters = read_signature(pipeline) if pipeline else {}
    names = {
        name: parameter for parameter in parameters for name in list_option_names(pipeline or "", parameter)
    }
    options = [name for name in parser.flags if name not in names]
    for name, value in read_variables(names, options):
        if name in names:
            yield f"{names[name]}={value}"
        elif not parser.flags[name]:
            yield f"--{name}={value}"
        elif value != "0":
            yield f"--{name}"
        elif name in parser.switches:
            yield f"--no-{name}"


def resolve_given(
    given: argparse.Namespace, declared: Mapping[str, Parameter], values: Mapping[str, Any] = NO_VALUES
) -> dict[str, Any]:
    """Return the parameters that a command gives: as words or as options, which override those of a file.

    Raises
    ------
    InvalidSetting
        They are unknown or of another type.
    """
    options = {name: text for name in declared if isinstance(text := getattr(given, name, None), str)}
    # argparse takes the word behind a flag for its value: --weighs-time trials=50.
    flags = [name for name, text in options.items() if declared[name].kind == "BOOLEAN" and "=" in text]
    words = [*given.settings, *(options[name] for name in flags)]
    texts = {**read_words(words), **options, **dict.fromkeys(flags, "true")}
    return resolve_parameters(values, texts, declared, is_complete=False)


def check_unknown_words(unknown: Iterable[str], parser: CommandParser) -> list[str]:
    """Return words such as ``trials=50`` that argparse left over, as it does behind an option.

    Raises
    ------
    InvalidSetting
        A word is an option that the command does not have.
    """
    words = list(unknown)
    for word in words:
        if word.startswith("-") or "=" not in word:
            name = word.partition("=")[0]
            allowed = [f"--{option}" for option in parser.flags]
            raise InvalidSetting(
                f"The command has no {'option' if name.startswith('-') else 'argument'} {name}.",
                suggest_name(name, allowed, "option"),
            )
    return words


def make_number_type(least: int) -> Callable[[str], int]:
    """Return an option's type: a whole number from a least one on."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return int(text)

    return parse
