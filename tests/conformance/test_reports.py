"""Reports: two validators, no errors and no warnings."""

from judges import report


def test_our_validator_on_every_report_and_template(office):
    paths = [path for one in office.reports for path in (one.report_folder, one.pbit)]
    assert paths
    assert report.judge_reports(paths) == []


def test_microsofts_validator_on_every_report(office):
    assert report.judge_microsoft([one.report_folder for one in office.reports]) == []
