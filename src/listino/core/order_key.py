"""The key under which a management system holds an order: from its store and number, the same for ever."""

# A slash in a store's name would let two orders have one key ("a" + "b/1", "a/b" + "1"): it is written otherwise.
_WRITTEN = (("%", "%25"), ("/", "%2F"))


def erp_key(store: str, number: str) -> str:
    """The key of an order: STORE/NUMBER, one for each pair."""
    for sign, written in _WRITTEN:
        store = store.replace(sign, written)
    return f"{store}/{number}"


def parts_of(key: str) -> tuple[str, str]:
    """The store and number that a key is made of."""
    store, _, number = key.partition("/")
    for sign, written in reversed(_WRITTEN):
        store = store.replace(written, sign)
    return store, number
