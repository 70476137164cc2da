"""Right answers of the exercise `saliency`, written in other ways: `<task>_<how>`."""

import numpy as np


def occlusion_all_at_once(f, x, window, baseline=0.0):
    H, W = x.shape
    corners = [(i, j) for i in range(H - window + 1) for j in range(W - window + 1)]
    masks = np.zeros((len(corners), H, W), dtype=bool)
    for mask, (i, j) in zip(masks, corners, strict=True):
        mask[i : i + window, j : j + window] = True
    lost = f(x[None]) - f(np.where(masks, baseline, x))
    return np.einsum("n,nij->ij", lost, masks) / masks.sum(axis=0)


def mutagenesis_columns(f, one_hot):
    A, L = one_hot.shape
    batch = np.repeat(one_hot[None, None], A, axis=0).repeat(L, axis=1)  # (A, L, A, L)
    for i in range(L):
        batch[:, i, :, i] = np.eye(A)
    return f(batch.reshape(A * L, A, L)).reshape(A, L) - f(one_hot[None])


def saliency_loops(gradient, x):
    slopes = gradient(np.array([x]))
    C, H, W = x.shape
    result = np.zeros((H, W))
    for i in range(H):
        for j in range(W):
            result[i, j] = max(abs(slopes[0, c, i, j]) for c in range(C))
    return result


def class_model_weights(gradient, shape, *, l2, steps, lr):
    batch = np.zeros((1, *shape))
    for _ in range(steps):
        batch = (1 - 2 * lr * l2) * batch + lr * gradient(batch)
    return batch[0]


def smoothgrad_one_by_one(gradient, x, noise):
    total = 0
    for one in noise:
        total = total + gradient((x + one)[None])[0]
    return total / len(noise)


def smoothgrad_bias_indices(third, sigma):
    return 0.5 * sigma**2 * np.einsum("jkk->j", third)


def untrained_distances(maps):
    shares = maps / maps.sum(axis=(1, 2), keepdims=True)
    distances = [sum(np.abs(one - other).sum() for other in shares) for one in shares]
    return int(np.argmax(distances))


def untrained_cosines(maps):
    flat = maps.reshape(4, -1)
    flat = flat / np.linalg.norm(flat, axis=1)[:, None]
    return np.argmin(flat @ flat.mean(axis=0))
