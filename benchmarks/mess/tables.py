"""Twelve clean tables, invented, each with a target that depends on its columns."""

import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np

from benchmarks.mess.columns import (
    Plan,
    amount,
    category,
    clock,
    code,
    day,
    decimal,
    flag,
    moment,
    percent,
    text,
    whole,
)
from benchmarks.mess.sheet import Field, Role, Sheet, Value, plain_text

N_TRAINING, N_NEW = 300, 30
_NOISE = 0.5


class Target(NamedTuple):
    """The column to predict: from a score of mean 0 and deviation 1 to its value."""

    name: str
    role: Role
    value: Callable[[float], Value]


class Table(NamedTuple):
    """A clean table.

    Attributes
    ----------
    name, target : str
        What it is called, and the column to predict.
    training, new : Sheet
        Rows with the target, and rows without it.
    """

    name: str
    target: str
    training: Sheet
    new: Sheet


def labels(name: str, *classes: Value, role: Role = "category") -> Target:
    """Return a target of classes, each as frequent as the others."""
    limits = [-0.43, 0.43] if len(classes) == 3 else [0.0]
    return Target(name, role, lambda score: classes[int(np.searchsorted(limits, score))])


_CITIES = ("Zürich", "Genève", "São Paulo", "New York", "Malmö", "Oslo", "Kraków")
_PLANS: dict[str, tuple[Target, dict[str, Plan]]] = {
    "customers": (
        labels("churned", "no", "yes"),
        {
            "age": whole(18, 90),
            "income": amount(32_000, 0.5, null_share=0.05),
            "signed_up": day(5),
            "plan": category(("Basic", "Plus", "Premium")),
            "city": category(("Zürich", "Genève", "Malmö", "New York", "Oslo"), null_share=0.05),
            "newsletter": flag(0.4, null_share=0.08),
            "visits": whole(0, 60, null_share=0.1),
        },
    ),
    "loans": (
        labels("status", "repaid", "late", "default"),
        {
            "principal": whole(1_000, 90_000),
            "rate": percent(),
            "balance": amount(2_400, 1.0, is_signed=True, null_share=0.07),
            "opened": day(6, null_share=0.05),
            "branch": code(5, 40),
            "purpose": category(("car", "house", "études", "other")),
            "secured": flag(0.5),
        },
    ),
    "flats": (
        Target("rent", "amount", lambda score: round(1_450 + 420 * score, 2)),
        {
            "area": decimal(18, 180, 1),
            "rooms": whole(1, 7),
            "floor": whole(-1, 20, null_share=0.1),
            "built": whole(1_900, 2_024),
            "deposit": amount(2_900, 0.4, null_share=0.1),
            "free_from": day(2),
            "district": category(("Köln-Süd", "Altstadt", "Nord", "Île", "Hafen")),
            "lift": flag(0.3, null_share=0.06),
        },
    ),
    "sensors": (
        Target("load", "decimal", lambda score: round(40 + 12 * score, 3)),
        {
            "measured_at": moment(1),
            "temperature": decimal(-12, 38, 2, null_share=0.05),
            "pressure": decimal(940, 1_060, 1),
            "counter": whole(100, 250_000, null_share=0.08),
            "starts_at": clock(),
            "unit": category(("A-1", "A-2", "B-1")),
            "running": flag(0.7),
        },
    ),
    "orders": (
        labels("returned", False, True, role="flag"),
        {
            "ordered_at": moment(2),
            "total": amount(85, 1.1),
            "items": whole(1, 15, null_share=0.05),
            "discount": percent(null_share=0.2),
            "country": category(("DE", "FR", "BR", "US", "CH")),
            "note": text(null_share=0.3),
            "express": flag(0.2),
        },
    ),
    "patients": (
        labels("risk", "low", "middle", "high"),
        {
            "born": day(60, first=1955),
            "weight": decimal(45, 130, 1, null_share=0.06),
            "cholesterol": whole(120, 320, null_share=0.12),
            "admitted_at": moment(2, null_share=0.04),
            "ward": category(("Chirurgie", "Pédiatrie", "Innere Medizin", "Neurologie")),
            "smoker": flag(0.3, null_share=0.1),
            "remark": text(2, 6, null_share=0.4),
            "costs": amount(4_800, 0.7),
        },
    ),
    "reviews": (
        labels("recommends", "no", "yes"),
        {
            "review": text(4, 12),
            "stars": whole(1, 6),
            "price": amount(45, 0.9, null_share=0.05),
            "bought": day(3),
            "product": code(4, 60),
            "verified": flag(0.6, null_share=0.05),
        },
    ),
    "wines": (
        labels("quality", 5, 6, 7, role="whole"),
        {
            "alcohol": decimal(8.5, 15, 1),
            "sugar": decimal(0.5, 45, 2, null_share=0.05),
            "density": decimal(0.985, 1.005, 5),
            "sulphates": whole(6, 290),
            "bottled": day(8, null_share=0.05),
            "region": category(("Rhône", "Mosel", "Douro", "Côte d'Or", "Wachau")),
            "price": amount(19, 0.9),
            "organic": flag(0.25),
        },
    ),
    "employees": (
        labels("left", 0, 1, role="whole"),
        {
            "salary": whole(24_000, 160_000),
            "hired": day(12),
            "overtime": decimal(0, 40, 2, null_share=0.1),
            "bonus": amount(1_800, 1.0, null_share=0.25),
            "department": category(("Sales", "IT", "HR", "Légal", "R&D")),
            "remote": flag(0.4),
            "shift": clock(null_share=0.08),
        },
    ),
    "cars": (
        Target("price", "whole", lambda score: int(14_500 + 5_200 * score)),
        {
            "mileage": whole(500, 240_000),
            "power": whole(45, 400, null_share=0.06),
            "consumption": decimal(3, 14, 1, null_share=0.08),
            "registered": day(15),
            "make": category(("Škoda", "Citroën", "VW", "BMW", "Kia", "Fiat")),
            "automatic": flag(0.45, null_share=0.04),
            "repairs": amount(640, 1.1),
        },
    ),
    "tickets": (
        labels("escalated", "N", "Y"),
        {
            "opened_at": moment(1),
            "subject": text(2, 7),
            "waiting": whole(0, 5_000, null_share=0.05),
            "cost": amount(240, 1.2, is_signed=True),
            "channel": category(("phone", "e-mail", "chat", "Büro"), null_share=0.05),
            "load": percent(),
            "repeat": flag(0.3, null_share=0.1),
        },
    ),
    "shops": (
        Target("revenue", "amount", lambda score: round(52_000 + 14_000 * score, 2)),
        {
            "size": whole(40, 2_600),
            "footfall": whole(900, 48_000, null_share=0.06),
            "opened": day(20, null_share=0.03),
            "opens_at": clock(),
            "city": category(_CITIES),
            "margin": percent(null_share=0.1),
            "costs": amount(18_000, 0.6),
            "parking": flag(0.5),
        },
    ),
}
NAMES = tuple(_PLANS)


