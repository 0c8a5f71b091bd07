"""Writes uncertainty.json: scores of scikit-learn 1.6.1 (BSD-3-Clause) on made predictions.

python -m pip install scikit-learn==1.6.1 && python uncertainty.py
"""
import json
import pathlib

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, average_precision_score, log_loss, roc_auc_score, roc_curve

rng = np.random.default_rng(20226)


def predictions(examples, classes, sharpness, noise):
    labels = rng.integers(0, classes, examples)
    logits = noise * rng.standard_normal((examples, classes)) + np.eye(classes)[labels]
    logits = np.round(sharpness * logits, 5)
    return labels, logits


def calibration_error(right, confidence, bins):
    """scikit-learn's curve leaves empty bins out: the counts of the others are those of the histogram, whose edges are closed above here."""
    true, predicted = calibration_curve(right, confidence, n_bins=bins, strategy="uniform")
    which = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    counts = np.bincount(which, minlength=bins)
    counts = counts[counts > 0]
    return float(np.sum(counts * np.abs(true - predicted)) / len(right)), float(np.max(np.abs(true - predicted)))


cases = []
for name, examples, classes, sharpness, noise in [("calibrated", 400, 3, 1.0, 1.0), ("overconfident", 300, 10, 4.0, 0.6), ("two classes", 50, 2, 2.0, 1.0)]:
    labels, logits = predictions(examples, classes, sharpness, noise)
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    probs = np.exp(log_probs)
    chosen = probs.argmax(axis=1)
    confidence = probs.max(axis=1)
    right = (chosen == labels).astype(int)
    ece, worst = calibration_error(right, confidence, 15)
    order = np.argsort(confidence, kind="stable")
    groups = [order[(np.arange(examples) * 10) // examples == g] for g in range(10)]
    mass = sum(len(g) * abs(right[g].mean() - confidence[g].mean()) for g in groups) / examples
    cases.append(
        {
            "name": name,
            "logits": logits.tolist(),
            "labels": labels.tolist(),
            "accuracy": accuracy_score(labels, chosen),
            "logLoss": log_loss(labels, probs, labels=range(classes)),
            "brier": float(np.mean(np.sum((probs - np.eye(classes)[labels]) ** 2, axis=1))),
            "calibrationError": ece,
            "worst": worst,
            "massError": float(mass),
        }
    )

detections = []
for name, inside, outside in [
    ("apart", rng.normal(1, 1, 120), rng.normal(-1, 1, 80)),
    ("alike", rng.normal(0, 1, 60), rng.normal(0, 1, 90)),
    ("ties", rng.integers(0, 6, 100).astype(float), rng.integers(-2, 4, 70).astype(float)),
]:
    inside, outside = np.round(inside, 6), np.round(outside, 6)
    scores = np.concatenate([inside, outside])
    is_in = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    fpr, tpr, _ = roc_curve(is_in, scores, drop_intermediate=False)
    detections.append(
        {
            "name": name,
            "inside": inside.tolist(),
            "outside": outside.tolist(),
            "auroc": roc_auc_score(is_in, scores),
            "auprIn": average_precision_score(is_in, scores),
            "auprOut": average_precision_score(1 - is_in, -scores),
            "fpr95": float(fpr[tpr >= 0.95].min()),
            "error": float(np.min((1 - tpr + fpr) / 2)),
        }
    )

path = pathlib.Path(__file__).with_name("uncertainty.json")
path.write_text(json.dumps({"source": "scikit-learn 1.6.1, uncertainty.py", "predictions": cases, "detections": detections}))
