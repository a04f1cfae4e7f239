package platform

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func folder(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.py"), []byte("print()\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReleaseAgainstTheFake(t *testing.T) {
	server := astrotest.NewServer()
	defer server.Close()
	client, err := wrapper.NewClient(wrapper.WithBaseURL(server.URL), wrapper.WithToken(astrotest.Token))
	if err != nil {
		t.Fatal(err)
	}
	deployment := server.AddDeployment(astrotest.Deployment{DAGDeploys: true})
	here := Environment{Tenant: deployment.OrganizationID, Name: deployment.ID}
	release, err := OnAstro(client).Release(t.Context(), here, folder(t))
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := server.Deployment(deployment.ID); now.DAGTarballVersion != release.Version {
		t.Fatalf("the Deployment has %q, not %q", now.DAGTarballVersion, release.Version)
	}

	if _, err := OnAstro(client).Release(t.Context(), here, t.TempDir()); !errors.Is(err, ErrInput) {
		t.Fatalf("an empty folder: %v", err)
	}
	server.Inject(astrotest.Error(403, "no"))
	if _, err := OnAstro(client).Release(t.Context(), here, folder(t)); !errors.Is(err, ErrAccess) {
		t.Fatalf("a role that lacks a permission: %v", err)
	}
}

type lost struct{}

func (lost) DeployDAGs(context.Context, wrapper.Deployment, wrapper.Source, ...wrapper.DeployOption) (*wrapper.DeployResult, error) {
	return nil, &wrapper.DeployError{Stage: wrapper.StageFinalize, Err: &wrapper.OutcomeUnknownError{Err: errors.New("cut")}}
}

func TestReleaseWithAStandIn(t *testing.T) {
	if _, err := OnAstro(lost{}).Release(t.Context(), Environment{}, "."); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}
