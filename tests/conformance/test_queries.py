"""Queries as text: Microsoft's parser, names and service rules, formatter, leftovers of templates, sources."""

import pytest
from judges import power_query


def test_queries_together_and_sections_alone_know_their_names_and_can_refresh(office):
    assert all(report.queries and report.section.is_file() for report in office.reports)
    assert power_query.judge_reports(office.reports) == []


def test_formatting_changes_no_meaning(office):
    assert power_query.judge_format([report.section for report in office.reports]) == []


def test_no_template_marker_is_left(office):
    assert power_query.judge_leftovers(_files(office)) == []


def test_every_source_is_read_through_the_bare_parameter(office):
    for report in office.reports:
        url = office.url(report.client)
        assert power_query.judge_sources([report.section, *report.queries], url) == []


def test_section_and_single_queries_say_the_same(office):
    for report in office.reports:
        section = report.section.read_text(encoding="utf-8")
        names = {path.stem for path in report.queries}
        members = set(power_query.members(section))
        assert names == members, report


@pytest.mark.parametrize("suffix", [".pq"])
def test_files_are_utf8_without_mark_and_with_one_kind_of_line_end(office, suffix):
    for path in _files(office):
        data = path.read_bytes()
        assert path.suffix == suffix
        assert not data.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in data


def _files(office):
    return [path for report in office.reports for path in (report.section, *report.queries)]
