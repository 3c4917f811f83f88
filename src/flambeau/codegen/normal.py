"""The normal distribution's tails, for float64: erfcx, and ndtri, the inverse of the distribution function.

The polynomials are interpolated at Chebyshev's points in 40-digit arithmetic, to 2**-52.
"""

from __future__ import annotations

import math

from .terms import Term, composite, polynomial, where

# (1 + 2 x) exp(x**2) erfc(x) over (x - 4) / (x + 4), x >= 0.
ERFCX = (
    1.2329951186255526, -0.1396211168405625, 0.01537965210261959, 0.0680970542546913, -0.1010390660362999,
    0.0937328349984105, -0.06633036581219905, 0.03716751553632399, -0.01619773405968329, 0.0050319699895242515,
    -0.000757773262030915, -0.00019925676026410458, 0.00015062149237837335, -2.43989944557621e-05,
    -1.1221292615314274e-05, 5.709314113532492e-06, 2.9198219084548256e-07, -8.25078338681245e-07,
    7.74606863568198e-08, 1.1025271999000152e-07, -2.05545313698593e-08, -1.4806988146925795e-08,
    3.1672611119361695e-09, 1.825695118953907e-09, -2.655726616312575e-10, -1.4311318470928162e-10,
)  # fmt: skip
# -ndtri(exp(-s**2 / 2)) / s over 1 / s, s from 2 to 8 and from 8 to 40.
NDTRI_TAIL = (
    0.7854865662426045, -0.20593296419734786, -0.032784830354536276, 0.004774181752534075, -0.000973408704204983,
    0.0002456129114813128, -7.40089131798331e-05, 2.5663685929476845e-05, -9.80748292081174e-06,
    3.98816746392905e-06, -1.6896087074901765e-06, 7.382849445464672e-07, -3.3195571869700784e-07,
    1.5255805024893748e-07, -6.9387917914971e-08, 3.3069674287130854e-08, -2.0530494422896354e-08,
    1.0322123210520466e-08, 9.34689526354369e-10, -6.598295399251119e-10, -5.2995524838662085e-09,
    2.8422587363470975e-09, 1.891537448388149e-09, -1.029667792437392e-09, -6.284593748614574e-10,
    3.386213486570315e-10,
)  # fmt: skip
NDTRI_FAR = (
    0.9801439335558312, -0.02282835588541225, -0.005220016230129625, 0.0005031948388600282, -9.272042109240699e-05,
    2.5033663507357187e-05, -8.342986675851181e-06, 3.1679872365426384e-06, -1.3162774227819032e-06,
    5.83663220362655e-07, -2.7200120083101874e-07, 1.3295163438432752e-07, -6.655010164466095e-08,
    3.028255802976332e-08, -1.5578275000644467e-08, 1.6606216618165518e-08, -9.43650365658448e-09,
    -7.0054167711881646e-09, 4.357898776868156e-09, 9.506536796973928e-09, -5.697608837880516e-09,
    -4.246840928134555e-09, 2.56409871438384e-09, 1.2381428913858107e-09, -7.421579332102006e-10,
)  # fmt: skip


@composite
def erfcx(x: Term) -> Term:
    """exp(x**2) erfc(x)."""
    size = abs(x)
    far = size > 1e30
    safe = where(far, 1e30, size)
    right = polynomial((safe - 4) / (safe + 4), ERFCX) / (safe + safe + 1)
    square = x * x
    # The square's rounding error counts: exp(square) is large.
    left = 2 * square.exp() * (1 + x.fma(x, -square)) - right
    right = where(far, 1 / (size * math.sqrt(math.pi)), right)
    return where(x < 0, where(x < -26.7, math.inf, left), right)


@composite
def ndtri(p: Term) -> Term:
    """The number below which the standard normal distribution has probability p."""
    rest = where(p > 0.5, 1 - p, p)
    s = (-2 * rest.log()).sqrt()
    inverse = 1 / s
    tail = s * where(
        s < 8,
        polynomial((inverse - 5 / 16) * (16 / 3), NDTRI_TAIL),
        polynomial((inverse - 3 / 40) * 20, NDTRI_FAR),
    )
    tail = where(rest.equals(0), math.inf, tail)
    middle = (p + p - 1).erfinv() * math.sqrt(2)
    return where(rest < 0.125, where(p > 0.5, tail, -tail), middle)
