"""The decorator that makes a function a component."""

from collections.abc import Callable

import docstring_parser
from kfp import dsl
from kfp.dsl.base_component import BaseComponent

_PROLOGUE = """
from components.errors import print_user_errors

print_user_errors()
"""


def stage(function: Callable[..., object]) -> BaseComponent:
    """Make a function of ``components/<name>/component.py`` a component that runs in that stage's image.

    The image contains kfp and the stage's code, so a task installs nothing when it starts. Its name has no
    registry and tag here; ``pipelines.spec_compiler`` adds them when it writes a spec.
    """
    folder = function.__module__.split(".")[-2]
    component: BaseComponent = dsl.component(
        function, base_image=f"kfp-tabular-{folder}", install_kfp_package=False
    )
    # A task's process is KFP's executor. The first code of ours that it runs is the module with the function,
    # whose text is the last word of the command. KFP has no public setting for what comes before a function.
    command = component.component_spec.implementation.container.command
    command[-1] = f"{_PROLOGUE}{command[-1]}"
    # kfp describes only inputs from a docstring of this form.
    docstring = docstring_parser.parse(function.__doc__ or "")
    described = {item.arg_name: item.description for item in docstring.params}
    if docstring.returns:
        described["Output"] = docstring.returns.description
    for name, output in (component.component_spec.outputs or {}).items():
        output.description = described.get(name)
    return component
