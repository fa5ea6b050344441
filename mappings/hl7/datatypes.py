"""The standard's composite data types: what their components are called and which types they have.

Those of v2.5.1, with what later versions added behind them; v2.3's are their beginnings. A component beyond
the last is kept under its number. Source: HL7 v2.5.1 and v2.8, chapter 2A.
"""

from __future__ import annotations

from collections.abc import Mapping

_ADDRESS_END = "type:ID other_designation:ST county:IS census_tract:IS representation:ID validity:DR"
_CODED = (
    "code:ST text:ST system:ID alternate_code:ST alternate_text:ST alternate_system:ID version:ST "
    "alternate_version:ST original_text:ST second_alternate_code:ST second_alternate_text:ST "
    "second_alternate_system:ID second_alternate_version:ST system_oid:ST value_set_oid:ST "
    "value_set_version:DTM alternate_system_oid:ST alternate_value_set_oid:ST "
    "alternate_value_set_version:DTM second_alternate_system_oid:ST second_alternate_value_set_oid:ST "
    "second_alternate_value_set_version:DTM"
)
_NAME_END = (
    "type:ID representation:ID context:CWE validity:ST order:ID effective:DTM expiration:DTM "
    "professional_suffix:ST called_by:ST"
)

_TEXTS = {
    "CE": "code:ST text:ST system:ID alternate_code:ST alternate_text:ST alternate_system:ID",
    "CF": "code:ST text:FT system:ID alternate_code:ST alternate_text:FT alternate_system:ID",
    "CNE": _CODED,
    "CWE": _CODED,
    "CNN": (
        "id:ST family:ST given:ST middle:ST suffix:ST prefix:ST degree:IS source:IS authority:IS "
        "authority_universal_id:ST authority_universal_id_type:ID"
    ),
    "CP": "price:MO type:ID from:NM to:NM units:CWE range_type:ID",
    "CQ": "quantity:NM units:CWE",
    "CX": (
        "id:ST check_digit:ST check_digit_scheme:ID authority:HD type:ID facility:HD effective:DT "
        "expiration:DT jurisdiction:CWE agency:CWE security_check:ST security_check_scheme:ID"
    ),
    "DLN": "number:ST state:IS expiration:DT",
    "DLD": "location:IS effective:DTM",
    "DR": "start:DTM end:DTM",
    "ED": "source:HD type:ID subtype:ID encoding:ID data:TX",
    "EI": "id:ST namespace:IS universal_id:ST universal_id_type:ID",
    "EIP": "placer:EI filler:EI",
    "ELD": "segment:ST sequence:NM field:NM error:CWE",
    "ERL": "segment:ST sequence:NM field:NM repetition:NM component:NM subcomponent:NM",
    "FC": "class:IS effective:DTM",
    "FN": "surname:ST own_prefix:ST own_surname:ST partner_prefix:ST partner_surname:ST",
    "HD": "namespace:IS universal_id:ST universal_id_type:ID",
    "JCC": "code:IS class:IS description:TX",
    "LA1": "point_of_care:IS room:IS bed:IS facility:HD status:IS type:IS building:IS floor:IS address:ST",
    "MO": "amount:NM currency:ID",
    "MSG": "code:ID event:ID structure:ID",
    "NDL": (
        "name:CNN start:DTM end:DTM point_of_care:IS room:IS bed:IS facility:HD status:IS patient_type:IS "
        "building:IS floor:IS"
    ),
    "PL": (
        "point_of_care:HD room:HD bed:HD facility:HD status:IS type:IS building:HD floor:HD description:ST "
        "id:EI authority:HD"
    ),
    "PT": "id:ID mode:ID",
    "RI": "pattern:IS interval:ST",
    "RP": "pointer:ST application:HD type:ID subtype:ID",
    "SAD": "street:ST name:ST number:ST",
    "SN": "comparator:ST first:NM separator:ST second:NM",
    "SPS": "name:CWE additives:CWE method:TX body_site:CWE modifier:CWE collection:CWE role:CWE",
    "TQ": (
        "quantity:CQ interval:RI duration:ST start:DTM end:DTM priority:ST condition:ST text:TX "
        "conjunction:ID sequence:ST performance:ST occurrences:NM"
    ),
    "VID": "id:ID country:CWE version:CWE",
    "XAD": (
        f"street:SAD other:ST city:ST state:ST zip:ST country:ID {_ADDRESS_END} effective:DTM expiration:DTM "
        "expiration_reason:CWE temporary:ID bad:ID usage:ID addressee:ST comment:ST preference:NM "
        "protection:CWE id:EI"
    ),
    "XCN": (
        "id:ST family:FN given:ST middle:ST suffix:ST prefix:ST degree:IS source:CWE authority:HD type:ID "
        "check_digit:ST check_digit_scheme:ID id_type:ID facility:HD representation:ID context:CWE "
        "validity:ST order:ID effective:DTM expiration:DTM professional_suffix:ST jurisdiction:CWE "
        "agency:CWE security_check:ST security_check_scheme:ID"
    ),
    "XON": (
        "name:ST type:CWE id_number:NM check_digit:NM check_digit_scheme:ID authority:HD id_type:ID "
        "facility:HD representation:ID id:ST"
    ),
    "XPN": f"family:FN given:ST middle:ST suffix:ST prefix:ST degree:IS {_NAME_END}",
    "XTN": (
        "number:ST use:ID equipment:ID email:ST country_code:NM area_code:NM local_number:NM extension:NM "
        "text:ST extension_prefix:ST speed_dial:ST unformatted:ST effective:DTM expiration:DTM "
        "expiration_reason:CWE protection:CWE id:EI preference:NM"
    ),
}


def _parsed(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition(":") for part in text.split())
    return tuple((name, word) for name, _, word in pairs)


COMPOSITES: Mapping[str, tuple[tuple[str, str], ...]] = {word: _parsed(text) for word, text in _TEXTS.items()}
"""The components of each type in their order: name and type."""
