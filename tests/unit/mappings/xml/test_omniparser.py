"""omniparser's samples of XML and JSON, its schemas said as our definitions and transforms: the same values.

`FILES` has every sample. Scripts in JavaScript and functions of its own (look-ups in the program itself) have
no counterpart in a definition; what they compute is left out, and listed.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from mappings.contract import Format
from mappings.formats import built_in
from mappings.transform import TransformDefinition, build_transform
from tests.corpus import CORPUS, needs
from tests.unit.mappings.xml.path_samples import read, xml

XML, JSON = CORPUS / "xml" / "omniparser", CORPUS / "json" / "omniparser" / "json"
pytestmark = needs(XML, JSON)

FILES = {
    "xml/1_datetime_parse_and_format.input.xml",
    "xml/2_multiple_objects.input.xml",
    "customfuncs/sample.xml",
    "1_single_object.input.json",
    "2_multiple_objects.input.json",
    "3_xpathdynamic.input.json",
}


def test_every_sample_is_looked_at() -> None:
    samples = {str(path.relative_to(XML)) for path in XML.rglob("*.xml")}
    assert samples | {path.name for path in JSON.glob("*.input.json")} == FILES


def transformed(codec: Format | None, data: bytes, transform: dict[str, Any]) -> list[Any]:
    """The records of a document, by a transform."""
    assert codec is not None
    made = build_transform(TransformDefinition.model_validate_json(json.dumps({"transform": transform})))
    return [made.apply(one) for one in read(codec, data)]


def expected(path: Path) -> list[Any]:
    """The records that omniparser makes."""
    found = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return [one.get("TransformedRecord", one) for one in found]


def without(records: list[Any], *names: str) -> list[Any]:
    """Records without some members."""
    return [{name: value for name, value in one.items() if name not in names} for one in records]


def test_dates() -> None:
    local = {"type": "datetime", "offset": "local"}
    codec = xml(
        root="Root",
        fields={
            "date": {"path": "JustDate", "type": "date", "pattern": "%Y/%m/%d"},
            "moment": {"path": "DateTimeWithNoTZ", "pattern": "%m/%d/%Y %H:%M:%S", **local},
            "utc": {"path": "DateTimeUTC", "type": "datetime", "pattern": "%m-%d-%Y  %H:%M:%S%z"},
            "zoned": "DateTimeWithIANA_TZ",
            "other": {
                "path": "DayBeforeMonth",
                "pattern": "%d/%m/%yT%H:%M:%S",
                "century_from": 2000,
                **local,
            },
        },
    )
    (record,) = read(codec, (XML / "xml/1_datetime_parse_and_format.input.xml").read_bytes())
    (theirs,) = expected(XML / "xml/expected/Test1_DateTime_Parse_And_Format.json")
    assert f"{record['date']}T00:00:00" == theirs["no_tz_date"]
    assert record["moment"] == theirs["no_tz_date_time"]
    assert record["utc"] == theirs["utc_date_time"]
    # Named time zones need the zones' rules of each day, which no definition has: the text is kept.
    assert record["zoned"].partition("-")[0] == "09/22/20T12:34:56"
    assert record["other"] == "2020-09-22T12:34:56"


BOOKS = xml(
    root="lb0:library",
    record="lb0:books",
    namespaces={"lb0": "..."},
    fields={
        "publisher": "header/publisher",
        "books": {
            "path": "book",
            "repeat": True,
            "fields": {
                "title": "@title",
                "price": {"path": "@price", "type": "decimal"},
                "author": {},
                "year": {"type": "integer"},
            },
        },
        "footer": {},
    },
)


def test_several_objects_of_xml() -> None:
    found = transformed(
        BOOKS,
        (XML / "xml/2_multiple_objects.input.xml").read_bytes(),
        {
            "books": {
                "each": "books",
                "transform": {
                    "planet": {"constant": "earth"},
                    "author": "author",
                    "year": "year",
                    "price": "price",
                    "title": {"from": "title", "optional": True},
                    "custom_func_demo": "author + '<>' + (has(title) ? title : '') + '-' + outer.publisher",
                    "footer": "outer.footer",
                },
            },
            "footer": "footer",
            "header.publisher": "publisher",
            "first_author": "books[0].author",
        },
    )
    theirs = expected(XML / "xml/expected/Test2_Multiple_Objects.json")
    for ours, its in zip(found, theirs, strict=True):
        assert ours.pop("first_author") == its["first_book"]["author"]
        assert [one["author"] for one in ours["books"]] == its["authors"]
        assert [one["title"] for one in ours["books"] if "title" in one] == its["book_titles"]
        assert sum(one["price"] for one in ours["books"]) == its["total_price"]
    # Lists of one member, sums and averages by scripts, and a copy of the raw element are looked at above.
    left_out = ("authors", "book_titles", "first_book", "total_price", "avg_price")
    assert found == without(theirs, *left_out)


def test_employees() -> None:
    codec = xml(root="Employees", record="Employee", fields={"id": "ID", "team": "Team"})
    found = transformed(codec, (XML / "customfuncs/sample.xml").read_bytes(), {"employee_id": "id"})
    theirs = expected(XML / "customfuncs/expected/TestSample.json")
    # All else comes from functions of the sample's own program.
    assert found == without(theirs, "business_details", "personal_details", "team")


def test_a_single_object_of_json() -> None:
    found = transformed(
        built_in("json"),
        (JSON / "1_single_object.input.json").read_bytes(),
        {
            "`$order.id`": "order_id",
            "tracking_number": "tracking_number.upperAscii()",
            "items": {
                "each": "items",
                "transform": {
                    "sku": "item_sku.upperAscii().substring(0, 5)",
                    "total_price": "number_purchased * item_price",
                },
            },
        },
    )
    assert found == expected(JSON / "expected/Test1_Single_Object.json")


def test_several_objects_of_json() -> None:
    second = "books[1]"
    author = f"(has({second}.author) ? {second}.author : 'Unknown')"
    found = transformed(
        built_in("json"),
        (JSON / "2_multiple_objects.input.json").read_bytes(),
        {
            "publishers": {
                "each": "publishers",
                "transform": {
                    "publisher": "name",
                    "books": "books",
                    "original_book_array": "books",
                    "first_book": "books[0]",
                    "title_author": f'"\'" + {second}.title + "\' by " + {author}',
                },
            }
        },
    )
    theirs = expected(JSON / "expected/Test2_Multiple_Objects.json")
    # Lists of one member, and sums and averages by scripts.
    left_out = ("authors", "book_titles", "sum_price_times_10", "avg_price")
    assert found[0]["publishers"] == without(theirs, *left_out)


def test_paths_that_data_say() -> None:
    # The paths that omniparser computes, `option` and the index, are the two there are.
    option = "product.options[{}].index == 1 ? product.variant.option1 : product.variant.option2"
    found = transformed(
        built_in("json"),
        (JSON / "3_xpathdynamic.input.json").read_bytes(),
        {
            "order_info.order_items": {
                "each": "line_items",
                "transform": {"id": "id", "color": option.format(0), "size": option.format(1)},
            }
        },
    )
    assert found == expected(JSON / "expected/Test3_XPathDynamic.json")
