"""The standard office: divisions that between them have everything a report can trip over."""

from __future__ import annotations

from generator.sources.ledger.records import Division

_ALL = frozenset({"boundaries"})

STANDARD = (
    Division(510001, "Bakkerij De Korenaar B.V.", group="korenaar", traits=_ALL | {"rgs"}),
    Division(
        510002,
        'Korenaar "Vastgoed" & Zn. B.V.',
        closes=False,
        group="korenaar",
        traits=_ALL | {"period_13", "own_scheme"},
    ),
    Division(510003, "Molen Één B.V.", traits=frozenset({"period_13", "year_end_320"})),
    Division(510004, "O'Neill Bakery Ltd", currency="GBP"),
    Division(510005, "Korenaar Deelnemingen B.V.", traits=frozenset({"empty"})),
    Division(520001, "Hockeyclub De Linie", year_end_month=6, traits=_ALL | {"rgs", "own_scheme"}),
    Division(
        530001,
        "Skischool Pluk",
        year_end_month=2,
        closes=False,
        traits=frozenset({"named_by_start", "other_chart", "rgs"}),
    ),
)
"""Two of a group, one never closed; one closed by types 320 to 328; pounds; no entries; two broken fiscal years;
accounts classified by RGS, by an own scheme, by both, by neither; one with a chart of its own."""
