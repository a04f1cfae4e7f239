// Package astrofinalize holds the OpenAPI contract of a Go library that finalizes deploys on Astro.
//
// Import package wrapper for the client, deploys to deploy a folder in one call, tarball to pack
// folders, and astrotest for a fake of the service. Package api has the generated models and client.
package astrofinalize

import _ "embed"

//go:generate go run ./internal/pinned github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config oapi-codegen.yaml openapi.yaml
//go:generate go run ./internal/pinned github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config astrotest/internal/server/oapi-codegen.yaml openapi.yaml

//go:embed openapi.yaml
var contract string

// Contract returns the OpenAPI 3.0.3 document, in YAML, from which this version of the module was
// generated.
func Contract() string { return contract }
