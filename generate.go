// Package astrofinalize is the root of a Go library that deploys to Astro, and finalizes
// deploys that others made. It holds the contract that the library was generated from; the
// client to import is in package wrapper.
package astrofinalize

import _ "embed"

//go:generate go run ./internal/pinned github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config oapi-codegen.yaml openapi.yaml
//go:generate go run ./internal/pinned github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config astrotest/internal/server/oapi-codegen.yaml openapi.yaml

//go:embed openapi.yaml
var contract string

// Contract returns the OpenAPI 3.0.3 document, in YAML, that this version of the module
// was generated from.
func Contract() string { return contract }
