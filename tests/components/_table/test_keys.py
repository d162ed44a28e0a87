import numpy as np
import pytest

from components._table.keys import (
    count_words,
    explain_number_key,
    explain_text_key,
    is_key_name,
    is_owner_name,
)

RANDOM = np.random.default_rng(0)
N = 400


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "ID",
        "customer_id",
        "customerId",
        "CustomerID",
        "PassengerId",
        "customerid",
        "",
        "Unnamed: 0",
        "uuid",
        "Kundennummer",
        "Konto-Nr",
        "account number",
        "id_cliente",
        "código",
        "Código_Cliente",
        "numéro",
        "N°",
        "clave",
        "matricule",
        "номер",
        "номер_заказа",
        "客户编号",
        "注文番号",
        "고객번호",
        "müşteri no",
        "azonosító",
    ],
)
def test_names_of_identifiers(name: str) -> None:
    assert is_key_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "income",
        "paid",
        "acid",
        "humid",
        "grid",
        "bid",
        "number_of_rooms",
        "num_rooms",
        "area",
        "x",
        "epoch",
        "price index",
        "numero_de_habitantes",
        "keyword",
        "codec",
        "noise",
        "row_width",
        "Anzahl",
        "идея",
    ],
)
def test_names_of_features(name: str) -> None:
    assert not is_key_name(name)


@pytest.mark.parametrize("name", ["patient", "Kunde", "subject", "usuario", "customer_id", "患者"])
def test_names_of_owners(name: str) -> None:
    assert is_owner_name(name)
    assert not is_owner_name("age")


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("a", np.arange(N), "follow each other"),
        ("a", RANDOM.permutation(N) * 10 + 7, "follow each other"),
        ("a", RANDOM.choice(2 * N, N, replace=False), "follow each other"),
        ("a", [*range(N), *range(5)], "follow each other"),
        ("a", [np.nan, *range(N)], "follow each other"),
        ("order_no", RANDOM.integers(0, 10**6, N), "its name is that of a key"),
        ("a", RANDOM.integers(0, 2**50, N), "random codes"),
        ("a", RANDOM.integers(10**9, 10**10, N), "random codes"),
        ("a", RANDOM.integers(-(2**62), 2**62, N), "random codes"),
        # Measured, and all different.
        ("income", 20_000 + RANDOM.permutation(N) * 331 + RANDOM.integers(0, 330, N), ""),
        ("area", RANDOM.choice(200_000, N, replace=False), ""),
        ("epoch", 1_600_000_000 + RANDOM.integers(0, 10**8, N), ""),
        ("a", (1e9 + 1e8 * RANDOM.normal(size=N)).astype(int), ""),
        # Repeated, or few.
        ("id", RANDOM.integers(0, N, N), ""),
        ("id", np.arange(19), ""),
        ("id", [np.nan] * N, ""),
    ],
)
def test_whole_numbers_that_look_like_identifiers(name: str, values: object, reason: str) -> None:
    found = explain_number_key(name, np.asarray(values, dtype=float))
    assert reason in found
    assert bool(found) == bool(reason)


@pytest.mark.parametrize(
    ("texts", "n_known", "is_key", "is_free"),
    [
        ([f"C{i:05}" for i in range(100)], 100, True, False),
        ([f"Smith {i}" for i in range(100)], 105, True, False),
        ([f"works well, arrived late {i}" for i in range(100)], 100, True, True),
        ([f"とても良い商品でした{i}" for i in range(100)], 100, True, True),
        ([f"顾客{i}" for i in range(100)], 100, True, False),
        ([f"works well, arrived late {i}" for i in range(50)], 100, False, False),
        ([f"C{i}" for i in range(19)], 19, False, False),
        ([], 0, False, False),
    ],
)
def test_texts_that_are_all_different(texts: list[str], n_known: int, is_key: bool, is_free: bool) -> None:
    key, free = explain_text_key(texts, n_known)
    assert (bool(key), free) == (is_key, is_free)


@pytest.mark.parametrize(
    ("text", "n"), [("", 0), ("C0001", 1), ("a  b\nc", 3), ("良い商品", 2), ("ok 良い", 2)]
)
def test_words_are_counted(text: str, n: float) -> None:
    assert count_words(text) == n
