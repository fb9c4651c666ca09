"""An edge refuses to be a number, and says where and what to do instead."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from linewright.graph import Edge, Graph, GraphError


def loop_with_edge() -> Edge:
    return Graph("demo").loop("flow", rate_hz=10).input("demo.flow", "kg/min")


def branches_on(edge: Edge) -> None:
    if edge:
        pass


REFUSED: dict[str, tuple[Callable[[Edge], object], str]] = {
    "if": (branches_on, "L.select"),
    "and": (lambda e: e and 1, "L.select"),
    "chained": (lambda e: 1 < e < 2, "L.select"),
    "not": (lambda e: not e, "L.select"),
    "float": (float, "L.tap"),
    "int": (int, "L.tap"),
    "round": (round, "keep it an edge"),
    "complex": (complex, "keep it an edge"),
    "math": (math.sqrt, "L.tap"),
    "index": (lambda e: [1, 2][e], "L.select"),
    "iteration": (list, "result.alarm"),
    "unpacking": (lambda e: [*e], "result.alarm"),
    "len": (len, "result.alarm"),
    "item": (lambda e: e[0], "result.alarm"),
    "in": (lambda e: 3 in e, "compare"),
    "numpy array": (np.asarray, "L.apply"),
    "numpy function": (np.sqrt, ""),
    "equal": (lambda e: e == 3, ">="),
    "unequal": (lambda e: e != 3, "compare"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_to_be_a_number(name: str) -> None:
    use, instead = REFUSED[name]
    with pytest.raises((GraphError, TypeError)) as caught:
        use(loop_with_edge())
    if isinstance(caught.value, GraphError):
        message = str(caught.value)
        assert re.match(rf"{re.escape(str(Path(__file__)))}:\d+: ", message), message
        assert "demo.flow." in message
        assert instead in message
    else:
        assert name == "numpy function"


def test_the_place_is_the_line_that_did_it() -> None:
    edge = loop_with_edge()
    with pytest.raises(GraphError) as caught:
        bool(edge)
    line = caught.traceback[0].lineno + 1
    assert str(caught.value).startswith(f"{__file__}:{line}: ")


def test_numpy_scalars_are_numbers_and_arrays_are_not() -> None:
    edge = loop_with_edge()
    assert isinstance(np.float64(2.0) * edge, Edge)
    assert isinstance(edge + np.int64(3), Edge)
    with pytest.raises(GraphError, match="an edge, a parameter or a number"):
        np.ones(3) * edge
    with pytest.raises(GraphError, match="an edge, a parameter or a number"):
        edge - "3"


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_a_number_beside_an_edge_is_finite(x: float) -> None:
    with pytest.raises(GraphError, match="finite"):
        loop_with_edge() * x


def test_an_edge_keeps_its_identity() -> None:
    a, b = loop_with_edge(), loop_with_edge()
    assert {a: 1, b: 2}[a] == 1
    assert "demo.flow.0" in repr(a)
