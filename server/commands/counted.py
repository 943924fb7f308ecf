"""Numbers with their nouns, for messages."""


def counted(number: int, noun: str) -> str:
    """Such as "1 model" and "2,000 models"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def counted_are(number: int, noun: str) -> str:
    """Such as "1 model is" and "2,000 models are"."""
    return f"{counted(number, noun)} {'is' if number == 1 else 'are'}"
