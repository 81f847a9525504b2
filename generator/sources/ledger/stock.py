"""Items, and the stock of a division: bought before it is delivered, so that no day ends below zero.

Every item keeps one cost price, so that what the ledger holds on the stock account is what the items are worth.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from generator.sources.ledger.book import Book, line
from generator.sources.ledger.exact import amount, guid, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from generator.sources.ledger.dice import Dice
    from generator.sources.ledger.records import Division, Line, Row

STOCK = "3000"
"""The ledger account that holds the stock."""


class Item(NamedTuple):
    """An item: its group, its cost price in cents, and how many are there when the books begin."""

    code: str
    text: str
    group: str
    cost: int
    opening: int = 0
    stocked: bool = True


GROUPS = {"APP": "Apparatuur", "GRD": "Grondstoffen", "VRP": "Verpakking; div.", "DST": "Diensten"}
ITEMS = tuple(
    Item(*row)
    for row in (
        ("MEEL", "Bloem T65, 25 kg", "GRD", 18_50, 300),
        ("GIST", "Gist ½ kg", "GRD", 2_40, 500),
        ("DOOS", 'Doos "groot"', "VRP", 95, 1_000),
        ("OVEN", "Oven Ø 60 cm", "APP", 645_00, 10),
        ("MIXER", "Deegmixer", "APP", 287_50, 20),
        ("OUD", "Weegschaal (oud model)", "APP", 120_00, 40),  # never sold
        ("ZAK", "Papieren zak", "VRP", 4, 7_500),  # last sold a while ago, see `last_sales`
        ("TROMMEL", "Blikken trommel", "VRP", 3_00),  # as many bought as sold: nothing left
        ("UUR", "Uur monteur", "DST", 0, 0, False),
        ("REIS", "Reiskosten", "DST", 0, 0, False),
    )
)
BY_CODE = {item.code: item for item in ITEMS}
SOLD = ("MEEL", "GIST", "DOOS", "OVEN", "MIXER")
"""What is sold every month."""

WAREHOUSES = {"1": "Hoofdmagazijn", "2": "Winkel"}
SLOW = 180
"""Days without a sale after which a report calls stock slow; one item was last sold so many days ago."""


def opening_lines(number: int) -> list[Line]:
    """Return the stock that a division begins with, a line per item, numbered from ``number``."""
    found = [item for item in ITEMS if item.opening]
    return [
        line(STOCK, item.opening * item.cost, number + place, item=item.code, quantity=item.opening)
        for place, item in enumerate(found)
    ]


class Stock:
    """How many of each item are there while trade is booked."""

    def __init__(self, book: Book, dice: Dice) -> None:
        """Begin with the opening stock."""
        self.book, self.dice = book, dice
        self.there = Counter({item.code: item.opening for item in ITEMS})

    def picked(self, cents: int) -> tuple[Item, int]:
        """Return an item that is sold, and how many of it cost about so many cents."""
        item = BY_CODE[self.dice.pick(SOLD)]
        return item, max(1, (cents + item.cost // 2) // item.cost)

    def short(self, item: Item, quantity: int) -> int:
        """Return how many must be bought before so many are delivered: a lot on top of what is missing."""
        missing = quantity - self.there[item.code]
        return missing + max(1, self.dice.roll(300_00, 900_00) // item.cost) if missing > 0 else 0

    def moved(self, item: Item, quantity: int, day: date) -> None:
        """Count what came in, or went out; what is dated after today has not been booked."""
        if day <= self.book.today:
            self.there[item.code] += quantity


def on_hand(book: Book) -> Counter[str]:
    """Return how many of each item the entries leave."""
    found: Counter[str] = Counter()
    for entry in book.entries:
        for item in entry.lines:
            if item.account == STOCK and item.item:
                found[item.item] += item.quantity
    return found


def groups(division: Division) -> Iterator[Row]:
    """Yield the rows of ItemGroups."""
    for code, text in GROUPS.items():
        yield {
            "Division": division.code,
            "ID": guid(division, "item group", code),
            "Code": code,
            "Description": text,
            "GLStock": guid(division, "account", STOCK),
        }


def items(book: Book) -> Iterator[Row]:
    """Yield the rows of Items: the standard cost price is newer than what the stock stands in the books for."""
    division, there = book.division, on_hand(book)
    for place, item in enumerate(ITEMS):
        averaged = place != 1  # of one item no average is kept
        yield {
            "Division": division.code,
            "ID": guid(division, "item", item.code),
            "Code": item.code,
            "Description": item.text,
            "ItemGroup": guid(division, "item group", item.group),
            "ItemGroupCode": item.group,
            "ItemGroupDescription": GROUPS[item.group],
            "IsStockItem": item.stocked,
            "IsSalesItem": True,
            "IsTime": int(item.code == "UUR"),
            "Stock": float(there[item.code]),
            "AverageCost": amount(item.cost) if averaged else None,
            "CostPriceStandard": amount(item.cost * 104 // 100 if averaged else item.cost),
            "Unit": "uur" if item.code == "UUR" else "stuk",
            "EndDate": moment(book.fiscal.span(book.years[0])[1]) if item.code == "OUD" else None,
        }


def warehouses(division: Division) -> Iterator[Row]:
    """Yield the rows of Warehouses."""
    for code, text in WAREHOUSES.items():
        yield {
            "Division": division.code,
            "ID": guid(division, "warehouse", code),
            "Code": code,
            "Description": text,
            "Main": int(code == "1"),
        }


def positions(book: Book) -> Iterator[Row]:
    """Yield the rows of ItemWarehouses: three quarters of each item in the first warehouse, the rest in the other."""
    division, there = book.division, on_hand(book)
    for item in ITEMS:
        if item.stocked:
            first = there[item.code] * 3 // 4
            for code, quantity in zip(WAREHOUSES, (first, there[item.code] - first), strict=True):
                yield {
                    "Division": division.code,
                    "ID": guid(division, "position", (item.code, code)),
                    "Item": guid(division, "item", item.code),
                    "ItemCode": item.code,
                    "ItemDescription": item.text,
                    "Warehouse": guid(division, "warehouse", code),
                    "WarehouseCode": code,
                    "WarehouseDescription": WAREHOUSES[code],
                    "CurrentStock": float(quantity),
                }
