"""A taken port is never an error for who tries Puente out, and always one for a process that others look for."""

import pytest

from services.run import ports
from tests.served import kept_port


def test_the_wanted_port_is_taken_without_a_word() -> None:
    said: list[str] = []
    with kept_port() as port, ports.listen(port, "Puente", said.append) as found:
        assert found.getsockname() == ("127.0.0.1", port)
    assert said == []


def test_the_next_free_port_is_taken_and_said() -> None:
    said: list[str] = []
    with ports.listen(0, "somebody else", said.append) as taken:
        port = taken.getsockname()[1]
        with ports.listen(port, "Puente", said.append) as found:
            other = found.getsockname()[1]
            assert other != port
    assert said == [f"Port {port} is taken; Puente is at port {other} instead."]


def test_a_number_that_is_no_port_is_said_to_be_none() -> None:
    for wrong in (99_999, -1):
        with pytest.raises(ports.NoPort, match=f"^{wrong} is no port: name one from 1 to 65535"):
            ports.listen(wanted=wrong, what="Puente", say=print)
        with pytest.raises(ports.NoPort, match=f"^{wrong} is no port"):
            ports.listen_exactly("127.0.0.1", wrong)


def test_a_process_with_a_fixed_place_says_what_to_do() -> None:
    with ports.listen(0, "somebody else", print) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ports.NoPort, match=f"port {port} .*--port"):
            ports.listen_exactly("127.0.0.1", port)
