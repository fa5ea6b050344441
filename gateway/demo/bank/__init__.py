"""The demo's bank: an SFTP server in a process of its own (`python -m gateway.demo.bank`).

It stands in for the file server of a partner: statements lie in `/out`, payment files are dropped in `/in`.
"""

__all__: list[str] = []
