package simulator

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// The IDs of the simulator.
const (
	organizationID = "clsimulator00000000000001"
	workspaceID    = "clsimulator00000000000002"
)

// deploymentID returns the ID of a Deployment, counted from 0.
func deploymentID(i int) string { return fmt.Sprintf("clsimulator%014d", 3+i) }

// The versions of the Deployments.
const (
	runtimeVersion = "3.0-1"
	airflowVersion = "3.0.0"
)

// platform responds to the requests of the vendor's CLI that astrotest does not simulate. The
// responses have the fields that the CLI uses.
type platform struct {
	fake        *astrotest.Server
	deployments int
	token       string
	log         *slog.Logger
}

type object = map[string]any

// routes adds the operations to mux.
func (p platform) routes(mux *http.ServeMux) {
	p.handle(mux, "ListOrganizations", "", func(r *http.Request) object {
		return page(r, "organizations", object{"id": organizationID, "name": "Simulator", "product": "HOSTED"})
	})
	p.handle(mux, "ListDeployments", "/"+organizationID+"/deployments", func(r *http.Request) object {
		if workspaces := r.URL.Query()["workspaceIds"]; len(workspaces) > 0 && !slices.Contains(workspaces, workspaceID) {
			return page(r, "deployments")
		}
		var all []object
		for i := range p.deployments {
			all = append(all, p.deployment(deploymentID(i)))
		}
		return page(r, "deployments", all...)
	})
	p.handle(mux, "GetDeployment", "/"+organizationID+"/deployments/{id}", func(r *http.Request) object {
		return p.deployment(r.PathValue("id"))
	})
	p.handle(mux, "GetDeploymentOptions", "/"+organizationID+"/deployment-options", func(*http.Request) object {
		return object{"runtimeReleases": []object{{"version": runtimeVersion, "airflowVersion": airflowVersion, "channel": "stable"}}}
	})
}

// handle serves an operation to requests that have the token. If respond returns nil, the response
// is 404.
func (p platform) handle(mux *http.ServeMux, operation, path string, respond func(*http.Request) object) {
	mux.HandleFunc("GET /v1/organizations"+path, func(w http.ResponseWriter, r *http.Request) {
		began, status, body := time.Now(), http.StatusUnauthorized, failure(http.StatusUnauthorized, "Invalid authentication token")
		if r.Header.Get("Authorization") == "Bearer "+p.token {
			status, body = http.StatusOK, respond(r)
			if body == nil {
				status, body = http.StatusNotFound, failure(http.StatusNotFound, "Deployment not found")
			}
		}
		p.logRequest(r, operation, status, began)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	})
}

// logRequest logs a request as the fake does.
func (p platform) logRequest(r *http.Request, operation string, status int, began time.Time) {
	p.log.InfoContext(r.Context(), "request", "operation", operation, "method", r.Method, "path", r.URL.Path,
		"status", status, "bytes", max(r.ContentLength, 0), "duration", time.Since(began))
}

func failure(status int, message string) object {
	return object{"message": message, "requestId": "simulator-request", "statusCode": status}
}

// deployment returns a Deployment in its current state, or nil if there is none with the ID.
func (p platform) deployment(id string) object {
	now, found := p.fake.Deployment(id)
	if !found {
		return nil
	}
	return object{
		"id": id, "organizationId": organizationID, "workspaceId": workspaceID, "workspaceName": "Simulator",
		"name": "simulator-" + id[len(id)-2:], "namespace": "simulator-00" + id[len(id)-2:], "status": "HEALTHY", "type": "STANDARD",
		"runtimeVersion": runtimeVersion, "astroRuntimeVersion": runtimeVersion, "airflowVersion": airflowVersion,
		"isDagDeployEnabled": now.DAGDeploys, "isCicdEnforced": false, "webServerUrl": "simulator.invalid",
		"executor": "CELERY", "schedulerSize": "SMALL", "defaultTaskPodCpu": "0.25", "defaultTaskPodMemory": "0.5Gi",
		"resourceQuotaCpu": "10", "resourceQuotaMemory": "20Gi",
		"dagTarballVersion": now.DAGTarballVersion, "desiredDagTarballVersion": now.DAGTarballVersion,
	}
}

// page is the page of a list that the request asks for.
func page(r *http.Request, name string, all ...object) object {
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	limit = cmp.Or(max(limit, 0), 20)
	rest := all[min(max(offset, 0), len(all)):]
	shown := append([]object{}, rest[:min(limit, len(rest))]...) // [] in JSON, not null
	return object{name: shown, "offset": offset, "limit": limit, "totalCount": len(all)}
}

// jwt makes up a token in the form of those that Astro issues. The CLI reads the organization and
// the workspace from it; nothing verifies its signature. It expires in the year 2100.
func jwt() string {
	encode := base64.RawURLEncoding.EncodeToString
	payload := fmt.Sprintf(`{"permissions":["organizationId:%s","workspaceId:%s"],"exp":4102444800}`, organizationID, workspaceID)
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode([]byte(payload)) + "." + encode([]byte("simulator"))
}
