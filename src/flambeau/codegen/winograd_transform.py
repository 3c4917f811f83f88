"""The transforms of Winograd's convolution F(2x2, 3x3), as straight-line code.

With B, G and A below, the 2x2 results of a 3x3 filter g over a 4x4 patch d are A' [(G g G') * (B' d B)] A, where * is
element by element: 16 multiplications instead of 36 (Lavin and Gray, "Fast Algorithms for Convolutional Neural
Networks"). Summed over channels, each of the 16 elements is a matrix product of its own. The gradient of the filter is
G' [(B' d B) * (A y A')] G, summed over patches. A result is made of those pixels alone that the filter covers.
"""

from __future__ import annotations

from collections.abc import Sequence

from .builder import Builder, Value, Values

Coefficients = Sequence[Sequence[float]]  # of a linear map: one row for each result

PATCH, RESULT, FILTER = 4, 2, 3  # width of a patch, of its results, of a filter
ELEMENTS = PATCH * PATCH

INPUT: Coefficients = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1))  # B'
WEIGHT: Coefficients = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))  # G
OUTPUT: Coefficients = ((1, 1, 1, 0), (0, 1, -1, 1))  # A'
FLIPPED = (3, 1, 2, 0)  # the row of G that, for the filter's taps in reverse order, each row becomes


def transposed(matrix: Coefficients) -> Coefficients:
    """Rows as columns."""
    return tuple(zip(*matrix))


def transform(b: Builder, matrix: Coefficients, values: Values) -> Values:
    """matrix X matrix', for a square X given row by row; so is the result."""
    size, width = len(matrix[0]), len(matrix)
    columns = [_times(b, matrix, values[j::size]) for j in range(size)]  # of matrix X
    rows = [_times(b, matrix, [column[i] for column in columns]) for i in range(width)]
    return [value for row in rows for value in row]


def _times(b: Builder, matrix: Coefficients, values: Values) -> Values:
    return [_combination(b, row, values) for row in matrix]


def _combination(b: Builder, coefficients: Sequence[float], values: Values) -> Value:
    """A linear combination: the positive terms, then the negative ones."""
    terms = sorted(((k, value) for k, value in zip(coefficients, values) if k), key=lambda term: term[0] < 0)
    total: Value | None = None
    for k, value in terms:
        term = value if abs(k) == 1 else b.mul(value, abs(k))
        total = term if total is None else b.add(total, term) if k > 0 else b.sub(total, term)
    assert total is not None and terms[0][0] > 0
    return total
