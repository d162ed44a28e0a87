"""Prints the contents of an image: ``python3 probe.py STAGE`` in a container of it.

Runs on the image's own Python with only the standard library; ``images.check`` checks what it prints.
"""

import importlib.util
import json
import os
import shutil
import stat
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

_CODE = Path("/opt/kfp-tabular")
_COMPILERS = ("cc", "gcc", "c++", "g++", "clang", "ld")


def probe(stage: str) -> dict[str, object]:
    """Return the contents of the image and what does not work, such as imports of the stage's modules."""
    # Set for kfp's executor, too.
    os.environ["_KFP_RUNTIME"] = "true"
    folder = _CODE / "components" / stage
    own = [".".join(path.relative_to(_CODE).with_suffix("").parts) for path in sorted(folder.glob("*.py"))]
    modules = ["kfp.dsl.executor_main", "components._kfp.artifacts", *own]
    return {
        "packages": {
            package.name: {"version": package.version, "requires": package.requires or []}
            for package in distributions()
        },
        "modules": own,
        "broken": {name: error for name in modules if (error := _find_import_error(name))},
        "uncompiled": sorted(str(path) for path in Path("/opt").rglob("*.py") if not _is_compiled(path)),
        "compilers": [name for name in _COMPILERS if shutil.which(name)],
        # Checked by mode, because the root file system may be writable elsewhere.
        "writable": sorted(str(path) for path in Path("/opt").rglob("*") if _is_world_writable(path)),
        "has_temporary_folder": _can_write(tempfile.gettempdir()),
        "user": os.getuid(),
    }


def _find_import_error(name: str) -> str | None:
    try:
        importlib.import_module(name)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _is_compiled(path: Path) -> bool:
    return Path(importlib.util.cache_from_source(str(path))).exists()


def _is_world_writable(path: Path) -> bool:
    return not path.is_symlink() and bool(path.stat().st_mode & stat.S_IWOTH)


def _can_write(folder: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[1])) + "\n")
