package astrotest

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	astrofinalize "github.com/astro-finalize/astro-finalize-go"
)

// operations maps a method and path of the contract to its operationId; see routeOf.
var operations = operationsOf(astrofinalize.Contract())

// simulated lists the operations that have a handler here.
var simulated = []string{"ListDeploys", "CreateDeploy", "GetDeploy", "UpdateDeploy", "FinalizeDeploy", "DeployRollback"}

// The base paths of the API's versions.
const (
	v1Beta1Path = "/platform/v1beta1"
	v1Path      = "/v1"
)

// storageOperations maps the query parameter comp of an upload to its operation.
var storageOperations = map[string]string{
	"":          "PutBlob",
	"block":     "PutBlock",
	"blocklist": "PutBlockList",
}

// operationLine matches a line of the contract with a path, a method or an operationId.
var operationLine = regexp.MustCompile(`^(?:  ['"]?(/\S*?)['"]?:\s*$|    (get|put|post|delete|options|head|patch|trace):\s*$|      operationId: ['"]?(\w+))`)

// operationsOf returns the operationIds of a contract in YAML, indented as openapi.yaml is.
func operationsOf(contract string) map[string]string {
	found := map[string]string{}
	var path, method string
	for line := range strings.Lines(contract) {
		switch match := operationLine.FindStringSubmatch(line); {
		case match == nil:
		case match[1] != "":
			path = match[1]
		case match[2] != "":
			method = strings.ToUpper(match[2])
		default:
			found[routeOf(method, path)] = match[3]
		}
	}
	return found
}

var wildcard = regexp.MustCompile(`{[^}]*}`)

// routeOf returns a route without the names of its parameters.
func routeOf(method, path string) string {
	return method + " " + wildcard.ReplaceAllString(path, "{}")
}

// allOperations returns the names that Fault.On accepts.
func allOperations() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(operations)), slices.Collect(maps.Values(storageOperations)))))
}

// operationOf returns the operationId of a request, or the storage's name of an upload.
func operationOf(r *http.Request) (operation string, found bool) { return operationAt(r.Pattern, r) }

// operationAt is operationOf for a request that the mux has not routed: pattern is its route.
func operationAt(pattern string, r *http.Request) (operation string, found bool) {
	if pattern == storagePattern && r.Method == http.MethodPut {
		operation, found = storageOperations[r.URL.Query().Get("comp")]
		return operation, found
	}
	method, path, _ := strings.Cut(pattern, " ")
	for _, base := range []string{v1Beta1Path, v1Path} {
		if rest, isBelow := strings.CutPrefix(path, base); isBelow {
			operation, found = operations[routeOf(method, rest)]
		}
	}
	return operation, found
}
