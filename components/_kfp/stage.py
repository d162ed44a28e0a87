"""The decorator that makes a function a component."""

from collections.abc import Callable

from kfp import dsl
from kfp.dsl.base_component import BaseComponent


def stage(function: Callable[..., object]) -> BaseComponent:
    """Make a function of ``components/<name>/component.py`` a component that runs in that stage's image.

    The image contains kfp and the stage's code, so a task installs nothing when it starts. Its name has no
    registry and tag here; ``pipelines.spec_compiler`` adds them when it writes a spec.
    """
    folder = function.__module__.split(".")[-2]
    component: BaseComponent = dsl.component(
        function, base_image=f"kfp-tabular-{folder}", install_kfp_package=False
    )
    return component
