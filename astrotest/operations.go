package astrotest

import (
	"net/http"
	"strings"
)

// operations are the operationIds of the contract, by how the patterns of their routes end.
var operations = map[string]string{
	"GET " + deploysPath:                           "ListDeploys",
	"POST " + deploysPath:                          "CreateDeploy",
	"GET " + deploysPath + "/{deployId}":           "GetDeploy",
	"POST " + deploysPath + "/{deployId}":          "UpdateDeploy",
	"POST " + deploysPath + "/{deployId}/finalize": "FinalizeDeploy",
	"POST " + deploysPath + "/{deployId}/rollback": "DeployRollback",
}

const deploysPath = "/organizations/{organizationId}/deployments/{deploymentId}/deploys"

// storageOperations are the uploads, by the values of their parameter comp.
var storageOperations = map[string]string{
	"":          "PutBlob",
	"block":     "PutBlock",
	"blocklist": "PutBlockList",
}

// operationOf returns the operationId of a request that the contract has, or the storage's name
// of an upload.
func operationOf(r *http.Request) (operation string, found bool) {
	if r.Pattern == storagePattern && r.Method == http.MethodPut {
		operation, found = storageOperations[r.URL.Query().Get("comp")]
		return operation, found
	}
	method, pattern, _ := strings.Cut(r.Pattern, " ")
	_, path, _ := strings.Cut(pattern, "/organizations")
	operation, found = operations[method+" /organizations"+path]
	return operation, found
}
