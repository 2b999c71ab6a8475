"""Runs the cases of cases.json with boto3.

boto3_driver.py ENDPOINT ACCESS_KEY SECRET_KEY REGION when_supported|when_required strict|lenient|minio

Cases where a store of that name is said to differ must differ: a reason that has gone stale is a failure.
Prints a line for each case and exits with the number of those that failed.
"""

import json
import sys
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# names that are not the camel case of the list's
NAMES = {
    "acl": "ACL",
    "etag": "ETag",
    "content_md5": "ContentMD5",
    "checksum_crc32": "ChecksumCRC32",
    "checksum_sha256": "ChecksumSHA256",
}
TIMES = ("if_modified_since", "if_unmodified_since")


def main():
    endpoint, access_key, secret_key, region, checksums, store = sys.argv[1:]
    driver = Driver(endpoint, access_key, secret_key, region, checksums)
    failed = 0
    for case in json.loads((Path(__file__).parent / "cases.json").read_text()):
        name = f"{case['number']:2} {case['name']}"
        if case.get("stricter") and store == "lenient":
            print(f"skipped {name}")
            continue
        failure = driver.run(case)
        if reason := case.get("differs", {}).get(store):
            print(f"differs {name}: {reason}" if failure else f"FAILED  {name}: passes, but {store} is said to differ")
            failed += failure is None
            continue
        print(f"FAILED  {name}: {failure}" if failure else f"ok      {name}")
        failed += failure is not None
    sys.exit(min(failed, 100))


class Driver:
    def __init__(self, endpoint, access_key, secret_key, region, checksums):
        def client(access_key, secret_key):
            config = Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                request_checksum_calculation=checksums,
                response_checksum_validation=checksums,
            )
            keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key}
            return boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config, **keys)

        self.region = region
        self.clients = {
            "owner": client(access_key, secret_key),
            "stranger": client(access_key, "a wrong secret"),
            "unknown": client("nobody", secret_key),
        }

    def run(self, case):
        """Why the case failed, or None."""
        self.kept = {"bucket": f"flts-conformance-{uuid.uuid4().hex}"}
        self.answer("create_bucket", {}, "owner")
        try:
            for number, step in enumerate(case["steps"], 1):
                told = self.answer(step["call"], self.filled(step["with"]), step.get("as", "owner"))
                expected = self.filled(step.get("expect", {}))
                failure = compare(expected, told)
                if failure:
                    return f"step {number}, {step['call']}: {failure}"
                for field, name in step.get("keep", {}).items():
                    self.kept[name] = told[field]
        finally:
            self.clean()

    def answer(self, call, told, who):
        told = {"bucket": self.kept["bucket"], **told}
        try:
            return getattr(self, call, self.plain(call))(self.clients[who], told)
        except ClientError as error:
            code = error.response["Error"].get("Code")
            return {"status": error.response["ResponseMetadata"]["HTTPStatusCode"], "code": code}

    def filled(self, value):
        """The value with what was kept in place of $names, and long strings written out."""
        if isinstance(value, dict) and "byte" in value:
            return value["byte"] * value["times"]
        if isinstance(value, dict):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if isinstance(value, str) and value.startswith("$"):
            return self.kept[value[1:]]
        return value

    def plain(self, call):
        """An operation whose parameters and answer have the names of the list."""

        def ask(client, told):
            reply = getattr(client, call)(**parameters(told))
            fields = {snake: reply[camel] for snake, camel in reply_names(reply)}
            if "body" in fields:
                fields["body"] = fields["body"].read().decode()
            return {"status": reply["ResponseMetadata"]["HTTPStatusCode"], **fields}

        return ask

    def create_bucket(self, client, told):
        place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        client.create_bucket(Bucket=told["bucket"], **({} if self.region == "us-east-1" else place))
        return {}

    def list_buckets(self, client, told):
        names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        return {"holds": told["bucket"] if told["bucket"] in names else None}

    def get_bucket_location(self, client, told):
        return {"location": client.get_bucket_location(Bucket=told["bucket"])["LocationConstraint"]}

    def copy_object(self, client, told):
        told["copy_source"] = {"Bucket": told["bucket"], "Key": told["copy_source"]}
        return {"etag": client.copy_object(**parameters(told))["CopyObjectResult"]["ETag"]}

    def upload_part_copy(self, client, told):
        told["copy_source"] = {"Bucket": told["bucket"], "Key": told["copy_source"]}
        return {"etag": client.upload_part_copy(**parameters(told))["CopyPartResult"]["ETag"]}

    def complete_multipart_upload(self, client, told):
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in told.pop("parts")]
        reply = client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **parameters(told))
        return {"etag": reply["ETag"]}

    def delete_objects(self, client, told):
        keys = [{"Key": key} if isinstance(key, str) else {"Key": key[0], "ETag": key[1]} for key in told["keys"]]
        delete = {"Objects": keys, "Quiet": told.get("quiet", False)}
        reply = client.delete_objects(Bucket=told["bucket"], Delete=delete)
        return {
            "deleted": sorted(object["Key"] for object in reply.get("Deleted", [])),
            "errors": sorted([error["Key"], error["Code"]] for error in reply.get("Errors", [])),
        }

    def list_objects(self, client, told):
        return listed(client.list_objects(**parameters(told)), "NextMarker")

    def list_objects_v2(self, client, told):
        return listed(client.list_objects_v2(**parameters(told)), "NextContinuationToken")

    def list_parts(self, client, told):
        if "part_number_marker" in told:
            told["part_number_marker"] = int(told["part_number_marker"])
        reply = client.list_parts(**parameters(told))
        parts = [[part["PartNumber"], part["Size"], part["ETag"]] for part in reply.get("Parts", [])]
        return {"parts": parts, "truncated": reply["IsTruncated"]}

    def list_multipart_uploads(self, client, told):
        reply = client.list_multipart_uploads(**parameters(told))
        uploads = [[upload["Key"], upload["UploadId"]] for upload in reply.get("Uploads", [])]
        return {"uploads": uploads, "truncated": reply["IsTruncated"]}

    def presigned_get(self, client, told):
        return fetch(client.generate_presigned_url("get_object", Params=parameters(told)), None)

    def presigned_put(self, client, told):
        body = told.pop("body").encode()
        return fetch(client.generate_presigned_url("put_object", Params=parameters(told)), body)

    def unsigned_get(self, client, told):
        return fetch(client.generate_presigned_url("get_object", Params=parameters(told)).split("?")[0], None)

    def clean(self):
        client, bucket = self.clients["owner"], self.kept["bucket"]
        try:
            for object in client.list_objects_v2(Bucket=bucket).get("Contents", []):
                client.delete_object(Bucket=bucket, Key=object["Key"])
            for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            client.delete_bucket(Bucket=bucket)
        except ClientError as error:
            print(f"cannot clean {bucket}: {error}", file=sys.stderr)


