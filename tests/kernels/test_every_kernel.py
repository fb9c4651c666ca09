"""What holds for every kernel, checked on all that the compiled module exports."""

from __future__ import annotations

import doctest
import inspect
import math
import pickle
import re
from itertools import pairwise
from typing import Any

import linewright as lw
import numpy as np
import pytest
from configs import CONFIGS, PERIOD_S, inputs
from linewright import _core, controllers, detectors, estimators, filters, kernels, limiters
from linewright.kernels import KERNELS

FAMILIES = (filters, detectors, estimators, controllers, limiters)
NAMES = list(_core.KERNELS)
SAMPLES = 400


def make(name: str, **changes: object) -> Any:
    return KERNELS[name](**{**CONFIGS[name], "period_s": PERIOD_S, **changes})


def drive(name: str, samples: int = SAMPLES, seed: int = 1) -> list[np.ndarray]:
    return inputs([port for port, _ in KERNELS[name].INPUTS], samples, seed)


def one_by_one(kernel: Any, arrays: list[np.ndarray]) -> np.ndarray:
    rows = [kernel.update(*(float(a[t]) for a in arrays)) for t in range(len(arrays[0]))]
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1)


def block(kernel: Any, arrays: list[Any], **how: Any) -> np.ndarray:
    out = kernel.process(*arrays, **how)
    return np.stack(out if isinstance(out, tuple) else (out,), axis=-1)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == np.ascontiguousarray(b).tobytes()


def required(kind: type[Any]) -> set[str]:
    """Fields without a default."""
    parameters = inspect.signature(kind).parameters
    optional = {name for name, given in parameters.items() if given.default is not given.empty}
    return {field for field, _ in kind.FIELDS} - optional


def test_every_kernel_has_a_config_here_and_stands_in_one_family() -> None:
    assert set(CONFIGS) == set(NAMES)
    for name in NAMES:
        assert [name in family.__all__ for family in FAMILIES].count(True) == 1, name
        assert getattr(lw, name) is KERNELS[name]
        assert name in lw.__all__


def test_public_names_are_sorted_and_exist() -> None:
    for module in (lw, *FAMILIES):
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            getattr(module, name)


@pytest.mark.parametrize("name", NAMES)
def test_block_equals_samples_bit_for_bit(name: str) -> None:
    arrays = drive(name)
    assert same(block(make(name), arrays), one_by_one(make(name), arrays))


@pytest.mark.parametrize("name", NAMES)
def test_blocks_of_any_length_are_the_whole(name: str) -> None:
    arrays = drive(name)
    whole = block(make(name), arrays)
    kernel = make(name)
    cuts = [0, 1, 2, 17, 17, 200, SAMPLES]
    parts = [block(kernel, [a[i:j] for a in arrays]) for i, j in pairwise(cuts)]
    assert same(np.concatenate(parts), whole)


@pytest.mark.parametrize("name", NAMES)
def test_reset_forgets_everything(name: str) -> None:
    arrays = drive(name)
    kernel = make(name)
    fresh = kernel.state
    first = block(kernel, arrays)
    assert kernel.state != fresh
    kernel.reset()
    assert kernel.state == fresh
    assert same(block(kernel, arrays), first)


@pytest.mark.parametrize("name", NAMES)
def test_state_carries_over_to_another_instance(name: str) -> None:
    arrays = drive(name)
    kernel = make(name)
    block(kernel, [a[:150] for a in arrays])
    saved = pickle.loads(pickle.dumps(kernel.state))
    rest = block(kernel, [a[150:] for a in arrays])
    other = make(name)
    other.restore(saved)
    assert other.state == saved
    assert same(block(other, [a[150:] for a in arrays]), rest)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_of_another_size_is_refused_and_changes_nothing(name: str) -> None:
    kernel = make(name)
    block(kernel, drive(name, 20))
    before = kernel.state
    for wrong in (b"", before[:-1], before + b"\0"):
        with pytest.raises(ValueError, match="bytes"):
            kernel.restore(wrong)
        assert kernel.state == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "layout",
    [
        lambda a: np.repeat(a, 3)[::3],
        lambda a: np.ascontiguousarray(a[::-1])[::-1],
        lambda a: np.stack([a, a], axis=1)[:, 1],
        lambda a: a.astype(">f8"),
        lambda a: np.frombuffer(b"x" + a.tobytes(), dtype=np.uint8)[1:].view(np.float64),
        lambda a: a.tolist(),
    ],
    ids=["strided", "backwards", "column", "big-endian", "unaligned", "list"],
)
def test_layout_of_the_samples_makes_no_difference(name: str, layout: Any) -> None:
    arrays = drive(name, 60)
    assert same(block(make(name), [layout(a) for a in arrays]), block(make(name), arrays))


