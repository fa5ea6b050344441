"""The demo as a whole: what it prints works, what is posted stays, nothing is left behind."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo import main
from tests.demo.running import GATEWAY, Answer, Demo, paste, wait_until

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo") / "a folder's state")
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


def reads(answer: Answer) -> None:
    assert answer.status == 200, answer.text


def test_every_printed_line_works_in_any_order(demo: Demo) -> None:
    lines = [line for line in demo.curl_lines() if "text/event-stream" not in line]
    for system in ("/api/erp", "/api/warehouse", "/api/bank", "/api/plant"):
        assert len([line for line in lines if system in line]) >= 1
    assert len(lines) >= 12
    for line in [*lines, *reversed(lines), *lines[::2]]:
        answer = paste(line)
        assert 200 <= answer.status < 300, f"{line}\n{answer.text}"
        assert answer.text, line


def test_the_whole_block_can_be_pasted(demo: Demo) -> None:
    _, _, block = demo.output.partition("What `writes` changes data.\n")
    block = block.partition("\nCtrl-C stops")[0].replace("curl -sN", "curl -sN --max-time 2")
    for shell in ("sh", "bash"):
        done = subprocess.run([shell], input=block, capture_output=True, text=True, timeout=90, check=False)
        assert done.stderr == ""
        answers, rest = [], done.stdout.partition(": connected")[0].strip()
        while rest:
            answer, end = json.JSONDecoder().raw_decode(rest)
            answers.append(answer)
            rest = rest[end:].lstrip()
        assert len(answers) >= len(demo.curl_lines()) - 1
        assert "/problems/" not in done.stdout


def test_lines_are_not_wrapped(demo: Demo) -> None:
    for line in demo.curl_lines():
        assert line.endswith("'")
        assert line.count("'") % 2 == 0


def test_orders_posted_are_there(demo: Demo) -> None:
    order = {
        "customerId": "C-100",
        "currency": "EUR",
        "requestedDelivery": "2027-01-15",
        "line": [{"sku": "CA-0006", "quantity": 2.125, "unitPrice": 12.80, "description": "Kabel, 5 mm²"}],
    }
    created = demo.call("POST", "/api/orders", order)
    assert created.status in (200, 201), created.text
    order_id = created.json["order"]["orderId"]
    found = demo.call("GET", f"/api/orders/{order_id}")
    reads(found)
    assert found.json["order"]["requestedDelivery"] == "2027-01-15"
    assert found.json["order"]["line"][0]["description"] == "Kabel, 5 mm²"
    assert '"quantity":2.125' in found.text.replace(" ", "")
    paid = demo.call(
        "PUT", f"/api/orders/{order_id}/payment", {"bankTransfer": {"iban": "DE02120300000000202051"}}
    )
    reads(paid)
    assert demo.call("GET", f"/api/orders/{order_id}").json["order"]["status"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/api/orders/SO-9999", None, 404, id="declared-fault-as-404"),
        pytest.param("POST", "/api/erp/GetOrder", {"orderId": "SO-9999"}, 422, id="declared-fault"),
        pytest.param("GET", "/api/orders/99", None, 400, id="pattern-of-a-parameter"),
        pytest.param("POST", "/api/orders", {"customerId": "C-100"}, 422, id="body-against-the-schema"),
        pytest.param("GET", "/api/warehouse/items/XX-0000", None, 404, id="no-row"),
        pytest.param("GET", "/api/warehouse/sqlite_master", None, 404, id="table-not-allowed"),
        pytest.param("GET", "/api/warehouse/items?colour=eq.red", None, 400, id="no-column"),
        pytest.param("POST", "/api/warehouse/payments", {"payer": 7}, 422, id="row-against-the-schema"),
        pytest.param("GET", "/api/bank/statements/statement-1999-01-01.csv", None, 404, id="no-file"),
        pytest.param("POST", "/api/bank/payments", {"reference": ""}, 422, id="record-against-the-format"),
        pytest.param("GET", "/api/plant/temperature/line9/press", None, 404, id="no-value-yet"),
        pytest.param(
            "POST", "/api/plant/setpoint/line1/oven", {"celsius": "hot"}, 422, id="message-in-words"
        ),
        pytest.param(
            "POST", "/api/plant/setpoint/line1/oven", {"celsius": 401}, 422, id="message-out-of-range"
        ),
        pytest.param("POST", "/api/plant/setpoint/line1/oven", {"kelvin": 400}, 422, id="message-of-others"),
        pytest.param("PUT", "/api/machines/line1/oven/setpoint", {}, 422, id="message-by-a-route"),
        pytest.param("GET", "/api/nothing/here", None, 404, id="no-path"),
        pytest.param("DELETE", "/api/orders", None, 405, id="no-method"),
    ],
)
def test_mistakes_are_told(demo: Demo, method: str, path: str, body: object, status: int) -> None:
    answer = demo.call(method, path, body)
    assert answer.status == status, answer.text
    assert answer.json["status"] == status
    assert answer.json["title"]


@pytest.mark.parametrize(
    ("wrong", "status", "rule"),
    [
        pytest.param({"received": "2026-02-30"}, 422, "received_is_a_date", id="no-such-day"),
        pytest.param({"received": "text"}, 422, "received_is_a_date", id="no-date"),
        pytest.param({"amount": 1.999}, 422, "amount_has_two_decimals", id="third-decimal"),
        pytest.param({"amount": "1.99"}, 422, "/amount", id="text-for-a-number"),
        pytest.param({"currency": "eur"}, 422, "currency_is_three_letters", id="currency"),
    ],
)
def test_payments_that_break_a_rule_name_it(
    demo: Demo, wrong: dict[str, object], status: int, rule: str
) -> None:
    row = {"invoice_no": "BAD-1", "payer": "P", "amount": 1.99, "received": "2026-02-28", **wrong}
    refused = demo.call("POST", "/api/warehouse/payments", row)
    assert refused.status == status, refused.text
    assert rule in refused.text
    assert demo.call("GET", "/api/warehouse/payments?invoice_no=eq.BAD-1").json == []


def test_the_documentation_shows_what_messages_hold(demo: Demo) -> None:
    paths = json.loads(demo.call("GET", "/openapi.json").text)["paths"]
    for path, method, field in (
        ("/api/plant/setpoint/{line}/{machine}", "post", '"celsius"'),
        ("/api/plant/temperature/{line}/{machine}", "get", '"machine"'),
        ("/api/plant/temperature", "get", '"at"'),
    ):
        described = paths.get(path) or paths[path.removeprefix("/api")]
        assert field in json.dumps(described[method]["requestBody" if method == "post" else "responses"])


def test_payments_posted_are_there(demo: Demo) -> None:
    row = {"invoice_no": "INV-7", "payer": "Ä & Söhne", "amount": 12.34, "received": "2026-11-23"}
    created = demo.call("POST", "/api/warehouse/payments", row)
    assert created.status == 201, created.text
    found = demo.call("GET", "/api/warehouse/payments?invoice_no=eq.INV-7")
    reads(found)
    assert [entry["payer"] for entry in found.json] == ["Ä & Söhne"]
    assert found.json[0]["amount"] == 12.34


def test_files_posted_are_there(demo: Demo) -> None:
    order = {
        "reference": "RF 7",
        "iban": "DE02120300000000202051",
        "name": "Müller; Söhne",
        "amount": 1234.5,
        "execute_on": "2026-12-01",
    }
    posted = demo.call("POST", "/api/bank/payments", [order])
    assert 200 <= posted.status < 300, posted.text
    files = sorted(
        (demo.folder / "bank" / "files" / "in").iterdir(), key=lambda file: file.stat().st_mtime_ns
    )
    text = files[-1].read_bytes().decode("iso-8859-15")
    assert text.splitlines()[1] == 'RF 7;DE02120300000000202051;"Müller; Söhne";1234,50;01.12.2026'
    back = demo.call("GET", f"/api/bank/submitted/{files[-1].name}")
    reads(back)
    assert back.json == [order]


def test_set_points_posted_reach_the_machine(demo: Demo) -> None:
    posted = demo.call("POST", "/api/plant/setpoint/line2/mixer", {"celsius": 44.5})
    assert 200 <= posted.status < 300, posted.text
    assert demo.call("GET", "/api/plant/setpoint/line2/mixer").json == {"celsius": 44.5}
    path = "/api/machines/line2/mixer/temperature"
    wait_until(lambda: demo.call("GET", path).json["setpoint"] == 44.5, 20)


def test_the_documentation_needs_no_key(demo: Demo) -> None:
    for path in ("/docs", "/openapi.json"):
        reads(paste(f"curl -s 'http://127.0.0.1:{demo.port}{path}'"))
    assert paste(f"curl -s 'http://127.0.0.1:{demo.port}/api/orders/SO-1001'").status == 401


def test_other_commands_work_beside_it(demo: Demo) -> None:
    script = f'. "$0/environment" && exec {shlex.join(GATEWAY)} check --connect'
    done = subprocess.run(["/bin/sh", "-c", script, demo.folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 systems" in done.stdout


def test_everything_survives_a_restart_and_reset_starts_over(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    first = Demo(folder)
    first.wait_until_ready()
    order = {
        "customerId": "C-100",
        "currency": "EUR",
        "line": [{"sku": "PU-0001", "quantity": 1, "unitPrice": 1}],
    }
    order_id = first.call("POST", "/api/orders", order).json["order"]["orderId"]
    key = first.key
    assert first.stop(signal.SIGTERM) == 0
    edited = folder / "config" / "routes" / "orders.yaml"
    edited.write_text(edited.read_text() + "/hello:\n  get: {call: erp.Ping}\n")

    second = Demo(folder)
    second.wait_until_ready()
    assert second.key == key
    assert str(edited) in second.output
    reads(second.call("GET", f"/api/orders/{order_id}"))
    assert second.call("GET", "/api/hello").json["version"] == "7.4.2"
    before = second.processes()
    assert len(before) >= 6
    second.stop(signal.SIGKILL)  # insists that all of `before` end

    third = Demo(folder, reset=True)
    third.wait_until_ready()
    assert third.key != key
    assert third.call("GET", f"/api/orders/{order_id}").status == 404
    assert third.call("GET", "/api/hello").status == 404
    another = Demo(folder, port=third.port)
    assert another.process.wait(30) == 1
    assert (
        f"a demo is already running on {folder}, at http://127.0.0.1:{third.port}; Ctrl-C" in another.output
    )
    assert third.stop() == 0
    assert third.output.endswith(f"Everything is stopped. The data stay in {folder}\n")


def test_a_system_that_dies_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    running = Demo(tmp_path / "state")
    running.wait_until_ready()
    try:
        calls = {
            "erp": ("GET", "/api/orders/SO-1001", None),
            "warehouse": ("GET", "/api/items/PU-0001", None),
            "bank": ("GET", "/api/bank/statements", None),
            "plant": ("POST", "/api/plant/setpoint/line1/oven", {"celsius": 180}),
        }
        dead: list[str] = []
        for name, part in (
            ("erp", "gateway.demo.erp"),
            ("bank", "gateway.demo.bank"),
            ("plant", "mosquitto"),
        ):
            running.kill(part)
            dead.append(name)
            for system, call in calls.items():
                answer = running.call(*call)
                if system not in dead:
                    assert answer.status in (200, 202), f"{dead} dead: {system}: {answer.text}"
                    continue
                # The connection that was open may break under the first call; after it nothing is sent.
                wait_until(lambda call=call: running.call(*call).status == 503, 20)
                problem = running.call(*call)
                assert problem.json["status"] == 503
                assert problem.json["outcome"] == "not_sent"
        for part in ("erp", "bank", "plant"):
            wait_until(lambda part=part: f"{part}: ended by itself" in running.output, 10)
    finally:
        assert running.stop() == 0


def test_a_folder_that_the_database_cannot_be_in_is_told(tmp_path: Path) -> None:
    running = Demo(tmp_path / "mine (old)")
    assert running.process.wait(timeout=20) == 1
    assert "does not take ( ) in a path. Choose another folder" in running.output


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        running = Demo(tmp_path / "state", port=other.getsockname()[1])
        assert running.process.wait(30) == 1
    assert "Address already in use" in running.output
    found = re.search(
        r"choose another port:\n    (gateway demo --state-dir \S+ --listen (\S+))\n", running.output
    )
    assert found is not None, running.output
    assert found[2].startswith("127.0.0.1:")
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "[::1]:8080"]
)
def test_unsuitable_addresses_are_refused(
    listen: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(tmp_path / "state", listen) == 1
    assert "is not 127.0.0.1:PORT" in capsys.readouterr().err
