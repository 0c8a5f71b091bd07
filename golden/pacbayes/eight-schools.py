"""Writes eight-schools.json: moments of the posterior of eight schools (Rubin 1981), exact by quadrature, beside the reference means of posteriordb.

y_j ~ N(theta_j, s_j), theta_j ~ N(mu, tau), mu ~ N(0, 5), tau ~ half-Cauchy(5): posterior eight_schools-eight_schools_noncentered of the repository
stan-dev/posteriordb (BSD-3-Clause), whose means and Monte Carlo errors (mean_value, 10 chains of 1 000 draws) are copied below. Given tau all is Gaussian, so that
every moment is an integral over tau alone.
python -m pip install numpy scipy && python eight-schools.py
"""
import json
import pathlib

import numpy as np
from scipy.integrate import quad

Y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
S = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
POSTERIORDB = {
    "mean": [6.15050229334425, 4.9395811407422, 3.90590609001582, 4.79601675138494, 3.6144363246799, 4.0511475789675, 6.31716975886893, 4.88399694353288, 4.41051833695493, 3.60205952364059],
    "error": [0.0557375282295219, 0.0462293788624847, 0.0542313705632124, 0.0474935816762281, 0.0461450610244603, 0.0485195392528031, 0.0498766794075794, 0.0542511606560972, 0.0330374705950917, 0.0318615135640706],
}


def given(tau):
    """ln p(y, tau) up to a constant, and the first two moments of theta_1 ... theta_8 and mu given tau."""
    v = S**2 + tau**2
    precision = 1 / 25 + np.sum(1 / v)
    centre, spread = np.sum(Y / v) / precision, 1 / precision
    lnp = -0.5 * np.sum(np.log(v) + Y**2 / v) + 0.5 * np.log(spread) + 0.5 * centre**2 / spread - np.log1p((tau / 5) ** 2)
    pull = tau**2 / v
    mean = pull * Y + (1 - pull) * centre
    variance = pull * S**2 + (1 - pull) ** 2 * spread
    return lnp, np.append(mean, centre), np.append(variance + mean**2, spread + centre**2)


top = max(given(t)[0] for t in np.linspace(0, 20, 200))


def integral(f):
    # tau = e^v: smooth, with tails that fall fast on both sides.
    g = lambda v: np.exp(given(np.exp(v))[0] - top + v) * f(np.exp(v))
    return sum(quad(g, a, b, epsabs=1e-13, epsrel=1e-12, limit=400)[0] for a, b in [(-25, -3), (-3, 1), (1, 3), (3, 6), (6, 14)])


total = integral(lambda tau: 1.0)
mean = [integral(lambda tau, j=j: given(tau)[1][j]) / total for j in range(9)] + [integral(lambda tau: tau) / total]
square = [integral(lambda tau, j=j: given(tau)[2][j]) / total for j in range(9)] + [integral(lambda tau: tau**2) / total]
for exact, reference, error in zip(mean, POSTERIORDB["mean"], POSTERIORDB["error"]):
    assert abs(exact - reference) < 5 * error, (exact, reference, error)
names = [f"theta[{j + 1}]" for j in range(8)] + ["mu", "tau"]
out = {"generator": "golden/pacbayes/eight-schools.py", "y": Y.tolist(), "sigma": S.tolist(), "names": names, "mean": mean, "square": square, "posteriordb": POSTERIORDB}
pathlib.Path(__file__).with_name("eight-schools.json").write_text(json.dumps(out) + "\n")
