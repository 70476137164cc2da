"""Integrated gradients and SmoothGrad against Captum, and where Captum is wrong.

    python -m benchmarks.attribution_gradients

Needs the extra `peers`. Prints two tables and writes benchmarks/attribution_gradients.json:
interleaved one-thread time ratios (ours / Captum, below 1 is faster; each pair makes the same
number of evaluations and is checked to give the same result), and the smallest models we know that
make Captum's result wrong, with the completeness error |sum of contributions - (f(x) - f(x'))| of
both.
"""

import json
import warnings
from functools import partial
from pathlib import Path

import captum
import captum.attr
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.interleaved import interleave
from course_lib import attribution
from course_lib.attribution.integrated_gradients import quadrature

FOLDER = Path(__file__).parent


def digits_cnn(channels, size):
    """A small CNN with global average pooling and 10 classes."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(size // 2),
        nn.Flatten(),
        nn.Linear(32, 10),
    ).eval()


def perceptron(features):
    """Two hidden layers of 128 and 10 classes."""
    torch.manual_seed(0)
    layers = nn.Linear(features, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU()
    return nn.Sequential(*layers, nn.Linear(128, 10)).eval()


def timing_cases():
    """Yield (name, ours, theirs): functions of no arguments that do the same work."""
    models = {
        "CNN 1x8x8, batch 1": (digits_cnn(1, 8), (1, 1, 8, 8)),
        "CNN 1x8x8, batch 16": (digits_cnn(1, 8), (16, 1, 8, 8)),
        "CNN 3x32x32, batch 2": (digits_cnn(3, 32), (2, 3, 32, 32)),
        "MLP 64, batch 1": (perceptron(64), (1, 64)),
        "MLP 64, batch 64": (perceptron(64), (64, 64)),
    }
    for name, (model, shape) in models.items():
        x = torch.rand(shape, generator=torch.Generator().manual_seed(1))
        peer = captum.attr.IntegratedGradients(model)
        yield (
            f"IG, 50 steps, {name}",
            partial(attribution.integrated_gradients, model, x, 3, rule="gauss_legendre"),
            partial(peer.attribute, x, target=3, n_steps=50, method="gausslegendre"),
        )
        tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(model))
        stdev = 0.15 * float(x.max() - x.min())
        yield (
            f"SmoothGrad, 50 samples, {name}",
            partial(attribution.smoothgrad, model, x, 3),
            partial(
                tunnel.attribute, x, target=3, nt_samples=50, stdevs=stdev, nt_type="smoothgrad",
                abs=False,
            ),
        )  # fmt: skip


def check_equal(name, ours, theirs):
    """Refuse to time two functions that do not agree (SmoothGrad: within its noise)."""
    a, b = ours(), theirs()
    share = float((a - b).norm() / b.norm())
    if share > (1e-4 if name.startswith("IG") else 0.5):
        raise RuntimeError(f"{name}: the results differ by {share:.2g} of their norm")


class Reused(nn.Module):
    """relu(relu(x) - 1), with one ReLU module for both."""

    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.relu(x) - 1)


class Functional(nn.Module):
    """relu(x), called as a function."""

    def forward(self, x):
        return F.relu(x)


class Method(nn.Module):
    """relu(x), called as a method in place."""

    def forward(self, x):
        return (x * 1).relu_()


class Pooled(nn.Module):
    """max(relu(x)) over one window of two."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.ReLU(), nn.MaxPool1d(2), nn.Flatten())

    def forward(self, x):
        return self.layers(x[:, None])


def deeplift_cases():
    """Yield (name, model, x, x') of the smallest models that show each error."""
    yield "one ReLU module, used once", nn.Sequential(nn.ReLU(), nn.Flatten()), [[2.0]], [[-1.0]]
    yield "one ReLU module used twice", Reused(), [[3.0]], [[-1.0]]
    yield "F.relu(x)", Functional(), [[2.0]], [[-1.0]]
    yield "x.relu_()", Method(), [[2.0]], [[-1.0]]
    yield "ReLU before MaxPool1d(2)", Pooled(), [[-1.0, 2.0]], [[1.0, -1.0]]


def errors():
    """Return a row for each case in which the peer is wrong: errors of both."""
    rows = []
    for name, model, x, reference in deeplift_cases():
        x, reference = (torch.tensor(v, dtype=torch.float64) for v in (x, reference))
        model = model.double().eval()
        _, delta = attribution.deeplift(model, x, 0, reference, return_delta=True)
        rows.append(
            {
                "method": "DeepLIFT",
                "case": name,
                "ours": float(delta.abs().max()),
                "captum": _captum_gap(captum.attr.DeepLift, model, x, reference),
            }
        )
    for n in (5, 50):
        x, reference = torch.tensor([[1.0, 2.0]]).double(), torch.zeros(1, 2).double()

        def linear(x):
            return x.sum(1)

        _, delta = attribution.integrated_gradients(
            linear, x, 0, reference, n_steps=n, rule="trapezoid", return_delta=True
        )
        values = captum.attr.IntegratedGradients(linear).attribute(
            x, reference, n_steps=n, method="riemann_trapezoid"
        )
        gap = values.sum() - (linear(x) - linear(reference))
        weights = float(quadrature("trapezoid", n)[1].sum())
        rows.append(
            {
                "method": "IG, trapezoid",
                "case": f"x1 + x2 from 0, {n} steps (our weights sum to {weights:.15g})",
                "ours": float(delta.abs().max()),
                "captum": float(gap.abs().max()),
            }
        )
    return rows


def _captum_gap(method, model, x, reference):
    """Return Captum's completeness error, or what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            values = method(model).attribute(x, reference, target=0)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    with torch.no_grad():
        difference = (model(x.clone()) - model(reference.clone()))[:, 0]
        return float((values.flatten(1).sum(1) - difference).abs().max())


def main():
    torch.set_num_threads(1)
    timings = []
    print(f"{'time, one thread':44} ours/captum  (10% to 90%)        ours ms")
    for name, ours, theirs in timing_cases():
        check_equal(name, ours, theirs)
        ratio = interleave(ours, theirs, rounds=31, min_time=0.1)
        timings.append({"case": name} | vars(ratio))
        print(
            f"{name:44} {ratio.median:11.2f}  ({ratio.low:.2f} to {ratio.high:.2f})"
            f"{ratio.ours_ms:15.2f}",
            flush=True,
        )
    means = {}
    for group in ("IG", "SmoothGrad"):
        medians = [t["median"] for t in timings if t["case"].startswith(group)]
        means[group] = float(np.exp(np.mean(np.log(medians))))
        print(f"{group + ', geometric mean':44} {means[group]:11.2f}")
    rows = errors()
    print(f"\n{'completeness error':66} {'ours':>10} {'captum':>10}")
    for row in rows:
        raised = isinstance(row["captum"], str)
        theirs = "raises " + row["captum"].split(":")[0] if raised else f"{row['captum']:10.3g}"
        print(f"{row['method'] + ': ' + row['case']:66} {row['ours']:10.3g} {theirs}")
    result = {
        "captum": captum.__version__,
        "torch": torch.__version__,
        "threads": 1,
        "timings": timings,
        "geometric_means": means,
        "completeness_errors": rows,
    }
    text = json.dumps(result, indent=1) + "\n"
    (FOLDER / "attribution_gradients.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
