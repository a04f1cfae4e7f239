package astrotest

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	astrofinalize "github.com/astro-finalize/astro-finalize-go"
)

// operations are the operationIds of the contract, by method and path; see routeOf.
var operations = operationsOf(astrofinalize.Contract())

// simulated are the operations that have a handler here.
var simulated = []string{"ListDeploys", "CreateDeploy", "GetDeploy", "UpdateDeploy", "FinalizeDeploy", "DeployRollback"}

// The base paths of the API's versions.
const (
	v1Beta1Path = "/platform/v1beta1"
	v1Path      = "/v1"
)

// storageOperations are the uploads, by the values of their parameter comp.
var storageOperations = map[string]string{
	"":          "PutBlob",
	"block":     "PutBlock",
	"blocklist": "PutBlockList",
}

// operationLine is a line of the contract that matters here: a path, a method or an operationId.
var operationLine = regexp.MustCompile(`^(?:  ['"]?(/\S*?)['"]?:\s*$|    (get|put|post|delete|options|head|patch|trace):\s*$|      operationId: ['"]?(\w+))`)

// operationsOf returns the operationIds of a contract in YAML, as ours is indented.
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

// routeOf is a route in one form, however its parameters are named.
func routeOf(method, path string) string {
	return method + " " + wildcard.ReplaceAllString(path, "{}")
}

// allOperations are the names that a fault can be for.
func allOperations() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(operations)), slices.Collect(maps.Values(storageOperations)))))
}

// operationOf returns the operationId of a request that the contract has, or the storage's name
// of an upload.
func operationOf(r *http.Request) (operation string, found bool) { return operationAt(r.Pattern, r) }

// operationAt is operationOf for a request that has not been routed to the pattern.
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
