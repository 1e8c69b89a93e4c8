"""What `make run` says to a setting that cannot be right."""

import socket
from pathlib import Path

import pytest

from config.local import options
from config.local.directory import DataDirectory
from config.local.problem import Problem


def test_without_settings_the_shop_listens_on_loopback() -> None:
    found = options.read({})
    assert (found.address, found.flower_address) == (
        "http://127.0.0.1:8000",
        "http://127.0.0.1:5555",
    )
    assert found.data == options.ROOT / ".shop"


def test_both_can_listen_elsewhere_and_are_reached_here() -> None:
    found = options.read({"GATEWAY_HOST": "::1", "FLOWER_HOST": "::"})
    assert (found.address, found.flower_address) == ("http://[::1]:8000", "http://[::1]:5555")


def test_what_is_no_ip_address_is_named() -> None:
    with pytest.raises(Problem, match="FLOWER_HOST"):
        options.read({"FLOWER_HOST": "localhost"})


def test_empty_settings_count_as_left_out() -> None:
    assert options.read({"GATEWAY_PORT": "", "SHOP_DATA_DIR": ""}) == options.read({})


@pytest.mark.parametrize("value", ["0", "65536", "-1", "8000.0", "http", "８０００", "9" * 5000])
def test_a_port_that_is_none_is_named(value: str) -> None:
    with pytest.raises(Problem, match="GATEWAY_PORT"):
        options.read({"GATEWAY_PORT": value})


def test_one_port_cannot_serve_both() -> None:
    with pytest.raises(Problem, match="FLOWER_PORT"):
        options.read({"GATEWAY_PORT": "5555"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/shop"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("DATABASE_URL", "postgresql://localhost:port/shop"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:99999/0"),
    ],
)
def test_a_malformed_address_is_named(name: str, value: str) -> None:
    with pytest.raises(Problem, match=name):
        options.read({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://me:hidden@127.0.0.1:1/shop"),
        ("REDIS_URL", "redis://me:hidden@127.0.0.1:1/0"),
    ],
)
def test_an_unreachable_server_is_named_without_its_password(name: str, value: str) -> None:
    with pytest.raises(Problem, match=f"{name} .*127.0.0.1:1") as caught:
        options.check_servers(options.read({name: value}))
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(Problem, match=f"FLOWER_PORT {number} is taken"):
            options.check_ports(options.read({"FLOWER_PORT": str(number), "GATEWAY_PORT": "15999"}))


def test_a_data_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="SHOP_DATA_DIR"):
        DataDirectory(tmp_path / "file" / "data")


def test_what_is_passed_on_holds_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_ADMIN_PASSWORD", "hidden")
    monkeypatch.setenv("SHOP_FLOWER_PASSWORD", "hidden")
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("SHOP_CURRENCY", "VND")
    passed = options.os_environment()
    assert "hidden" not in passed.values()
    assert "PGHOST" not in passed
    assert passed["SHOP_CURRENCY"] == "VND"
