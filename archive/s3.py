"""Cold storage in a bucket, by the S3 API. Every call blocks."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3  # type: ignore[import-untyped]  # its stubs are a package of their own
from botocore.config import Config  # type: ignore[import-untyped]  # the same
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # same

from archive.objects import RestorePending, StoreUnavailable


class S3Store:
    """Objects in an S3 bucket; the endpoint and the credentials come from AWS's own variables."""

    def __init__(self, bucket: str, prefix: str, storage_class: str) -> None:
        self._bucket, self._prefix, self._class = bucket, prefix, storage_class
        # Servers other than Amazon's do not resolve a bucket's name as a host name.
        has_endpoint = "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_S3" in os.environ
        config = Config(
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=32,
            s3={"addressing_style": "path" if has_endpoint else "auto"},
        )
        region = os.environ.get("AWS_REGION")  # boto3 itself reads only AWS_DEFAULT_REGION
        self._client: Any = boto3.client("s3", config=config, region_name=region)

    def uri(self, key: str) -> str:
        """An `s3://` URI."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def put(self, key: str, data: bytes) -> None:
        """Upload an object; S3 checks the upload's checksum."""
        self._call(
            "put_object",
            key,
            Body=data,
            StorageClass=self._class,
            ContentType="application/json",
            ContentEncoding="zstd",
        )

    def get(self, key: str, *, request_restore: bool) -> bytes:
        """Download an object. An object in an archive tier is restored first, for some days."""
        try:
            return bytes(self._call("get_object", key)["Body"].read())
        except _Archived as error:
            if not request_restore:
                raise RestorePending(self._class, datetime.now(UTC)) from error
            raise self._request_restore(key) from error
        except (BotoCoreError, OSError) as error:  # while the body was read
            raise _unavailable(error) from error

    def delete(self, key: str) -> None:
        """Delete an object."""
        self._call("delete_object", key)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """The objects below the prefix, page by page."""
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(self._prefix), entry["Size"]
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error

    def delete_unfinished(self, age_s: float) -> int:
        """Nothing: an upload is one call, which stores the whole object or nothing."""
        return 0

    def check(self) -> None:
        """Ask for the bucket, which needs s3:ListBucket; nothing is written, as that is charged."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def _request_restore(self, key: str) -> RestorePending:
        """Request the restore of an object in an archive tier, unless a restore is under way."""
        head = self._call("head_object", key)
        storage_class = head.get("StorageClass", self._class)
        if 'ongoing-request="true"' not in head.get("Restore", ""):
            request = {"Days": _RESTORED_DAYS, "GlacierJobParameters": {"Tier": "Standard"}}
            self._call("restore_object", key, RestoreRequest=request)
        wait = _WAITS.get(storage_class, timedelta(hours=12))
        return RestorePending(storage_class, datetime.now(UTC) + wait)

    def _call(self, operation: str, key: str, **arguments: Any) -> Any:
        try:
            call = getattr(self._client, operation)
            return call(Bucket=self._bucket, Key=self._prefix + key, **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code == "InvalidObjectState":
                raise _Archived from error
            if code == "RestoreAlreadyInProgress":
                return None
            if code in ("NoSuchKey", "404"):
                raise StoreUnavailable("the archive is missing from cold storage") from error
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error


class _Archived(Exception):
    """The object is in an archive tier: a GET fails until it is restored."""


_RESTORED_DAYS = 7  # how long S3 keeps the readable copy
# The longest time that a Standard restore takes.
# Source: docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
_WAITS = {"GLACIER": timedelta(hours=5), "DEEP_ARCHIVE": timedelta(hours=12)}


def _unavailable(error: Exception) -> StoreUnavailable:
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "error")
        return StoreUnavailable(f"cold storage refused: {code}")
    return StoreUnavailable(f"cold storage does not answer: {type(error).__name__}")