@pytest.mark.parametrize("name", NAMES)
def test_float32_and_whole_numbers_are_read_as_the_float64_they_are(name: str) -> None:
    arrays = drive(name, 60)
    for kind in (np.float32, np.int32):
        narrow = [a.astype(kind) for a in arrays]
        wide = [a.astype(np.float64) for a in narrow]
        assert same(block(make(name), narrow), block(make(name), wide))


@pytest.mark.parametrize("name", NAMES)
def test_channels_are_independent(name: str) -> None:
    lanes = [drive(name, 80, seed) for seed in (1, 2, 3)]
    together = [np.stack([lane[i] for lane in lanes], axis=1) for i in range(len(lanes[0]))]
    for order in ("C", "F"):
        kernel = make(name)
        out = block(kernel, [np.asarray(a, order=order) for a in together])
        assert len(kernel.last) == 3
        for channel, lane in enumerate(lanes):
            assert same(out[:, channel, :], block(make(name), lane))
        assert len(kernel.state) == 3 * len(make(name).state)


@pytest.mark.parametrize("name", NAMES)
def test_number_of_channels_is_fixed_by_the_first_block(name: str) -> None:
    kernel = make(name)
    arrays = [np.stack([a, a], axis=1) for a in drive(name, 30)]
    block(kernel, arrays)
    before = kernel.state
    with pytest.raises(ValueError, match="2 channels, got 1"):
        block(kernel, drive(name, 5))
    with pytest.raises(RuntimeError, match="2 channels"):
        kernel.update(*(0.0 for _ in arrays))
    assert kernel.state == before
    restored = make(name)
    restored.restore(before)
    assert same(block(restored, arrays), block(kernel, arrays))
    kernel.reset()
    block(kernel, drive(name, 5))


@pytest.mark.parametrize("name", NAMES)
def test_out_takes_the_result_and_may_be_an_input(name: str) -> None:
    arrays = drive(name, 50)
    expected = block(make(name), arrays)
    count = len(KERNELS[name].OUTPUTS)
    outs = tuple(np.empty(100)[::2] for _ in range(count))
    given = make(name).process(*arrays, out=outs[0] if count == 1 else outs)
    assert (given is outs[0]) if count == 1 else all(map(lambda a, b: a is b, given, outs))
    assert same(np.stack(outs, axis=-1), expected)
    inplace = [a.copy() for a in arrays]
    outs = (inplace[0], *(np.empty(50) for _ in range(count - 1)))
    make(name).process(*inplace, out=outs[0] if count == 1 else outs)
    assert same(np.stack(outs, axis=-1), expected)


