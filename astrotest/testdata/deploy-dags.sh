#!/usr/bin/env bash
# Deploys a folder of DAGs with the API alone: create, upload, finalize. Prints the version and
# the status.
#
#   deploy-dags.sh FOLDER [DAG_ONLY | IMAGE_AND_DAG]
#
# Reads ASTRO_API_TOKEN, ASTRO_API_URL, ASTRO_ORGANIZATION_ID, ASTRO_DEPLOYMENT_ID, and
# ASTRO_API_PATH (default /v1). Needs curl, jq and tar.
set -euo pipefail

folder=$1
type=${2:-DAG_ONLY}
deploys="$ASTRO_API_URL${ASTRO_API_PATH:-/v1}/organizations/$ASTRO_ORGANIZATION_ID/deployments/$ASTRO_DEPLOYMENT_ID/deploys"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

post() {
	curl --silent --show-error --fail --request POST "$1" \
		--header "Authorization: Bearer $ASTRO_API_TOKEN" \
		--header "Content-Type: application/json" \
		--data "$2"
}

deploy=$(post "$deploys" "{\"type\": \"$type\"}")
id=$(jq --raw-output .id <<<"$deploy")
url=$(jq --raw-output .dagsUploadUrl <<<"$deploy")

ln -s "$(cd "$folder" && pwd)" "$work/dags"
tar -czhf "$work/dags.tar.gz" -C "$work" dags
version=$(curl --silent --show-error --include --request PUT "$url" \
	--header "x-ms-blob-type: BlockBlob" \
	--upload-file "$work/dags.tar.gz" |
	grep x-ms-version-id | cut -d ' ' -f 2 | tr -d '\r')
echo "version: $version"

post "$deploys/$id/finalize" "{\"dagTarballVersion\": \"$version\"}" | jq --raw-output '"status: " + .status'
