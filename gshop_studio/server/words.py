"""What the server says to a person, in their language: texts from the `server` catalogue, and numbers, money and
moments as the language writes them.

The English text is the message id. Where it stands as a literal in a call of `say` or `translatable` in any module of
the server, the test of the catalogues finds it and asks for its Spanish and Portuguese.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from babel import dates, lists, numbers

from gshop_studio.contract.problems import FieldProblem
from gshop_studio.domain.money import Money
from gshop_studio.server.refusals import FIELD_TEXTS, REFUSALS, FieldRefusal, Refused
from gshop_studio.texts import catalogue

_LOCALES = {"es": "es_419", "pt": "pt_BR"}
"""How a language of ours writes numbers and dates: our Spanish is Latin America's, our Portuguese Brazil's."""

_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Z])(?=\d)")
"""Where CLDR asks for a space, and Babel leaves it out."""


def say(text: str, language: str, **params: object) -> str:
    """`text` in `language`, its `{places}` filled: `say("{count} people are watching.", "es", count="1,000")`."""
    return catalogue("server", language).gettext(text).format_map(params)


def say_number(one: str, many: str, count: int, language: str, **params: object) -> str:
    """One of two texts, as the language counts; their `{count}` is written as it writes numbers."""
    text = catalogue("server", language).ngettext(one, many, count)
    return text.format_map({"count": format_number(count, language), **params})


def translatable(text: str) -> str:
    """The text itself: marks one that stands in a table, and is said later, for the catalogues."""
    return text


def detail_of(refusal: Refused, language: str) -> str:
    """Why it was not done, for the person."""
    said = {
        name: format_duration(int(value), language) if name == "seconds" else value
        for name, value in refusal.params.items()
    }
    return say(REFUSALS[refusal.code].text, language, **said)


def field_problem(refusal: FieldRefusal, language: str) -> FieldProblem:
    """What is wrong with one field, for the person."""
    said = {name: _SAID[name](value, language) if name in _SAID else value for name, value in refusal.params}
    text = say(FIELD_TEXTS[refusal.code], language, **said)
    return FieldProblem(field=refusal.field, code=refusal.code, detail=text)


def _limit(value: str, language: str) -> str:
    """A limit may be a moment, too."""
    try:
        return format_number(Decimal(value), language)
    except InvalidOperation:
        return value


def _choices(value: str, language: str) -> str:
    return lists.format_list(value.split(", "), style="or", locale=_locale(language))


_SAID = {"limit": _limit, "choices": _choices}
"""What a text's places are filled with, where the languages differ."""


def format_number(value: int | float | Decimal, language: str) -> str:
    """12,345.67; in Portuguese 12.345,67."""
    return numbers.format_decimal(value, locale=_locale(language))


def format_percent(fraction: float, language: str) -> str:
    """A fraction as a percentage, with one decimal at most: 0.256 is 25.6%."""
    return numbers.format_percent(fraction, format="#,##0.#%", locale=_locale(language))


def format_money(money: Money, language: str) -> str:
    """$1,234.50; in Spanish USD 1,234.50, in Portuguese US$ 1.234,50."""
    said = numbers.format_currency(Decimal(str(money.to_wire())), money.currency, locale=_locale(language))
    return _CODE_BEFORE_DIGIT.sub("\N{NO-BREAK SPACE}", said)


def format_moment(moment: datetime, language: str, zone: str = "UTC") -> str:
    """A date and time, its zone named: Nov 22, 2026, 5:05 PM UTC."""
    return f"{_moment(moment, language, zone)} {zone.rpartition('/')[2].replace('_', ' ')}"


def format_day(moment: datetime, language: str, zone: str = "UTC") -> str:
    """The date of a moment: November 22, 2026."""
    return dates.format_date(moment.astimezone(dates.get_timezone(zone)).date(), "long", locale=_locale(language))


def format_duration(seconds: float, language: str) -> str:
    """Hours and minutes, or minutes and seconds, by the symbols all our languages write: 1 h 5 min."""
    hours, rest_s = divmod(round(seconds), 3600)
    minutes, rest_s = divmod(rest_s, 60)
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (rest_s, "s")]
    said = [f"{format_number(number, language)} {symbol}" for number, symbol in parts if number]
    return " ".join(said) or "0 s"


def _moment(moment: datetime, language: str, zone: str) -> str:
    locale = _locale(language)
    local = moment.astimezone(dates.get_timezone(zone))
    day = dates.format_date(local.date(), "medium", locale=locale)
    return f"{day}, {dates.format_time(local.time(), 'short', locale=locale)}"


def _locale(language: str) -> str:
    return _LOCALES.get(language, "en_US")
