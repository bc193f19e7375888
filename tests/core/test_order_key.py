"""Two orders never have one key in a management system."""

from hypothesis import given
from hypothesis import strategies as st

from listino.core.order_key import erp_key, parts_of

names = st.text("a/%2F5b", min_size=1, max_size=6)


def test_the_key_of_most_orders_is_what_it_looks_like() -> None:
    assert erp_key("shop", "2026/77") == "shop/2026/77"
    assert (erp_key("a", "b/1"), erp_key("a/b", "1")) == ("a/b/1", "a%2Fb/1")


@given(store=names, number=names, other_store=names, other_number=names)
def test_each_pair_has_a_key_of_its_own_and_is_read_from_it(
    store: str, number: str, other_store: str, other_number: str
) -> None:
    assert parts_of(erp_key(store, number)) == (store, number)
    same = (store, number) == (other_store, other_number)
    assert (erp_key(store, number) == erp_key(other_store, other_number)) == same
