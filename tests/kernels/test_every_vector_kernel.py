"""What holds for every kernel with ports of many numbers, on all that the module exports."""

from __future__ import annotations

import doctest
import inspect
import math
from typing import Any

import linewright as lw
import numpy as np
import pytest
from configs import PERIOD_S, VECTOR_CONFIGS, groups
from linewright import _core, controllers, detectors, estimators, filters, kernels, limiters
from linewright.kernels import KERNELS

FAMILIES = (filters, detectors, estimators, controllers, limiters)
NAMES = list(_core.VECTOR_KERNELS)
SAMPLES = 120


def make(name: str, **changes: object) -> Any:
    return KERNELS[name](**{**VECTOR_CONFIGS[name], "period_s": PERIOD_S, **changes})


def drive(kernel: Any, samples: int = SAMPLES, seed: int = 1) -> list[np.ndarray]:
    return groups(kernel.input_widths, samples, seed)


def flat(result: Any) -> np.ndarray:
    """All numbers of one sample."""
    return (
        np.hstack([np.atleast_1d(part) for part in np.atleast_1d(result)])
        if not isinstance(result, tuple)
        else np.hstack([np.atleast_1d(part) for part in result])
    )


def one_by_one(kernel: Any, arrays: list[np.ndarray]) -> np.ndarray:
    return np.array([flat(kernel.update(*(a[t] for a in arrays))) for t in range(len(arrays[0]))])


def block(kernel: Any, arrays: list[Any], **how: Any) -> np.ndarray:
    out = kernel.process(*arrays, **how)
    parts = out if isinstance(out, tuple) else (out,)
    return np.hstack([part[:, None] if part.ndim == 1 else part for part in parts])


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == np.ascontiguousarray(b).tobytes()


def test_every_kernel_has_a_config_here_and_stands_in_one_family() -> None:
    assert set(VECTOR_CONFIGS) == set(NAMES)
    for name in NAMES:
        assert [name in family.__all__ for family in FAMILIES].count(True) == 1, name
        assert getattr(lw, name) is KERNELS[name]
        assert name in lw.__all__


@pytest.mark.parametrize("name", NAMES)
def test_block_equals_samples_bit_for_bit(name: str) -> None:
    arrays = drive(make(name))
    whole = block(make(name), arrays)
    assert same(whole, one_by_one(make(name), arrays))
    kernel = make(name)
    parts = [
        block(kernel, [a[i:j] for a in arrays]) for i, j in ((0, 0), (0, 1), (1, 50), (50, 120))
    ]
    assert same(np.concatenate(parts), whole)
    assert whole.shape[1] == sum(width for _, width in kernel.output_widths)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_numbers_or_an_array_for_each_port(name: str) -> None:
    arrays = drive(make(name), 10)
    by_port, by_number, by_list = make(name), make(name), make(name)
    by_tuple, by_cast = make(name), make(name)
    for t in range(10):
        numbers = np.hstack([np.atleast_1d(a[t]) for a in arrays]).tolist()
        expected = flat(by_port.update(*(a[t] for a in arrays)))
        assert same(flat(by_number.update(*numbers)), expected)
        assert same(flat(by_list.update(*(np.atleast_1d(a[t]).tolist() for a in arrays))), expected)
        by_tuple.update(*(tuple(np.atleast_1d(a[t]).tolist()) for a in arrays))
        by_cast.update(*(np.atleast_1d(a[t]).astype(">f8") for a in arrays))
    assert by_number.state == by_port.state == by_tuple.state == by_cast.state


@pytest.mark.parametrize("name", NAMES)
def test_reset_state_and_restore(name: str) -> None:
    kernel = make(name)
    arrays = drive(kernel)
    fresh = kernel.state
    first = block(kernel, arrays)
    assert kernel.state != fresh
    kernel.reset()
    assert kernel.state == fresh
    assert same(block(kernel, [a[:60] for a in arrays]), first[:60])
    other = make(name)
    other.restore(kernel.state)
    assert same(block(other, [a[60:] for a in arrays]), first[60:])
    with pytest.raises(ValueError, match="bytes"):
        other.restore(fresh[:-1])


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_kernel_goes_on(name: str) -> None:
    kernel = make(name)
    arrays = drive(kernel)
    block(kernel, [a[:60] for a in arrays])
    again = kernels.loads(kernels.dumps(kernel))
    assert repr(again) == repr(kernel)
    assert same(block(again, [a[60:] for a in arrays]), block(kernel, [a[60:] for a in arrays]))


@pytest.mark.parametrize("name", NAMES)
def test_layout_of_the_samples_makes_no_difference(name: str) -> None:
    arrays = drive(make(name), 40)
    expected = block(make(name), arrays)
    for layout in (
        np.asfortranarray,
        lambda a: np.repeat(a, 3, axis=0)[::3],
        lambda a: np.ascontiguousarray(a[::-1])[::-1],
        lambda a: a.astype(">f8"),
        lambda a: a.tolist(),
    ):
        assert same(block(make(name), [layout(a) for a in arrays]), expected)


