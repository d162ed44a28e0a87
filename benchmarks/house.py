"""Measure the source tree: ``python -m benchmarks.house``, to compare one state of it with another."""

import ast
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).parents[1]
_ROOMS = ("components", "pipelines", "images")
_WINDOW = 6
# Past participles that no ending gives away.
_IRREGULAR = frozenset(
    re.findall(
        r"\w+",
        """begun bound built bought chosen cut done drawn driven found given gone grown held kept known
        left lost made met meant paid proven put read run said seen sent set shown spent spoken split taken
        told thought understood won written worn""",
    )
)
# The same words are verbs in their base form, and nouns.
_BASE_FORMS = frozenset(
    {"cut", "put", "read", "run", "set", "split", "feed", "need", "seed", "speed", "embed"}
)
# Public names of the standard library, in spite of their underscore.
_DOCUMENTED = frozenset({"_replace", "_asdict", "_fields", "_exit"})


class Function(NamedTuple):
    """A function or method.

    Attributes
    ----------
    name : str
        Its name.
    n_lines : int
        Lines from ``def`` to its end.
    is_property : bool
        Whether it is read as an attribute.
    """

    name: str
    n_lines: int
    is_property: bool


def main() -> None:
    """Print the measures of the tree as one table."""
    files = {path: path.read_text(encoding="utf-8") for path in list_modules()}
    trees = {path: ast.parse(text) for path, text in files.items()}
    for room, (n_lines, n_modules) in count_lines(files).items():
        print(f"{room:30}{n_lines:8,} lines{n_modules:5} modules")
    functions = [function for tree in trees.values() for function in list_functions(tree)]
    lengths = sorted(function.n_lines for function in functions)
    named = [function for function in functions if not function.is_property]
    n_participles = sum(is_participle(function.name) for function in named)
    gerunds = sorted(str(path.relative_to(_ROOT)) for path in files if path.stem.endswith("ing"))
    hooks = Counter(hook for tree in trees.values() for hook in list_private_hooks(tree))
    print(f"functions: {len(lengths):,}; lines: median {statistics.median(lengths):.0f}, ", end="")
    print(f"90th percentile {lengths[int(0.9 * len(lengths))]}, largest {lengths[-1]}")
    print(f"participles: {n_participles} of {len(named):,} functions, {n_participles / len(named):.1%}")
    print(f"modules in -ing: {len(gerunds)}: {', '.join(gerunds)}")
    print(f"repeated windows of {_WINDOW} lines: {count_repeated(files.values())}")
    print(
        f"private names of other packages: {hooks.total()} uses of {len(hooks)}: {', '.join(sorted(hooks))}"
    )


def list_modules() -> list[Path]:
    """Return every module of the product, sorted."""
    return sorted(path for room in _ROOMS for path in (_ROOT / room).rglob("*.py"))


def count_lines(files: dict[Path, str]) -> dict[str, tuple[int, int]]:
    """Return lines and modules by room, and in total."""
    counts: dict[str, tuple[int, int]] = {}
    for path, text in files.items():
        parts = path.relative_to(_ROOT).parts
        room = "/".join(parts[:2]) if len(parts) > 2 else parts[0]
        for key in (room, "total"):
            n_lines, n_modules = counts.get(key, (0, 0))
            counts[key] = (n_lines + len(text.splitlines()), n_modules + 1)
    return dict(sorted(counts.items(), key=lambda item: (item[0] == "total", item[0])))


def list_functions(tree: ast.Module) -> Iterator[Function]:
    """Yield every function of a module, nested ones and methods included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__"):
            is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
            yield Function(node.name, (node.end_lineno or node.lineno) - node.lineno + 1, is_property)


def is_participle(name: str) -> bool:
    """Return whether a name begins with a participle and not with a verb."""
    first = name.strip("_").split("_")[0]
    ending = first.endswith(("ed", "ing")) and len(first) > 4
    return first not in _BASE_FORMS and (ending or first in _IRREGULAR)


def list_private_hooks(tree: ast.Module) -> Iterator[str]:
    """Yield the private names of other packages that a module uses, by import or as an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in _ROOMS:
            for alias in node.names:
                path = f"{node.module}.{alias.name}"
                if re.search(r"\._(?!_)", path):
                    yield path
        elif isinstance(node, ast.Attribute) and re.match(r"_(?!_)", node.attr):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if owner not in ("self", "cls", "other") and node.attr not in _DOCUMENTED:
                yield f"{ast.unparse(node.value).splitlines()[0][:40]}.{node.attr}"


def count_repeated(texts: Iterable[str]) -> int:
    """Return how many windows of lines stand in more than one place, imports left out."""
    windows: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        lines = [line.strip() for line in text.splitlines()]
        lines = [line for line in lines if line and not line.startswith(("import ", "from ", "#"))]
        windows.update({tuple(lines[i : i + _WINDOW]) for i in range(len(lines) - _WINDOW + 1)})
    return sum(count > 1 for count in windows.values())


if __name__ == "__main__":
    main()
