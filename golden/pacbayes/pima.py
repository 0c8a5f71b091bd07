"""Writes pima.json: power posteriors of a logistic regression on 532 women of the Pima, by importance sampling with stated errors.

pima.csv: the 532 of 768 records of the UCI repository's Pima Indians Diabetes data (Smith et al. 1988) in which glucose, pressure, skin fold and body mass were all measured,
in their order there. diabetes ~ Bernoulli(1/(1 + exp(-x theta))), x = 1 and the four covariates with mean 0 and sd 1 (n - 1), theta ~ N(0, 100 I);
power posterior L^t prior. Draws from a Student t of 8 degrees of freedom at the mode, weights self-normalised, errors by the delta method.
python -m pip install numpy scipy && python pima.py
"""
import json
import pathlib

import numpy as np
from scipy.special import gammaln, log_expit

here = pathlib.Path(__file__)
table = np.loadtxt(here.with_name("pima.csv"), delimiter=",", skiprows=1)
y, x = table[:, 0], table[:, 1:]
X = np.column_stack([np.ones(len(y)), (x - x.mean(0)) / x.std(0, ddof=1)])
S = X * (2 * y - 1)[:, None]
d, TAU, DRAWS, DEGREES = X.shape[1], 0.01, 2_000_000, 8
rng = np.random.default_rng(532)


def mode(t):
    theta = np.zeros(d)
    for _ in range(50):
        p = 1 / (1 + np.exp(-X @ theta))
        H = t * X.T @ (X * (p * (1 - p))[:, None]) + TAU * np.eye(d)
        theta = theta + np.linalg.solve(H, t * X.T @ (y - p) - TAU * theta)
    return theta, H


def ratio(values, w):
    """Sum w v / sum w, and its standard error."""
    mean = np.sum(w * values) / np.sum(w)
    return {"mean": float(mean), "error": float(np.sqrt(np.sum((w * (values - mean)) ** 2)) / np.sum(w))}


def rung(t):
    centre, H = mode(t)
    C = np.linalg.cholesky(np.linalg.inv(H))
    lnw, lnl, draws = [], [], []
    for _ in range(DRAWS // 100_000):
        z = rng.standard_normal((100_000, d)) / np.sqrt(rng.chisquare(DEGREES, 100_000) / DEGREES)[:, None]
        theta = centre + z @ C.T
        q = gammaln((DEGREES + d) / 2) - gammaln(DEGREES / 2) - d / 2 * np.log(DEGREES * np.pi) - np.log(np.diag(C)).sum()
        q = q - (DEGREES + d) / 2 * np.log1p((z**2).sum(1) / DEGREES)
        likelihood = log_expit(theta @ S.T).sum(1)
        prior = d / 2 * np.log(TAU / (2 * np.pi)) - TAU / 2 * (theta**2).sum(1)
        lnw.append(t * likelihood + prior - q)
        lnl.append(likelihood)
        draws.append(theta)
    lnw, lnl, theta = np.concatenate(lnw), np.concatenate(lnl), np.concatenate(draws)
    w = np.exp(lnw - lnw.max())
    return {
        "lambda": t,
        "logZ": {"mean": float(np.log(w.mean()) + lnw.max()), "error": float(w.std() / w.mean() / np.sqrt(DRAWS))},
        "energy": ratio(-lnl, w),
        "coordinates": [ratio(theta[:, j], w) for j in range(d)],
        "squares": [ratio(theta[:, j] ** 2, w) for j in range(d)],
    }


out = {"generator": "golden/pacbayes/pima.py", "mode": mode(1.0)[0].tolist(), "rungs": [rung(t) for t in (0.1, 0.5, 1.0)]}
# The mode, the evidence and the energies as they are known from an independent run.
assert np.allclose(out["mode"], [-0.97041, 0.57245, 1.1307, 0.57949, 0.46908], atol=1e-4)
assert abs(out["rungs"][2]["logZ"]["mean"] + 257.2326) < 1.5e-3
for one, known in zip(out["rungs"], (261.887, 240.220, 237.668)):
    assert abs(one["energy"]["mean"] - known) < 0.06
here.with_name("pima.json").write_text(json.dumps(out) + "\n")
