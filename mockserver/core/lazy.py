"""A property that is worked out once, without the lock that `functools.cached_property` takes until Python 3.12."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy_property(Generic[T]):  # noqa: N801 - a decorator, as property is
    """A property whose value is kept in the `__dict__` of its object. Two threads may work it out twice."""

    def __init__(self, make: Callable[[Any], T]) -> None:  # Any: the class that has the property
        self._make = make
        self._name = ""
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "lazy_property[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> "T | lazy_property[T]":
        """Work the value out, and keep it: from now on it is found before this is asked."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value
