"""The objects of a namespace, as Kubernetes keeps them."""

import copy
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Path = tuple[str, ...]


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


class ObjectStore:
    """Objects with a resourceVersion and a generation.

    It refuses a write of an older object, and does server-side apply with an owner for each field: another
    owner's field is a conflict, and a field that its owner no longer applies goes away. Lists are whole
    values.

    Attributes
    ----------
    objects : dict
        By kind and name.
    history : list of tuple
        Verb, kind and name of each write.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.history: list[tuple[str, str, str]] = []
        self._owners: dict[tuple[str, str], dict[Path, str]] = {}
        self._version = 0

    def get(self, kind: str, name: str) -> Object:
        if (kind, name) not in self.objects:
            raise Refusal(404, "NotFound", f'{kind.lower()}s "{name}" not found')
        return self.objects[kind, name]

    def select(self, kind: str, labels: dict[str, str], fields: dict[str, str]) -> list[Object]:
        return [
            of
            for (known, _), of in self.objects.items()
            if known == kind
            and labels.items() <= of["metadata"].get("labels", {}).items()
            and fields.items() <= {".".join(path): value for path, value in _list_leaves(of)}.items()
        ]

    def apply(self, kind: str, name: str, wanted: Object, manager: str, *, is_forced: bool = False) -> Object:
        key = (kind, name)
        before = self.objects.get(key)
        fields = {path: value for path, value in _list_leaves(wanted) if path[:2] != ("metadata", "name")}
        owners = self._owners.setdefault(key, {})
        live = dict(_list_leaves(before or {}))
        taken = {
            path: owners[path]
            for path, value in fields.items()
            if owners.get(path, manager) != manager and live.get(path) != value
        }
        if taken and not is_forced:
            path, owner = next(iter(taken.items()))
            raise Refusal(
                409,
                "Conflict",
                f'Apply failed with 1 conflict: conflict with "{owner}": .{".".join(path)}',
            )
        changed = copy.deepcopy(before) if before else {"metadata": {"name": name}}
        for path in [path for path, owner in owners.items() if owner == manager and path not in fields]:
            _remove(changed, path)
            del owners[path]
        for path, value in fields.items():
            _set(changed, path, value)
            owners[path] = manager
        return self._write("apply", kind, changed)

    def put(self, kind: str, name: str, wanted: Object) -> Object:
        before = self.get(kind, name)
        if wanted["metadata"].get("resourceVersion") != before["metadata"]["resourceVersion"]:
            raise Refusal(409, "Conflict", "the object has been modified; please apply your changes to it")
        return self._write("put", kind, wanted)

    def post(self, kind: str, wanted: Object) -> Object:
        name = wanted["metadata"]["name"]
        if (kind, name) in self.objects:
            raise Refusal(409, "AlreadyExists", f'{kind.lower()}s "{name}" already exists')
        return self._write("post", kind, wanted)

    def delete(self, kind: str, name: str) -> Object:
        found = self.get(kind, name)
        del self.objects[kind, name]
        self._owners.pop((kind, name), None)
        self.history.append(("delete", kind, name))
        return found

    def _write(self, verb: str, kind: str, changed: Object) -> Object:
        metadata = changed["metadata"]
        name = metadata["name"]
        before = self.objects.get((kind, name), {})
        self._version += 1
        generation = before.get("metadata", {}).get("generation", 0)
        is_new = not before or before.get("spec") != changed.get("spec")
        metadata |= {
            "resourceVersion": str(self._version),
            "generation": generation + is_new,
            "uid": f"{kind}-{name}",
        }
        self.objects[kind, name] = changed
        self.history.append((verb, kind, name))
        self._react(kind, changed, is_new=is_new)
        return changed

    def _react(self, kind: str, changed: Object, *, is_new: bool) -> None:
        """Do what a controller does after a write."""


def _list_leaves(of: Object, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, value in of.items():
        if isinstance(value, dict) and value:
            yield from _list_leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _set(of: Object, path: Path, value: Any) -> None:
    for name in path[:-1]:
        of = of.setdefault(name, {})
    of[path[-1]] = value


def _remove(of: Object, path: Path) -> None:
    for name in path[:-1]:
        of = of.get(name, {})
    of.pop(path[-1], None)