@pytest.mark.parametrize("name", NAMES)
def test_out_that_does_not_fit_is_refused(name: str) -> None:
    arrays = drive(name, 50)
    count = len(KERNELS[name].OUTPUTS)
    frozen = np.empty(50)
    frozen.flags.writeable = False
    for wrong in (np.empty(49), np.empty((50, 1)), np.empty(50, dtype=np.float32), frozen):
        kernel = make(name)
        before = kernel.state
        with pytest.raises((ValueError, TypeError), match="out"):
            kernel.process(*arrays, out=wrong if count == 1 else (wrong,) * count)
        assert kernel.state == before
    with pytest.raises(ValueError, match="out"):
        make(name).process(*arrays, out=(np.empty(50),) * (count + 1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_bad_input_holds_output_and_state(name: str, bad: float) -> None:
    arrays = drive(name, 40)
    kernel = make(name)
    assert all(math.isnan(x) for x in np.atleast_1d(kernel.last))
    kernel.update(*([bad] * len(arrays)))
    assert all(math.isnan(x) for x in np.atleast_1d(kernel.last))
    block(kernel, arrays)
    held, state = kernel.last, kernel.state
    for i in range(len(arrays)):
        given = [float(a[-1]) for a in arrays]
        given[i] = bad
        assert kernel.update(*given) == held
    assert kernel.state == state
    assert kernel.last == held


@pytest.mark.parametrize("name", NAMES)
def test_repr_is_the_call_that_makes_it(name: str) -> None:
    kernel = make(name)
    again = eval(repr(kernel), {name: KERNELS[name]})
    assert repr(again) == repr(kernel)
    assert same(block(again, drive(name)), block(kernel, drive(name)))
    given = CONFIGS[name]
    text = repr(
        make(
            name, period_s=np.float64(PERIOD_S), **{k: np.asarray(v)[()] for k, v in given.items()}
        )
    )
    assert "np." not in text


@pytest.mark.parametrize("name", NAMES)
def test_facts_agree_with_the_call(name: str) -> None:
    kind = KERNELS[name]
    assert kind.NAME == name == kind.__name__
    assert kind.__module__ == "linewright"
    fields = [field for field, _ in kind.FIELDS]
    assert set(inspect.signature(kind).parameters) == {*fields, "period_s"}
    ports = [port for port, _ in kind.INPUTS]
    assert [p for p in inspect.signature(kind.update).parameters if p != "self"] == ports
    for _, unit in (*kind.INPUTS, *kind.OUTPUTS):
        assert re.fullmatch(r"[a-f1ms]", unit), unit


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_kernel_goes_on(name: str) -> None:
    kernel = make(name)
    arrays = drive(name)
    assert repr(kernels.loads(kernels.dumps(kernel))) == repr(kernel)
    block(kernel, [a[:150] for a in arrays])
    saved = kernels.dumps(kernel)
    again = kernels.loads(saved)
    assert (again.config, again.state) == (kernel.config, kernel.state)
    assert same(block(again, [a[150:] for a in arrays]), block(kernel, [a[150:] for a in arrays]))
    for at in (0, 5, 9, 20, len(saved) // 2, len(saved) - 1):
        flipped = bytearray(saved)
        flipped[at] ^= 0x10
        with pytest.raises(ValueError, match="saved kernel"):
            kernels.loads(bytes(flipped))
        with pytest.raises(ValueError, match="saved kernel"):
            kernels.loads(saved[:at])


@pytest.mark.parametrize("name", NAMES)
def test_unknown_parameter_is_refused_with_the_nearest_name(name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name}: unknown parameter 'period'.*'period_s'"):
        make(name, period=1.0)
    for field in CONFIGS[name]:
        with pytest.raises(TypeError, match=rf"unknown parameter '{field}x'.*'{field}'"):
            make(name, **{field + "x": 1.0})


@pytest.mark.parametrize("name", NAMES)
def test_missing_parameter_is_named(name: str) -> None:
    needed = required(KERNELS[name])
    assert needed <= set(CONFIGS[name])
    for field in needed:
        given = {k: v for k, v in CONFIGS[name].items() if k != field}
        with pytest.raises(TypeError, match=rf"{name}.*{field}"):
            KERNELS[name](**given, period_s=PERIOD_S)
    with pytest.raises(TypeError, match=rf"{name}.*period_s"):
        KERNELS[name](**CONFIGS[name])


@pytest.mark.parametrize("name", NAMES)
def test_wrong_type_is_refused_by_name(name: str) -> None:
    for field, kind in (*KERNELS[name].FIELDS, ("period_s", "float")):
        wrongs = ["x", object(), *([] if "None" in kind else [None])]
        wrongs += [] if kind.startswith("Sequence") else [[1.0]]
        for wrong in wrongs:
            with pytest.raises(TypeError, match=rf"{name}: {field}"):
                make(name, **{field: wrong})


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_refused_with_parameter_bound_and_value(name: str) -> None:
    fields = [f for f, kind in KERNELS[name].FIELDS if kind == "float"]
    for field in (*fields, "period_s"):
        for nonsense in (math.nan, math.inf):
            with pytest.raises(lw.DesignError, match=rf"{name}: \w+ must be .*, was ") as refused:
                make(name, **{field: nonsense})
            assert refused.value.parameter == field
            assert refused.value.must_be
            assert refused.value.value == nonsense or math.isnan(refused.value.value)
    for period_s in (0.0, -1.0):
        with pytest.raises(lw.DesignError, match="period_s must be positive"):
            make(name, period_s=period_s)


@pytest.mark.parametrize("name", NAMES)
def test_calls_of_the_wrong_form_are_refused(name: str) -> None:
    kernel = make(name)
    arrays = drive(name, 10)
    before = kernel.state
    with pytest.raises(TypeError):
        kernel.update(*(0.0 for _ in range(len(arrays) + 1)))
    with pytest.raises(TypeError):
        kernel.update(*("x" for _ in arrays))
    with pytest.raises(TypeError, match="arrays"):
        kernel.process(*arrays, arrays[0])
    with pytest.raises(TypeError):
        kernel.process(*(a.astype(complex) for a in arrays))
    with pytest.raises((TypeError, ValueError)):
        kernel.process(*(["x"] for _ in arrays))
    with pytest.raises(ValueError, match="3 axes"):
        kernel.process(*(a.reshape(5, 2, 1) for a in arrays))
    if len(arrays) > 1:
        with pytest.raises(ValueError, match="one shape"):
            kernel.process(arrays[0][:5], *arrays[1:])
    assert kernel.state == before
    assert len(np.atleast_1d(block(kernel, [a[:0] for a in arrays])).ravel()) == 0
    assert kernel.state == before


@pytest.mark.parametrize("name", [n for n in NAMES if len(KERNELS[n].INPUTS) > 1])
def test_a_single_number_goes_with_any_shape(name: str) -> None:
    arrays = drive(name, 20)
    steady = [arrays[0], *(a[:1] for a in arrays[1:])]
    full = [arrays[0], *(np.full(20, a[0]) for a in arrays[1:])]
    numbers = [arrays[0], *(float(a[0]) for a in steady[1:])]
    assert same(block(make(name), numbers), block(make(name), full))


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


@pytest.mark.parametrize("family", FAMILIES, ids=lambda m: m.__name__)
def test_examples_of_the_families_run(family: Any) -> None:
    result = doctest.testmod(family)
    assert result.attempted > 0
    assert result.failed == 0
