"""Writes radiata-pine.json: exact power posteriors of a conjugate regression on 42 pines (data of the harmonic repository, radiata_pine.dat).

y ~ N(a + b (x - mean x), 1/tau); a ~ N(3000, 1/(0.06 tau)), b ~ N(185, 1/(6 tau)), tau ~ Gamma(shape 3, rate 180 000); power posterior L^t prior.
python -m pip install numpy scipy && python radiata-pine.py
"""
import json
import pathlib

import numpy as np
from scipy.special import digamma, gammaln, polygamma

ROWS = """3040 29.2;2470 24.7;3610 32.3;3480 31.3;3810 31.5;2330 24.5;1800 19.9;3110 27.3;3670 32.3;2310 24.0;4360 33.8;1880 21.5;3670 32.2;1740 22.5;
2250 27.5;2650 25.6;4970 34.5;2620 26.2;2900 26.7;1670 21.1;2540 24.1;3840 30.7;3800 32.7;4600 32.6;1900 22.1;2530 25.3;2920 30.8;4990 38.9;
1670 22.1;3310 29.2;3450 30.1;3600 31.4;2850 26.7;1590 22.1;3770 30.3;3850 32.0;2480 23.2;3570 30.3;2620 29.9;1890 20.8;3030 33.2;3030 28.2"""
data = np.array([[float(v) for v in row.split()] for row in ROWS.replace("\n", "").split(";") if row])
y, x = data[:, 0], data[:, 1]
n = len(y)
X = np.stack([np.ones(n), x - x.mean()], axis=1)
Q0, mu0, a0, b0 = np.diag([0.06, 6.0]), np.array([3000.0, 185.0]), 3.0, 180_000.0


def at(t):
    M = t * X.T @ X + Q0
    nu = np.linalg.solve(M, t * X.T @ y + Q0 @ mu0)
    a = a0 + t * n / 2
    b = b0 + (t * y @ y + mu0 @ Q0 @ mu0 - nu @ M @ nu) / 2
    logz = -(t * n / 2) * np.log(2 * np.pi) + (np.linalg.slogdet(Q0)[1] - np.linalg.slogdet(M)[1]) / 2 + a0 * np.log(b0) - a * np.log(b) + gammaln(a) - gammaln(a0)
    r = y - X @ nu
    S = X @ np.linalg.inv(M) @ X.T
    mean = (n / 2) * (digamma(a) - np.log(b) - np.log(2 * np.pi)) - 0.5 * ((a / b) * r @ r + np.trace(S))
    return logz, mean


def variance(t):
    """d E_t[ln L] / dt, by Richardson's extrapolation of differences (one-sided at 0)."""
    h = 1e-6 * max(t, 1e-3)
    if t < 2 * h:
        d = lambda s: (-3 * at(t)[1] + 4 * at(t + s)[1] - at(t + 2 * s)[1]) / (2 * s)
        return float(d(1e-7))
    d = lambda s: (at(t + s)[1] - at(t - s)[1]) / (2 * s)
    return float((4 * d(h / 2) - d(h)) / 3)


def row(intervals):
    ts = (np.arange(intervals + 1) / intervals) ** 5
    f = np.array([at(t)[1] for t in ts])
    v = np.array([variance(t) for t in ts])
    step, truth = np.diff(ts), at(1.0)[0]
    trapezoid = np.sum(step * (f[1:] + f[:-1]) / 2)
    return {
        "intervals": intervals,
        "trapezoid": float(trapezoid - truth),
        "corrected": float(trapezoid - np.sum(step**2 / 12 * np.diff(v)) - truth),
        "left": float(np.sum(step * f[:-1]) - truth),
        "right": float(np.sum(step * f[1:]) - truth),
        "points": [{"lambda": float(t), "energy": float(-e), "variance": float(s)} for t, e, s in zip(ts, f, v)],
    }


logz, mean = at(1.0)
ladder = [{"t": t, "logZ": float(at(t)[0]), "energy": float(-at(t)[1])} for t in [0, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1]]
out = {"generator": "golden/pacbayes/radiata-pine.py", "logZ": float(logz), "kl": float(mean - logz), "ladder": ladder, "quadrature": [row(k) for k in (10, 20, 40, 100)]}
pathlib.Path(__file__).with_name("radiata-pine.json").write_text(json.dumps(out) + "\n")
