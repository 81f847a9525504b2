"""TMDL: the text that Microsoft's serialiser writes for the same model (`tests/conformance` loads it with TOM)."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.pack.tmdl import tmdl


def _database(**model):
    return {"name": "acme financieel", "compatibilityLevel": 1600, "model": {"culture": "nl-NL", **model}}


def _table(**table):
    return _database(tables=[{"name": "T", **table}])


def _written(database, path):
    """Return one file as text, four spaces for a tab, so that the expected text reads well."""
    return tmdl(database)[f"definition/{path}.tmdl"].decode().expandtabs(4)


def _text(text):
    return dedent(text).lstrip("\n")


def _measure(**measure):
    lines = _written(_table(measures=[{"name": "M", **measure}]), "tables/T").split("\n")
    return "\n".join(line.removeprefix("    ") for line in lines[2:])


def test_each_kind_of_object_has_its_file():
    database = _database(
        tables=[{"name": "Mutaties"}, {"name": "Datum"}],
        relationships=[],
        roles=[{"name": "Administraties", "modelPermission": "read"}],
        cultures=[{"name": "nl-NL"}],
        expressions=[{"name": "P", "kind": "m", "expression": "1"}],
    )
    assert list(tmdl(database)) == [
        "definition/cultures/nl-NL.tmdl",
        "definition/database.tmdl",
        "definition/expressions.tmdl",
        "definition/model.tmdl",
        "definition/roles/Administraties.tmdl",
        "definition/tables/Datum.tmdl",
        "definition/tables/Mutaties.tmdl",
    ]


def test_the_database_and_the_model():
    database = _database(
        description="Cijfers\nvan de klant",
        dataAccessOptions={"legacyRedirects": True, "returnErrorValuesAsNull": True},
        defaultPowerBIDataSourceVersion="powerBI_V3",
        discourageImplicitMeasures=True,
        sourceQueryCulture="nl-NL",
        queryGroups=[{"folder": "A b", "annotations": [{"name": "PBI_QueryGroupOrder", "value": "0"}]}],
        tables=[{"name": "Mutaties"}, {"name": "Dim 'x'"}],
        roles=[{"name": "R"}],
        annotations=[{"name": "__PBI_TimeIntelligenceEnabled", "value": "0"}],
    )
    assert _written(database, "database") == "database 'acme financieel'\n    compatibilityLevel: 1600\n"
    assert _written(database, "model") == _text("""
        /// Cijfers
        /// van de klant
        model Model
            culture: nl-NL
            defaultPowerBIDataSourceVersion: powerBI_V3
            discourageImplicitMeasures
            sourceQueryCulture: nl-NL

            dataAccessOptions
                legacyRedirects
                returnErrorValuesAsNull

        queryGroup 'A b'

            annotation PBI_QueryGroupOrder = 0

        annotation __PBI_TimeIntelligenceEnabled = 0

        ref table Mutaties
        ref table 'Dim ''x'''

        ref role R
        """)


def test_a_table_with_all_that_it_has():
    table = {
        "description": "Boekingen",
        "isHidden": True,
        "lineageTag": "t1",
        "dataCategory": "Time",
        "columns": [
            {
                "name": "Datum",
                "dataType": "dateTime",
                "sourceColumn": "Entry Date",
                "isKey": True,
                "isNullable": False,
                "formatString": '"dd" mm',
                "sortByColumn": "Maand nr",
                "annotations": [{"name": "SummarizationSetBy", "value": "Automatic"}],
            },
            {"type": "calculated", "name": "Maand nr", "dataType": "int64", "expression": "MONTH ( [Datum] )"},
            {
                "type": "calculatedTableColumn",
                "name": "V",
                "dataType": "string",
                "sourceColumn": "[V]",
                "isDataTypeInferred": True,
            },
        ],
        "measures": [
            {
                "name": "Netto-omzet",
                "expression": ["VAR a = 1", "", "RETURN", "    a"],
                "formatStringDefinition": {"expression": '"0.0"'},
                "displayFolder": "Winst\\Omzet",
            }
        ],
        "hierarchies": [
            {
                "name": "Kalender",
                "levels": [
                    {"name": "Dag", "ordinal": 1, "column": "Datum"},
                    {"name": "Maand", "ordinal": 0, "column": "Maand nr"},
                ],
            }
        ],
        "partitions": [
            {"name": "T", "mode": "import", "queryGroup": "A b", "source": {"type": "m", "expression": ["let", "in 1"]}}
        ],
        "annotations": [{"name": "PBI_ResultType", "value": "Table"}, {"name": "Leeg", "value": ""}],
    }
    assert _written(_table(**table), "tables/T") == _text("""
        /// Boekingen
        table T
            isHidden
            lineageTag: t1
            dataCategory: Time

            measure Netto-omzet =
                    VAR a = 1
                    <BLANK>
                    RETURN
                        a
                displayFolder: Winst\\Omzet

                formatStringDefinition = "0.0"

            column Datum
                dataType: dateTime
                isKey
                isNullable: false
                formatString: "dd" mm
                sourceColumn: Entry Date
                sortByColumn: 'Maand nr'

                annotation SummarizationSetBy = Automatic

            column 'Maand nr' = MONTH ( [Datum] )
                dataType: int64

            column V
                sourceColumn: [V]

            hierarchy Kalender

                level Maand
                    column: 'Maand nr'

                level Dag
                    column: Datum

            partition T = m
                mode: import
                queryGroup: 'A b'
                source =
                        let
                        in 1

            annotation PBI_ResultType = Table

            annotation Leeg
        """).replace("<BLANK>", "")


def test_a_calculation_group_is_in_order():
    group = {
        "precedence": 10,
        "calculationItems": [
            {"name": "Vorig jaar", "ordinal": 1, "expression": ["CALCULATE (", "  SELECTEDMEASURE () )"]},
            {"name": "Actueel", "ordinal": 0, "expression": "SELECTEDMEASURE ()"},
        ],
    }
    partition = {"name": "T", "mode": "import", "source": {"type": "calculationGroup"}}
    assert _written(_table(calculationGroup=group, partitions=[partition]), "tables/T") == _text("""
        table T

            calculationGroup
                precedence: 10

                calculationItem Actueel = SELECTEDMEASURE ()

                calculationItem 'Vorig jaar' =
                        CALCULATE (
                          SELECTEDMEASURE () )

            partition T = calculationGroup
                mode: import
        """)


def test_relationships_name_columns_with_their_table():
    relationship = {
        "name": "r 1",
        "fromTable": "Mutaties",
        "fromColumn": "Reg. nr",
        "toTable": "Rapport regel",
        "toColumn": "Nr",
        "isActive": False,
        "crossFilteringBehavior": "bothDirections",
        "toCardinality": "many",
    }
    database = _database(relationships=[relationship, relationship | {"name": "r2"}])
    assert _written(database, "relationships") == _text("""
        relationship 'r 1'
            isActive: false
            crossFilteringBehavior: bothDirections
            toCardinality: many
            fromColumn: Mutaties.'Reg. nr'
            toColumn: 'Rapport regel'.Nr

        relationship r2
            isActive: false
            crossFilteringBehavior: bothDirections
            toCardinality: many
            fromColumn: Mutaties.'Reg. nr'
            toColumn: 'Rapport regel'.Nr
        """)


def test_roles_expressions_and_cultures():
    database = _database(
        roles=[
            {
                "name": "R",
                "modelPermission": "read",
                "tablePermissions": [
                    {
                        "name": "Mijn T",
                        "filterExpression": '[A] = "x"',
                        "columnPermissions": [{"name": "C", "metadataPermission": "none"}],
                    }
                ],
            }
        ],
        expressions=[
            {
                "name": "P_INVANTIVE_URL",
                "kind": "m",
                "description": "De URL",
                "queryGroup": "Parameters",
                "expression": '"https://x" meta [IsParameterQuery=true]',
            }
        ],
        cultures=[
            {
                "name": "en-US",
                "linguisticMetadata": {"content": {"Version": "1.0.0"}, "contentType": "json"},
                "translations": {
                    "model": {
                        "name": "Model",
                        "tables": [
                            {"name": "T", "translatedCaption": "Table", "translatedDescription": "two\nlines"},
                        ],
                    }
                },
            }
        ],
    )
    assert _written(database, "roles/R") == _text("""
        role R
            modelPermission: read

            tablePermission 'Mijn T' = [A] = "x"

                columnPermission C = none
        """)
    assert _written(database, "expressions") == _text("""
        /// De URL
        expression P_INVANTIVE_URL = "https://x" meta [IsParameterQuery=true]
            queryGroup: Parameters
        """)
    assert _written(database, "cultures/en-US") == _text("""
        cultureInfo en-US

            translations

                model Model

                    table T
                        caption: Table
                        description =
                            two
                            lines

            linguisticMetadata =
                    {
                      "Version": "1.0.0"
                    }
                contentType: json
        """)


DESKTOP = Path(__file__).with_name("golden") / "desktop"
"""A model with what Desktop adds to a design, and its files as Microsoft's serialiser (TOM) wrote them."""


