import numpy as np

from components._compiled.pieces import add_pieces


def test_a_piece_rises_within_its_bounds_only() -> None:
    matrix = np.array([[9.0, -2.0], [9.0, 0.5], [9.0, 2.0], [9.0, 7.0]], dtype=np.float32)
    # Of the second feature, from 0 to 1 and from 1 to 5.
    columns = np.array([1, 1])
    factors, offsets = np.array([1.0, 0.25], np.float32), np.array([-0.5, -0.75], np.float32)
    found = add_pieces(matrix, columns, factors, offsets)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[:, :2], matrix)
    np.testing.assert_allclose(found[:, 2:], [[-0.5, -0.5], [0, -0.5], [0.5, -0.25], [0.5, 0.5]])
