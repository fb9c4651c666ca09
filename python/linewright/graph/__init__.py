"""Graph: wires a station's loops in Python, once; the plan it gives is run in Rust."""

from __future__ import annotations

from ._edge import Edge
from ._front import Block, Channel, FrontEndClass
from ._graph import Graph, compile_line
from ._loop import KernelClass, Loop, Mailbox, ProfileValue, WrittenValue
from ._param import Param
from ._place import GraphError, Place
from ._station import NoSettings, Station

__all__ = [
    "Block",
    "Channel",
    "Edge",
    "FrontEndClass",
    "Graph",
    "GraphError",
    "KernelClass",
    "Loop",
    "Mailbox",
    "NoSettings",
    "Param",
    "Place",
    "ProfileValue",
    "Station",
    "WrittenValue",
    "compile_line",
]