def test_a_model_of_desktop_is_written_as_microsoft_does():
    """But for blank lines: TOM has none between translations, and one at the end of each file."""
    theirs = {
        path.relative_to(DESKTOP).as_posix(): _filled(path.read_text("utf-8"))
        for path in (DESKTOP / "definition").rglob("*.tmdl")
    }
    made = tmdl(json.loads((DESKTOP / "model.bim").read_text("utf-8")))
    assert {path: _filled(data.decode()) for path, data in made.items()} == theirs


def _filled(text):
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("1", "measure M = 1\n"),
        ("", "measure M\n"),
        ("a\r\nb\rc", "measure M =\n        a\n        b\n        c\n"),
        (" a", "measure M = ```\n         a\n        ```\n"),
        ("a\n", "measure M = ```\n        a\n        \n        ```\n"),
        ("a \nb", "measure M = ```\n        a \n        b\n        ```\n"),
        ("```", "measure M =\n        ```\n"),
        ("a\u2028b\x85c", "measure M = a\u2028b\x85c\n"),
        ("a\nmeasure x = 1", "measure M =\n        a\n        measure x = 1\n"),
    ],
)
def test_expressions_keep_their_blanks(expression, written):
    assert _measure(expression=expression) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("#,0.00", "formatString: #,0.00"),
        ("0: x = 1", "formatString: 0: x = 1"),
        (" x", 'formatString: " x"'),
        ('"a"', 'formatString: """a"""'),
        ('"', 'formatString: """"'),
        ('"a" 0', 'formatString: "a" 0'),
        ("```", 'formatString: "```"'),
        ("", 'formatString: ""'),
        ("a\nb", "formatString =\n        a\n        b"),
    ],
)
def test_values_are_quoted_where_they_must(value, written):
    assert _measure(expression="1", formatString=value) == f"measure M = 1\n    {written}\n"


