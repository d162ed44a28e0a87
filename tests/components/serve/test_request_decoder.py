import random
import re
from typing import Any

import pytest

from components.serve.messages import InputTensor
from components.serve.request_decoder import RequestError, to_rows


def test_tensors_of_every_form_are_the_same_rows() -> None:
    draw = random.Random(0)
    for _ in range(500):
        names = draw.sample("abcdefg", draw.randint(1, 7))
        n_rows = draw.randint(1, 4)
        rows = [
            {name: draw.choice([1, 2.5, "x", None, True, [3, 4]]) for name in names} for _ in range(n_rows)
        ]
        inputs = []
        for name in names:
            cells: list[Any] = [row[name] for row in rows]
            nested: list[Any] = [[cell] for cell in cells]
            forms = [([n_rows], cells), ([n_rows, 1], cells), ([n_rows, 1], nested)]
            shape, data = draw.choice(forms)
            inputs.append(InputTensor(name, shape, "BYTES", data))
        assert to_rows(inputs) == rows


@pytest.mark.parametrize("n_rows", [1, 3])
def test_tensors_that_are_not_rows_are_refused(n_rows: int) -> None:
    def make_column(name: str, shape: list[int], n_data: int) -> InputTensor:
        return InputTensor(name, shape, "INT64", [1] * n_data)

    good = make_column("a", [n_rows], n_rows)
    for other, message in (
        (good, "The request has two tensors for 'a'."),
        (make_column("b", [n_rows], n_rows + 1), f"differ in length: a {n_rows}, b {n_rows + 1}."),
        (make_column("b", [n_rows], 0), f"differ in length: a {n_rows}, b 0."),
        (make_column("b", [n_rows + 1], n_rows + 1), f"differ in length: a {n_rows}, b {n_rows + 1}."),
        (make_column("b", [n_rows, 2], n_rows), f"has the shape [{n_rows}, 2]; it must be"),
        (make_column("b", [], 1), "has the shape []; it must be"),
    ):
        with pytest.raises(RequestError, match=re.escape(message)):
            to_rows([good, other])
