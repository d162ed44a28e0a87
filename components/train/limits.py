"""The model within its limits: time of the fits, size of the compiled form, time to predict a row."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from components._compiled.model import ServingForm
from components._model.package import Package
from components._model.serving_form import NoServingForm, build_serving_form
from components.train.latency import LatencyResult, measure_recipe_ms, measure_served_ms
from components.train.member_choice import Member, MemberChoice, MemberLimit
from components.train.model_parts import ModelPart
from components.train.parity import Parity

# Bytes of the compiled form's files. A server keeps about three times as much in memory.
MOST_BYTES = 50_000_000


class BuiltModel(NamedTuple):
    """A choice, fitted.

    Attributes
    ----------
    choice : MemberChoice
        Its trials.
    parts : list of ModelPart
        Their fits.
    package : Package
        The model.
    parity : Parity
        Its compiled form.
    """

    choice: MemberChoice
    parts: list[ModelPart]
    package: Package
    parity: Parity

    @property
    def n_bytes(self) -> int:
        """Size of the compiled form; 0 if there is none."""
        return self.parity.compiled.n_bytes if self.parity.compiled is not None else 0


class SizeResult(NamedTuple):
    """The effect of the limit on the size of the compiled form.

    Attributes
    ----------
    most_bytes : int
        The limit.
    n_bytes, n_fits : int
        Size and fits of the model.
    free_bytes, free_fits : int
        Those of the model without the limit.
    free : MemberChoice
        What would be chosen without the limit.
    """

    most_bytes: int
    n_bytes: int
    n_fits: int
    free_bytes: int
    free_fits: int
    free: MemberChoice


class LimitedModel(NamedTuple):
    """A model, and what its limits changed.

    Attributes
    ----------
    built : BuiltModel
        The model.
    left_out : MemberChoice or None
        What would be chosen if there were more time for the fits; None if it is the same.
    slower : MemberChoice or None
        What would be chosen if a row might take longer by count; None if it is the same.
    size : SizeResult or None
        The effect of the limit on its size; None if it was not reached.
    latency : LatencyResult or None
        The effect of the limit on its time to predict a row; None without a limit.
    """

    built: BuiltModel
    left_out: MemberChoice | None
    slower: MemberChoice | None
    size: SizeResult | None
    latency: LatencyResult | None


def build_within(
    time: MemberLimit,
    row_time: MemberLimit,
    limit_ms: float,
    choose: Callable[[Sequence[MemberLimit]], MemberChoice],
    build: Callable[[MemberChoice, Sequence[MemberLimit]], BuiltModel],
    pack: Callable[[MemberChoice, list[ModelPart]], Package],
    frame: pd.DataFrame,
) -> LimitedModel:
    """Choose by counted time, fit, and measure; while the model breaks a limit, choose again.

    Size and time to predict are known after a trial was fitted. Until then they are assumed to be 0, so that
    the best trials are fitted first, and not more of them than necessary. A model that is too large or too
    slow first loses fits, then members.

    Parameters
    ----------
    time : MemberLimit
        Time of the fits, in seconds.
    row_time : MemberLimit
        Counted time to predict a row, in milliseconds.
    limit_ms : float
        Measured time in which the model is to predict a row, in milliseconds; infinite for no limit.
    choose : callable
        Returns the best choice within limits on its trials.
    build : callable
        Returns the model of a choice, with the fits that limits allow.
    pack : callable
        Returns the same model from a choice and its fits, without compiling it.
    frame : DataFrame of shape (n_rows, n_columns)
        Training rows, some of which are predicted.
    """
    has_latency = limit_ms < float("inf")

    def measure_ms(package: Package, compiled: ServingForm | None) -> float:
        return measure_served_ms(package, compiled, frame) if has_latency else 0.0

    counted = [time, row_time]
    best = choose([])
    wanted = best if row_time.is_kept_by(member.trial for member in best.members) else choose([row_time])
    is_short = not time.is_kept_by(member.trial for member in wanted.members)
    built = free = build(choose(counted) if is_short else wanted, counted)
    ms = free_ms = measure_ms(free.package, free.parity.compiled)
    recipe_ms = measure_recipe_ms(free.package, frame) if has_latency else 0.0
    sizes: dict[int, float] = {}
    times: dict[int, float] = {}
    # If the recipe alone takes too long, no choice of trials helps.
    while built.n_bytes > MOST_BYTES or ms > limit_ms > recipe_ms:
        new = [member for member in built.choice.members if member.trial.number not in sizes]
        if not new:
            break
        for member in new:
            alone, n_fits = _pack_member(member, built, pack)
            compiled = _try_compile(alone)
            sizes[member.trial.number] = compiled.n_bytes / n_fits if compiled is not None else 0.0
            times[member.trial.number] = (measure_ms(alone, compiled) - recipe_ms) / n_fits
        limits = [*counted, MemberLimit(MOST_BYTES, sizes)]
        if limit_ms > recipe_ms:
            limits.append(MemberLimit(limit_ms - recipe_ms, times))
        built = build(choose(limits), limits)
        ms = measure_ms(built.package, built.parity.compiled)
    size = None
    if free.n_bytes > MOST_BYTES:
        size = SizeResult(
            MOST_BYTES, built.n_bytes, len(built.parts), free.n_bytes, len(free.parts), free.choice
        )
    latency = None
    if has_latency:
        is_binding = [part.key for part in built.parts] != [part.key for part in free.parts]
        title = free.package.signature.title
        latency = LatencyResult(limit_ms, ms, recipe_ms, free.choice, title, free_ms, is_binding)
    left_out = wanted if is_short and built.choice.members != wanted.members else None
    slower = best if wanted.members != best.members else None
    return LimitedModel(built, left_out, slower, size, latency)


def _pack_member(
    member: Member, built: BuiltModel, pack: Callable[[MemberChoice, list[ModelPart]], Package]
) -> tuple[Package, int]:
    """Return the model of a single trial, with the fits that it has in the ensemble, and their number."""
    trial, weight = member
    choice = built.choice._replace(members=[Member(trial, 1.0)], slope=1.0, intercept=0.0)
    own = [part for part in built.parts if part.trial.number == trial.number]
    return pack(choice, [part._replace(weight=part.weight / weight) for part in own]), len(own)


def _try_compile(package: Package) -> ServingForm | None:
    try:
        return build_serving_form(package)
    except NoServingForm:
        return None
