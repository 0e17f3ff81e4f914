"""The forecast of new defects in words and as a chart."""

from collections.abc import Sequence

from bot.views import charts
from bot.views.text import Block, day
from domain.exit.forecast import DefectForecast
from domain.statistics.stabilisation import NoForecast, StabilisationFit
from domain.text import plural

AHEAD = 7.0  # days for which new defects are forecast
REFUSALS = {
    NoForecast.TOO_FEW: "There is no forecast yet: it needs at least 10 confirmed defects.",
    NoForecast.NOT_FALLING: "There is no forecast: new defects are not becoming fewer.",
    NoForecast.NOT_SHOWN: "There is no forecast yet: new defects become fewer, but that may be chance.",
}


def sentences(found: DefectForecast) -> list[str]:
    """Return the forecast, or why there is none, one sentence a line."""
    unit = "days of use" if found.exposure.is_use else "calendar days, since adoption isn't recorded for every day"
    known = plural(found.n, "1 confirmed defect without duplicates", "{count} confirmed defects without duplicates")
    lines = [f"Based on {known}, over {unit}."]
    if found.unconfirmed:
        lines.append(plural(found.unconfirmed, "1 report isn't acknowledged yet and doesn't count.",
                            "{count} reports aren't acknowledged yet and don't count."))  # fmt: skip
    if isinstance(found.fit, NoForecast):
        return [*lines, REFUSALS[found.fit]]
    return [*lines, *_models(found, found.fit)]


def _models(found: DefectForecast, fit: StabilisationFit) -> list[str]:
    goel, crow, now = fit.goel_okumoto, fit.crow_amsaa, fit.exposure
    first = (
        f"One model (Goel-Okumoto): {fit.remaining:.0f} more expected in all (at most {fit.upper_remaining:.0f}), "
        f"{goel.between(now, now + AHEAD):.1f} in the next 7 days, now {goel.intensity(now):.2f} a day."
    )
    second = (
        f"The other (Crow-AMSAA): {crow.between(now, now + AHEAD):.1f} in the next 7 days, now "
        f"{crow.intensity(now):.2f} a day. The higher rate counts for the score."
    )
    return [first, second, _date(found, fit)]


def _date(found: DefectForecast, fit: StabilisationFit) -> str:
    soon, late = (found.falls_on(one) for one in fit.falls_to(found.target))
    today = found.until.date()
    if soon is None:
        return f"Neither model expects {found.target:g} a day or fewer within a year."
    if late is None:
        return f"Down to {found.target:g} a day on {day(soon)} by one model, and not within a year by the other."
    if late <= today:
        return f"Both models expect {found.target:g} a day or fewer already."
    if soon <= today:
        return f"Down to {found.target:g} a day by one model already, and on {day(late)} by the other."
    return f"Down to {found.target:g} a day between {day(soon)} and {day(late)}."


def chart(found: DefectForecast) -> Block | None:
    """Return the defects found until each day, with what Goel-Okumoto expects and its 95 % band."""
    if isinstance(found.fit, NoForecast):
        return None
    shown = found.curve[-charts.MAX_POINTS :]
    at = [found.exposure.until(end) for end, _ in shown]
    bands = [found.fit.band(one) for one in at]
    series: dict[str, Sequence[float | None]] = {
        "Found": [n for _, n in shown],
        "Expected": [round(found.fit.goel_okumoto.expected(one), 1) for one in at],
        "At least": [round(low, 1) for low, _ in bands],
        "At most": [round(high, 1) for _, high in bands],
    }
    return charts.chart("Confirmed defects", "line", series, [day(end.date()) for end, _ in shown])
