"""Writes diagnostics.json: MCMC diagnostics of ArviZ 0.23.4 (Apache-2.0) on made chains.

python -m pip install arviz==0.23.4 && python diagnostics.py
"""
import json
import pathlib

import arviz
import numpy as np
from arviz.stats.diagnostics import _bfmi, _ess_bulk, _ess_mean, _ess_quantile, _ess_tail, _mcse_mean, _mcse_quantile, _mcse_sd, _rhat_rank

rng = np.random.default_rng(20231)


def autoregressive(chains, draws, phi):
    noise = rng.standard_normal((chains, draws))
    out = np.empty_like(noise)
    out[:, 0] = noise[:, 0] / np.sqrt(1 - phi**2)
    for t in range(1, draws):
        out[:, t] = phi * out[:, t - 1] + noise[:, t]
    return out


sets = {
    "independent": rng.standard_normal((4, 100)),
    "autoregressive 0.8, odd length": autoregressive(4, 151, 0.8),
    "antithetic": autoregressive(3, 120, -0.6),
    "one chain apart": autoregressive(4, 80, 0.3) + np.array([[0], [0], [0], [1.5]]),
    "one chain wider": autoregressive(4, 80, 0.3) * np.array([[1], [1], [1], [4]]),
    "heavy tails": rng.standard_cauchy((2, 100)),
    "ties": rng.integers(0, 4, (3, 60)).astype(float),
    "four draws": rng.standard_normal((2, 4)),
}
cases = []
for name, draws in sets.items():
    draws = np.round(draws, 6)
    cases.append(
        {
            "name": name,
            "draws": draws.tolist(),
            "rHat": float(_rhat_rank(draws)),
            "bulk": float(_ess_bulk(draws)),
            "tail": float(_ess_tail(draws)),
            "mean": float(_ess_mean(draws)),
            "quantile0.3": float(_ess_quantile(draws, 0.3)),
            "errorMean": float(_mcse_mean(draws)),
            "errorSd": float(_mcse_sd(draws)),
            "errorQuantile0.3": float(_mcse_quantile(draws, 0.3)),
            "energy": _bfmi(draws).tolist(),
        }
    )
text = json.dumps({"generator": "golden/pacbayes/diagnostics.py", "arviz": arviz.__version__, "cases": cases})
pathlib.Path(__file__).with_name("diagnostics.json").write_text(text + "\n")
