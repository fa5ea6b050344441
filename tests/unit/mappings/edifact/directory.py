"""Parts of the UN/EDIFACT directory, said shortly; named by the numbers of composites and elements.

`C507(E2005! E2380 E2379)` is a composite, `!` marks what is mandatory, `*5` what may be repeated, `=n..15` a
type.
"""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"([CES][0-9]{3,4})(?:\(([^)]*)\))?(!?)(?:\*([0-9]+))?(?:=(\S+))?")

SEGMENTS = {
    "ALC": "E5463! C552(E1230 E5189) E4471 E1227 C214(E7161 E1131 E3055 E7160 E7160b)",
    "ALI": "E3239 E9213 E4183",
    "BGM": "C002(E1001 E1131 E3055 E1000) C106(E1004=an..70 E1056 E1060) E1225=an..3 E4343",
    "CNT": "C270(E6069! E6066!=n..18 E6411)!",
    "COM": "C076(E3148! E3155)!*3",
    "CTA": "E3139 C056(E3413 E3412)",
    "CUX": "C504(E6347! E6345 E6343)",
    "DTM": "C507(E2005!=an..3 E2380=an..35 E2379=an..3)!",
    "FII": "E3035! C078(E3194 E3192) C088(E3433 E1131)",
    "FTX": "E4451!=an..3 E4453 C107(E4441! E1131 E3055) C108(E4440!=an..512 E4440b E4440c)",
    "IMD": "E7077 E7081 C273(E7009 E1131 E3055 E7008=an..256 E7008b)",
    "LIN": "E1082=an..6 E1229 C212(E7140=an..35 E7143 E1131 E3055)",
    "MEA": "E6311! C502(E6313 E6321 E6155 E6154) C174(E6411 E6314)",
    "MOA": "C516(E5025!=an..3 E5004=n..35 E6345=an..3 E6343 E4405)!",
    "NAD": (
        "E3035!=an..3 C082(E3039!=an..35 E1131 E3055) C058(E3124!=an..35 E3124b) "
        "C080(E3036!=an..70 E3036b) C059(E3042!=an..35 E3042b) E3164 C819(E3229) E3251 E3207"
    ),
    "PAC": "E7224 C531(E7075) C202(E7065 E1131 E3055 E7064)",
    "PIA": "E4347! C212(E7140 E7143)! C212b(E7140 E7143)",
    "PRI": "C509(E5125!=an..3 E5118=n..15 E5375 E5387 E5284=n..9 E6411)",
    "QTY": "C186(E6063!=an..3 E6060!=n..35 E6411=an..8)!",
    "RFF": "C506(E1153!=an..3 E1154=an..70 E1156 E4000)!",
    "SCC": "E4017",
    "TAX": "E5283! C241(E5153) C533(E5289) E5286 C243(E5279 E1131 E3055 E5278) E5305",
    "UNS": "E0081!=a1",
}


def elements(text: str) -> list[dict[str, Any]]:
    """Elements of this notation. Names that come twice in a composite have a letter more."""
    found: list[dict[str, Any]] = []
    text = re.sub(r"(E[0-9]{4})[a-c]", r"\1", text)
    for match in _TOKEN.finditer(text):
        name, inside, mandatory, repeat, type_ = match.groups()
        made: dict[str, Any] = {"name": name}
        if any(one["name"] == name for one in found):
            made["name"] = f"{name}#{len(found)}"
        if inside is not None:
            made["components"] = elements(inside)
        elif type_ is not None:
            made["type"] = type_
        if mandatory:
            made["required"] = True
        if repeat is not None:
            made["repeat"] = int(repeat)
        found.append(made)
    return found


def known() -> dict[str, Any]:
    """All of these segments, as a definition's `segments`."""
    return {tag: {"elements": elements(text.replace("C212b", "C212"))} for tag, text in SEGMENTS.items()}


def one(tag: str, least: int = 0, most: int | str = 1) -> dict[str, Any]:
    """A segment at its place."""
    return {"segment": tag, "min": least, "max": most}


def group(name: str, most: int | str, *content: dict[str, Any] | str) -> dict[str, Any]:
    """A segment group; a text in it is a segment that may come once."""
    uses = [one(each) if isinstance(each, str) else each for each in content]
    return {"loop": name, "max": most, "content": uses}