@pytest.mark.parametrize("name", NAMES)
def test_out_takes_the_result(name: str) -> None:
    kernel = make(name)
    arrays = drive(kernel, 30)
    expected = block(make(name), arrays)
    shapes = [(30, n) if n > 1 else (30,) for _, n in kernel.output_widths]
    outs = tuple(np.empty(shape) for shape in shapes)
    given = kernel.process(*arrays, out=outs[0] if len(outs) == 1 else outs)
    assert (given is outs[0]) if len(outs) == 1 else all(map(lambda a, b: a is b, given, outs))
    assert same(np.hstack([out.reshape(30, -1) for out in outs]), expected)
    for wrong in (np.empty((30, 77)), np.empty(shapes[0], dtype=np.float32)):
        with pytest.raises((ValueError, TypeError), match="out"):
            kernel.process(*arrays, out=(wrong, *outs[1:]))


@pytest.mark.parametrize("name", NAMES)
def test_out_takes_one_sample(name: str) -> None:
    arrays = drive(make(name), 30)
    expected = one_by_one(make(name), arrays)
    kernel = make(name)
    out = np.empty(expected.shape[1])
    for t, row in enumerate(expected):
        numbers = np.hstack([np.atleast_1d(a[t]) for a in arrays]).tolist()
        sample = numbers if t % 2 else [a[t] for a in arrays]
        assert kernel.update(*sample, out=out) is out
        assert same(out, row)
    before = kernel.state
    locked = out.copy()
    locked.flags.writeable = False
    wrongs = (
        np.empty(len(out) + 1),
        np.empty((1, len(out))),
        np.empty(2 * len(out))[::2] if len(out) > 1 else np.empty(0),
        out.astype(np.float32),
        out.astype(">f8"),
        locked,
        out.tolist(),
    )
    for wrong in wrongs:
        with pytest.raises(ValueError, match="out must be a writable float64 array"):
            kernel.update(*sample, out=wrong)
    with pytest.raises(TypeError, match="unexpected keyword argument 'into'"):
        kernel.update(*sample, into=out)
    assert kernel.state == before
    assert same(flat(kernel.update(*sample, out=None)), flat(kernel.last))


@pytest.mark.parametrize("name", NAMES)
def test_calls_of_the_wrong_form_are_refused_by_port(name: str) -> None:
    kernel = make(name)
    arrays = drive(kernel, 8)
    before = kernel.state
    with pytest.raises(TypeError, match="update takes"):
        kernel.update(*([0.0] * 999))
    with pytest.raises((TypeError, ValueError)):
        kernel.update(*("x" for _ in arrays))
    with pytest.raises(TypeError, match="arrays"):
        kernel.process(*arrays, arrays[0])
    port = kernel.input_widths[0][0]
    with pytest.raises(ValueError, match=port):
        kernel.process(np.zeros((8, 777)), *arrays[1:])
    assert kernel.state == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_input_gives_no_bad_output(name: str, bad: float) -> None:
    kernel = make(name)
    arrays = drive(kernel, 40)
    block(kernel, arrays)
    wrong = [a[-1:].copy() for a in arrays]
    wrong[0][...] = bad
    assert np.isfinite(block(kernel, wrong)).all()


@pytest.mark.parametrize("name", NAMES)
def test_repr_is_the_call_that_makes_it(name: str) -> None:
    kernel = make(name)
    again = eval(repr(kernel), {name: KERNELS[name]})
    assert repr(again) == repr(kernel)
    arrays = drive(kernel)
    assert same(block(again, arrays), block(kernel, arrays))


@pytest.mark.parametrize("name", NAMES)
def test_facts_agree_with_the_call(name: str) -> None:
    kind = KERNELS[name]
    assert kind.NAME == name == kind.__name__
    fields = [field for field, _ in kind.FIELDS]
    assert set(inspect.signature(kind).parameters) == {*fields, "period_s"}
    with pytest.raises(TypeError, match=rf"{name}: unknown parameter 'period'.*'period_s'"):
        make(name, period=1.0)
    for field, _ in kind.FIELDS:
        with pytest.raises(TypeError, match=rf"{name}: {field}"):
            make(name, **{field: object()})
    with pytest.raises(lw.DesignError, match="period_s must be positive"):
        make(name, period_s=0.0)


@pytest.mark.parametrize("name", NAMES)
def test_docstring_runs(name: str) -> None:
    kind = KERNELS[name]
    for field, _ in kind.FIELDS:
        assert field in (kind.__doc__ or ""), field
    examples = doctest.DocTestFinder().find(kind, name, globs={})
    runner = doctest.DocTestRunner(verbose=False)
    tried = sum(runner.run(example).attempted for example in examples)
    assert tried >= 2
    assert runner.failures == 0
