"""Rate limits: how many points a caller may use a minute, and how many wrong credentials.

Each process counts for itself: with N processes a caller can use up to N times as much.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil, floor
from time import monotonic
from typing import TypeAlias

from domain.access import Identity, RateLimit, Role
from resolvers.errors import RATE_LIMITED
from server.errors import HttpError, OperationRejected, limit_exceeded
from server.settings_access import RateSettings

BUCKETS_MAX = 10_000  # callers, or addresses, that are remembered
_PERIOD_S = 60.0
_ROUNDING_S = 1e-7  # of times: a hundredth of a point at most

Clock: TypeAlias = Callable[[], float]


class Buckets:
    """A token bucket for each caller: full at first, and refilled continuously.

    A bucket is the time at which it is full again, and one that is full need not be kept. Beyond
    BUCKETS_MAX the one is forgotten that was used least recently.
    """

    def __init__(self, per_minute: int, clock: Clock = monotonic) -> None:
        self.capacity = per_minute
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, amount: int) -> float:
        """Take an amount if it is there; else the seconds until it is, and nothing is taken."""
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + amount * _PERIOD_S / self.capacity
        missing_s = full_at - now - _PERIOD_S
        if missing_s > _ROUNDING_S:
            return missing_s
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > BUCKETS_MAX:
            self._full_at.popitem(last=False)
        return 0.0

    def give_back(self, key: str, amount: int) -> None:
        """Give back an amount that was taken."""
        full_at = self._full_at.get(key, 0.0) - amount * _PERIOD_S / self.capacity
        if full_at > self._clock() + _ROUNDING_S:
            self._full_at[key] = full_at
        else:
            self._full_at.pop(key, None)

    def wait_s(self, key: str, amount: int = 1) -> float:
        """The seconds until an amount is there; 0 if it is."""
        full_at = self._full_at.get(key)
        if full_at is None:
            return 0.0
        missing_s = full_at - self._clock() + amount * _PERIOD_S / self.capacity - _PERIOD_S
        return missing_s if missing_s > _ROUNDING_S else 0.0

    def full_in_s(self, key: str) -> float:
        """The seconds until a bucket is full."""
        return max(0.0, self._full_at.get(key, 0.0) - self._clock())

    def left(self, key: str) -> int:
        """What can be taken now."""
        used_s = self.full_in_s(key) - _ROUNDING_S
        return min(self.capacity, floor(self.capacity * (1 - used_s / _PERIOD_S)))


class RateLimits:
    """The points of identified callers. A caller without a credential is not charged."""

    def __init__(self, settings: RateSettings, clock: Clock = monotonic) -> None:
        self._of_gateways = Buckets(settings.gateway_points_per_minute, clock)
        self._of_others = Buckets(settings.points_per_minute, clock)

    def is_charged(self, identity: Identity) -> bool:
        """Whether the caller's points are counted."""
        return self._buckets(identity) is not None

    def charge(self, identity: Identity, points: int) -> None:
        """Take the points of an operation that is about to run.

        Raises HttpError, 429, when the caller has too few, and OperationRejected for an operation
        of more points than it can ever have; such a refusal takes one point.
        """
        buckets = self._buckets(identity)
        if buckets is None or not buckets.take(identity.name, points):
            return
        buckets.take(identity.name, 1)
        raise _too_many_points(buckets, identity.name, points)

    def charge_refused(self, identity: Identity) -> None:
        """Take one point, if there is one, for an operation that was refused."""
        buckets = self._buckets(identity)
        if buckets is not None:
            buckets.take(identity.name, 1)

    def is_used_up(self, identity: Identity) -> bool:
        """Whether the caller is charged, and has not a single point."""
        buckets = self._buckets(identity)
        return buckets is not None and buckets.wait_s(identity.name) > 0

    def refuse_used_up(self, identity: Identity, points: int | None) -> None:
        """Refuse an operation of so many points, if they are known, of a caller without a single
        one.

        Raises HttpError, 429, or OperationRejected for one of more points than it can ever have.
        """
        buckets = self._buckets(identity)
        if buckets is None or not buckets.wait_s(identity.name):
            return
        if points is None:
            message = f"All {buckets.capacity} points of a minute are used"
            raise _rate_limited(message, buckets.wait_s(identity.name))
        raise _too_many_points(buckets, identity.name, points)

    def state(self, identity: Identity, points: int) -> RateLimit | None:
        """What the caller has left; `points` are those of its operation, which were taken."""
        buckets = self._buckets(identity)
        if buckets is None:
            return None
        full_in = timedelta(seconds=buckets.full_in_s(identity.name))
        left, reset_at = buckets.left(identity.name), datetime.now(UTC) + full_in
        return RateLimit(buckets.capacity, left, reset_at, points)

    def _buckets(self, identity: Identity) -> Buckets | None:
        if identity.is_open:
            return None
        buckets = self._of_gateways if identity.role is Role.GATEWAY else self._of_others
        return buckets if buckets.capacity else None


class WrongCredentials:
    """Counts the wrong credentials of each address."""

    def __init__(self, settings: RateSettings, clock: Clock = monotonic) -> None:
        self._buckets = Buckets(settings.wrong_credentials_per_minute, clock)

    def take(self, address: str) -> float:
        """Count a credential that is about to be looked up; else the seconds until it may be.

        It is counted before the look-up, so that many at once cannot pass the limit.
        """
        return self._buckets.take(_network(address), 1) if self._buckets.capacity else 0.0

    def give_back(self, address: str) -> None:
        """Count a credential no more: it was not wrong."""
        if self._buckets.capacity:
            self._buckets.give_back(_network(address), 1)


def too_many_wrong_credentials(wait_s: float) -> HttpError:
    """The error of a credential that is not looked up."""
    return _rate_limited("Too many wrong credentials came from this address", wait_s)


def _network(address: str) -> str:
    """The address; of IPv6 its network, which one client has as a whole."""
    if ":" not in address:
        return address
    ip = ip_address(address)
    if not isinstance(ip, IPv6Address):
        return address
    return str(ip.ipv4_mapped or IPv6Network((ip.packed, 64), strict=False))


def _too_many_points(buckets: Buckets, name: str, points: int) -> HttpError | OperationRejected:
    if points > buckets.capacity:
        return OperationRejected([limit_exceeded(_never(points, buckets.capacity))])
    message = (
        f"Too many points: the operation costs {points}, and {buckets.left(name)} of"
        f" {buckets.capacity} a minute are left"
    )
    return _rate_limited(message, buckets.wait_s(name, points))


def _never(points: int, capacity: int) -> str:
    return (
        f"The operation costs {points} points, and can never run: a caller has {capacity} a minute;"
        " ask for less at a time"
    )


def _rate_limited(message: str, wait_s: float) -> HttpError:
    seconds = max(1, ceil(wait_s))
    headers = {"retry-after": str(seconds), "cache-control": "no-store"}
    message = f"{message}; try again in {seconds} s"
    extensions = {"retryAfter": seconds}
    return HttpError(HTTPStatus.TOO_MANY_REQUESTS, message, RATE_LIMITED, headers, extensions)
