"""A smooth guess at a game from some of its coalitions, with Shapley values in closed form.

With signs s = 2 z - 1, half the difference of a game at z and at its complement is an odd function
of s. The guess is its kernel regression (the mean of a Gaussian process) under

    k(s, s') = sinh(c t) / sinh(c) + LINEAR t,   t = s . s' / d,

which holds products of 1, 3, 5, ... signs with falling weight: exp(c t) is a product over players,
and sinh its odd part.
"""

from functools import lru_cache

import numpy as np

#: c: larger gives interactions of many players more weight. Measured, as the errors in the
#: docstring of `kernel_shap` are: 0.3 takes back an eighth of the gain on the price of the most
#: expensive player, and 6 as much on a ReLU net.
_CURVATURE = 3.0
_LINEAR = 30.0  # from 3 to 300 all the same: the fit before the guess has taken the linear part
_NOISE = 1e-3  # what the guess need not reproduce at a coalition that it has seen; to 1e-2 the same
_NOISE_AT_THE_END = 1e-9  # and at all players and none
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


class InteractionSurrogate:
    """Kernel regression on half differences of complementary coalitions.

    Args:
        masks: (P, d) bool, distinct, one of each pair.
        differences: (P,) half the game's difference between the coalition and its complement.
        end: half the difference between all players and none, which the guess reproduces.
    """

    def __init__(self, masks, differences, end):
        # Where they are used: SciPy takes long to import.
        from scipy.linalg import cholesky
        from scipy.linalg.lapack import dtrtri

        d = masks.shape[1]
        self._signs = np.concatenate([2.0 * masks - 1, np.ones((1, d))])
        self._kernel, self._share = _tables(d)
        gram = self._between(self._signs)
        gram.flat[:: len(gram) + 1] += _NOISE
        gram[-1, -1] += _NOISE_AT_THE_END - _NOISE
        factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        self._whiten, info = dtrtri(factor, lower=1, overwrite_c=1)
        if info:
            raise np.linalg.LinAlgError(f"the kernel's factor has no inverse: LAPACK says {info}")
        self._coefficients = (self._whiten @ np.append(differences, end)) @ self._whiten

    def _between(self, signs):
        products = (signs @ self._signs.T).astype(np.intp)
        return self._kernel[products]

    def predict(self, masks):
        """Return the guess at other coalitions, (M, d) bool to (M,) half differences."""
        return self._between(2.0 * masks - 1) @ self._coefficients

    def seen_errors(self):
        """Return, (P,), what each difference is off the guess made from all."""
        return _NOISE * self._coefficients[:-1]

    def left_out_errors(self):
        """Return, (P,), what each difference is off a guess made from all the others."""
        inverse_diagonal = np.einsum("ij,ij->j", self._whiten, self._whiten)
        return (self._coefficients / inverse_diagonal)[:-1]

    def shapley_values(self):
        """Return the Shapley values of the guess, (d,).

        A product of the signs of an odd set T has Shapley value 2/|T| for each player in T. Summed
        over the sets with j that the product kernel prod_i (1 + rho s_i s'_i) holds, that is

            s'_j * integral from -rho to rho of prod_{i not j} (1 + u s'_i) du

        with rho = tanh(c / d): a function of the number of players in s' other than j.
        """
        inside = self._signs == 1
        others = inside.sum(axis=1)[:, None] - inside  # players of s' other than j
        return self._coefficients @ (self._signs * self._share[others])


@lru_cache(maxsize=8)
def _tables(d):
    """Return the kernel by s . s', negative ones from the end, and the integral by its number."""
    t = np.concatenate([np.arange(d + 1), np.arange(-d, 0)]) / d
    kernel = np.sinh(_CURVATURE * t) / np.sinh(_CURVATURE) + _LINEAR * t
    rho = np.tanh(_CURVATURE / d)
    u = rho * _NODES
    others = np.arange(d)[:, None]
    products = (1 + u) ** others * (1 - u) ** (d - 1 - others)
    integral = products @ (rho * _WEIGHTS)
    share = integral * np.cosh(_CURVATURE / d) ** d / np.sinh(_CURVATURE) + 2 * _LINEAR / d
    return kernel, share
