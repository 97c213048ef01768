#!/usr/bin/env bash
# Builds the project at the root of the repository into a bucket and reads it back with another stack; bucket.sh says
# how, and what can be set in the environment.
#
#   AQUIFER_TEST_S3  the bucket, http://key:secret@host:port/bucket    default: tests/setup/s3.sh starts a server
#
# Exit code 0: no difference.

source "$(dirname "${BASH_SOURCE[0]}")/bucket.sh"

started=$("$root/tests/setup/s3.sh")
eval "$started"
[[ $AQUIFER_TEST_S3 =~ ^(https?://)([^:]+):([^@]+)@([^/]+)/(.+)$ ]] || { echo "no URL: $AQUIFER_TEST_S3" >&2; exit 2; }
endpoint=${BASH_REMATCH[1]}${BASH_REMATCH[4]}
export AWS_ACCESS_KEY_ID=${BASH_REMATCH[2]} AWS_SECRET_ACCESS_KEY=${BASH_REMATCH[3]} AWS_REGION=us-east-1
build_and_compare "s3://${BASH_REMATCH[5]%/}/growth-$$-$RANDOM" \
    "s3: {endpoint: '$endpoint', region: us-east-1, path_style: true, allow_http: true}" \
    "AWS_ENDPOINT_URL=$endpoint" AWS_ALLOW_HTTP=true AWS_REGION=us-east-1 \
    "AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY"