def camel(snake):
    return NAMES.get(snake, "".join(word.capitalize() for word in snake.split("_")))


def parameters(told):
    def value(name, inner):
        is_text = name in TIMES and isinstance(inner, str)
        return datetime.fromisoformat(inner.replace("Z", "+00:00")) if is_text else inner

    return {camel(name): value(name, inner) for name, inner in told.items()}


def reply_names(reply):
    names = ("etag", "body", "upload_id", "content_length", "content_range", "content_type", "content_encoding")
    names += ("content_language", "content_disposition", "cache_control", "metadata", "last_modified")
    return [(name, camel(name)) for name in names if camel(name) in reply]


def listed(reply, next_name):
    contents = reply.get("Contents", [])
    return {
        "keys": [object["Key"] for object in contents],
        "sizes": [object["Size"] for object in contents],
        "etags": [object["ETag"] for object in contents],
        "prefixes": [prefix["Prefix"] for prefix in reply.get("CommonPrefixes", [])],
        "truncated": reply["IsTruncated"],
        "next": reply.get(next_name),
    }


def fetch(url, body):
    request = urllib.request.Request(url, data=body, method="GET" if body is None else "PUT")
    # urllib would add a content type of its own, which is not signed
    request.add_header("Content-Type", "")
    try:
        with urllib.request.urlopen(request) as reply:
            return {"status": reply.status, "body": reply.read().decode()}
    except urllib.error.HTTPError as error:
        return {"status": error.code}


def compare(expected, told):
    """What is not as expected; a step that expects no status has to succeed."""
    if "status" not in expected and told.get("status", 200) >= 300:
        return f"refused with {told['status']} {told.get('code')}"
    wrong = [name for name in expected if told.get(name) != expected[name]]
    return "; ".join(f"{name} is {short(told.get(name))}, not {short(expected[name])}" for name in wrong) or None


def short(value):
    text = repr(value)
    return text if len(text) < 200 else f"{text[:100]}... ({len(text)} characters)"


main()