def test_descriptions_stand_above():
    assert _measure(expression="1", description="a\r\n\n b") == "/// a\n/// \n///  b\nmeasure M = 1\n"


def test_files_of_alike_names_stay_apart():
    paths = list(tmdl(_database(tables=[{"name": "a/b"}, {"name": "A:b"}, {"name": "con"}])))
    assert len({path.lower() for path in paths}) == len(paths) == 5
    assert "definition/tables/_con.tmdl" in paths


@pytest.mark.parametrize(
    ("database", "message"),
    [
        ({"name": "d", "model": {}, "foo": 1}, r"database 'd' has unknown properties \['foo'\]"),
        (_database(perspectives=[]), "model 'Model' has unknown"),
        (_table(columns=[{"name": "C", "alternateOf": {}}]), r"column 'C' has unknown properties \['alternateOf'\]"),
        (_table(columns=[{"name": "C", "type": "rowNumber"}]), "not a column of a known type: 'C'"),
        (_table(columns=[{"name": "C", "type": "calculated"}]), "not a column of a known type: 'C'"),
        (_table(columns=[{"name": "C", "expression": "1"}]), "not a column of a known type: 'C'"),
        (_table(partitions=[{"name": "P", "source": {"type": "entity"}}]), "not a partition of a known type: 'P'"),
        (_table(partitions=[{"name": "P", "source": {"type": "m", "x": 1}}]), "not a partition of a known type: 'P'"),
        (_database(expressions=[{"name": "E", "kind": "x"}]), "not M: 'E'"),
        (_table(measures=[{"name": "a\nb"}]), "control character"),
        (_table(measures=[{"name": "M", "expression": "```\n"}]), "no way to write measure M"),
    ],
)
def test_what_can_not_be_written_is_refused(database, message):
    with pytest.raises(ValueError, match=message):
        tmdl(database)


def test_a_value_of_a_wrong_type_is_refused():
    with pytest.raises(TypeError, match="not a text: None"):
        tmdl(_table(lineageTag=None))


@given(st.text(), st.text(), st.text())
def test_no_value_becomes_a_line_of_its_own(name, text, folder):
    """Whatever is typed in a workbook, each line is the object's own, a description or a deeper block."""
    measure = {"name": "M", "expression": "1", "description": text, "displayFolder": folder}
    try:
        data = tmdl(_table(measures=[measure | {"formatString": name}]))["definition/tables/T.tmdl"]
    except ValueError:
        return
    lines = data.decode().split("\n")
    assert lines[:2] == ["table T", ""]
    assert lines[-1] == ""
    allowed = ("\t/// ", "\tmeasure M = 1", "\t\tformatString", "\t\tdisplayFolder", "\t\t\t")
    assert all(line.startswith(allowed) for line in lines[2:-1])
