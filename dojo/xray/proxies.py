"""What stands in for a session or a connection: asyncio's wrappers, and registries of sessions."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

Unwrap = Callable[[Any], Iterable[object]]


@cache
def unwrapper(kind: type) -> Unwrap | None:
    """What finds the sessions or connections that are behind a value of this class, if it can.

    It runs none of the learner's code: a registry's `scopefunc` is not asked for the scope.
    """
    for base in kind.__mro__:
        if base.__module__.startswith("sqlalchemy.") and base.__name__ in _UNWRAP:
            return _UNWRAP[base.__name__]
    return None


def _registered(proxy: Any) -> Iterable[object]:
    """The sessions of a registry: of all scopes, or else the one of this thread."""
    scopes = proxy.registry.registry
    found = scopes.values() if isinstance(scopes, dict) else [getattr(scopes, "value", None)]
    return [getattr(session, "sync_session", session) for session in found]


_UNWRAP: dict[str, Unwrap] = {
    "AsyncSession": lambda proxy: [proxy.sync_session],
    "AsyncConnection": lambda proxy: [proxy.sync_connection],
    "scoped_session": _registered,
    "async_scoped_session": _registered,
}
