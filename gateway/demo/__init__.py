"""`gateway demo`: the gateway in front of four legacy systems that it starts itself.

An ERP (SOAP), a warehouse (SQLite through ODBC), a bank (SFTP) and a plant (MQTT), each a real server in a
process of its own, and the configuration in `config/`, which is the example to copy from.
"""

from gateway.demo.supervisor import main

__all__ = ["main"]
