#!/usr/bin/env bash
# Deploys a folder as a bundle with the API alone: create, upload, finalize. Prints the version
# and the status.
#
#   deploy-bundle.sh FOLDER MOUNT_PATH
#
# Reads ASTRO_API_TOKEN, ASTRO_API_URL, ASTRO_ORGANIZATION_ID, ASTRO_DEPLOYMENT_ID, and
# ASTRO_API_PATH (default /v1). Needs curl, jq and tar.
set -euo pipefail

folder=$1
mount_path=$2
deploys="$ASTRO_API_URL${ASTRO_API_PATH:-/v1}/organizations/$ASTRO_ORGANIZATION_ID/deployments/$ASTRO_DEPLOYMENT_ID/deploys"
tarball=$(mktemp)
trap 'rm -f "$tarball"' EXIT

post() {
	curl --silent --show-error --fail --request POST "$1" \
		--header "Authorization: Bearer $ASTRO_API_TOKEN" \
		--header "Content-Type: application/json" \
		--data "$2"
}

deploy=$(post "$deploys" "{\"type\": \"BUNDLE\", \"bundleType\": \"dbt\", \"bundleMountPath\": \"$mount_path\"}")
id=$(jq --raw-output .id <<<"$deploy")
url=$(jq --raw-output .bundleUploadUrl <<<"$deploy")

tar -czf "$tarball" -C "$folder" .
version=$(curl --silent --show-error --include --request PUT "$url" \
	--header "x-ms-blob-type: BlockBlob" \
	--upload-file "$tarball" |
	grep x-ms-version-id | cut -d ' ' -f 2 | tr -d '\r')
echo "version: $version"

post "$deploys/$id/finalize" "{\"bundleTarballVersion\": \"$version\"}" | jq --raw-output '"status: " + .status'
