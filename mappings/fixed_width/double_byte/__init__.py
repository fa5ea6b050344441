"""Double-byte characters of EBCDIC: by themselves, and between shift-out and shift-in.

The files beside this module hold one character for each pair of bytes, compressed. They are made by
`python -m scripts.code_pages` from the tables of ICU, which are IBM's: sets 300 (Japanese), 834 (Korean), 835
(traditional Chinese) and 837 (simplified Chinese). Those of sets 16684, 4930, 9027 and 4933, which came with
the euro, hold only what these have beyond them, in steps from character to character. Source: IBM Character
Data Representation Architecture.
"""

from mappings.fixed_width.double_byte.characters import DoubleByte, Mixed, double_byte

__all__ = ["DoubleByte", "Mixed", "double_byte"]
