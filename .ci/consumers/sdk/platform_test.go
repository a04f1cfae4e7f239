package platform

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/astro-finalize/astro-finalize-go/api"
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

// lost is a client whose finalize gets no response.
type lost struct{ uploaded int }

func (*lost) CheckCreate(wrapper.Deployment, api.CreateDeployRequest) error { return nil }

func (*lost) CreateDeploy(_ context.Context, _ wrapper.Deployment, request api.CreateDeployRequest) (*api.Deploy, error) {
	uploadURL := api.NewSecret("https://storage.example/?sig=secret")
	return &api.Deploy{ID: "p", Type: request.Type, Status: api.DeployStatusInitialized, DAGsUploadURL: &uploadURL}, nil
}

func (l *lost) Upload(_ context.Context, _ *api.Secret, tarball io.ReadSeeker, _ ...wrapper.UploadOption) (string, error) {
	size, err := tarball.Seek(0, io.SeekEnd)
	l.uploaded = int(size)
	return "v1", err
}

func (*lost) Finalize(context.Context, wrapper.Target, wrapper.Content) (*api.Deploy, error) {
	return nil, &wrapper.OutcomeUnknownError{DeployID: "p", Err: errors.New("cut")}
}

func (*lost) Wait(context.Context, wrapper.Target) (*api.Deploy, error) { return nil, nil }

func TestReleaseWithAStandIn(t *testing.T) {
	client := &lost{}
	if _, err := OnAstro(client).Release(t.Context(), Environment{}, folder(t)); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
	if client.uploaded == 0 {
		t.Fatal("nothing was uploaded")
	}
}
