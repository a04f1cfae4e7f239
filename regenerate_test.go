package astrofinalize_test

import (
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// addition is what a new version of the API could add: an operation with a side effect.
const addition = `  /organizations/{organizationId}/deployments/{deploymentId}/deploys/{deployId}/archive:
    parameters:
      - $ref: '#/components/parameters/OrganizationId'
      - $ref: '#/components/parameters/DeploymentId'
      - $ref: '#/components/parameters/DeployId'
    post:
      operationId: ArchiveDeploy
      tags: [Deploy]
      summary: Archive a deploy
      responses:
        '200':
          description: The deploy.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Deploy'
        default:
          $ref: '#/components/responses/UnexpectedStatus'

components:
`

// additionTest runs in the regenerated module and checks what the chain does for the new operation.
const additionTest = `package wrapper_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

type countingLimiter struct{ waits int }

func (l *countingLimiter) Wait(context.Context) error { l.waits++; return nil }

func TestArchiveDeploy(t *testing.T) {
	statuses, seen := []int{429, 200, 503}, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Error("the token is missing")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(statuses[seen])
		seen++
		_, _ = w.Write([]byte("{\"id\":\"p\",\"archivedBy\":\"me\"}"))
	}))
	defer server.Close()
	limiter := &countingLimiter{}
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken("token"), wrapper.WithLimiter(http.MethodPost, limiter), wrapper.WithRetry(wrapper.Retry{Backoff: atOnce}))
	if err != nil {
		t.Fatal(err)
	}
	decoding := api.ClientWithResponses{ClientInterface: client.API()}
	response, err := decoding.ArchiveDeployWithResponse(t.Context(), "o", "d", "p")
	if err != nil || response.JSON200 == nil || *response.JSON200.ArchivedBy != "me" {
		t.Fatalf("%v %+v", err, response)
	}
	if seen != 2 || limiter.waits != 2 {
		t.Fatalf("%d requests, %d waits for the limiter: a 429 is retried, and each attempt waits", seen, limiter.waits)
	}
	if _, err := client.API().ArchiveDeploy(t.Context(), "o", "d", "p"); err != nil || seen != 3 {
		t.Fatalf("%v, %d requests: a request that may have been received is not retried", err, seen)
	}
	if _, err := client.API().ArchiveDeploy(t.Context(), "o", "d", ".."); err == nil || seen != 3 {
		t.Fatal("an ID that is a path was sent")
	}
}
`

// A new operation and a new field take an edit of the contract and go generate. The result
// compiles, the operation has auth, limits and the retry policy, and no existing name changes.
func TestPromise8ContractAdditionsNeedNoHandWrittenCode(t *testing.T) {
	module := t.TempDir()
	copyModule(t, module)
	before := exportedNames(t, filepath.Join(module, "api", "api.gen.go"))

	contract, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	grown := strings.Replace(string(contract), "\ncomponents:\n", "\n"+addition, 1)
	grown = strings.Replace(grown, "        bundleMountPath:\n", "        archivedBy:\n          type: string\n        bundleMountPath:\n", -1)
	require.Greater(t, len(grown), len(contract)+len(addition))
	require.NoError(t, os.WriteFile(filepath.Join(module, "openapi.yaml"), []byte(grown), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(module, "wrapper", "addition_test.go"), []byte(additionTest), 0o600))
	for _, command := range []string{"generate ./...", "vet ./api ./wrapper ./astrotest/...", "test -run ^TestArchiveDeploy$ ./wrapper"} {
		goCommand(t, module, command)
	}

	after := exportedNames(t, filepath.Join(module, "api", "api.gen.go"))
	assert.Contains(t, after, "ClientInterface.ArchiveDeploy")
	assert.Contains(t, after, "Deploy.ArchivedBy")
	for name, declared := range before {
		assert.Equal(t, declared, after[name], name)
	}
}

// copyModule copies this module and tools, which has the generator, but no other nested module.
func copyModule(t *testing.T, to string) {
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || isOtherModule(path)):
			return fs.SkipDir
		case !entry.Type().IsRegular() || entry.Name() == ".git": // .git is a file in a worktree
			return nil
		}
		return copyFile(path, filepath.Join(to, path))
	}))
}

func isOtherModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && dir != "." && dir != "tools"
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// exportedNames returns the declaration of each exported name in a file: functions, types,
// constants, and the fields and methods of types.
func exportedNames(t *testing.T, path string) map[string]string {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	require.NoError(t, err)
	names := map[string]string{}
	add := func(name string, node any) {
		var text strings.Builder
		require.NoError(t, format.Node(&text, files, node))
		names[name] = text.String()
	}
	for _, declared := range file.Decls {
		if function, isFunction := declared.(*ast.FuncDecl); isFunction && function.Name.IsExported() {
			name := function.Name.Name
			if function.Recv != nil {
				name = receiverOf(function) + "." + name
			}
			function.Body = nil
			add(name, function)
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch declared := node.(type) {
		case *ast.ValueSpec:
			for _, name := range declared.Names {
				names[name.Name] = "value"
			}
		case *ast.TypeSpec:
			if !declared.Name.IsExported() {
				return false
			}
			names[declared.Name.Name] = "type"
			members := (*ast.FieldList)(nil)
			switch body := declared.Type.(type) {
			case *ast.StructType:
				members = body.Fields
			case *ast.InterfaceType:
				members = body.Methods
			default:
				add(declared.Name.Name, declared.Type)
				return true
			}
			for _, member := range members.List {
				for _, name := range member.Names {
					add(declared.Name.Name+"."+name.Name, member.Type)
				}
			}
		}
		return true
	})
	return names
}
