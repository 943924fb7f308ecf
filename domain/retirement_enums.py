"""The enums of retirements; docstrings are the API's descriptions."""

from enum import StrEnum


class RetirementKind(StrEnum):
    """What happens on the day of a retirement.

    - DEPRECATION: new uses should choose another version from this day on: deprecatedOn.
    - SUNSET: the last day on which it is routable: sunsetOn.
    """

    DEPRECATION = "DEPRECATION"
    SUNSET = "SUNSET"


class SuccessorRule(StrEnum):
    """By which rule a successor is proposed; the first one that finds a version counts.

    - OTHER_BINDING: of a binding that retires: its version is ACTIVE and is not deprecated or
      ended by that day, and another ACTIVE binding serves it longer.
    - SAME_MODEL: the ACTIVE version of the same model that comes last in the order of
      latestVersion, of those that come after the one that retires and are not deprecated or ended
      by that day. None was released before the one that retires, as far as that is known: one
      without releasedOn has a higher number, or is rolling.
    - SAME_FAMILY: by the letters of names alone, which may mislead: the ACTIVE version with the
      newest releasedOn, not before that of the one that retires, of a model for the same task
      whose name begins alike: with the same letters after the last slash, such as claude. It has
      all capabilities and at least the context window that are known of the one that retires, is
      not deprecated or ended by that day, and an ACTIVE binding serves it longer.
    """

    OTHER_BINDING = "OTHER_BINDING"
    SAME_MODEL = "SAME_MODEL"
    SAME_FAMILY = "SAME_FAMILY"
