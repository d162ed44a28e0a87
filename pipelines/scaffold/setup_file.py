"""Changes setup.cfg as text, so that its comments and its order stay."""

import re

from components.errors import SuiteError

# What the code of the templates imports.
_PACKAGES = ("pydantic>=2.10", "pandas>=2.3,<3", "pyarrow", "numpy")


def list_extras(content: str) -> list[str]:
    """Return the names of the extras."""
    section = content.partition("[options.extras_require]\n")[2].partition("\n[")[0]
    return re.findall(r"^(\w+) =$", section, re.MULTILINE)


def add_stage(content: str, name: str) -> str:
    """Return setup.cfg with a stage's extra, also in ``all``, and with the stage in the import contract.

    Raises
    ------
    SuiteError
        A place where the stage belongs was not found.
    """
    extra = "".join(f"{line}\n" for line in (f"{name} =", *(f"    {package}" for package in _PACKAGES)))
    changes = (
        ("the extra 'all'", r"^all =\n(    kfp-tabular\[)", rf"{extra}all =\n\g<1>{name},"),
        (
            "the contract's line of stages",
            r"^(    components\.problem \| .*)$",
            rf"\g<1> | components.{name}",
        ),
    )
    for place, pattern, replacement in changes:
        content, n = re.subn(pattern, replacement, content, flags=re.MULTILINE)
        if n != 1:
            raise SuiteError(
                f"setup.cfg has no place for the stage: {place} was found {n} times.",
                "Add the stage there by hand, as CONTRIBUTING.md says.",
            )
    return content
