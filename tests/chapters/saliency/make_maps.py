"""Make course_lib/data/four_maps.json: SmoothGrad of digits, by trained and by untrained networks.

`python tests/chapters/saliency/make_maps.py`, about a minute. Kept are digits for which every usual
way to compare maps finds the untrained network, so that the exercise asks for an idea and not for
luck.
"""

import base64
import json

import numpy as np
import torch
from scipy.stats import rankdata

from course_lib import models
from course_lib.attribution import smoothgrad
from course_lib.datasets.maps import PATH


def untrained(seed):
    """Return the digits' network with the weights that it begins with."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return models.GapCNN(classes=10)


def maps(net, inputs, labels):
    """Return |SmoothGrad| of the labels' scores, (N, 8, 8)."""
    return smoothgrad(net, inputs, labels, stdev=0.2, rng=0)[:, 0].abs().numpy()


def odd_ones(four):
    """Return which of four maps five ways of comparing call the odd one out."""
    flat = four.reshape(4, -1)
    shares = flat / flat.sum(axis=1, keepdims=True)
    peaks = flat / flat.max(axis=1, keepdims=True)
    lengths = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    ranks = np.array([rankdata(one) for one in flat])
    return {
        np.corrcoef(flat).sum(axis=0).argmin(),
        np.corrcoef(ranks).sum(axis=0).argmin(),
        (lengths @ lengths.T).sum(axis=0).argmin(),
        np.abs(shares[:, None] - shares).sum(axis=(0, 2)).argmax(),
        np.abs(peaks[:, None] - peaks).sum(axis=(0, 2)).argmax(),
    }


def make(digits=150, nets=24, kept_nets=6, kept_digits=40):
    """Return the arrays: trained (N, 3, 8, 8) and untrained (N, 6, 8, 8), bytes from 0 to 255."""
    first = models.trained("digits_cnn")
    inputs, labels = first.inputs[:digits], first.labels[:digits]
    others = [models.train_digits_cnn(rng=seed).model for seed in (1, 2)]
    good = np.stack([maps(net, inputs, labels) for net in (first.model, *others)], axis=1)
    bad = np.stack([maps(untrained(s), inputs, labels) for s in range(nets)], axis=1)
    good, bad = (np.rint(255 * m / m.max(axis=(2, 3), keepdims=True)) for m in (good, bad))
    clear = np.array([[odd_ones(np.concatenate([g, b[None]])) == {3} for b in row]
                      for g, row in zip(good, bad, strict=True)])  # fmt: skip
    print(f"clear: {clear.mean():.2f} of all pairs")
    chosen = np.sort(np.argsort(-clear.mean(axis=0), kind="stable")[:kept_nets])
    rows = np.flatnonzero(clear[:, chosen].all(axis=1))[:kept_digits]
    print(f"networks {chosen}, {len(rows)} digits")
    return {
        "trained": good[rows].astype(np.uint8),
        "untrained": bad[rows][:, chosen].astype(np.uint8),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    packed = {name: base64.b64encode(one.tobytes()).decode() for name, one in make().items()}
    PATH.write_text(json.dumps(packed, indent=0) + "\n", encoding="utf-8")
    print(f"{PATH}: {PATH.stat().st_size} bytes")
