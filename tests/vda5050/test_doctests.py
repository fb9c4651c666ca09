"""The examples in the package's own documentation run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest
from linewright import vda5050

MODULES = [name for _, name, _ in pkgutil.walk_packages(vda5050.__path__, "linewright.vda5050.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
