"""Kalman filters for `src/estimator/kalman_filter_tests.rs` by other people's code.

filterpy 2.0.0 (its `KalmanFilter.predict/update`, Joseph form), scipy 1.17.1 for the Riccati equation and
the matrix exponential, plain numpy 2.4.6 where measurements are missing one by one. Prints, per case, the
last state, its standard deviations, the last nis and the sum of the log-likelihoods.
"""

import numpy as np
from filterpy.kalman import KalmanFilter
from scipy.linalg import expm, solve_discrete_are

SAMPLES = 60


def reading(t: int, i: int) -> float:
    """Measurement `i` of sample `t`."""
    return 2.0 * np.sin(0.3 * t + i) + 0.5 * np.cos(1.7 * t * (i + 1)) + 0.05 * t


def move(t: int) -> float:
    """Control of sample `t`."""
    return np.sin(0.11 * t * t)


def show(name: str, x: np.ndarray, p: np.ndarray, nis: float, total: float) -> None:
    print(name)
    for label, words in (("state", x.ravel()), ("sd", np.sqrt(np.diag(p)))):
        print("   ", label, [float(w) for w in words])
    print("    nis", float(nis), "log-likelihood", float(total))


def with_filterpy(name, f, h, q, r, p0, x0=None, b=None, skip=lambda t: False) -> None:
    n, m = len(f), len(h)
    kf = KalmanFilter(dim_x=n, dim_z=m, dim_u=0 if b is None else b.shape[1])
    kf.x = np.zeros((n, 1)) if x0 is None else np.array(x0, float).reshape(-1, 1)
    kf.F, kf.H, kf.Q, kf.R, kf.P, kf.B = f, h, q, r, p0.copy(), b
    total = nis = 0.0
    for t in range(SAMPLES):
        if t:
            kf.predict(u=None if b is None else np.array([[move(t)]]))
        if skip(t):
            kf.update(None)
            nis = 0.0
            continue
        kf.update(np.array([[reading(t, i)] for i in range(m)]))
        total += kf.log_likelihood
        nis = (kf.y.T @ kf.SI @ kf.y).item()
    show(name, kf.x, kf.P, nis, total)


def with_numpy(name, f, h, q, r, p0, missing) -> None:
    n, m = len(f), len(h)
    x, p = np.zeros(n), p0.copy()
    total = nis = 0.0
    for t in range(SAMPLES):
        if t:
            x, p = f @ x, f @ p @ f.T + q
        rows = [i for i in range(m) if not missing(t, i)]
        nis = 0.0
        if rows:
            hh, rr = h[rows], r[np.ix_(rows, rows)]
            e = np.array([reading(t, i) for i in rows]) - hh @ x
            s = hh @ p @ hh.T + rr
            k = np.linalg.solve(s, hh @ p).T
            x = x + k @ e
            left = np.eye(n) - k @ hh
            p = left @ p @ left.T + k @ rr @ k.T
            nis = e @ np.linalg.solve(s, e)
            total += -0.5 * (nis + np.linalg.slogdet(s)[1] + len(rows) * np.log(2 * np.pi))
    show(name, x, p, nis, total)


def chain(n: int, step: float) -> np.ndarray:
    """A chain of integrators."""
    return sum(np.diag([step**k / np.prod(range(1, k + 1))] * (n - k), k) for k in range(n))


def main() -> None:
    four = (
        chain(4, 0.1),
        np.array([[1.0, 0.0, 0.0, 0.0]]),
        np.diag([0.0, 1e-4, 1e-3, 1e-2]),
        np.array([[0.25]]),
        np.diag([4.0, 1.0, 1.0, 0.5]),
    )
    with_filterpy("four states, one measurement", *four)
    with_filterpy("the same, every seventh sample missing", *four, skip=lambda t: t % 7 == 3)

    f = np.array([[0.9, 0.1, 0.0], [-0.2, 0.8, 0.1], [0.0, 0.05, 0.95]])
    h = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, -1.0]])
    q = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.05]])
    r = np.array([[0.5, 0.2], [0.2, 0.3]])
    p0 = np.eye(3)
    b = np.array([[0.5], [0.0], [-0.3]])
    with_filterpy("three states, two measurements, control", f, h, q, r, p0, [1.0, -1.0, 0.5], b)
    with_numpy(
        "the same without control, gaps one by one",
        f,
        h,
        q,
        r,
        p0,
        lambda t, i: (t + 2 * i) % 5 == 0 or t % 11 == 4,
    )

    period = 0.1
    a = np.array([[0.0, 1.0], [-2.0, -0.3]])
    density = np.array([[0.0, 0.0], [0.0, 0.7]])
    drive = np.array([[0.0], [1.5]])
    whole = expm(np.block([[-a, density], [np.zeros((2, 2)), a.T]]) * period)
    fd = whole[2:, 2:].T
    qd = fd @ whole[:2, 2:]
    bd = expm(np.block([[a, drive], [np.zeros((1, 3))]]) * period)[:2, 2:]
    hc, rc = np.array([[1.0, 0.0]]), np.array([[0.04]])
    with_filterpy("continuous oscillator", fd, hc, (qd + qd.T) / 2, rc, np.eye(2), None, bd)

    p = solve_discrete_are(f.T, h.T, q, r)
    k = np.linalg.solve(h @ p @ h.T + r, h @ p).T
    x = np.zeros(3)
    total = nis = 0.0
    for t in range(SAMPLES):
        x = f @ x if t else x
        e = np.array([reading(t, i) for i in range(2)]) - h @ x
        s = h @ p @ h.T + r
        nis = e @ np.linalg.solve(s, e)
        total += -0.5 * (nis + np.linalg.slogdet(s)[1] + 2 * np.log(2 * np.pi))
        x = x + k @ e
    show("settled gain", x, p - k @ h @ p, nis, total)


if __name__ == "__main__":
    main()
