"""Writes kidiq.json: moments of the posterior of children's test scores given their mothers' IQ, exact by quadrature, beside the reference of posteriordb.

kid_score ~ N(beta_1 + beta_2 mom_iq, sigma), flat beta, sigma ~ half-Cauchy(2.5): posterior kidiq-kidscore_momiq of the repository stan-dev/posteriordb
(BSD-3-Clause), whose means and Monte Carlo errors (mean_value) and standard deviations (10 chains of 1 000 draws) are copied below. Given sigma, beta is normal about
the least-squares coefficients, so that every moment is an integral over sigma alone.
kidiq.csv: the 434 pairs of the National Longitudinal Survey of Youth as Gelman and Hill (2007, chapter 3) use them, from
ARM/Ch.3/kidscore_momhs.data.json of the repository stan-dev/example-models (BSD-3-Clause unless a folder says otherwise; this one does not).
python -m pip install numpy scipy && python kidiq.py
"""
import json
import pathlib

import numpy as np
from scipy.integrate import quad

here = pathlib.Path(__file__)
y, x = np.loadtxt(here.with_name("kidiq.csv"), delimiter=",", skiprows=1).T
POSTERIORDB = {
    "mean": [25.9165315719362, 0.608628437090334, 18.2758483814245],
    "error": [0.0607966628880163, 0.000599137109405391, 0.00631726450154871],
    "sd": [5.968603, 0.05898191, 0.6240155],
}

# Mothers' scores were scaled to mean 100 and sd 15: a digit amiss in the file would show.
n = len(y)
assert n == 434 and abs(x.mean() - 100) < 1e-12 and abs(x.std(ddof=1) - 15) < 1e-12
X = np.column_stack([np.ones(n), x])
beta = np.linalg.lstsq(X, y, rcond=None)[0]
inverse = np.linalg.inv(X.T @ X)
rss = np.sum((y - X @ beta) ** 2)


def logp(sigma):
    """ln p(sigma | y) up to a constant: beta integrated out leaves sigma^(2 - n)."""
    return (2 - n) * np.log(sigma) - rss / (2 * sigma**2) - np.log1p((sigma / 2.5) ** 2)


top = logp(np.sqrt(rss / n))


def integral(f):
    return quad(lambda s: np.exp(logp(s) - top) * f(s), 12, 30, epsabs=0, epsrel=1e-12, limit=400, points=[16, 18, 20])[0]


total = integral(lambda s: 1.0)
first, second = integral(lambda s: s) / total, integral(lambda s: s * s) / total
mean = [*beta.tolist(), first]
# The spread of sigma by its own integral: second - first^2 would cancel.
sd = [*np.sqrt(second * np.diag(inverse)).tolist(), float(np.sqrt(integral(lambda s: (s - first) ** 2) / total))]
for exact, reference, error in zip(mean, POSTERIORDB["mean"], POSTERIORDB["error"]):
    assert abs(exact - reference) < 5 * error, (exact, reference, error)
for exact, reference, error in zip(sd, POSTERIORDB["sd"], POSTERIORDB["error"]):
    # The error of a normal sd from the draws that the error of the mean is worth is sd / sqrt(2 ESS) = error / sqrt(2).
    assert abs(exact - reference) < 5 * error / np.sqrt(2), (exact, reference)
    print(f"sd {exact:.6f}, reference {reference}, {(reference - exact) / error * np.sqrt(2):+.2f} errors")
for exact, reference, error in zip(mean, POSTERIORDB["mean"], POSTERIORDB["error"]):
    print(f"mean {exact:.6f}, reference {reference:.6f}, {(reference - exact) / error:+.2f} errors")
out = {"generator": "golden/pacbayes/kidiq.py", "names": ["beta[1]", "beta[2]", "sigma"], "mean": mean, "sd": sd, "posteriordb": POSTERIORDB}
here.with_name("kidiq.json").write_text(json.dumps(out) + "\n")
