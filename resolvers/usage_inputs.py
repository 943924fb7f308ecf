"""What a call uses, as clients say it."""

from domain.costs import Usage
from domain.enums import PriceVariant
from resolvers.arguments import input_type, optional

# What a call is taken to use when the input does not say.
DEFAULT_USAGE = Usage(input_tokens=1_000, output_tokens=1_000)


@input_type("What a call uses.")
class UsageInput:
    input_tokens: int = optional(
        "All input tokens, with those of cache and audio. They choose the tier of the whole call.",
        default=0,
    )
    output_tokens: int = optional(
        "All output tokens, with those of reasoning and audio.", default=0
    )
    cache_read_tokens: int = optional(
        "Of inputTokens, those that the provider reads from its cache.", default=0
    )
    cache_write_tokens: int = optional(
        "Of inputTokens, those that the provider writes to its cache, for its usual time.",
        default=0,
    )
    reasoning_tokens: int = optional("Of outputTokens, those of reasoning.", default=0)
    audio_input_tokens: int = optional(
        "Of inputTokens, those of audio, without those of the cache.", default=0
    )
    audio_output_tokens: int = optional("Of outputTokens, those of audio.", default=0)
    images: int = optional("Images that are answered and charged one by one.", default=0)
    requests: int = optional("Calls; free where they have no price of their own.", default=1)
    variant: PriceVariant = optional("The way of calling.", default=PriceVariant.STANDARD)


def usage_of(given: UsageInput | None) -> Usage:
    """What the call uses; by default 1,000 input and 1,000 output tokens."""
    return DEFAULT_USAGE if given is None else Usage(**vars(given))
