"""The demo's ERP: a SOAP 1.1 order desk in a process of its own (`python -m gateway.demo.erp`).

It shares no code with the gateway: messages are read and written with lxml and checked against the schema
on both sides, so that it is as strict a peer as a real one.
"""

__all__: list[str] = []
