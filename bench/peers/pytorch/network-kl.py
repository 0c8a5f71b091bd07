"""Rao-Blackwell KL and log-ratios of two small GPTs along given rows, batch after batch."""

import torch

from contest import Contest
from pytorch.gpt import loaded


def logits(model, tokens):
    x = model.tokens(tokens) + model.positions.weight
    for block in model.blocks:
        x = block(x)
    return model.head(model.norm(x))


def ready(inputs, settings, compiled):
    rows = torch.from_numpy(inputs["rows"]).long()
    models = [loaded({path[2:]: x for path, x in inputs.items() if path.startswith(f"{name}.")}, settings).eval() for name in "pq"]

    def sums(chunk):
        of_p, of_q = (torch.log_softmax(logits(model, chunk[:, :-1]), -1) for model in models)
        difference = of_p - of_q
        ratios = difference.gather(2, chunk[:, 1:, None]).sum((1, 2))
        return ratios, (of_p.exp() * difference).sum((1, 2))

    step = torch.compile(sums) if compiled else sums

    @torch.inference_mode()
    def found():
        parts = [step(chunk) for chunk in rows.split(settings["atOnce"])]
        return (torch.cat(each).double() for each in zip(*parts))

    def values():
        ratios, kls = found()
        return {"kl": [kls.mean().item(), kls.std().item() / len(kls) ** 0.5], "first": kls[:8].tolist(), "ratios": ratios[:8].tolist()}

    def iterate(n):
        for _ in range(n):
            found()

    return Contest(values, iterate)
