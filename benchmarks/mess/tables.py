"""Twelve clean tables, invented, each with a target that depends on its columns."""

import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np

from benchmarks.mess.columns import (
    Plan,
    plan_amount,
    plan_category,
    plan_clock,
    plan_code,
    plan_day,
    plan_decimal,
    plan_flag,
    plan_moment,
    plan_percent,
    plan_text,
    plan_whole,
)
from benchmarks.mess.sheet import Field, Role, Sheet, Value, format_plain

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


def make_labels(name: str, *classes: Value, role: Role = "category") -> Target:
    """Return a target of classes, each as frequent as the others."""
    limits = [-0.43, 0.43] if len(classes) == 3 else [0.0]
    return Target(name, role, lambda score: classes[int(np.searchsorted(limits, score))])


_CITIES = ("Zürich", "Genève", "São Paulo", "New York", "Malmö", "Oslo", "Kraków")
_PLANS: dict[str, tuple[Target, dict[str, Plan]]] = {
    "customers": (
        make_labels("churned", "no", "yes"),
        {
            "age": plan_whole(18, 90),
            "income": plan_amount(32_000, 0.5, null_share=0.05),
            "signed_up": plan_day(5),
            "plan": plan_category(("Basic", "Plus", "Premium")),
            "city": plan_category(("Zürich", "Genève", "Malmö", "New York", "Oslo"), null_share=0.05),
            "newsletter": plan_flag(0.4, null_share=0.08),
            "visits": plan_whole(0, 60, null_share=0.1),
        },
    ),
    "loans": (
        make_labels("status", "repaid", "late", "default"),
        {
            "principal": plan_whole(1_000, 90_000),
            "rate": plan_percent(),
            "balance": plan_amount(2_400, 1.0, is_signed=True, null_share=0.07),
            "opened": plan_day(6, null_share=0.05),
            "branch": plan_code(5, 40),
            "purpose": plan_category(("car", "house", "études", "other")),
            "secured": plan_flag(0.5),
        },
    ),
    "flats": (
        Target("rent", "amount", lambda score: round(1_450 + 420 * score, 2)),
        {
            "area": plan_decimal(18, 180, 1),
            "rooms": plan_whole(1, 7),
            "floor": plan_whole(-1, 20, null_share=0.1),
            "built": plan_whole(1_900, 2_024),
            "deposit": plan_amount(2_900, 0.4, null_share=0.1),
            "free_from": plan_day(2),
            "district": plan_category(("Köln-Süd", "Altstadt", "Nord", "Île", "Hafen")),
            "lift": plan_flag(0.3, null_share=0.06),
        },
    ),
    "sensors": (
        Target("load", "decimal", lambda score: round(40 + 12 * score, 3)),
        {
            "measured_at": plan_moment(1),
            "temperature": plan_decimal(-12, 38, 2, null_share=0.05),
            "pressure": plan_decimal(940, 1_060, 1),
            "counter": plan_whole(100, 250_000, null_share=0.08),
            "starts_at": plan_clock(),
            "unit": plan_category(("A-1", "A-2", "B-1")),
            "running": plan_flag(0.7),
        },
    ),
    "orders": (
        make_labels("returned", False, True, role="flag"),
        {
            "ordered_at": plan_moment(2),
            "total": plan_amount(85, 1.1),
            "items": plan_whole(1, 15, null_share=0.05),
            "discount": plan_percent(null_share=0.2),
            "country": plan_category(("DE", "FR", "BR", "US", "CH")),
            "note": plan_text(null_share=0.3),
            "express": plan_flag(0.2),
        },
    ),
    "patients": (
        make_labels("risk", "low", "middle", "high"),
        {
            "born": plan_day(60, first=1955),
            "weight": plan_decimal(45, 130, 1, null_share=0.06),
            "cholesterol": plan_whole(120, 320, null_share=0.12),
            "admitted_at": plan_moment(2, null_share=0.04),
            "ward": plan_category(("Chirurgie", "Pédiatrie", "Innere Medizin", "Neurologie")),
            "smoker": plan_flag(0.3, null_share=0.1),
            "remark": plan_text(2, 6, null_share=0.4),
            "costs": plan_amount(4_800, 0.7),
        },
    ),
    "reviews": (
        make_labels("recommends", "no", "yes"),
        {
            "review": plan_text(4, 12),
            "stars": plan_whole(1, 6),
            "price": plan_amount(45, 0.9, null_share=0.05),
            "bought": plan_day(3),
            "product": plan_code(4, 60),
            "verified": plan_flag(0.6, null_share=0.05),
        },
    ),
    "wines": (
        make_labels("quality", 5, 6, 7, role="whole"),
        {
            "alcohol": plan_decimal(8.5, 15, 1),
            "sugar": plan_decimal(0.5, 45, 2, null_share=0.05),
            "density": plan_decimal(0.985, 1.005, 5),
            "sulphates": plan_whole(6, 290),
            "bottled": plan_day(8, null_share=0.05),
            "region": plan_category(("Rhône", "Mosel", "Douro", "Côte d'Or", "Wachau")),
            "price": plan_amount(19, 0.9),
            "organic": plan_flag(0.25),
        },
    ),
    "employees": (
        make_labels("left", 0, 1, role="whole"),
        {
            "salary": plan_whole(24_000, 160_000),
            "hired": plan_day(12),
            "overtime": plan_decimal(0, 40, 2, null_share=0.1),
            "bonus": plan_amount(1_800, 1.0, null_share=0.25),
            "department": plan_category(("Sales", "IT", "HR", "Légal", "R&D")),
            "remote": plan_flag(0.4),
            "shift": plan_clock(null_share=0.08),
        },
    ),
    "cars": (
        Target("price", "whole", lambda score: int(14_500 + 5_200 * score)),
        {
            "mileage": plan_whole(500, 240_000),
            "power": plan_whole(45, 400, null_share=0.06),
            "consumption": plan_decimal(3, 14, 1, null_share=0.08),
            "registered": plan_day(15),
            "make": plan_category(("Škoda", "Citroën", "VW", "BMW", "Kia", "Fiat")),
            "automatic": plan_flag(0.45, null_share=0.04),
            "repairs": plan_amount(640, 1.1),
        },
    ),
    "tickets": (
        make_labels("escalated", "N", "Y"),
        {
            "opened_at": plan_moment(1),
            "subject": plan_text(2, 7),
            "waiting": plan_whole(0, 5_000, null_share=0.05),
            "cost": plan_amount(240, 1.2, is_signed=True),
            "channel": plan_category(("phone", "e-mail", "chat", "Büro"), null_share=0.05),
            "load": plan_percent(),
            "repeat": plan_flag(0.3, null_share=0.1),
        },
    ),
    "shops": (
        Target("revenue", "amount", lambda score: round(52_000 + 14_000 * score, 2)),
        {
            "size": plan_whole(40, 2_600),
            "footfall": plan_whole(900, 48_000, null_share=0.06),
            "opened": plan_day(20, null_share=0.03),
            "opens_at": plan_clock(),
            "city": plan_category(_CITIES),
            "margin": plan_percent(null_share=0.1),
            "costs": plan_amount(18_000, 0.6),
            "parking": plan_flag(0.5),
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
    scores = _compute_scores(training, weights) + rng.normal(0, _NOISE, N_TRAINING)
    scores = (scores - scores.mean()) / scores.std()
    values = [target.value(float(score)) for score in scores]
    return Table(
        name,
        target.name,
        training.add_column(
            Field(target.name, target.role), values, [format_plain(target.role, value) for value in values]
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
            "" if value is None else format_plain(field.role, value)
            for field, value in zip(fields, row, strict=True)
        ]
        for row in values
    ]
    return Sheet(fields, values, texts, tuple(range(n)))


def _compute_scores(sheet: Sheet, weights: dict[str, float]) -> np.ndarray:
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