def make_table(name: str, seed: int = 0) -> Table:
    """Return one of the tables ``NAMES``, the same for the same seed."""
    target, plans = _PLANS[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    fields = tuple(Field(column, plan.role) for column, plan in plans.items())
    weights = {column: plan.weight * rng.choice([-1.0, 1.0]) for column, plan in plans.items()}
    sheets = [_draw(plans, fields, n, rng, is_new) for n, is_new in ((N_TRAINING, False), (N_NEW, True))]
    training, new = sheets
    scores = _scores(training, weights) + rng.normal(0, _NOISE, N_TRAINING)
    scores = (scores - scores.mean()) / scores.std()
    values = [target.value(float(score)) for score in scores]
    return Table(
        name,
        target.name,
        training.add_column(
            Field(target.name, target.role), values, [plain_text(target.role, value) for value in values]
        ),
        new,
    )


def _draw(
    plans: dict[str, Plan], fields: tuple[Field, ...], n: int, rng: np.random.Generator, is_new: bool
) -> Sheet:
    columns = []
    for plan in plans.values():
        drawn = plan.draw(rng, n, is_new)
        is_null = rng.random(n) < plan.null_share
        columns.append([None if null else value for value, null in zip(drawn, is_null, strict=True)])
    values: list[list[Value]] = [list(row) for row in zip(*columns, strict=True)]
    texts = [
        [
            "" if value is None else plain_text(field.role, value)
            for field, value in zip(fields, row, strict=True)
        ]
        for row in values
    ]
    return Sheet(fields, values, texts, tuple(range(n)))


def _scores(sheet: Sheet, weights: dict[str, float]) -> np.ndarray:
    total = np.zeros(len(sheet.values))
    for i, field in enumerate(sheet.fields):
        numbers = np.array([_number(row[i]) for row in sheet.values])
        total += weights[field.name] * (numbers - numbers.mean()) / max(float(numbers.std()), 1e-9)
    return np.asarray(total / np.sqrt(len(sheet.fields)))


def _number(value: Any) -> float:
    """Return a number that the target may depend on."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1)).total_seconds()
    if isinstance(value, date):
        return float(value.toordinal())
    if isinstance(value, str):
        return float(zlib.crc32(value.encode()) % 7)
    return 0.0 if value is None else float(value)
