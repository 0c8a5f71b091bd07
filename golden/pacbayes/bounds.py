"""Writes bounds.json: the binary kl, its inverses and the bounds built on them in 400 digits, each rounded outward to a double.

python -m pip install mpmath && python bounds.py
"""
import itertools
import json
import math
import pathlib

from mpmath import expm1, inf, log, mp, mpf, sqrt

mp.dps = 400


def kl(q, p):
    if (q > 0 and p == 0) or (q < 1 and p == 1):
        return inf
    return (q * log(q / p) if q > 0 else mpf(0)) + ((1 - q) * log((1 - q) / (1 - p)) if q < 1 else mpf(0))


def upper(q, c):
    inside, outside = q, mpf(1)
    for _ in range(1500):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if kl(q, middle) > c else (middle, outside)
    return inside if q < 1 else mpf(1)


def lower(q, c):
    outside, inside = mpf(0), q
    for _ in range(1500):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if kl(q, middle) > c else (middle, outside)
    return outside if q > 0 else mpf(0)


def ceiling(x):
    f = float(x)
    return math.nextafter(f, math.inf) if mpf(f) < x else f


def floor(x):
    f = float(x)
    return math.nextafter(f, -math.inf) if mpf(f) > x else f


QS = [0.0, 1e-300, 1e-100, 1e-10, 1e-5, 0.02, 0.3, 0.5, 0.9, 1 - 1e-10, 1 - 2**-53, 1.0]
CS = [1e-12, 1e-6, 1e-3, 0.05, 0.5, 3.0, 20.0]
# Budgets of the size of q, where the inverse is a multiple of q.
NEAR = [(q, q * factor) for q in QS[1:5] for factor in [0.095, 0.1, 0.2, 0.3, 0.7]]
RATIOS = [0.3, 0.501, 0.9, 1.0001, 1.49, 1.501, 2.0, 50.0]


def bounds(r, k, n, delta):
    r, k, delta = mpf(r), mpf(k), mpf(delta)
    c = (k + log(2 * sqrt(mpf(n)) / delta)) / n
    half, value = c / 2, mpf(0.7)
    slope = 1 - value / 2
    risks = {
        "maurer": upper(r, c),
        "mcallester": r + sqrt(half),
        "quadratic": (sqrt(r + half) + sqrt(half)) ** 2,
        "tolstikhin": r + sqrt(2 * r * c) + 2 * c,
        "refinedTolstikhin": r + sqrt(2 * r * c) + c,
        "lambda": r / slope + c / (value * slope),
        "catoni": expm1(-value * r - (k - log(delta)) / n) / expm1(-value),
    }
    return {"complexity": ceiling(c), **{name: min(1.0, ceiling(risk)) for name, risk in risks.items()}}


cases = [
    {"empiricalRisk": r, "kl": k, "n": n, "delta": delta}
    for i, (r, k, n, delta) in enumerate(itertools.product([0.0, 1e-6, 0.02, 0.3, 0.9], [0.0, 1e-3, 100.0, 5000.0], [8, 1000, 60_000], [1e-6, 0.05, 0.9]))
    if i % 2 == 0
]
golden = {
    "kl": [{"q": q, "p": q * ratio, "value": float(kl(mpf(q), mpf(q * ratio)))} for q in QS[1:10] for ratio in RATIOS if q * ratio < 1],
    "inverses": [{"q": q, "c": c, "upper": ceiling(upper(mpf(q), mpf(c))), "lower": floor(lower(mpf(q), mpf(c)))} for q, c in [*itertools.product(QS, CS), *NEAR]],
    "bounds": [{**case, **bounds(case["empiricalRisk"], case["kl"], case["n"], case["delta"])} for case in cases],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
