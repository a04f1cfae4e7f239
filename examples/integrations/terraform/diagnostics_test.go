package terraform_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/terraform"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func Example() {
	client, err := wrapper.NewClient(wrapper.WithToken("token"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Finalize(context.Background(), wrapper.Target{OrganizationID: "clm8q", DeploymentID: "clmh5", DeployID: "clvet"}, wrapper.DAGTarball(""))
	for _, diagnostic := range terraform.Diagnostics(err) { // response.Diagnostics.Append(terraform.Diagnostics(err)...)
		fmt.Println(diagnostic.(diag.DiagnosticWithPath).Path(), diagnostic.Summary())
	}
	// Output: dag_tarball_version The value of dagTarballVersion cannot be used
}

var unknown = &wrapper.OutcomeUnknownError{DeployID: "clvet", Err: &wrapper.APIError{StatusCode: 502}}

// kinds are errors of every kind and their diagnostics: the attribute, if there is one, parts of the
// summary and the detail, and the deploy that stays in the state.
var kinds = []struct {
	err                              error
	attribute, summary, detail, keep string
}{
	{unknown, "", "may or may not", "Run terraform plan", "clvet"},
	{&deploys.Error{Stage: deploys.StageFinalize, Err: unknown}, "", "may or may not", "Run terraform plan", "clvet"},
	{&wrapper.WaitError{DeployID: "clvet", Err: &wrapper.APIError{StatusCode: 401}}, "", "did not become DEPLOYED", "Run terraform plan", "clvet"},
	{&wrapper.DeployFailedError{Deploy: &api.Deploy{ID: "clvet"}}, "", "failed", "creates another", ""},
	{&wrapper.ValidationError{Field: "deploymentId", Rule: "must not be empty"}, "deployment_id", "deploymentId cannot be used", "must not be empty", ""},
	{&wrapper.ValidationError{Field: "token", Rule: "is missing"}, "", "token cannot be used", "is missing", ""},
	{&tarball.Error{Path: "dags", Rule: "holds nothing", Err: tarball.ErrEmpty}, "source", "cannot be packed", "holds nothing", ""},
	{&wrapper.StorageError{StatusCode: 403, Expired: true}, "", "upload URL has expired", "Apply again, which creates a deploy with a new URL", ""},
	{&wrapper.StorageError{StatusCode: 403, Hint: "check any proxy"}, "", "storage did not accept", "check any proxy\n\nApply again once the cause is fixed", ""},
	{&wrapper.StorageError{StatusCode: 500}, "", "storage did not accept", "Apply again once the cause is fixed", ""},
	{&wrapper.TransportError{Err: io.EOF, Attempts: 1}, "", "got no response", "EOF", ""},
	{&wrapper.TransportError{Err: errors.Join(context.Canceled, &wrapper.APIError{StatusCode: 429}), Attempts: 1}, "", "call was ended", "canceled", ""},
	{&wrapper.APIError{StatusCode: 400}, "", "refused the request", "400", ""},
	{&wrapper.APIError{StatusCode: 401}, "", "token is not valid", "401", ""},
	{&wrapper.APIError{StatusCode: 403, Hint: "the token's role needs"}, "", "lacks a permission", "the token's role needs", ""},
	{&wrapper.APIError{StatusCode: 404}, "", "was not found", "404", ""},
	{&wrapper.APIError{StatusCode: 429}, "", "exceeded its rate limit", "-parallelism", ""},
	{&wrapper.APIError{StatusCode: 503}, "", "Astro failed", "Apply again later", ""},
	{&wrapper.APIError{StatusCode: 302}, "", "does not look like one from Astro", "302", ""},
	{&wrapper.APIError{StatusCode: 409}, "", "responded with an error", "409", ""},
	{errors.New("any other"), "", "deploy failed", "any other", ""},
}

func TestDiagnosticsOfEachKind(t *testing.T) {
	for _, kind := range kinds {
		diagnostics := terraform.Diagnostics(kind.err)
		require.Len(t, diagnostics, 1, "%v", kind.err)
		severity := diag.SeverityError
		if kind.keep != "" {
			severity = diag.SeverityWarning
		}
		assert.Equal(t, severity, diagnostics[0].Severity(), "%v", kind.err)
		assert.Contains(t, diagnostics[0].Summary(), kind.summary)
		assert.Contains(t, diagnostics[0].Detail(), kind.detail)
		assert.Equal(t, kind.attribute, attribute(diagnostics[0]), "%v", kind.err)
		assert.Equal(t, kind.keep, terraform.Keep(kind.err), "%v", kind.err)
	}
	assert.Empty(t, terraform.Diagnostics(nil))
}

// Field errors of the service become errors of the attributes.
func TestFieldErrors(t *testing.T) {
	diagnostics := terraform.Diagnostics(&wrapper.APIError{StatusCode: 400, FieldErrors: []api.FieldError{
		{Field: "description", Message: "too long"}, {Field: "newField", Message: "is required"},
	}})
	require.Len(t, diagnostics, 3)
	assert.Equal(t, "description", attribute(diagnostics[1]))
	assert.Equal(t, "too long", diagnostics[1].Detail())
	assert.Equal(t, "", attribute(diagnostics[2]))
}

// A new error type of the library must be added here.
func TestNoErrorTypeIsMissing(t *testing.T) {
	covered := map[string]bool{}
	for _, kind := range kinds {
		for err := kind.err; err != nil; err = errors.Unwrap(err) {
			covered[fmt.Sprintf("%T", err)] = true
		}
	}
	for _, name := range []string{"wrapper", "tarball"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", "..", name, "*.go"))
		require.NoError(t, err)
		found := 0
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			require.NoError(t, err)
			for _, declared := range file.Decls {
				method, isFunction := declared.(*ast.FuncDecl)
				if !isFunction || method.Recv == nil || method.Name.Name != "Error" || strings.HasSuffix(path, "_test.go") {
					continue
				}
				receiver := method.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
				if ast.IsExported(receiver) {
					found++
					assert.True(t, covered["*"+name+"."+receiver], "%s.%s", name, receiver)
				}
			}
		}
		assert.NotZero(t, found)
	}
}

func attribute(diagnostic diag.Diagnostic) string {
	if at, hasPath := diagnostic.(diag.DiagnosticWithPath); hasPath {
		return at.Path().String()
	}
	return ""
}
