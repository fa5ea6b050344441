"""SSH algorithms: which are off unless a system names them, and what to say when none is in common.

paramiko 4 offers the SHA-1, MD5, CBC and 3DES algorithms by default; 5 has dropped most of them. Old servers
need some, so they can be named one by one for one system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum


class LegacyAlgorithm(StrEnum):
    """Old algorithms that may be allowed by name."""

    GROUP14_SHA1 = "diffie-hellman-group14-sha1"
    GROUP_EXCHANGE_SHA1 = "diffie-hellman-group-exchange-sha1"
    GROUP1_SHA1 = "diffie-hellman-group1-sha1"
    SSH_RSA = "ssh-rsa"
    AES128_CBC = "aes128-cbc"
    AES192_CBC = "aes192-cbc"
    AES256_CBC = "aes256-cbc"
    TRIPLE_DES_CBC = "3des-cbc"
    HMAC_SHA1 = "hmac-sha1"
    HMAC_SHA1_96 = "hmac-sha1-96"
    HMAC_MD5 = "hmac-md5"
    HMAC_MD5_96 = "hmac-md5-96"


_LEGACY: Mapping[str, tuple[LegacyAlgorithm, ...]] = {
    "kex": (
        LegacyAlgorithm.GROUP14_SHA1,
        LegacyAlgorithm.GROUP_EXCHANGE_SHA1,
        LegacyAlgorithm.GROUP1_SHA1,
    ),
    "keys": (LegacyAlgorithm.SSH_RSA,),
    "pubkeys": (LegacyAlgorithm.SSH_RSA,),
    "ciphers": (
        LegacyAlgorithm.AES128_CBC,
        LegacyAlgorithm.AES192_CBC,
        LegacyAlgorithm.AES256_CBC,
        LegacyAlgorithm.TRIPLE_DES_CBC,
    ),
    "macs": (
        LegacyAlgorithm.HMAC_SHA1,
        LegacyAlgorithm.HMAC_SHA1_96,
        LegacyAlgorithm.HMAC_MD5,
        LegacyAlgorithm.HMAC_MD5_96,
    ),
}

# The lists of a server's KEXINIT (RFC 4253 §7.1) as paramiko names them, and what they are.
_NEGOTIATED = (
    ("kex_algo_list", "kex", "key exchange"),
    ("server_key_algo_list", "keys", "host key"),
    ("server_encrypt_algo_list", "ciphers", "cipher"),
    ("server_mac_algo_list", "macs", "MAC"),
)


def switched_off(allowed: Iterable[LegacyAlgorithm]) -> dict[str, list[str]]:
    """paramiko's `disabled_algorithms`: everything old that is not named.

    Where ssh-rsa is named, an RSA key of ours signs by it alone: servers that need it do not say so
    (`server-sig-algs` came later, and OpenSSH 9 lists there what it refuses); paramiko would choose SHA-2.
    """
    named = set(allowed)
    off = {kind: [str(one) for one in old if one not in named] for kind, old in _LEGACY.items()}
    if LegacyAlgorithm.SSH_RSA in named:
        off["pubkeys"] = ["rsa-sha2-512", "rsa-sha2-256"]
    return off


def explain(offered: Mapping[str, Sequence[str]], ours: Mapping[str, Sequence[str]]) -> str:
    """Why a server and we have no algorithms in common: what it offers, and what may be allowed by name.

    `offered` holds the server's lists by paramiko's names, `ours` what we offer by kind.
    """
    reasons = []
    for list_name, kind, title in _NEGOTIATED:
        theirs = [name for name in offered.get(list_name, ()) if _is_algorithm(name)]
        if set(theirs) & set(ours[kind]):
            continue
        reason = f"no {title} algorithm in common: the server offers {', '.join(theirs[:8]) or 'none'}"
        known = [name for name in theirs if name in _LEGACY[kind]]
        if known:
            reason += f" (old and weak; legacy_algorithms: [{known[0]}] allows it)"
        reasons.append(reason)
    return "; ".join(reasons) or "the server and the gateway have no algorithms in common"


def _is_algorithm(name: str) -> bool:
    """True for what may be repeated in a message, and is not one of the markers that travel in the list."""
    is_marker = name.startswith(("ext-info-", "kex-strict-"))
    return not is_marker and re.fullmatch(r"[A-Za-z0-9@._+=-]{1,64}", name) is not None
