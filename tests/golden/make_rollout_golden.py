#!/usr/bin/env python3
"""Writes rollout.json: attention rollout and words joined, as numpy computes them in float64 from random attention.

    python3 tests/golden/make_rollout_golden.py tests/golden/rollout.json
"""

import json
import sys

import numpy as np

LAYERS, HEADS, T = 3, 2, 5
WORDS = [0, 1, 1, 2, 3]


def joined(weights):
    """Keys of a word are summed, queries of a word averaged."""
    words = max(WORDS) + 1
    out = np.zeros((words, words))
    for query in range(words):
        rows = [i for i in range(T) if WORDS[i] == query]
        for key in range(words):
            columns = [j for j in range(T) if WORDS[j] == key]
            out[query, key] = weights[np.ix_(rows, columns)].sum(axis=1).mean()
    return out


def main(path):
    random = np.random.default_rng(20170612)
    scores = 2 * random.standard_normal((LAYERS, HEADS, T, T))
    attention = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    attention = attention.astype(np.float32)
    rollouts, R = [], np.eye(T)
    for layer in attention.astype(np.float64):
        with_residual = layer.mean(axis=0) + np.eye(T)
        with_residual /= with_residual.sum(axis=-1, keepdims=True)
        R = with_residual @ R
        rollouts.append(R)
    golden = {
        "layers": LAYERS,
        "heads": HEADS,
        "tokens": T,
        "words": WORDS,
        "attention": attention.ravel().round(8).tolist(),
        "mean_of_layers": attention.mean(axis=(0, 1)).ravel().round(6).tolist(),
        "rollout": np.array(rollouts).ravel().round(6).tolist(),
        "joined": joined(attention[1, 1]).ravel().round(6).tolist(),
    }
    with open(path, "w") as file:
        json.dump(golden, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
