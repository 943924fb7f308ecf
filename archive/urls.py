"""The URLs of cold storage; the settings check them without loading the stores."""

from urllib.parse import urlsplit


def check(url: str) -> None:
    """Raise ValueError unless the URL names a folder or a bucket."""
    parts = urlsplit(url)
    is_folder = parts.scheme == "file" and parts.netloc == "" and len(parts.path) > 1
    is_bucket = parts.scheme == "s3" and parts.netloc != ""
    if not (is_folder or is_bucket) or parts.query or parts.fragment:
        raise ValueError("must be file:///folder or s3://bucket/prefix")
