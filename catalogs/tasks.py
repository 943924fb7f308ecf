"""The task of a model, derived from its name where no catalog says it."""

import re

from domain.enums import TaskType

_TASKS = (
    (re.compile(r"rerank"), TaskType.RERANK),
    (re.compile(r"embed|\bbge-|\bgte-|^voyage-|\be5-"), TaskType.EMBEDDING),
    (re.compile(r"moderation|guard"), TaskType.MODERATION),
    (re.compile(r"whisper|transcribe|scribe|\bstt\b|\basr\b"), TaskType.SPEECH_TO_TEXT),
    (re.compile(r"\btts\b|^eleven_|orpheus|^aura"), TaskType.TEXT_TO_SPEECH),
    (re.compile(r"realtime|-live\b|voice"), TaskType.REALTIME),
    (re.compile(r"\bocr\b"), TaskType.OCR),
    (re.compile(r"dall-e|image|^flux|stable-diffusion|banana"), TaskType.IMAGE_GENERATION),
    (re.compile(r"^sora|^veo|video"), TaskType.VIDEO_GENERATION),
    (re.compile(r"instruct-0914|^(?:babbage|davinci|curie|ada)\b"), TaskType.COMPLETION),
)


def task_of(model: str) -> TaskType:
    """The task of the model with this name; CHAT when no pattern matches."""
    lower = model.lower()
    return next((task for pattern, task in _TASKS if pattern.search(lower)), TaskType.CHAT)
