"""The decorator that makes a function a component."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent

_PROGRAM = ("python3", "-m", "components._kfp.executor_main")


def stage(function: Callable[..., object]) -> "BaseComponent":
    """Make a function of ``components/<name>/component.py`` a component that runs in that stage's image.

    The image contains kfp and the stage's code, so a task installs nothing when it starts. Its name has no
    registry and tag here; ``pipelines.spec_compiler`` adds them when it writes a spec.

    In a task, where kfp has no components, it returns the function itself.
    """
    if os.environ.get("_KFP_RUNTIME") == "true":
        return function
    import docstring_parser
    from kfp import dsl

    folder = function.__module__.split(".")[-2]
    component: BaseComponent = dsl.component(
        function, base_image=f"kfp-tabular-{folder}", install_kfp_package=False
    )
    # kfp's own command contains the function's text. Argo keeps a task's command in four places of a run's
    # state, and if that is larger than 1 MB, Kubeflow Pipelines no longer sees how its tasks end.
    component.component_spec.implementation.container.command[:] = [*_PROGRAM, function.__module__]
    # kfp describes only inputs from a docstring of this form.
    docstring = docstring_parser.parse(function.__doc__ or "")
    described = {item.arg_name: item.description for item in docstring.params}
    if docstring.returns:
        described["Output"] = docstring.returns.description
    # Several results are the fields of a named tuple, whose docstring describes them.
    results = docstring_parser.parse(getattr(function.__annotations__.get("return"), "__doc__", None) or "")
    for item in results.params:
        described |= dict.fromkeys(item.arg_name.split(", "), item.description)
    for name, output in (component.component_spec.outputs or {}).items():
        output.description = described.get(name)
    return component
