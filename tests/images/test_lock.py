import re
from pathlib import Path

import pytest
from packaging.markers import Marker

from components.errors import InvalidSetting
from images.layers import SHARED, list_stage_images
from images.lock import CONSTRAINTS, applies_to_images, find_highest_layer, read_pins


def test_every_version_that_the_lock_pins_is_asked_about_whatever_its_marker() -> None:
    pins = read_pins(CONSTRAINTS)
    lines = [line for line in CONSTRAINTS.read_text().splitlines() if line and not line.startswith("#")]
    assert len(pins) == len(lines) > 100
    assert len([pin for pin in pins if pin.package == "numpy"]) == 2
    assert "colorama" in {pin.package for pin in pins}


@pytest.mark.parametrize("image", list_stage_images().values(), ids=lambda image: image.stage)
def test_what_an_image_installs_is_among_what_is_asked_about(image) -> None:
    installed = {pin for path in image.requirements for pin in read_pins(path)}
    assert installed
    assert installed <= set(read_pins(CONSTRAINTS))


@pytest.mark.parametrize(
    "line", ["numpy", "numpy>=2", "numpy==2.*", "numpy==2,<3", "numpy @ file:///x", "-e ."]
)
def test_a_line_of_the_lock_that_pins_nothing_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lock.txt"
    path.write_text(f"scipy==1.17.1\n{line}\n")
    with pytest.raises(InvalidSetting, match=f"lock.txt: '{re.escape(line)}' does not pin a version"):
        read_pins(path)


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        (None, True),
        ('python_version >= "3.11"', True),
        ('sys_platform == "win32"', False),
        ('platform_machine == "aarch64"', True),
        ('extra == "test"', False),
    ],
)
def test_a_requirement_of_linux_and_any_processor_is_for_images(marker: str | None, expected: bool) -> None:
    assert applies_to_images(Marker(marker) if marker else None) is expected


def test_an_image_has_the_layers_whose_packages_it_needs() -> None:
    layers = list(SHARED)
    everything = {package for roots in SHARED.values() for package in roots}
    assert find_highest_layer([]) == layers[0]
    assert find_highest_layer(everything) == layers[-1]
