package astrofinalize_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func finish(ctx context.Context, version string) error {
	client, err := wrapper.NewClient() // token from ASTRO_API_TOKEN
	if err != nil {
		return err
	}
	deploy, err := client.Finalize(ctx, wrapper.Target{
		OrganizationID: "clm8qv74h000008mlf08scq7k",
		DeploymentID:   "clmh57jtm000008lb58fe2wmv",
		DeployID:       "clvetru2w000201mowqwua63n",
	}, wrapper.DAGTarball(version))
	if err != nil {
		return err
	}
	fmt.Println(deploy.ID, "is", deploy.Status)
	return nil
}

func ship(ctx context.Context, folder string) error {
	client, err := wrapper.NewClient() // token from ASTRO_API_TOKEN
	if err != nil {
		return err
	}
	result, err := deploys.DAGs(ctx, client, wrapper.Deployment{
		OrganizationID: "clm8qv74h000008mlf08scq7k",
		DeploymentID:   "clmh57jtm000008lb58fe2wmv",
	}, tarball.Dir(folder))
	if err != nil {
		return err
	}
	fmt.Println(result.DeployID, "is", result.Status)
	return nil
}

func shipImage(
	ctx context.Context, client *wrapper.Client, to wrapper.Deployment, folder string,
	push func(repository, tag string) error,
) error {
	dags, err := tarball.Dir(folder).Pack(ctx, "dags") // not needed for DeployTypeImageOnly, nor is the upload
	if err != nil {
		return err
	}
	defer dags.Close()
	deploy, err := client.CreateDeploy(ctx, to, api.CreateDeployRequest{Type: api.DeployTypeImageAndDAG})
	if err != nil {
		return err
	}
	version, err := client.Upload(ctx, deploy.DAGsUploadURL, dags) // at once: the URL expires, and a push is slow
	if err != nil {
		return err
	}
	if err := push(deploy.ImageRepository, deploy.ImageTag); err != nil {
		return err
	}
	_, err = client.Finalize(ctx, wrapper.TargetOf(to.OrganizationID, deploy), wrapper.DAGTarball(version))
	return err
}

// The README's first uses are the functions above, to the letter, and deploy.
func TestReadmeFirstUses(t *testing.T) {
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, name := range []string{"finish", "ship", "shipImage"} {
		_, function, _ := strings.Cut(string(source), "\nfunc "+name+"(")
		function, _, _ = strings.Cut(function, "\n}\n")
		require.Contains(t, string(readme), "\nfunc "+name+"("+function+"\n}\n```")
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := astrotest.NewServer(astrotest.WithListener(listener), astrotest.WithPublicURL(wrapper.DefaultBaseURL))
	defer server.Close()
	server.AddDeployment(astrotest.Deployment{OrganizationID: "clm8qv74h000008mlf08scq7k", ID: "clmh57jtm000008lb58fe2wmv", DAGDeploys: true})
	server.AddDeploy(api.Deploy{DeploymentID: "clmh57jtm000008lb58fe2wmv", ID: "clvetru2w000201mowqwua63n", Type: api.DeployTypeDAGOnly})
	// It calls the real address, which leads to the fake here.
	network := http.DefaultTransport
	defer func() { http.DefaultTransport = network }()
	http.DefaultTransport = leadingTo{"http://" + listener.Addr().String(), network}
	t.Setenv("ASTRO_API_TOKEN", astrotest.Token)

	version := server.AddTarball([]byte("DAGs"))
	require.NoError(t, finish(t.Context(), version))
	deploy, _ := server.Deploy("clvetru2w000201mowqwua63n")
	assert.Equal(t, api.DeployStatusDeployed, deploy.Status)

	require.NoError(t, ship(t.Context(), "examples/deploy/dags"))
	deployment, _ := server.Deployment("clmh57jtm000008lb58fe2wmv")
	assert.NotEqual(t, version, deployment.DAGTarballVersion)
	_, isStored := server.Tarball(deployment.DAGTarballVersion)
	assert.True(t, isStored)

	client, err := wrapper.NewClient()
	require.NoError(t, err)
	to := wrapper.Deployment{OrganizationID: "clm8qv74h000008mlf08scq7k", DeploymentID: "clmh57jtm000008lb58fe2wmv"}
	before := len(server.Requests())
	operations := func() (names []string) {
		for _, request := range server.Requests()[before:] {
			names = append(names, request.Operation)
		}
		return names
	}
	pushed := ""
	push := func(_, tag string) error {
		pushed = tag
		assert.Equal(t, []string{"CreateDeploy", "PutBlob"}, operations(), "a push may take longer than the upload URL is valid")
		return nil
	}
	assert.ErrorIs(t, shipImage(t.Context(), client, to, t.TempDir(), push), tarball.ErrEmpty)
	assert.Empty(t, operations(), "what cannot be packed creates nothing")
	require.NoError(t, shipImage(t.Context(), client, to, "examples/deploy/dags", push))
	assert.NotEmpty(t, pushed)
	assert.Equal(t, []string{"CreateDeploy", "PutBlob", "FinalizeDeploy"}, operations())
	after, _ := server.Deployment(to.DeploymentID)
	assert.NotEqual(t, deployment.DAGTarballVersion, after.DAGTarballVersion)
}

// A link within the repository leads somewhere.
func TestReadmeLinks(t *testing.T) {
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "examples/integrations/README.md", "examples/integrations/script/moving-a-script.md"} {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(link[1], "https://") {
				assert.FileExists(t, filepath.Join(filepath.Dir(page), link[1]))
			}
		}
	}
}

type leadingTo struct {
	server string
	next   http.RoundTripper
}

func (l leadingTo) RoundTrip(request *http.Request) (*http.Response, error) {
	server, err := url.Parse(l.server)
	if err != nil {
		return nil, err
	}
	led := request.Clone(request.Context())
	led.URL.Scheme, led.URL.Host, led.Host = server.Scheme, server.Host, server.Host
	return l.next.RoundTrip(led)
}
