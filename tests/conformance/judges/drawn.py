"""Drawn pages, read back: cards by their title, cells by row and column."""

import re

from lxml import html


class Drawn:
    """A bundle's preview page."""

    def __init__(self, path):
        self.root = html.fromstring(path.read_text(encoding="utf-8"))

    @property
    def titles(self):
        return {re.sub(r"\s*\(.*\)$", "", tab.text_content().strip()): tab.get("aria-controls") for tab in self._tabs()}

    def _tabs(self):
        return self.root.xpath("//*[@role='tab']")

    def page(self, title):
        return self.root.get_element_by_id(self.titles[title])

    def card(self, page, title):
        cards = self.page(page).xpath(".//*[@data-kind='cardVisual']")
        (visual,) = [each for each in cards if _title(each) == title]
        return visual.find_class("value")[0].text_content().strip()

    def cell(self, page, row, column):
        found = []
        for table in self.page(page).iter("table"):
            heads = [head.text_content().strip() for head in table.xpath("./thead//th")]
            for line in table.xpath("./tbody/tr"):
                cells = [cell.text_content().strip() for cell in line]
                if column in heads and cells[0].removeprefix("+") == row:
                    found.append(cells[heads.index(column)])
        assert len(found) == 1, f"{page}: {row} / {column}: {found}"
        return found[0]

    def column(self, page, column):
        """The cells of a column, row by row; of the total, and of a row without one, there is none."""
        found = []
        for table in self.page(page).iter("table"):
            heads = [head.text_content().strip() for head in table.xpath("./thead//th")]
            lines = table.xpath("./tbody/tr") if column in heads else ()
            found += [line[heads.index(column)].text_content().strip() for line in lines if len(line) == len(heads)]
        return [cell for cell in found if cell]

    def table(self, page, column):
        """The rows of the table that has a column, by their heads; the total is the last."""
        (found,) = [one for one in self.page(page).iter("table") if column in _heads(one)]
        heads = _heads(found)
        return [
            dict(zip(heads, (cell.text_content().strip() for cell in line), strict=True))
            for line in found.xpath("./tbody/tr")
        ]


def _heads(table):
    return [head.text_content().strip() for head in table.xpath("./thead//th")]


def _title(visual):
    return "".join(head.text_content().strip() for head in visual.iter("h2"))


def amount(value):
    """A whole amount as a Dutch report shows it."""
    text = f"{abs(round(value)):,}".replace(",", ".")
    return f"({text})" if round(value) < 0 else text


def count(value):
    return f"{round(value):,}".replace(",", ".")


def percent(value):
    return f"{value * 100:.1f}%".replace(".", ",")


def ratio(value):
    return f"{value:.2f}".replace(".", ",")


def read(text):
    """The number that a Dutch report shows as a whole amount."""
    return int(text.replace(".", "").strip("()")) * (-1 if text.startswith("(") else 1)
