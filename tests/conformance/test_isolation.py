"""Nothing of client A stands in client B's bundle."""

from judges import isolation, workbook


def test_no_bundle_holds_a_word_of_another_client(office):
    words, shown = workbook.words_of(office.sheets), workbook.may_be_in_office(office.sheets)
    assert len(words) > len(office.bundles) - 1
    assert isolation.judge_isolation(office.bundles, words, shown) == []


def test_on_startup_sql_selects_exactly_the_clients_divisions(office):
    for client, folder in office.bundles.items():
        text = (folder / "on-startup.sql").read_text(encoding="utf-8")
        statement = next(line for line in text.splitlines() if line.strip().lower().startswith("use "))
        codes = {part.strip().partition("@")[0] for part in statement.strip()[4:].rstrip(";").split(",")}
        assert codes == {str(code) for code in office.divisions(client)}
