"""What the server promises, and from when its error budget is spent too fast."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# A request is answered in time within so many seconds: a bound of the server's histogram.
SLOW = "0.25"
# Fewer bad requests in the longer window alarm nobody, however few requests there are.
LEAST_BAD = 5
_UNITS = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1))
_BY = "sum by (namespace, model)"

Pace = Literal["Fast", "Slow"]


class Burn(NamedTuple):
    """How fast an error budget is spent when somebody must know.

    Attributes
    ----------
    rate : float
        Multiple of the rate that would spend the budget in exactly 30 days.
    long, short : int
        Seconds over which the rate is exceeded: the long window shows that it matters, the short one that it
        still goes on.
    """

    rate: float
    long: int
    short: int


# Google's SRE workbook, https://sre.google/workbook/alerting-on-slos/: 2 % of a month's budget in an hour, or
# 5 % in six hours, wake somebody; 10 % in a day, or in three, can wait until the morning.
BURNS: dict[Pace, tuple[Burn, Burn]] = {
    "Fast": (Burn(14.4, HOUR, 5 * MINUTE), Burn(6, 6 * HOUR, 30 * MINUTE)),
    "Slow": (Burn(3, DAY, 2 * HOUR), Burn(1, 3 * DAY, 6 * HOUR)),
}
WINDOWS = sorted({seconds for pair in BURNS.values() for burn in pair for seconds in (burn.long, burn.short)})


@dataclass(frozen=True)
class Clock:
    """Writes durations for Prometheus, in tests shorter ones.

    Attributes
    ----------
    scale : float
        Factor for all durations.
    """

    scale: float = 1.0

    def format(self, seconds: float) -> str:
        """Return a duration in Prometheus' notation."""
        scaled = seconds * self.scale
        for unit, size in _UNITS:
            if scaled >= size and scaled % size == 0:
                return f"{scaled / size:.0f}{unit}"
        return f"{max(1, round(scaled * 1_000))}ms"


@dataclass(frozen=True)
class Objective:
    """A promise about requests.

    Attributes
    ----------
    name : str
        What its series are called.
    title : str
        The same in an alert's name.
    share : float
        Share of the requests that may be bad.
    bad : str
        What a bad request is, in words.
    bad_rate, all_rate : str
        Queries for bad requests and for all requests per second; ``%s`` stands for the window.
    """

    name: str
    title: str
    share: float
    bad: str
    bad_rate: str
    all_rate: str

    def name_series(self, kind: Literal["bad", "ratio"], seconds: int) -> str:
        """Return the name of a computed series: bad requests per second, or their share, over a window."""
        return f"model:tabular_{self.name}:{kind}_rate{Clock().format(seconds)}"


OBJECTIVES = (
    Objective(
        "errors",
        "Errors",
        0.001,
        "failed in the server",
        f'{_BY} (rate(tabular_requests_total{{outcome="failed"}}[%s]))',
        f"{_BY} (rate(tabular_requests_total[%s]))",
    ),
    Objective(
        "latency",
        "Latency",
        0.01,
        f"took longer than {SLOW} s",
        f"{_BY} (rate(tabular_request_seconds_count[%s]))"
        f' - {_BY} (rate(tabular_request_seconds_bucket{{le="{SLOW}"}}[%s]))',
        f"{_BY} (rate(tabular_request_seconds_count[%s]))",
    ),
)
