"""Logistic regression over a kernel, for what is taught while the desk runs.

In dual form the work depends on the number of taught examples, not on the size of the feature
space. Fitted by Böhning's bound (1992, "Multinomial logistic regression algorithm"): the
curvature of the loss never exceeds a constant, so one factor serves every step and no step
overshoots.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

SOFTMAX_CURVATURE = 0.5
SIGMOID_CURVATURE = 0.25

_LEAST, _MOST = np.float32(-30.0), np.float32(30.0)


def softmax(logits: Matrix) -> Matrix:
    """Rows of logits to rows of probabilities."""
    # the reductions themselves: the methods that wrap them cost as much as they do on one row
    greatest: Matrix = np.maximum.reduce(logits, axis=-1, keepdims=True)
    powers = np.exp(logits - greatest)
    result: Matrix = powers / np.add.reduce(powers, axis=-1, keepdims=True)
    return result


def sigmoid(logits: Matrix) -> Matrix:
    """Logits to probabilities, each on its own."""
    bounded: Matrix = np.minimum(np.maximum(logits, _LEAST), _MOST)
    return np.reciprocal(1.0 + np.exp(-bounded))


def fit_dual(
    kernel: Matrix,
    basis: Matrix,
    target: Matrix,
    base: Matrix,
    link: Callable[[Matrix], Matrix],
    curvature: float,
    *,
    ridge: float,
    steps: int,
) -> Matrix:
    """Weights of a correction to given logits: link(base + kernel @ weights) fits the target.

    Args:
        kernel: Inner products of the examples with the basis examples, shape (n, m).
        basis: Inner products of the basis examples, shape (m, m); the kernel itself when every
            example is one.
        target: What the link should give, shape (n, columns).
        base: Logits before the correction, shape (n, columns).
        link: `softmax` or `sigmoid`.
        curvature: The bound on the link's curvature.
        ridge: Weight of the squared norm of the correction.
        steps: Number of steps; few steps regularise as well.

    Returns:
        Weights of shape (m, columns).
    """
    size = len(basis)
    weights = np.zeros((size, target.shape[1]), dtype=np.float32)
    identity = np.eye(size, dtype=np.float32)
    if len(kernel) == size:
        # all examples are basis examples: a factor of the kernel cancels on both sides
        step = np.linalg.inv(curvature * basis + ridge * identity)
        for _ in range(steps):
            weights -= step @ (link(base + basis @ weights) - target + ridge * weights)
        return weights
    bound = curvature * (kernel.T @ kernel) + ridge * basis
    # a little of the identity keeps examples with equal vectors invertible
    step = np.linalg.inv(bound + 1e-3 * identity)
    for _ in range(steps):
        gap = link(base + kernel @ weights) - target
        weights -= step @ (kernel.T @ gap + ridge * (basis @ weights))
    return weights


def fit_sigmoids(
    kernel: Matrix, target: Matrix, base: float, *, ridge: float, steps: int
) -> Matrix:
    """Weights of a logistic regression a column, sigmoid(base + kernel @ weights), all at once.

    The bound is far from the curvature where a column has few ones, so steps are carried on by
    momentum (Nesterov 1983, "A method of solving a convex programming problem").

    Args:
        kernel: Inner products of the examples, shape (n, n).
        target: Zeros and ones, shape (n, columns).
        base: The log-odds of what is like no example.
        ridge: Weight of the squared norm.
        steps: Number of steps.
    """
    identity = np.eye(len(kernel), dtype=np.float32)
    step = np.linalg.inv(SIGMOID_CURVATURE * kernel + ridge * identity)
    weights: Matrix = np.zeros_like(target)
    ahead: Matrix = weights
    for number in range(steps):
        gap = sigmoid(np.float32(base) + kernel @ ahead) - target + ridge * ahead
        before = weights
        weights = ahead - (step @ gap).astype(np.float32, copy=False)
        ahead = weights + (weights - before) * np.float32(number / (number + 3))
    return weights
