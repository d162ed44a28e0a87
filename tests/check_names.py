"""The rules for names: ``python tests/check_names.py``, part of ``make lint``.

- A function or method begins with a verb of ``tests/verbs.txt``. Exempt are properties, magic methods, tests
  and their fixtures, the functions that name a component or a pipeline, and methods whose name a library
  gives.
- A module is a noun; one in -ing only if the field calls the thing so.
- A class name occurs once in the product.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("components", "pipelines", "images")
HELPERS = ("benchmarks", "tests")
VERBS = frozenset((ROOT / "tests" / "verbs.txt").read_text(encoding="utf-8").split())
# Names that libraries call, and the decorator that is one of KFP's.
OF_FILES = frozenset({"readinto", "readable", "seekable", "seek", "tell"})
OF_LIBRARIES = OF_FILES | {"on_message_complete", "error", "stage", "handle_error"}
# Decorators whose functions are nouns: stages and pipelines, attributes, fixtures.
OF_NOUNS = ("stage", "dsl.", "property", ".setter", "fixture")
# The field's nouns.
NOUNS_IN_ING = frozenset(
    {
        "training",
        "retraining",
        "scoring",
        "monitoring",
        "serving",
        "reading",
        "wording",
        "boosting",
        "ranking",
        "scaling",
    }
)
# One per stage, or an artifact type beside what it holds.
REPEATED_CLASSES = frozenset({"Settings", "Problem", "Reading", "Schema", "Findings", "Recipe", "Verdict"})


def main() -> int:
    """Print every fault and return the exit status."""
    files = sorted(path for room in (*ROOMS, *HELPERS) for path in (ROOT / room).rglob("*.py"))
    trees = {path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8")) for path in files}
    faults = [fault for path, tree in trees.items() for fault in check_module(path, tree)]
    classes = Counter(
        node.name
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and path.parts[0] in ROOMS
    )
    faults += [
        f"class {name} occurs {count} times: name each for what it is"
        for name, count in classes.items()
        if count > 1 and name not in REPEATED_CLASSES
    ]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


def check_module(path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield the faults of a module and of its functions."""
    word = path.stem.rpartition("_")[2]
    if word.endswith("ing") and word not in NOUNS_IN_ING:
        yield f"{path}: a module is a noun: {path.stem}"
    own = {path.stem} if path.parent == Path("pipelines") else set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name in {*own, *OF_LIBRARIES}:
            continue
        # do_GET and the like are those of a handler of HTTP requests, and pytest calls its hooks by name.
        is_given = node.name.startswith(("__", "test_", "do_", "pytest_"))
        if is_given or node.name.strip("_").split("_")[0] in VERBS:
            continue
        marks = [ast.unparse(mark).partition("(")[0] for mark in node.decorator_list]
        if not any(noun in mark for mark in marks for noun in OF_NOUNS):
            yield f"{path}:{node.lineno}: a function begins with a verb: {node.name}"


if __name__ == "__main__":
    sys.exit(main())
